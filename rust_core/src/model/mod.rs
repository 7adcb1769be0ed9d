//! Pure values: what a market-data event is made of. No IO, no clock, no venue.

mod book;
mod coverage;
mod decimal;
mod digits;
mod event;
mod event_id;
mod instrument;
mod issue;
mod kept;
mod quarantine;
mod raw;
mod short_decimal;
mod side;
mod time;

pub use book::{BookAction, BookDepth, BookOrigin, Level};
pub use coverage::{Coverage, CoverageKind, ProofLevel};
pub use decimal::{Decimal, DecimalError, MAX_DIGITS, pow10};
pub use digits::{digit_run, leading_number, parse_u64, trailing_zero_digits};
pub use event::{
    BookEvent, EventHead, EventType, FundingEvent, LiquidationEvent, NativeId, TradeEvent,
};
pub use event_id::EventId;
pub use instrument::Instrument;
pub use issue::{IssueCode, IssueSet, Quality};
pub use kept::{MOST_RANGES, forget_oldest};
pub use quarantine::Quarantine;
pub use raw::{
    BookKeys, BookRule, BookStream, IdForm, JsonType, Malformed, RawBook, RawField, RawFunding,
    RawLevel, RawLiquidation, RawMetadata, RawTrade, SideForm, TradeKeys, TradeStream,
};
pub use side::Side;
pub use time::UnixNanos;
