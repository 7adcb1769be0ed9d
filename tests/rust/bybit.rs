//! Bybit adapter: every recorded frame is what the recording's table says, both readers agree, and no
//! bytes make either of them panic.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "a test reads files and its environment, and reports by a panic"
)]

#[path = "recorded.rs"]
mod recorded;

use _core::adapters::bybit::{inverse::Inverse, linear::Linear, spot::Spot};
use _core::adapters::{Arena, ControlKind, Frame, Market};
use _core::model::{BookAction, BookOrigin, RawField};
use proptest::prelude::*;
use recorded::{check_spellings, count, read, recording, spoilt, table};

const RECORDINGS: &[(&str, &str)] = &[
    (
        "bybit_linear_xrpusdt_ob500_20241201.jsonl",
        "orderbook.500 delta 29; orderbook.500 snapshot 1",
    ),
    (
        "bybit_linear_tickers_btcusdt_20260930.jsonl",
        "control:ack 1; tickers delta 434; tickers snapshot 1",
    ),
    (
        "bybit_spot_testnet_btcusdt_20260913.jsonl",
        "control:heartbeat 1; control:ack 1; orderbook.1 snapshot 8; orderbook.50 delta 9; \
         orderbook.50 snapshot 1; publicTrade snapshot 4",
    ),
    (
        "bybit_v5_frames_2026.jsonl",
        "allLiquidation snapshot 1; control:ack 1; orderbook.50 delta 1; \
         orderbook.50 snapshot 1; publicTrade snapshot 8",
    ),
    (
        "bybit_legacy_inverse_20210417.jsonl",
        "control:ack 4; orderBookL2_25 delta 1016; orderBookL2_25 snapshot 2; trade 76",
    ),
    (
        "bybit_legacy_misc_2021-22.jsonl",
        "candle.1 1; instrument_info.100ms delta 2; instrument_info.100ms snapshot 2; \
         klineV2.1 1; orderBookL2_25 delta 2; orderBookL2_25 snapshot 2; trade 2",
    ),
];

fn label(frame: &Frame<'_>) -> String {
    match frame {
        Frame::Trade(_) | Frame::Trades(_) => "publicTrade snapshot".to_owned(),
        Frame::Books(books) => {
            let action = match books[0].action {
                BookAction::Snapshot => "snapshot",
                BookAction::Delta => "delta",
            };
            format!("{} {action}", books[0].stream.channel)
        }
        Frame::Fundings([state]) if state.is_delta => "tickers delta".to_owned(),
        Frame::Fundings(_) => "tickers snapshot".to_owned(),
        Frame::Liquidations(_) => "allLiquidation snapshot".to_owned(),
        Frame::Control(kind) => format!("control:{}", kind.name()),
        Frame::Unsupported { name, .. } => (*name).to_owned(),
        Frame::Partly(_) | Frame::Malformed(_) => format!("{frame:?}"),
    }
}

/// The market of a recorded address.
fn check(url: &str, raw: &str) -> String {
    if url.contains("/spot") {
        check_spellings::<Spot>(raw, label)
    } else if url.contains("/linear") || url.ends_with("/realtime_public") {
        check_spellings::<Linear>(raw, label)
    } else {
        check_spellings::<Inverse>(raw, label)
    }
}

#[test]
fn every_recorded_frame_is_what_the_table_says() {
    for (name, expected) in RECORDINGS {
        let Some(lines) = recording(name) else {
            continue;
        };
        assert!(lines.iter().all(|line| !line.is_reply));
        let labels = lines.iter().map(|line| check(&line.url, &line.raw));
        assert_eq!(count(labels), table(expected), "{name}");
    }
}

#[test]
fn the_lists_of_instruments_are_no_messages() {
    for line in recording("bybit_instruments.jsonl").unwrap_or_default() {
        let arena = Arena::new();
        let found = label(&Spot::parse_reply(&line.url, line.raw.as_bytes(), &arena));
        assert!(
            ["GET v2/public/symbols", "GET v5/market/instruments-info"].contains(&found.as_str()),
            "{found}"
        );
    }
}

/// `u` grows by 1 from message to message of every recorded book.
#[test]
fn recorded_update_ids_join() {
    for name in [
        "bybit_linear_xrpusdt_ob500_20241201.jsonl",
        "bybit_spot_testnet_btcusdt_20260913.jsonl",
    ] {
        let mut last = None;
        for line in recording(name).unwrap_or_default() {
            read::<Linear, _>(line.raw.as_bytes(), |frame| {
                let Frame::Books([book]) = frame else { return };
                let RawField::Number(update) = book.last_id else {
                    panic!("{book:?}")
                };
                let update: i64 = std::str::from_utf8(update).unwrap().parse().unwrap();
                if book.stream.channel != "orderbook.1" {
                    let is_next = last.is_none_or(|last: i64| last + 1 == update);
                    assert!(is_next || book.action == BookAction::Snapshot);
                    last = Some(update);
                }
                assert_eq!(book.origin, BookOrigin::Wire);
            });
        }
    }
}

#[test]
fn a_pong_is_a_heartbeat() {
    let pong = r#"{"success":true,"ret_msg":"pong","conn_id":"x","req_id":"","op":"ping"}"#;
    let (_, kind) = read::<Linear, _>(pong.as_bytes(), |frame| match frame {
        Frame::Control(kind) => Some(*kind),
        _ => None,
    });
    assert_eq!(kind, Some(ControlKind::Heartbeat));
}

static FRAMES: [&str; 7] = [
    r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1791457528912,"data":[{"T":1791457528911,"s":"BTCUSDT","S":"Buy","v":"0.011","p":"82642.90","L":"PlusTick","i":"5be1261b-d231-533b-89cd-0653c4f333be","BT":false,"RPI":true,"seq":822323446907}]}"#,
    r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","data":[{"T":1,"s":"A","S":"Sell","v":"1","p":"2","i":"3"}],"ts":1791457528912}"#,
    r#"{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1773386409407,"data":{"s":"BTCUSDT","b":[["71419.80","0"]],"a":[["71427.90","0.006"]],"u":10132541,"seq":546137962186},"cts":1773386409404}"#,
    r#"{"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT","markPrice":"83024.70","fundingIntervalHour":"8","nextFundingTime":"1790784000000","fundingRate":"-0.00007774"},"cs":818232112716,"ts":1790757082383}"#,
    r#"{"topic":"allLiquidation.BTCUSDT","type":"snapshot","ts":1791565601482,"data":[{"T":1791565600992,"s":"BTCUSDT","S":"Buy","v":"0.006","p":"82396.90"}]}"#,
    r#"{"success":true,"ret_msg":"","conn_id":"x","request":{"op":"subscribe","args":["trade.EOSUSD"]}}"#,
    r#"{"retCode":0,"result":{"s":"BTCUSDT","b":[["1","2"]],"a":[],"ts":5,"u":7,"seq":9,"cts":4},"time":6}"#,
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spoilt_frames_read_alike_and_never_panic(frame in spoilt(&FRAMES)) {
        read::<Linear, _>(&frame, |_| ());
        read::<Spot, _>(&frame, |_| ());
    }

    #[test]
    fn any_bytes_get_an_answer(frame in prop::collection::vec(any::<u8>(), 0..80)) {
        read::<Inverse, _>(&frame, |_| ());
    }

    #[test]
    fn any_reply_gets_an_answer(body in spoilt(&FRAMES), url in "[ -~]{0,60}") {
        let arena = Arena::new();
        Linear::parse_reply(&url, &body, &arena);
        Linear::parse_reply("https://x/v5/market/orderbook?category=linear&symbol=A", &body, &arena);
    }
}
