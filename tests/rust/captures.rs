//! Recorded sessions of every venue: every item accounted for, no gap invented, books right.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "a test reads files and its environment, and reports by a panic"
)]

#[path = "../../benches/rust/workload.rs"]
mod workload;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use _core::book::BookState;
use _core::engine::{Normalizer, Reply, SetupInstrument, Slices};
use _core::model::UnixNanos;
use serde_json::Value;
use workload::{Buffer, normalizer_of};

struct Line {
    url: String,
    is_reply: bool,
    raw: String,
    received: Option<UnixNanos>,
}

/// Returns the lines of a recording, or `None` (with a word why) where there is none.
fn recording(name: &str) -> Option<Vec<Line>> {
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
    let unpacked = Command::new("gzip")
        .arg("-dcf")
        .arg(&path)
        .output()
        .unwrap();
    let text = String::from_utf8(unpacked.stdout).unwrap();
    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        Line {
            url: line["url"].as_str().unwrap().to_owned(),
            is_reply: line["kind"] == "http",
            raw: line["raw"].as_str().unwrap().to_owned(),
            received: line["recv_ns"].as_i64().map(UnixNanos::new),
        }
    };
    Some(text.lines().map(line).collect())
}

/// The market of a recorded address.
fn market(url: &str) -> (&'static str, &'static str) {
    let has = |part: &str| url.contains(part);
    if has("bybit") && has("/spot") {
        ("bybit", "spot")
    } else if has("/linear") || url.ends_with("/realtime_public") {
        ("bybit", "linear")
    } else if has("bybit") {
        ("bybit", "inverse")
    } else if has("okx") {
        ("okx", "swap")
    } else if has("fstream") || has("fapi") {
        ("binance", "usdm")
    } else if has("dstream") || has("dapi") {
        ("binance", "coinm")
    } else {
        ("binance", "spot")
    }
}

/// Every text that a recording has under a key for symbols.
fn symbols(lines: &[Line]) -> BTreeSet<String> {
    fn collect(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Array(list) => list.iter().for_each(|value| collect(value, found)),
            Value::Object(members) => {
                for (key, value) in members {
                    if let ("s" | "instId" | "symbol", Some(text)) = (key.as_str(), value.as_str())
                    {
                        found.insert(text.to_owned());
                    }
                    collect(value, found);
                }
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    for line in lines {
        if let Ok(value) = serde_json::from_str::<Value>(&line.raw) {
            collect(&value, &mut found);
            let topic = value["topic"]
                .as_str()
                .and_then(|topic| topic.rsplit('.').next());
            found.extend(topic.map(str::to_owned));
        }
    }
    found.retain(|symbol| !symbol.is_empty());
    found
}

/// What a recording must come to.
#[derive(Default)]
struct Expected {
    /// Events by type: trades, books, funding states, forced orders.
    events: [u64; 4],
    duplicates: u64,
    unsupported: u64,
    control: u64,
    /// Books that are live in the end.
    live: usize,
}

/// Runs a recording through one normalizer a market.
fn run(name: &str, book_every: u32) -> Option<BTreeMap<(&'static str, &'static str), Normalizer>> {
    let lines = recording(name)?;
    let symbols = symbols(&lines);
    let mut normalizers = BTreeMap::new();
    for line in &lines {
        let (exchange, market) = market(&line.url);
        let normalizer = normalizers.entry((exchange, market)).or_insert_with(|| {
            let one = |symbol: &String| SetupInstrument {
                raw_symbol: symbol.clone(),
                symbol: symbol.clone(),
                market: market.to_owned(),
                contract_size: None,
                funding_interval_ns: None,
            };
            let instruments = symbols.iter().map(one).collect();
            normalizer_of(exchange, market, instruments, book_every)
        });
        let (received, mut sink) = (line.received, Buffer::default());
        if line.is_reply {
            let (url, body) = (line.url.as_str(), line.raw.as_bytes());
            normalizer.push_reply(
                &Reply {
                    url,
                    body,
                    received,
                },
                None,
                &mut sink,
            );
        } else {
            let frames = &[line.raw.as_bytes()];
            normalizer.push(&Slices { frames, received }, None, &mut sink);
        }
    }
    Some(normalizers)
}

fn check(name: &str, expected: &Expected) {
    let Some(normalizers) = run(name, 0) else {
        return;
    };
    let mut found = Expected::default();
    for normalizer in normalizers.values() {
        let counters = normalizer.counters();
        let verdicts = counters.events()
            + counters.duplicates
            + counters.quarantined()
            + counters.controls()
            + counters.unsupported;
        assert_eq!(counters.items(), verdicts, "{name}: residual");
        let reasons: Vec<_> = counters.reasons().collect();
        assert_eq!(reasons, [], "{name}");
        assert_eq!(normalizer.gaps(), [], "{name}");
        for ((_, count), sum) in counters.events_by_type().iter().zip(&mut found.events) {
            *sum += count;
        }
        let [_, repaired, suspicious] = counters.quality;
        eprintln!(
            "{name}: {repaired} repaired, {suspicious} suspicious of {}",
            counters.events()
        );
        for (unsupported, count) in normalizer.unsupported() {
            eprintln!("  unsupported {unsupported} {count}");
        }
        found.duplicates += counters.duplicates;
        found.unsupported += counters.unsupported;
        found.control += counters.controls();
        for book in normalizer.books() {
            eprintln!(
                "  {} {} {}",
                book.instrument.symbol,
                book.channel,
                book.state.name()
            );
        }
        let live = normalizer
            .books()
            .filter(|book| book.state == BookState::Live);
        found.live += live.count();
    }
    assert_eq!(found.events, expected.events, "{name}");
    let rest = |of: &Expected| (of.duplicates, of.unsupported, of.control, of.live);
    assert_eq!(
        rest(&found),
        rest(expected),
        "{name}: duplicates, unsupported, control, live books"
    );
}

macro_rules! recordings {
    ($($test:ident: $name:literal, $events:expr, $duplicates:expr, $unsupported:expr, $control:expr, $live:expr;)*) => {
        $(
            #[test]
            fn $test() {
                let expected = Expected {
                    events: $events,
                    duplicates: $duplicates,
                    unsupported: $unsupported,
                    control: $control,
                    live: $live,
                };
                check($name, &expected);
            }
        )*
    };
}

// Events are trades, books, funding states, forced orders; then duplicates, unsupported, control, and
// books (a channel's best prices are one) that are live in the end.
recordings! {
    binance_spot_of_2024_08_08: "binance_spot_btcusdt_20240808.jsonl.gz", [9_757, 31_492, 0, 0], 0, 0, 0, 2;
    binance_spot_of_2024_08_09: "binance_spot_btcusdt_20240809.jsonl.gz", [10_147, 48_178, 0, 0], 0, 0, 0, 1;
    binance_spot_of_2021: "binance_spot_multi_20211012.jsonl", [2, 265, 0, 0], 0, 2, 0, 7;
    binance_usdm_of_2024: "binance_usdm_btcusdt_20240808.jsonl.gz", [21_313, 72_641, 0, 0], 0, 0, 0, 2;
    binance_usdm_of_2021: "binance_usdm_multi_20210722.jsonl.gz", [91, 1_381, 0, 0], 0, 67, 0, 8;
    binance_usdm_demo: "binance_usdm_demo_20260915.jsonl", [0, 400, 0, 0], 0, 0, 0, 1;
    binance_usdm_liquidation: "binance_usdm_liquidation_20261009.jsonl", [0, 0, 0, 1], 0, 0, 0, 0;
    binance_usdm_mark_prices: "binance_usdm_markprice_20260930.jsonl", [0, 0, 20, 0], 0, 0, 0, 0;
    binance_coinm_of_2024_08_08: "binance_coinm_btcusd_perp_20240808.jsonl.gz", [2_286, 45_984, 0, 0], 0, 0, 0, 2;
    binance_coinm_of_2024_08_09: "binance_coinm_btcusd_perp_20240809.jsonl.gz", [2_949, 47_167, 0, 0], 0, 0, 0, 1;
    bybit_linear_books: "bybit_linear_xrpusdt_ob500_20241201.jsonl", [0, 30, 0, 0], 0, 0, 0, 1;
    bybit_linear_tickers: "bybit_linear_tickers_btcusdt_20260930.jsonl", [0, 0, 435, 0], 0, 0, 1, 0;
    bybit_spot_testnet: "bybit_spot_testnet_btcusdt_20260913.jsonl", [5, 18, 0, 0], 0, 0, 2, 2;
    bybit_legacy_inverse: "bybit_legacy_inverse_20210417.jsonl", [0, 0, 0, 0], 0, 1_094, 4, 0;
    bybit_legacy_misc: "bybit_legacy_misc_2021-22.jsonl", [0, 0, 0, 0], 0, 12, 0, 0;
    okx_of_2022: "okx_multi_20220513.jsonl", [70, 191, 0, 0], 0, 26, 12, 2;
    okx_swap_of_2026: "okx_swap_btcusdt_20260926.jsonl", [36, 65, 0, 0], 0, 0, 3, 2;
    okx_swap_funding: "okx_swap_funding_20260930.jsonl", [0, 0, 4, 0], 0, 18, 8, 0;
    okx_swap_liquidations: "okx_swap_liquidation_2026.jsonl", [0, 0, 0, 2], 0, 0, 0, 0;
}

#[test]
fn a_snapshot_follows_every_so_many_updates_of_a_live_book() {
    let name = "okx_multi_20220513.jsonl";
    let Some(normalizers) = run(name, 10) else {
        return;
    };
    let counters = normalizers.values().next().unwrap().counters();
    assert_eq!(counters.events_by_type()[1].1, 191);
    assert!(
        (17..=19).contains(&counters.book_snapshots),
        "{}",
        counters.book_snapshots
    );
}
