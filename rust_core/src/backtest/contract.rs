//! How quantities and prices make money.

/// A linear contract is paid in the quote currency, an inverse one in the base.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contract {
    pub(super) is_inverse: bool,
    pub(super) multiplier: f64,
}

impl Contract {
    /// Money that a quantity at a price is worth; of an inverse contract it falls with the price.
    pub(super) fn notional(self, quantity: f64, price: f64) -> f64 {
        if self.is_inverse {
            quantity * self.multiplier / price
        } else {
            quantity * self.multiplier * price
        }
    }

    /// The price at which a quantity has this notional.
    pub(super) fn price(self, quantity: f64, notional: f64) -> f64 {
        if self.is_inverse {
            quantity * self.multiplier / notional
        } else {
            notional / (quantity * self.multiplier)
        }
    }

    /// What has to be paid for a notional bought (negative: sold); inverse contracts pay it out.
    pub(super) fn cost(self, signed_notional: f64) -> f64 {
        if self.is_inverse {
            -signed_notional
        } else {
            signed_notional
        }
    }
}
