//! Checksums of what the format has none for: the headers of pages, and the footer.
//!
//! Between the last page and the footer, where readers of Parquet look for nothing, lie the CRC32s of the
//! column chunks, row group after row group, how many they are, the CRC32 of all that and the footer, and
//! `TLFC`. Numbers have four bytes, little-endian. `tapeline.storage.parquet.sealing` reads it.

use crc32fast::Hasher;

use super::footer::Group;

pub(super) const MARK: &[u8; 4] = b"TLFC";

/// Returns what stands before a footer.
pub(super) fn seal(groups: &[Group], footer: &[u8]) -> Vec<u8> {
    let chunks = groups.iter().flat_map(|group| &group.chunks);
    let mut bytes: Vec<u8> = chunks
        .flat_map(|chunk| chunk.checksum.to_le_bytes())
        .collect();
    let count = u32::try_from(bytes.len() / 4).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&count.to_le_bytes());
    let mut hasher = Hasher::new();
    hasher.update(&bytes);
    hasher.update(footer);
    bytes.extend_from_slice(&hasher.finalize().to_le_bytes());
    bytes.extend_from_slice(MARK);
    bytes
}
