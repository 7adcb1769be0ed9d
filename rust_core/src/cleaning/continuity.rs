//! Continuity of a venue's ids: gaps, late arrivals, duplicates, jumps.
//!
//! The cases are those of the table in `docs/cleaning.md`, "Continuity".

use super::gaps::Gaps;
use super::ring::{Known, Ring};
use crate::model::{Coverage, CoverageKind, Decimal, ProofLevel, UnixNanos};

/// A larger step up is a jump, not a gap.
const LARGEST_GAP: u64 = 1_000_000_000;
/// An id further below the first one is a jump, not late.
const LATEST_ARRIVAL: u64 = 1_000_000;
/// A second jump within so many ids of the first one switches the epoch.
const EPOCH_WINDOW: u64 = 1_000;

/// What continuity needs to know of an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observation {
    pub(super) id: u64,
    /// The event stands for the ids from here to `id`.
    pub(super) first: u64,
    pub(super) time: UnixNanos,
    pub(super) published: Option<UnixNanos>,
    pub(super) received: Option<UnixNanos>,
    pub(super) price: Decimal,
    pub(super) quantity: Decimal,
}

/// How an accepted event came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    First,
    InSequence,
    AfterGap,
    Late,
    Jump,
}

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Accepted(Arrival),
    Duplicate,
    Conflict,
}

/// A run of late ids that becomes one record.
#[derive(Clone, Copy, Debug)]
struct Fill {
    ids: (u64, u64),
    start: UnixNanos,
    end: UnixNanos,
    received: Option<UnixNanos>,
}

/// The ids accepted in this epoch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) first: u64,
    pub(super) first_time: UnixNanos,
    pub(super) high: u64,
    pub(super) latest_time: UnixNanos,
    pub(super) latest_published: Option<UnixNanos>,
}

/// The ids of one stream.
#[derive(Clone, Debug)]
pub(super) struct Track {
    channel: &'static str,
    gap_proof: ProofLevel,
    range: Option<Range>,
    gaps: Gaps,
    /// Gaps of earlier epochs: nobody can fill them any more.
    lost: Vec<(u64, u64)>,
    candidate: Option<(u64, UnixNanos)>,
    fill: Option<Fill>,
    ring: Ring,
}

impl Track {
    pub(super) fn new(channel: &'static str, gap_proof: ProofLevel) -> Self {
        Self {
            channel,
            gap_proof,
            range: None,
            gaps: Gaps::default(),
            lost: Vec::new(),
            candidate: None,
            fill: None,
            ring: Ring::default(),
        }
    }

    pub(super) fn range(&self) -> Option<&Range> {
        self.range.as_ref()
    }

    /// Returns all gaps, those of earlier epochs first.
    pub(super) fn missing(&self) -> impl Iterator<Item = (u64, u64)> {
        self.lost.iter().chain(self.gaps.ranges()).copied()
    }

    /// Returns how many gaps are not among the missing any more, because there were too many.
    pub(super) const fn forgotten(&self) -> u64 {
        self.gaps.forgotten()
    }

    pub(super) fn has_pending_fill(&self) -> bool {
        self.fill.is_some()
    }

    /// Judges an event by its id; statements about completeness go to `reports`.
    #[inline]
    pub(super) fn observe(&mut self, seen: &Observation, reports: &mut Vec<Coverage>) -> Outcome {
        match &mut self.range {
            Some(range) if range.high.checked_add(1) == Some(seen.first) && self.fill.is_none() => {
                range.high = seen.id;
                range.latest_time = seen.time;
                range.latest_published = seen.published;
                self.candidate = None;
                self.ring.put(seen);
                Outcome::Accepted(Arrival::InSequence)
            }
            _ => self.observe_unusual(seen, reports),
        }
    }

    #[cold]
    fn observe_unusual(&mut self, seen: &Observation, reports: &mut Vec<Coverage>) -> Outcome {
        let Some(range) = self.range else {
            self.range = Some(Range::starting_with(seen));
            reports.push(self.statement(CoverageKind::SessionStart, seen, (seen.first, seen.id)));
            return self.accept(seen, Arrival::First);
        };
        if let Some(filled) = self.gaps.fill(seen.first, seen.id) {
            self.extend_fill(filled, seen, reports);
            return self.accept(seen, Arrival::Late);
        }
        self.flush_fill(reports);
        if seen.id > range.high {
            return self.observe_above(seen, range, reports);
        }
        if seen.id < range.first {
            return self.observe_below(seen, range, reports);
        }
        let is_later = seen.time > range.latest_time;
        match self.ring.look_up(seen) {
            Known::Same => Outcome::Duplicate,
            Known::Other if !is_later => Outcome::Conflict,
            Known::Nothing if !is_later => Outcome::Duplicate,
            Known::Other | Known::Nothing => self.jump(seen, reports),
        }
    }

    fn observe_above(
        &mut self,
        seen: &Observation,
        range: Range,
        reports: &mut Vec<Coverage>,
    ) -> Outcome {
        // Some of its ids may be known already: then none is missing.
        let missing = seen.first.saturating_sub(range.high).saturating_sub(1);
        if missing >= LARGEST_GAP {
            return self.jump(seen, reports);
        }
        let mut arrival = Arrival::InSequence;
        if missing > 0 {
            self.open_gap(
                (range.high + 1, seen.first - 1),
                range.latest_time,
                seen.time,
                seen,
                reports,
            );
            arrival = Arrival::AfterGap;
        }
        self.range = Some(Range {
            high: seen.id,
            latest_time: seen.time,
            latest_published: seen.published,
            ..range
        });
        self.accept(seen, arrival)
    }

    fn observe_below(
        &mut self,
        seen: &Observation,
        range: Range,
        reports: &mut Vec<Coverage>,
    ) -> Outcome {
        if range.first - seen.id > LATEST_ARRIVAL {
            return self.jump(seen, reports);
        }
        if seen.id + 1 < range.first {
            self.open_gap(
                (seen.id + 1, range.first - 1),
                seen.time,
                range.first_time,
                seen,
                reports,
            );
        }
        self.range = Some(Range {
            first: seen.first,
            first_time: seen.time,
            ..range
        });
        self.accept(seen, Arrival::Late)
    }

    fn jump(&mut self, seen: &Observation, reports: &mut Vec<Coverage>) -> Outcome {
        let candidate = self.candidate.filter(|(id, _)| {
            seen.id
                .checked_sub(*id)
                .is_some_and(|step| (1..=EPOCH_WINDOW).contains(&step))
        });
        let Some((first, first_time)) = candidate else {
            self.candidate = Some((seen.id, seen.time));
            return Outcome::Accepted(Arrival::Jump);
        };
        self.candidate = None;
        self.gaps.give_up(&mut self.lost);
        self.ring.clear();
        self.ring.put(seen);
        self.range = Some(Range {
            first,
            first_time,
            ..Range::starting_with(seen)
        });
        reports.push(self.statement(CoverageKind::SequenceReset, seen, (seen.first, seen.id)));
        if first + 1 < seen.first {
            self.open_gap(
                (first + 1, seen.first - 1),
                first_time,
                seen.time,
                seen,
                reports,
            );
        }
        Outcome::Accepted(Arrival::Jump)
    }

    fn accept(&mut self, seen: &Observation, arrival: Arrival) -> Outcome {
        self.candidate = None;
        self.ring.put(seen);
        Outcome::Accepted(arrival)
    }

    fn open_gap(
        &mut self,
        ids: (u64, u64),
        start: UnixNanos,
        end: UnixNanos,
        seen: &Observation,
        reports: &mut Vec<Coverage>,
    ) {
        self.gaps.open(ids.0, ids.1);
        let statement = self.statement(CoverageKind::GapOpened, seen, ids);
        reports.push(Coverage {
            start: Some(start),
            end: Some(end),
            ..statement
        });
    }

    fn extend_fill(&mut self, filled: (u64, u64), seen: &Observation, reports: &mut Vec<Coverage>) {
        match &mut self.fill {
            Some(fill) if fill.ids.1.checked_add(1) == Some(filled.0) => {
                fill.ids.1 = filled.1;
                fill.end = seen.time;
                fill.received = seen.received;
            }
            _ => {
                self.flush_fill(reports);
                let time = seen.time;
                self.fill = Some(Fill {
                    ids: filled,
                    start: time,
                    end: time,
                    received: seen.received,
                });
            }
        }
    }

    /// Reports the run of late ids, if one is going on.
    pub(super) fn flush_fill(&mut self, reports: &mut Vec<Coverage>) {
        if let Some(fill) = self.fill.take() {
            reports.push(Coverage {
                kind: CoverageKind::GapFilled,
                proof: self.gap_proof,
                channel: self.channel.into(),
                ids: Some(fill.ids),
                start: Some(fill.start),
                end: Some(fill.end),
                received: fill.received,
                reason: String::new(),
            });
        }
    }

    /// Returns the statement that ends a session given up on purpose, and is ready for another one.
    /// What was missing stays so.
    pub(super) fn stop(
        &mut self,
        received: Option<UnixNanos>,
        reports: &mut Vec<Coverage>,
    ) -> Option<Coverage> {
        self.flush_fill(reports);
        let end = self.end(received);
        self.gaps.give_up(&mut self.lost);
        *self = Self {
            lost: core::mem::take(&mut self.lost),
            gaps: core::mem::take(&mut self.gaps),
            ..Self::new(self.channel, self.gap_proof)
        };
        end
    }

    /// Returns the statement that ends the session, if it ever began.
    pub(super) fn end(&self, received: Option<UnixNanos>) -> Option<Coverage> {
        let range = self.range?;
        Some(Coverage {
            kind: CoverageKind::SessionEnd,
            proof: ProofLevel::Inferred,
            channel: self.channel.into(),
            ids: Some((range.first, range.high)),
            start: Some(range.first_time),
            end: Some(range.latest_time),
            received,
            reason: String::new(),
        })
    }

    fn statement(&self, kind: CoverageKind, seen: &Observation, ids: (u64, u64)) -> Coverage {
        let is_gap = matches!(kind, CoverageKind::GapOpened | CoverageKind::GapFilled);
        Coverage {
            kind,
            proof: if is_gap {
                self.gap_proof
            } else {
                ProofLevel::Inferred
            },
            channel: self.channel.into(),
            ids: Some(ids),
            start: Some(seen.time),
            end: Some(seen.time),
            received: seen.received,
            reason: String::new(),
        }
    }
}

impl Range {
    const fn starting_with(seen: &Observation) -> Self {
        Self {
            first: seen.first,
            first_time: seen.time,
            high: seen.id,
            latest_time: seen.time,
            latest_published: seen.published,
        }
    }
}

#[cfg(test)]
mod tests;
