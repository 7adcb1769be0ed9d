use super::*;
use crate::cleaning::fixture::{Fixture, NOW_MS, RECEIVED, told};
use crate::cleaning::{BookInfo, SnapshotSource};
use crate::model::{
    BookDepth, BookKeys, BookOrigin, BookStream, CoverageKind, ProofLevel, RawLevel,
};

const fn stream(channel: &'static str, depth: BookDepth, continuity: BookRule) -> BookStream {
    BookStream {
        channel,
        depth,
        continuity,
        gap_proof: ProofLevel::ProvenGap,
        time_type: JsonType::Number,
        keys: BookKeys {
            symbol: "s",
            first_id: "U",
            last_id: "u",
            prev_id: "pu",
            time: "E",
            bids: "b",
            asks: "a",
        },
    }
}

static DEPTH: BookStream = stream("depth", BookDepth::L2, BookRule::FirstAfterLast);
static FUTURES: BookStream = stream("futures", BookDepth::L2, BookRule::PrevIsLast);
static TOP: BookStream = stream("bookTicker", BookDepth::L1, BookRule::Snapshots);

const fn level(price: &'static str, quantity: &'static str) -> RawLevel<'static> {
    RawLevel {
        price: price.as_bytes(),
        quantity: quantity.as_bytes(),
    }
}

const BIDS: &[RawLevel<'static>] = &[level("100.50", "2"), level("99", "0")];
const ASKS: &[RawLevel<'static>] = &[level("101", "3")];

fn raw(stream: &'static BookStream) -> RawBook<'static> {
    RawBook {
        stream,
        action: BookAction::Delta,
        origin: BookOrigin::Wire,
        stream_symbol: None,
        symbol: RawField::Text(b"BTC"),
        first_id: RawField::Number(b"11"),
        last_id: RawField::Number(b"12"),
        prev_id: RawField::Missing,
        time: RawField::Number(b"1790526539672"),
        published: RawField::Missing,
        bids: BIDS,
        asks: ASKS,
        checksum: RawField::Missing,
        metadata: &[],
        content: b"{}",
        has_byte_order_mark: false,
    }
}

fn snapshot(id: &'static str) -> RawBook<'static> {
    RawBook {
        action: BookAction::Snapshot,
        origin: BookOrigin::Rest,
        first_id: RawField::Missing,
        last_id: RawField::Number(id.as_bytes()),
        time: RawField::Missing,
        content: id.as_bytes(),
        ..raw(&DEPTH)
    }
}

fn shown(event: &BookEvent<'_>) -> String {
    let side = |levels: &[Level]| {
        let levels = levels
            .iter()
            .map(|level| format!("{}x{}", level.price, level.quantity));
        levels.collect::<Vec<_>>().join(",")
    };
    format!("{}|{}", side(event.bids), side(event.asks))
}

fn clean(fixture: &mut Fixture, raw: &RawBook<'_>) -> String {
    let (counters, reports) = (&mut fixture.counters, &mut fixture.reports);
    let verdict = fixture
        .pipeline
        .clean_book(raw, RECEIVED, counters, reports);
    told(verdict, |event| (shown(event), event.head.issues))
}

fn kinds(fixture: &mut Fixture) -> Vec<CoverageKind> {
    fixture
        .reports
        .drain(..)
        .map(|report| report.kind)
        .collect()
}

#[test]
fn a_book_goes_live_with_its_snapshot_and_is_told_when_one_is_due() {
    let mut fixture = Fixture::new(None);
    assert_eq!(clean(&mut fixture, &raw(&DEPTH)), "100.5x2,99x0|101x3");
    let request = |fixture: &Fixture| {
        let mut books = fixture.pipeline.books();
        books.next().map(
            |BookInfo {
                 wants_snapshot,
                 source,
                 ..
             }| (wants_snapshot, source),
        )
    };
    assert_eq!(request(&fixture), Some((true, SnapshotSource::Rest)));
    let untimed = RawBook {
        time: RawField::Missing,
        ..snapshot("10")
    };
    assert_eq!(clean(&mut fixture, &untimed), "100.5x2,99x0|101x3");
    assert_eq!(request(&fixture), Some((false, SnapshotSource::Rest)));
    let (index, event) = fixture.pipeline.due_snapshot(1).unwrap();
    assert_eq!((index, shown(&event)), (0, "100.5x2|101x3".to_owned()));
    assert_eq!(
        (event.origin, event.last_update_id),
        (BookOrigin::Book, Some(12))
    );
    let time = event.head.timestamp.map(|time| time.get() / 1_000_000);
    assert_eq!(time, Some(NOW_MS), "that of update 12");
    assert!(fixture.pipeline.due_snapshot(1).is_none());
    let next = RawBook {
        first_id: RawField::Number(b"13"),
        last_id: RawField::Number(b"13"),
        content: b"next",
        ..raw(&DEPTH)
    };
    assert_eq!(clean(&mut fixture, &next), "100.5x2,99x0|101x3");
    assert!(fixture.pipeline.due_snapshot(3).is_none());
    assert_eq!(clean(&mut fixture, &next), "duplicate");
    kinds(&mut fixture);
    let after = RawBook {
        first_id: RawField::Number(b"15"),
        last_id: RawField::Number(b"15"),
        content: b"after",
        ..next
    };
    assert_eq!(
        clean(&mut fixture, &after),
        "100.5x2,99x0|101x3 sequence_gap"
    );
    assert_eq!(
        kinds(&mut fixture),
        [CoverageKind::GapOpened, CoverageKind::BookUnsynced]
    );
    let gaps = fixture.pipeline.gaps();
    assert_eq!((gaps.len(), gaps[0].first, gaps[0].last), (1, 14, 14));
    assert_eq!(fixture.counters.gaps_opened, 1);
}

#[test]
fn contracts_become_what_they_stand_for() {
    let mut fixture = Fixture::new(Some("0.01"));
    assert_eq!(
        clean(&mut fixture, &raw(&DEPTH)),
        "100.5x0.02,99x0|101x0.03"
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn faults_are_found_in_the_order_of_the_stages() {
    let mut fixture = Fixture::new(None);
    let many = vec![level("1", "1"); MAX_LEVELS];
    let precise = [level("1.000000000000000000000000000000000000001", "1")];
    let unknown = RawField::Text(b"ETH");
    for (raw, expected) in [
        (
            RawBook {
                symbol: RawField::Missing,
                ..raw(&DEPTH)
            },
            "missing 1 s",
        ),
        (
            RawBook {
                first_id: RawField::Missing,
                ..raw(&DEPTH)
            },
            "missing 1 U",
        ),
        (
            RawBook {
                bids: &many,
                ..raw(&DEPTH)
            },
            "frame_too_large 1 b",
        ),
        (raw(&FUTURES), "missing 1 pu"),
        (
            RawBook {
                prev_id: RawField::Number(b"-2"),
                ..raw(&FUTURES)
            },
            "id 2 pu",
        ),
        (
            RawBook {
                last_id: RawField::Number(b"9223372036854775808"),
                ..raw(&DEPTH)
            },
            "id 2 u",
        ),
        (
            RawBook {
                first_id: RawField::Number(b"13"),
                ..raw(&DEPTH)
            },
            "id 2 U",
        ),
        (
            RawBook {
                time: RawField::Number(b"5"),
                ..raw(&DEPTH)
            },
            "timestamp 2 E",
        ),
        (
            RawBook {
                checksum: RawField::Number(b"2147483648"),
                ..raw(&DEPTH)
            },
            "id 2 checksum",
        ),
        (
            RawBook {
                asks: &[level("1", "x")],
                symbol: unknown,
                ..raw(&DEPTH)
            },
            "decimal_syntax 2 a",
        ),
        (
            RawBook {
                bids: &precise,
                symbol: unknown,
                ..raw(&DEPTH)
            },
            "unknown_symbol 3 s",
        ),
        (
            RawBook {
                bids: &precise,
                ..raw(&DEPTH)
            },
            "precision 4 b",
        ),
    ] {
        assert_eq!(clean(&mut fixture, &raw), expected);
    }
    assert_eq!(fixture.counters.quarantined(), 12);
    assert!(fixture.reports.is_empty());
}

#[test]
fn what_is_odd_is_kept_and_flagged() {
    let mut fixture = Fixture::new(None);
    let top = RawBook {
        action: BookAction::Snapshot,
        first_id: RawField::Missing,
        ..raw(&TOP)
    };
    let crossed = RawBook {
        bids: &[level("101", "1")],
        ..top
    };
    assert_eq!(clean(&mut fixture, &crossed), "101x1|101x3 crossed_book");
    let old = (NOW_MS - 61_000).to_string();
    let stale = RawBook {
        last_id: RawField::Text(b"13"),
        time: RawField::Number(old.as_bytes()),
        content: b"b",
        ..top
    };
    assert_eq!(
        clean(&mut fixture, &stale),
        "100.5x2,99x0|101x3 unexpected_json_type stale_timestamp time_reversed"
    );
    let quiet = RawBook {
        last_id: RawField::Number(b"14"),
        published: RawField::Number(b"1790526539672"),
        content: b"c",
        ..stale
    };
    assert_eq!(clean(&mut fixture, &quiet), "100.5x2,99x0|101x3");
    let empty = RawBook {
        last_id: RawField::Number(b"15"),
        asks: &[level("0.00000000", "0.00000000")],
        content: b"d",
        ..quiet
    };
    assert_eq!(clean(&mut fixture, &empty), "100.5x2,99x0|");
}
