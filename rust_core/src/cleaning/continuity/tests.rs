use super::*;

fn seen(id: u64, time: i64) -> Observation {
    let one = Decimal::new(1, 0).unwrap();
    let time = UnixNanos::new(time);
    Observation {
        id,
        first: id,
        time,
        published: None,
        received: Some(time),
        price: one,
        quantity: one,
    }
}

/// Feeds (id, time) pairs and tells what became of each, then what was stated.
fn run(events: &[(u64, i64)]) -> (Vec<Outcome>, Vec<(CoverageKind, u64, u64)>, Track) {
    let mut track = Track::new("trade", ProofLevel::Inferred);
    let mut reports = Vec::new();
    let outcomes = events
        .iter()
        .map(|(id, time)| track.observe(&seen(*id, *time), &mut reports))
        .collect();
    track.flush_fill(&mut reports);
    let stated = reports
        .iter()
        .map(|c| (c.kind, c.ids.unwrap().0, c.ids.unwrap().1))
        .collect();
    (outcomes, stated, track)
}

use Arrival::{AfterGap, First, InSequence, Jump, Late};
use CoverageKind::{GapFilled, GapOpened, SequenceReset, SessionStart};
use Outcome::{Accepted, Conflict, Duplicate};

#[test]
fn a_gap_opens_and_late_ids_close_it_as_one_record() {
    let (outcomes, stated, track) = run(&[(5, 1), (6, 2), (9, 3), (7, 2), (8, 2), (10, 4)]);
    assert_eq!(
        outcomes,
        [First, InSequence, AfterGap, Late, Late, InSequence].map(Accepted)
    );
    assert_eq!(
        stated,
        [(SessionStart, 5, 5), (GapOpened, 7, 8), (GapFilled, 7, 8)]
    );
    assert_eq!(track.missing().count(), 0);
}

#[test]
fn the_same_event_is_a_duplicate_and_another_content_a_conflict() {
    let (outcomes, _, _) = run(&[(5, 10), (6, 20), (5, 10), (5, 11), (6, 20)]);
    assert_eq!(outcomes[2..], [Duplicate, Conflict, Duplicate]);
}

#[test]
fn an_id_below_the_first_moves_the_first() {
    let (outcomes, stated, track) = run(&[(100, 10), (97, 7)]);
    assert_eq!(outcomes[1], Accepted(Late));
    assert_eq!(stated[1], (GapOpened, 98, 99));
    assert_eq!(track.range().unwrap().first, 97);
}

#[test]
fn one_jump_changes_nothing_and_a_second_near_it_switches_the_epoch() {
    let far = 2_000_000_000;
    let (outcomes, stated, track) = run(&[
        (100, 10),
        (103, 11),
        (far, 12),
        (104, 13),
        (far, 14),
        (far + 3, 15),
        (far + 4, 16),
    ]);
    assert_eq!(
        outcomes[2..],
        [Jump, InSequence, Jump, Jump, InSequence].map(Accepted)
    );
    assert_eq!(
        stated[2..],
        [
            (SequenceReset, far + 3, far + 3),
            (GapOpened, far + 1, far + 2)
        ]
    );
    assert_eq!(
        track.missing().collect::<Vec<_>>(),
        [(101, 102), (far + 1, far + 2)]
    );
}

#[test]
fn a_known_id_with_a_later_time_is_a_jump() {
    let (outcomes, stated, _) = run(&[(1_000, 10), (1_001, 11), (1_000, 50), (1_001, 51)]);
    assert_eq!(outcomes[2..], [Jump, Jump].map(Accepted));
    assert_eq!(stated[1], (SequenceReset, 1_001, 1_001));
}

#[test]
fn the_ends_of_the_number_range_do_not_overflow() {
    let (outcomes, _, _) = run(&[
        (u64::MAX - 1, 1),
        (u64::MAX, 2),
        (u64::MAX, 2),
        (0, 3),
        (1, 4),
    ]);
    assert_eq!(
        outcomes[1..],
        [
            Accepted(InSequence),
            Duplicate,
            Accepted(Jump),
            Accepted(Jump)
        ]
    );
}
