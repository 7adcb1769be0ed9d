//! What a normalizer is made from, and what it refuses to be made from.

use std::collections::HashMap;

use crate::cleaning::Settings;
use crate::wire::{MAX_INSTRUMENT_TEXT, TopicError};

/// Which events carry their frame's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeepRaw {
    /// Those that are not Perfect.
    #[default]
    Imperfect,
    /// All.
    All,
}

/// Everything a [`super::Normalizer`] is made from.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Tag of the exchange.
    pub exchange: String,
    /// Tag of the market.
    pub market: String,
    /// The venue's instruments: raw symbol, normalised symbol.
    pub instruments: Vec<(String, String)>,
    /// Name of this producer, written into every batch.
    pub producer: String,
    /// Longest frame that is read, in bytes.
    pub max_frame_bytes: usize,
    /// Which events carry their frame's bytes.
    pub keep_raw: KeepRaw,
    /// Thresholds of the cleaning pipeline.
    pub cleaning: Settings,
}

/// Why there is no such normalizer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// No adapter for this market.
    #[error("exchange and market must be binance and spot, were {exchange:?} and {market:?}")]
    UnknownMarket {
        /// As asked for.
        exchange: String,
        /// As asked for.
        market: String,
    },
    /// An instrument without a spelling.
    #[error("instrument {index} must have a raw symbol and a symbol, has an empty text")]
    EmptySymbol {
        /// Its place in the list.
        index: usize,
    },
    /// A text that readers of a batch would refuse.
    #[error("{field} must have at most {MAX_INSTRUMENT_TEXT} bytes, has {length}")]
    TooLong {
        /// `producer` or `symbol`.
        field: &'static str,
        /// Its length.
        length: usize,
    },
    /// Two instruments share one of their spellings and not the other.
    #[error("{shared:?} is both {one:?} and {other:?}")]
    Contradiction {
        /// The spelling that both have.
        shared: String,
        /// What the first one says it is.
        one: String,
        /// What the second one says it is.
        other: String,
    },
    /// An instrument that no topic can be made for.
    #[error(transparent)]
    Topic(#[from] TopicError),
}

impl Setup {
    /// Refuses what would give batches that nobody can read, or two meanings to one symbol.
    pub(super) fn check(&self) -> Result<(), SetupError> {
        let Self {
            exchange,
            market,
            producer,
            instruments,
            ..
        } = self;
        if (exchange.as_str(), market.as_str()) != ("binance", "spot") {
            let (exchange, market) = (exchange.clone(), market.clone());
            return Err(SetupError::UnknownMarket { exchange, market });
        }
        check_length("producer", producer)?;
        let is_empty =
            |(raw_symbol, symbol): &(String, String)| raw_symbol.is_empty() || symbol.is_empty();
        if let Some(index) = instruments.iter().position(is_empty) {
            return Err(SetupError::EmptySymbol { index });
        }
        let (mut by_raw_symbol, mut by_symbol) = (HashMap::new(), HashMap::new());
        for (raw_symbol, symbol) in instruments {
            check_length("symbol", symbol)?;
            check_same(&mut by_raw_symbol, raw_symbol, symbol)?;
            check_same(&mut by_symbol, symbol, raw_symbol)?;
        }
        Ok(())
    }
}

fn check_length(field: &'static str, text: &str) -> Result<(), SetupError> {
    let length = text.len();
    if length > MAX_INSTRUMENT_TEXT {
        Err(SetupError::TooLong { field, length })
    } else {
        Ok(())
    }
}

fn check_same<'a>(
    known: &mut HashMap<&'a str, &'a str>,
    shared: &'a str,
    other: &'a str,
) -> Result<(), SetupError> {
    let one = *known.entry(shared).or_insert(other);
    if one == other {
        return Ok(());
    }
    let [shared, one, other] = [shared, one, other].map(str::to_owned);
    Err(SetupError::Contradiction { shared, one, other })
}
