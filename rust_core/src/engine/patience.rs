//! Records of gaps wait a little where another line may bring what one lost.
//!
//! Of two lines that bring the same streams the one ahead may lose a frame that the other brings a
//! moment later. That is no gap. So the record of a gap, and that its book is not to be trusted,
//! waits: what is filled in that time was never missing, of the rest the record goes out as it was.
//! Events do not wait.
//!
//! Time is the sum of the steps between pushes, each limited: a process that slept has frames of
//! both lines to read before anything can be called missing.

use crate::model::{Coverage, CoverageKind, UnixNanos};

/// Most of the time between two pushes that counts.
const LONGEST_STEP_NS: i64 = 50_000_000;
/// With so many records waiting, all go out: something is wrong that waiting does not heal.
const MOST_WAITING: usize = 1_024;

type Ids = (u64, u64);

/// A record that waits.
#[derive(Clone, Debug)]
struct Waiting {
    instrument: usize,
    due_ns: i64,
    record: Coverage,
}

impl Waiting {
    fn is_of(&self, instrument: usize, record: &Coverage) -> bool {
        self.instrument == instrument && self.record.channel == record.channel
    }

    fn gap(&self) -> Option<Ids> {
        self.record
            .ids
            .filter(|_| self.record.kind == CoverageKind::GapOpened)
    }
}

/// The records that wait, oldest first.
#[derive(Debug, Default)]
pub(super) struct Patience {
    patience_ns: i64,
    now_ns: i64,
    looked: Option<UnixNanos>,
    waiting: Vec<Waiting>,
}

impl Patience {
    /// With 0 nothing waits.
    pub(super) fn new(patience_ns: i64) -> Self {
        Self {
            patience_ns,
            ..Self::default()
        }
    }

    /// Takes a record; what is not to wait goes to `out`.
    pub(super) fn take(
        &mut self,
        instrument: usize,
        record: Coverage,
        out: &mut impl FnMut(usize, &Coverage),
    ) {
        match record.kind {
            _ if self.patience_ns == 0 => out(instrument, &record),
            CoverageKind::GapOpened => self.wait(instrument, record, out),
            CoverageKind::BookUnsynced if record.reason == "gap" => {
                self.wait(instrument, record, out);
            }
            CoverageKind::GapFilled => self.fill(instrument, &record, out),
            CoverageKind::BookSynced if self.is_healed(instrument, &record) => {
                self.waiting.retain(|each| !each.is_of(instrument, &record));
            }
            _ => {
                self.release(|each| each.is_of(instrument, &record), out);
                out(instrument, &record);
            }
        }
    }

    /// Lets go of what has waited for long enough; `now` is the time of the push that ends.
    pub(super) fn end_push(&mut self, now: UnixNanos, out: &mut impl FnMut(usize, &Coverage)) {
        if self.patience_ns == 0 {
            return;
        }
        let looked = self.looked.replace(now).unwrap_or(now);
        let step = now.get().saturating_sub(looked.get());
        self.now_ns = self.now_ns.saturating_add(step.clamp(0, LONGEST_STEP_NS));
        let now_ns = self.now_ns;
        self.release(|each| each.due_ns <= now_ns, out);
    }

    /// Lets go of everything.
    pub(super) fn end(&mut self, out: &mut impl FnMut(usize, &Coverage)) {
        self.release(|_| true, out);
    }

    fn wait(
        &mut self,
        instrument: usize,
        record: Coverage,
        out: &mut impl FnMut(usize, &Coverage),
    ) {
        if self.waiting.len() >= MOST_WAITING {
            self.end(out);
        }
        self.waiting.push(Waiting {
            instrument,
            due_ns: self.now_ns.saturating_add(self.patience_ns),
            record,
        });
    }

    /// Takes ids out of the gaps that wait; what none of them had is told.
    fn fill(
        &mut self,
        instrument: usize,
        record: &Coverage,
        out: &mut impl FnMut(usize, &Coverage),
    ) {
        let Some(filled) = record.ids else {
            return out(instrument, record);
        };
        let mut told = vec![filled];
        let mut left = Vec::new();
        for each in self.waiting.drain(..) {
            match each.gap().filter(|_| each.is_of(instrument, record)) {
                Some(gap) => {
                    told = told.iter().flat_map(|ids| without(*ids, gap)).collect();
                    left.extend(without(gap, filled).map(|ids| Waiting {
                        record: with_ids(&each.record, ids),
                        ..each.clone()
                    }));
                }
                None => left.push(each),
            }
        }
        self.waiting = left;
        for ids in told {
            out(instrument, &with_ids(record, ids));
        }
    }

    /// Returns whether only the loss of the book waits of a stream: its gaps are filled.
    fn is_healed(&self, instrument: usize, record: &Coverage) -> bool {
        let mut mine = self
            .waiting
            .iter()
            .filter(|each| each.is_of(instrument, record))
            .peekable();
        mine.peek().is_some() && mine.all(|each| each.record.kind == CoverageKind::BookUnsynced)
    }

    fn release(
        &mut self,
        is_due: impl Fn(&Waiting) -> bool,
        out: &mut impl FnMut(usize, &Coverage),
    ) {
        self.waiting.retain(|each| {
            let is_kept = !is_due(each);
            if !is_kept {
                out(each.instrument, &each.record);
            }
            is_kept
        });
    }
}

/// Returns the ids of a range that are not in another one.
fn without((first, last): Ids, (from, to): Ids) -> impl Iterator<Item = Ids> {
    let below = from.checked_sub(1).map(|end| (first, last.min(end)));
    let above = to.checked_add(1).map(|begin| (first.max(begin), last));
    below
        .into_iter()
        .chain(above)
        .filter(|(first, last)| first <= last)
}

fn with_ids(record: &Coverage, ids: Ids) -> Coverage {
    Coverage {
        ids: Some(ids),
        ..record.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::CoverageKind::{BookSynced, BookUnsynced, ConnectionLost, GapFilled, GapOpened};
    use super::*;
    use crate::model::ProofLevel;

    const PATIENCE_NS: i64 = 100_000_000;

    struct Desk {
        patience: Patience,
        now_ns: i64,
        told: Vec<(CoverageKind, Option<Ids>)>,
    }

    impl Desk {
        fn new() -> Self {
            Self {
                patience: Patience::new(PATIENCE_NS),
                now_ns: 0,
                told: Vec::new(),
            }
        }

        fn says(&mut self, kind: CoverageKind, ids: Ids) {
            let reason = if kind == BookUnsynced { "gap" } else { "" };
            let record = Coverage {
                kind,
                proof: ProofLevel::ProvenGap,
                channel: "trade".into(),
                ids: Some(ids),
                start: None,
                end: None,
                received: None,
                reason: reason.to_owned(),
            };
            let told = &mut self.told;
            let mut out = |_, record: &Coverage| told.push((record.kind, record.ids));
            self.patience.take(0, record, &mut out);
        }

        fn push_after(&mut self, step_ns: i64) {
            self.now_ns += step_ns;
            let told = &mut self.told;
            let mut out = |_, record: &Coverage| told.push((record.kind, record.ids));
            self.patience
                .end_push(UnixNanos::new(self.now_ns), &mut out);
        }

        fn told(&mut self) -> Vec<(CoverageKind, Option<Ids>)> {
            core::mem::take(&mut self.told)
        }
    }

    #[test]
    fn what_the_other_line_brings_soon_was_never_missing() {
        let mut desk = Desk::new();
        desk.push_after(0);
        desk.says(GapOpened, (5, 9));
        desk.says(BookUnsynced, (5, 9));
        desk.push_after(40_000_000);
        desk.says(GapFilled, (5, 6));
        desk.says(GapFilled, (7, 9));
        desk.says(BookSynced, (12, 12));
        for _ in 0..9 {
            desk.push_after(40_000_000);
        }
        assert_eq!(desk.told(), []);
    }

    #[test]
    fn what_nobody_brings_is_told_and_what_comes_later_fills_it() {
        let mut desk = Desk::new();
        desk.push_after(0);
        desk.says(GapOpened, (5, 9));
        desk.says(BookUnsynced, (5, 9));
        desk.says(GapFilled, (6, 7));
        desk.push_after(40_000_000);
        desk.push_after(40_000_000);
        assert_eq!(desk.told(), []);
        desk.push_after(40_000_000);
        assert_eq!(
            desk.told(),
            [
                (GapOpened, Some((5, 5))),
                (GapOpened, Some((8, 9))),
                (BookUnsynced, Some((5, 9))),
            ]
        );
        desk.says(GapFilled, (4, 9));
        desk.says(BookSynced, (12, 12));
        assert_eq!(
            desk.told(),
            [(GapFilled, Some((4, 9))), (BookSynced, Some((12, 12)))]
        );
    }

    #[test]
    fn a_process_that_slept_calls_nothing_missing_before_it_has_read() {
        let mut desk = Desk::new();
        desk.push_after(0);
        desk.says(GapOpened, (5, 9));
        desk.push_after(60_000_000_000);
        assert_eq!(desk.told(), []);
        desk.says(GapFilled, (5, 9));
        desk.push_after(60_000_000_000);
        assert_eq!(desk.told(), []);
    }

    #[test]
    fn other_records_of_the_stream_do_not_overtake() {
        let mut desk = Desk::new();
        desk.push_after(0);
        desk.says(GapOpened, (5, 9));
        desk.says(ConnectionLost, (9, 9));
        assert_eq!(
            desk.told(),
            [(GapOpened, Some((5, 9))), (ConnectionLost, Some((9, 9)))]
        );
        desk.says(GapOpened, (12, 12));
        desk.says(BookUnsynced, (12, 12));
        desk.says(BookSynced, (14, 14));
        assert_eq!(
            desk.told(),
            [
                (GapOpened, Some((12, 12))),
                (BookUnsynced, Some((12, 12))),
                (BookSynced, Some((14, 14))),
            ],
            "a snapshot heals the book and not the gap"
        );
    }

    #[test]
    fn too_many_do_not_wait() {
        let mut desk = Desk::new();
        for id in 0..=MOST_WAITING as u64 {
            desk.says(GapOpened, (2 * id, 2 * id));
        }
        assert_eq!(desk.told().len(), MOST_WAITING);
    }
}
