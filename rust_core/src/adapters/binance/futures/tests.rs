use crate::adapters::binance::{coinm::Coinm, usdm::Usdm};
use crate::adapters::{Arena, Frame, Market};
use crate::model::{BookAction, BookOrigin, RawField, RawLevel, RawTrade};

fn number(text: &str) -> RawField<'_> {
    RawField::Number(text.as_bytes())
}

fn text(text: &str) -> RawField<'_> {
    RawField::Text(text.as_bytes())
}

fn trade<'a>(frame: &'a str, arena: &'a Arena) -> RawTrade<'a> {
    match Usdm::parse_usual(frame.as_bytes(), arena) {
        Some(Frame::Trade(raw)) => raw,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_trade_says_what_kind_it_was_when_it_was_not_of_the_book() {
    let arena = Arena::new();
    let usual =
        r#"{"e":"trade","E":2,"T":1,"s":"BTCUSDT","t":5,"p":"1.5","q":"3","X":"MARKET","m":false}"#;
    let raw = trade(usual, &arena);
    assert_eq!(
        (raw.id, raw.time, raw.published),
        (number("5"), number("1"), number("2"))
    );
    assert_eq!((raw.side, raw.metadata), (RawField::Bool(false), &[][..]));
    let other = usual.replace("MARKET", "ADL");
    assert_eq!(
        trade(&other, &arena).metadata,
        [("order_type", &b"ADL"[..])]
    );
}

#[test]
fn an_aggregate_keeps_another_normal_quantity() {
    let arena = Arena::new();
    let same = r#"{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":2,"a":7,"s":"BTCUSDT","p":"1.5","q":"3","nq":"3","f":1,"l":2,"T":1,"m":true,"st":1}}"#;
    let raw = trade(same, &arena);
    assert_eq!(
        (raw.id, raw.first_id, raw.last_id),
        (number("7"), number("1"), number("2"))
    );
    assert_eq!(
        (raw.stream_symbol, raw.metadata),
        (Some(&b"btcusdt"[..]), &[][..])
    );
    let less = same.replace(r#""nq":"3""#, r#""nq":"2""#);
    assert_eq!(
        trade(&less, &arena).metadata,
        [("normal_quantity", &b"2"[..])]
    );
}

#[test]
fn the_stream_alone_tells_changes_from_best_levels() {
    let arena = Arena::new();
    let data =
        r#"{"e":"depthUpdate","E":3,"T":2,"s":"A","U":1,"u":9,"pu":-1,"b":[["1","2"]],"a":[]}"#;
    for (stream, channel, action) in [
        ("a@depth@0ms", "depth", BookAction::Delta),
        ("a@depth5", "partialDepth", BookAction::Snapshot),
    ] {
        let frame = format!(r#"{{"stream":"{stream}","data":{data}}}"#);
        let Some(Frame::Books([book])) = Coinm::parse_usual(frame.as_bytes(), &arena) else {
            panic!("no book: {frame}")
        };
        assert_eq!((book.stream.channel, book.action), (channel, action));
        assert_eq!(
            (book.first_id, book.last_id, book.prev_id),
            (number("1"), number("9"), number("-1"))
        );
        assert_eq!((book.time, book.published), (number("2"), number("3")));
        let level = RawLevel {
            price: b"1",
            quantity: b"2",
        };
        assert_eq!((book.bids, book.asks), (&[level][..], &[][..]));
        assert_eq!(book.content, data.as_bytes());
    }
    let frame = format!(r#"{{"stream":"a@rpiDepth@500ms","data":{data}}}"#);
    let found = Usdm::parse(frame.as_bytes(), &arena);
    assert!(matches!(found, Frame::Unsupported { .. }), "{found:?}");
}

#[test]
fn a_mark_price_is_a_funding_state_and_a_list_has_several() {
    let arena = Arena::new();
    let one = r#"{"e":"markPriceUpdate","E":1,"s":"BTCUSDT","p":"5","ap":"4","P":"6","i":"7","r":"-0.1","T":9}"#;
    let bare = r#"{"e":"markPriceUpdate","E":1,"s":"ETHUSD_210625","p":"5","P":"6","r":"","T":0}"#;
    let list = format!(r#"{{"stream":"!markPrice@arr@1s","data":[{one},{bare}]}}"#);
    let Some(Frame::Fundings([first, second])) = Usdm::parse_usual(list.as_bytes(), &arena) else {
        panic!("no list of two")
    };
    assert_eq!(
        (first.rate, first.mark_price, first.index_price),
        (text("-0.1"), text("5"), text("7"))
    );
    assert_eq!((first.time, first.next_funding), (number("1"), number("9")));
    assert_eq!(
        first.metadata,
        [("ap", &b"4"[..]), ("estimated_settle_price", b"6")]
    );
    assert_eq!(
        (second.rate, second.index_price),
        (text(""), RawField::Missing)
    );
    assert_eq!(
        (first.content, second.content),
        (one.as_bytes(), bare.as_bytes())
    );
}

#[test]
fn lists_are_funding_states_missing_or_not_handled() {
    let arena = Arena::new();
    let name = |frame: &str| match Usdm::parse(frame.as_bytes(), &arena) {
        Frame::Fundings(all) => format!("{} of funding", all.len()),
        Frame::Unsupported { name, is_array } => format!("{name} {is_array}"),
        Frame::Malformed(fault) => format!("{} {}", fault.reason.name(), fault.field),
        Frame::Partly(partly) => format!("{} of funding, {:?}", partly.good.elements(), partly.bad),
        other => format!("{other:?}"),
    };
    for (frame, expected) in [
        (r#"[{"e":"markPriceUpdate"}]"#, "1 of funding"),
        (
            r#"{"stream":"btcusd@markPrice","data":[{"e":"markPriceUpdate"}]}"#,
            "1 of funding",
        ),
        (
            r#"[{"e":"markPriceUpdate"},{"e":"kline"}]"#,
            r#"1 of funding, [Malformed { reason: Type, field: "e", offset: Some(25) }]"#,
        ),
        (
            r#"[{"e":"markPriceUpdate"},1]"#,
            r#"1 of funding, [Malformed { reason: Type, field: "data", offset: Some(25) }]"#,
        ),
        (
            r#"{"stream":"!x@arr","data":[{"e":"24hrTicker"}]}"#,
            "24hrTicker true",
        ),
        (r#"{"stream":"!x@arr","data":[]}"#, "!x@arr false"),
        (
            r#"{"stream":"x@arr","data":[{"e":"24hrTicker"}]}"#,
            "type data",
        ),
        (
            r#"{"stream":"!x@arr","data":[{"e":"markPriceUpdate"}]}"#,
            "unknown_message stream",
        ),
        (r#"{"stream":"!markPrice@arr","data":[]}"#, "missing data"),
    ] {
        assert_eq!(name(frame), expected, "{frame}");
    }
}

#[test]
fn a_forced_order_is_read_from_within() {
    let arena = Arena::new();
    let frame = r#"{"e":"forceOrder","E":2,"o":{"s":"牛来USDT","S":"SELL","o":"LIMIT","f":"IOC","q":"9","p":"0.1","ap":"0.2","X":"FILLED","l":"5","z":"9","T":1}}"#;
    let Frame::Liquidations([raw]) = Usdm::parse(frame.as_bytes(), &arena) else {
        panic!("no forced order")
    };
    assert_eq!(
        (raw.symbol, raw.side, raw.status),
        (text("牛来USDT"), text("SELL"), text("FILLED"))
    );
    assert_eq!(
        (raw.price, raw.average_price, raw.quantity),
        (text("0.1"), text("0.2"), text("9"))
    );
    assert_eq!((raw.time, raw.published), (number("1"), number("2")));
    assert_eq!(raw.metadata, [("filled", &b"9"[..]), ("last_filled", b"5")]);
    assert_eq!(raw.content, frame.as_bytes());
    for (frame, field) in [
        (r#"{"e":"forceOrder","E":1}"#, ("missing", "o")),
        (r#"{"e":"forceOrder","o":1}"#, ("type", "o")),
        (
            r#"{"e":"forceOrder","o":{"q":"1","q":"1"}}"#,
            ("duplicate_key", "q"),
        ),
    ] {
        let Frame::Malformed(fault) = Usdm::parse(frame.as_bytes(), &arena) else {
            panic!("no fault: {frame}")
        };
        assert_eq!((fault.reason.name(), fault.field), field);
    }
}

#[test]
fn a_reply_says_its_symbol_or_its_address_does() {
    let arena = Arena::new();
    let body = br#"{"lastUpdateId":7,"E":2,"T":1,"symbol":"BTCUSD_PERP","pair":"BTCUSD","bids":[["1","2"]],"asks":[]}"#;
    let url = "https://dapi.binance.com/dapi/v1/depth?symbol=X&limit=5";
    let Frame::Books([book]) = Coinm::parse_reply(url, body, &arena) else {
        panic!("no book")
    };
    assert_eq!(
        (book.symbol, book.origin),
        (text("BTCUSD_PERP"), BookOrigin::Rest)
    );
    assert_eq!(
        (book.last_id, book.time, book.published),
        (number("7"), number("1"), number("2"))
    );
    let body = br#"{"lastUpdateId":7,"E":2,"bids":[],"asks":[]}"#;
    let url = "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT";
    let Frame::Books([book]) = Usdm::parse_reply(url, body, &arena) else {
        panic!("no book")
    };
    assert_eq!((book.symbol, book.time), (text("BTCUSDT"), number("2")));
    assert_eq!(
        (book.stream.channel, book.action),
        ("depth", BookAction::Snapshot)
    );
    // Another market's path is not this market's.
    let found = Coinm::parse_reply(url, body, &arena);
    assert!(matches!(
        found,
        Frame::Unsupported {
            name: "GET fapi/v1/depth",
            ..
        }
    ));
}
