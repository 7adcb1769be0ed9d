//! `floats`, `repeats` and `merge_rows`: what is done to whole columns, for Python.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::Int64Type;
use arrow_array::{RecordBatch, RecordBatchIterator, RecordBatchReader};
use arrow_schema::SchemaRef;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use super::arrow::batches_of;
use super::errors::ArgumentError;
use crate::columns::{self, FloatsError, MergeError, with_floats};

/// Rows whose columns were made anew. Any Arrow library reads them through `__arrow_c_stream__`.
#[pyclass(frozen, module = "tapeline._core")]
#[derive(Debug)]
pub(super) struct ColumnRows {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

/// Converts every `decimal128(_, 18)` column of a table. Releases the GIL.
#[pyfunction]
pub(super) fn floats(py: Python<'_>, table: &Bound<'_, PyAny>) -> PyResult<ColumnRows> {
    let (schema, batches) = batches_of(table)?.map_err(FloatsError::from)?;
    let (schema, batches) = py.detach(|| {
        let empty = with_floats(&schema, &RecordBatch::new_empty(Arc::clone(&schema)))?;
        let batches: Result<Vec<_>, _> = batches
            .iter()
            .map(|each| with_floats(&schema, each))
            .collect();
        batches.map(|batches| (empty.schema(), batches))
    })?;
    Ok(ColumnRows { schema, batches })
}

#[pymethods]
impl ColumnRows {
    fn __len__(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        let batches: Vec<_> = self.batches.iter().cloned().map(Ok).collect();
        let reader: Box<dyn RecordBatchReader + Send> =
            Box::new(RecordBatchIterator::new(batches, Arc::clone(&self.schema)));
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(reader), c"arrow_array_stream")
    }
}

impl From<FloatsError> for PyErr {
    fn from(error: FloatsError) -> Self {
        ArgumentError::new_err(error.to_string())
    }
}

/// Returns the places of rows whose id an earlier row of the same time has. Releases the GIL.
///
/// The table has two columns without nulls: times (int64), in order, and ids (16 bytes).
#[pyfunction]
pub(super) fn repeats(py: Python<'_>, table: &Bound<'_, PyAny>) -> PyResult<Vec<usize>> {
    let (_, batches) = batches_of(table)?.map_err(FloatsError::from)?;
    let [batch] = batches.as_slice() else {
        return match batches.len() {
            0 => Ok(Vec::new()),
            _ => Err(ArgumentError::new_err("expected one batch".to_owned())),
        };
    };
    let [times, ids] = batch.columns() else {
        return Err(ArgumentError::new_err("expected two columns".to_owned()));
    };
    let times = times.as_primitive_opt::<Int64Type>();
    let ids = ids
        .as_fixed_size_binary_opt()
        .filter(|ids| ids.value_length() == 16);
    let (Some(times), Some(ids)) = (times, ids) else {
        return Err(ArgumentError::new_err(
            "expected int64 and 16 bytes".to_owned(),
        ));
    };
    let (ids, _) = ids.value_data().as_chunks::<16>();
    Ok(py.detach(|| columns::repeats(times.values(), ids)))
}

/// Returns the rows of several tables in order, or `None` when table after table lies in it already.
/// Releases the GIL.
///
/// See [`columns::merge_rows`] for the columns.
#[pyfunction]
pub(super) fn merge_rows(
    py: Python<'_>,
    tables: Vec<Bound<'_, PyAny>>,
) -> PyResult<Option<ColumnRows>> {
    let mut sources = Vec::new();
    for table in &tables {
        let (_, batches) = batches_of(table)?.map_err(MergeError::from)?;
        sources.extend(batches);
    }
    let merged = py.detach(|| columns::merge_rows(&sources))?;
    Ok(merged.and_then(|batches| {
        let schema = batches.first()?.schema();
        Some(ColumnRows { schema, batches })
    }))
}

impl From<MergeError> for PyErr {
    fn from(error: MergeError) -> Self {
        ArgumentError::new_err(error.to_string())
    }
}
