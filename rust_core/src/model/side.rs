//! Which side was the aggressor.

/// The aggressor's (taker's) side of a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The taker bought: the trade lifted an offer.
    Buy,
    /// The taker sold: the trade hit a bid.
    Sell,
}

impl Side {
    /// Returns the number of this side in `tapeline.market.v1`.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Buy => 1,
            Self::Sell => 2,
        }
    }
}
