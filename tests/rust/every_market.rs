//! What holds for every registered market, a new one too: any bytes are a frame, what the strict reader
//! reads the tolerant one reads alike, and no two markets have the same tags.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test reads files and reports by a panic"
)]

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use _core::adapters::{Arena, ForMarket, Frame, Market, Venue};
use proptest::prelude::*;

struct Tags;

impl ForMarket for Tags {
    type Output = (&'static str, &'static str);

    fn call<M: Market>(self) -> Self::Output {
        (M::EXCHANGE, M::MARKET)
    }
}

/// Reads bytes as a frame, and as a reply to an address that nobody asks.
struct Read<'a>(&'a [u8]);

impl ForMarket for Read<'_> {
    type Output = ();

    fn call<M: Market>(self) {
        let arena = Arena::new();
        let whole = M::parse(self.0, &arena);
        if let Some(usual) = M::parse_usual(self.0, &arena) {
            assert_eq!(usual, whole, "{} {}", M::EXCHANGE, M::MARKET);
        }
        let reply = M::parse_reply("https://nowhere.example/nothing", self.0, &arena);
        assert!(
            matches!(reply, Frame::Unsupported { .. }),
            "{} {}: {reply:?}",
            M::EXCHANGE,
            M::MARKET
        );
    }
}

fn every_market_reads(bytes: &[u8]) {
    for venue in Venue::ALL {
        venue.with(Read(bytes));
    }
}

#[test]
fn tags_are_found_and_no_two_markets_share_them() {
    let tags: HashSet<_> = Venue::ALL.iter().map(|venue| venue.with(Tags)).collect();
    assert_eq!(tags.len(), Venue::ALL.len());
    for venue in Venue::ALL {
        let (exchange, market) = venue.with(Tags);
        assert_eq!(Venue::find(exchange, market), Some(*venue));
        assert!(Venue::names().contains(&format!("{exchange} {market}")));
    }
    assert_eq!(Venue::find("nowhere", "spot"), None);
}

#[test]
fn every_market_reads_the_corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus");
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        every_market_reads(&fs::read(entry.unwrap().path()).unwrap());
        files += 1;
    }
    assert!(files > 400);
}

proptest! {
    #[test]
    fn every_market_reads_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        every_market_reads(&bytes);
    }

    #[test]
    fn every_market_reads_what_looks_like_json(text in r#"[{}\[\]:,"a-zA-Z0-9.\\/ ]{0,120}"#) {
        every_market_reads(text.as_bytes());
    }
}
