//! The normalizer's Python face.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{IntoPyDict, PyDict, PyInt};

use super::books::{book_dict, book_list};
use super::errors::ArgumentError;
use super::frames::{ListFrames, nanos, only_frame};
use super::push_result::PushResult;
use super::sinks::{HeldSink, PythonSink, Routes};
use crate::cleaning::{Settings, SnapshotSource, TimeUnit};
use crate::engine::{
    self, Frames, KeepRaw, Reply, Setup, SetupError, SetupInstrument, Slices, StreamEvent,
    StreamsChange, Tally,
};
use crate::model::{Decimal, EventType};

/// A push of so many frames takes about a millisecond: long enough to let other threads run.
const DETACH_FROM: usize = 8_192;

impl From<SetupError> for PyErr {
    fn from(error: SetupError) -> Self {
        ArgumentError::new_err(error.to_string())
    }
}

/// The state behind the lock.
#[derive(Debug)]
struct Core {
    normalizer: engine::Normalizer,
    routes: Routes,
}

/// Cleans and encodes the frames of one market: every frame gets exactly one verdict.
#[pyclass(frozen, subclass, module = "tapeline._core")]
#[derive(Debug)]
pub(super) struct Normalizer {
    core: Mutex<Core>,
}

#[pymethods]
impl Normalizer {
    #[new]
    #[pyo3(signature = (*, exchange, market, instruments, producer = "tapeline".to_owned(), time_unit = "ms",
        future_after_ns = 5_000_000_000, stale_after_ns = 60_000_000_000, max_frame_bytes = 4_194_304,
        keep_raw = "imperfect", book_every = 0, gap_patience_ns = 0))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments of a Python class"
    )]
    fn new(
        exchange: String,
        market: String,
        instruments: Vec<InstrumentTuple>,
        producer: String,
        time_unit: &str,
        future_after_ns: i64,
        stale_after_ns: i64,
        max_frame_bytes: usize,
        keep_raw: &str,
        book_every: u32,
        gap_patience_ns: i64,
    ) -> PyResult<Self> {
        let time_unit = match time_unit {
            "ms" => TimeUnit::Milliseconds,
            "us" => TimeUnit::Microseconds,
            other => return Err(unknown("time_unit", "'ms' or 'us'", other)),
        };
        let keep_raw = match keep_raw {
            "imperfect" => KeepRaw::Imperfect,
            "all" => KeepRaw::All,
            other => return Err(unknown("keep_raw", "'imperfect' or 'all'", other)),
        };
        for (name, value) in [
            ("future_after_ns", future_after_ns),
            ("stale_after_ns", stale_after_ns),
            ("gap_patience_ns", gap_patience_ns),
        ] {
            if value < 0 {
                return Err(ArgumentError::new_err(format!(
                    "{name} must be >= 0, was {value}"
                )));
            }
        }
        let cleaning = Settings {
            time_unit,
            future_after_ns,
            stale_after_ns,
        };
        let instruments = instruments.into_iter().map(instrument);
        let setup = Setup {
            exchange,
            market,
            instruments: instruments.collect::<PyResult<_>>()?,
            producer,
            max_frame_bytes,
            keep_raw,
            book_every,
            gap_patience_ns,
            cleaning,
        };
        let normalizer = engine::Normalizer::new(setup)?;
        Ok(Self {
            core: Mutex::new(Core {
                normalizer,
                routes: Vec::new(),
            }),
        })
    }

    /// Takes more instruments; those that are known stay as they are. Returns how many were not.
    fn learn(&self, py: Python<'_>, instruments: Vec<InstrumentTuple>) -> PyResult<usize> {
        let list = instruments.into_iter().map(instrument);
        let list = list.collect::<PyResult<_>>()?;
        let mut core = self.lock(py);
        let count = core.normalizer.learn(list)?;
        // The last route stood for unknown instruments.
        core.routes.clear();
        Ok(count)
    }

    /// Cleans and encodes frames, or the one frame that a `bytes` object is. Holds the GIL for small pushes, releases it for large ones.
    #[pyo3(signature = (frames, received_ns, *, sent_ns = None))]
    fn push<'py>(
        &self,
        py: Python<'py>,
        frames: &Bound<'py, PyAny>,
        received_ns: &Bound<'py, PyAny>,
        sent_ns: Option<Bound<'py, PyAny>>,
    ) -> PyResult<PushResult> {
        // The live case, one frame a push, needs no vector of frames.
        if let Some(frame) = only_frame(frames)
            && received_ns.is_exact_instance_of::<PyInt>()
        {
            let frame = Slices {
                frames: &[frame.as_bytes()],
                received: Some(nanos(received_ns, "received_ns")?),
            };
            let sent = sent_ns.map(|value| nanos(&value, "sent_ns")).transpose()?;
            return self.with_sink(py, |normalizer, sink| normalizer.push(&frame, sent, sink));
        }
        let frames = ListFrames::extract(frames, received_ns)?;
        let sent = sent_ns.map(|value| nanos(&value, "sent_ns")).transpose()?;
        if frames.count() < DETACH_FROM {
            return self.with_sink(py, |normalizer, sink| normalizer.push(&frames, sent, sink));
        }
        let frames = frames.detach();
        let (tally, held) = py.detach(|| {
            let mut held = HeldSink::default();
            let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
            (core.normalizer.push(&frames, sent, &mut held), held)
        });
        self.with_sink(py, |_, sink| {
            sink.take_over(held);
            tally
        })
    }

    /// Cleans and encodes the reply to a request.
    #[pyo3(signature = (url, body, received_ns, *, sent_ns = None))]
    fn push_reply<'py>(
        &self,
        py: Python<'py>,
        url: &str,
        body: &[u8],
        received_ns: Option<Bound<'py, PyAny>>,
        sent_ns: Option<Bound<'py, PyAny>>,
    ) -> PyResult<PushResult> {
        let received = received_ns
            .map(|value| nanos(&value, "received_ns"))
            .transpose()?;
        let sent = sent_ns.map(|value| nanos(&value, "sent_ns")).transpose()?;
        let reply = Reply {
            url,
            body,
            received,
        };
        self.with_sink(py, |normalizer, sink| {
            normalizer.push_reply(&reply, sent, sink)
        })
    }

    /// States that streams were lost, restored, started or stopped: of every stream that had data, or
    /// of those that are named by raw symbol and channel.
    #[pyo3(signature = (state, received_ns, reason, *, streams = None, sent_ns = None))]
    #[expect(
        clippy::needless_pass_by_value,
        clippy::too_many_arguments,
        reason = "the form that PyO3 extracts, and keyword arguments of Python"
    )]
    fn connection<'py>(
        &self,
        py: Python<'py>,
        state: &str,
        received_ns: &Bound<'py, PyAny>,
        reason: &str,
        streams: Option<Vec<(String, String)>>,
        sent_ns: Option<Bound<'py, PyAny>>,
    ) -> PyResult<PushResult> {
        let event = match state {
            "lost" => StreamEvent::Lost,
            "restored" => StreamEvent::Restored,
            "started" => StreamEvent::Started,
            "stopped" => StreamEvent::Stopped,
            other => {
                let states = "'lost', 'restored', 'started' or 'stopped'";
                return Err(unknown("state", states, other));
            }
        };
        let received = nanos(received_ns, "received_ns")?;
        let sent = sent_ns.map(|value| nanos(&value, "sent_ns")).transpose()?;
        let streams: Option<Vec<_>> = streams.as_ref().map(|streams| {
            let pairs = streams.iter();
            pairs
                .map(|(symbol, channel)| (&**symbol, &**channel))
                .collect()
        });
        self.with_sink(py, |normalizer, sink| {
            let change = StreamsChange {
                event,
                received,
                reason,
                streams: streams.as_deref(),
            };
            normalizer.change_streams(&change, sent, sink);
            Tally::default()
        })
    }

    /// States how the session of every stream ended.
    #[pyo3(signature = (received_ns, *, sent_ns = None))]
    fn finish<'py>(
        &self,
        py: Python<'py>,
        received_ns: Option<Bound<'py, PyAny>>,
        sent_ns: Option<Bound<'py, PyAny>>,
    ) -> PyResult<PushResult> {
        let received = received_ns
            .map(|value| nanos(&value, "received_ns"))
            .transpose()?;
        let sent = sent_ns.map(|value| nanos(&value, "sent_ns")).transpose()?;
        self.with_sink(py, |normalizer, sink| {
            normalizer.finish(received, sent, sink);
            Tally::default()
        })
    }

    /// Returns all counts since the beginning.
    fn counters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (counts, forgotten, control, unsupported) = {
            let core = self.lock(py);
            let unsupported = core
                .normalizer
                .unsupported()
                .map(|(name, count)| (name.to_owned(), count));
            let control: Vec<_> = core.normalizer.controls().collect();
            (
                *core.normalizer.counters(),
                core.normalizer.gaps_forgotten(),
                control,
                unsupported.collect::<Vec<_>>(),
            )
        };
        let [perfect, repaired, suspicious] = counts.quality;
        let quality = [
            ("perfect", perfect),
            ("repaired", repaired),
            ("suspicious", suspicious),
        ];
        let reasons: Vec<_> = counts
            .reasons()
            .map(|(code, count)| (code.name(), count))
            .collect();
        let all = PyDict::new(py);
        let events = counts
            .events_by_type()
            .map(|(event_type, count)| (event_type.name(), count));
        all.set_item("frames", counts.frames)?;
        all.set_item("items", counts.items())?;
        all.set_item("replies", counts.replies)?;
        all.set_item("events", events.into_py_dict(py)?)?;
        all.set_item("book_snapshots", counts.book_snapshots)?;
        all.set_item("quality", quality.into_py_dict(py)?)?;
        all.set_item("quarantined", reasons.into_py_dict(py)?)?;
        all.set_item("duplicates", counts.duplicates)?;
        all.set_item("control", control.into_py_dict(py)?)?;
        all.set_item("unsupported", unsupported.into_py_dict(py)?)?;
        all.set_item("fallbacks", counts.fallbacks)?;
        all.set_item("gaps_opened", counts.gaps_opened)?;
        all.set_item("gaps_forgotten", forgotten)?;
        let stages = counts.stages().map(|stage| {
            let account = PyDict::new(py);
            account.set_item("stage", stage.stage)?;
            account.set_item("in", stage.entered)?;
            account.set_item("out", stage.left)?;
            account.set_item("repaired", stage.repaired)?;
            account.set_item("flagged", stage.flagged)?;
            account.set_item("quarantined", stage.quarantined)?;
            Ok(account)
        });
        all.set_item("stages", stages.into_iter().collect::<PyResult<Vec<_>>>()?)?;
        Ok(all)
    }

    /// Returns all missing ids.
    fn gaps<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let gaps: Vec<_> = {
            let core = self.lock(py);
            let gaps = core.normalizer.gaps().into_iter().map(|gap| {
                let symbols = (
                    gap.instrument.symbol.clone(),
                    gap.instrument.raw_symbol.clone(),
                );
                (symbols, gap.channel, gap.first, gap.last)
            });
            gaps.collect()
        };
        let gaps = gaps
            .into_iter()
            .map(|((symbol, raw_symbol), channel, first, last)| {
                let gap = PyDict::new(py);
                gap.set_item("symbol", symbol)?;
                gap.set_item("raw_symbol", raw_symbol)?;
                gap.set_item("channel", channel)?;
                gap.set_item("first_missing", first)?;
                gap.set_item("last_missing", last)?;
                Ok(gap)
            });
        gaps.collect()
    }

    /// Returns the newest receive time of each raw symbol and channel.
    fn last_received<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let times: Vec<_> = {
            let core = self.lock(py);
            let times = core.normalizer.last_received();
            times
                .map(|(symbol, channel, time)| ((symbol.to_owned(), channel), time.get()))
                .collect()
        };
        times.into_py_dict(py)
    }

    /// Returns the books that want a snapshot now: raw symbol, channel, and where it comes from.
    fn book_requests(&self, py: Python<'_>) -> Vec<(String, &'static str, &'static str)> {
        let core = self.lock(py);
        let books = core.normalizer.books().filter(|book| book.wants_snapshot);
        books
            .map(|book| {
                let source = match book.source {
                    SnapshotSource::Rest => "rest",
                    SnapshotSource::Resubscribe => "resubscribe",
                };
                (book.instrument.raw_symbol.clone(), book.channel, source)
            })
            .collect()
    }

    /// Returns the state of every book.
    fn books<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let list = {
            let core = self.lock(py);
            book_list(&core.normalizer)
        };
        list.into_iter().map(|book| book.to_dict(py)).collect()
    }

    /// Returns a book: that of `channel`, or of the instrument's first channel with levels.
    #[pyo3(signature = (raw_symbol, channel = None, depth = None))]
    fn book<'py>(
        &self,
        py: Python<'py>,
        raw_symbol: &str,
        channel: Option<&str>,
        depth: Option<usize>,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        let found = {
            let core = self.lock(py);
            book_dict(&core.normalizer, raw_symbol, channel, depth)
        };
        found.map(|book| book.to_dict(py)).transpose()
    }

    /// Returns every topic that these instruments can produce to, of all types or of those named.
    #[pyo3(signature = (raw_symbols, types = None))]
    #[expect(clippy::needless_pass_by_value, reason = "the form that PyO3 extracts")]
    fn topics(
        &self,
        py: Python<'_>,
        raw_symbols: Vec<String>,
        types: Option<Vec<String>>,
    ) -> PyResult<Vec<String>> {
        let symbols: Vec<_> = raw_symbols.iter().map(String::as_str).collect();
        let types = match types {
            Some(names) => names.iter().map(event_type).collect::<PyResult<Vec<_>>>()?,
            None => EventType::ALL.to_vec(),
        };
        let topics = self.lock(py).normalizer.topics(&symbols, &types);
        topics.map_err(|symbol| {
            ArgumentError::new_err(format!("{symbol:?} is not in the instrument list"))
        })
    }
}

/// Raw symbol, symbol, market, the text of the contract size, the funding interval in nanoseconds.
type InstrumentTuple = (String, String, String, Option<String>, Option<i64>);

/// Makes an instrument of what Python says of it.
fn instrument(
    (raw_symbol, symbol, market, size, funding_interval_ns): InstrumentTuple,
) -> PyResult<SetupInstrument> {
    let contract_size = size.map(|text| {
        Decimal::parse(text.as_bytes()).map_err(|error| {
            ArgumentError::new_err(format!("contract size {text:?} of {raw_symbol:?} {error}"))
        })
    });
    Ok(SetupInstrument {
        contract_size: contract_size.transpose()?,
        funding_interval_ns,
        raw_symbol,
        symbol,
        market,
    })
}

fn event_type(name: &String) -> PyResult<EventType> {
    let found = EventType::ALL.into_iter().find(|one| one.name() == name);
    found.ok_or_else(|| {
        let names = EventType::ALL.map(EventType::name).join(", ");
        ArgumentError::new_err(format!("types must be of {names}, one was {name:?}"))
    })
}

impl Normalizer {
    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, Core> {
        self.core
            .lock_py_attached(py)
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn with_sink(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut engine::Normalizer, &mut PythonSink<'_, '_>) -> Tally,
    ) -> PyResult<PushResult> {
        let (tally, messages, controls) = {
            let mut core = self.lock(py);
            let Core { normalizer, routes } = &mut *core;
            let mut sink = PythonSink::new(py, routes);
            let tally = work(normalizer, &mut sink);
            (tally, sink.messages, sink.controls)
        };
        Ok(PushResult {
            tally,
            messages: messages.into_list(py)?,
            controls,
        })
    }
}

fn unknown(name: &str, expected: &str, found: &str) -> PyErr {
    ArgumentError::new_err(format!("{name} must be {expected}, was {found:?}"))
}
