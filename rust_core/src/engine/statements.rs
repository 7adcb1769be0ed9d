//! What is stated about whole streams: their connection, their end.

use std::collections::HashSet;

use super::normalizer::{Core, Normalizer};
use super::ports::Sink;
use crate::model::{Coverage, CoverageKind, ProofLevel, UnixNanos};

/// What happened to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// It broke.
    Lost,
    /// It is back.
    Restored,
}

/// What is to be stated of a connection.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionChange<'a> {
    /// What happened.
    pub state: ConnectionState,
    /// When this machine knew.
    pub received: UnixNanos,
    /// One sentence for people.
    pub reason: &'a str,
    /// The instruments that it carries; `None` for all.
    pub raw_symbols: Option<&'a [&'a str]>,
}

impl Normalizer {
    /// States that a connection was lost or restored, for each of its instruments that had data.
    pub fn connection(
        &mut self,
        change: &ConnectionChange<'_>,
        sent: Option<UnixNanos>,
        sink: &mut impl Sink,
    ) {
        let ConnectionChange {
            state,
            received,
            reason,
            raw_symbols,
        } = *change;
        let Core {
            pipeline, outlets, ..
        } = &mut self.core;
        outlets.begin_push(sent.unwrap_or(received));
        let kind = match state {
            ConnectionState::Lost => CoverageKind::ConnectionLost,
            ConnectionState::Restored => CoverageKind::ConnectionRestored,
        };
        let record = Coverage {
            kind,
            proof: ProofLevel::Unverifiable,
            channel: "",
            ids: None,
            start: None,
            end: None,
            received: Some(received),
            reason: reason.to_owned(),
        };
        let chosen: Option<HashSet<_>> = raw_symbols.map(|symbols| {
            let found = symbols.iter().filter_map(|symbol| pipeline.find(symbol));
            found.collect()
        });
        for index in pipeline.seen() {
            if chosen.as_ref().is_none_or(|chosen| chosen.contains(index)) {
                outlets.coverage(*index, &record, sink);
            }
        }
        outlets.end_push(sink);
    }

    /// States how the session of every stream ended.
    pub fn finish(
        &mut self,
        received: Option<UnixNanos>,
        sent: Option<UnixNanos>,
        sink: &mut impl Sink,
    ) {
        let Core {
            pipeline, outlets, ..
        } = &mut self.core;
        outlets.begin_push(sent.or(received).unwrap_or(UnixNanos::new(0)));
        pipeline.finish(received, |index, coverage| {
            outlets.coverage(index, &coverage, sink)
        });
        outlets.end_push(sink);
    }
}
