//! Binance adapters: both readers agree on every message, and no bytes make either of them panic.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is how a test reports"
)]

use _core::adapters::binance::{coinm::Coinm, spot::Spot, usdm::Usdm};
use _core::adapters::{Arena, Frame, Market};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Venue {
    Spot,
    Usdm,
    Coinm,
}

type Members = &'static [(&'static str, &'static str)];

/// A message of each channel in the venue's order of keys, and the stream that it comes on.
const MESSAGES: &[(Venue, &str, Members)] = &[
    (
        Venue::Spot,
        "btcusdt@trade",
        &[
            ("e", "\"trade\""),
            ("E", "1723161255343"),
            ("s", "\"BTCUSDT\""),
            ("t", "3735683259"),
            ("p", "\"61837.63000000\""),
            ("q", "\"0.02000000\""),
            ("T", "1723161255342"),
            ("m", "true"),
            ("M", "true"),
        ],
    ),
    (
        Venue::Spot,
        "btcusdt@aggTrade",
        &[
            ("e", "\"aggTrade\""),
            ("E", "1616176861895"),
            ("s", "\"BTCUSDT\""),
            ("a", "640283266"),
            ("p", "\"58942.01000000\""),
            ("q", "\"0.00035600\""),
            ("f", "716849523"),
            ("l", "716849524"),
            ("T", "1616176861893"),
            ("m", "false"),
            ("M", "true"),
        ],
    ),
    (
        Venue::Spot,
        "nknusdt@depth@100ms",
        &[
            ("e", "\"depthUpdate\""),
            ("E", "1633998512568"),
            ("s", "\"NKNUSDT\""),
            ("U", "499869753"),
            ("u", "499869754"),
            ("b", "[[\"0.35170000\",\"4265.00000000\"],[\"0.35\",\"0\"]]"),
            ("a", "[]"),
        ],
    ),
    (
        Venue::Spot,
        "btcusdt@bookTicker",
        &[
            ("u", "50093239212"),
            ("s", "\"BTCUSDT\""),
            ("b", "\"61837.63000000\""),
            ("B", "\"3.78826000\""),
            ("a", "\"61837.64000000\""),
            ("A", "\"1.54698000\""),
        ],
    ),
    (
        Venue::Spot,
        "!bookTicker",
        &[
            ("u", "50093239212"),
            ("s", "\"BTCUSDT\""),
            ("b", "\"61837.63000000\""),
            ("B", "\"3.78826000\""),
            ("a", "\"61837.64000000\""),
            ("A", "\"1.54698000\""),
        ],
    ),
    (
        Venue::Spot,
        "ethusdt@depth20",
        &[
            ("lastUpdateId", "17044571457"),
            ("bids", "[[\"1782.00000000\",\"6.48300000\"]]"),
            ("asks", "[[\"1782.01\",\"15.4\"]]"),
        ],
    ),
    (
        Venue::Usdm,
        "btcusdt@aggTrade",
        &[
            ("e", "\"aggTrade\""),
            ("E", "1790526539672"),
            ("a", "3466782976"),
            ("s", "\"BTCUSDT\""),
            ("p", "\"84551.00\""),
            ("q", "\"0.100\""),
            ("nq", "\"0.090\""),
            ("f", "8123344785"),
            ("l", "8123344790"),
            ("T", "1790526539522"),
            ("m", "true"),
            ("st", "1"),
        ],
    ),
    (
        Venue::Usdm,
        "btcusdt@trade",
        &[
            ("e", "\"trade\""),
            ("E", "1723161256322"),
            ("T", "1723161256322"),
            ("s", "\"BTCUSDT\""),
            ("t", "5266583935"),
            ("p", "\"61800.30\""),
            ("q", "\"0.006\""),
            ("X", "\"INSURANCE_FUND\""),
            ("m", "false"),
        ],
    ),
    (
        Venue::Coinm,
        "btcusd_perp@depth@0ms",
        &[
            ("e", "\"depthUpdate\""),
            ("E", "1723161257440"),
            ("T", "1723161257432"),
            ("s", "\"BTCUSD_PERP\""),
            ("ps", "\"BTCUSD\""),
            ("U", "1007198631260"),
            ("u", "1007198631565"),
            ("pu", "1007198631198"),
            ("b", "[[\"61773.6\",\"1001\"]]"),
            ("a", "[[\"61776.4\",\"0\"],[\"61777\",\"3\"]]"),
        ],
    ),
    (
        Venue::Coinm,
        "runeusd_perp@depth5",
        &[
            ("e", "\"depthUpdate\""),
            ("E", "1648006221596"),
            ("T", "1648006221340"),
            ("s", "\"RUNEUSD_PERP\""),
            ("ps", "\"RUNEUSD\""),
            ("U", "395028983849"),
            ("u", "395028983849"),
            ("pu", "-1"),
            ("b", "[]"),
            ("a", "[[\"8.4400\",\"2\"]]"),
        ],
    ),
    (
        Venue::Coinm,
        "btcusd_perp@bookTicker",
        &[
            ("u", "1007198632021"),
            ("e", "\"bookTicker\""),
            ("s", "\"BTCUSD_PERP\""),
            ("ps", "\"BTCUSD\""),
            ("b", "\"61804.7\""),
            ("B", "\"35\""),
            ("a", "\"61804.8\""),
            ("A", "\"1645\""),
            ("T", "1723161257465"),
            ("E", "1723161257476"),
        ],
    ),
    (
        Venue::Usdm,
        "btcusdt@markPrice@1s",
        &[
            ("e", "\"markPriceUpdate\""),
            ("E", "1790526539000"),
            ("s", "\"BTCUSDT\""),
            ("p", "\"84551.10762319\""),
            ("ap", "\"84551.10762319\""),
            ("P", "\"84559.09090930\""),
            ("i", "\"84590.87304348\""),
            ("r", "\"-0.00000801\""),
            ("T", "1790553600000"),
            ("st", "1"),
        ],
    ),
    (
        Venue::Usdm,
        "!forceOrder@arr",
        &[
            ("e", "\"forceOrder\""),
            ("E", "1791565603055"),
            (
                "o",
                r#"{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.190","p":"82338.30","ap":"82651.90","X":"FILLED","l":"0.155","z":"0.190","T":1791565602120,"ps":"BTCUSDT","st":1}"#,
            ),
        ],
    ),
];

fn object(members: &[(String, String)]) -> String {
    let members: Vec<String> = members
        .iter()
        .map(|(key, value)| format!("\"{key}\":{value}"))
        .collect();
    format!("{{{}}}", members.join(","))
}

fn frame_of(stream: &str, members: &[(String, String)], is_wrapped: bool) -> String {
    if is_wrapped {
        format!(r#"{{"stream":"{stream}","data":{}}}"#, object(members))
    } else {
        object(members)
    }
}

fn owned(members: Members) -> Vec<(String, String)> {
    members
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// A member that no channel knows, or one that may be known, twice, or of another type.
fn odd_member() -> impl Strategy<Value = (String, String)> {
    let key = prop_oneof![
        3 => "[a-zA-Z]{1,3}",
        1 => Just("M".to_owned()),
        1 => "\\PC{0,3}".prop_map(|key| key.replace(['"', '\\'], "")),
        1 => prop::sample::select(vec!["stream", "data", "e", "result", "error", "code", "msg", "id", "lastUpdateId"]).prop_map(str::to_owned),
    ];
    let value = prop::sample::select(vec![
        "1",
        "-0.5",
        "1e5",
        "\"x\"",
        "\"\"",
        "true",
        "false",
        "null",
        "[]",
        "{}",
        "[1,{\"a\":\"b\"}]",
        "{\"s\":[[]]}",
        "\"\\u0041\"",
        "\"\u{725b}\"",
        " 1",
        "[[\"1\",\"2\"]]",
    ]);
    (key, value).prop_map(|(key, value)| (key, value.to_owned()))
}

/// A message with its keys in any order, members left out and members added.
fn message() -> impl Strategy<Value = (Venue, String)> {
    let known = prop::sample::select(MESSAGES).prop_flat_map(|(venue, stream, members)| {
        let all = owned(members);
        let shuffled = Just(all.clone()).prop_shuffle();
        let keeps_first = (shuffled, 0..all.len().max(1)).prop_map(move |(shuffled, place)| {
            // Two in three begin with the key that they do begin with at the venue.
            let mut members = shuffled;
            let first = members
                .iter()
                .position(|(key, _)| *key == all[0].0)
                .unwrap();
            if place % 3 != 0 {
                members.swap(0, first);
            }
            members
        });
        (Just(venue), Just(stream), keeps_first)
    });
    let odd = proptest::collection::vec((any::<prop::sample::Index>(), odd_member()), 0..2);
    let stream = prop::sample::select(MESSAGES).prop_map(|(_, stream, _)| stream);
    (
        known,
        odd,
        any::<Option<prop::sample::Index>>(),
        any::<bool>(),
        0_u8..8,
        stream,
    )
        .prop_map(
            |((venue, stream, mut members), odd, dropped, is_wrapped, other, other_stream)| {
                if let (Some(dropped), 0..3) = (dropped, other) {
                    members.remove(dropped.index(members.len()));
                }
                for (place, member) in odd {
                    let place = place.index(members.len() + 1);
                    members.insert(place, member);
                }
                let stream = if other == 7 { other_stream } else { stream };
                (venue, frame_of(stream, &members, is_wrapped))
            },
        )
}

/// A frame with a few bytes replaced, taken out or doubled.
fn mutated() -> impl Strategy<Value = (Venue, Vec<u8>)> {
    let edits =
        proptest::collection::vec((any::<prop::sample::Index>(), 0_u8..3, any::<u8>()), 1..4);
    (message(), edits).prop_map(|((venue, frame), edits)| {
        let mut bytes = frame.into_bytes();
        for (at, kind, byte) in edits {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 if bytes.len() > 1 => drop(bytes.remove(at)),
                _ => bytes.insert(
                    at,
                    if byte < 128 {
                        bytes[at]
                    } else {
                        b"\"\\,:{}[]0 ."[usize::from(byte) % 11]
                    },
                ),
            }
        }
        (venue, bytes)
    })
}

/// Reads with both readers; returns whether the usual one read it.
fn check_alike<M: Market>(bytes: &[u8]) -> Result<bool, TestCaseError> {
    let arena = Arena::new();
    let whole = M::parse(bytes, &arena);
    let Some(usual) = M::parse_usual(bytes, &arena) else {
        return Ok(false);
    };
    prop_assert_eq!(usual, whole);
    Ok(true)
}

fn check(venue: Venue, bytes: &[u8]) -> Result<bool, TestCaseError> {
    match venue {
        Venue::Spot => check_alike::<Spot>(bytes),
        Venue::Usdm => check_alike::<Usdm>(bytes),
        Venue::Coinm => check_alike::<Coinm>(bytes),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn messages_are_read_alike((venue, frame) in message()) {
        check(venue, frame.as_bytes())?;
    }

    #[test]
    fn mutated_messages_are_read_alike((venue, bytes) in mutated()) {
        check(venue, &bytes)?;
    }

    #[test]
    fn replies_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60), url in "\\PC{0,40}") {
        let arena = Arena::new();
        for url in [url.as_str(), "https://h/api/v3/depth?symbol=A%4", "https://h/fapi/v1/depth", "https://h/dapi/v1/depth"] {
            Spot::parse_reply(url, &bytes, &arena);
            Usdm::parse_reply(url, &bytes, &arena);
            Coinm::parse_reply(url, &bytes, &arena);
        }
    }
}

#[test]
fn the_usual_reader_reads_each_channel() {
    for (venue, stream, members) in MESSAGES {
        let frame = frame_of(stream, &owned(members), true);
        assert!(check(*venue, frame.as_bytes()).unwrap(), "{frame}");
        let is_partial = stream.contains("@depth20") || stream.contains("@depth5");
        let bare = frame_of(stream, &owned(members), false);
        assert!(
            is_partial || check(*venue, bare.as_bytes()).unwrap(),
            "{bare}"
        );
    }
}

#[test]
fn a_frame_cut_anywhere_is_truncated_where_it_ends() {
    for (_, stream, members) in MESSAGES {
        let frame = frame_of(stream, &owned(members), true);
        for end in 1..frame.len() {
            let (arena, cut) = (Arena::new(), &frame.as_bytes()[..end]);
            let Frame::Malformed(fault) = Usdm::parse(cut, &arena) else {
                panic!("cut at {end}: {frame}")
            };
            assert_eq!(
                (fault.reason.name(), fault.offset),
                ("truncated", Some(end))
            );
            assert_eq!(Usdm::parse_usual(cut, &arena), None);
        }
    }
}
