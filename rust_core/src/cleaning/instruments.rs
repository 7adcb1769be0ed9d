//! The instrument list, found by the venue's spelling.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use super::stream::{Order, Stream};
use crate::model::{Coverage, Decimal, Instrument, UnixNanos};

/// An instrument and the streams that had data.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) instrument: Arc<Instrument>,
    pub(super) streams: Vec<Stream>,
    has_data: bool,
}

impl Entry {
    fn new(instrument: Arc<Instrument>) -> Self {
        Self {
            instrument,
            streams: Vec::new(),
            has_data: false,
        }
    }

    /// Notes that there is data; returns whether it is the first.
    pub(super) fn note_data(&mut self) -> bool {
        !core::mem::replace(&mut self.has_data, true)
    }

    /// Returns how the session of each stream ended.
    pub(super) fn ends(&self, received: Option<UnixNanos>) -> impl Iterator<Item = Coverage> {
        self.streams
            .iter()
            .filter_map(move |stream| match &stream.order {
                Order::Counted(track) => track.end(received),
                Order::Windowed(order) => order.end(received),
            })
    }

    /// Returns the channel and the ends of each range of missing ids.
    pub(super) fn missing(&self) -> impl Iterator<Item = (&'static str, (u64, u64))> {
        self.streams.iter().flat_map(|stream| {
            let track = match &stream.order {
                Order::Counted(track) => Some(track),
                Order::Windowed(_) => None,
            };
            let ranges = track.into_iter().flat_map(|track| track.missing());
            ranges.map(|range| (stream.channel, range))
        })
    }

    /// Returns each channel's newest receive time.
    pub(super) fn last_received(&self) -> impl Iterator<Item = (&'static str, UnixNanos)> {
        let streams = self.streams.iter();
        streams.filter_map(|stream| Some((stream.channel, stream.last_received?)))
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
    /// Of several with one spelling the first counts.
    pub(super) fn new(list: &[Arc<Instrument>]) -> Self {
        let mut by_symbol = HashMap::default();
        for (index, instrument) in list.iter().enumerate() {
            by_symbol
                .entry(instrument.raw_symbol.as_bytes().into())
                .or_insert(index);
        }
        let entries = list.iter().cloned().map(Entry::new).collect();
        Self {
            entries,
            by_symbol,
            last: 0,
        }
    }

    #[inline]
    pub(super) fn find(&mut self, symbol: &[u8]) -> Option<usize> {
        let last = self.entries.get(self.last);
        if last.is_some_and(|entry| entry.instrument.raw_symbol.as_bytes() == symbol) {
            return Some(self.last);
        }
        self.last = *self.by_symbol.get(symbol)?;
        Some(self.last)
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
