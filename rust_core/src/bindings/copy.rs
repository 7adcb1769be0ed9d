//! `CopyEncoder` and `CopyDecoder`: PostgreSQL's binary COPY format for Python.

use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchIterator, RecordBatchReader};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyCapsule};

use super::arrow::batches_of;
use super::errors::{ArgumentError, DecodeError};
use crate::postgres::{CopyError, CopyReader, CopyWriter, Kind};

/// A table as binary COPY data: iterate over its pieces. Releases the GIL while it makes one.
#[pyclass(frozen, module = "tapeline._core")]
#[derive(Debug)]
pub(super) struct CopyEncoder {
    writer: Mutex<CopyWriter>,
    piece_bytes: usize,
}

#[pymethods]
impl CopyEncoder {
    #[new]
    #[pyo3(signature = (table, *, piece_bytes=1_048_576))]
    fn new(table: &Bound<'_, PyAny>, piece_bytes: usize) -> PyResult<Self> {
        let (schema, batches) = batches_of(table)?.map_err(CopyError::from)?;
        Ok(Self {
            writer: Mutex::new(CopyWriter::new(&schema, batches)?),
            piece_bytes,
        })
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        // Locked outside of `detach`, so that the piece can be copied from where it was made. The
        // lock is never waited for with the GIL held: one thread iterates.
        let mut writer = self
            .writer
            .try_lock()
            .map_err(|_| ArgumentError::new_err("an encoder belongs to one thread".to_owned()))?;
        let writer: &mut CopyWriter = &mut writer;
        let piece = py.detach(|| writer.next_piece(self.piece_bytes))?;
        Ok(piece.map(|piece| PyBytes::new(py, piece)))
    }
}

/// Reads binary COPY data, piece by piece, into Arrow. Releases the GIL.
#[pyclass(frozen, module = "tapeline._core")]
#[derive(Debug)]
pub(super) struct CopyDecoder {
    reader: Mutex<CopyReader>,
}

#[pymethods]
impl CopyDecoder {
    /// Columns are pairs of name and kind.
    #[new]
    fn new(columns: Vec<(String, String)>) -> PyResult<Self> {
        let columns = columns
            .into_iter()
            .map(|(name, kind)| Kind::named(&name, &kind).map(|kind| (name, kind)))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            reader: Mutex::new(CopyReader::new(&columns)),
        })
    }

    /// Adds a piece; returns how many rows wait to be taken.
    fn feed(&self, py: Python<'_>, piece: PyBackedBytes) -> PyResult<usize> {
        Ok(py.detach(|| {
            let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
            reader.feed(&piece).map(|()| reader.rows())
        })?)
    }

    /// Returns the rows that wait.
    fn take(&self, py: Python<'_>) -> PyResult<CopiedRows> {
        let batch = py.detach(|| {
            let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
            reader.take()
        })?;
        Ok(CopiedRows { batch })
    }

    /// Whether the end of the data has been read.
    #[getter]
    fn is_ended(&self) -> bool {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        reader.is_ended()
    }
}

/// Rows of a decoder. Any Arrow library reads them through `__arrow_c_stream__`.
#[pyclass(frozen, module = "tapeline._core")]
#[derive(Debug)]
pub(super) struct CopiedRows {
    batch: RecordBatch,
}

#[pymethods]
impl CopiedRows {
    fn __len__(&self) -> usize {
        self.batch.num_rows()
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        let schema = self.batch.schema();
        let batches = std::iter::once(Ok(self.batch.clone()));
        let reader: Box<dyn RecordBatchReader + Send> =
            Box::new(RecordBatchIterator::new(batches, Arc::clone(&schema)));
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(reader), c"arrow_array_stream")
    }
}

impl From<CopyError> for PyErr {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Malformed { .. } => DecodeError::new_err(error.to_string()),
            _ => ArgumentError::new_err(error.to_string()),
        }
    }
}
