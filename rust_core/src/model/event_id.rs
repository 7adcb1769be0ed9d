//! The identity of an event.

use sha2::{Digest, Sha256};

/// A 128-bit event id made from the natural key: the same event has the same id in every replay, on
/// every connection and every machine.
///
/// Layout (`UUIDv8`, RFC 9562, most significant bit first): 48 bits of the stream hash, 4 bits
/// version 8, the next 10 bits of the stream hash with 2 bits of the native id between them and the
/// variant, as drawn in `docs/adr/0002-event-id.md`. The stream hash is SHA-256 of
/// `exchange, market, channel, raw symbol` joined by NUL bytes; the rest is the venue's 64-bit id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId([u8; 16]);

impl EventId {
    /// Returns the 58 bits that all events of a stream share. Hashes: call it once a stream.
    #[must_use]
    pub fn stream_prefix(exchange: &str, market: &str, channel: &str, raw_symbol: &str) -> u64 {
        let mut hash = Sha256::new();
        for (index, part) in [exchange, market, channel, raw_symbol]
            .into_iter()
            .enumerate()
        {
            if index > 0 {
                hash.update([0]);
            }
            hash.update(part.as_bytes());
        }
        let digest = hash.finalize();
        let head = digest
            .iter()
            .take(8)
            .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        head >> 6
    }

    /// Makes the id of the event with the venue's `native_id` in the stream of `prefix` (58 bits).
    ///
    /// Ids of one stream sort by native id.
    #[must_use]
    pub const fn from_sequence(prefix: u64, native_id: u64) -> Self {
        let high = ((prefix >> 10) << 16) | 0x8000 | ((prefix & 0x3ff) << 2) | (native_id >> 62);
        let low = (0b10 << 62) | (native_id & 0x3fff_ffff_ffff_ffff);
        Self((((high as u128) << 64) | low as u128).to_be_bytes())
    }

    /// Returns the 16 bytes, most significant first.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_uuid_of_version_8_and_keeps_every_bit_of_its_key() {
        let prefix = EventId::stream_prefix("binance", "spot", "trade", "BTCUSDT");
        assert!(prefix < 1 << 58);
        let id = u128::from_be_bytes(*EventId::from_sequence(prefix, u64::MAX).as_bytes());
        assert_eq!((id >> 76) & 0xf, 8);
        assert_eq!((id >> 62) & 0b11, 0b10);
        assert_ne!(
            EventId::from_sequence(prefix, 1 << 62),
            EventId::from_sequence(prefix, 0)
        );
    }

    #[test]
    fn ids_of_a_stream_sort_by_native_id() {
        let prefix = EventId::stream_prefix("binance", "spot", "trade", "BTCUSDT");
        let ids = [0, 1, 1 << 61, 1 << 62, u64::MAX].map(|id| EventId::from_sequence(prefix, id));
        assert!(ids.is_sorted());
    }
}
