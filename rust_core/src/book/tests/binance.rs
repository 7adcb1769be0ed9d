//! Deltas of Binance and the snapshots that they join.

use super::*;

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
fn a_reply_far_ahead_of_the_stream_is_not_believed() {
    let mut desk = Desk::new(BookRule::FirstAfterLast);
    desk.delta(span(90, 100));
    assert_eq!(desk.fetched(i64::MAX), NOT_APPLIED);
    assert!(desk.book.wants_snapshot());
    assert_eq!(desk.fetched(100), APPLIED);
    assert_eq!(desk.delta(span(101, 101)), APPLIED);
}
