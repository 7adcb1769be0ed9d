//! Encoding to and decoding from `tapeline.market.v1`, and the names of topics.

mod arrival;
mod batch;
mod columns;
mod decode;
mod decode_book;
mod decode_decimal;
mod decode_derivatives;
mod decode_error;
mod decode_records;
mod decode_trade;
mod encode_book;
mod encode_derivatives;
mod encode_head;
mod encode_trade;
mod event_columns;
mod event_fields;
mod frame;
mod generated;
mod name_columns;
mod names;
mod reader;
mod records;
mod table;
mod topic;
mod usual_trade;
mod writer;

#[cfg(test)]
mod decode_event_tests;
#[cfg(test)]
mod decode_row_tests;
#[cfg(test)]
mod decode_tests;
#[cfg(test)]
mod encode_event_tests;
#[cfg(test)]
mod encode_tests;

pub use batch::{
    BatchEncoder, BookEncoder, Books, CoverageEncoder, CoverageRecords, EncodedBatch,
    FundingEncoder, Fundings, LiquidationEncoder, Liquidations, MAX_BATCH_BYTES, MAX_BATCH_EVENTS,
    QuarantineEncoder, QuarantineRecords, SCHEMA_VERSION, TradeEncoder, Trades,
};
pub use decode::{Decoded, OnError, decode, decode_rows};
pub use decode_error::{DecodeError, DecodeFailure};
pub use frame::{BatchInfo, MAX_INSTRUMENT_TEXT, MAX_VALUE_BYTES, inspect};
pub use records::{MAX_BOOK_LEVELS, MAX_RAW, MAX_REASON};
pub use topic::{MAX_TOPIC_LENGTH, TopicError, raw_symbol_of, symbol_token, topic};

/// Returns the CRC32C (Castagnoli) checksum of bytes.
#[must_use]
pub fn crc32c(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes)
}
