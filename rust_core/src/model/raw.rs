//! Raw market data: deserialised and mapped to the model's fields, but not cleaned.

use super::{IssueCode, ProofLevel};

/// A field's value as the frame has it, with its JSON type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RawField<'a> {
    /// The key does not occur.
    #[default]
    Missing,
    /// A JSON string, unescaped.
    Text(&'a [u8]),
    /// The text of a JSON number.
    Number(&'a [u8]),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// An array or an object.
    Nested,
}

/// A trade as a venue sent it. Adapters fill it; `cleaning` judges it.
///
/// `*_key` are the venue's spellings, for messages about a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawTrade<'a> {
    /// Which stream it belongs to, e.g. `trade` or `aggTrade`: ids are contiguous within a channel.
    pub channel: &'static str,
    /// What a hole in the channel's ids proves.
    pub gap_proof: ProofLevel,
    /// Symbol the subscription was for, when the frame says: must agree with `symbol` but for ASCII case.
    pub stream_symbol: Option<&'a [u8]>,
    /// The venue's symbol.
    pub symbol: RawField<'a>,
    /// The venue's trade id.
    pub id: RawField<'a>,
    /// Quote per base.
    pub price: RawField<'a>,
    /// Base units.
    pub quantity: RawField<'a>,
    /// When it traded, in the connection's time unit.
    pub time: RawField<'a>,
    /// When the venue published it, in the connection's time unit.
    pub published: RawField<'a>,
    /// Whether the buyer was the maker (then the seller was the aggressor).
    pub is_buyer_maker: RawField<'a>,
    /// First trade id of an aggregate.
    pub first_id: RawField<'a>,
    /// Last trade id of an aggregate.
    pub last_id: RawField<'a>,
    /// The venue's key of the id field: `t` or `a`.
    pub id_key: &'static str,
    /// Whether a byte order mark was stripped from the frame.
    pub has_byte_order_mark: bool,
}

/// Why a frame is no message at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// One of the irreparable codes.
    pub reason: IssueCode,
    /// The field at fault, `$` for the frame.
    pub field: &'static str,
    /// Byte offset of the fault in the frame, for faults of encoding or JSON text.
    pub offset: Option<usize>,
}
