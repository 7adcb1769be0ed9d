//! Arrow tables that come from Python, through the C stream interface.

use arrow_array::RecordBatch;
use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_schema::{ArrowError, SchemaRef};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

/// Reads a table that Python offers with `__arrow_c_stream__`, without copying it.
#[expect(
    unsafe_code,
    reason = "a C structure can be taken over from Python in no other way"
)]
pub(super) fn batches_of(
    table: &Bound<'_, PyAny>,
) -> PyResult<Result<(SchemaRef, Vec<RecordBatch>), ArrowError>> {
    let capsule = table.call_method0("__arrow_c_stream__")?;
    let capsule = capsule.cast::<PyCapsule>()?;
    let stream = capsule.pointer_checked(Some(c"arrow_array_stream"))?;
    // SAFETY: a capsule of this name holds a pointer to an initialised stream, as Arrow's PyCapsule
    // interface demands. `from_raw` moves it out and leaves a released one behind for the capsule.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(stream.cast().as_ptr()) };
    Ok(RecordBatchStreamReader::try_new(stream).and_then(|reader| {
        let schema = arrow_array::RecordBatchReader::schema(&reader);
        let batches = reader.collect::<Result<_, _>>()?;
        Ok((schema, batches))
    }))
}
