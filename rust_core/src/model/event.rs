//! Clean, graded events, ready to be encoded.

use super::{
    BookAction, BookDepth, BookOrigin, Decimal, EventId, IssueSet, Level, RawMetadata, Side,
    UnixNanos,
};

/// The types of events, one topic family each. Numbers are those of `tapeline.market.v1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventType {
    /// An execution.
    Trade = 1,
    /// An order book snapshot or delta.
    OrderBook = 2,
    /// A funding state.
    Funding = 3,
    /// A forced order.
    Liquidation = 4,
    /// A statement about completeness.
    Coverage = 5,
    /// A frame that could not become an event.
    Quarantine = 6,
}

impl EventType {
    /// Every type.
    pub const ALL: [Self; 6] = [
        Self::Trade,
        Self::OrderBook,
        Self::Funding,
        Self::Liquidation,
        Self::Coverage,
        Self::Quarantine,
    ];

    /// Returns the number of this type in `tapeline.market.v1`.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Returns the first token of the type's topics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trade => "trade",
            Self::OrderBook => "orderbook",
            Self::Funding => "funding",
            Self::Liquidation => "liquidation",
            Self::Coverage => "coverage",
            Self::Quarantine => "quarantine",
        }
    }
}

/// A venue's own id of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NativeId<'a> {
    /// A number.
    Number(u64),
    /// A text, at most 128 bytes; UTF-8. Empty where the venue has none.
    Text(&'a [u8]),
}

/// One trade. Borrows from the frame it came from, so that making one allocates nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradeEvent<'a> {
    /// Deterministic identity.
    pub event_id: EventId,
    /// The venue's trade id.
    pub native_id: NativeId<'a>,
    /// When it traded.
    pub timestamp: UnixNanos,
    /// When this machine received it; `None` when nobody recorded it.
    pub received: Option<UnixNanos>,
    /// When the exchange published it.
    pub published: Option<UnixNanos>,
    /// What was remarked; its quality is `issues.quality()`.
    pub issues: IssueSet,
    /// Quote per base.
    pub price: Decimal,
    /// Base units.
    pub quantity: Decimal,
    /// The aggressor.
    pub side: Side,
    /// First and last trade id that an aggregate covers.
    pub trade_id_range: Option<(u64, u64)>,
    /// Fields of one venue alone, ascending by key; UTF-8.
    pub metadata: &'a [RawMetadata<'a>],
    /// The frame's bytes; `None` when they need not be kept.
    pub raw: Option<&'a [u8]>,
}

/// What every event but a trade has beside its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventHead<'a> {
    /// Deterministic identity.
    pub event_id: EventId,
    /// When it happened at the exchange; `None` where the venue does not say.
    pub timestamp: Option<UnixNanos>,
    /// When this machine received it; `None` when nobody recorded it.
    pub received: Option<UnixNanos>,
    /// When the exchange published it.
    pub published: Option<UnixNanos>,
    /// What was remarked; its quality is `issues.quality()`.
    pub issues: IssueSet,
    /// Fields of one venue alone, ascending by key; UTF-8.
    pub metadata: &'a [RawMetadata<'a>],
    /// The frame's bytes; `None` when they need not be kept.
    pub raw: Option<&'a [u8]>,
}

/// One order-book message. Its native id is `last_update_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookEvent<'a> {
    /// What every event has.
    pub head: EventHead<'a>,
    /// How much of the book it shows.
    pub depth: BookDepth,
    /// What it does to the book.
    pub action: BookAction,
    /// Where it comes from.
    pub origin: BookOrigin,
    /// The venue's ids; `None` where it has none.
    pub first_update_id: Option<i64>,
    /// See `first_update_id`.
    pub last_update_id: Option<i64>,
    /// See `first_update_id`; `None` also for the first message of all.
    pub prev_update_id: Option<i64>,
    /// Best first.
    pub bids: &'a [Level],
    /// Best first.
    pub asks: &'a [Level],
}

/// One funding state. It has no native id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundingEvent<'a> {
    /// What every event has.
    pub head: EventHead<'a>,
    /// For one interval, a fraction; `None` where the contract has none.
    pub rate: Option<Decimal>,
    /// Quote per base.
    pub mark_price: Option<Decimal>,
    /// Quote per base.
    pub index_price: Option<Decimal>,
    /// Length of the interval.
    pub interval_ns: Option<i64>,
    /// Next settlement.
    pub next_funding: Option<UnixNanos>,
}

/// One forced order. It has no native id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationEvent<'a> {
    /// What every event has.
    pub head: EventHead<'a>,
    /// Side of the forced order: `Sell` closes a long position.
    pub side: Side,
    /// Quote per base.
    pub price: Decimal,
    /// Quote per base.
    pub average_price: Option<Decimal>,
    /// Base units.
    pub quantity: Decimal,
    /// The venue's word for the order's state; empty where it says none. UTF-8.
    pub status: &'a [u8],
}
