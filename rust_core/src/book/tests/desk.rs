//! A track, the messages sent to it, and what it reported.

use crate::book::{BookTrack, BookUpdate, Outcome};
use crate::model::{
    BookAction, BookDepth, BookOrigin, BookRule, Coverage, CoverageKind, Decimal, IssueCode,
    IssueSet, Level, ProofLevel, RawLevel, UnixNanos,
};

/// A track and what it reported.
pub(super) struct Desk {
    pub(super) book: BookTrack,
    pub(super) reports: Vec<Coverage>,
    pub(super) hash: u64,
    pub(super) received: Option<UnixNanos>,
    /// Levels that a request asks for.
    pub(super) asked_levels: Option<usize>,
}

/// Kind, ids, reason.
pub(super) type Record = (CoverageKind, Option<(u64, u64)>, String);
/// Price and quantity.
pub(super) type Quote = (&'static str, &'static str);

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ids {
    pub(super) first: Option<i64>,
    pub(super) last: Option<i64>,
    pub(super) prev: Option<i64>,
    pub(super) time: Option<i64>,
    pub(super) checksum: Option<i32>,
}

pub(super) fn span(first: i64, last: i64) -> Ids {
    Ids {
        first: Some(first),
        last: Some(last),
        time: Some(last),
        ..Ids::default()
    }
}

pub(super) fn after(prev: i64, last: i64) -> Ids {
    Ids {
        prev: Some(prev),
        last: Some(last),
        time: Some(last),
        ..Ids::default()
    }
}

pub(super) fn id(last: i64) -> Ids {
    Ids {
        last: Some(last),
        time: Some(last),
        ..Ids::default()
    }
}

/// The ids of a delta of Binance that follows one that ended before `first`.
pub(super) fn joined(rule: BookRule, first: i64, last: i64) -> Ids {
    match rule {
        BookRule::FirstAfterLast => span(first, last),
        _ => after(first - 1, last),
    }
}

impl Ids {
    pub(super) fn at(self, time: i64) -> Self {
        Self {
            time: Some(time),
            ..self
        }
    }
}

pub(super) const BIDS: [Quote; 2] = [("100", "1"), ("99", "2")];
pub(super) const ASKS: [Quote; 2] = [("101", "1"), ("102", "2")];
pub(super) const APPLIED: Outcome = Outcome::Accepted {
    issues: IssueSet::EMPTY,
    applied: true,
};
pub(super) const NOT_APPLIED: Outcome = Outcome::Accepted {
    issues: IssueSet::EMPTY,
    applied: false,
};

pub(super) fn remarked(code: IssueCode, applied: bool) -> Outcome {
    let mut issues = IssueSet::EMPTY;
    issues.insert(code);
    Outcome::Accepted { issues, applied }
}

impl Desk {
    pub(super) fn new(rule: BookRule) -> Self {
        let book = BookTrack::new(rule, BookDepth::L2, "depth", ProofLevel::ProvenGap);
        Self {
            book,
            reports: Vec::new(),
            hash: 0,
            received: None,
            asked_levels: None,
        }
    }

    pub(super) fn send(
        &mut self,
        action: BookAction,
        origin: BookOrigin,
        ids: Ids,
        sides: [&[Quote]; 2],
    ) -> Outcome {
        self.hash += 1;
        self.send_again(action, origin, ids, sides)
    }

    pub(super) fn send_again(
        &mut self,
        action: BookAction,
        origin: BookOrigin,
        ids: Ids,
        sides: [&[Quote]; 2],
    ) -> Outcome {
        let parse = |text: &str| Decimal::parse(text.as_bytes()).unwrap();
        let levels = sides.map(|side| {
            let levels = side.iter();
            levels
                .map(|(price, quantity)| Level {
                    price: parse(price),
                    quantity: parse(quantity),
                })
                .collect::<Vec<_>>()
        });
        let texts = sides.map(|side| {
            let levels = side.iter();
            levels
                .map(|(price, quantity)| RawLevel {
                    price: price.as_bytes(),
                    quantity: quantity.as_bytes(),
                })
                .collect::<Vec<_>>()
        });
        let update = BookUpdate {
            action,
            origin,
            first_id: ids.first,
            last_id: ids.last,
            prev_id: ids.prev,
            content_hash: self.hash,
            time: ids.time.map(UnixNanos::new),
            received: self.received,
            bids: &levels[0],
            asks: &levels[1],
            raw_bids: &texts[0],
            raw_asks: &texts[1],
            checksum: ids.checksum,
            asked_levels: self.asked_levels,
        };
        self.book.observe(&update, &mut self.reports)
    }

    pub(super) fn delta(&mut self, ids: Ids) -> Outcome {
        self.send(
            BookAction::Delta,
            BookOrigin::Wire,
            ids,
            [&[("100", "5")], &[]],
        )
    }

    pub(super) fn fetched(&mut self, last: i64) -> Outcome {
        let ids = Ids {
            last: Some(last),
            ..Ids::default()
        };
        self.send(BookAction::Snapshot, BookOrigin::Rest, ids, [&BIDS, &ASKS])
    }

    pub(super) fn pushed(&mut self, ids: Ids) -> Outcome {
        self.send(BookAction::Snapshot, BookOrigin::Wire, ids, [&BIDS, &ASKS])
    }

    /// Takes the reports.
    pub(super) fn told(&mut self) -> Vec<Record> {
        let reports = self.reports.drain(..);
        reports
            .map(|report| (report.kind, report.ids, report.reason))
            .collect()
    }

    pub(super) fn best_bid(&self) -> String {
        self.book.best().0.map_or("none".to_owned(), |level| {
            format!("{}x{}", level.quantity, level.price)
        })
    }
}

pub(super) fn record(kind: CoverageKind, ids: Option<(u64, u64)>, reason: &str) -> Record {
    (kind, ids, reason.to_owned())
}
