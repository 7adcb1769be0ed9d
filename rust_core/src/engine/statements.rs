//! What is stated about whole streams: their connection, their beginning and end.

use std::borrow::Cow;

use super::normalizer::{Core, Normalizer};
use super::ports::Sink;
pub use crate::cleaning::StreamEvent;
use crate::cleaning::{Pipeline, StreamChange};
use crate::model::{Coverage, UnixNanos};

/// What is to be stated of streams.
#[derive(Clone, Copy, Debug)]
pub struct StreamsChange<'a> {
    /// What happened to them.
    pub event: StreamEvent,
    /// When this machine knew.
    pub received: UnixNanos,
    /// One sentence for people.
    pub reason: &'a str,
    /// Raw symbol and channel of each; without a symbol every instrument that had data in the
    /// channel. `None` for every stream that had data.
    pub streams: Option<&'a [(&'a str, &'a str)]>,
}

impl Normalizer {
    /// States that streams were lost, restored, started or stopped: one record each, and one more
    /// where a book is not to be trusted any longer. Instruments that are not known are left out.
    pub fn change_streams(
        &mut self,
        change: &StreamsChange<'_>,
        sent: Option<UnixNanos>,
        sink: &mut impl Sink,
    ) {
        let StreamsChange {
            event,
            received,
            reason,
            streams,
        } = *change;
        let core = &mut self.core;
        core.outlets.begin_push(sent.unwrap_or(received));
        for (index, channel) in chosen(&core.pipeline, streams) {
            let change = StreamChange {
                event,
                channel,
                received,
                reason,
            };
            core.pipeline.change(index, &change, &mut core.reports);
            core.report(index, sink);
        }
        core.outlets.end_push(sink);
    }

    /// States how the session of every stream ended.
    pub fn finish(
        &mut self,
        received: Option<UnixNanos>,
        sent: Option<UnixNanos>,
        sink: &mut impl Sink,
    ) {
        let Core {
            pipeline,
            outlets,
            patience,
            ..
        } = &mut self.core;
        outlets.begin_push(sent.or(received).unwrap_or(UnixNanos::new(0)));
        let mut out = |index, coverage: &Coverage| outlets.coverage(index, coverage, sink);
        pipeline.finish(received, |index, coverage| {
            patience.take(index, coverage, &mut out);
        });
        patience.end(&mut out);
        outlets.end_push(sink);
    }
}

/// Returns each stream once.
fn chosen(
    pipeline: &Pipeline,
    streams: Option<&[(&str, &str)]>,
) -> Vec<(usize, Cow<'static, str>)> {
    let with_data = pipeline.streams();
    let with_data = with_data.into_iter();
    let with_data = with_data.map(|(index, channel)| (index, Cow::Borrowed(channel)));
    let Some(streams) = streams else {
        return with_data.collect();
    };
    let with_data: Vec<_> = with_data.collect();
    let mut chosen = Vec::new();
    for (symbol, channel) in streams {
        if symbol.is_empty() {
            let same = with_data.iter().filter(|(_, known)| known == channel);
            chosen.extend(same.cloned());
        } else if let Some(index) = pipeline.find(symbol) {
            chosen.push((index, Cow::Owned((*channel).to_owned())));
        }
    }
    let mut known = std::collections::HashSet::new();
    chosen.retain(|stream| known.insert(stream.clone()));
    chosen
}
