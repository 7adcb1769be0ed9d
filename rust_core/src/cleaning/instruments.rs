//! The instrument list, found by the venue's spelling.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::short_text::is_same;
use super::stream::Stream;
use crate::model::Instrument;

/// An instrument and the streams that had data.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) instrument: Instrument,
    pub(super) streams: Vec<Stream>,
    /// The venue's spelling in lower case, as streams are named.
    lower_case: Box<[u8]>,
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
    pub(super) fn new(list: Vec<Instrument>) -> Self {
        let mut by_symbol = HashMap::default();
        for (index, instrument) in list.iter().enumerate() {
            by_symbol
                .entry(instrument.raw_symbol.as_bytes().into())
                .or_insert(index);
        }
        let entries = list
            .into_iter()
            .map(|instrument| Entry {
                lower_case: instrument
                    .raw_symbol
                    .to_ascii_lowercase()
                    .into_bytes()
                    .into(),
                instrument,
                streams: Vec::new(),
            })
            .collect();
        Self {
            entries,
            by_symbol,
            last: 0,
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
