//! What sets the categories apart.

use crate::model::TradeStream;

/// A category of instruments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Category {
    /// How its trades are identified.
    pub(super) trades: &'static TradeStream,
    /// Whether it has funding and liquidations.
    pub(super) is_contract: bool,
}
