//! The Python face.
use pyo3::prelude::*;

#[pymodule]
mod _core {}
