use super::*;
use crate::model::{IssueCode, RawField, RawTrade};

const RAW: &str = r#"{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}"#;
const AGGREGATE: &str = r#"{"e":"aggTrade","E":1723161255343,"s":"BTCUSDT","a":35683259,"p":"61837.63000000","q":"0.02000000","f":100,"l":105,"T":1723161255342,"m":false,"M":true}"#;

fn wrapped(stream: &str, data: &str) -> String {
    format!(r#"{{"stream":"{stream}","data":{data}}}"#)
}

fn general(frame: &str) -> String {
    let arena = Arena::new();
    match Spot::parse(frame.as_bytes(), &arena) {
        Frame::Trade(raw) => format!("trade {}", raw.stream.channel),
        Frame::Books([book]) => format!("book {}", book.stream.channel),
        Frame::Control(kind) => format!("control {}", kind.name()),
        Frame::Unsupported { name, is_array } => {
            format!("unsupported {name}{}", if is_array { "[]" } else { "" })
        }
        Frame::Malformed(fault) => format!("{} {}", fault.reason.name(), fault.field),
        other => format!("{other:?}"),
    }
}

#[test]
fn both_parsers_read_the_usual_spelling_alike() {
    for frame in [
        RAW.to_owned(),
        AGGREGATE.to_owned(),
        wrapped("btcusdt@trade", RAW),
        wrapped("btcusdt@aggTrade", AGGREGATE),
    ] {
        let arena = Arena::new();
        let usual = Spot::parse_usual(frame.as_bytes(), &arena);
        assert!(usual.is_some(), "{frame}");
        assert_eq!(Some(Spot::parse(frame.as_bytes(), &arena)), usual);
        // With a key more it takes the member loop.
        let more = frame.replace("\"M\"", "\"x\":1,\"M\"");
        assert_eq!(Spot::parse_usual(more.as_bytes(), &arena), usual);
    }
}

/// Frames, and what each is read as.
const KINDS: &[(&str, &str)] = &[
    (" \n", "empty $"),
    ("\u{feff}", "empty $"),
    (" ping\n", "control heartbeat"),
    ("pong", "control heartbeat"),
    (r#"{"result":null,"id":1}"#, "control ack"),
    (
        r#"{"result":["a@trade"],"id":1}"#,
        "control list_subscriptions",
    ),
    (r#"{"error":{"code":2,"msg":"x"},"id":1}"#, "control error"),
    (r#"{"code":2,"msg":"x"}"#, "control error"),
    (r#"{"e":"serverShutdown","E":1}"#, "control server_shutdown"),
    (
        r#"{"u":1,"s":"A","b":"1","B":"1","a":"1","A":"1"}"#,
        "book bookTicker",
    ),
    (r#"{"lastUpdateId":1}"#, "unsupported partialDepth"),
    ("{}", "unknown_message $"),
    ("[]", "type $"),
    ("1", "type $"),
    (
        r#"[{"e":"24hrTicker","e":"trade"}]"#,
        "unsupported 24hrTicker[]",
    ),
    (r#"[{"e":"trade"}]"#, "type $"),
    (r#"[1,{"e":"x"}]"#, "type $"),
    (r#"{"e":"kline"}"#, "unsupported kline"),
    (r#"{"e":1}"#, "type e"),
    (r#"{"stream":1}"#, "type stream"),
    (r#"{"stream":"a@trade"}"#, "missing data"),
    (r#"{"stream":"a@trade","data":null}"#, "type data"),
    (r#"{"stream":"!x@arr","data":[]}"#, "unsupported !x@arr"),
    (r#"{"stream":"x@arr","data":[]}"#, "type data"),
    (r#"{"stream":"a@bookTicker","data":{}}"#, "missing b"),
    (r#"{"stream":"a@depth5@100ms","data":{}}"#, "missing bids"),
    (
        r#"{"stream":"a@depth5@100ms","data":{"bids":[],"asks":[]}}"#,
        "book partialDepth",
    ),
    (
        r#"{"stream":"!ticker@arr","data":[{"e":"24hrTicker"}]}"#,
        "unsupported 24hrTicker[]",
    ),
    (r#"{"e":"depthUpdate","b":[],"a":[]}"#, "book depth"),
    (r#"{"e":"depthUpdate","b":[]}"#, "missing a"),
    (r#"{"e":"depthUpdate","b":{},"a":[]}"#, "type b"),
    (r#"{"e":"depthUpdate","b":[["1"]],"a":[]}"#, "type b"),
    (
        r#"{"e":"depthUpdate","b":[["1","2","3"]],"a":[]}"#,
        "type b",
    ),
    (r#"{"e":"depthUpdate","b":[["1",2]],"a":[]}"#, "type b"),
    (
        r#"{"e":"depthUpdate","b":[],"b":[],"a":[]}"#,
        "duplicate_key b",
    ),
    (
        r#"{"stream":"a@depth5","data":{"e":"depthUpdate","b":[],"a":[]}}"#,
        "unknown_message stream",
    ),
    (r#"{"stream":"a@what","data":{}}"#, "unknown_message stream"),
    (
        r#"{"stream":"a@aggTrade","data":{"e":"trade"}}"#,
        "unknown_message stream",
    ),
    (r#"{"e":"trade","p":"1","\u0070":"2"}"#, "duplicate_key p"),
    (
        r#"{"stream":"a@trade","data":{"e":"trade","t":1,"t":1}}"#,
        "duplicate_key t",
    ),
    (r#"{"data":{"t":1,"t":1}}"#, "unknown_message $"),
    (r#"{"x":{"e":1},"e":"trade","x":1}"#, "trade trade"),
    (
        r#"{"data":{"e":"trade"},"stream":"a@trade"}"#,
        "trade trade",
    ),
    (r#"{"e":"trade"}x"#, "trailing $"),
    (
        r#"{"data":[{"e":"trade"}],"stream":"a@trade"}"#,
        "type data",
    ),
];

#[test]
fn frames_are_told_apart() {
    for (frame, expected) in KINDS {
        assert_eq!(general(frame), *expected, "{frame}");
    }
}

#[test]
fn escapes_and_order_do_not_matter() {
    let frame = RAW
        .replace("BTCUSDT", r"\u0042TCUSDT")
        .replace("\"E\":1723161255343,", "");
    let arena = Arena::new();
    let Frame::Trade(raw) = Spot::parse(frame.as_bytes(), &arena) else {
        panic!("no trade")
    };
    assert_eq!(raw.symbol, RawField::Text(b"BTCUSDT"));
    assert_eq!(raw.published, RawField::Missing);
    assert_eq!(Spot::parse_usual(frame.as_bytes(), &arena), None);
}

#[test]
fn the_stream_alone_says_the_symbol_of_a_partial_book() {
    let frame =
        r#"{"stream":"ethusdt@depth20","data":{"lastUpdateId":7,"bids":[["1","2"]],"asks":[]}}"#;
    let arena = Arena::new();
    let Some(Frame::Books([book])) = Spot::parse_usual(frame.as_bytes(), &arena) else {
        panic!("no book")
    };
    assert_eq!(book.symbol, RawField::Text(b"ETHUSDT"));
    assert_eq!(book.last_id, RawField::Number(b"7"));
    assert_eq!(book.action, crate::model::BookAction::Snapshot);
    assert!(book.content.starts_with(b"{\"lastUpdateId") && book.content.ends_with(b"[]}"));
}

#[test]
fn a_byte_order_mark_is_remarked() {
    let arena = Arena::new();
    let frame = format!("\u{feff}{RAW}");
    let found = Spot::parse(frame.as_bytes(), &arena);
    assert!(matches!(
        found,
        Frame::Trade(RawTrade {
            has_byte_order_mark: true,
            ..
        })
    ));
}

#[test]
fn replies_are_books_errors_or_not_handled() {
    let arena = Arena::new();
    let url = "https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=5";
    let body = br#"{"lastUpdateId":7,"bids":[],"asks":[["1","2"]]}"#;
    let Frame::Books([book]) = Spot::parse_reply(url, body, &arena) else {
        panic!("no book")
    };
    assert_eq!(book.symbol, RawField::Text(b"BTCUSDT"));
    assert_eq!(book.stream.channel, "depth");
    assert_eq!(
        Spot::parse_reply(url, br#"{"code":-1121,"msg":"Invalid symbol."}"#, &arena),
        Frame::Control(crate::adapters::ControlKind::Error)
    );
    assert_eq!(
        Spot::parse_reply("https://api.binance.com/api/v3/time", b"", &arena),
        Frame::Unsupported {
            name: "GET api/v3/time",
            is_array: false
        }
    );
    let Frame::Malformed(fault) = Spot::parse_reply(url, b"<html>", &arena) else {
        panic!("no fault")
    };
    assert_eq!(fault.reason, IssueCode::NotJson);
}
