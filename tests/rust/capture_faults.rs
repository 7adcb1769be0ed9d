//! Recorded streams with messages dropped, doubled and swapped at random: the gaps are exact, a live book
//! is the one without faults, and a snapshot mends what was hurt.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is how a test reports"
)]

#[path = "recorded_books.rs"]
mod recorded;

use std::collections::{BTreeMap, HashMap};

use _core::book::{BookState, BookTrack, BookUpdate};
use _core::model::{BookAction, BookOrigin, BookRule, Coverage, CoverageKind, Level, UnixNanos};
use recorded::{Message, observe, recording, track};

const SEEDS: u64 = 16;
/// Of each stream: more would only take longer.
const MOST_MESSAGES: usize = 200;
/// Levels of a side that are compared.
const COMPARED: usize = 5;

type Best = [Vec<Level>; 2];

fn best(book: &BookTrack) -> Best {
    [
        book.bids().take(COMPARED).collect(),
        book.asks().take(COMPARED).collect(),
    ]
}

/// A small generator: the same seed gives the same faults.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// The order-book messages of a recording, stream by stream.
fn streams(names: &[&str]) -> Option<Vec<Vec<Message>>> {
    let mut streams: BTreeMap<(String, String), Vec<Message>> = BTreeMap::new();
    for name in names {
        for message in recording(name)? {
            let is_delta = !matches!(
                message.channel.as_str(),
                "bookTicker" | "bbo-tbt" | "books5" | "orderbook.1"
            );
            if is_delta && message.last_id.is_some() {
                let key = (message.symbol.clone(), message.channel.clone());
                let stream = streams.entry(key).or_default();
                if stream.len() < MOST_MESSAGES {
                    stream.push(message);
                }
            }
        }
    }
    let has_deltas = |stream: &Vec<Message>| {
        let deltas = stream.iter().filter(|one| one.action == BookAction::Delta);
        deltas.count() > 3
    };
    Some(streams.into_values().filter(has_deltas).collect())
}

/// The update ids that a delta covers.
fn ids(rule: BookRule, delta: &Message) -> (i64, i64) {
    let last = delta.last_id.unwrap();
    let first = match rule {
        BookRule::FirstAfterLast => delta.first_id.unwrap(),
        BookRule::LastPlusOne => last,
        _ => delta.prev_id.unwrap() + 1,
    };
    (first, last)
}

/// Returns what arrives of a stream. Snapshots do, in their places.
fn harmed(stream: &[Message], random: &mut Random) -> Vec<Message> {
    let mut arriving: Vec<Message> = Vec::new();
    let mut held: Option<Message> = None;
    for message in stream {
        let is_snapshot = message.action == BookAction::Snapshot;
        if is_snapshot {
            arriving.extend(held.take());
            arriving.push(message.clone());
            continue;
        }
        match random.below(16) {
            0 => {}
            1 => arriving.extend([message.clone(), message.clone()]),
            2 if held.is_none() => {
                held = Some(message.clone());
                continue;
            }
            _ => arriving.push(message.clone()),
        }
        arriving.extend(held.take());
    }
    arriving.extend(held);
    arriving
}

/// Ranges of ids, both ends included.
type Ranges = Vec<(i64, i64)>;

/// Returns the same ids as ascending ranges that do not touch.
fn normal(mut ranges: Ranges) -> Ranges {
    ranges.sort_unstable();
    let mut joined: Ranges = Vec::new();
    for (first, last) in ranges {
        match joined.last_mut() {
            Some(before) if first <= before.1 + 1 => before.1 = before.1.max(last),
            _ => joined.push((first, last)),
        }
    }
    joined
}

/// Returns the ids of `ranges` that are not among `others`.
fn without(ranges: Ranges, others: Ranges) -> Ranges {
    let (mut left, others) = (Vec::new(), normal(others));
    for (begin, last) in normal(ranges) {
        let mut first = begin;
        for (from, to) in others
            .iter()
            .filter(|other| other.1 >= begin && other.0 <= last)
        {
            if *from > first {
                left.push((first, from - 1));
            }
            first = to + 1;
        }
        if first <= last {
            left.push((first, last));
        }
    }
    left
}

/// Returns the ids that no message covers, from the first that one does to the last. `seed` is the
/// snapshot that the stream begins with, where it does.
fn missing(rule: BookRule, arrived: &[Message], seed: Option<i64>) -> Ranges {
    let deltas = arrived.iter().filter(|one| one.action == BookAction::Delta);
    let covered: Ranges = deltas.map(|delta| ids(rule, delta)).collect();
    let start = covered.iter().map(|ids| ids.0).min().unwrap();
    let start = seed.map_or(start, |id| start.min(id + 1));
    let end = covered.iter().map(|ids| ids.1).max().unwrap();
    without(vec![(start, end)], covered)
}

/// Sends the book of `of` as a snapshot of the venue.
fn mend(rule: BookRule, book: &mut BookTrack, of: &BookTrack, reports: &mut Vec<Coverage>) {
    let is_fetched = matches!(rule, BookRule::FirstAfterLast | BookRule::PrevIsLast);
    let (bids, asks): (Vec<_>, Vec<_>) = (of.bids().collect(), of.asks().collect());
    let later = of.last_time().map(|time| UnixNanos::new(time.get() + 1));
    book.observe(
        &BookUpdate {
            action: BookAction::Snapshot,
            origin: if is_fetched {
                BookOrigin::Rest
            } else {
                BookOrigin::Wire
            },
            first_id: None,
            last_id: of.last_update_id(),
            prev_id: None,
            content_hash: 1,
            time: later,
            received: None,
            bids: &bids,
            asks: &asks,
            raw_bids: &[],
            raw_asks: &[],
            asked_levels: None,
            checksum: None,
        },
        reports,
    );
}

fn check(rule: BookRule, stream: &[Message], seed: u64) -> usize {
    let mut reference = track(rule, &stream[0]);
    let (mut shown, mut ignored) = (HashMap::new(), Vec::new());
    for message in stream {
        observe(&mut reference, message, &mut ignored);
        if let Some(id) = reference.last_update_id() {
            shown.insert(id, best(&reference));
        }
    }
    assert_eq!(reference.missing().count(), 0, "no false gap");
    let begins_whole = stream[0].action == BookAction::Snapshot;
    let snapshot = stream[0].last_id.filter(|_| begins_whole);

    let arriving = harmed(stream, &mut Random(seed));
    let (mut book, mut reports, mut compared) = (track(rule, &stream[0]), Vec::new(), 0);
    for message in &arriving {
        observe(&mut book, message, &mut reports);
        if let Some(id) = book.last_update_id()
            && let Some(wanted) = shown.get(&id)
        {
            assert_eq!(best(&book), *wanted, "seed {seed}, id {id}");
            compared += 1;
        }
    }
    let absent = missing(rule, &arriving, snapshot);
    assert_eq!(normal(book.missing().collect()), absent, "seed {seed}");
    let told = |kind| {
        let records = reports.iter().filter(move |report| report.kind == kind);
        let ranges = records.filter_map(|report| report.ids);
        ranges.map(|(first, last)| (i64::try_from(first).unwrap(), i64::try_from(last).unwrap()))
    };
    let opened = told(CoverageKind::GapOpened).collect();
    let filled = told(CoverageKind::GapFilled).collect();
    assert_eq!(without(opened, filled), absent, "seed {seed}: the records");

    // A live book is right, even where the last messages did not arrive: nothing tells of those.
    if reference.state() == BookState::Live && book.state() != BookState::Live {
        mend(rule, &mut book, &reference, &mut reports);
        assert_eq!(book.state(), BookState::Live, "seed {seed}");
        let last = (book.last_update_id(), best(&book));
        assert_eq!(last, (reference.last_update_id(), best(&reference)));
    }
    compared
}

fn check_all(rule: BookRule, names: &[&str]) {
    let Some(streams) = streams(names) else {
        return;
    };
    assert!(!streams.is_empty(), "{names:?}");
    let mut compared = 0;
    for stream in &streams {
        for seed in 0..SEEDS {
            compared += check(rule, stream, seed);
        }
    }
    assert!(compared > 0, "{names:?}: a book was live");
}

#[test]
fn binance_spot() {
    check_all(
        BookRule::FirstAfterLast,
        &["binance_spot_multi_20211012.jsonl"],
    );
}

#[test]
fn binance_usdm() {
    check_all(
        BookRule::PrevIsLast,
        &["binance_usdm_multi_20210722.jsonl.gz"],
    );
}

#[test]
fn binance_coinm() {
    check_all(
        BookRule::PrevIsLast,
        &["binance_coinm_btcusd_perp_20240808.jsonl.gz"],
    );
}

#[test]
fn okx() {
    check_all(
        BookRule::PrevIsLastOrChecksum,
        &["okx_swap_btcusdt_20260926.jsonl"],
    );
}

#[test]
fn bybit() {
    for name in [
        "bybit_linear_xrpusdt_ob500_20241201.jsonl",
        "bybit_spot_testnet_btcusdt_20260913.jsonl",
    ] {
        check_all(BookRule::LastPlusOne, &[name]);
    }
}
