//! The golden batches and the hostile ones, read from the same files that the Python tests read.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is how a test reports"
)]

use std::fs;
use std::path::{Path, PathBuf};

use _core::wire::{OnError, decode, inspect};
use serde_json::Value;

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests")
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The message of the fault, empty when the value is fine.
fn fault(value: &[u8]) -> String {
    let rejected = decode([value], None, OnError::Collect).unwrap().rejected;
    rejected
        .first()
        .map_or_else(String::new, |(_, error)| error.to_string())
}

#[test]
fn every_released_batch_decodes() {
    let folder = tests().join("fixtures/wire/v1");
    let names = [
        "trades",
        "orderbook",
        "orderbook_states",
        "funding",
        "funding_states",
        "liquidation",
        "liquidation_states",
        "coverage",
        "coverage_of_books",
        "quarantine",
    ];
    for name in names {
        let value = fs::read(folder.join(format!("{name}.binpb"))).unwrap();
        let expected = json(&folder.join(format!("{name}.expected.json")));
        let info = inspect(&value).unwrap();
        assert_eq!(
            u64::from(info.event_count),
            expected["message"]["event_count"].as_u64().unwrap()
        );
        assert_eq!(
            info.producer,
            expected["message"]["producer"].as_str().unwrap()
        );
        let rows = expected["rows"].as_array().unwrap();
        let table = decode([value.as_slice()], None, OnError::Raise).unwrap();
        assert_eq!(
            (table.rows, table.batches[0].num_rows()),
            (rows.len(), rows.len()),
            "{name}"
        );
    }
}

#[test]
fn every_hostile_batch_ends_as_its_row_says() {
    let folder = tests().join("corpus");
    let manifest = json(&folder.join("wire_manifest.json"));
    let mut count = 0;
    for case in manifest.as_array().unwrap() {
        let Some(file) = case["file"].as_str() else {
            continue;
        };
        let found = fault(&fs::read(folder.join(file)).unwrap());
        assert_eq!(found.is_empty(), case["expect"] == "ok", "{case}: {found}");
        assert!(
            found.contains(case["error"].as_str().unwrap()),
            "{case}: {found}"
        );
        count += 1;
    }
    assert!(count > 60, "{count}");
}
