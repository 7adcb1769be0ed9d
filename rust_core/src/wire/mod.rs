//! Encoding to and decoding from `tapeline.market.v1`, and the names of topics.

mod batch;
mod encode_trade;
mod generated;
mod records;
mod topic;
mod writer;

#[cfg(test)]
mod encode_tests;

pub use batch::{
    BatchEncoder, CoverageEncoder, CoverageRecords, EncodedBatch, MAX_BATCH_BYTES, MAX_BATCH_EVENTS,
    QuarantineEncoder, QuarantineRecords, SCHEMA_VERSION, TradeEncoder, Trades,
};
pub use records::MAX_QUARANTINE_RAW;
pub use topic::{MAX_TOPIC_LENGTH, TopicError, raw_symbol_of, symbol_token, topic};
