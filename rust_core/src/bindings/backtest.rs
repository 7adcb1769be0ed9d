//! A simulated account for Python: columns in, columns out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::{Float64Type, Int8Type, Int64Type, UInt8Type};
use arrow_array::{ArrayRef, RecordBatch, RecordBatchIterator, RecordBatchReader};
use arrow_schema::ArrowError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use super::arrow::batches_of;
use super::errors::ArgumentError;
use crate::backtest::{
    self, BacktestError, FundingRows, Market, Settings, Side, Signals, Slippage, VolumeCap,
};

/// An account in a market. Releases the GIL while it runs a block.
#[pyclass(frozen, module = "tapeline._core")]
#[derive(Debug)]
pub(super) struct Simulator {
    inner: Mutex<backtest::Simulator>,
}

#[pymethods]
impl Simulator {
    #[new]
    #[pyo3(signature = (*, capital, is_inverse, multiplier, fees, slippage, latency_ns, cap, sample_ns, is_same_stream, window_starts))]
    #[expect(
        clippy::too_many_arguments,
        reason = "settings by name; Python has one object for them"
    )]
    fn new(
        capital: f64,
        is_inverse: bool,
        multiplier: f64,
        fees: (f64, f64),
        slippage: (String, f64),
        latency_ns: i64,
        cap: Option<(f64, i64)>,
        sample_ns: i64,
        is_same_stream: bool,
        window_starts: Vec<i64>,
    ) -> PyResult<Self> {
        let (taker_fee, maker_fee) = fees;
        let inner = backtest::Simulator::new(Settings {
            capital,
            is_inverse,
            multiplier,
            taker_fee,
            maker_fee,
            slippage: slippage_of(&slippage)?,
            latency_ns,
            cap: cap.map(|(share, interval_ns)| VolumeCap { share, interval_ns }),
            sample_ns,
            is_same_stream,
            window_starts,
        })?;
        Ok(Self {
            inner: Mutex::new(inner),
        })
    }

    /// Runs a block: tables with the columns of `Market`, `Signals` and `FundingRows`, and with the
    /// levels of the book, row after row.
    #[pyo3(signature = (market, signals, *, funding=None, levels=None))]
    fn run(
        &self,
        py: Python<'_>,
        market: &Bound<'_, PyAny>,
        signals: &Bound<'_, PyAny>,
        funding: Option<&Bound<'_, PyAny>>,
        levels: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let market = Table::of(market)?;
        let signals = Table::of(signals)?;
        let funding = funding.map(Table::of).transpose()?;
        let levels = levels.map(Table::of).transpose()?;
        let market = market_of(&market, levels.as_ref())?;
        let signals = signals_of(&signals)?;
        let funding = funding.as_ref().map_or(Ok(FundingRows::NONE), funding_of)?;
        Ok(py.detach(|| self.locked().run(&market, &signals, &funding))?)
    }

    /// Does what is due until the last row of a block, of whatever kind it is.
    fn advance(&self, time_ns: i64) {
        self.locked().advance(time_ns);
    }

    /// Ends the run at the end of its range, itself not in it.
    #[pyo3(signature = (end_ns=None))]
    fn finish(&self, end_ns: Option<i64>) {
        self.locked().finish(end_ns);
    }

    /// Returns what happened since it was last asked: `equity`, `fills`, `trades` or `funding`.
    fn take(&self, name: &str) -> PyResult<RunRows> {
        let mut simulator = self.locked();
        let records = simulator.records();
        let batch = match name {
            "equity" => records.take_equity(),
            "fills" => records.take_fills(),
            "trades" => records.take_trips(),
            "funding" => records.take_funding(),
            _ => return Err(ArgumentError::new_err(format!("no table {name:?}"))),
        };
        Ok(RunRows {
            batch: batch.map_err(|error| invalid(&error))?,
        })
    }
}

impl Simulator {
    fn locked(&self) -> MutexGuard<'_, backtest::Simulator> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Rows of a run. Any Arrow library reads them through `__arrow_c_stream__`.
#[pyclass(frozen, module = "tapeline._core")]
#[derive(Debug)]
pub(super) struct RunRows {
    batch: RecordBatch,
}

#[pymethods]
impl RunRows {
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

/// A hash of 128 bits over the values of a column, however it is cut into blocks.
#[pyclass(frozen, module = "tapeline._core")]
pub(super) struct ContentHash {
    inner: Mutex<xxhash_rust::xxh3::Xxh3>,
}

#[pymethods]
impl ContentHash {
    #[new]
    fn new() -> Self {
        Self {
            inner: Mutex::new(xxhash_rust::xxh3::Xxh3::new()),
        }
    }

    /// Adds the values of a table's columns: int64, float64 or int8.
    fn update(&self, py: Python<'_>, table: &Bound<'_, PyAny>) -> PyResult<()> {
        let table = Table::of(table)?;
        py.detach(|| {
            let mut hash = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            for column in table.batch.iter().flat_map(RecordBatch::columns) {
                hash.update(bytes_of(column));
            }
        });
        Ok(())
    }

    /// Returns the hash so far, as 32 hexadecimal digits.
    fn hexdigest(&self) -> String {
        let hash = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        format!("{:032x}", hash.digest128())
    }
}

impl std::fmt::Debug for ContentHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ContentHash")
    }
}

/// A table in one piece; None without rows.
struct Table {
    batch: Option<RecordBatch>,
}

impl Table {
    fn of(table: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (_, batches) = batches_of(table)?.map_err(|error| invalid(&error))?;
        let mut batches = batches.into_iter().filter(|batch| batch.num_rows() > 0);
        let batch = batches.next();
        if batches.next().is_some() {
            return Err(ArgumentError::new_err(
                "a block is a table in one piece".to_owned(),
            ));
        }
        Ok(Self { batch })
    }

    fn floats(&self, name: &str) -> PyResult<Option<&[f64]>> {
        let Some(batch) = &self.batch else {
            return Ok(None);
        };
        let Some(column) = batch.column_by_name(name) else {
            return Ok(None);
        };
        let column = column.as_primitive_opt::<Float64Type>();
        column
            .map(|column| Some(column.values().as_ref()))
            .ok_or_else(|| ArgumentError::new_err(format!("column {name} is not float64")))
    }

    fn wholes(&self, name: &str) -> PyResult<&[i64]> {
        let Some(batch) = &self.batch else {
            return Ok(&[]);
        };
        let column = batch.column_by_name(name);
        let column = column.and_then(|column| column.as_primitive_opt::<Int64Type>());
        column
            .map(|column| column.values().as_ref())
            .ok_or_else(|| ArgumentError::new_err(format!("column {name} must be int64")))
    }

    fn flags(&self, name: &str) -> &[u8] {
        let batch = self.batch.as_ref();
        let column = batch.and_then(|batch| batch.column_by_name(name));
        let column = column.and_then(|column| column.as_primitive_opt::<UInt8Type>());
        column
            .map(|column| column.values().as_ref())
            .unwrap_or_default()
    }
}

/// The values of a column as they lie in memory.
fn bytes_of(column: &ArrayRef) -> &[u8] {
    if let Some(column) = column.as_primitive_opt::<Float64Type>() {
        return column.values().inner().as_slice();
    }
    if let Some(column) = column.as_primitive_opt::<Int64Type>() {
        return column.values().inner().as_slice();
    }
    let column = column.as_primitive_opt::<Int8Type>();
    column
        .map(|column| column.values().inner().as_slice())
        .unwrap_or_default()
}

fn market_of<'a>(rows: &'a Table, levels: Option<&'a Table>) -> PyResult<Market<'a>> {
    let times = rows.wholes("time_ns")?;
    let sides = match levels {
        Some(levels) => Some([
            side_of(levels, "bid_price", "bid_quantity")?,
            side_of(levels, "ask_price", "ask_quantity")?,
        ]),
        None => None,
    };
    let count = sides.map_or(0, |[bids, _]| bids.prices.len());
    // Without rows there is no column either, and nothing that could be missed.
    let empty: Option<&[f64]> = times.is_empty().then_some(&[]);
    Ok(Market {
        times,
        prices: rows.floats("price")?.unwrap_or_default(),
        volumes: rows.floats("volume")?.or(empty),
        spreads: rows.floats("spread")?.or(empty),
        levels: count.checked_div(times.len()).unwrap_or(0),
        sides,
    })
}

fn side_of<'a>(levels: &'a Table, prices: &str, quantities: &str) -> PyResult<Side<'a>> {
    Ok(Side {
        prices: levels.floats(prices)?.unwrap_or_default(),
        quantities: levels.floats(quantities)?.unwrap_or_default(),
    })
}

fn signals_of(rows: &Table) -> PyResult<Signals<'_>> {
    let targets = rows.floats("target")?;
    let orders = rows.floats("order")?;
    Ok(Signals {
        times: rows.wholes("time_ns")?,
        wanted: targets.or(orders).unwrap_or_default(),
        are_orders: targets.is_none(),
        limits: rows.floats("limit")?.unwrap_or_default(),
        cancels: rows.flags("cancel"),
    })
}

fn funding_of(rows: &Table) -> PyResult<FundingRows<'_>> {
    Ok(FundingRows {
        times: rows.wholes("time_ns")?,
        rates: rows.floats("rate")?.unwrap_or_default(),
        marks: rows.floats("mark_price")?.unwrap_or_default(),
        next_ns: rows.wholes("next_funding_ns")?,
    })
}

fn slippage_of((kind, share): &(String, f64)) -> PyResult<Slippage> {
    match kind.as_str() {
        "fixed" => Ok(Slippage::Fixed(*share)),
        "spread" => Ok(Slippage::Spread(*share)),
        "book" => Ok(Slippage::BookWalk),
        _ => Err(ArgumentError::new_err(format!("no slippage {kind:?}"))),
    }
}

fn invalid(error: &ArrowError) -> PyErr {
    ArgumentError::new_err(error.to_string())
}

impl From<BacktestError> for PyErr {
    fn from(error: BacktestError) -> Self {
        ArgumentError::new_err(error.to_string())
    }
}
