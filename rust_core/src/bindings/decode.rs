//! `decode`, `inspect`, `crc32c` and `topic` for Python.

use std::sync::Arc;

use arrow_array::ffi::FFI_ArrowSchema;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatchIterator, RecordBatchReader};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyCapsule;

use super::errors::{ArgumentError, DecodeError};
use crate::model::EventType;
use crate::wire::{self, Decoded, OnError};

/// Decoded events of one type. Any Arrow library reads it through `__arrow_c_stream__`.
#[pyclass(frozen, module = "tapeline._core")]
#[derive(Debug)]
pub(super) struct Events {
    table: Arc<Decoded>,
}

#[pymethods]
impl Events {
    /// Type of the events.
    #[getter]
    fn event_type(&self) -> &'static str {
        self.table.event_type.name()
    }

    /// Index and fault of each value that was left out.
    #[getter]
    fn rejected(&self) -> Vec<(usize, String)> {
        self.table
            .rejected
            .iter()
            .map(|(index, error)| (*index, error.to_string()))
            .collect()
    }

    fn __len__(&self) -> usize {
        self.table.rows
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // The protocol lets a producer ignore the request when it cannot cast.
        drop(requested_schema);
        let batches = self.table.batches.clone().into_iter().map(Ok);
        let reader: Box<dyn RecordBatchReader + Send> = Box::new(RecordBatchIterator::new(
            batches,
            Arc::clone(&self.table.schema),
        ));
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(reader), c"arrow_array_stream")
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(self.table.schema.as_ref());
        let schema = schema.map_err(wire::DecodeFailure::from)?;
        PyCapsule::new_with_value(py, schema, c"arrow_schema")
    }
}

/// The header of a batch.
#[pyclass(frozen, get_all, module = "tapeline._core")]
#[derive(Debug)]
pub(super) struct BatchInfo {
    schema_version: u32,
    producer: String,
    batch_id: u64,
    event_count: u32,
    sent_ns: i64,
    exchange: String,
    market: String,
    symbol: String,
    raw_symbol: String,
    event_type: String,
}

/// Decodes batches to a table. Releases the GIL: call it with many values at once.
#[pyfunction]
#[pyo3(signature = (values, *, event_type=None, errors="raise"))]
pub(super) fn decode(
    py: Python<'_>,
    values: Vec<PyBackedBytes>,
    event_type: Option<&str>,
    errors: &str,
) -> PyResult<Events> {
    let event_type = event_type.map(known_type).transpose()?;
    let on_error = match errors {
        "raise" => OnError::Raise,
        "collect" => OnError::Collect,
        _ => {
            return Err(ArgumentError::new_err(format!(
                "errors must be 'raise' or 'collect', was {errors:?}"
            )));
        }
    };
    let table =
        py.detach(|| wire::decode(values.iter().map(|value| &**value), event_type, on_error))?;
    Ok(Events {
        table: Arc::new(table),
    })
}

/// Decodes batches of one type to the rows of a store. Releases the GIL.
#[pyfunction]
pub(super) fn decode_rows(
    py: Python<'_>,
    values: Vec<PyBackedBytes>,
    offsets: Vec<i64>,
    event_type: &str,
) -> PyResult<Events> {
    let event_type = known_type(event_type)?;
    if values.len() != offsets.len() {
        return Err(ArgumentError::new_err(format!(
            "every value needs an offset: {} values, {} offsets",
            values.len(),
            offsets.len()
        )));
    }
    let values = values
        .iter()
        .map(|value| &**value)
        .zip(offsets.iter().copied());
    let table = py.detach(|| wire::decode_rows(values, event_type))?;
    Ok(Events {
        table: Arc::new(table),
    })
}

/// Checks a batch's frame and returns what its header says.
#[pyfunction]
pub(super) fn inspect(value: &[u8]) -> PyResult<BatchInfo> {
    let info = wire::inspect(value).map_err(|error| DecodeError::new_err(error.to_string()))?;
    Ok(BatchInfo {
        schema_version: info.schema_version,
        producer: info.producer.to_owned(),
        batch_id: info.batch_id,
        event_count: info.event_count,
        sent_ns: info.sent_ns,
        exchange: info.exchange.to_owned(),
        market: info.market.to_owned(),
        symbol: info.symbol.to_owned(),
        raw_symbol: info.raw_symbol.to_owned(),
        event_type: info.type_name(),
    })
}

/// Returns the CRC32C checksum of bytes.
#[pyfunction]
pub(super) fn crc32c(data: &[u8]) -> u32 {
    wire::crc32c(data)
}

/// Returns the routing key of an instrument's events of one type.
#[pyfunction]
pub(super) fn topic(
    event_type: &str,
    exchange: &str,
    market: &str,
    raw_symbol: &str,
) -> PyResult<String> {
    Ok(wire::topic(
        known_type(event_type)?,
        exchange,
        market,
        raw_symbol,
    )?)
}

fn known_type(name: &str) -> PyResult<EventType> {
    EventType::ALL
        .into_iter()
        .find(|known| known.name() == name)
        .ok_or_else(|| {
            let names = EventType::ALL.map(EventType::name).join(", ");
            ArgumentError::new_err(format!("event_type must be one of {names}, was {name:?}"))
        })
}
