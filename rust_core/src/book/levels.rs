//! The price levels of a book.
//!
//! Prices and quantities are 64-bit counts of a scale that all levels share and that grows when a
//! level needs it; a book that does not fit goes on at 128 bits. Exact either way.

use super::sides::{Scales, Side, Sides, Units};
use crate::model::Level;

/// A level that neither width holds. Cleaning lets none through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OutOfRange;

/// Both sides of a book.
#[derive(Clone, Debug)]
pub(super) enum Levels {
    Narrow(Sides<i64>),
    Wide(Sides<i128>),
}

impl Default for Levels {
    fn default() -> Self {
        Self::Narrow(Sides::default())
    }
}

impl Levels {
    /// Sets levels to their new quantities.
    pub(super) fn set(&mut self, bids: &[Level], asks: &[Level]) -> Result<(), OutOfRange> {
        loop {
            // What was set before the level that does not fit is set again, to the same.
            let misfit = match self {
                Self::Narrow(sides) => sides.set(bids, asks),
                Self::Wide(sides) => sides.set(bids, asks),
            };
            match misfit {
                Ok(()) => return Ok(()),
                Err(level) => self.make_room(level)?,
            }
        }
    }

    /// Replaces everything.
    pub(super) fn load(&mut self, bids: &[Level], asks: &[Level]) -> Result<(), OutOfRange> {
        match self {
            Self::Narrow(sides) => sides.clear(),
            Self::Wide(sides) => sides.clear(),
        }
        self.set(bids, asks)
    }

    /// Says that the book beyond its present levels is not known, where `asked` of them cut it off.
    pub(super) fn set_horizon(&mut self, asked: Option<usize>) {
        match self {
            Self::Narrow(sides) => sides.set_horizon(asked),
            Self::Wide(sides) => sides.set_horizon(asked),
        }
    }

    pub(super) fn is_crossed(&self) -> bool {
        match self {
            Self::Narrow(sides) => sides.is_crossed(),
            Self::Wide(sides) => sides.is_crossed(),
        }
    }

    /// Moves the horizon along with the market; returns whether it had to move.
    #[inline]
    pub(super) fn widen(&mut self) -> bool {
        match self {
            Self::Narrow(sides) => sides.widen(),
            Self::Wide(sides) => sides.widen(),
        }
    }

    pub(super) fn bids(&self) -> impl Iterator<Item = Level> {
        let (narrow, wide) = match self {
            Self::Narrow(sides) => (Some((&sides.bids, sides.scales)), None),
            Self::Wide(sides) => (None, Some((&sides.bids, sides.scales))),
        };
        both(narrow, wide, false)
    }

    pub(super) fn asks(&self) -> impl Iterator<Item = Level> {
        let (narrow, wide) = match self {
            Self::Narrow(sides) => (Some((&sides.asks, sides.scales)), None),
            Self::Wide(sides) => (None, Some((&sides.asks, sides.scales))),
        };
        both(narrow, wide, true)
    }

    #[cold]
    fn make_room(&mut self, level: &Level) -> Result<(), OutOfRange> {
        let Self::Narrow(sides) = self else {
            return Err(OutOfRange);
        };
        let raised = sides.scales.raised(level);
        let rescaled = Some(raised)
            .filter(|raised| *raised != sides.scales)
            .and_then(|raised| sides.convert(raised));
        *self = match rescaled {
            Some(sides) => Self::Narrow(sides),
            None => Self::Wide(sides.convert(Scales::WIDE).ok_or(OutOfRange)?),
        };
        Ok(())
    }
}

fn both<'a>(
    narrow: Option<(&'a Side<i64>, Scales)>,
    wide: Option<(&'a Side<i128>, Scales)>,
    is_ask: bool,
) -> impl Iterator<Item = Level> + 'a {
    one(narrow, is_ask).chain(one(wide, is_ask))
}

fn one<'a, U: Units + 'a>(
    side: Option<(&'a Side<U>, Scales)>,
    is_ask: bool,
) -> impl Iterator<Item = Level> + 'a {
    let levels =
        side.map(move |(side, scales)| side.known().map(move |rung| scales.level(rung, is_ask)));
    levels.into_iter().flatten()
}
