//! `IndicatorStream`: the indicators for Python, over buffers of float64.

use std::ptr::NonNull;
use std::sync::Mutex;

use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

use super::errors::ArgumentError;
use crate::indicators::{Indicator, IndicatorError, Isa, make};

/// Below this many values a call is a matter of microseconds and keeps the GIL.
const RELEASE_FROM: usize = 8_192;

/// A running indicator, made by its name.
#[pyclass(frozen, module = "tapeline._core")]
pub(super) struct IndicatorStream {
    indicator: Mutex<Box<dyn Indicator>>,
    inputs: usize,
    outputs: usize,
}

#[pymethods]
impl IndicatorStream {
    #[new]
    #[pyo3(signature = (name, windows, numbers=vec![], *, instruction_set=None))]
    #[expect(clippy::needless_pass_by_value, reason = "pyo3 extracts values")]
    fn new(
        name: &str,
        windows: Vec<u32>,
        numbers: Vec<f64>,
        instruction_set: Option<&str>,
    ) -> PyResult<Self> {
        let isa = match instruction_set {
            None => Isa::best_for(name),
            Some(name) => isa_named(name)?,
        };
        let indicator = make(name, &windows, &numbers, isa)?;
        Ok(Self {
            inputs: indicator.inputs(),
            outputs: indicator.outputs(),
            indicator: Mutex::new(indicator),
        })
    }

    /// Number of input columns.
    #[getter]
    fn inputs(&self) -> usize {
        self.inputs
    }

    /// Number of output columns.
    #[getter]
    fn outputs(&self) -> usize {
        self.outputs
    }

    /// Takes the next values of each input and writes as many to each output. Long ones release the GIL.
    #[expect(clippy::needless_pass_by_value, reason = "pyo3 extracts values")]
    fn update(
        &self,
        py: Python<'_>,
        inputs: Vec<PyBuffer<f64>>,
        outputs: Vec<PyBuffer<f64>>,
    ) -> PyResult<()> {
        let inputs = Columns::read(&inputs)?;
        let outputs = Columns::write(&outputs)?;
        inputs.check_apart(&outputs)?;
        // Never waited for with the GIL held: one thread updates.
        let mut indicator = self
            .indicator
            .try_lock()
            .map_err(|_| ArgumentError::new_err("another thread updates this indicator".into()))?;
        let indicator: &mut dyn Indicator = &mut **indicator;
        if inputs.longest() < RELEASE_FROM {
            return Ok(update(indicator, &inputs, &outputs)?);
        }
        Ok(py.detach(|| update(indicator, &inputs, &outputs))?)
    }

    /// Names of the instruction sets that this machine has, the best last.
    #[staticmethod]
    fn instruction_sets() -> Vec<&'static str> {
        Isa::all().into_iter().map(Isa::name).collect()
    }
}

fn isa_named(name: &str) -> PyResult<Isa> {
    let found = Isa::all().into_iter().find(|isa| isa.name() == name);
    found.ok_or_else(|| {
        ArgumentError::new_err(format!("this machine has no instruction set {name:?}"))
    })
}

/// Where columns lie whose buffers the caller holds.
struct Columns(Vec<NonNull<[f64]>>);

#[expect(
    unsafe_code,
    reason = "memory that Python lends is reached by its address"
)]
// SAFETY: the addresses are those of buffers that `update` keeps until it returns.
unsafe impl Sync for Columns {}

impl Columns {
    fn read(buffers: &[PyBuffer<f64>]) -> PyResult<Self> {
        let columns = buffers.iter().map(|buffer| {
            let is_column = buffer.dimensions() == 1;
            let column = buffer.as_slice_ptr().filter(|_| is_column);
            column.ok_or_else(|| {
                ArgumentError::new_err("a column must be contiguous, of one dimension".to_owned())
            })
        });
        Ok(Self(columns.collect::<PyResult<_>>()?))
    }

    fn write(buffers: &[PyBuffer<f64>]) -> PyResult<Self> {
        if buffers.iter().any(|buffer| buffer.readonly()) {
            return Err(ArgumentError::new_err(
                "an output cannot be written to".to_owned(),
            ));
        }
        let columns = Self::read(buffers)?;
        for (at, column) in columns.0.iter().enumerate() {
            Self(columns.0.iter().skip(at + 1).copied().collect()).check_apart_from(*column)?;
        }
        Ok(columns)
    }

    fn check_apart(&self, outputs: &Self) -> PyResult<()> {
        let mut outputs = outputs.0.iter();
        outputs.try_for_each(|output| self.check_apart_from(*output))
    }

    fn check_apart_from(&self, output: NonNull<[f64]>) -> PyResult<()> {
        let [begin, end] = bounds(output);
        let overlaps = self.0.iter().any(|column| {
            let [from, to] = bounds(*column);
            from < end && begin < to
        });
        if overlaps {
            return Err(ArgumentError::new_err(
                "an output shares memory with another column".to_owned(),
            ));
        }
        Ok(())
    }

    fn longest(&self) -> usize {
        self.0.iter().map(|column| column.len()).max().unwrap_or(0)
    }
}

/// Addresses of the first byte and of the one after the last.
fn bounds(column: NonNull<[f64]>) -> [usize; 2] {
    let begin = column.cast::<f64>().addr().get();
    [begin, begin + column.len() * size_of::<f64>()]
}

#[expect(
    unsafe_code,
    reason = "memory that Python lends is reached by its address"
)]
fn update(
    indicator: &mut dyn Indicator,
    inputs: &Columns,
    outputs: &Columns,
) -> Result<(), IndicatorError> {
    let inputs = inputs.0.iter().map(|column| {
        // SAFETY: the buffer is held by the caller, contiguous and of f64, as `PyBuffer` checked.
        // Another thread that writes to it meanwhile races as it would with NumPy itself.
        unsafe { column.as_ref() }
    });
    let inputs: Vec<&[f64]> = inputs.collect();
    let outputs = outputs.0.iter().map(|column| {
        let mut column = *column;
        // SAFETY: as above; writable and apart from every other column, as `update` checked.
        unsafe { column.as_mut() }
    });
    let mut outputs: Vec<&mut [f64]> = outputs.collect();
    indicator.update(&inputs, &mut outputs)
}
