//! The page of what each channel can prove says what the adapters say.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test reads files and reports by a panic"
)]

use std::collections::BTreeMap;

use _core::adapters::{Arena, Frame, Market, binance, bybit, okx};
use _core::model::{BookDepth, ProofLevel};

const PAGE: &str = include_str!("../../docs/exchanges/capabilities.md");

/// Returns type and proof of each channel of a market's table.
fn page(exchange: &str, market: &str) -> BTreeMap<String, (String, String)> {
    let heading = format!("## {exchange} {market}\n");
    let section = PAGE.split(&heading).nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section
        .lines()
        .filter(|line| line.contains('`') && line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<_> = row.split(" | ").collect();
        let channel = cells[0].trim_matches(['|', ' ', '*', '`']).to_owned();
        (channel, (cells[1].to_owned(), cells[3].to_owned()))
    })
    .collect()
}

fn proof(level: ProofLevel) -> String {
    match level {
        ProofLevel::ProvenGap | ProofLevel::ProvenComplete => "proven",
        ProofLevel::Inferred => "inferred",
        ProofLevel::Unverifiable => "unverifiable",
    }
    .to_owned()
}

/// Returns channel, type and proof of a frame.
fn told<M: Market>(frame: &str) -> (String, (String, String)) {
    let arena = Arena::new();
    let (channel, kind, level) = match M::parse(frame.as_bytes(), &arena) {
        Frame::Trade(trade) => (trade.stream.channel, "trade", trade.stream.gap_proof),
        Frame::Trades(trades) => (
            trades[0].stream.channel,
            "trade",
            trades[0].stream.gap_proof,
        ),
        Frame::Books(books) => {
            let stream = books[0].stream;
            let kind = match stream.depth {
                BookDepth::L1 => "l1",
                BookDepth::L2 => "l2",
            };
            (stream.channel, kind, stream.gap_proof)
        }
        Frame::Fundings(states) => (states[0].channel, "funding", ProofLevel::Unverifiable),
        Frame::Liquidations(orders) => (orders[0].channel, "liquidation", ProofLevel::Unverifiable),
        other => panic!("{frame}: {other:?}"),
    };
    (channel.to_owned(), (kind.to_owned(), proof(level)))
}

fn check<M: Market>(frames: &[&str]) {
    let found: BTreeMap<_, _> = frames.iter().map(|frame| told::<M>(frame)).collect();
    assert_eq!(
        found,
        page(M::EXCHANGE, M::MARKET),
        "{} {}",
        M::EXCHANGE,
        M::MARKET
    );
}

const BINANCE: [&str; 5] = [
    r#"{"e":"trade","s":"A"}"#,
    r#"{"e":"aggTrade","s":"A"}"#,
    r#"{"stream":"a@bookTicker","data":{"u":1,"s":"A","b":"1","B":"1","a":"1","A":"1"}}"#,
    r#"{"stream":"a@depth@100ms","data":{"e":"depthUpdate","s":"A","U":1,"u":2,"pu":0,"b":[],"a":[]}}"#,
    r#"{"stream":"a@depth5","data":{"lastUpdateId":1,"bids":[],"asks":[]}}"#,
];
const FUTURES: [&str; 3] = [
    r#"{"stream":"a@depth5","data":{"e":"depthUpdate","s":"A","U":1,"u":2,"pu":0,"b":[],"a":[]}}"#,
    r#"{"e":"markPriceUpdate","s":"A"}"#,
    r#"{"e":"forceOrder","o":{"s":"A"}}"#,
];

#[test]
fn binance_says_what_the_page_says() {
    check::<binance::spot::Spot>(&BINANCE);
    let futures: Vec<_> = BINANCE[..4].iter().chain(&FUTURES).copied().collect();
    check::<binance::usdm::Usdm>(&futures);
    check::<binance::coinm::Coinm>(&futures);
}

const OKX: [&str; 6] = [
    r#"{"arg":{"channel":"trades"},"data":[{}]}"#,
    r#"{"arg":{"channel":"trades-all"},"data":[{}]}"#,
    r#"{"arg":{"channel":"bbo-tbt"},"data":[{"asks":[],"bids":[]}]}"#,
    r#"{"arg":{"channel":"books"},"action":"update","data":[{"asks":[],"bids":[]}]}"#,
    r#"{"arg":{"channel":"books-l2-tbt"},"action":"update","data":[{"asks":[],"bids":[]}]}"#,
    r#"{"arg":{"channel":"books5"},"data":[{"asks":[],"bids":[]}]}"#,
];
const SWAPS: [&str; 2] = [
    r#"{"arg":{"channel":"funding-rate"},"data":[{}]}"#,
    r#"{"arg":{"channel":"liquidation-orders"},"data":[{"details":[{}]}]}"#,
];

#[test]
fn okx_says_what_the_page_says() {
    check::<okx::spot::Spot>(&OKX);
    check::<okx::swap::Swap>(&[&OKX[..], &SWAPS].concat());
}

const BYBIT: [&str; 6] = [
    r#"{"topic":"publicTrade.A","data":[{}]}"#,
    r#"{"topic":"orderbook.1.A","type":"snapshot","data":{"b":[],"a":[]}}"#,
    r#"{"topic":"orderbook.50.A","type":"delta","data":{"b":[],"a":[]}}"#,
    r#"{"topic":"orderbook.200.A","type":"delta","data":{"b":[],"a":[]}}"#,
    r#"{"topic":"orderbook.500.A","type":"delta","data":{"b":[],"a":[]}}"#,
    r#"{"topic":"orderbook.1000.A","type":"delta","data":{"b":[],"a":[]}}"#,
];
const CONTRACTS: [&str; 2] = [
    r#"{"topic":"tickers.A","type":"delta","data":{}}"#,
    r#"{"topic":"allLiquidation.A","data":[{}]}"#,
];

#[test]
fn bybit_says_what_the_page_says() {
    check::<bybit::spot::Spot>(&BYBIT);
    check::<bybit::linear::Linear>(&[&BYBIT[..], &CONTRACTS].concat());
    check::<bybit::inverse::Inverse>(&[&BYBIT[..], &CONTRACTS].concat());
}
