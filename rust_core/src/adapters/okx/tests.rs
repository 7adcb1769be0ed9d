use super::{spot::Spot, swap::Swap};
use crate::adapters::{Arena, Frame, Market};
use crate::model::{BookAction, BookOrigin, ProofLevel, RawField, RawLevel};

const TRADE: &str = r#"{"arg":{"channel":"trades","instId":"BTC-USDT-SWAP"},"data":[{"instId":"BTC-USDT-SWAP","tradeId":"2953620209","px":"84093.4","sz":"0.01","side":"sell","ts":"1790439594782","count":"3","source":"1","seqId":342177336862}]}"#;
const UPDATE: &str = r#"{"arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"action":"update","data":[{"asks":[],"bids":[["84093.4","569.17","0","82"]],"ts":"1790439595500","checksum":0,"seqId":342177337533,"prevSeqId":342177337464}]}"#;
const TOP: &str = r#"{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT-SWAP"},"data":[{"asks":[["84093.5","667.19","0","70"]],"bids":[["84093.4","570.27","0","83"]],"ts":"1790439594900","seqId":342177336945}]}"#;
const FUNDING: &str = r#"{"arg":{"channel":"funding-rate","instId":"BTC-USDT-SWAP"},"data":[{"formulaType":"withRate","fundingRate":"0.0000252378080097","fundingTime":"1790784000000","instId":"BTC-USDT-SWAP","instType":"SWAP","method":"current_period","nextFundingRate":"","nextFundingTime":"1790812800000","premium":"-0.0005","settState":"settled","ts":"1790757122992"}]}"#;
const LIQUIDATION: &str = r#"{"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[{"details":[{"bkLoss":"0","bkPx":"82655.7","ccy":"","posSide":"long","side":"sell","sz":"8.55","ts":"1791565600771"},{"bkPx":"1","side":"buy","sz":"2","ts":"3"}],"instId":"BTC-USDT-SWAP","instType":"SWAP"},{"instId":"X-USDT-SWAP","details":[{"bkPx":"1","side":"buy","sz":"2","ts":"3"}]}]}"#;

fn told(frame: &str) -> String {
    let arena = Arena::new();
    let found = Swap::parse(frame.as_bytes(), &arena);
    assert_eq!(Spot::parse(frame.as_bytes(), &arena), found);
    match found {
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

fn usual<'a>(frame: &'a str, arena: &'a Arena) -> Frame<'a> {
    let found = Swap::parse_usual(frame.as_bytes(), arena).expect("the usual spelling");
    assert_eq!(Swap::parse(frame.as_bytes(), arena), found);
    found
}

#[test]
fn a_trade_keeps_what_only_this_venue_says() {
    let arena = Arena::new();
    let Frame::Trades([trade]) = usual(TRADE, &arena) else {
        panic!("one trade")
    };
    assert_eq!(trade.stream_symbol, Some(&b"BTC-USDT-SWAP"[..]));
    assert_eq!(trade.id, RawField::Text(b"2953620209"));
    assert_eq!(trade.id_count, RawField::Text(b"3"));
    assert_eq!(trade.side, RawField::Text(b"sell"));
    assert_eq!(trade.time, RawField::Text(b"1790439594782"));
    let metadata: [(&str, &[u8]); 3] = [
        ("count", b"3"),
        ("seqId", b"342177336862"),
        ("source", b"1"),
    ];
    assert_eq!(trade.metadata, metadata);

    let plain = TRADE.replace("\"3\"", "\"1\"").replace(
        "\"source\":\"1\",\"seqId\":342177336862",
        "\"source\":\"0\"",
    );
    let Frame::Trades([trade]) = usual(&plain, &arena) else {
        panic!("one trade")
    };
    assert!(trade.metadata.is_empty());
}

#[test]
fn a_book_is_a_snapshot_or_an_update() {
    let arena = Arena::new();
    let Frame::Books([update]) = usual(UPDATE, &arena) else {
        panic!("one book")
    };
    assert_eq!(update.action, BookAction::Delta);
    assert_eq!(update.symbol, RawField::Text(b"BTC-USDT-SWAP"));
    assert_eq!(update.prev_id, RawField::Number(b"342177337464"));
    assert_eq!(update.checksum, RawField::Missing);
    assert_eq!(update.stream.gap_proof, ProofLevel::ProvenGap);
    let level = RawLevel {
        price: b"84093.4",
        quantity: b"569.17",
    };
    assert_eq!((update.bids, update.asks), (&[level][..], &[][..]));
    let element = UPDATE.find("{\"asks\"").expect("the element");
    assert_eq!(
        update.content,
        &UPDATE.as_bytes()[element..UPDATE.len() - 2]
    );

    let checked = UPDATE.replace("\"checksum\":0", "\"checksum\":-855196043");
    let Frame::Books([update]) = usual(&checked, &arena) else {
        panic!("one book")
    };
    assert_eq!(update.checksum, RawField::Number(b"-855196043"));

    let Frame::Books([top]) = usual(TOP, &arena) else {
        panic!("one book")
    };
    assert_eq!(top.action, BookAction::Snapshot);
    assert_eq!(top.last_id, RawField::Number(b"342177336945"));
    assert_eq!(top.prev_id, RawField::Missing);
}

#[test]
fn a_funding_interval_lies_between_two_settlements() {
    let arena = Arena::new();
    let Frame::Fundings([state]) = usual(FUNDING, &arena) else {
        panic!("one state")
    };
    assert_eq!(state.rate, RawField::Text(b"0.0000252378080097"));
    assert_eq!(state.next_funding, RawField::Text(b"1790784000000"));
    assert_eq!(state.interval_ns, Some(28_800_000_000_000));
    let metadata: [(&str, &[u8]); 3] = [
        ("method", b"current_period"),
        ("premium", b"-0.0005"),
        ("settState", b"settled"),
    ];
    assert_eq!(state.metadata, metadata);
    let backwards = FUNDING.replace("1790812800000", "1790784000000");
    let Frame::Fundings([state]) = usual(&backwards, &arena) else {
        panic!("one state")
    };
    assert_eq!(state.interval_ns, None);
}

#[test]
fn each_line_of_details_is_a_liquidation() {
    let arena = Arena::new();
    let Frame::Liquidations([long, same, other]) = usual(LIQUIDATION, &arena) else {
        panic!("three orders")
    };
    assert_eq!(long.side, RawField::Text(b"sell"));
    assert!(!long.side_is_position);
    let metadata: [(&str, &[u8]); 1] = [("position_side", b"long")];
    assert_eq!(long.metadata, metadata);
    assert_eq!(long.price, RawField::Text(b"82655.7"));
    assert_eq!(long.stream_symbol, None);
    assert_eq!([long.ordinal, same.ordinal, other.ordinal], [0, 0, 0]);
    assert_eq!(same.symbol, RawField::Text(b"BTC-USDT-SWAP"));
    assert_eq!(other.symbol, RawField::Text(b"X-USDT-SWAP"));
    assert_eq!(same.content, other.content);
}

const TOLD: &[(&str, &str)] = &[
    (TRADE, "trades 1"),
    (UPDATE, "books 1"),
    (TOP, "bbo-tbt 1"),
    (FUNDING, "funding 1"),
    (LIQUIDATION, "liquidation 3"),
    ("pong", "control heartbeat"),
    (
        r#"{"id":"1","event":"subscribe","arg":{"channel":"books","instId":"A"},"connId":"x"}"#,
        "control ack",
    ),
    (
        r#"{"event":"unsubscribe","arg":{"channel":"a"}}"#,
        "control ack",
    ),
    (
        r#"{"event":"error","code":"60012","msg":"Invalid request"}"#,
        "control error",
    ),
    (
        r#"{"event":"notice","code":"64008","msg":"closing soon"}"#,
        "control server_shutdown",
    ),
    (
        r#"{"event":"notice","code":"1","msg":"x"}"#,
        "control notice",
    ),
    (r#"{"event":"channel-conn-count"}"#, "control notice"),
    (r#"{"event":"channel-conn-count-error"}"#, "control error"),
    (r#"{"event":"what"}"#, "unknown_message event"),
    (r#"{"event":1}"#, "type event"),
    ("{}", "unknown_message $"),
    ("[]", "type $"),
    ("1", "type $"),
    (r#"{"arg":1}"#, "type arg"),
    (r#"{"arg":{}}"#, "missing channel"),
    (r#"{"arg":{"channel":1}}"#, "type channel"),
    (r#"{"arg":{"channel":"trades","instId":1}}"#, "type instId"),
    (r#"{"arg":{"channel":"trades"}}"#, "missing data"),
    (r#"{"arg":{"channel":"trades"},"data":[]}"#, "missing data"),
    (r#"{"arg":{"channel":"trades"},"data":{}}"#, "type data"),
    (r#"{"arg":{"channel":"trades"},"data":[1]}"#, "type data"),
    (
        r#"{"arg":{"channel":"trades"},"data":[{},1, {"px":"1","px":"2"} ,{}]}"#,
        "2 good, bad at [39, 42]",
    ),
    (
        r#"{"data":[[],{"px":"1"}],"arg":{"channel":"trades"}}"#,
        "1 good, bad at [9]",
    ),
    (
        r#"{"arg":{"channel":"trades"},"data":[{"px":"1","px":"2"},1]}"#,
        "duplicate_key px",
    ),
    (
        r#"{"arg":{"channel":"books"},"action":"update","data":[{"asks":[],"bids":[]},{"asks":[]},{"asks":[[1]],"bids":[]}]}"#,
        "1 good, bad at [75, 87]",
    ),
    (
        r#"{"arg":{"channel":"liquidation-orders"},"data":[{"details":[{},3]},{},{"details":[{}]}]}"#,
        "2 good, bad at [63, 67]",
    ),
    (
        r#"{"arg":{"channel":"trades"},"data":[1,{}],"event":"subscribe"}"#,
        "control ack",
    ),
    (
        r#"{"data":[{}],"arg":{"channel":"trades-all"}}"#,
        "trades-all 1",
    ),
    (
        r#"{"arg":{"channel":"trades"},"data":[{"px":"1","p\u0078":"2"}]}"#,
        "duplicate_key px",
    ),
    (
        r#"{"arg":{"channel":"trades"},"data":[{}],"data":[{}]}"#,
        "duplicate_key data",
    ),
    (
        r#"{"arg":{"channel":"trades"},"arg":{"channel":"trades"}}"#,
        "duplicate_key arg",
    ),
    (
        r#"{"arg":{"channel":"books"},"data":[{}]}"#,
        "missing action",
    ),
    (
        r#"{"arg":{"channel":"books"},"action":"x","data":[{}]}"#,
        "unknown_message action",
    ),
    (
        r#"{"arg":{"channel":"books"},"action":1,"data":[{}]}"#,
        "type action",
    ),
    (
        r#"{"arg":{"channel":"books"},"action":"update","data":[{"asks":[]}]}"#,
        "missing bids",
    ),
    (
        r#"{"arg":{"channel":"books"},"action":"update","data":[{"asks":[["1",2,"0","1"]],"bids":[]}]}"#,
        "type asks",
    ),
    (
        r#"{"data":[{"bids":[],"asks":[]}],"action":"snapshot","arg":{"channel":"books-l2-tbt"}}"#,
        "books-l2-tbt 1",
    ),
    (
        r#"{"arg":{"channel":"books5"},"data":[{"bids":[],"asks":[]},{"bids":[],"asks":[]}]}"#,
        "books5 2",
    ),
    (
        r#"{"arg":{"channel":"liquidation-orders"},"data":[{"details":[]}]}"#,
        "missing details",
    ),
    (
        r#"{"arg":{"channel":"liquidation-orders"},"data":[]}"#,
        "missing data",
    ),
    (
        r#"{"arg":{"channel":"candle1m","instId":"A"},"data":[["1","2"]]}"#,
        "unsupported candle1m",
    ),
    (
        r#"{"arg":{"channel":"books50-l2-tbt"},"action":"update","data":[]}"#,
        "unsupported books50-l2-tbt update",
    ),
    (r#"{"arg":{"channel":"tickers"}}"#, "missing data"),
];

#[test]
fn frames_are_told_apart() {
    for (frame, expected) in TOLD {
        assert_eq!(told(frame), *expected, "{frame}");
    }
}

#[test]
fn a_reply_seeds_the_stream_it_belongs_to() {
    let arena = Arena::new();
    let url = "https://www.okx.com/api/v5/market/books?instId=BTC-USDT&sz=400";
    let body = br#"{"code":"0","msg":"","data":[{"asks":[["2","1","0","1"]],"bids":[],"ts":"1","seqId":7}]}"#;
    let Frame::Books([book]) = Spot::parse_reply(url, body, &arena) else {
        panic!("one book")
    };
    assert_eq!(
        (book.origin, book.action),
        (BookOrigin::Rest, BookAction::Snapshot)
    );
    assert_eq!(book.stream.channel, "books");
    assert_eq!(book.symbol, RawField::Text(b"BTC-USDT"));
    assert_eq!(book.last_id, RawField::Number(b"7"));
    assert_eq!(book.prev_id, RawField::Number(b"-1"));

    let old = br#"{"code":"0","data":[{"asks":[],"bids":[],"ts":"1"}]}"#;
    for (url, body) in [
        (url, &old[..]),
        ("https://x/api/v5/market/books-full?a", b""),
    ] {
        let Frame::Unsupported { name, .. } = Spot::parse_reply(url, body, &arena) else {
            panic!("unsupported")
        };
        assert!(name.starts_with("GET api/v5/market/books"), "{name}");
    }
    for (body, expected) in [
        (&br#"{"code":"50011","data":[]}"#[..], "Control(Error)"),
        (b"<html>", "NotJson"),
        (b"{}", "Missing"),
    ] {
        let found = format!("{:?}", Spot::parse_reply(url, body, &arena));
        assert!(found.contains(expected), "{found}");
    }
}
