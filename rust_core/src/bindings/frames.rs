//! The frames of a push as Python hands them over.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyInt, PyList, PySequence};

use super::errors::ArgumentError;
use crate::engine::Frames;
use crate::model::UnixNanos;

/// When the frames of a push were received.
#[derive(Debug)]
pub(super) enum Received {
    All(Option<UnixNanos>),
    Each(Vec<Option<UnixNanos>>),
}

impl Received {
    pub(super) fn extract(value: &Bound<'_, PyAny>, count: usize) -> PyResult<Self> {
        if value.is_none() {
            return Ok(Self::All(None));
        }
        if value.is_instance_of::<PyInt>() {
            return Ok(Self::All(Some(nanos(value, "received_ns")?)));
        }
        let Ok(sequence) = value.cast::<PySequence>() else {
            if value.hasattr("__index__")?
                && let Ok(time) = nanos(value, "received_ns")
            {
                return Ok(Self::All(Some(time)));
            }
            let found = value.get_type().name()?;
            return Err(ArgumentError::new_err(format!(
                "received_ns must be an int, None or a sequence of them, was {found}"
            )));
        };
        if sequence.len()? != count {
            let found = sequence.len()?;
            return Err(ArgumentError::new_err(format!(
                "received_ns must have one entry a frame ({count}), has {found}"
            )));
        }
        let one = |index| {
            let item = sequence.get_item(index)?;
            if item.is_none() {
                return Ok(None);
            }
            nanos(&item, &format!("received_ns[{index}]")).map(Some)
        };
        (0..count).map(one).collect::<PyResult<_>>().map(Self::Each)
    }

    fn newest(&self) -> Option<UnixNanos> {
        match self {
            Self::All(time) => *time,
            Self::Each(times) => times.iter().copied().flatten().max(),
        }
    }

    fn of(&self, index: usize) -> Option<UnixNanos> {
        match self {
            Self::All(time) => *time,
            Self::Each(times) => times.get(index).copied().flatten(),
        }
    }
}

/// Reads a time in nanoseconds.
pub(super) fn nanos(value: &Bound<'_, PyAny>, name: &str) -> PyResult<UnixNanos> {
    value.extract().map(UnixNanos::new).map_err(|_| {
        ArgumentError::new_err(format!(
            "{name} must be an int that fits 64 bits, was {value}"
        ))
    })
}

/// A list whose elements are all `bytes`.
#[derive(Debug)]
pub(super) struct ListFrames<'py> {
    list: Bound<'py, PyList>,
    received: Received,
}

/// One element of a list.
#[derive(Debug)]
pub(super) struct ListFrame<'py>(Bound<'py, PyBytes>);

impl AsRef<[u8]> for ListFrame<'_> {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl<'py> ListFrames<'py> {
    pub(super) fn extract(
        frames: &Bound<'py, PyAny>,
        received: &Bound<'py, PyAny>,
    ) -> PyResult<Self> {
        let list = match frames.cast_exact::<PyList>() {
            Ok(list) => list.clone(),
            Err(_) => PyList::new(
                frames.py(),
                frames.try_iter()?.collect::<PyResult<Vec<_>>>()?,
            )?,
        };
        for (index, frame) in list.iter().enumerate() {
            if !frame.is_instance_of::<PyBytes>() {
                let found = frame.get_type().name()?;
                return Err(ArgumentError::new_err(format!(
                    "frames[{index}] must be bytes, was {found}"
                )));
            }
        }
        let received = Received::extract(received, list.len())?;
        Ok(Self { list, received })
    }

    /// Takes hold of every frame's bytes, so that they can be read without the interpreter.
    pub(super) fn detach(self) -> PyResult<HeldFrames> {
        let frames = self
            .list
            .iter()
            .map(|frame| frame.extract().map_err(PyErr::from));
        Ok(HeldFrames {
            frames: frames.collect::<PyResult<_>>()?,
            received: self.received,
        })
    }
}

impl<'py> Frames for ListFrames<'py> {
    type Frame<'a>
        = ListFrame<'py>
    where
        Self: 'a;

    fn count(&self) -> usize {
        self.list.len()
    }

    fn frame(&self, index: usize) -> Option<ListFrame<'py>> {
        self.list
            .get_item(index)
            .ok()?
            .cast_into()
            .ok()
            .map(ListFrame)
    }

    fn received(&self, index: usize) -> Option<UnixNanos> {
        self.received.of(index)
    }

    fn newest(&self) -> Option<UnixNanos> {
        self.received.newest()
    }
}

/// Frames whose bytes are held.
#[derive(Debug)]
pub(super) struct HeldFrames {
    frames: Vec<PyBackedBytes>,
    received: Received,
}

impl Frames for HeldFrames {
    type Frame<'a> = &'a [u8];

    fn count(&self) -> usize {
        self.frames.len()
    }

    fn frame(&self, index: usize) -> Option<&[u8]> {
        self.frames.get(index).map(AsRef::as_ref)
    }

    fn received(&self, index: usize) -> Option<UnixNanos> {
        self.received.of(index)
    }

    fn newest(&self) -> Option<UnixNanos> {
        self.received.newest()
    }
}
