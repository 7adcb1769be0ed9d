//! `NativeEncoder`: ClickHouse's Native format for Python.

use std::sync::Mutex;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::arrow::batches_of;
use super::errors::ArgumentError;
use crate::clickhouse::{NativeError, NativeWriter};

/// A table as Native data: iterate over its pieces. Releases the GIL while it makes one.
#[pyclass(frozen, module = "tapeline._core")]
#[derive(Debug)]
pub(super) struct NativeEncoder {
    writer: Mutex<NativeWriter>,
    piece_bytes: usize,
}

#[pymethods]
impl NativeEncoder {
    /// Types are those of the columns, as ClickHouse names them.
    #[new]
    #[pyo3(signature = (table, types, *, piece_bytes=1_048_576))]
    fn new(table: &Bound<'_, PyAny>, types: Vec<String>, piece_bytes: usize) -> PyResult<Self> {
        let (_, batches) = batches_of(table)?.map_err(NativeError::from)?;
        Ok(Self {
            writer: Mutex::new(NativeWriter::new(batches, types)?),
            piece_bytes,
        })
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        // As in `CopyEncoder`: locked outside of `detach`, and never waited for.
        let mut writer = self
            .writer
            .try_lock()
            .map_err(|_| ArgumentError::new_err("an encoder belongs to one thread".to_owned()))?;
        let writer: &mut NativeWriter = &mut writer;
        let piece = py.detach(|| writer.next_piece(self.piece_bytes))?;
        Ok(piece.map(|piece| PyBytes::new(py, piece)))
    }
}

impl From<NativeError> for PyErr {
    fn from(error: NativeError) -> Self {
        ArgumentError::new_err(error.to_string())
    }
}
