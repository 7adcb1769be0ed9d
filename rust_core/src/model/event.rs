//! Clean, graded events, ready to be encoded.

use super::{Decimal, EventId, IssueSet, Side, UnixNanos};

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

/// One trade. Borrows from the frame it came from, so that making one allocates nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradeEvent<'a> {
    /// Deterministic identity.
    pub event_id: EventId,
    /// The venue's trade id.
    pub native_id: u64,
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
    /// The frame's bytes; `None` when they need not be kept.
    pub raw: Option<&'a [u8]>,
}
