//! Snapshots by REST: what follows them, and what they show.

use super::*;

#[test]
fn what_lies_between_a_snapshot_and_the_first_delta_is_missing() {
    for rule in [BookRule::FirstAfterLast, BookRule::PrevIsLast] {
        let mut desk = Desk::new(rule);
        assert_eq!(desk.fetched(10), APPLIED);
        desk.told();
        let gap = remarked(IssueCode::SequenceGap, false);
        assert_eq!(desk.delta(joined(rule, 15, 16)), gap, "{rule:?}");
        assert_eq!(
            desk.told(),
            [
                record(GapOpened, Some((11, 14)), ""),
                record(BookUnsynced, Some((11, 14)), "gap"),
            ]
        );
        assert_eq!(
            desk.delta(joined(rule, 11, 14)),
            remarked(IssueCode::OutOfOrder, true)
        );
        assert_eq!(
            desk.told(),
            [
                record(GapFilled, Some((11, 14)), ""),
                record(BookSynced, Some((16, 16)), ""),
            ]
        );
        assert_eq!(desk.book.end(None).unwrap().ids, Some((11, 16)));
    }
}

#[test]
fn a_first_delta_that_is_absurdly_far_ahead_is_no_gap_to_count() {
    let mut desk = Desk::new(BookRule::FirstAfterLast);
    desk.fetched(10);
    desk.told();
    desk.delta(span(i64::MAX - 1, i64::MAX));
    assert_eq!(desk.told(), [record(BookUnsynced, Some((10, 10)), "gap")]);
    assert_eq!(desk.book.missing().count(), 0);
}

#[test]
fn a_reply_is_no_book_of_a_channel_that_begins_with_a_pushed_snapshot() {
    for rule in [BookRule::LastPlusOne, BookRule::PrevIsLastOrChecksum] {
        let mut desk = Desk::new(rule);
        assert_eq!(desk.fetched(10), NOT_APPLIED, "{rule:?}");
        assert_eq!(desk.book.state(), BookState::Buffering);
        assert!(
            !desk.book.wants_snapshot(),
            "nobody may listen to the channel"
        );
        desk.delta(joined(rule, 11, 11));
        assert!(desk.book.wants_snapshot());
        assert_eq!(desk.fetched(10), APPLIED, "a stream follows it");
        assert_eq!(desk.book.last_update_id(), Some(11));
    }
}

#[test]
fn a_reply_with_fewer_levels_than_asked_for_is_the_whole_book() {
    for (limit, wears) in [(None, true), (Some(2), true), (Some(3), false)] {
        let mut desk = Desk::new(BookRule::FirstAfterLast);
        desk.asked_levels = limit;
        desk.fetched(1);
        desk.asked_levels = None;
        let left: [&[Quote]; 2] = [&[("100", "0"), ("99", "0"), ("90", "1")], &[("110", "1")]];
        desk.send(BookAction::Delta, BookOrigin::Wire, span(2, 2), left);
        assert_eq!(desk.book.wants_snapshot(), wears, "{limit:?}");
        let asks = desk.book.asks().count();
        assert_eq!(asks, if wears { 2 } else { 3 }, "{limit:?}");
    }
}

#[test]
fn a_message_from_far_below_says_nothing_of_what_was_missed() {
    let mut desk = Desk::new(BookRule::PrevIsLast);
    desk.delta(after(5_000_000_000, 5_000_000_010));
    desk.told();
    let late = remarked(IssueCode::OutOfOrder, false);
    assert_eq!(desk.delta(after(1, 2)), late);
    assert_eq!(desk.told(), []);
    assert_eq!(desk.delta(after(4_999_999_000, 4_999_999_001)), late);
    let gap = Some((4_999_999_002, 5_000_000_000));
    assert_eq!(desk.told(), [record(GapOpened, gap, "")]);
}

#[test]
fn what_is_missing_is_remembered_for_so_long_and_then_counted() {
    let mut desk = Desk::new(BookRule::FirstAfterLast);
    for number in 0..10_003 {
        desk.delta(span(number * 2, number * 2));
    }
    assert_eq!(desk.book.missing().count(), 10_000);
    assert_eq!(desk.book.missing().next(), Some((5, 5)));
    assert_eq!(desk.book.forgotten(), 2);
    desk.book.stop(None);
    for number in 0..10_003 {
        desk.delta(span(number * 2 + 100_000, number * 2 + 100_000));
    }
    assert_eq!(desk.book.missing().count(), 20_000);
    assert_eq!(desk.book.forgotten(), 4);
}
