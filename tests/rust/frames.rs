//! The fast parser reads what the general one reads, and no bytes make either of them panic.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is how a test reports"
)]

#[path = "../../benches/rust/workload.rs"]
mod workload;

use _core::adapters::binance::spot::Spot;
use _core::adapters::{Arena, Market};
use _core::engine::Slices;
use _core::model::Decimal;
use proptest::prelude::*;
use workload::{Buffer, normalizer, received};

/// Text a venue might put into a field, well-formed or not.
fn number_text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[1-9][0-9]{0,7}\\.[0-9]{8}",
        2 => "0\\.[0-9]{1,10}",
        1 => "[0-9]{1,22}",
        1 => "-?[0-9.eE+-]{0,8}",
    ]
}

fn symbol() -> impl Strategy<Value = String> {
    prop_oneof![5 => Just("BTCUSDT".to_owned()), 1 => "[A-Z0-9]{0,12}", 1 => "[a-z@\u{5e01}\u{e9} ]{0,6}"]
}

/// A trade or an aggregate, raw or wrapped, in the venue's order of keys.
fn frame() -> impl Strategy<Value = String> {
    let numbers = (
        "[0-9]{1,20}",
        "[0-9]{1,14}",
        "[0-9]{13}",
        number_text(),
        number_text(),
    );
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), 0_u8..12);
    (numbers, symbol(), symbol(), flags).prop_map(|(numbers, symbol, stream, flags)| {
        let ((id, published, time, price, quantity), (maker, is_aggregate, is_wrapped, odd)) =
            (numbers, flags);
        let (kind, key, range) =
            if is_aggregate { ("aggTrade", "a", ",\"f\":1,\"l\":22") } else { ("trade", "t", "") };
        let kind_of_stream = if odd == 0 { "depth" } else { kind };
        let data = format!(
            r#"{{"e":"{kind}","E":{published},"s":"{symbol}","{key}":{id},"p":"{price}","q":"{quantity}"{range},"T":{time},"m":{maker},"M":true}}"#
        );
        if is_wrapped { format!(r#"{{"stream":"{stream}@{kind_of_stream}","data":{data}}}"#) } else { data }
    })
}

/// A frame with a few bytes replaced, taken out or doubled.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let edits =
        proptest::collection::vec((any::<prop::sample::Index>(), 0_u8..3, any::<u8>()), 0..4);
    (frame(), edits).prop_map(|(frame, edits)| {
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
        bytes
    })
}

fn check_alike(bytes: &[u8]) -> Result<bool, TestCaseError> {
    let arena = Arena::new();
    let Some(usual) = Spot::parse_usual(bytes, &arena) else {
        return Ok(false);
    };
    prop_assert_eq!(Spot::parse(bytes, &arena), usual);
    Ok(true)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn usual_frames_are_read_alike(frame in frame()) {
        check_alike(frame.as_bytes())?;
    }

    #[test]
    fn mutated_frames_are_read_alike(bytes in mutated()) {
        check_alike(&bytes)?;
    }

    #[test]
    fn any_bytes_get_exactly_one_verdict(frames in proptest::collection::vec(
        prop_oneof![mutated(), proptest::collection::vec(any::<u8>(), 0..80)], 0..8)) {
        let mut normalizer = normalizer();
        let source = Slices { frames: &frames, received: received(0) };
        let tally = normalizer.push(&source, None, &mut Buffer::new());
        let verdicts = tally.events + tally.duplicates + tally.quarantined + tally.control + tally.unsupported;
        prop_assert_eq!((verdicts, tally.frames), (tally.items, frames.len() as u64));
        prop_assert_eq!(normalizer.counters().reasons().filter(|(code, _)| code.name() == "internal").count(), 0);
    }

    #[test]
    fn short_decimals_are_read_as_long_ones(text in number_text()) {
        if let Some(short) = Decimal::parse_short(text.as_bytes()) {
            prop_assert_eq!(Ok(short), Decimal::parse(text.as_bytes()));
        }
    }
}

#[test]
fn the_workload_takes_the_fast_parser() {
    for frame in workload::frames(1_000) {
        assert!(
            check_alike(&frame).unwrap(),
            "{}",
            String::from_utf8_lossy(&frame)
        );
    }
}
