//! What the tests of an adapter share: recorded messages, both readers compared, spoilt frames.

use std::collections::BTreeMap;
use std::path::PathBuf;

use _core::adapters::{Arena, Frame, Market};
use proptest::prelude::*;

/// A line of a recording.
pub(crate) struct Line {
    pub(crate) url: String,
    pub(crate) is_reply: bool,
    pub(crate) raw: String,
}

/// Returns the lines of a recording, or `None` (with a word why) where there is none.
pub(crate) fn recording(name: &str) -> Option<Vec<Line>> {
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
    let text = std::fs::read_to_string(&path).unwrap();
    let lines = text.lines().map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        Line {
            url: line["url"].as_str().unwrap().to_owned(),
            is_reply: line["kind"] == "http",
            raw: line["raw"].as_str().unwrap().to_owned(),
        }
    });
    Some(lines.collect())
}

/// Reads a frame with both readers, which must agree, and returns what `look` sees in it.
pub(crate) fn read<M: Market, T>(frame: &[u8], look: impl FnOnce(&Frame<'_>) -> T) -> (bool, T) {
    let arena = Arena::new();
    let found = M::parse(frame, &arena);
    let usual = M::parse_usual(frame, &arena);
    if let Some(usual) = usual {
        assert_eq!(usual, found, "{}", String::from_utf8_lossy(frame));
    }
    (usual.is_some(), look(&found))
}

/// Checks that a recorded frame reads alike in its own spelling, with its keys sorted, and with spaces.
pub(crate) fn check_spellings<M: Market>(raw: &str, look: impl Fn(&Frame<'_>) -> String) -> String {
    let (is_usual, seen) = read::<M, _>(raw.as_bytes(), &look);
    assert!(is_usual, "not the usual spelling: {raw}");
    let value: serde_json::Value = serde_json::from_str(raw).unwrap();
    let (is_usual, sorted) = read::<M, _>(value.to_string().as_bytes(), &look);
    assert!(
        is_usual,
        "not the usual spelling with its keys sorted: {raw}"
    );
    assert_eq!(sorted, seen, "{raw}");
    let spaced = format!("\u{feff} {value:#}\n");
    let (is_usual, spaced) = read::<M, _>(spaced.as_bytes(), &look);
    assert!(!is_usual, "spaces and a byte order mark are usual: {raw}");
    assert_eq!(spaced, seen, "{raw}");
    seen
}

/// Counts each label.
pub(crate) fn count(labels: impl Iterator<Item = String>) -> BTreeMap<String, u32> {
    labels.fold(BTreeMap::new(), |mut counts, label| {
        *counts.entry(label).or_default() += 1;
        counts
    })
}

/// Returns the counts of a recording's table: `trades 70; tickers 26`.
pub(crate) fn table(text: &str) -> BTreeMap<String, u32> {
    text.split("; ")
        .map(|entry| {
            let (label, count) = entry.rsplit_once(' ').unwrap();
            (label.to_owned(), count.parse().unwrap())
        })
        .collect()
}

/// Bytes that mean something in JSON text.
const MARKS: &[u8] = b"\"{}[],:\\ 01-.eE";

/// Spoils one of the frames: cuts it, changes bytes, repeats or moves a part of it.
pub(crate) fn spoilt(frames: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<prop::sample::Index>(), 0..6_u8, any::<u8>());
    let frame = prop::sample::select(frames);
    (frame, prop::collection::vec(edit, 1..5)).prop_map(|(frame, edits)| {
        let mut bytes = frame.as_bytes().to_vec();
        for (place, kind, byte) in edits {
            if bytes.is_empty() {
                break;
            }
            let at = place.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes[at] = MARKS[usize::from(byte) % MARKS.len()],
                2 => drop(bytes.remove(at)),
                3 => bytes.insert(at, MARKS[usize::from(byte) % MARKS.len()]),
                4 => bytes.truncate(at),
                _ => {
                    let end = (at + usize::from(byte % 24)).min(bytes.len());
                    let part = bytes[at..end].to_vec();
                    bytes.splice(at..at, part);
                }
            }
        }
        bytes
    })
}
