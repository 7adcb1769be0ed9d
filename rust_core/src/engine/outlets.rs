//! The encoders of every topic, and the order in which a push touched them.

use std::sync::Arc;

use super::ports::Sink;
use crate::model::{
    BookEvent, Coverage, FundingEvent, Instrument, LiquidationEvent, Quarantine, TradeEvent,
    UnixNanos,
};
use crate::wire::{
    BatchEncoder, BookEncoder, CoverageEncoder, EncodedBatch, FundingEncoder, LiquidationEncoder,
    QuarantineEncoder, TopicError, TradeEncoder,
};

/// Topics of an instrument.
const TOPICS: usize = 6;

/// A type's place among the topics of an instrument.
#[derive(Clone, Copy)]
enum Kind {
    Trade,
    Book,
    Funding,
    Liquidation,
    Coverage,
    Quarantine,
}

/// The encoders of one instrument, each made when its first event comes.
#[derive(Debug)]
struct Outlet {
    instrument: Arc<Instrument>,
    trades: Slot<TradeEncoder>,
    books: Slot<BookEncoder>,
    fundings: Slot<FundingEncoder>,
    liquidations: Slot<LiquidationEncoder>,
    coverage: Slot<CoverageEncoder>,
    quarantine: Slot<QuarantineEncoder>,
}

type Slot<E> = Option<Box<E>>;

impl Outlet {
    const fn new(instrument: Arc<Instrument>) -> Self {
        Self {
            instrument,
            trades: None,
            books: None,
            fundings: None,
            liquidations: None,
            coverage: None,
            quarantine: None,
        }
    }
}

/// One encoder a topic. A topic's route is `6 x index of the instrument + kind`; the quarantine of
/// unknown instruments comes last.
#[derive(Debug)]
pub(super) struct Outlets {
    outlets: Vec<Outlet>,
    unknown: QuarantineEncoder,
    producer: String,
    push: Push,
}

/// What is remembered of the push going on.
#[derive(Debug)]
struct Push {
    /// Routes with a batch begun, in the order they were begun.
    touched: Vec<usize>,
    sent: UnixNanos,
}

impl Push {
    /// Makes room in `encoder` for one more event.
    #[inline]
    fn make_room<E>(&mut self, encoder: &mut BatchEncoder<E>, route: usize, sink: &mut impl Sink) {
        if encoder.is_full() {
            encoder.flush(self.sent, |batch| sink.message(route, batch));
        }
        if encoder.is_empty() {
            self.touched.push(route);
        }
    }
}

/// Returns the encoder of a slot, made by `make` when it is the first time. Making one cannot fail:
/// the topics of every instrument were checked before.
#[inline]
fn encoder<E>(slot: &mut Slot<E>, make: impl FnOnce() -> Result<E, TopicError>) -> Option<&mut E> {
    if slot.is_none() {
        fill(slot, make);
    }
    slot.as_deref_mut()
}

#[cold]
fn fill<E>(slot: &mut Slot<E>, make: impl FnOnce() -> Result<E, TopicError>) {
    *slot = make().ok().map(Box::new);
}

macro_rules! outlet {
    ($(#[$doc:meta])* $name:ident, $slot:ident, $kind:ident, $encoder:ident, $event:ty) => {
        $(#[$doc])*
        #[inline]
        pub(super) fn $name(&mut self, index: usize, event: $event, sink: &mut impl Sink) {
            let Some(outlet) = self.outlets.get_mut(index) else {
                return;
            };
            let make = || $encoder::new(&outlet.instrument, &self.producer);
            if let Some(encoder) = encoder(&mut outlet.$slot, make) {
                let route = index * TOPICS + Kind::$kind as usize;
                self.push.make_room(encoder, route, sink);
                encoder.push(event);
            }
        }
    };
}

impl Outlets {
    pub(super) fn new(
        instruments: &[Arc<Instrument>],
        nowhere: &Instrument,
        producer: &str,
    ) -> Result<Self, TopicError> {
        Ok(Self {
            outlets: instruments.iter().cloned().map(Outlet::new).collect(),
            unknown: QuarantineEncoder::new(nowhere, producer)?,
            producer: producer.to_owned(),
            push: Push {
                touched: Vec::new(),
                sent: UnixNanos::new(0),
            },
        })
    }

    /// Makes room for more instruments; the route of unknown ones moves behind them.
    pub(super) fn learn(&mut self, instruments: &[Arc<Instrument>]) {
        let new = instruments.iter().cloned().map(Outlet::new);
        self.outlets.extend(new);
    }

    pub(super) fn begin_push(&mut self, sent: UnixNanos) {
        self.push.sent = sent;
        self.push.touched.clear();
    }

    /// Returns the time of the push going on.
    pub(super) const fn sent(&self) -> UnixNanos {
        self.push.sent
    }

    outlet!(
        /// Adds a trade of the instrument with this index.
        trade, trades, Trade, TradeEncoder, &TradeEvent<'_>
    );
    outlet!(
        /// Adds an order-book message of the instrument with this index.
        book, books, Book, BookEncoder, &BookEvent<'_>
    );
    outlet!(
        /// Adds a funding state of the instrument with this index.
        funding, fundings, Funding, FundingEncoder, &FundingEvent<'_>
    );
    outlet!(
        /// Adds a forced order of the instrument with this index.
        liquidation, liquidations, Liquidation, LiquidationEncoder, &LiquidationEvent<'_>
    );
    outlet!(
        /// Adds a statement about the instrument with this index.
        coverage, coverage, Coverage, CoverageEncoder, &Coverage
    );
    outlet!(
        quarantine_of,
        quarantine,
        Quarantine,
        QuarantineEncoder,
        &Quarantine<'_>
    );

    /// Adds what could not become an event; `index` is `None` for an unknown instrument.
    pub(super) fn quarantine(
        &mut self,
        index: Option<usize>,
        record: &Quarantine<'_>,
        sink: &mut impl Sink,
    ) {
        match index {
            Some(index) => self.quarantine_of(index, record, sink),
            None => {
                let route = self.outlets.len() * TOPICS;
                self.push.make_room(&mut self.unknown, route, sink);
                self.unknown.push(record);
            }
        }
    }

    /// Ends every batch begun, in the order they were first touched.
    pub(super) fn end_push(&mut self, sink: &mut impl Sink) {
        let Push { touched, sent } = &mut self.push;
        for &route in &*touched {
            let emit = |batch: &EncodedBatch<'_>| sink.message(route, batch);
            match self.outlets.get_mut(route / TOPICS) {
                Some(outlet) => outlet.flush(route % TOPICS, *sent, emit),
                None => {
                    self.unknown.flush(*sent, emit);
                }
            }
        }
        touched.clear();
    }
}

impl Outlet {
    #[inline]
    fn flush(&mut self, kind: usize, sent: UnixNanos, emit: impl FnOnce(&EncodedBatch<'_>)) {
        fn one<E>(
            slot: &mut Slot<BatchEncoder<E>>,
            sent: UnixNanos,
            emit: impl FnOnce(&EncodedBatch<'_>),
        ) {
            if let Some(encoder) = slot {
                encoder.flush(sent, emit);
            }
        }
        const TRADE: usize = Kind::Trade as usize;
        const BOOK: usize = Kind::Book as usize;
        const FUNDING: usize = Kind::Funding as usize;
        const LIQUIDATION: usize = Kind::Liquidation as usize;
        const COVERAGE: usize = Kind::Coverage as usize;
        match kind {
            TRADE => one(&mut self.trades, sent, emit),
            BOOK => one(&mut self.books, sent, emit),
            FUNDING => one(&mut self.fundings, sent, emit),
            LIQUIDATION => one(&mut self.liquidations, sent, emit),
            COVERAGE => one(&mut self.coverage, sent, emit),
            _ => one(&mut self.quarantine, sent, emit),
        }
    }
}
