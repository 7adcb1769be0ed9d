//! What a normalizer is made from, and what it refuses to be made from.

use std::collections::HashMap;

use crate::adapters::Venue;
use crate::cleaning::Settings;
use crate::model::{Decimal, EventType, Instrument};
use crate::wire::{MAX_INSTRUMENT_TEXT, TopicError, topic};

/// Which events carry their frame's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeepRaw {
    /// Those that are not Perfect.
    #[default]
    Imperfect,
    /// All.
    All,
}

/// An instrument as a caller names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetupInstrument {
    /// The venue's spelling, e.g. `BTCUSDT`.
    pub raw_symbol: String,
    /// Normalised symbol, e.g. `BTC/USDT`.
    pub symbol: String,
    /// Tag of its market: one connection may carry several.
    pub market: String,
    /// See [`Instrument::contract_size`].
    pub contract_size: Option<Decimal>,
    /// See [`Instrument::funding_interval_ns`].
    pub funding_interval_ns: Option<i64>,
}

/// Everything a [`super::Normalizer`] is made from.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Tag of the exchange.
    pub exchange: String,
    /// Tag of the market whose frames are read.
    pub market: String,
    /// The venue's instruments.
    pub instruments: Vec<SetupInstrument>,
    /// Name of this producer, written into every batch.
    pub producer: String,
    /// Longest frame that is read, in bytes.
    pub max_frame_bytes: usize,
    /// Which events carry their frame's bytes.
    pub keep_raw: KeepRaw,
    /// A snapshot of a kept book is an event after so many updates of it; 0 for never.
    pub book_every: u32,
    /// The record of a gap waits so long for another line to fill it; 0 for not at all.
    pub gap_patience_ns: i64,
    /// Thresholds of the cleaning pipeline.
    pub cleaning: Settings,
}

/// Why there is no such normalizer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// No adapter for this market.
    #[error(
        "exchange and market must be one of {}, were {exchange:?} and {market:?}",
        Venue::names()
    )]
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
    /// A contract that stands for nothing.
    #[error("contract size of {raw_symbol:?} must be above 0, was {size}")]
    ContractSize {
        /// Of which instrument.
        raw_symbol: String,
        /// As given.
        size: Decimal,
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
    pub(super) fn check(&self) -> Result<Venue, SetupError> {
        let Self {
            exchange,
            market,
            producer,
            instruments,
            ..
        } = self;
        let venue = Venue::find(exchange, market).ok_or_else(|| SetupError::UnknownMarket {
            exchange: exchange.clone(),
            market: market.clone(),
        })?;
        check_length("producer", producer)?;
        let is_empty = |one: &SetupInstrument| one.raw_symbol.is_empty() || one.symbol.is_empty();
        if let Some(index) = instruments.iter().position(is_empty) {
            return Err(SetupError::EmptySymbol { index });
        }
        let (mut by_raw_symbol, mut by_symbol) = (HashMap::new(), HashMap::new());
        for one in instruments {
            check_length("symbol", &one.symbol)?;
            check_same(&mut by_raw_symbol, &one.raw_symbol, &one.symbol)?;
            check_same(&mut by_symbol, &one.symbol, &one.raw_symbol)?;
            self.check_one(one)?;
        }
        Ok(venue)
    }

    fn check_one(&self, one: &SetupInstrument) -> Result<(), SetupError> {
        if let Some(size) = one.contract_size.filter(|size| size.units() <= 0) {
            let raw_symbol = one.raw_symbol.clone();
            return Err(SetupError::ContractSize { raw_symbol, size });
        }
        for event_type in EventType::ALL {
            topic(event_type, &self.exchange, &one.market, &one.raw_symbol)?;
        }
        Ok(())
    }

    /// Takes the instruments out, as the model has them.
    pub(super) fn take_instruments(&mut self) -> Vec<Instrument> {
        let list = core::mem::take(&mut self.instruments);
        list.into_iter()
            .map(|one| Instrument {
                exchange: self.exchange.clone(),
                market: one.market,
                symbol: one.symbol,
                raw_symbol: one.raw_symbol,
                contract_size: one.contract_size,
                funding_interval_ns: one.funding_interval_ns,
            })
            .collect()
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
