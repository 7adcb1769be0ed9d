//! What is told of the kept books, as plain values and as Python objects.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::cleaning::BookInfo;
use crate::engine::Normalizer;
use crate::model::{BookDepth, Level};

/// One book's state.
pub(super) struct BookEntry {
    symbol: String,
    raw_symbol: String,
    channel: &'static str,
    state: &'static str,
    last_update_id: Option<i64>,
    wants_snapshot: bool,
    /// Bids and asks, where they were asked for.
    levels: Option<[Vec<Level>; 2]>,
}

impl BookEntry {
    fn of(book: &BookInfo<'_>) -> Self {
        Self {
            symbol: book.instrument.symbol.clone(),
            raw_symbol: book.instrument.raw_symbol.clone(),
            channel: book.channel,
            state: book.state.name(),
            last_update_id: book.last_update_id,
            wants_snapshot: book.wants_snapshot,
            levels: None,
        }
    }

    pub(super) fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = PyDict::new(py);
        all.set_item("symbol", &self.symbol)?;
        all.set_item("raw_symbol", &self.raw_symbol)?;
        all.set_item("channel", self.channel)?;
        all.set_item("state", self.state)?;
        all.set_item("last_update_id", self.last_update_id)?;
        all.set_item("wants_snapshot", self.wants_snapshot)?;
        if let Some([bids, asks]) = &self.levels {
            all.set_item("bids", texts(bids))?;
            all.set_item("asks", texts(asks))?;
        }
        Ok(all)
    }
}

fn texts(levels: &[Level]) -> Vec<(String, String)> {
    let texts = levels
        .iter()
        .map(|level| (level.price.to_string(), level.quantity.to_string()));
    texts.collect()
}

/// Returns the state of every book.
pub(super) fn book_list(normalizer: &Normalizer) -> Vec<BookEntry> {
    normalizer
        .books()
        .map(|book| BookEntry::of(&book))
        .collect()
}

/// Returns a book with its best `depth` levels: that of `channel`, or the instrument's first one by
/// price level, or its first one.
pub(super) fn book_dict(
    normalizer: &Normalizer,
    raw_symbol: &str,
    channel: Option<&str>,
    depth: Option<usize>,
) -> Option<BookEntry> {
    let books = normalizer.books().filter(|book| {
        book.instrument.raw_symbol == raw_symbol
            && channel.is_none_or(|channel| book.channel == channel)
    });
    let book = books.min_by_key(|book| book.depth() != BookDepth::L2)?;
    let depth = depth.unwrap_or(usize::MAX);
    let levels = [
        book.bids().take(depth).collect(),
        book.asks().take(depth).collect(),
    ];
    let mut entry = BookEntry::of(&book);
    entry.levels = Some(levels);
    Some(entry)
}
