//! Each rule of each venue, message by message.

mod binance;
mod cuts;
mod desk;
mod pushed;
mod seeds;
mod whole;

use super::*;
use crate::model::{BookRule, CoverageKind, IssueCode};
use CoverageKind::{BookSynced, BookUnsynced, GapFilled, GapOpened, SequenceReset, SessionStart};
use desk::{
    APPLIED, ASKS, BIDS, Desk, Ids, NOT_APPLIED, Quote, after, id, joined, record, remarked, span,
};

#[test]
fn a_crossed_book_is_not_live() {
    let mut desk = Desk::new(BookRule::FirstAfterLast);
    desk.delta(span(1, 1));
    desk.fetched(1);
    desk.told();
    let crossing = desk.send(
        BookAction::Delta,
        BookOrigin::Wire,
        span(2, 2),
        [&[("101", "3")], &[]],
    );
    assert_eq!(crossing, remarked(IssueCode::CrossedBook, false));
    assert_eq!(
        (desk.book.state(), desk.book.bids().count()),
        (BookState::Unsynced, 0)
    );
    assert_eq!(desk.told(), [record(BookUnsynced, Some((1, 1)), "crossed")]);
    assert_eq!(desk.delta(span(3, 3)), NOT_APPLIED);
    assert_eq!(desk.fetched(1), NOT_APPLIED, "from before the fault");
    assert_eq!(desk.fetched(2), APPLIED);
    let crossed = desk.send(
        BookAction::Snapshot,
        BookOrigin::Rest,
        id(9),
        [&ASKS, &BIDS],
    );
    assert_eq!(crossed, NOT_APPLIED, "a live book needs no snapshot");
}

#[test]
fn a_crossed_snapshot_is_not_live() {
    let mut desk = Desk::new(BookRule::LastPlusOne);
    let crossed = desk.send(
        BookAction::Snapshot,
        BookOrigin::Wire,
        id(9),
        [&ASKS, &BIDS],
    );
    assert_eq!(crossed, remarked(IssueCode::CrossedBook, false));
    assert_eq!(desk.book.state(), BookState::Unsynced);
    assert!(desk.book.wants_snapshot());
    assert_eq!(
        desk.told().last(),
        Some(&record(BookUnsynced, None, "crossed"))
    );
}

#[test]
fn the_buffer_is_bounded_and_says_so() {
    let mut desk = Desk::new(BookRule::FirstAfterLast);
    for update in 1..=10_002 {
        desk.delta(span(update, update));
    }
    let reasons: Vec<_> = desk
        .told()
        .into_iter()
        .map(|(_, _, reason)| reason)
        .collect();
    assert_eq!(reasons, ["", "no snapshot", "buffer overflow"]);
    assert_eq!(desk.fetched(1), NOT_APPLIED, "2 is gone");
    assert_eq!(desk.fetched(2), APPLIED);
    assert_eq!(desk.book.last_update_id(), Some(10_002));
}

#[test]
fn depth_ends_where_the_snapshot_ended() {
    let mut desk = Desk::new(BookRule::FirstAfterLast);
    desk.fetched(1);
    let deeper: [&[Quote]; 2] = [&[("98", "7"), ("99.5", "1")], &[("103", "7")]];
    assert_eq!(
        desk.send(BookAction::Delta, BookOrigin::Wire, span(2, 2), deeper),
        APPLIED
    );
    let prices = |levels: &mut dyn Iterator<Item = Level>| {
        levels
            .map(|level| level.price.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(prices(&mut desk.book.bids()), ["100", "99.5", "99"]);
    assert_eq!(prices(&mut desk.book.asks()), ["101", "102"]);
    assert!(!desk.book.wants_snapshot());
    let left: [&[Quote]; 2] = [&[("100", "0"), ("99.5", "0"), ("99", "0")], &[]];
    assert_eq!(
        desk.send(BookAction::Delta, BookOrigin::Wire, span(3, 3), left),
        APPLIED
    );
    assert_eq!(prices(&mut desk.book.bids()), ["98"]);
    assert!(
        desk.book.wants_snapshot(),
        "the market left the snapshot's prices"
    );
    assert_eq!(desk.book.state(), BookState::Live);
    assert_eq!(desk.delta(span(4, 5)), APPLIED);
    assert_eq!(desk.fetched(1), NOT_APPLIED, "from before it was wanted");
    assert_eq!(desk.fetched(6), APPLIED);
    assert_eq!(desk.book.last_update_id(), Some(6));
    assert_eq!(desk.best_bid(), "1x100");
    assert_eq!(desk.delta(span(6, 6)), NOT_APPLIED, "it is in the snapshot");
    assert_eq!(desk.delta(span(7, 8)), APPLIED);
    assert!(!desk.book.wants_snapshot());
}

#[test]
fn a_worn_book_takes_a_snapshot_that_the_stream_has_overtaken() {
    for rule in [BookRule::FirstAfterLast, BookRule::PrevIsLast] {
        let mut desk = Desk::new(rule);
        desk.delta(joined(rule, 1, 2));
        desk.fetched(2);
        let left: [&[Quote]; 2] = [&[("100", "0"), ("99", "0"), ("98", "1")], &[]];
        desk.send(
            BookAction::Delta,
            BookOrigin::Wire,
            joined(rule, 3, 3),
            left,
        );
        assert!(desk.book.wants_snapshot());
        for id in 4..2_000 {
            assert_eq!(desk.delta(joined(rule, id, id)), APPLIED);
        }
        assert_eq!(desk.fetched(1_000), NOT_APPLIED, "older than what is kept");
        assert_eq!(desk.fetched(1_990), APPLIED);
        assert!(!desk.book.wants_snapshot());
        assert_eq!(desk.book.last_update_id(), Some(1_999));
        assert_eq!(desk.delta(joined(rule, 2_000, 2_000)), APPLIED);
        assert_eq!(desk.book.state(), BookState::Live);
    }
}

#[test]
fn the_session_ends_with_its_ids() {
    let mut desk = Desk::new(BookRule::FirstAfterLast);
    assert_eq!(desk.book.end(None), None);
    desk.delta(span(5, 6));
    desk.delta(span(7, 9));
    let end = desk.book.end(None).unwrap();
    assert_eq!(
        (end.kind, end.ids),
        (CoverageKind::SessionEnd, Some((5, 9)))
    );
    assert_eq!(
        (end.start, end.end),
        (Some(UnixNanos::new(6)), Some(UnixNanos::new(9)))
    );
}
