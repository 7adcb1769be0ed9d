//! A stored book for Python.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use super::errors::ArgumentError;
use crate::engine::{self, BookColumns, ColumnError, SideColumns};
use crate::model::{BookDepth, BookRule, Level};

/// Offsets, prices and quantities of one side.
type Side<'a> = (&'a [u8], &'a [u8], &'a [u8]);

/// Counts, prices and quantities of the best levels after each message.
type Tops<'py> = (
    Bound<'py, PyBytes>,
    Bound<'py, PyBytes>,
    Bound<'py, PyBytes>,
);

/// The book of one channel, made again from stored messages.
#[pyclass(module = "tapeline._core")]
#[derive(Debug)]
pub(super) struct BookReplay {
    inner: engine::BookReplay,
}

#[pymethods]
impl BookReplay {
    #[new]
    #[pyo3(signature = (*, rule, depth))]
    fn new(rule: &str, depth: u8) -> PyResult<Self> {
        let rule = match rule {
            "snapshots" => BookRule::Snapshots,
            "first_after_last" => BookRule::FirstAfterLast,
            "prev_is_last" => BookRule::PrevIsLast,
            "prev_is_last_or_checksum" => BookRule::PrevIsLastOrChecksum,
            "last_plus_one" => BookRule::LastPlusOne,
            _ => {
                return Err(ArgumentError::new_err(format!(
                    "rule {rule:?} is not known"
                )));
            }
        };
        let depth = match depth {
            1 => BookDepth::L1,
            2 => BookDepth::L2,
            _ => {
                return Err(ArgumentError::new_err(format!(
                    "depth must be 1 or 2, was {depth}"
                )));
            }
        };
        Ok(Self {
            inner: engine::BookReplay::new(rule, depth),
        })
    }

    /// Takes messages as columns of little-endian bytes, in order of arrival.
    fn apply(
        &mut self,
        actions: &[u8],
        origins: &[u8],
        numbers: [PyBackedBytes; 7],
        bids: Side<'_>,
        asks: Side<'_>,
    ) -> PyResult<()> {
        let columns = columns(actions, origins, &numbers, [bids, asks]);
        Ok(self.inner.apply(&columns)?)
    }

    /// Takes messages as `apply` does; returns counts, prices and quantities of the best levels of
    /// bids and asks after each.
    fn apply_each<'py>(
        &mut self,
        py: Python<'py>,
        codes: (PyBackedBytes, PyBackedBytes),
        numbers: [PyBackedBytes; 7],
        sides: (Side<'_>, Side<'_>),
        levels: usize,
    ) -> PyResult<(Tops<'py>, Tops<'py>)> {
        let mut tops = engine::BookTops::new(levels);
        let (actions, origins) = codes;
        let columns = columns(&actions, &origins, &numbers, sides.into());
        self.inner.apply_each(&columns, &mut tops)?;
        let [bids, asks] = &tops.sides;
        Ok((top_bytes(py, bids), top_bytes(py, asks)))
    }

    /// State of the book: `buffering`, `live` or `unsynced`.
    #[getter]
    fn state(&self) -> &'static str {
        self.inner.state().name()
    }

    /// Update id as of which a live book is right.
    #[getter]
    fn last_update_id(&self) -> Option<i64> {
        self.inner.track().last_update_id()
    }

    /// Exchange time as of which a live book is right.
    #[getter]
    fn last_time_ns(&self) -> Option<i64> {
        self.inner.track().last_time().map(|time| time.get())
    }

    /// Ranges of update ids known to be missing.
    #[getter]
    fn missing(&self) -> Vec<(i64, i64)> {
        self.inner.track().missing().collect()
    }

    /// Bids of a live book, best first, price and quantity as exact texts.
    fn bids(&self) -> Vec<(String, String)> {
        self.inner.track().bids().map(texts).collect()
    }

    /// Asks of a live book, best first, price and quantity as exact texts.
    fn asks(&self) -> Vec<(String, String)> {
        self.inner.track().asks().map(texts).collect()
    }
}

fn columns<'a>(
    actions: &'a [u8],
    origins: &'a [u8],
    [first, last, prev, time, received, hash, asked]: &'a [PyBackedBytes; 7],
    [bids, asks]: [Side<'a>; 2],
) -> BookColumns<'a> {
    BookColumns {
        actions,
        origins,
        numbers: [first, last, prev, time, received, hash, asked],
        sides: [side(bids), side(asks)],
    }
}

fn top_bytes<'py>(py: Python<'py>, side: &engine::SideTops) -> Tops<'py> {
    (
        PyBytes::new(py, &side.counts),
        PyBytes::new(py, &side.prices),
        PyBytes::new(py, &side.quantities),
    )
}

const fn side(columns: Side<'_>) -> SideColumns<'_> {
    let (offsets, prices, quantities) = columns;
    SideColumns {
        offsets,
        prices,
        quantities,
    }
}

fn texts(level: Level) -> (String, String) {
    (level.price.to_string(), level.quantity.to_string())
}

impl From<ColumnError> for PyErr {
    fn from(error: ColumnError) -> Self {
        ArgumentError::new_err(error.to_string())
    }
}
