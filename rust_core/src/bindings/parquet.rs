//! `encode_parquet`, `time_order`, `decode_decimals` and `decode_wholes` for Python.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::{ArrowPrimitiveType, Int64Type, UInt8Type, UInt32Type};
use arrow_array::{
    Array, ArrayRef, PrimitiveArray, RecordBatch, RecordBatchIterator, RecordBatchReader,
    UInt32Array,
};
use arrow_schema::{Field, Schema};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule};

use super::arrow::batches_of;
use super::errors::ArgumentError;
use crate::parquet::{self, Options, ParquetError};

/// How a file is written: a dictionary of these.
#[derive(Debug, FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct ParquetOptions {
    level: i32,
    group_rows: usize,
    statistics: Vec<String>,
    notes: Vec<(String, String)>,
}

/// Returns the bytes of a Parquet file with the rows of a table. Releases the GIL.
///
/// `order`, a table of one column of unsigned 32-bit numbers, says which rows, in which order.
#[pyfunction]
pub(super) fn encode_parquet<'py>(
    py: Python<'py>,
    table: &Bound<'py, PyAny>,
    order: Option<&Bound<'py, PyAny>>,
    options: ParquetOptions,
) -> PyResult<Bound<'py, PyBytes>> {
    let (schema, batches) = batches_of(table)?.map_err(refused)?;
    let order = order.map(only_column::<UInt32Type>).transpose()?;
    let options = Options {
        level: options.level,
        group_rows: options.group_rows,
        statistics: options.statistics,
        notes: options.notes,
    };
    let file = py.detach(|| {
        let places = order.as_ref().map(|order| &**order.values());
        parquet::encode(&schema, &batches, places, &options)
    })?;
    Ok(PyBytes::new(py, &file))
}

/// Returns the order of rows by time, or `None` when they lie in it. Releases the GIL.
#[pyfunction]
pub(super) fn time_order(py: Python<'_>, times: &Bound<'_, PyAny>) -> PyResult<Option<RowOrder>> {
    let times = only_column::<Int64Type>(times)?;
    let order = py.detach(|| parquet::time_order(times.values(), times.nulls()));
    Ok(order.map(RowOrder::from))
}

/// Places of rows. Any Arrow library reads it through `__arrow_c_stream__`.
#[pyclass(frozen, module = "tapeline._core")]
#[derive(Debug)]
pub(super) struct RowOrder {
    order: ArrayRef,
}

impl From<Vec<u32>> for RowOrder {
    fn from(order: Vec<u32>) -> Self {
        Self {
            order: Arc::new(UInt32Array::from(order)),
        }
    }
}

#[pymethods]
impl RowOrder {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        one_column(py, "place", &self.order)
    }
}

/// Offers a column as a stream of one table.
fn one_column<'py>(
    py: Python<'py>,
    name: &str,
    column: &ArrayRef,
) -> PyResult<Bound<'py, PyCapsule>> {
    let field = Field::new(name, column.data_type().clone(), column.null_count() > 0);
    let schema = Arc::new(Schema::new(vec![field]));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::clone(column)]);
    let batches = std::iter::once(batch);
    let reader: Box<dyn RecordBatchReader + Send> =
        Box::new(RecordBatchIterator::new(batches, schema));
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(reader), c"arrow_array_stream")
}

/// A column of a row group, as it lies in a file: what `decode_decimals` and `decode_wholes` are given.
#[derive(Debug)]
pub(super) struct ColumnChunk {
    bytes: PrimitiveArray<UInt8Type>,
    rows: usize,
    is_optional: bool,
    is_compressed: bool,
}

/// A table of one column of bytes, rows, whether one may be null, and whether pages are compressed by zstd.
impl<'py> FromPyObject<'_, 'py> for ColumnChunk {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let (chunk, rows, is_optional, is_compressed): (Bound<'py, PyAny>, _, _, _) =
            object.extract()?;
        Ok(Self {
            bytes: only_column::<UInt8Type>(&chunk)?,
            rows,
            is_optional,
            is_compressed,
        })
    }
}

impl ColumnChunk {
    fn chunk(&self) -> parquet::Chunk<'_> {
        parquet::Chunk {
            bytes: self.bytes.values(),
            rows: self.rows,
            is_optional: self.is_optional,
            is_compressed: self.is_compressed,
        }
    }
}

/// Returns the decimals of a column chunk, or `None` when it has to be read in the general way. Releases
/// the GIL.
///
/// `digits` are precision and scale; `with_keys` gives a dictionary of decimals where the file has one.
#[pyfunction]
#[pyo3(signature = (chunk, digits, *, with_keys))]
#[expect(
    clippy::needless_pass_by_value,
    reason = "what Python gives is made into it"
)]
pub(super) fn decode_decimals(
    py: Python<'_>,
    chunk: ColumnChunk,
    digits: (u8, i8),
    with_keys: bool,
) -> Option<StoredRows> {
    let column = py.detach(|| parquet::decimals(chunk.chunk(), digits, with_keys))?;
    Some(StoredRows { column })
}

/// Returns the whole numbers of 64 bits of a column chunk, or `None` when it has to be read in the general
/// way. Releases the GIL.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "what Python gives is made into it"
)]
pub(super) fn decode_wholes(py: Python<'_>, chunk: ColumnChunk) -> Option<StoredRows> {
    let column = py.detach(|| parquet::wholes(chunk.chunk()))?;
    Some(StoredRows { column })
}

/// A column that was read. Any Arrow library reads it through `__arrow_c_stream__`.
#[pyclass(frozen, module = "tapeline._core")]
#[derive(Debug)]
pub(super) struct StoredRows {
    column: ArrayRef,
}

#[pymethods]
impl StoredRows {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        one_column(py, "value", &self.column)
    }
}

/// Reads a table of one column that lies in one piece.
fn only_column<T: ArrowPrimitiveType>(table: &Bound<'_, PyAny>) -> PyResult<PrimitiveArray<T>> {
    let (_, batches) = batches_of(table)?.map_err(refused)?;
    let batch = match batches.as_slice() {
        [] => return Ok(PrimitiveArray::from_iter_values([])),
        [batch] => batch,
        _ => return Err(refused("a column in one piece is needed")),
    };
    let column = match batch.columns() {
        [column] => column.as_primitive_opt::<T>(),
        _ => None,
    };
    column
        .cloned()
        .ok_or_else(|| refused(format!("a column of {} is needed", T::DATA_TYPE)))
}

fn refused(error: impl ToString) -> PyErr {
    ArgumentError::new_err(error.to_string())
}

impl From<ParquetError> for PyErr {
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::Null { .. } | ParquetError::TooLarge { .. } => refused(error),
            // No row is to blame.
            _ => PyValueError::new_err(error.to_string()),
        }
    }
}
