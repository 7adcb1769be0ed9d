//! Binance adapters: every recorded message is what the recordings' table says, and both readers agree.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "a test reads files and its environment, and reports by a panic"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use _core::adapters::binance::{coinm::Coinm, spot::Spot, usdm::Usdm};
use _core::adapters::{Arena, Frame, Market};
use _core::model::{BookOrigin, RawField};

/// Files of recorded messages, and how many of each kind are in them.
const RECORDINGS: &[(&str, &[(&str, u32)])] = &[
    (
        "binance_spot_btcusdt_20240808.jsonl.gz",
        &[
            ("bookTicker", 28_040),
            ("depthUpdate", 3_451),
            ("trade", 9_757),
            ("GET api/v3/depth", 1),
        ],
    ),
    (
        "binance_spot_btcusdt_20240809.jsonl.gz",
        &[
            ("bookTicker", 45_134),
            ("depthUpdate", 3_044),
            ("trade", 10_147),
        ],
    ),
    (
        "binance_spot_multi_20211012.jsonl",
        &[
            ("aggTrade", 2),
            ("bookTicker", 84),
            ("depthUpdate", 177),
            ("kline", 2),
            ("GET api/v3/depth", 4),
        ],
    ),
    (
        "binance_usdm_btcusdt_20240808.jsonl.gz",
        &[
            ("bookTicker", 66_089),
            ("depthUpdate", 6_551),
            ("trade", 21_313),
            ("GET fapi/v1/depth", 1),
        ],
    ),
    (
        "binance_usdm_multi_20210722.jsonl.gz",
        &[
            ("aggTrade", 91),
            ("bookTicker", 613),
            ("depthUpdate", 764),
            ("kline", 67),
            ("GET fapi/v1/depth", 4),
        ],
    ),
    (
        "binance_usdm_streams_20260927.jsonl",
        &[
            ("aggTrade", 16),
            ("bookTicker", 16),
            ("depthUpdate", 4),
            ("forceOrder", 21),
            ("kline", 4),
            ("markPriceUpdate", 3),
        ],
    ),
    (
        "binance_usdm_liquidation_20261009.jsonl",
        &[("forceOrder", 1)],
    ),
    (
        "binance_usdm_markprice_20260930.jsonl",
        &[("markPriceUpdate", 20)],
    ),
    (
        "binance_usdm_demo_20260915.jsonl",
        &[("bookTicker", 239), ("depthUpdate", 161)],
    ),
    (
        "binance_coinm_btcusd_perp_20240808.jsonl.gz",
        &[
            ("bookTicker", 19_136),
            ("depthUpdate", 26_847),
            ("trade", 2_286),
            ("GET dapi/v1/depth", 1),
        ],
    ),
    (
        "binance_coinm_btcusd_perp_20240809.jsonl.gz",
        &[
            ("bookTicker", 29_219),
            ("depthUpdate", 17_948),
            ("trade", 2_949),
        ],
    ),
    (
        "binance_misc_2021-22.jsonl",
        &[
            ("24hrTicker", 3),
            ("24hrTicker[]", 3),
            ("aggTrade", 3),
            ("bookTicker", 3),
            ("depthUpdate", 3),
            ("kline", 3),
            ("markPriceUpdate", 1),
            ("markPriceUpdate[]", 1),
            ("partialDepth", 3),
            ("GET dapi/v1/depth", 2),
        ],
    ),
    (
        "binance_http_market.jsonl",
        &[
            ("GET api/v3/aggTrades", 23),
            ("GET api/v3/depth", 1),
            ("GET api/v3/trades", 3),
            ("GET fapi/v1/aggTrades", 3),
            ("GET fapi/v1/depth", 3),
            ("GET fapi/v1/fundingRate", 6),
            ("GET fapi/v1/openInterest", 1),
            ("GET fapi/v1/premiumIndex", 2),
        ],
    ),
];

/// Returns the lines of a recording, or `None` (with a word why) where there is none.
fn lines(name: &str) -> Option<Vec<serde_json::Value>> {
    let default = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures");
    let path = std::env::var("TAPELINE_CAPTURES")
        .map_or(default, PathBuf::from)
        .join(name);
    if !path.exists() {
        eprintln!(
            "skipped: {} does not exist; set TAPELINE_CAPTURES",
            path.display()
        );
        return None;
    }
    let text = if name.ends_with(".gz") {
        Command::new("gzip")
            .arg("-dc")
            .arg(&path)
            .output()
            .unwrap()
            .stdout
    } else {
        std::fs::read(&path).unwrap()
    };
    let text = String::from_utf8(text).unwrap();
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

/// Returns what a frame is, in the words of the recordings' table.
fn kind(frame: &Frame<'_>, is_list: bool) -> String {
    match frame {
        Frame::Trade(raw) => raw.stream.channel.to_owned(),
        Frame::Books([book]) => match (book.origin, book.stream.channel) {
            (BookOrigin::Rest, _) => "snapshot".to_owned(),
            (_, "depth") => "depthUpdate".to_owned(),
            (_, channel) => channel.to_owned(),
        },
        Frame::Fundings(_) => if is_list {
            "markPriceUpdate[]"
        } else {
            "markPriceUpdate"
        }
        .to_owned(),
        Frame::Liquidations([_]) => "forceOrder".to_owned(),
        Frame::Control(kind) => format!("control {}", kind.name()),
        Frame::Unsupported { name, is_array } => {
            format!("{name}{}", if *is_array { "[]" } else { "" })
        }
        Frame::Malformed(fault) => format!("{} {}", fault.reason.name(), fault.field),
        other => format!("{other:?}"),
    }
}

/// Reads one recorded message; returns its kind and whether the usual reader read it.
fn read<M: Market>(url: &str, is_reply: bool, raw: &str) -> (String, bool) {
    let arena = Arena::new();
    if is_reply {
        let found = M::parse_reply(url, raw.as_bytes(), &arena);
        let path = url
            .split('?')
            .next()
            .unwrap()
            .splitn(4, '/')
            .nth(3)
            .unwrap();
        if let Frame::Books([book]) = found {
            assert!(matches!(book.symbol, RawField::Text(_)), "{url}");
        }
        return match kind(&found, false).as_str() {
            "snapshot" => (format!("GET {path}"), true),
            other => (other.to_owned(), true),
        };
    }
    let whole = M::parse(raw.as_bytes(), &arena);
    let usual = M::parse_usual(raw.as_bytes(), &arena);
    if let Some(usual) = usual {
        assert_eq!(usual, whole, "{raw}");
    }
    (kind(&whole, raw.contains("\"data\":[")), usual.is_some())
}

#[test]
fn every_recorded_message_is_what_the_table_says() {
    for (name, expected) in RECORDINGS {
        let Some(lines) = lines(name) else { continue };
        let (mut found, mut unusual) = (BTreeMap::new(), BTreeMap::new());
        for line in lines {
            let (url, raw) = (line["url"].as_str().unwrap(), line["raw"].as_str().unwrap());
            let is_reply = line["kind"] == "http";
            let (kind, is_usual) = match url.split('/').nth(2).unwrap() {
                host if host.contains("fstream") || host.contains("fapi") => {
                    read::<Usdm>(url, is_reply, raw)
                }
                host if host.contains("dstream") || host.contains("dapi") => {
                    read::<Coinm>(url, is_reply, raw)
                }
                _ => read::<Spot>(url, is_reply, raw),
            };
            if !is_usual {
                *unusual.entry(kind.clone()).or_insert(0_u32) += 1;
            }
            *found.entry(kind).or_insert(0_u32) += 1;
        }
        let expected: BTreeMap<String, u32> = expected
            .iter()
            .map(|(kind, count)| ((*kind).to_owned(), *count))
            .collect();
        assert_eq!(found, expected, "{name}");
        let handled = [
            "trade",
            "aggTrade",
            "depthUpdate",
            "bookTicker",
            "markPriceUpdate",
            "partialDepth",
        ];
        let slow: u32 = handled.iter().filter_map(|kind| unusual.get(*kind)).sum();
        assert_eq!(slow, 0, "{name}: {unusual:?}");
    }
}
