//! Both sides of a book at one width of integer.

use super::ladder::{Ladder, Rung};
use crate::model::{Decimal, Level, pow10};

/// Scale of both columns when 64 bits do not do: prices below 10^17 and quantities below 10^20 with
/// up to 18 digits after the point, which is what cleaning lets through, fit 128 bits.
const WIDE_SCALE: u32 = 18;

/// An integer that counts units of a scale.
pub(super) trait Units: Copy + Ord + Default + core::fmt::Debug {
    /// What [`Units::split`] never gives.
    const NO_ID: Self;
    /// Returns the units of a value, `None` when that would round or overflow.
    fn of(value: Decimal, scale: u32) -> Option<Self>;
    /// Returns the number of opposite sign.
    fn negated(self) -> Self;
    /// Returns the same number.
    fn wide(self) -> i128;
    /// Returns the number without its lowest binary digits, and these.
    fn split(self, digits: u32) -> (Self, usize);
    /// Returns the number that was split so.
    fn joined(self, digits: u32, lowest: usize) -> Self;
}

impl Units for i64 {
    const NO_ID: Self = Self::MIN;

    #[inline]
    fn of(value: Decimal, scale: u32) -> Option<Self> {
        let units = Self::try_from(value.units()).ok()?;
        let power = scale.checked_sub(u32::from(value.scale()))?;
        units.checked_mul(*SHORT_POWERS.get(usize::try_from(power).ok()?)?)
    }

    #[inline]
    fn negated(self) -> Self {
        self.wrapping_neg()
    }

    fn wide(self) -> i128 {
        i128::from(self)
    }

    #[inline]
    fn split(self, digits: u32) -> (Self, usize) {
        let lowest = self & ((1 << digits) - 1);
        (self >> digits, usize::try_from(lowest).unwrap_or_default())
    }

    #[inline]
    fn joined(self, digits: u32, lowest: usize) -> Self {
        (self << digits) | Self::try_from(lowest).unwrap_or_default()
    }
}

impl Units for i128 {
    const NO_ID: Self = Self::MIN;

    fn of(value: Decimal, scale: u32) -> Option<Self> {
        value.units_at(scale)
    }

    fn negated(self) -> Self {
        self.wrapping_neg()
    }

    fn wide(self) -> i128 {
        self
    }

    #[inline]
    fn split(self, digits: u32) -> (Self, usize) {
        let lowest = self & ((1 << digits) - 1);
        (self >> digits, usize::try_from(lowest).unwrap_or_default())
    }

    #[inline]
    fn joined(self, digits: u32, lowest: usize) -> Self {
        (self << digits) | Self::try_from(lowest).unwrap_or_default()
    }
}

/// 10^0 to 10^18.
const SHORT_POWERS: [i64; 19] = {
    let mut powers = [1; 19];
    let mut rest: &mut [i64] = &mut powers;
    let mut power = 1;
    while let Some((first, after)) = rest.split_first_mut() {
        *first = power;
        power = if after.is_empty() { power } else { power * 10 };
        rest = after;
    }
    powers
};

/// Digits after the point of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scales {
    pub(super) price: u32,
    pub(super) quantity: u32,
}

impl Scales {
    pub(super) const WIDE: Self = Self {
        price: WIDE_SCALE,
        quantity: WIDE_SCALE,
    };

    /// Returns scales that hold the level too.
    pub(super) fn raised(self, level: &Level) -> Self {
        Self {
            price: self.price.max(u32::from(level.price.scale())),
            quantity: self.quantity.max(u32::from(level.quantity.scale())),
        }
    }

    pub(super) fn level<U: Units>(self, rung: Rung<U>, is_ask: bool) -> Level {
        let price = if is_ask { rung.key.negated() } else { rung.key };
        let decimal = |units: U, scale| Decimal::new(units.wide(), scale).unwrap_or_default();
        Level {
            price: decimal(price, self.price),
            quantity: decimal(rung.quantity, self.quantity),
        }
    }
}

/// One side, and how far it is known.
#[derive(Clone, Debug)]
pub(super) struct Side<U> {
    pub(super) ladder: Ladder<U>,
    /// Key of the worst level that a fetched snapshot showed, or of the worst best level since: what
    /// is worse was not seen whole.
    pub(super) horizon: Option<U>,
}

impl<U: Units> Default for Side<U> {
    fn default() -> Self {
        Self {
            ladder: Ladder::default(),
            horizon: None,
        }
    }
}

impl<U: Units> Side<U> {
    /// Moves the horizon along when the best level passes it: what is better than the best level is
    /// known to be empty, so that the horizon is never behind it. Returns whether it had to move.
    #[inline]
    pub(super) fn widen(&mut self) -> bool {
        match (self.horizon, self.ladder.best()) {
            (Some(horizon), Some(best)) if best < horizon => {
                self.horizon = Some(best);
                true
            }
            _ => false,
        }
    }

    /// Iterates over the known levels, best first.
    pub(super) fn known(&self) -> impl Iterator<Item = Rung<U>> {
        let is_known = |rung: &Rung<U>| self.horizon.is_none_or(|horizon| rung.key >= horizon);
        self.ladder.iter().take_while(is_known)
    }

    fn convert<V>(
        &self,
        price: impl Fn(U) -> Option<V>,
        quantity: impl Fn(U) -> Option<V>,
    ) -> Option<Side<V>>
    where
        V: Units,
    {
        let horizon = match self.horizon {
            Some(horizon) => Some(price(horizon)?),
            None => None,
        };
        let ladder = self.ladder.convert(|rung| {
            Some(Rung {
                key: price(rung.key)?,
                quantity: quantity(rung.quantity)?,
            })
        })?;
        Some(Side { ladder, horizon })
    }
}

/// Both sides at common scales.
#[derive(Clone, Debug)]
pub(super) struct Sides<U> {
    pub(super) bids: Side<U>,
    pub(super) asks: Side<U>,
    pub(super) scales: Scales,
}

impl<U: Units> Default for Sides<U> {
    fn default() -> Self {
        Self {
            bids: Side::default(),
            asks: Side::default(),
            scales: Scales::default(),
        }
    }
}

impl<U: Units> Sides<U> {
    /// Sets levels; gives the first one that the scales do not hold, with all before it set.
    pub(super) fn set<'a>(
        &mut self,
        bids: &'a [Level],
        asks: &'a [Level],
    ) -> Result<(), &'a Level> {
        let scales = self.scales;
        for level in bids {
            let rung = rung(level, scales, false).ok_or(level)?;
            self.bids.ladder.set(rung);
        }
        for level in asks {
            let rung = rung(level, scales, true).ok_or(level)?;
            self.asks.ladder.set(rung);
        }
        Ok(())
    }

    pub(super) fn clear(&mut self) {
        for side in [&mut self.bids, &mut self.asks] {
            side.ladder.clear();
            side.horizon = None;
        }
    }

    /// Forgets what lies beyond the levels there are now. A side shorter than what was `asked` for,
    /// or than the other one, was not cut off by the limit of the request: it is known to its end.
    pub(super) fn set_horizon(&mut self, asked: Option<usize>) {
        let (bids, asks) = (self.bids.ladder.len(), self.asks.ladder.len());
        let least = asked.unwrap_or(0).max(bids).max(asks);
        self.bids.horizon = self.bids.ladder.worst().filter(|_| bids >= least);
        self.asks.horizon = self.asks.ladder.worst().filter(|_| asks >= least);
    }

    /// Moves the horizons along; returns whether one had to move.
    #[inline]
    pub(super) fn widen(&mut self) -> bool {
        let bids = self.bids.widen();
        self.asks.widen() || bids
    }

    /// Returns whether the best bid is not below the best ask.
    pub(super) fn is_crossed(&self) -> bool {
        match (self.bids.ladder.best(), self.asks.ladder.best()) {
            (Some(bid), Some(ask)) => bid >= ask.negated(),
            _ => false,
        }
    }

    /// Returns the same book at other scales, `None` when a level does not fit.
    pub(super) fn convert<V: Units + TryFrom<i128>>(&self, scales: Scales) -> Option<Sides<V>> {
        let price = factor(self.scales.price, scales.price)?;
        let quantity = factor(self.scales.quantity, scales.quantity)?;
        let times =
            |factor: i128| move |units: U| V::try_from(units.wide().checked_mul(factor)?).ok();
        Some(Sides {
            bids: self.bids.convert(times(price), times(quantity))?,
            asks: self.asks.convert(times(price), times(quantity))?,
            scales,
        })
    }
}

fn factor(from: u32, to: u32) -> Option<i128> {
    pow10(to.checked_sub(from)?)
}

#[inline]
fn rung<U: Units>(level: &Level, scales: Scales, is_ask: bool) -> Option<Rung<U>> {
    let price = U::of(level.price, scales.price)?;
    Some(Rung {
        key: if is_ask { price.negated() } else { price },
        quantity: U::of(level.quantity, scales.quantity)?,
    })
}
