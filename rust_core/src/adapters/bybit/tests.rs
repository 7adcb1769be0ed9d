use super::{inverse::Inverse, linear::Linear, spot::Spot};
use crate::adapters::{Arena, Frame, Market};
use crate::model::{BookAction, BookDepth, BookOrigin, IdForm, ProofLevel, RawField};

const TRADE: &str = r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1791457528912,"data":[{"T":1791457528911,"s":"BTCUSDT","S":"Buy","v":"0.011","p":"82642.90","L":"PlusTick","i":"5be1261b-d231-533b-89cd-0653c4f333be","BT":true,"RPI":true,"seq":822323446907}]}"#;
const SPOT_TRADE: &str = r#"{"topic":"publicTrade.BTCUSDT","ts":1781885870260,"type":"snapshot","data":[{"i":"2290000001162605275","T":1781885870259,"p":"63311.4","v":"0.000001","S":"Buy","seq":109888984948,"s":"BTCUSDT","BT":false,"RPI":false}]}"#;
const DELTA: &str = r#"{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1773386409407,"data":{"s":"BTCUSDT","b":[["71419.80","0"],["71418.20","0.159"]],"a":[["71427.90","0.006"]],"u":10132541,"seq":546137962186},"cts":1773386409404}"#;
const TOP: &str = r#"{"topic":"orderbook.1.BTCUSDT","ts":1789299655643,"type":"snapshot","data":{"s":"BTCUSDT","b":[["77140.5","0.216593"]],"a":[["77140.6","0.324006"]],"u":1980705,"seq":2189232157},"cts":1789299655598}"#;
const TICKER: &str = r#"{"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT","markPrice":"83024.70","indexPrice":"83074.01","fundingIntervalHour":"8","nextFundingTime":"1790784000000","fundingRate":"-0.00007774"},"cs":818232112716,"ts":1790757082383}"#;
const TICKER_DELTA: &str = r#"{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","ask1Price":"83024.70","ask1Size":"3.383"},"cs":818232112716,"ts":1790757082383}"#;
const LIQUIDATION: &str = r#"{"topic":"allLiquidation.BTCUSDT","type":"snapshot","ts":1791565601482,"data":[{"T":1791565600992,"s":"BTCUSDT","S":"Buy","v":"0.006","p":"82396.90"},{"T":1791565601058,"s":"BTCUSDT","S":"Buy","v":"0.038","p":"82394.30"}]}"#;

fn told<M: Market>(frame: &str) -> String {
    let arena = Arena::new();
    match M::parse(frame.as_bytes(), &arena) {
        Frame::Trade(_) => "trade".to_owned(),
        Frame::Trades(list) => format!("{} {}", list[0].stream.channel, list.len()),
        Frame::Books(list) => format!("{} {}", list[0].stream.channel, list.len()),
        Frame::Fundings(list) => format!("funding {}", list.len()),
        Frame::Liquidations(list) => format!("liquidation {}", list.len()),
        Frame::Control(kind) => format!("control {}", kind.name()),
        Frame::Unsupported { name, .. } => format!("unsupported {name}"),
        Frame::Partly(partly) => {
            let bad = partly.bad.iter().map(|fault| fault.offset.unwrap_or(0));
            let bad: Vec<_> = bad.collect();
            format!("{} good, bad at {bad:?}", partly.good.elements())
        }
        Frame::Malformed(fault) => format!("{} {}", fault.reason.name(), fault.field),
    }
}

fn usual<'a, M: Market>(frame: &'a str, arena: &'a Arena) -> Frame<'a> {
    let found = M::parse_usual(frame.as_bytes(), arena).expect("the usual spelling");
    assert_eq!(M::parse(frame.as_bytes(), arena), found);
    found
}

#[test]
fn trade_ids_are_uuids_of_contracts_and_digits_of_spot() {
    let arena = Arena::new();
    let Frame::Trades([trade]) = usual::<Linear>(TRADE, &arena) else {
        panic!("one trade")
    };
    assert_eq!(trade.stream.ids, IdForm::Text);
    assert_eq!(trade.stream.gap_proof, ProofLevel::Unverifiable);
    assert_eq!(trade.stream_symbol, Some(&b"BTCUSDT"[..]));
    assert_eq!(trade.side, RawField::Text(b"Buy"));
    assert_eq!(trade.published, RawField::Number(b"1791457528912"));
    let metadata: [(&str, &[u8]); 3] = [
        ("block_trade", b"true"),
        ("rpi", b"true"),
        ("seq", b"822323446907"),
    ];
    assert_eq!(trade.metadata, metadata);

    let Frame::Trades([trade]) = usual::<Spot>(SPOT_TRADE, &arena) else {
        panic!("one trade")
    };
    assert_eq!(trade.stream.ids, IdForm::Growing);
    let metadata: [(&str, &[u8]); 1] = [("seq", b"109888984948")];
    assert_eq!(trade.metadata, metadata);
}

#[test]
fn a_list_has_a_limit() {
    let list = |count| TRADE.replace("[{", &format!("[{}{{", "{},".repeat(count)));
    assert_eq!(told::<Linear>(&list(9_999)), "publicTrade 10000");
    assert_eq!(told::<Linear>(&list(10_000)), "frame_too_large data");
}

#[test]
fn the_time_may_come_after_the_data() {
    let arena = Arena::new();
    let moved = TRADE
        .replace("\"ts\":1791457528912,", "")
        .replace("}]}", "}],\"ts\":1791457528912}");
    assert_eq!(
        usual::<Linear>(&moved, &arena),
        usual::<Linear>(TRADE, &arena)
    );
    let moved = DELTA
        .replace("\"topic\":\"orderbook.50.BTCUSDT\",\"type\":\"delta\",", "")
        .replace(
            "404}",
            "404,\"type\":\"delta\",\"topic\":\"orderbook.50.BTCUSDT\"}",
        );
    let (Frame::Books([moved]), Frame::Books([book])) = (
        usual::<Linear>(&moved, &arena),
        usual::<Linear>(DELTA, &arena),
    ) else {
        panic!("one book")
    };
    assert_eq!(moved.bids, book.bids);
    assert_eq!((moved.time, moved.published), (book.time, book.published));
    assert_eq!(moved.action, book.action);
}

#[test]
fn a_book_is_a_snapshot_or_a_delta() {
    let arena = Arena::new();
    let Frame::Books([delta]) = usual::<Linear>(DELTA, &arena) else {
        panic!("one book")
    };
    assert_eq!(delta.action, BookAction::Delta);
    assert_eq!(delta.stream.channel, "orderbook.50");
    assert_eq!(delta.stream.depth, BookDepth::L2);
    assert_eq!(delta.last_id, RawField::Number(b"10132541"));
    assert_eq!(delta.time, RawField::Number(b"1773386409404"));
    assert_eq!(delta.published, RawField::Number(b"1773386409407"));
    assert_eq!((delta.bids.len(), delta.asks.len()), (2, 1));
    assert_eq!(delta.content, DELTA.as_bytes());

    let Frame::Books([top]) = usual::<Spot>(TOP, &arena) else {
        panic!("one book")
    };
    assert_eq!(top.stream.depth, BookDepth::L1);
    assert_eq!(top.action, BookAction::Snapshot);
}

#[test]
fn a_ticker_is_a_funding_state_or_what_changed_of_it() {
    let arena = Arena::new();
    let Frame::Fundings([state]) = usual::<Linear>(TICKER, &arena) else {
        panic!("one state")
    };
    assert!(!state.is_delta);
    assert_eq!(state.interval_ns, Some(28_800_000_000_000));
    assert_eq!(state.rate, RawField::Text(b"-0.00007774"));
    assert_eq!(state.time, RawField::Number(b"1790757082383"));
    let Frame::Fundings([state]) = usual::<Inverse>(TICKER_DELTA, &arena) else {
        panic!("one state")
    };
    assert!(state.is_delta);
    assert_eq!((state.rate, state.interval_ns), (RawField::Missing, None));
}

#[test]
fn a_liquidation_says_the_side_of_the_position() {
    let arena = Arena::new();
    let Frame::Liquidations([first, second]) = usual::<Linear>(LIQUIDATION, &arena) else {
        panic!("two orders")
    };
    assert!(first.side_is_position);
    assert_eq!(first.side, RawField::Text(b"Buy"));
    assert_eq!((first.ordinal, second.ordinal), (0, 0));
    assert!(first.content.starts_with(b"{\"T\":1791565600992"));
}

#[test]
fn equal_orders_are_numbered_wherever_they_stand() {
    let order =
        |number: u32| format!(r#"{{"T":{number},"s":"BTCUSDT","S":"Buy","v":"1","p":"2"}}"#);
    let arena = Arena::new();
    for (numbers, expected) in [
        (vec![1, 2, 1, 1, 2], vec![0, 0, 1, 2, 1]),
        (vec![2, 1, 1, 2, 1], vec![0, 0, 1, 1, 2]),
        (vec![7], vec![0]),
    ] {
        let list: Vec<_> = numbers.into_iter().map(order).collect();
        let frame = format!(
            r#"{{"topic":"allLiquidation.BTCUSDT","type":"snapshot","ts":9,"data":[{}]}}"#,
            list.join(",")
        );
        let Frame::Liquidations(orders) = Linear::parse(frame.as_bytes(), &arena) else {
            panic!("orders")
        };
        let ordinals: Vec<_> = orders.iter().map(|order| order.ordinal).collect();
        assert_eq!(ordinals, expected);
    }
}

const TOLD: &[(&str, &str)] = &[
    (TRADE, "publicTrade 1"),
    (DELTA, "orderbook.50 1"),
    (TICKER, "funding 1"),
    (LIQUIDATION, "liquidation 2"),
    (
        r#"{"success":true,"ret_msg":"","conn_id":"x","req_id":"md0","op":"subscribe"}"#,
        "control ack",
    ),
    (
        r#"{"success":false,"ret_msg":"error:handler not found","op":"subscribe"}"#,
        "control error",
    ),
    (r#"{"success":true,"op":"unsubscribe"}"#, "control ack"),
    (
        r#"{"success":true,"ret_msg":"pong","conn_id":"x","req_id":"p1","op":"ping"}"#,
        "control heartbeat",
    ),
    (
        r#"{"req_id":"test","op":"pong","args":["1675418560633"],"conn_id":"x"}"#,
        "control heartbeat",
    ),
    (
        r#"{"success":true,"ret_msg":"pong","conn_id":"x","request":{"op":"ping","args":null}}"#,
        "control heartbeat",
    ),
    (
        r#"{"success":true,"conn_id":"x","request":{"op":"subscribe","args":["trade.EOSUSD"]}}"#,
        "control ack",
    ),
    (r#"{"success":false,"ret_msg":"x"}"#, "control error"),
    (r#"{"success":true}"#, "unknown_message $"),
    (r#"{"op":"subscribe"}"#, "missing success"),
    (r#"{"op":"subscribe","success":"true"}"#, "type success"),
    (r#"{"op":"what","success":true}"#, "unknown_message op"),
    (r#"{"op":1}"#, "type op"),
    ("{}", "unknown_message $"),
    ("[]", "type $"),
    (r#"{"topic":1}"#, "type topic"),
    (r#"{"topic":"a.B","topic":"a.B"}"#, "duplicate_key topic"),
    (r#"{"topic":"publicTrade.A"}"#, "missing data"),
    (
        r#"{"topic":"publicTrade.A","ts":1,"data":[]}"#,
        "missing data",
    ),
    (r#"{"topic":"publicTrade.A","ts":1,"data":{}}"#, "type data"),
    (
        r#"{"topic":"publicTrade.A","data":[{},[]]}"#,
        "1 good, bad at [36]",
    ),
    (r#"{"topic":"publicTrade.A","data":[{}]}"#, "publicTrade 1"),
    (
        r#"{"topic":"orderbook.50.A","data":{"b":[],"a":[]}}"#,
        "missing type",
    ),
    (
        r#"{"topic":"orderbook.50.A","type":"x","data":{"b":[],"a":[]}}"#,
        "unknown_message type",
    ),
    (
        r#"{"topic":"orderbook.50.A","type":1,"data":{"b":[],"a":[]}}"#,
        "type type",
    ),
    (
        r#"{"topic":"orderbook.50.A","type":"delta","data":{"b":[]}}"#,
        "missing a",
    ),
    (
        r#"{"topic":"orderbook.50.A","type":"delta","data":{"b":[["1"]],"a":[]}}"#,
        "type b",
    ),
    (
        r#"{"topic":"orderbook.1000.A","type":"delta","data":{"b":[],"a":[]}}"#,
        "orderbook.1000 1",
    ),
    (
        r#"{"topic":"orderbook.7.A","type":"delta","data":{}}"#,
        "unsupported orderbook.7 delta",
    ),
    (
        r#"{"topic":"orderBookL2_25.BTCUSD","type":"delta","data":{}}"#,
        "unsupported orderBookL2_25 delta",
    ),
    (r#"{"topic":"trade.BTCUSD","data":[]}"#, "unsupported trade"),
    (
        r#"{"topic":"instrument_info.100ms.BTCUSD","type":"snapshot","data":{}}"#,
        "unsupported instrument_info.100ms snapshot",
    ),
    (
        r#"{"topic":"candle.1.BTCUSDT","data":[]}"#,
        "unsupported candle.1",
    ),
    (r#"{"topic":"x","data":1}"#, "unsupported x"),
];

#[test]
fn frames_are_told_apart() {
    for (frame, expected) in TOLD {
        assert_eq!(told::<Linear>(frame), *expected, "{frame}");
    }
    assert_eq!(told::<Spot>(TICKER), "unsupported tickers");
    assert_eq!(
        told::<Spot>(LIQUIDATION),
        "unsupported allLiquidation snapshot"
    );
}

#[test]
fn a_reply_is_a_snapshot() {
    let arena = Arena::new();
    let url = "https://api.bybit.com/v5/market/orderbook?category=linear&symbol=BTCUSDT&limit=500";
    let body = br#"{"retCode":0,"retMsg":"OK","result":{"s":"BTCUSDT","b":[["1","2"]],"a":[],"ts":5,"u":7,"seq":9,"cts":4},"retExtInfo":{},"time":6}"#;
    let Frame::Books([book]) = Linear::parse_reply(url, body, &arena) else {
        panic!("one book")
    };
    assert_eq!(
        (book.origin, book.action),
        (BookOrigin::Rest, BookAction::Snapshot)
    );
    assert_eq!(book.stream_symbol, Some(&b"BTCUSDT"[..]));
    assert_eq!(book.last_id, RawField::Number(b"7"));
    assert_eq!(
        (book.time, book.published),
        (RawField::Number(b"4"), RawField::Number(b"5"))
    );
    for (url, body, expected) in [
        (
            url,
            &br#"{"retCode":10001,"retMsg":"x","result":{}}"#[..],
            "Control(Error)",
        ),
        (url, b"{}", "Missing"),
        (
            "https://api.bybit.com/v5/market/tickers?a=b",
            b"",
            "GET v5/market/tickers",
        ),
    ] {
        let found = format!("{:?}", Linear::parse_reply(url, body, &arena));
        assert!(found.contains(expected), "{found}");
    }
}
