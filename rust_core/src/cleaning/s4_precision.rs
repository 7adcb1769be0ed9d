//! Stage 4, precision correction: exact canonical decimals, or none. No rounding ever.

use super::s1_structure::Refusal;
use super::s2_fields::Amount;
use crate::model::{Decimal, DecimalError, IssueCode, IssueSet, pow10};

/// A price is below 10 to this power.
const PRICE_POWER: u32 = 17;
/// A quantity is below 10 to this power.
const QUANTITY_POWER: u32 = 20;
/// Most digits after the point.
const MAX_SCALE: u8 = 18;

/// The venue's names of price and quantity.
pub(super) type Keys = (&'static str, &'static str);

/// Makes price and quantity exact; `contract_size` is what one unit of the quantity stands for.
#[inline]
pub(super) fn check(
    price: Amount<'_>,
    quantity: Amount<'_>,
    contract_size: Option<Decimal>,
    keys: Keys,
    issues: &mut IssueSet,
) -> Result<(Decimal, Decimal), Refusal> {
    let price = exact_price(price, keys.0, issues)?;
    let quantity = exact_quantity(quantity, contract_size, keys.1, issues)?;
    // The product of two numbers of 64 bits fits 128.
    let is_small = i64::try_from(price.units()).is_ok() && i64::try_from(quantity.units()).is_ok();
    if is_small || price.units().checked_mul(quantity.units()).is_some() {
        Ok((price, quantity))
    } else {
        Err(Refusal::new(IssueCode::Range, "notional"))
    }
}

/// Makes a price, or a rate, exact.
#[inline]
pub(super) fn exact_price(
    price: Amount<'_>,
    key: &'static str,
    issues: &mut IssueSet,
) -> Result<Decimal, Refusal> {
    exact(price, PRICE_POWER, key, issues)
}

/// Makes a quantity exact and turns contracts into what they stand for.
#[inline]
pub(super) fn exact_quantity(
    quantity: Amount<'_>,
    contract_size: Option<Decimal>,
    key: &'static str,
    issues: &mut IssueSet,
) -> Result<Decimal, Refusal> {
    let quantity = exact(quantity, QUANTITY_POWER, key, issues)?;
    match contract_size {
        None => Ok(quantity),
        Some(size) => contracts(quantity, size, key),
    }
}

/// Returns what `quantity` contracts stand for.
#[inline(never)]
pub(super) fn contracts(
    quantity: Decimal,
    size: Decimal,
    key: &'static str,
) -> Result<Decimal, Refusal> {
    let product = quantity.times(size);
    let product = product.map_err(|error| Refusal::new(reason(error), key))?;
    in_bounds(product, QUANTITY_POWER, key)
}

#[inline]
fn exact(
    amount: Amount<'_>,
    power: u32,
    key: &'static str,
    issues: &mut IssueSet,
) -> Result<Decimal, Refusal> {
    match amount {
        // At most 18 digits in all: too few to fail a check but that of the price's size.
        Amount::Read(decimal) if decimal.units() < 100_000_000_000_000_000 => Ok(decimal),
        Amount::Read(decimal) => in_bounds(decimal, power, key),
        Amount::Text(text) => {
            let decimal = Decimal::parse(text).map_err(|error| Refusal::new(reason(error), key))?;
            let decimal = in_bounds(decimal, power, key)?;
            if text.iter().any(|byte| matches!(byte, b'e' | b'E')) {
                issues.insert(IssueCode::ExponentNotation);
            }
            Ok(decimal)
        }
    }
}

fn in_bounds(decimal: Decimal, power: u32, key: &'static str) -> Result<Decimal, Refusal> {
    let limit = pow10(power + u32::from(decimal.scale()));
    if limit.is_some_and(|limit| decimal.units().abs() >= limit) {
        return Err(Refusal::new(IssueCode::Range, key));
    }
    if decimal.scale() > MAX_SCALE {
        return Err(Refusal::new(IssueCode::ScaleOverflow, key));
    }
    Ok(decimal)
}

const fn reason(error: DecimalError) -> IssueCode {
    match error {
        DecimalError::Syntax => IssueCode::DecimalSyntax,
        DecimalError::Precision => IssueCode::Precision,
        DecimalError::Scale => IssueCode::ScaleOverflow,
        DecimalError::Range => IssueCode::Range,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(price: &[u8], quantity: &[u8]) -> Result<String, (IssueCode, &'static str)> {
        let mut issues = IssueSet::EMPTY;
        let (price, quantity) = (Amount::Text(price), Amount::Text(quantity));
        check(price, quantity, None, ("p", "q"), &mut issues)
            .map(|(price, quantity)| format!("{price} {quantity} {}", issues.is_empty()))
            .map_err(|refusal| (refusal.reason, refusal.field))
    }

    #[test]
    fn what_fits_is_exact_and_what_does_not_is_refused() {
        use IssueCode::{Precision, Range, ScaleOverflow};
        assert_eq!(outcome(b"1.50", b"2e3").as_deref(), Ok("1.5 2000 false"));
        assert_eq!(
            outcome(b"99999999999999999", b"1").as_deref(),
            Ok("99999999999999999 1 true")
        );
        for (price, quantity, refusal) in [
            (&b"100000000000000000"[..], &b"1"[..], (Range, "p")),
            (b"1e17", b"1", (Range, "p")),
            (b"1", b"1e20", (Range, "q")),
            (b"1e-19", b"1", (ScaleOverflow, "p")),
            (b"1e-999999999", b"1", (ScaleOverflow, "p")),
            (b"1e999999999", b"1", (Range, "p")),
            (
                b"1.000000000000000000000000000000000000001",
                b"1",
                (Precision, "p"),
            ),
            (
                b"12345678901234567.123456789012345678",
                b"1.000000000000000001",
                (Range, "notional"),
            ),
        ] {
            assert_eq!(outcome(price, quantity), Err(refusal));
        }
    }
}
