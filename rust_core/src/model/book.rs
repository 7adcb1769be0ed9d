//! What an order-book message is. Numbers are those of `tapeline.market.v1`.

use super::Decimal;

/// How much of a book a message shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BookDepth {
    /// Best bid and best ask.
    L1 = 1,
    /// By price level.
    L2 = 2,
}

/// What a message does to a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BookAction {
    /// Replaces it.
    Snapshot = 1,
    /// Sets the levels named; quantity 0 removes one.
    Delta = 2,
}

/// Where a message comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BookOrigin {
    /// Pushed by the venue.
    Wire = 1,
    /// Fetched from the venue.
    Rest = 2,
    /// Made by the book engine.
    Book = 3,
}

/// One price level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Quote per base.
    pub price: Decimal,
    /// Absolute, never an increment; base units.
    pub quantity: Decimal,
}
