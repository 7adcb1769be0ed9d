//! Streams of whole books.

use super::*;

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
