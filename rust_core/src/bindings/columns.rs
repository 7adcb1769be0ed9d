//! `floats`, `repeats` and `merge_order`: what is done to whole columns, for Python.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{RecordBatch, RecordBatchIterator, RecordBatchReader};
use arrow_schema::SchemaRef;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use super::arrow::batches_of;
use super::errors::ArgumentError;
use super::parquet::RowOrder;
use crate::columns::{self, FloatsError, Keys, with_floats};

/// Rows whose decimals are floats. Any Arrow library reads them through `__arrow_c_stream__`.
#[pyclass(frozen, module = "tapeline._core")]
#[derive(Debug)]
pub(super) struct FloatRows {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

/// Converts every `decimal128(_, 18)` column of a table. Releases the GIL.
#[pyfunction]
pub(super) fn floats(py: Python<'_>, table: &Bound<'_, PyAny>) -> PyResult<FloatRows> {
    let (schema, batches) = batches_of(table)?.map_err(FloatsError::from)?;
    let (schema, batches) = py.detach(|| {
        let empty = with_floats(&schema, &RecordBatch::new_empty(Arc::clone(&schema)))?;
        let batches: Result<Vec<_>, _> = batches
            .iter()
            .map(|each| with_floats(&schema, each))
            .collect();
        batches.map(|batches| (empty.schema(), batches))
    })?;
    Ok(FloatRows { schema, batches })
}

#[pymethods]
impl FloatRows {
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

/// Returns the places of the rows of several runs in order, or `None` when they lie in it already.
/// Releases the GIL.
///
/// The table has four columns without nulls, in one piece: times, names and offsets (int64) and
/// indices (int32). `ends` says where each run ends.
#[pyfunction]
pub(super) fn merge_order(
    py: Python<'_>,
    table: &Bound<'_, PyAny>,
    ends: Vec<usize>,
) -> PyResult<Option<RowOrder>> {
    let (_, batches) = batches_of(table)?.map_err(FloatsError::from)?;
    let [batch] = batches.as_slice() else {
        return match batches.len() {
            0 => Ok(None),
            _ => Err(ArgumentError::new_err("expected one batch".to_owned())),
        };
    };
    let [times, names, offsets, indices] = batch.columns() else {
        return Err(ArgumentError::new_err("expected four columns".to_owned()));
    };
    if u32::try_from(batch.num_rows()).is_err() {
        return Err(ArgumentError::new_err(
            "more rows than 32 bits count".to_owned(),
        ));
    }
    let numbers = [times, names, offsets].map(|column| column.as_primitive_opt::<Int64Type>());
    let ([Some(times), Some(names), Some(offsets)], Some(indices)) =
        (numbers, indices.as_primitive_opt::<Int32Type>())
    else {
        return Err(ArgumentError::new_err(
            "expected int64, int64, int64 and int32".to_owned(),
        ));
    };
    let keys = Keys {
        times: times.values(),
        names: names.values(),
        offsets: offsets.values(),
        indices: indices.values(),
    };
    let order = py.detach(|| columns::merge_order(keys, &ends));
    Ok(order.map(RowOrder::from))
}
