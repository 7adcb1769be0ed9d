//! The frames of a push as Python hands them over.

use core::fmt::Display;

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
        if value.is_exact_instance_of::<PyInt>() || value.is_instance_of::<PyInt>() {
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
        let one = |(index, item): (usize, Bound<'_, PyAny>)| {
            if item.is_none() {
                return Ok(None);
            }
            nanos(&item, format_args!("received_ns[{index}]")).map(Some)
        };
        let times: PyResult<_> = match value.cast_exact::<PyList>() {
            Ok(list) => list.iter().enumerate().map(one).collect(),
            Err(_) => (0..count)
                .map(|index| sequence.get_item(index).and_then(|item| one((index, item))))
                .collect(),
        };
        times.map(Self::Each)
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
pub(super) fn nanos(value: &Bound<'_, PyAny>, name: impl Display) -> PyResult<UnixNanos> {
    value.extract().map(UnixNanos::new).map_err(|_| {
        ArgumentError::new_err(format!(
            "{name} must be an int that fits 64 bits, was {value}"
        ))
    })
}

/// Returns the one frame: a `bytes` object, or that of a list that holds nothing else.
#[inline]
pub(super) fn only_frame<'py>(frames: &Bound<'py, PyAny>) -> Option<Bound<'py, PyBytes>> {
    if let Ok(frame) = frames.cast_exact() {
        return Some(frame.clone());
    }
    let list = frames.cast_exact::<PyList>().ok()?;
    if list.len() != 1 {
        return None;
    }
    list.get_item(0).ok()?.cast_into_exact().ok()
}

/// Returns the `bytes` objects of a push.
fn bytes_objects<'py>(frames: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyBytes>>> {
    if let Ok(frame) = frames.cast() {
        return Ok(vec![frame.clone()]);
    }
    let Ok(list) = frames.cast_exact::<PyList>() else {
        let objects = frames.try_iter()?.enumerate();
        return objects
            .map(|(index, frame)| bytes_object(index, frame?))
            .collect();
    };
    let objects = list.iter().enumerate();
    objects
        .map(|(index, frame)| bytes_object(index, frame))
        .collect()
}

#[inline]
fn bytes_object<'py>(index: usize, frame: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    // The exact type is one comparison, a subclass a call.
    let other = match frame.cast_into_exact() {
        Ok(bytes) => return Ok(bytes),
        Err(other) => other.into_inner(),
    };
    other
        .cast_into()
        .map_err(|other| not_bytes(index, &other.into_inner()))
}

#[cold]
fn not_bytes(index: usize, frame: &Bound<'_, PyAny>) -> PyErr {
    match frame.get_type().name() {
        Ok(found) => ArgumentError::new_err(format!("frames[{index}] must be bytes, was {found}")),
        Err(fault) => fault,
    }
}

/// Frames that are read while the interpreter is held.
#[derive(Debug)]
pub(super) struct ListFrames<'py> {
    objects: Vec<Bound<'py, PyBytes>>,
    received: Received,
}

impl<'py> ListFrames<'py> {
    pub(super) fn extract(
        frames: &Bound<'py, PyAny>,
        received: &Bound<'py, PyAny>,
    ) -> PyResult<Self> {
        let objects = bytes_objects(frames)?;
        let received = Received::extract(received, objects.len())?;
        Ok(Self { objects, received })
    }

    /// Takes hold of every frame's bytes, so that they can be read without the interpreter.
    pub(super) fn detach(self) -> HeldFrames {
        let objects = self.objects.iter();
        HeldFrames {
            frames: objects.map(|frame| frame.clone().into()).collect(),
            received: self.received,
        }
    }
}

impl Frames for ListFrames<'_> {
    type Frame<'a>
        = &'a [u8]
    where
        Self: 'a;

    fn count(&self) -> usize {
        self.objects.len()
    }

    fn frame(&self, index: usize) -> Option<&[u8]> {
        self.objects.get(index).map(|frame| frame.as_bytes())
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
