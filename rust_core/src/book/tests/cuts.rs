//! The connection of a stream goes and comes back; a stream is given up on purpose.

use super::*;
use CoverageKind::SessionEnd;

const CUT: &str = "connection lost";

fn live(rule: BookRule) -> Desk {
    let mut desk = Desk::new(rule);
    match rule {
        BookRule::FirstAfterLast | BookRule::PrevIsLast => {
            desk.delta(joined(rule, 1, 2));
            desk.fetched(2);
        }
        _ => drop(desk.pushed(Ids {
            prev: None,
            ..id(2)
        })),
    }
    assert_eq!(desk.book.state(), BookState::Live, "{rule:?}");
    desk.told();
    desk
}

fn cut(desk: &mut Desk) {
    desk.book.distrust(CUT, None, &mut desk.reports);
    assert_eq!(desk.told(), [record(BookUnsynced, Some((2, 2)), CUT)]);
    let shown = (desk.best_bid(), desk.book.last_update_id());
    assert_eq!(shown, ("none".to_owned(), None));
}

const DELTAS: [BookRule; 4] = [
    BookRule::FirstAfterLast,
    BookRule::PrevIsLast,
    BookRule::PrevIsLastOrChecksum,
    BookRule::LastPlusOne,
];

#[test]
fn a_book_whose_stream_is_cut_is_not_live_and_heals_with_the_next_delta_that_joins() {
    for rule in DELTAS {
        let mut desk = live(rule);
        cut(&mut desk);
        assert!(!desk.book.wants_snapshot(), "nothing would follow it");
        desk.book.distrust(CUT, None, &mut desk.reports);
        assert_eq!(desk.told(), [], "said once");
        desk.book.reconnect();
        assert!(desk.book.wants_snapshot());
        assert_eq!(desk.delta(joined(rule, 3, 3)), APPLIED, "{rule:?}");
        assert_eq!(desk.told(), [record(BookSynced, Some((3, 3)), "")]);
        assert_eq!(desk.best_bid(), "5x100");
    }
}

#[test]
fn a_delta_that_does_not_join_is_a_gap_and_needs_a_snapshot() {
    for rule in DELTAS {
        let mut desk = live(rule);
        cut(&mut desk);
        let after_gap = remarked(IssueCode::SequenceGap, false);
        assert_eq!(desk.delta(joined(rule, 5, 5)), after_gap, "{rule:?}");
        assert_eq!(desk.told(), [record(GapOpened, Some((3, 4)), "")]);
        assert!(
            desk.book.wants_snapshot(),
            "a message says that the stream is back"
        );
        assert_eq!(desk.delta(joined(rule, 6, 6)), NOT_APPLIED);
        match rule {
            BookRule::FirstAfterLast | BookRule::PrevIsLast => drop(desk.fetched(5)),
            _ => drop(desk.pushed(id(6).at(7))),
        }
        assert_eq!(
            desk.told(),
            [record(BookSynced, Some((6, 6)), "")],
            "{rule:?}"
        );
    }
}

#[test]
fn a_reply_that_comes_while_the_stream_is_cut_is_not_used() {
    let mut desk = live(BookRule::FirstAfterLast);
    cut(&mut desk);
    assert_eq!(desk.fetched(9), NOT_APPLIED);
    assert_eq!(desk.book.state(), BookState::Unsynced);
    desk.book.reconnect();
    assert_eq!(desk.fetched(9), APPLIED);
    assert_eq!(desk.told(), [record(BookSynced, Some((9, 9)), "")]);
}

#[test]
fn a_snapshot_that_is_repeated_after_the_cut_is_the_book() {
    for rule in [
        BookRule::PrevIsLastOrChecksum,
        BookRule::LastPlusOne,
        BookRule::Snapshots,
    ] {
        let mut desk = live(rule);
        cut(&mut desk);
        let again = desk.send_again(
            BookAction::Snapshot,
            BookOrigin::Wire,
            Ids {
                prev: None,
                ..id(2)
            },
            [&BIDS, &ASKS],
        );
        assert_eq!(again, Outcome::Duplicate);
        assert_eq!(
            desk.told(),
            [record(BookSynced, Some((2, 2)), "")],
            "{rule:?}"
        );
        assert_eq!(desk.best_bid(), "1x100");
    }
}

#[test]
fn what_was_known_before_a_fault_is_not_the_book_again() {
    let mut desk = live(BookRule::Snapshots);
    let crossed = desk.send(
        BookAction::Snapshot,
        BookOrigin::Wire,
        id(3),
        [&ASKS, &BIDS],
    );
    assert_eq!(crossed, remarked(IssueCode::CrossedBook, false));
    assert_eq!(desk.pushed(id(2)), remarked(IssueCode::OutOfOrder, false));
    assert_eq!(desk.book.state(), BookState::Unsynced);
}

#[test]
fn a_stream_that_was_stopped_begins_anew_without_a_gap() {
    for rule in DELTAS {
        let mut desk = live(rule);
        desk.delta(joined(rule, 4, 4));
        desk.told();
        let end = desk.book.stop(None).unwrap();
        assert_eq!((end.kind, end.ids.unwrap().1), (SessionEnd, 4));
        assert_eq!(desk.book.state(), BookState::Buffering);
        assert_eq!(desk.book.stop(None), None);
        match rule {
            BookRule::FirstAfterLast | BookRule::PrevIsLast => {
                desk.delta(joined(rule, 50, 50));
                desk.fetched(50);
            }
            _ => drop(desk.pushed(Ids {
                prev: None,
                ..id(50)
            })),
        }
        let kinds: Vec<_> = desk.told().into_iter().map(|(kind, ..)| kind).collect();
        assert!(!kinds.contains(&GapOpened), "{rule:?}");
        assert_eq!(
            (kinds.first(), kinds.last()),
            (Some(&SessionStart), Some(&BookSynced))
        );
        assert_eq!(
            desk.book.missing().collect::<Vec<_>>(),
            [(3, 3)],
            "known as missing"
        );
    }
}
