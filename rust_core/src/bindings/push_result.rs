//! What one push gave, as Python sees it.

use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyList};

use super::sinks::Controls;
use crate::engine::Tally;

/// What one push gave.
#[pyclass(frozen, module = "tapeline._core")]
#[derive(Debug)]
pub(super) struct PushResult {
    pub(super) tally: Tally,
    /// Topic, key and value of each message, in the order they should be sent; one list, made once.
    // A plain member of a frozen class: Python reads it without a call.
    #[pyo3(get)]
    pub(super) messages: Py<PyList>,
    pub(super) controls: Option<Box<Controls>>,
}

#[pymethods]
impl PushResult {
    /// Index of the frame, kind and text of each control frame.
    #[getter]
    fn controls<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let Some(controls) = &self.controls else {
            return Ok(PyList::empty(py));
        };
        let controls = controls.iter();
        PyList::new(py, controls.map(|(index, kind, text)| (index, kind, text)))
    }

    /// Frames pushed.
    #[getter]
    fn frames(&self) -> u64 {
        self.tally.frames
    }

    /// Verdicts given: one a frame, and one more for each further element of a list.
    #[getter]
    fn items(&self) -> u64 {
        self.tally.items
    }

    /// Events made.
    #[getter]
    fn events(&self) -> u64 {
        self.tally.events
    }

    /// Frames quarantined.
    #[getter]
    fn quarantined(&self) -> u64 {
        self.tally.quarantined
    }

    /// Events that were out already.
    #[getter]
    fn duplicates(&self) -> u64 {
        self.tally.duplicates
    }

    /// Control messages.
    #[getter]
    fn control(&self) -> u64 {
        self.tally.control
    }

    /// Messages of types that are not handled.
    #[getter]
    fn unsupported(&self) -> u64 {
        self.tally.unsupported
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.messages.bind(py).len()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.messages.bind(py).try_iter()
    }
}
