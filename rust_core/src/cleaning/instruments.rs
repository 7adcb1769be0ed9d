//! The instrument list, found by the venue's spelling.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use super::book_stream::BookStreamState;
use super::short_text::is_same;
use super::states::StateStream;
use super::stream::{Order, Stream};
use crate::model::{Coverage, Decimal, Instrument, UnixNanos};

/// An instrument and the streams that had data.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) instrument: Arc<Instrument>,
    /// Trades, by channel.
    pub(super) streams: Vec<Stream>,
    pub(super) books: Vec<BookStreamState>,
    pub(super) fundings: Vec<StateStream>,
    pub(super) liquidations: Vec<StateStream>,
    /// The venue's spelling in lower case, as streams are named.
    lower_case: Box<[u8]>,
    has_data: bool,
}

impl Entry {
    fn new(instrument: Arc<Instrument>) -> Self {
        let lower_case = instrument.raw_symbol.to_ascii_lowercase();
        Self {
            instrument,
            lower_case: lower_case.into_bytes().into(),
            streams: Vec::new(),
            books: Vec::new(),
            fundings: Vec::new(),
            liquidations: Vec::new(),
            has_data: false,
        }
    }

    /// Takes over what may change of an instrument. Levels that count other contracts are stale.
    pub(super) fn renew(
        &mut self,
        contract_size: Option<Decimal>,
        funding_interval_ns: Option<i64>,
    ) {
        let is_resized = self.instrument.contract_size != contract_size;
        if !is_resized && self.instrument.funding_interval_ns == funding_interval_ns {
            return;
        }
        self.instrument = Arc::new(Instrument {
            contract_size,
            funding_interval_ns,
            ..(*self.instrument).clone()
        });
        for book in &mut self.books {
            book.is_resized |= is_resized;
        }
    }

    /// Notes that there is data; returns whether it is the first.
    pub(super) fn note_data(&mut self) -> bool {
        !core::mem::replace(&mut self.has_data, true)
    }

    /// Returns how the session of each stream ended.
    pub(super) fn ends(&self, received: Option<UnixNanos>) -> impl Iterator<Item = Coverage> {
        let trades = self
            .streams
            .iter()
            .filter_map(move |stream| match &stream.order {
                Order::Counted(track) => track.end(received),
                Order::Windowed(order) => order.end(received),
            });
        let books = self
            .books
            .iter()
            .filter_map(move |book| book.track.end(received));
        let states = self.states();
        let states = states.filter_map(move |stream| stream.order.end(received));
        trades.chain(books).chain(states)
    }

    fn states(&self) -> impl Iterator<Item = &StateStream> {
        self.fundings.iter().chain(&self.liquidations)
    }

    /// Returns the channel and the ends of each range of missing ids.
    pub(super) fn missing(&self) -> impl Iterator<Item = (&'static str, (u64, u64))> {
        let books = self.books.iter().flat_map(|book| {
            let ranges = book.track.missing();
            let ranges = ranges.filter_map(|(first, last)| {
                Some((u64::try_from(first).ok()?, u64::try_from(last).ok()?))
            });
            ranges.map(|range| (book.channel, range))
        });
        let trades = self.streams.iter().flat_map(|stream| {
            let track = match &stream.order {
                Order::Counted(track) => Some(track),
                Order::Windowed(_) => None,
            };
            let ranges = track.into_iter().flat_map(|track| track.missing());
            ranges.map(|range| (stream.channel, range))
        });
        trades.chain(books)
    }

    /// Returns how many ranges are not among the missing any more.
    pub(super) fn forgotten(&self) -> u64 {
        let trades = self.streams.iter().map(|stream| match &stream.order {
            Order::Counted(track) => track.forgotten(),
            Order::Windowed(_) => 0,
        });
        let books = self.books.iter().map(|book| book.track.forgotten());
        trades.chain(books).sum()
    }

    /// Returns each channel's newest receive time.
    pub(super) fn last_received(&self) -> impl Iterator<Item = (&'static str, UnixNanos)> {
        let trades = self
            .streams
            .iter()
            .map(|one| (one.channel, one.last_received));
        let books = self
            .books
            .iter()
            .map(|one| (one.channel, one.last_received));
        let states = self.states().map(|one| (one.channel, one.last_received));
        trades
            .chain(books)
            .chain(states)
            .filter_map(|(channel, time)| Some((channel, time?)))
    }
}

/// The instruments of one market.
#[derive(Clone, Debug)]
pub(super) struct Instruments {
    entries: Vec<Entry>,
    by_symbol: HashMap<Box<[u8]>, usize, BuildHasherDefault<SymbolHasher>>,
    /// Index of the one found last: trades come in runs.
    last: usize,
}

impl Instruments {
    pub(super) fn new(list: &[Arc<Instrument>]) -> Self {
        let mut made = Self {
            entries: Vec::with_capacity(list.len()),
            by_symbol: HashMap::default(),
            last: 0,
        };
        made.learn(list);
        made
    }

    /// Adds instruments. Of several with one spelling the first counts.
    pub(super) fn learn(&mut self, list: &[Arc<Instrument>]) {
        for instrument in list {
            let raw_symbol = instrument.raw_symbol.as_bytes().into();
            let index = self.entries.len();
            self.by_symbol.entry(raw_symbol).or_insert(index);
            self.entries.push(Entry::new(Arc::clone(instrument)));
        }
    }

    #[inline]
    pub(super) fn find(&mut self, symbol: &[u8]) -> Option<usize> {
        let last = self.entries.get(self.last);
        if last.is_some_and(|entry| is_same(entry.instrument.raw_symbol.as_bytes(), symbol)) {
            return Some(self.last);
        }
        self.find_other(symbol)
    }

    #[inline(never)]
    fn find_other(&mut self, symbol: &[u8]) -> Option<usize> {
        self.last = *self.by_symbol.get(symbol)?;
        Some(self.last)
    }

    /// Returns whether `text` is the venue's spelling of the instrument, in lower case.
    #[inline]
    pub(super) fn is_lower_case(&self, index: usize, text: &[u8]) -> bool {
        let entry = self.entries.get(index);
        entry.is_some_and(|entry| is_same(&entry.lower_case, text))
    }

    /// Returns what one contract of an instrument stands for.
    #[inline]
    pub(super) fn contract_size(&self, index: usize) -> Option<Decimal> {
        self.entries.get(index)?.instrument.contract_size
    }

    pub(super) fn position(&self, symbol: &str) -> Option<usize> {
        self.by_symbol.get(symbol.as_bytes()).copied()
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    #[inline]
    pub(super) fn entry_mut(&mut self, index: usize) -> Option<&mut Entry> {
        self.entries.get_mut(index)
    }
}

/// A hash for keys that come from the instrument list, not from an adversary: looking up a foreign
/// symbol cannot make the table any slower.
#[derive(Clone, Copy, Debug, Default)]
struct SymbolHasher(u64);

impl Hasher for SymbolHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word.iter_mut()
                .zip(chunk)
                .for_each(|(to, from)| *to = *from);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 ^= self.0 >> 32;
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
