//! Recorded sessions: every frame accounted for, no gap invented, no flag out of proportion.
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

use std::path::PathBuf;
use std::process::Command;

use _core::engine::{Frames, Normalizer};
use _core::model::UnixNanos;
use workload::{Buffer, normalizer};

struct Recording {
    frames: Vec<(Vec<u8>, Option<UnixNanos>)>,
}

impl Frames for Recording {
    type Frame<'a> = &'a [u8];

    fn count(&self) -> usize {
        self.frames.len()
    }

    fn frame(&self, index: usize) -> Option<&[u8]> {
        self.frames.get(index).map(|(frame, _)| frame.as_slice())
    }

    fn received(&self, index: usize) -> Option<UnixNanos> {
        self.frames.get(index)?.1
    }
}

/// Returns the websocket frames of a recording, or `None` (with a word why) where there is none.
fn recording(name: &str) -> Option<Recording> {
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
    let unpacked = Command::new("gzip").arg("-dc").arg(&path).output().unwrap();
    let text = String::from_utf8(unpacked.stdout).unwrap();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let frames = lines.filter(|line| line["kind"] == "ws").map(|line| {
        let raw = line["raw"].as_str().unwrap().as_bytes().to_vec();
        (raw, line["recv_ns"].as_i64().map(UnixNanos::new))
    });
    Some(Recording {
        frames: frames.collect(),
    })
}

fn check(name: &str, trades: u64) {
    let Some(recording) = recording(name) else {
        return;
    };
    let mut normalizer: Normalizer = normalizer();
    let tally = normalizer.push(&recording, None, &mut Buffer::new());
    assert_eq!(tally.frames, tally.events + tally.unsupported);
    assert_eq!(tally.events, trades);
    assert!(normalizer.gaps().is_empty());
    assert_eq!(normalizer.counters().fallbacks, 0);
    let [perfect, repaired, suspicious] = normalizer.counters().quality;
    assert_eq!((perfect + suspicious, repaired), (trades, 0));
    assert!(suspicious * 20 < trades, "{suspicious} of {trades} flagged");
}

#[test]
fn the_session_of_2024_08_08_is_whole() {
    check("binance_spot_btcusdt_20240808.jsonl.gz", 9_757);
}

#[test]
fn the_session_of_2024_08_09_is_whole() {
    check("binance_spot_btcusdt_20240809.jsonl.gz", 10_147);
}
