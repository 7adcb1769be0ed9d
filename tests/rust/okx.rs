//! OKX adapter: every recorded frame is what the recording's table says, both readers agree, and no
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

use _core::adapters::okx::{spot::Spot, swap::Swap};
use _core::adapters::{ControlKind, Frame, Market};
use _core::model::{BookAction, BookRule, RawField};
use proptest::prelude::*;
use recorded::{check_spellings, count, read, recording, spoilt, table};

const RECORDINGS: &[(&str, &str)] = &[
    (
        "okx_multi_20220513.jsonl",
        "books snapshot 2; books update 189; event:subscribe 12; tickers 26; trades 70",
    ),
    (
        "okx_swap_btcusdt_20260926.jsonl",
        "bbo-tbt 48; books snapshot 1; books update 16; event:subscribe 3; trades 36",
    ),
    (
        "okx_swap_funding_20260930.jsonl",
        "event:subscribe 8; funding-rate 4; index-tickers 6; mark-price 6; open-interest 6",
    ),
    ("okx_swap_liquidation_2026.jsonl", "liquidation-orders 2"),
    (
        "okx_misc_2022.jsonl",
        "bbo-tbt 3; books-l2-tbt snapshot 2; books-l2-tbt update 1; books5 3; candle1m 3; \
         funding-rate 1; tickers 3; trades 3",
    ),
    ("okx_trades_20250224.jsonl", "trades 2"),
];

fn label(frame: &Frame<'_>) -> String {
    match frame {
        Frame::Trade(trade) => trade.stream.channel.to_owned(),
        Frame::Trades(trades) => trades[0].stream.channel.to_owned(),
        Frame::Books(books) => {
            let book = books[0];
            let suffix = match (book.stream.continuity, book.action) {
                (BookRule::Snapshots, _) => "",
                (_, BookAction::Snapshot) => " snapshot",
                (_, BookAction::Delta) => " update",
            };
            format!("{}{suffix}", book.stream.channel)
        }
        Frame::Fundings(states) => states[0].channel.to_owned(),
        Frame::Liquidations(orders) => orders[0].channel.to_owned(),
        Frame::Control(ControlKind::Ack) => "event:subscribe".to_owned(),
        Frame::Control(kind) => kind.name().to_owned(),
        Frame::Unsupported { name, .. } => (*name).to_owned(),
        Frame::Partly(_) | Frame::Malformed(_) => format!("{frame:?}"),
    }
}

#[test]
fn every_recorded_frame_is_what_the_table_says() {
    for (name, expected) in RECORDINGS {
        let Some(lines) = recording(name) else {
            continue;
        };
        assert!(lines.iter().all(|line| !line.is_reply));
        let swap = lines
            .iter()
            .map(|line| check_spellings::<Swap>(&line.raw, label));
        assert_eq!(count(swap), table(expected), "{name}");
        let spot = lines
            .iter()
            .map(|line| check_spellings::<Spot>(&line.raw, label));
        assert_eq!(count(spot), table(expected), "{name}");
    }
}

#[test]
fn the_list_of_instruments_is_no_message() {
    for line in recording("okx_instruments.jsonl").unwrap_or_default() {
        let arena = _core::adapters::Arena::new();
        let found = Swap::parse_reply(&line.url, line.raw.as_bytes(), &arena);
        assert_eq!(label(&found), "GET api/v5/public/instruments");
    }
}

/// Update ids join the recorded session, trade ids are contiguous when each stands for `count` fills.
#[test]
fn recorded_ids_join() {
    for name in [
        "okx_swap_btcusdt_20260926.jsonl",
        "okx_multi_20220513.jsonl",
    ] {
        let mut last_update = None;
        let mut last_trade = std::collections::HashMap::new();
        for line in recording(name).unwrap_or_default() {
            let (_, joins) = read::<Swap, _>(line.raw.as_bytes(), |frame| match frame {
                Frame::Books(books) if books[0].stream.channel == "books" => {
                    let before = last_update.replace(number(books[0].last_id));
                    books[0].action == BookAction::Snapshot
                        || before == Some(number(books[0].prev_id))
                }
                Frame::Trades(trades) => trades.iter().all(|trade| {
                    let count = number(trade.id_count).unwrap_or(1);
                    let id = number(trade.id).unwrap();
                    let before = last_trade.insert(format!("{:?}", trade.symbol), id);
                    before.is_none_or(|before| before + count == id)
                }),
                _ => true,
            });
            assert!(joins, "{}", line.raw);
        }
    }
}

fn number(field: RawField<'_>) -> Option<i64> {
    match field {
        RawField::Text(text) | RawField::Number(text) => {
            Some(std::str::from_utf8(text).unwrap().parse().unwrap())
        }
        _ => None,
    }
}

static FRAMES: [&str; 7] = [
    r#"{"arg":{"channel":"trades","instId":"BTC-USDT-SWAP"},"data":[{"instId":"BTC-USDT-SWAP","tradeId":"2953620209","px":"84093.4","sz":"0.01","side":"sell","ts":"1790439594782","count":"1","source":"0","seqId":342177336862}]}"#,
    r#"{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[],"bids":[["84093.4","569.17","0","82"]],"ts":"1790439595500","checksum":0,"seqId":3421,"prevSeqId":3420}]}"#,
    r#"{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[["84093.5","667.19","0","70"]],"bids":[["84093.4","570.27","0","83"]],"ts":"1790439594900","seqId":342177336945}]}"#,
    r#"{"arg":{"channel":"funding-rate","instId":"A"},"data":[{"fundingRate":"0.00002","fundingTime":"1790784000000","instId":"A","method":"current_period","nextFundingTime":"1790812800000","settState":"settled","ts":"1790757122992"}]}"#,
    r#"{"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[{"details":[{"bkPx":"82655.7","posSide":"long","side":"sell","sz":"8.55","ts":"1791565600771"}],"instId":"BTC-USDT-SWAP"}]}"#,
    r#"{"id":"md","event":"subscribe","arg":{"channel":"trades","instId":"BTC-USDT-SWAP"},"connId":"73220c7f"}"#,
    r#"{"arg":{"channel":"candle1m","instId":"BTC-USDT"},"data":[["1654154580000","29930.7"]]}"#,
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spoilt_frames_read_alike_and_never_panic(frame in spoilt(&FRAMES)) {
        read::<Swap, _>(&frame, |_| ());
    }

    #[test]
    fn any_bytes_get_an_answer(frame in prop::collection::vec(any::<u8>(), 0..80)) {
        read::<Spot, _>(&frame, |_| ());
    }

    #[test]
    fn any_reply_gets_an_answer(body in spoilt(&FRAMES), url in "[ -~]{0,60}") {
        let arena = _core::adapters::Arena::new();
        Swap::parse_reply(&url, &body, &arena);
        Swap::parse_reply("https://x/api/v5/market/books?instId=A", &body, &arena);
    }
}
