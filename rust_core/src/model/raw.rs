//! Raw market data: deserialised and mapped to the model's fields, but not cleaned.

use super::{BookAction, BookDepth, BookOrigin, IssueCode, ProofLevel};

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

/// How a venue spells and counts the trades of one channel.
#[derive(Debug, PartialEq, Eq)]
pub struct TradeStream {
    /// Its name, e.g. `trade` or `aggTrade`: ids are counted within a channel.
    pub channel: &'static str,
    /// What an id is.
    pub ids: IdForm,
    /// What a hole in the channel's ids proves.
    pub gap_proof: ProofLevel,
    /// What the side field says.
    pub side_form: SideForm,
    /// JSON type that the venue uses for ids.
    pub id_type: JsonType,
    /// JSON type that the venue uses for times.
    pub time_type: JsonType,
    /// The venue's spelling of each field, for messages about a fault.
    pub keys: TradeKeys,
}

/// The venue's spelling of a trade's fields.
#[derive(Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named after the fields of RawTrade")]
pub struct TradeKeys {
    pub symbol: &'static str,
    pub id: &'static str,
    pub price: &'static str,
    pub quantity: &'static str,
    pub time: &'static str,
    pub side: &'static str,
}

/// What the ids of a channel are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdForm {
    /// Unsigned 64-bit numbers, one more for each event: a hole is a loss.
    Counted,
    /// Unsigned 64-bit numbers that grow: a hole means nothing.
    Growing,
    /// Any text, e.g. a UUID: neither order nor holes.
    Text,
}

/// What a trade's side field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SideForm {
    /// `true`: the buyer was the maker, so the seller was the aggressor.
    BuyerIsMaker,
    /// The aggressor's side as text, `buy` or `sell` in any ASCII case.
    Taker,
}

/// JSON type that a venue uses for a field; the other one is remarked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonType {
    /// A number.
    Number,
    /// A string.
    Text,
    /// Either: the venue's documents show both.
    Any,
}

/// A field that only one venue has, kept as text: key and value.
pub type RawMetadata<'a> = (&'static str, &'a [u8]);

/// A trade as a venue sent it. Adapters fill it; `cleaning` judges it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawTrade<'a> {
    /// Which channel it belongs to.
    pub stream: &'static TradeStream,
    /// Symbol the subscription was for, when the frame says: must agree with `symbol` but for ASCII case.
    pub stream_symbol: Option<&'a [u8]>,
    /// The venue's symbol.
    pub symbol: RawField<'a>,
    /// The venue's trade id.
    pub id: RawField<'a>,
    /// How many ids the event stands for, this one being the last; `Missing` is 1.
    pub id_count: RawField<'a>,
    /// Quote per base.
    pub price: RawField<'a>,
    /// Base units, or contracts where the instrument has a contract size.
    pub quantity: RawField<'a>,
    /// When it traded, in the connection's time unit.
    pub time: RawField<'a>,
    /// When the venue published it, in the connection's time unit.
    pub published: RawField<'a>,
    /// See [`SideForm`].
    pub side: RawField<'a>,
    /// First trade id of an aggregate.
    pub first_id: RawField<'a>,
    /// Last trade id of an aggregate.
    pub last_id: RawField<'a>,
    /// Fields of this venue alone, ascending by key; UTF-8.
    pub metadata: &'a [RawMetadata<'a>],
    /// Whether a byte order mark was stripped from the frame.
    pub has_byte_order_mark: bool,
}

/// How a venue spells and joins the order-book messages of one channel.
#[derive(Debug, PartialEq, Eq)]
pub struct BookStream {
    /// Its name, e.g. `depth`, `bookTicker`, `books`, `orderbook.50`.
    pub channel: &'static str,
    /// Best bid and ask alone, or by price level.
    pub depth: BookDepth,
    /// How one message follows another.
    pub continuity: BookRule,
    /// What a break of that rule proves.
    pub gap_proof: ProofLevel,
    /// JSON type that the venue uses for times.
    pub time_type: JsonType,
    /// The venue's spelling of each field, for messages about a fault.
    pub keys: BookKeys,
}

/// The venue's spelling of an order book's fields.
#[derive(Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named after the fields of RawBook")]
pub struct BookKeys {
    pub symbol: &'static str,
    pub first_id: &'static str,
    pub last_id: &'static str,
    pub prev_id: &'static str,
    pub time: &'static str,
    pub bids: &'static str,
    pub asks: &'static str,
}

/// How the messages of a book channel follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookRule {
    /// Every message is the whole book (of its depth); ids only order them.
    Snapshots,
    /// Binance spot: `first_id` is the previous `last_id` + 1; the snapshot comes over REST.
    FirstAfterLast,
    /// Binance futures: `prev_id` is the previous `last_id`; the snapshot comes over REST.
    PrevIsLast,
    /// OKX: `prev_id` is the previous `last_id`, which may step back once; the snapshot comes first on
    /// the stream; a message may carry a checksum instead.
    PrevIsLastOrChecksum,
    /// Bybit: `last_id` is the previous one + 1; a snapshot may come at any time on the stream.
    LastPlusOne,
}

/// One price level as a venue sent it: price and quantity as the texts of JSON strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawLevel<'a> {
    /// Quote per base.
    pub price: &'a [u8],
    /// Base units or contracts; zero removes the level.
    pub quantity: &'a [u8],
}

/// An order-book message as a venue sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawBook<'a> {
    /// Which channel it belongs to.
    pub stream: &'static BookStream,
    /// Replaces the book, or changes it.
    pub action: BookAction,
    /// Pushed, or fetched.
    pub origin: BookOrigin,
    /// Symbol the subscription was for, when the frame says.
    pub stream_symbol: Option<&'a [u8]>,
    /// The venue's symbol.
    pub symbol: RawField<'a>,
    /// First update id that the message covers; `Missing` where the venue has none.
    pub first_id: RawField<'a>,
    /// Last update id.
    pub last_id: RawField<'a>,
    /// Update id of the message before; -1 for none.
    pub prev_id: RawField<'a>,
    /// Matching time where the venue says one, else the time it published; `Missing` where it says none.
    pub time: RawField<'a>,
    /// When the venue published it, where that is another time.
    pub published: RawField<'a>,
    /// Best first.
    pub bids: &'a [RawLevel<'a>],
    /// Best first.
    pub asks: &'a [RawLevel<'a>],
    /// Signed CRC-32 of the best 25 levels; `Missing` where there is no live one.
    pub checksum: RawField<'a>,
    /// Fields of this venue alone, ascending by key; UTF-8.
    pub metadata: &'a [RawMetadata<'a>],
    /// The bytes that say which message this is: the same on every connection. Its hash is the event id.
    pub content: &'a [u8],
    /// Whether a byte order mark was stripped from the frame.
    pub has_byte_order_mark: bool,
}

/// A funding state as a venue sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawFunding<'a> {
    /// Which channel it belongs to, e.g. `markPrice`.
    pub channel: &'static str,
    /// Whether fields that are missing keep the value of the message before (Bybit's deltas).
    pub is_delta: bool,
    /// The venue's spelling of symbol, time and rate, for messages about a fault.
    pub keys: (&'static str, &'static str, &'static str),
    /// JSON type that the venue uses for times.
    pub time_type: JsonType,
    /// Symbol the subscription was for, when the frame says.
    pub stream_symbol: Option<&'a [u8]>,
    /// The venue's symbol.
    pub symbol: RawField<'a>,
    /// When the state held, in the connection's time unit; `Missing` where the venue says none.
    pub time: RawField<'a>,
    /// For one interval, a fraction; empty text or `Missing` where the contract has none.
    pub rate: RawField<'a>,
    /// Quote per base.
    pub mark_price: RawField<'a>,
    /// Quote per base.
    pub index_price: RawField<'a>,
    /// Next settlement, in milliseconds; 0 or empty for none.
    pub next_funding: RawField<'a>,
    /// Length of the interval in nanoseconds, worked out by the adapter.
    pub interval_ns: Option<i64>,
    /// Fields of this venue alone, ascending by key; UTF-8.
    pub metadata: &'a [RawMetadata<'a>],
    /// See [`RawBook::content`].
    pub content: &'a [u8],
    /// Whether a byte order mark was stripped from the frame.
    pub has_byte_order_mark: bool,
}

/// A forced order as a venue sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawLiquidation<'a> {
    /// Which channel it belongs to, e.g. `forceOrder`.
    pub channel: &'static str,
    /// Whether `side` is that of the position that was closed, and not that of the order.
    pub side_is_position: bool,
    /// The venue's spelling of symbol, time, side, price, quantity, for messages about a fault.
    pub keys: (
        &'static str,
        &'static str,
        &'static str,
        &'static str,
        &'static str,
    ),
    /// JSON type that the venue uses for times.
    pub time_type: JsonType,
    /// Symbol the subscription was for, when the frame says.
    pub stream_symbol: Option<&'a [u8]>,
    /// The venue's symbol.
    pub symbol: RawField<'a>,
    /// `buy` or `sell` in any ASCII case.
    pub side: RawField<'a>,
    /// Quote per base: the order's limit, or the bankruptcy price.
    pub price: RawField<'a>,
    /// Quote per base; `Missing` where the venue says none.
    pub average_price: RawField<'a>,
    /// Base units, or contracts where the instrument has a contract size.
    pub quantity: RawField<'a>,
    /// The venue's word; `Missing` where it says none.
    pub status: RawField<'a>,
    /// When it happened, in the connection's time unit.
    pub time: RawField<'a>,
    /// When the venue published it.
    pub published: RawField<'a>,
    /// Fields of this venue alone, ascending by key; UTF-8.
    pub metadata: &'a [RawMetadata<'a>],
    /// See [`RawBook::content`].
    pub content: &'a [u8],
    /// How many equal ones its frame has before it: two forced orders may be alike to the last byte.
    pub ordinal: u32,
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
