//! The encoders of every topic, and the order in which a push touched them.

use super::ports::Sink;
use crate::model::{Coverage, Instrument, Quarantine, TradeEvent, UnixNanos};
use crate::wire::{CoverageEncoder, QuarantineEncoder, TopicError, TradeEncoder};

/// Topics of an instrument: trades, coverage, quarantine.
const TOPICS: usize = 3;

#[derive(Debug)]
struct Outlet {
    trades: TradeEncoder,
    coverage: CoverageEncoder,
    quarantine: QuarantineEncoder,
}

/// One encoder a topic. A topic's route is `3 x index of the instrument + 0, 1 or 2`; the quarantine
/// of unknown instruments comes last.
#[derive(Debug)]
pub(super) struct Outlets {
    outlets: Vec<Outlet>,
    unknown: QuarantineEncoder,
    /// Routes with a batch begun, in the order they were begun.
    touched: Vec<usize>,
    sent: UnixNanos,
}

impl Outlets {
    pub(super) fn new(
        instruments: &[Instrument],
        nowhere: &Instrument,
        producer: &str,
    ) -> Result<Self, TopicError> {
        let outlets = instruments.iter().map(|instrument| {
            Ok(Outlet {
                trades: TradeEncoder::new(instrument, producer)?,
                coverage: CoverageEncoder::new(instrument, producer)?,
                quarantine: QuarantineEncoder::new(instrument, producer)?,
            })
        });
        Ok(Self {
            outlets: outlets.collect::<Result<_, _>>()?,
            unknown: QuarantineEncoder::new(nowhere, producer)?,
            touched: Vec::new(),
            sent: UnixNanos::new(0),
        })
    }

    pub(super) fn begin_push(&mut self, sent: UnixNanos) {
        self.sent = sent;
        self.touched.clear();
    }

    #[inline]
    pub(super) fn trade(&mut self, index: usize, event: &TradeEvent<'_>, sink: &mut impl Sink) {
        let Some(outlet) = self.outlets.get_mut(index) else {
            return;
        };
        let encoder = &mut outlet.trades;
        if encoder.is_full() {
            encoder.flush(self.sent, |batch| sink.message(index * TOPICS, batch));
        }
        if encoder.is_empty() {
            self.touched.push(index * TOPICS);
        }
        encoder.push(event);
    }

    pub(super) fn coverage(&mut self, index: usize, record: &Coverage, sink: &mut impl Sink) {
        let Some(outlet) = self.outlets.get_mut(index) else {
            return;
        };
        let (encoder, route) = (&mut outlet.coverage, index * TOPICS + 1);
        if encoder.is_full() {
            encoder.flush(self.sent, |batch| sink.message(route, batch));
        }
        if encoder.is_empty() {
            self.touched.push(route);
        }
        encoder.push(record);
    }

    /// `index` is `None` for an unknown instrument.
    pub(super) fn quarantine(
        &mut self,
        index: Option<usize>,
        record: &Quarantine<'_>,
        sink: &mut impl Sink,
    ) {
        let unknown = self.outlets.len() * TOPICS;
        let outlet = index.and_then(|index| Some((self.outlets.get_mut(index)?, index)));
        let (encoder, route) = match outlet {
            Some((outlet, index)) => (&mut outlet.quarantine, index * TOPICS + 2),
            None => (&mut self.unknown, unknown),
        };
        if encoder.is_full() {
            encoder.flush(self.sent, |batch| sink.message(route, batch));
        }
        if encoder.is_empty() {
            self.touched.push(route);
        }
        encoder.push(record);
    }

    /// Ends every batch begun, in the order they were first touched.
    pub(super) fn end_push(&mut self, sink: &mut impl Sink) {
        let Self {
            outlets,
            unknown,
            touched,
            sent,
        } = self;
        for &route in &*touched {
            let mut emit = |batch: &crate::wire::EncodedBatch<'_>| sink.message(route, batch);
            match (outlets.get_mut(route / TOPICS), route % TOPICS) {
                (Some(outlet), 0) => outlet.trades.flush(*sent, &mut emit),
                (Some(outlet), 1) => outlet.coverage.flush(*sent, &mut emit),
                (Some(outlet), _) => outlet.quarantine.flush(*sent, &mut emit),
                (None, _) => unknown.flush(*sent, &mut emit),
            };
        }
        touched.clear();
    }

    /// Returns the topics of an instrument.
    pub(super) fn topics(&self, index: usize) -> impl Iterator<Item = &str> {
        let outlet = self.outlets.get(index);
        let topics = outlet.map(|outlet| {
            [
                outlet.trades.topic(),
                outlet.coverage.topic(),
                outlet.quarantine.topic(),
            ]
        });
        topics.into_iter().flatten()
    }

    /// Returns the topic of quarantine records without a known instrument.
    pub(super) fn unknown_topic(&self) -> &str {
        self.unknown.topic()
    }
}
