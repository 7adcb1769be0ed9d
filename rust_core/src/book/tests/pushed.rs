//! Streams that begin with a pushed snapshot: OKX and Bybit.

use super::*;

/// CRC-32 of `100:1:101:1:99:2:102:2`, by Python's `zlib.crc32`.
const CHECKSUM: i32 = -2076486480;

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
fn a_service_that_begins_anew_within_the_same_millisecond_is_believed() {
    let mut desk = Desk::new(BookRule::LastPlusOne);
    desk.pushed(id(50).at(60));
    desk.delta(id(51).at(60));
    desk.told();
    assert_eq!(desk.pushed(id(1).at(60)), APPLIED);
    assert_eq!(desk.told(), [record(SequenceReset, Some((1, 1)), "")]);
    assert_eq!(desk.delta(id(2).at(61)), APPLIED);
    let late = remarked(IssueCode::OutOfOrder, false);
    assert_eq!(desk.pushed(id(1).at(59)), late, "of another line, long ago");
    assert_eq!(desk.book.last_update_id(), Some(2));
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
fn a_bybit_snapshot_behind_the_stream_accounts_for_its_own_id() {
    let mut desk = Desk::new(BookRule::LastPlusOne);
    desk.pushed(id(50));
    desk.delta(id(53));
    desk.told();
    assert_eq!(desk.pushed(id(52)), remarked(IssueCode::OutOfOrder, true));
    assert_eq!(
        desk.told(),
        [
            record(GapFilled, Some((52, 52)), ""),
            record(BookSynced, Some((53, 53)), ""),
        ]
    );
    assert_eq!(desk.book.missing().collect::<Vec<_>>(), [(51, 51)]);
}

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
