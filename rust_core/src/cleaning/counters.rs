//! What the stages count.

use crate::model::{EventType, IssueCode, Quality};

/// Names of the stages, in order.
const STAGES: [&str; 6] = [
    "structure",
    "fields",
    "symbol",
    "precision",
    "receive_time",
    "anomaly",
];

/// Irreparable codes begin at 1 and end here.
const REASONS: usize = IssueCode::Internal as usize + 1;

/// Counts of one run of verdicts. Plain numbers, so that a copy is cheap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    /// Frames seen.
    pub frames: u64,
    /// Elements beyond the first of frames that are lists.
    pub further_elements: u64,
    /// Replies to requests.
    pub replies: u64,
    /// Events graded Perfect, Repaired, Suspicious.
    pub quality: [u64; 3],
    /// Events that were already out.
    pub duplicates: u64,
    /// Control messages, by the adapter's kind number.
    pub control: [u64; 8],
    /// Messages of types that are not handled.
    pub unsupported: u64,
    /// Frames with events that took the general parser.
    pub fallbacks: u64,
    /// Snapshots of kept books, made by tapeline: no items, and not counted in `quality`.
    pub book_snapshots: u64,
    /// Gaps that opened.
    pub gaps_opened: u64,
    /// Sum of `quarantined`, so that a push need not add it up.
    quarantined_total: u64,
    /// Events of order books, funding and liquidations; the rest of them are trades.
    others: [u64; 3],
    quarantined: [u64; REASONS],
    stage_quarantined: [u64; 6],
    stage_repaired: [u64; 6],
    stage_flagged: [u64; 6],
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            frames: 0,
            further_elements: 0,
            replies: 0,
            quality: [0; 3],
            duplicates: 0,
            control: [0; 8],
            unsupported: 0,
            fallbacks: 0,
            book_snapshots: 0,
            gaps_opened: 0,
            quarantined_total: 0,
            others: [0; 3],
            quarantined: [0; REASONS],
            stage_quarantined: [0; 6],
            stage_repaired: [0; 6],
            stage_flagged: [0; 6],
        }
    }
}

/// What one stage did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageCounts {
    /// The stage's name.
    pub stage: &'static str,
    /// Records that came in; for the first stage, all items.
    pub entered: u64,
    /// Records that went on.
    pub left: u64,
    /// Those of them that the stage repaired.
    pub repaired: u64,
    /// Those of them that the stage flagged.
    pub flagged: u64,
    /// Records that it gave up.
    pub quarantined: u64,
}

impl Counters {
    /// Returns the number of things that get a verdict each: frames, the further elements of those that
    /// are lists, and replies.
    #[must_use]
    pub fn items(&self) -> u64 {
        self.frames + self.further_elements + self.replies
    }

    /// Returns the number of events.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.quality.iter().sum()
    }

    /// Returns the number of events of each type that can occur.
    #[must_use]
    pub fn events_by_type(&self) -> [(EventType, u64); 4] {
        let [books, fundings, liquidations] = self.others;
        let trades = self.events() - books - fundings - liquidations;
        [
            (EventType::Trade, trades),
            (EventType::OrderBook, books),
            (EventType::Funding, fundings),
            (EventType::Liquidation, liquidations),
        ]
    }

    /// Returns the number of quarantined frames.
    #[must_use]
    pub fn quarantined(&self) -> u64 {
        self.quarantined_total
    }

    /// Returns the number of control messages.
    #[must_use]
    pub fn controls(&self) -> u64 {
        self.control.iter().sum()
    }

    /// Adds what one push counted, and sets that back to zero.
    pub fn take_over(&mut self, push: &mut Self) {
        self.frames += push.frames;
        self.further_elements += push.further_elements;
        add_all(&mut self.quality, &push.quality);
        add_all(&mut self.others, &push.others);
        if push.is_usual() {
            push.frames = 0;
            push.further_elements = 0;
            push.quality = [0; 3];
            push.others = [0; 3];
        } else {
            self.take_over_rest(push);
        }
    }

    /// Whether nothing but frames and events was counted.
    fn is_usual(&self) -> bool {
        let numbers = [
            self.replies,
            self.duplicates,
            self.unsupported,
            self.fallbacks,
            self.book_snapshots,
            self.gaps_opened,
            // Zero when those by reason and by stage are.
            self.quarantined_total,
        ];
        let lists: [&[u64]; 4] = [
            &numbers,
            &self.control,
            &self.stage_repaired,
            &self.stage_flagged,
        ];
        let counts = lists.into_iter().flatten();
        counts.fold(0, |all, count| all | count) == 0
    }

    #[inline(never)]
    fn take_over_rest(&mut self, push: &mut Self) {
        self.replies += push.replies;
        self.duplicates += push.duplicates;
        add_all(&mut self.control, &push.control);
        self.unsupported += push.unsupported;
        self.fallbacks += push.fallbacks;
        self.book_snapshots += push.book_snapshots;
        self.gaps_opened += push.gaps_opened;
        self.quarantined_total += push.quarantined_total;
        add_all(&mut self.quarantined, &push.quarantined);
        add_all(&mut self.stage_quarantined, &push.stage_quarantined);
        add_all(&mut self.stage_repaired, &push.stage_repaired);
        add_all(&mut self.stage_flagged, &push.stage_flagged);
        *push = Self::default();
    }

    /// Returns the reasons of quarantine that occurred, with their counts.
    pub fn reasons(&self) -> impl Iterator<Item = (IssueCode, u64)> {
        let counts = self.quarantined;
        IssueCode::ALL.iter().filter_map(move |code| {
            let count = counts
                .get(*code as usize)
                .copied()
                .filter(|count| *count > 0)?;
            Some((*code, count))
        })
    }

    /// Counts a frame that stage `stage` (1 to 6) gave up.
    pub fn count_quarantined(&mut self, reason: IssueCode, stage: u8) {
        self.quarantined_total += 1;
        add(&mut self.quarantined, reason as usize);
        add(
            &mut self.stage_quarantined,
            usize::from(stage.saturating_sub(1)),
        );
    }

    /// Counts an event that is no trade.
    pub(super) fn count_event(&mut self, event_type: EventType, quality: Quality) {
        self.count_quality(quality);
        let place = match event_type {
            EventType::OrderBook => 0,
            EventType::Funding => 1,
            _ => 2,
        };
        add(&mut self.others, place);
    }

    /// Counts the grade of an event.
    pub(super) fn count_quality(&mut self, quality: Quality) {
        add(
            &mut self.quality,
            usize::from(quality.number().saturating_sub(1)),
        );
    }

    /// Counts a record that stage `stage` repaired.
    pub(super) fn count_repaired(&mut self, stage: u8) {
        add(
            &mut self.stage_repaired,
            usize::from(stage.saturating_sub(1)),
        );
    }

    /// Counts a record that stage `stage` flagged.
    pub(super) fn count_flagged(&mut self, stage: u8) {
        add(
            &mut self.stage_flagged,
            usize::from(stage.saturating_sub(1)),
        );
    }

    /// Returns the account of each stage.
    #[must_use]
    pub fn stages(&self) -> [StageCounts; 6] {
        let mut entered = self.items();
        core::array::from_fn(|index| {
            let of = |counts: &[u64; 6]| counts.get(index).copied().unwrap_or_default();
            let ended = match index {
                0 => self.controls() + self.unsupported,
                5 => self.duplicates,
                _ => 0,
            };
            let quarantined = of(&self.stage_quarantined);
            let left = entered.saturating_sub(quarantined + ended);
            let counts = StageCounts {
                stage: STAGES.get(index).copied().unwrap_or_default(),
                entered,
                left,
                repaired: of(&self.stage_repaired),
                flagged: of(&self.stage_flagged),
                quarantined,
            };
            entered = left;
            counts
        })
    }
}

fn add_all<const N: usize>(counts: &mut [u64; N], more: &[u64; N]) {
    for (count, more) in counts.iter_mut().zip(more) {
        *count += more;
    }
}

fn add(counts: &mut [u64], index: usize) {
    if let Some(count) = counts.get_mut(index) {
        *count += 1;
    }
}
