//! The exception classes, and the one place where a Rust error becomes one of them.

use pyo3::exceptions::PyException;
use pyo3::prelude::*;

use crate::indicators::IndicatorError;
use crate::wire;

pyo3::create_exception!(
    tapeline._core,
    TapelineError,
    PyException,
    "Base class of every error that tapeline raises."
);

/// These two are also a `ValueError`. `create_exception!` takes one base class only, so they are
/// made when the module is.
macro_rules! value_errors {
    ($($name:ident = $doc:literal;)*) => {$(
        #[doc = $doc]
        #[derive(Debug)]
        pub(super) struct $name;

        impl $name {
            /// Returns the exception class.
            pub(super) fn class(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
                static CLASS: pyo3::sync::PyOnceLock<Py<PyAny>> = pyo3::sync::PyOnceLock::new();
                let class = CLASS.get_or_try_init(py, || new_value_error(py, stringify!($name), $doc))?;
                Ok(class.bind(py).clone())
            }

            /// Makes an error with a message.
            pub(super) fn new_err(message: String) -> PyErr {
                Python::attach(|py| match Self::class(py).and_then(|class| class.call1((message,))) {
                    Ok(error) => PyErr::from_value(error),
                    Err(fault) => fault,
                })
            }
        }
    )*};
}

value_errors! {
    ArgumentError = "An argument is not what the function accepts.";
    DecodeError = "Bytes are not a market-data batch of tapeline.market.v1.";
}

fn new_value_error(py: Python<'_>, name: &str, doc: &str) -> PyResult<Py<PyAny>> {
    let bases = (
        py.get_type::<TapelineError>(),
        py.get_type::<pyo3::exceptions::PyValueError>(),
    );
    let members = pyo3::types::PyDict::new(py);
    members.set_item("__module__", "tapeline._core")?;
    members.set_item("__doc__", doc)?;
    let class = py
        .get_type::<pyo3::types::PyType>()
        .call1((name, bases, members))?;
    Ok(class.unbind())
}

/// Adds the classes that are made at run time, and says that no error is worth a retry unless its class
/// says otherwise.
pub(super) fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    py.get_type::<TapelineError>().setattr("retryable", false)?;
    module.add("ArgumentError", ArgumentError::class(py)?)?;
    module.add("DecodeError", DecodeError::class(py)?)
}

impl From<IndicatorError> for PyErr {
    fn from(error: IndicatorError) -> Self {
        ArgumentError::new_err(error.to_string())
    }
}

impl From<wire::TopicError> for PyErr {
    fn from(error: wire::TopicError) -> Self {
        ArgumentError::new_err(error.to_string())
    }
}

impl From<wire::DecodeFailure> for PyErr {
    fn from(error: wire::DecodeFailure) -> Self {
        match error {
            wire::DecodeFailure::Value { .. } => DecodeError::new_err(error.to_string()),
            _ => ArgumentError::new_err(error.to_string()),
        }
    }
}
