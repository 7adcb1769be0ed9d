//! Any bytes are a batch or an error, never a panic. The checksum is made right, else nothing would
//! get past it.
#![no_main]

use _core::wire::{OnError, crc32c, decode, inspect};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let mut value = body.to_vec();
    value.push(0x7d);
    value.extend_from_slice(&crc32c(body).to_le_bytes());
    let _ = inspect(&value);
    // As it is: an error, but for a whole batch.
    let _ = decode([body], None, OnError::Collect);
    let Ok(table) = decode([&value[..], &value], None, OnError::Collect) else { return };
    let found: usize = table.batches.iter().map(|batch| batch.num_rows()).sum();
    assert_eq!(found, table.rows);
    // The value is in twice: it is read twice, or refused twice.
    assert!(table.rejected.is_empty() || table.rejected.len() == 2);
    assert_eq!(table.rows % 2, 0);
});
