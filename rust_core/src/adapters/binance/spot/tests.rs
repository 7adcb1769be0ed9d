use super::*;
use crate::model::{IssueCode, RawField};

const RAW: &str = r#"{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}"#;
const AGGREGATE: &str = r#"{"e":"aggTrade","E":1723161255343,"s":"BTCUSDT","a":35683259,"p":"61837.63000000","q":"0.02000000","f":100,"l":105,"T":1723161255342,"m":false,"M":true}"#;

fn wrapped(stream: &str, data: &str) -> String {
    format!(r#"{{"stream":"{stream}","data":{data}}}"#)
}

fn general(frame: &str) -> String {
    match parse(frame.as_bytes(), &mut Vec::new()) {
        Frame::Trade(raw) => format!("trade {}", raw.channel),
        Frame::Control(kind) => format!("control {}", kind.name()),
        Frame::Unsupported { name, is_array } => {
            format!("unsupported {name}{}", if is_array { "[]" } else { "" })
        }
        Frame::Malformed(fault) => format!("{} {}", fault.reason.name(), fault.field),
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
        let usual = parse_usual(frame.as_bytes()).expect("the usual spelling");
        assert_eq!(
            parse(frame.as_bytes(), &mut Vec::new()),
            Frame::Trade(usual)
        );
    }
}

#[test]
fn frames_are_told_apart() {
    for (frame, expected) in [
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
            "unsupported bookTicker",
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
        (
            r#"{"stream":"a@bookTicker","data":{}}"#,
            "unsupported bookTicker",
        ),
        (
            r#"{"stream":"a@depth5@100ms","data":{}}"#,
            "unsupported partialDepth",
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
    ] {
        assert_eq!(general(frame), expected, "{frame}");
    }
}

#[test]
fn escapes_and_order_do_not_matter() {
    let frame = RAW
        .replace("BTCUSDT", r"\u0042TCUSDT")
        .replace("\"E\":1723161255343,", "");
    let mut scratch = Vec::new();
    let Frame::Trade(raw) = parse(frame.as_bytes(), &mut scratch) else {
        panic!("no trade")
    };
    assert_eq!(raw.symbol, RawField::Text(b"BTCUSDT"));
    assert_eq!(raw.published, RawField::Missing);
    assert_eq!(parse_usual(frame.as_bytes()), None);
}

#[test]
fn a_frame_cut_anywhere_is_truncated_where_it_ends() {
    for frame in [RAW.to_owned(), wrapped("btcusdt@aggTrade", AGGREGATE)] {
        for end in 1..frame.len() {
            let cut = &frame.as_bytes()[..end];
            let Frame::Malformed(fault) = parse(cut, &mut Vec::new()) else {
                panic!("cut at {end}")
            };
            assert_eq!(
                (fault.reason, fault.offset),
                (IssueCode::Truncated, Some(end))
            );
            assert_eq!(parse_usual(cut), None);
        }
    }
}
