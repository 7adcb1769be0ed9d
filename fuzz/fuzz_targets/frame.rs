//! Any bytes get exactly one verdict, and the fast parser agrees with the general one.
#![no_main]

use _core::adapters::binance::spot::Spot;
use _core::adapters::{Arena, Market};
use libfuzzer_sys::fuzz_target;

#[path = "../../benches/rust/workload.rs"]
mod workload;

fuzz_target!(|bytes: &[u8]| {
    let arena = Arena::new();
    if let Some(usual) = Spot::parse_usual(bytes, &arena) {
        assert_eq!(Spot::parse(bytes, &arena), usual);
    }
    let frames: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let source = _core::engine::Slices { frames: &frames, received: workload::received(0) };
    let mut normalizer = workload::normalizer();
    let tally = normalizer.push(&source, None, &mut workload::Buffer::new());
    let verdicts = tally.events + tally.duplicates + tally.quarantined + tally.control + tally.unsupported;
    assert_eq!(verdicts, tally.items);
    assert!(normalizer.counters().reasons().all(|(code, _)| code.name() != "internal"));
});
