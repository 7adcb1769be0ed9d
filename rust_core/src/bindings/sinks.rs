//! Where a push writes to: Python objects at once, or plain memory while the interpreter is released.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};

use crate::adapters::ControlKind;
use crate::engine::Sink;
use crate::wire::EncodedBatch;

/// Topic, key and value.
type Message = (Py<PyString>, Py<PyBytes>, Py<PyBytes>);

/// The messages of a push; one is the live case and needs no vector.
#[derive(Debug, Default)]
pub(super) struct Messages {
    first: Option<Message>,
    more: Vec<Message>,
}

impl Messages {
    #[inline]
    fn push(&mut self, message: Message) {
        if self.first.is_none() {
            self.first = Some(message);
        } else {
            self.more.push(message);
        }
    }

    /// Returns them as a list of tuples. That may start a garbage collection, and with it foreign
    /// code: no lock may be held.
    pub(super) fn into_list(self, py: Python<'_>) -> PyResult<Py<PyList>> {
        let list = match self.first {
            None => PyList::empty(py),
            Some(only) if self.more.is_empty() => PyList::new(py, [only])?,
            Some(first) => {
                let more = self.more.into_iter();
                PyList::new(py, core::iter::once(first).chain(more).collect::<Vec<_>>())?
            }
        };
        Ok(list.unbind())
    }
}

/// Index of the frame, kind, the frame's text.
type Control = (usize, &'static str, Py<PyString>);
/// The control frames of a push, which has none in the live case.
#[derive(Debug)]
pub(super) struct Controls(Vec<Control>);

impl Controls {
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Control> {
        self.0.iter()
    }
}

/// The Python objects of each topic and key, by route: made once.
pub(super) type Routes = Vec<Option<(Py<PyString>, Py<PyBytes>)>>;

/// Makes Python objects. None of those it makes can start a garbage collection, so that it may be
/// used while the normalizer's lock is held.
pub(super) struct PythonSink<'a, 'py> {
    py: Python<'py>,
    routes: &'a mut Routes,
    pub(super) messages: Messages,
    pub(super) controls: Option<Box<Controls>>,
}

impl<'a, 'py> PythonSink<'a, 'py> {
    pub(super) const fn new(py: Python<'py>, routes: &'a mut Routes) -> Self {
        Self {
            py,
            routes,
            messages: Messages {
                first: None,
                more: Vec::new(),
            },
            controls: None,
        }
    }

    fn route(&mut self, route: usize, topic: &str, key: &[u8]) -> (Py<PyString>, Py<PyBytes>) {
        let py = self.py;
        if self.routes.len() <= route {
            self.routes.resize_with(route + 1, || None);
        }
        let make = || {
            (
                PyString::new(py, topic).unbind(),
                PyBytes::new(py, key).unbind(),
            )
        };
        match self.routes.get_mut(route) {
            Some(slot) => {
                let (topic, key) = slot.get_or_insert_with(make);
                (topic.clone_ref(py), key.clone_ref(py))
            }
            None => make(),
        }
    }

    fn take_control(&mut self, index: usize, kind: ControlKind, text: &str) {
        let text = PyString::new(self.py, text).unbind();
        let controls = self
            .controls
            .get_or_insert_with(|| Box::new(Controls(Vec::new())));
        controls.0.push((index, kind.name(), text));
    }

    /// Takes over what was written while the interpreter was released.
    pub(super) fn take_over(&mut self, held: HeldSink) {
        for (route, topic, key, value) in held.messages {
            let (topic, key) = self.route(route, &topic, &key);
            self.messages
                .push((topic, key, PyBytes::new(self.py, &value).unbind()));
        }
        for (index, kind, text) in held.controls {
            self.take_control(index, kind, &text);
        }
    }
}

impl Sink for PythonSink<'_, '_> {
    fn message(&mut self, route: usize, batch: &EncodedBatch<'_>) {
        let value = PyBytes::new(self.py, batch.as_bytes()).unbind();
        let (topic, key) = self.route(route, batch.topic(), batch.key());
        self.messages.push((topic, key, value));
    }

    fn control(&mut self, index: usize, kind: ControlKind, frame: &[u8]) {
        self.take_control(index, kind, &String::from_utf8_lossy(frame));
    }

    fn discard(&mut self) {
        self.messages = Messages::default();
        self.controls = None;
    }
}

/// Keeps copies in plain memory.
#[derive(Debug, Default)]
pub(super) struct HeldSink {
    messages: Vec<(usize, String, Vec<u8>, Vec<u8>)>,
    controls: Vec<(usize, ControlKind, String)>,
}

impl Sink for HeldSink {
    fn message(&mut self, route: usize, batch: &EncodedBatch<'_>) {
        let (topic, key) = (batch.topic().to_owned(), batch.key().to_vec());
        self.messages
            .push((route, topic, key, batch.as_bytes().to_vec()));
    }

    fn control(&mut self, index: usize, kind: ControlKind, frame: &[u8]) {
        self.controls
            .push((index, kind, String::from_utf8_lossy(frame).into_owned()));
    }

    fn discard(&mut self) {
        self.messages.clear();
        self.controls.clear();
    }
}
