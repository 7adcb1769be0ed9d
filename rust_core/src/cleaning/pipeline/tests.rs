use super::*;
use crate::cleaning::fixture::{Fixture, NOW_MS, RECEIVED, told};
use crate::model::{JsonType, ProofLevel, SideForm, TradeKeys, TradeStream};

const fn stream(channel: &'static str, ids: IdForm, side_form: SideForm) -> TradeStream {
    TradeStream {
        channel,
        ids,
        gap_proof: ProofLevel::Inferred,
        side_form,
        id_type: JsonType::Text,
        time_type: JsonType::Any,
        keys: TradeKeys {
            symbol: "instId",
            id: "tradeId",
            price: "px",
            quantity: "sz",
            time: "ts",
            side: "side",
        },
    }
}

static COUNTED: TradeStream = stream("trades", IdForm::Counted, SideForm::Taker);
static GROWING: TradeStream = stream("growing", IdForm::Growing, SideForm::Taker);
static TEXT: TradeStream = stream("publicTrade", IdForm::Text, SideForm::Taker);
static MAKER: TradeStream = stream("trade", IdForm::Counted, SideForm::BuyerIsMaker);

const METADATA: &[(&str, &[u8])] = &[("source", b"1")];

fn raw(stream: &'static TradeStream, id: &'static str) -> RawTrade<'static> {
    RawTrade {
        stream,
        stream_symbol: None,
        symbol: RawField::Text(b"BTC"),
        id: RawField::Text(id.as_bytes()),
        id_count: RawField::Missing,
        price: RawField::Text(b"84000.5"),
        quantity: RawField::Text(b"2"),
        time: RawField::Number(b"1790526539672"),
        published: RawField::Missing,
        side: RawField::Text(b"Sell"),
        first_id: RawField::Missing,
        last_id: RawField::Missing,
        metadata: METADATA,
        has_byte_order_mark: false,
    }
}

fn clean(fixture: &mut Fixture, raw: &RawTrade<'_>) -> String {
    let (counters, reports) = (&mut fixture.counters, &mut fixture.reports);
    let verdict = fixture.pipeline.clean(raw, RECEIVED, counters, reports);
    told(verdict, |event| {
        assert_eq!(event.metadata, METADATA);
        let id = match event.native_id {
            NativeId::Number(id) => id.to_string(),
            NativeId::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
        };
        (
            format!("{id} {:?} {}", event.side, event.quantity),
            event.issues,
        )
    })
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn the_stream_says_what_is_usual() {
    let mut fixture = Fixture::new(Some("0.1"));
    assert_eq!(clean(&mut fixture, &raw(&COUNTED, "5")), "5 Sell 0.2");
    let maker = RawTrade {
        side: RawField::Bool(false),
        ..raw(&MAKER, "1")
    };
    assert_eq!(clean(&mut fixture, &maker), "1 Buy 0.2");
    for (raw, expected) in [
        (
            RawTrade {
                id: RawField::Number(b"6"),
                ..raw(&COUNTED, "")
            },
            "6 Sell 0.2 unexpected_json_type",
        ),
        (
            RawTrade {
                time: RawField::Text(b"1790526539672"),
                ..raw(&COUNTED, "7")
            },
            "7 Sell 0.2",
        ),
        (
            RawTrade {
                side: RawField::Bool(true),
                ..raw(&COUNTED, "8")
            },
            "side 1 side",
        ),
        (
            RawTrade {
                side: RawField::Text(b"buy"),
                ..raw(&MAKER, "8")
            },
            "side 1 side",
        ),
        (
            RawTrade {
                price: RawField::Missing,
                ..raw(&COUNTED, "8")
            },
            "missing 1 px",
        ),
        (
            RawTrade {
                id: RawField::Text(b"a8"),
                ..raw(&COUNTED, "")
            },
            "id 2 tradeId",
        ),
        (
            RawTrade {
                id: RawField::Text(b"a8"),
                ..raw(&GROWING, "")
            },
            "id 2 tradeId",
        ),
        (
            RawTrade {
                id: RawField::Text(b""),
                ..raw(&TEXT, "")
            },
            "id 2 tradeId",
        ),
        (
            RawTrade {
                id_count: RawField::Text(b"0"),
                ..raw(&COUNTED, "8")
            },
            "id 2 count",
        ),
        (
            RawTrade {
                id_count: RawField::Text(b"10"),
                ..raw(&COUNTED, "8")
            },
            "id 2 count",
        ),
        (
            RawTrade {
                symbol: RawField::Text(b"ETH"),
                ..raw(&COUNTED, "8")
            },
            "unknown_symbol 3 instId",
        ),
    ] {
        assert_eq!(clean(&mut fixture, &raw), expected);
    }
}

#[test]
fn an_event_of_several_ids_leaves_no_hole() {
    let mut fixture = Fixture::new(None);
    let trade = |id, count: &'static str| RawTrade {
        id_count: RawField::Text(count.as_bytes()),
        ..raw(&COUNTED, id)
    };
    for (raw, expected) in [
        (trade("12", "3"), "12 Sell 2"),
        (trade("15", "3"), "15 Sell 2"),
        (trade("17", "4"), "17 Sell 2"),
        (trade("17", "4"), "duplicate"),
        (trade("30", "3"), "30 Sell 2 sequence_gap"),
        (trade("24", "10"), "24 Sell 2 out_of_order"),
    ] {
        assert_eq!(clean(&mut fixture, &raw), expected);
    }
    fixture
        .pipeline
        .end_push(|_, report| fixture.reports.push(report));
    let stated: Vec<_> = fixture
        .reports
        .iter()
        .map(|one| (one.kind, one.ids))
        .collect();
    assert_eq!(
        stated,
        [
            (CoverageKind::SessionStart, Some((10, 12))),
            (CoverageKind::GapOpened, Some((18, 27))),
            (CoverageKind::GapFilled, Some((18, 24))),
        ]
    );
    let gaps = fixture.pipeline.gaps();
    assert_eq!((gaps.len(), gaps[0].first, gaps[0].last), (1, 25, 27));
}

#[test]
fn texts_are_known_again_and_growing_ids_have_an_order() {
    let mut fixture = Fixture::new(None);
    let uuid = "2ec4bd9d-ad0e-56b8-9fd4-9a1b3cf4e1d1";
    assert_eq!(
        clean(&mut fixture, &raw(&TEXT, uuid)),
        format!("{uuid} Sell 2")
    );
    assert_eq!(clean(&mut fixture, &raw(&TEXT, uuid)), "duplicate");
    let other = RawTrade {
        quantity: RawField::Text(b"3"),
        ..raw(&TEXT, uuid)
    };
    assert_eq!(clean(&mut fixture, &other), "id_conflict 6 tradeId");
    assert_eq!(clean(&mut fixture, &raw(&TEXT, "17")), "17 Sell 2");
    let early = (NOW_MS - 1).to_string();
    let early = RawTrade {
        time: RawField::Number(early.as_bytes()),
        ..raw(&TEXT, "16")
    };
    assert_eq!(clean(&mut fixture, &early), "16 Sell 2 time_reversed");
    for (id, expected) in [
        ("100", "100 Sell 2"),
        ("90", "90 Sell 2 out_of_order"),
        ("900", "900 Sell 2"),
        ("90", "duplicate"),
    ] {
        assert_eq!(clean(&mut fixture, &raw(&GROWING, id)), expected);
    }
    assert!(fixture.pipeline.gaps().is_empty());
    assert_eq!(fixture.pipeline.last_received().count(), 2);
}
