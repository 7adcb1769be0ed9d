//! Recorded sessions: every book equals the best bid and ask that the venue sent beside it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a panic is how a test reports"
)]

#[path = "recorded_books.rs"]
mod recorded;

use std::collections::{BTreeMap, HashMap};

use _core::book::{BookState, BookTrack, Outcome};
use _core::model::{BookRule, Coverage, CoverageKind, IssueSet, Level};
use recorded::{Message, observe, recording, track};

/// What a replay gave.
#[derive(Debug, Default)]
struct Replay {
    tracks: BTreeMap<(String, String), BookTrack>,
    reports: Vec<Coverage>,
    /// Best bid and ask by symbol and update id, of the deltas and of the top of book.
    depth: HashMap<(String, i64), (Option<Level>, Option<Level>)>,
    top: HashMap<(String, i64), (Option<Level>, Option<Level>)>,
    applied: u64,
    duplicates: u64,
}

impl Replay {
    fn of(rule: BookRule, messages: &[Message]) -> Self {
        let mut replay = Self::default();
        for message in messages {
            replay.push(rule, message);
        }
        replay
    }

    fn push(&mut self, rule: BookRule, message: &Message) {
        let key = (message.symbol.clone(), message.channel.clone());
        let book = self
            .tracks
            .entry(key)
            .or_insert_with(|| track(rule, message));
        match observe(book, message, &mut self.reports) {
            Outcome::Duplicate => self.duplicates += 1,
            Outcome::Accepted { issues, applied } => {
                assert_eq!(issues, IssueSet::EMPTY, "{message:?}");
                self.applied += u64::from(applied);
            }
        }
        if let Some(id) = book.last_update_id() {
            let is_top = message.channel == "bookTicker" || message.channel == "bbo-tbt";
            let side = if is_top {
                &mut self.top
            } else {
                &mut self.depth
            };
            side.insert((message.symbol.clone(), id), book.best());
        }
    }

    fn count(&self, kind: CoverageKind) -> usize {
        self.reports
            .iter()
            .filter(|report| report.kind == kind)
            .count()
    }

    /// Compares depth with top of book wherever they share an update id.
    fn compared(&self) -> usize {
        let shared = self
            .top
            .iter()
            .filter_map(|(key, top)| Some((key, top, self.depth.get(key)?)));
        let mut count = 0;
        for (key, top, depth) in shared {
            assert_eq!(top, depth, "{key:?}");
            count += 1;
        }
        count
    }

    fn assert_whole(&self) {
        assert_eq!(self.count(CoverageKind::GapOpened), 0);
        assert_eq!(self.count(CoverageKind::SequenceReset), 0);
        assert_eq!(self.tracks.values().flat_map(BookTrack::missing).count(), 0);
        assert!(
            self.tracks
                .values()
                .all(|book| book.state() == BookState::Live)
        );
    }
}

/// Replays files one after another; returns what it gave and how much could be compared.
fn replay(rule: BookRule, names: &[&str]) -> Option<(Replay, usize)> {
    let mut messages = Vec::new();
    for name in names {
        messages.extend(recording(name)?);
    }
    let replay = Replay::of(rule, &messages);
    let compared = replay.compared();
    eprintln!(
        "{names:?}: {} messages, {} applied, {compared} compared, {} duplicates, {:?}",
        messages.len(),
        replay.applied,
        replay.duplicates,
        replay
            .reports
            .iter()
            .map(|report| (report.kind, report.reason.as_str()))
            .collect::<Vec<_>>(),
    );
    Some((replay, compared))
}

#[test]
fn spot() {
    let names = [
        "binance_spot_btcusdt_20240808.jsonl.gz",
        "binance_spot_btcusdt_20240809.jsonl.gz",
    ];
    let Some((replay, compared)) = replay(BookRule::FirstAfterLast, &names) else {
        return;
    };
    replay.assert_whole();
    assert_eq!(compared, 1_072);
}

#[test]
fn usdm() {
    let Some((replay, compared)) = replay(
        BookRule::PrevIsLast,
        &["binance_usdm_btcusdt_20240808.jsonl.gz"],
    ) else {
        return;
    };
    replay.assert_whole();
    assert_eq!(compared, 629);
}

#[test]
fn coinm() {
    let names = [
        "binance_coinm_btcusd_perp_20240808.jsonl.gz",
        "binance_coinm_btcusd_perp_20240809.jsonl.gz",
    ];
    let Some((replay, compared)) = replay(BookRule::PrevIsLast, &names) else {
        return;
    };
    replay.assert_whole();
    assert_eq!(compared, 1_885);
}

#[test]
fn sessions_of_2021() {
    let spot = replay(
        BookRule::FirstAfterLast,
        &["binance_spot_multi_20211012.jsonl"],
    );
    let usdm = replay(
        BookRule::PrevIsLast,
        &["binance_usdm_multi_20210722.jsonl.gz"],
    );
    for ((replay, compared), expected) in
        spot.into_iter().zip([26]).chain(usdm.into_iter().zip([50]))
    {
        replay.assert_whole();
        assert_eq!(compared, expected);
    }
}

#[test]
fn okx_with_checksums() {
    let Some((replay, _)) = replay(
        BookRule::PrevIsLastOrChecksum,
        &["okx_multi_20220513.jsonl"],
    ) else {
        return;
    };
    replay.assert_whole();
    assert_eq!(replay.applied, 191);
}

#[test]
fn okx_with_sequence_ids() {
    let Some((replay, compared)) = replay(
        BookRule::PrevIsLastOrChecksum,
        &["okx_swap_btcusdt_20260926.jsonl"],
    ) else {
        return;
    };
    replay.assert_whole();
    assert_eq!(compared, 4);
}

#[test]
fn bybit_sessions() {
    for (name, applied) in [
        ("bybit_linear_xrpusdt_ob500_20241201.jsonl", 30),
        ("bybit_spot_testnet_btcusdt_20260913.jsonl", 18),
    ] {
        let Some((replay, _)) = replay(BookRule::LastPlusOne, &[name]) else {
            return;
        };
        replay.assert_whole();
        assert_eq!(replay.applied, applied);
        for ((_, channel), book) in &replay.tracks {
            eprintln!("{channel} {} {}", book.bids().count(), book.asks().count());
        }
    }
}

#[test]
fn without_a_snapshot_the_book_says_so_once() {
    for (rule, name) in [
        (
            BookRule::FirstAfterLast,
            "binance_spot_btcusdt_20240809.jsonl.gz",
        ),
        (
            BookRule::PrevIsLast,
            "binance_coinm_btcusd_perp_20240809.jsonl.gz",
        ),
        (BookRule::PrevIsLast, "binance_usdm_demo_20260915.jsonl"),
    ] {
        let Some((replay, _)) = replay(rule, &[name]) else {
            return;
        };
        assert_eq!(replay.count(CoverageKind::GapOpened), 0);
        assert_eq!(replay.count(CoverageKind::BookSynced), 0);
        let book = replay
            .tracks
            .iter()
            .find(|((_, channel), _)| channel == "depth")
            .unwrap()
            .1;
        assert_eq!(book.state(), BookState::Buffering);
        assert!(book.wants_snapshot());
        assert_eq!(book.best(), (None, None));
        let unsynced = replay
            .reports
            .iter()
            .filter(|report| report.kind == CoverageKind::BookUnsynced);
        eprintln!(
            "{:?}",
            unsynced
                .clone()
                .map(|report| &report.reason)
                .collect::<Vec<_>>()
        );
        assert_eq!(
            unsynced
                .filter(|report| report.reason == "no snapshot")
                .count(),
            1
        );
    }
}
