//! Each rule of each venue, message by message.

mod cuts;
mod desk;
mod seeds;

use super::*;
use crate::model::{BookRule, CoverageKind, IssueCode};
use CoverageKind::{BookSynced, BookUnsynced, GapFilled, GapOpened, SequenceReset, SessionStart};
use desk::{
    APPLIED, ASKS, BIDS, Desk, Ids, NOT_APPLIED, Quote, after, id, joined, record, remarked, span,
};

#[test]
fn binance_spot_joins_a_snapshot_between_deltas() {
    let mut desk = Desk::new(BookRule::FirstAfterLast);
    assert_eq!(desk.delta(span(5, 6)), NOT_APPLIED);
    assert_eq!(desk.delta(span(7, 9)), NOT_APPLIED);
    assert_eq!(desk.fetched(3), NOT_APPLIED, "older than the buffer");
    assert_eq!(desk.book.state(), BookState::Buffering);
    assert!(desk.book.wants_snapshot());
    assert_eq!(desk.fetched(8), APPLIED, "7 to 9 spans it");
    assert_eq!(
        (desk.book.state(), desk.book.last_update_id()),
        (BookState::Live, Some(9))
    );
    assert_eq!(desk.best_bid(), "5x100");
    assert_eq!(desk.delta(span(10, 10)), APPLIED);
    assert_eq!(desk.delta(span(9, 12)), APPLIED, "an overlap is no gap");
    assert_eq!(
        desk.told(),
        [
            record(SessionStart, Some((5, 6)), ""),
            record(BookUnsynced, None, "no snapshot"),
            record(BookSynced, Some((9, 9)), ""),
        ]
    );
}

#[test]
fn a_snapshot_right_before_the_first_delta_joins() {
    let mut desk = Desk::new(BookRule::FirstAfterLast);
    desk.delta(span(5, 6));
    assert_eq!(desk.fetched(4), APPLIED);
    assert_eq!(desk.book.last_update_id(), Some(6));
}

#[test]
fn a_snapshot_ahead_of_the_stream_waits_for_it() {
    let mut desk = Desk::new(BookRule::FirstAfterLast);
    desk.delta(span(5, 6));
    assert_eq!(desk.fetched(8), APPLIED);
    assert_eq!(desk.best_bid(), "1x100");
    assert_eq!(desk.delta(span(7, 7)), NOT_APPLIED, "it is in the snapshot");
    assert_eq!(desk.delta(span(8, 9)), APPLIED);
    assert_eq!(desk.best_bid(), "5x100");
}

#[test]
fn a_gap_is_exact_and_needs_a_newer_snapshot() {
    let mut desk = Desk::new(BookRule::FirstAfterLast);
    desk.delta(span(1, 2));
    desk.fetched(2);
    desk.told();
    assert_eq!(
        desk.delta(span(6, 7)),
        remarked(IssueCode::SequenceGap, false)
    );
    assert_eq!(
        (desk.book.state(), desk.best_bid().as_str()),
        (BookState::Unsynced, "none")
    );
    assert_eq!(
        desk.told(),
        [
            record(GapOpened, Some((3, 5)), ""),
            record(BookUnsynced, Some((3, 5)), "gap"),
        ]
    );
    assert_eq!(desk.fetched(4), NOT_APPLIED);
    assert_eq!(desk.delta(span(8, 8)), NOT_APPLIED);
    assert_eq!(desk.fetched(5), APPLIED);
    assert_eq!(desk.told(), [record(BookSynced, Some((8, 8)), "")]);
    assert_eq!(desk.book.missing().collect::<Vec<_>>(), [(3, 5)]);
    assert_eq!(
        desk.delta(span(4, 5)),
        remarked(IssueCode::OutOfOrder, false)
    );
    assert_eq!(desk.told(), [record(GapFilled, Some((4, 5)), "")]);
    assert_eq!(desk.delta(span(4, 5)), Outcome::Duplicate);
    assert_eq!(desk.book.missing().collect::<Vec<_>>(), [(3, 3)]);
}

#[test]
fn late_deltas_that_fill_a_gap_mend_the_book() {
    let mut desk = Desk::new(BookRule::PrevIsLast);
    desk.delta(after(0, 10));
    desk.fetched(10);
    desk.delta(after(20, 30));
    desk.told();
    assert_eq!(
        desk.delta(after(10, 20)),
        remarked(IssueCode::OutOfOrder, true)
    );
    assert_eq!(
        desk.told(),
        [
            record(GapFilled, Some((11, 20)), ""),
            record(BookSynced, Some((30, 30)), ""),
        ]
    );
}

#[test]
fn binance_futures_join_by_the_previous_id() {
    for snapshot in [15, 18, 20] {
        let mut desk = Desk::new(BookRule::PrevIsLast);
        desk.delta(after(5, 10));
        desk.delta(after(10, 20));
        assert_eq!(desk.fetched(snapshot), APPLIED);
        assert_eq!(desk.delta(after(20, 25)), APPLIED);
        assert_eq!(
            desk.delta(after(27, 30)),
            remarked(IssueCode::SequenceGap, false)
        );
        assert_eq!(desk.book.missing().collect::<Vec<_>>(), [(26, 27)]);
    }
}

#[test]
fn a_previous_id_that_is_no_id_of_the_stream_breaks_the_book() {
    let mut desk = Desk::new(BookRule::PrevIsLast);
    desk.delta(after(5, 10));
    desk.fetched(10);
    desk.told();
    assert_eq!(desk.delta(after(8, 12)), NOT_APPLIED);
    assert_eq!(
        desk.told(),
        [record(
            BookUnsynced,
            Some((10, 10)),
            "update ids do not join"
        )]
    );
    assert_eq!(desk.fetched(12), APPLIED);
}

#[test]
fn okx_joins_keeps_alive_and_renumbers() {
    let mut desk = Desk::new(BookRule::PrevIsLastOrChecksum);
    assert_eq!(desk.pushed(after(-1, 1_000)), APPLIED);
    assert_eq!(desk.delta(after(1_000, 1_007)), APPLIED);
    assert_eq!(
        desk.delta(after(1_007, 1_007).at(1_100)),
        NOT_APPLIED,
        "keep-alive"
    );
    assert_eq!(desk.book.state(), BookState::Live);
    desk.told();
    assert_eq!(
        desk.delta(after(1_007, 3).at(1_200)),
        APPLIED,
        "after maintenance"
    );
    assert_eq!(desk.told(), [record(SequenceReset, Some((3, 3)), "")]);
    assert_eq!(desk.delta(after(3, 9).at(1_300)), APPLIED);
    assert_eq!(desk.book.last_update_id(), Some(9));
    assert_eq!(
        desk.delta(after(12, 15).at(1_400)),
        remarked(IssueCode::SequenceGap, false)
    );
    assert_eq!(
        desk.told(),
        [
            record(GapOpened, Some((10, 12)), ""),
            record(BookUnsynced, Some((10, 12)), "gap"),
        ]
    );
    assert_eq!(
        desk.pushed(after(-1, 18).at(1_500)),
        remarked(IssueCode::SequenceGap, true)
    );
    assert_eq!(
        desk.told(),
        [
            record(GapOpened, Some((16, 18)), ""),
            record(BookSynced, Some((18, 18)), ""),
        ]
    );
}

#[test]
fn a_snapshot_from_before_a_renumbering_is_not_used() {
    let mut desk = Desk::new(BookRule::PrevIsLastOrChecksum);
    desk.pushed(after(-1, 1_000));
    desk.delta(after(1_000, 3).at(1_200));
    desk.delta(after(5, 9).at(1_300));
    let old = Ids {
        last: Some(1_000),
        time: Some(1_000),
        ..Ids::default()
    };
    assert_eq!(
        desk.send(BookAction::Snapshot, BookOrigin::Rest, old, [&BIDS, &ASKS]),
        NOT_APPLIED
    );
    assert_eq!(desk.book.state(), BookState::Unsynced);
}

#[test]
fn a_delta_before_the_first_pushed_snapshot_is_not_applied() {
    for rule in [BookRule::PrevIsLastOrChecksum, BookRule::LastPlusOne] {
        let mut desk = Desk::new(rule);
        assert_eq!(desk.delta(after(6, 7)), NOT_APPLIED);
        assert_eq!(desk.book.state(), BookState::Unsynced);
        assert_eq!(
            desk.told().last(),
            Some(&record(BookUnsynced, None, "no snapshot"))
        );
        desk.pushed(after(-1, 7));
        assert_eq!(desk.book.state(), BookState::Live);
    }
}

#[test]
fn bybit_counts_by_one_and_replaces_at_any_time() {
    let mut desk = Desk::new(BookRule::LastPlusOne);
    assert_eq!(desk.pushed(id(50)), APPLIED);
    assert_eq!(desk.delta(id(51)), APPLIED);
    assert_eq!(desk.pushed(id(52)), APPLIED);
    assert_eq!(desk.best_bid(), "1x100");
    desk.told();
    assert_eq!(desk.delta(id(54)), remarked(IssueCode::SequenceGap, false));
    assert_eq!(
        desk.told(),
        [
            record(GapOpened, Some((53, 53)), ""),
            record(BookUnsynced, Some((53, 53)), "gap"),
        ]
    );
    assert_eq!(desk.pushed(id(55)), APPLIED);
    assert_eq!(desk.told(), [record(BookSynced, Some((55, 55)), "")]);
    assert_eq!(desk.pushed(id(1).at(60)), APPLIED, "the service began anew");
    assert_eq!(desk.told(), [record(SequenceReset, Some((1, 1)), "")]);
    assert_eq!(desk.delta(id(2).at(61)), APPLIED);
    assert_eq!(
        desk.delta(id(55).at(55)),
        remarked(IssueCode::OutOfOrder, false),
        "from before the restart"
    );
    assert_eq!(desk.book.state(), BookState::Live);
}

#[test]
fn a_pushed_snapshot_of_another_line_does_not_set_a_live_book_back() {
    let mut desk = Desk::new(BookRule::LastPlusOne);
    desk.pushed(id(50));
    desk.delta(id(51));
    assert_eq!(desk.pushed(id(50)), remarked(IssueCode::OutOfOrder, false));
    assert_eq!(desk.book.last_update_id(), Some(51));
    assert_eq!(desk.delta(id(52)), APPLIED);
}

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

/// CRC-32 of `100:1:101:1:99:2:102:2`, by Python's `zlib.crc32`.
const CHECKSUM: i32 = -2076486480;

#[test]
fn a_live_checksum_is_checked_and_a_dead_one_is_not() {
    let unnumbered = |time, checksum| Ids {
        time: Some(time),
        checksum: Some(checksum),
        ..Ids::default()
    };
    let mut desk = Desk::new(BookRule::PrevIsLastOrChecksum);
    assert_eq!(desk.pushed(unnumbered(1, CHECKSUM)), APPLIED);
    assert_eq!(
        desk.delta(unnumbered(2, CHECKSUM)),
        remarked(IssueCode::ChecksumMismatch, false)
    );
    assert_eq!(desk.book.state(), BookState::Unsynced);
    assert_eq!(
        desk.told().last(),
        Some(&record(BookUnsynced, None, "checksum"))
    );
    assert_eq!(desk.delta(unnumbered(3, CHECKSUM)), NOT_APPLIED);
    assert_eq!(desk.pushed(unnumbered(4, CHECKSUM)), APPLIED);
    let mut desk = Desk::new(BookRule::PrevIsLastOrChecksum);
    assert_eq!(desk.pushed(unnumbered(1, 0)), APPLIED);
    assert_eq!(desk.delta(unnumbered(2, 0)), APPLIED);
    assert_eq!(
        desk.delta(unnumbered(1, 0)),
        remarked(IssueCode::OutOfOrder, false)
    );
    assert_eq!(
        desk.book.state(),
        BookState::Unsynced,
        "nothing else tells that the order was wrong"
    );
}

#[test]
fn whole_books_are_ordered_by_their_ids() {
    let mut desk = Desk::new(BookRule::Snapshots);
    assert_eq!(desk.pushed(id(5)), APPLIED);
    assert_eq!(desk.pushed(id(9)), APPLIED);
    assert_eq!(
        desk.pushed(id(9).at(20)),
        APPLIED,
        "a repeat with a new time"
    );
    let again = desk.send_again(
        BookAction::Snapshot,
        BookOrigin::Wire,
        id(9).at(20),
        [&BIDS, &ASKS],
    );
    assert_eq!(again, Outcome::Duplicate);
    assert_eq!(desk.pushed(id(7)), remarked(IssueCode::OutOfOrder, false));
    assert_eq!(desk.pushed(id(1).at(30)), APPLIED, "the service began anew");
    assert!(!desk.book.wants_snapshot());
    assert_eq!(
        desk.told(),
        [
            record(SessionStart, Some((5, 5)), ""),
            record(SequenceReset, Some((1, 1)), ""),
        ]
    );
}

#[test]
fn ids_that_start_anew_restart_the_numbering() {
    let mut desk = Desk::new(BookRule::FirstAfterLast);
    desk.delta(span(1_000, 1_009));
    desk.fetched(1_009);
    desk.told();
    assert_eq!(
        desk.delta(span(1_001, 1_002).at(2_000)),
        remarked(IssueCode::SequenceJump, false)
    );
    assert_eq!(desk.book.state(), BookState::Unsynced);
    assert_eq!(
        desk.delta(span(1_003, 1_004).at(2_001)),
        remarked(IssueCode::SequenceJump, false)
    );
    assert_eq!(
        desk.told(),
        [
            record(BookUnsynced, Some((1_009, 1_009)), "sequence jump"),
            record(SequenceReset, Some((1_004, 1_004)), ""),
        ]
    );
    assert_eq!(desk.fetched(1_004), APPLIED);
    assert_eq!(desk.delta(span(1_005, 1_005).at(2_002)), APPLIED);
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
fn a_repeated_reply_is_a_duplicate() {
    let mut desk = Desk::new(BookRule::FirstAfterLast);
    desk.fetched(1);
    let reply = Ids {
        last: Some(1),
        ..Ids::default()
    };
    let again = desk.send_again(
        BookAction::Snapshot,
        BookOrigin::Rest,
        reply,
        [&BIDS, &ASKS],
    );
    assert_eq!(again, Outcome::Duplicate);
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

#[test]
fn whole_books_without_a_time_follow_ids_that_began_anew() {
    let mut desk = Desk::new(BookRule::Snapshots);
    let mut sent = |last, seconds: i64| {
        desk.received = Some(UnixNanos::new(seconds * 1_000_000_000));
        let ids = Ids {
            last: Some(last),
            ..Ids::default()
        };
        let outcome = desk.pushed(ids);
        (outcome, desk.book.last_update_id())
    };
    let late = remarked(IssueCode::OutOfOrder, false);
    assert_eq!(sent(9_000, 0), (APPLIED, Some(9_000)));
    for last in 1_000..1_100 {
        assert_eq!(sent(last, 1), (late, Some(9_000)), "a slower line at once");
    }
    assert_eq!(sent(9_001, 2), (APPLIED, Some(9_001)));
    for last in 1..=60 {
        assert_eq!(sent(last, 2 + last), (late, Some(9_001)), "{last}");
    }
    assert_eq!(sent(61, 63), (APPLIED, Some(61)));
    assert_eq!(sent(62, 64), (APPLIED, Some(62)));
    let told = desk.told();
    assert_eq!(told[1..], [(SequenceReset, Some((61, 61)), String::new())]);
}

#[test]
fn a_second_line_of_whole_books_may_be_4000_messages_behind() {
    let mut desk = Desk::new(BookRule::Snapshots);
    let mut send = |last: i64| {
        let ids = Ids {
            last: Some(last),
            ..Ids::default()
        };
        desk.hash = last.unsigned_abs();
        desk.send_again(BookAction::Snapshot, BookOrigin::Wire, ids, [&BIDS, &ASKS])
    };
    for last in 1..10_000 {
        assert_eq!(send(last), APPLIED);
        if last > 4_000 {
            assert_eq!(send(last - 4_000), Outcome::Duplicate);
        }
    }
}

#[test]
fn a_change_in_a_stream_of_whole_books_is_no_book() {
    let mut desk = Desk::new(BookRule::Snapshots);
    assert_eq!(desk.pushed(id(1)), APPLIED);
    desk.told();
    assert_eq!(desk.delta(id(2)), NOT_APPLIED);
    assert_eq!(desk.book.state(), BookState::Unsynced);
    assert_eq!(desk.best_bid(), "none");
    assert_eq!(desk.pushed(id(3)), APPLIED);
    let told: Vec<_> = desk.told().into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(told, [BookUnsynced, BookSynced]);
}

#[test]
fn a_reply_far_ahead_of_the_stream_is_not_believed() {
    let mut desk = Desk::new(BookRule::FirstAfterLast);
    desk.delta(span(90, 100));
    assert_eq!(desk.fetched(i64::MAX), NOT_APPLIED);
    assert!(desk.book.wants_snapshot());
    assert_eq!(desk.fetched(100), APPLIED);
    assert_eq!(desk.delta(span(101, 101)), APPLIED);
}

#[test]
fn what_a_slower_line_had_before_the_numbering_began_anew_changes_nothing() {
    let mut desk = Desk::new(BookRule::LastPlusOne);
    desk.pushed(id(1_000).at(10));
    desk.delta(id(1_001).at(11));
    desk.pushed(id(1).at(100));
    desk.delta(id(2).at(101));
    desk.told();
    let late = remarked(IssueCode::OutOfOrder, false);
    assert_eq!(desk.delta(id(1_004).at(14)), late);
    assert_eq!(desk.pushed(id(1_005).at(15)), late);
    assert_eq!(desk.book.last_update_id(), Some(2));
    assert_eq!(desk.told(), []);
    assert_eq!(desk.delta(id(3).at(102)), APPLIED);
    assert_eq!(desk.book.missing().count(), 0);
}
