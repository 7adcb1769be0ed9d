//! What is traded, and where.

use super::Decimal;

/// One instrument of one market of one exchange.
///
/// The texts come from the venue's own instrument list, never from guessing at a symbol's suffix.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Instrument {
    /// Tag of the exchange, e.g. `binance`.
    pub exchange: String,
    /// Tag of the market, e.g. `spot`.
    pub market: String,
    /// Normalised symbol, e.g. `BTC/USDT`.
    pub symbol: String,
    /// The venue's own spelling, e.g. `BTCUSDT`.
    pub raw_symbol: String,
    /// What one contract stands for: base units, or quote units of an inverse contract. `None` where
    /// quantities count base units already.
    pub contract_size: Option<Decimal>,
    /// Time between two fundings, for venues that do not say it with each rate.
    pub funding_interval_ns: Option<i64>,
}
