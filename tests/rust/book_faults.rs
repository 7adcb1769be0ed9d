//! A stream with messages dropped, doubled and swapped: gaps are exact, a live book is never wrong,
//! and a later snapshot mends it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is how a test reports"
)]

use std::collections::{BTreeMap, BTreeSet};

use _core::book::{BookState, BookTrack, BookUpdate, Outcome};
use _core::model::{
    BookAction, BookDepth, BookOrigin, BookRule, Coverage, CoverageKind, Decimal, Level,
    ProofLevel, UnixNanos,
};
use proptest::prelude::*;

/// Price to quantity, of bids and asks.
type Sides = [BTreeMap<i64, i64>; 2];

/// A message of the venue, and the venue's book after it.
#[derive(Clone, Debug)]
struct Delta {
    first: i64,
    last: i64,
    previous: i64,
    /// Side, price, quantity.
    changes: Vec<(usize, i64, i64)>,
    after: Sides,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    Drop,
    Double,
    Swap,
}

/// Id step of each message, its changes, and what happens to it.
type Plan = Vec<(i64, Vec<(usize, i64, i64)>, Fault, Option<i64>)>;

fn plan() -> impl Strategy<Value = Plan> {
    let change = (0_usize..2, 0_i64..12, 0_i64..4);
    let fault = prop_oneof![
        8 => Just(Fault::None), 1 => Just(Fault::Drop), 1 => Just(Fault::Double), 1 => Just(Fault::Swap),
    ];
    let changes = proptest::collection::vec(change, 0..4);
    // How far the venue is ahead of us when it makes the snapshot that arrives after this message.
    let snapshot = proptest::option::weighted(0.3, -3_i64..3);
    proptest::collection::vec((1_i64..5, changes, fault, snapshot), 4..60)
}

fn rules() -> impl Strategy<Value = BookRule> {
    prop_oneof![
        Just(BookRule::FirstAfterLast),
        Just(BookRule::PrevIsLast),
        Just(BookRule::PrevIsLastOrChecksum),
        Just(BookRule::LastPlusOne),
    ]
}

/// Makes the venue's messages: each covers the ids from the one after the previous to its own.
fn venue(rule: BookRule, plan: &Plan) -> Vec<Delta> {
    let mut sides: Sides = Default::default();
    let mut last = 100;
    let deltas = plan.iter().map(|(step, changes, ..)| {
        let step = if rule == BookRule::LastPlusOne {
            1
        } else {
            *step
        };
        let previous = last;
        last += step;
        let priced: Vec<_> = changes
            .iter()
            .map(|(side, offset, quantity)| {
                (
                    *side,
                    if *side == 0 {
                        99 - offset
                    } else {
                        100 + offset
                    },
                    *quantity,
                )
            })
            .collect();
        for (side, price, quantity) in &priced {
            if *quantity == 0 {
                sides[*side].remove(price);
            } else {
                sides[*side].insert(*price, *quantity);
            }
        }
        Delta {
            first: previous + 1,
            last,
            previous,
            changes: priced,
            after: sides.clone(),
        }
    });
    deltas.collect()
}

fn levels(side: impl Iterator<Item = (i64, i64)>) -> Vec<Level> {
    let decimal = |units: i64| Decimal::new(i128::from(units), 1).unwrap();
    side.map(|(price, quantity)| Level {
        price: decimal(price),
        quantity: decimal(quantity),
    })
    .collect()
}

fn observe_delta(book: &mut BookTrack, delta: &Delta, reports: &mut Vec<Coverage>) -> Outcome {
    let side = |wanted: usize| {
        let changes = delta
            .changes
            .iter()
            .filter(move |change| change.0 == wanted);
        levels(changes.map(|change| (change.1, change.2)))
    };
    book.observe(
        &BookUpdate {
            action: BookAction::Delta,
            origin: BookOrigin::Wire,
            first_id: Some(delta.first),
            last_id: Some(delta.last),
            prev_id: Some(delta.previous),
            content_hash: u64::try_from(delta.last).unwrap(),
            time: Some(UnixNanos::new(delta.last * 1_000)),
            received: None,
            bids: &side(0),
            asks: &side(1),
            raw_bids: &[],
            raw_asks: &[],
            checksum: None,
            asked_levels: None,
        },
        reports,
    )
}

fn observe_snapshot(book: &mut BookTrack, of: &Delta, nonce: usize, reports: &mut Vec<Coverage>) {
    let [bids, asks] = &of.after;
    let pairs = |side: &BTreeMap<i64, i64>| {
        levels(side.iter().map(|(price, quantity)| (*price, *quantity)))
    };
    book.observe(
        &BookUpdate {
            action: BookAction::Snapshot,
            origin: BookOrigin::Rest,
            first_id: None,
            last_id: Some(of.last),
            prev_id: None,
            content_hash: 1_000_000 + u64::try_from(nonce).unwrap(),
            time: None,
            received: None,
            bids: &pairs(bids),
            asks: &pairs(asks),
            raw_bids: &[],
            raw_asks: &[],
            checksum: None,
            asked_levels: None,
        },
        reports,
    );
}

/// The order in which the messages arrive, by index.
fn delivered(plan: &Plan) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    let mut held = None;
    for (index, (_, _, fault, _)) in plan.iter().enumerate() {
        let swapped = held.take();
        match fault {
            Fault::None => order.push(index),
            Fault::Drop => {}
            Fault::Double => order.extend([index, index]),
            Fault::Swap => held = Some(index),
        }
        order.extend(swapped);
    }
    order.extend(held);
    order
}

/// A live book shows what the venue's book was at its update id: all of it, or its best levels.
fn check_book(book: &BookTrack, deltas: &[Delta]) -> Result<(), TestCaseError> {
    if book.state() != BookState::Live {
        prop_assert_eq!(book.best(), (None, None));
        return Ok(());
    }
    let id = book.last_update_id().unwrap();
    let [bids, asks] = &deltas.iter().find(|delta| delta.last == id).unwrap().after;
    let true_bids = levels(
        bids.iter()
            .rev()
            .map(|(price, quantity)| (*price, *quantity)),
    );
    let true_asks = levels(asks.iter().map(|(price, quantity)| (*price, *quantity)));
    let (bids, asks): (Vec<_>, Vec<_>) = (book.bids().collect(), book.asks().collect());
    prop_assert_eq!(&bids[..], &true_bids[..bids.len()]);
    prop_assert_eq!(&asks[..], &true_asks[..asks.len()]);
    prop_assert_eq!(bids.is_empty(), true_bids.is_empty());
    prop_assert_eq!(asks.is_empty(), true_asks.is_empty());
    Ok(())
}

fn ids(ranges: impl Iterator<Item = (i64, i64)>) -> BTreeSet<i64> {
    ranges.flat_map(|(first, last)| first..=last).collect()
}

fn reported(reports: &[Coverage], kind: CoverageKind) -> BTreeSet<i64> {
    let ranges = reports
        .iter()
        .filter(|report| report.kind == kind)
        .map(|report| report.ids.unwrap());
    ids(ranges.map(|(first, last)| (i64::try_from(first).unwrap(), i64::try_from(last).unwrap())))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn gaps_are_exact_and_a_live_book_is_right(rule in rules(), plan in plan()) {
        let deltas = venue(rule, &plan);
        let mut book = BookTrack::new(rule, BookDepth::L2, "depth", ProofLevel::ProvenGap);
        let (mut reports, mut seen) = (Vec::new(), BTreeSet::new());
        for (step, index) in delivered(&plan).into_iter().enumerate() {
            let outcome = observe_delta(&mut book, &deltas[index], &mut reports);
            prop_assert_eq!(outcome == Outcome::Duplicate, !seen.insert(index));
            check_book(&book, &deltas)?;
            if let Some(ahead) = plan[index].3.filter(|_| book.wants_snapshot()) {
                let of = (i64::try_from(index).unwrap() + ahead).clamp(0, i64::try_from(deltas.len()).unwrap() - 1);
                observe_snapshot(&mut book, &deltas[usize::try_from(of).unwrap()], step, &mut reports);
                check_book(&book, &deltas)?;
            }
        }
        let (Some(first), Some(last)) = (seen.first(), seen.last()) else { return Ok(()); };
        let lost = (*first..=*last).filter(|index| !seen.contains(index));
        let lost = ids(lost.map(|index| (deltas[index].first, deltas[index].last)));
        prop_assert_eq!(&ids(book.missing()), &lost);
        let opened = reported(&reports, CoverageKind::GapOpened);
        let filled = reported(&reports, CoverageKind::GapFilled);
        prop_assert_eq!(&opened - &filled, lost);

        observe_snapshot(&mut book, deltas.last().unwrap(), usize::MAX / 2, &mut reports);
        prop_assert_eq!(book.state(), BookState::Live);
        check_book(&book, &deltas)?;
        let is_unsynced = |report: &&Coverage| report.kind == CoverageKind::BookUnsynced;
        let is_synced = |report: &&Coverage| report.kind == CoverageKind::BookSynced;
        prop_assert_eq!(reports.iter().filter(is_unsynced).count(), reports.iter().filter(is_synced).count());
    }
}
