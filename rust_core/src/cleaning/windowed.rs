//! Continuity of streams whose ids prove no loss: duplicates by a window of ids, order by time.

use super::continuity::{Arrival, Outcome};
use super::window::Window;
use crate::model::{Coverage, CoverageKind, ProofLevel, UnixNanos};

/// What is needed to know of an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keyed {
    /// What tells it from other events of the stream.
    pub(super) key: u64,
    /// What must be the same for it to be the same event.
    pub(super) content: u64,
    /// Its id where ids grow.
    pub(super) growing: Option<u64>,
    pub(super) time: Option<UnixNanos>,
    pub(super) received: Option<UnixNanos>,
}

/// The events of one stream.
#[derive(Clone, Debug)]
pub(super) struct Windowed {
    channel: &'static str,
    window: Window,
    has_begun: bool,
    highest: Option<u64>,
    first_time: Option<UnixNanos>,
    latest_time: Option<UnixNanos>,
}

impl Windowed {
    /// `limit` is how many keys are remembered.
    pub(super) fn new(channel: &'static str, limit: usize) -> Self {
        Self {
            channel,
            window: Window::new(limit),
            has_begun: false,
            highest: None,
            first_time: None,
            latest_time: None,
        }
    }

    /// Returns the latest time of any event so far.
    pub(super) fn latest_time(&self) -> Option<UnixNanos> {
        self.latest_time
    }

    /// Judges an event; the stream's beginning goes to `reports`.
    pub(super) fn observe(&mut self, seen: &Keyed, reports: &mut Vec<Coverage>) -> Outcome {
        match self.window.get(seen.key) {
            Some(content) if content == seen.content => return Outcome::Duplicate,
            Some(_) => return Outcome::Conflict,
            None => self.window.put(seen.key, seen.content),
        }
        let is_late = seen.growing.is_some() && seen.growing < self.highest;
        self.highest = self.highest.max(seen.growing);
        self.latest_time = self.latest_time.max(seen.time);
        if self.has_begun {
            return Outcome::Accepted(if is_late {
                Arrival::Late
            } else {
                Arrival::InSequence
            });
        }
        self.has_begun = true;
        self.first_time = seen.time;
        reports.push(self.statement(CoverageKind::SessionStart, seen.time, seen.received));
        Outcome::Accepted(Arrival::First)
    }

    /// Returns the statement that ends a session given up on purpose, and is ready for another one.
    pub(super) fn stop(&mut self, received: Option<UnixNanos>) -> Option<Coverage> {
        let end = self.end(received);
        self.has_begun = false;
        self.highest = None;
        self.latest_time = None;
        end
    }

    /// Returns the statement that ends the session, if it ever began.
    pub(super) fn end(&self, received: Option<UnixNanos>) -> Option<Coverage> {
        self.has_begun
            .then(|| self.statement(CoverageKind::SessionEnd, self.latest_time, received))
    }

    fn statement(
        &self,
        kind: CoverageKind,
        end: Option<UnixNanos>,
        received: Option<UnixNanos>,
    ) -> Coverage {
        Coverage {
            kind,
            proof: ProofLevel::Unverifiable,
            channel: self.channel.into(),
            ids: None,
            start: self.first_time,
            end,
            received,
            reason: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cleaning::window;

    fn keyed(id: u64, content: u64) -> Keyed {
        Keyed {
            key: id,
            content,
            growing: Some(id),
            time: Some(UnixNanos::new(5)),
            received: None,
        }
    }

    #[test]
    fn holes_mean_nothing_and_what_was_seen_is_a_duplicate_or_a_conflict() {
        let (mut stream, mut reports) = (Windowed::new("publicTrade", window::FEW), Vec::new());
        let mut observe = |id, content| stream.observe(&keyed(id, content), &mut reports);
        assert_eq!(observe(5, 1), Outcome::Accepted(Arrival::First));
        assert_eq!(observe(900, 1), Outcome::Accepted(Arrival::InSequence));
        assert_eq!(observe(7, 1), Outcome::Accepted(Arrival::Late));
        assert_eq!(observe(900, 1), Outcome::Duplicate);
        assert_eq!(observe(7, 2), Outcome::Conflict);
        assert_eq!(reports.len(), 1);
        assert_eq!(reports[0].kind, CoverageKind::SessionStart);
        assert!(stream.end(None).is_some_and(|end| end.ids.is_none()));
    }

    #[test]
    fn a_whole_frame_of_the_slower_line_is_known() {
        let (mut stream, mut reports) = (Windowed::new("publicTrade", window::MANY), Vec::new());
        let mut frame = |content| {
            let outcomes = (0..1_024).map(|id| stream.observe(&keyed(id, content), &mut reports));
            let new = outcomes.filter(|outcome| matches!(outcome, Outcome::Accepted(_)));
            new.count()
        };
        assert_eq!((frame(1), frame(1)), (1_024, 0));
    }
}
