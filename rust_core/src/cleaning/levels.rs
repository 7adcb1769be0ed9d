//! Price levels: stages 2 and 4 of an order-book message, in one pass over its texts.

use super::s1_structure::Refusal;
use super::s2_fields::{self, Amount};
use super::s4_precision;
use crate::model::{Decimal, IssueCode, IssueSet, Level, RawLevel};

/// A price below this many units needs no further check, whatever its scale.
const SMALL: i128 = 100_000_000_000_000_000;

/// What stage 4 will have to say about levels that stage 2 let pass.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Later {
    pub(super) refusal: Option<Refusal>,
    pub(super) repairs: IssueSet,
}

/// Reads one side of a book into `levels`. The refusal is stage 2's; stage 4's is put into `later`.
#[inline]
pub(super) fn read(
    raw: &[RawLevel<'_>],
    key: &'static str,
    levels: &mut Vec<Level>,
    later: &mut Later,
) -> Result<(), Refusal> {
    levels.clear();
    levels.reserve(raw.len());
    for level in raw {
        match (
            Decimal::parse_short(level.price),
            Decimal::parse_short(level.quantity),
        ) {
            (Some(price), Some(quantity)) if (1..SMALL).contains(&price.units()) => {
                levels.push(Level { price, quantity });
            }
            _ => levels.extend(unusual(level, key, later)?),
        }
    }
    Ok(())
}

/// Reads a level that is not spelt as usual. One of price 0 and quantity 0 says that the side is
/// empty: it is no level.
#[cold]
fn unusual(
    level: &RawLevel<'_>,
    key: &'static str,
    later: &mut Later,
) -> Result<Option<Level>, Refusal> {
    let price = s2_fields::amount_or_zero(level.price, key)?;
    let quantity = s2_fields::amount_or_zero(level.quantity, key)?;
    if is_zero(price) {
        return if is_zero(quantity) {
            Ok(None)
        } else {
            Err(Refusal::new(IssueCode::Range, key))
        };
    }
    let mut exact = || {
        Ok(Level {
            price: s4_precision::exact_price(price, key, &mut later.repairs)?,
            quantity: s4_precision::exact_quantity(quantity, None, key, &mut later.repairs)?,
        })
    };
    match exact() {
        Ok(level) => Ok(Some(level)),
        Err(refusal) => {
            later.refusal = later.refusal.or(Some(refusal));
            Ok(None)
        }
    }
}

fn is_zero(amount: Amount<'_>) -> bool {
    matches!(amount, Amount::Read(decimal) if decimal == Decimal::ZERO)
}

/// Turns the contracts of each level into what they stand for.
pub(super) fn contracts(
    levels: &mut [Level],
    size: Decimal,
    key: &'static str,
) -> Result<(), Refusal> {
    for level in levels {
        level.quantity = s4_precision::contracts(level.quantity, size, key)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(
        texts: &[(&'static str, &'static str)],
    ) -> Result<(Vec<String>, Option<IssueCode>), IssueCode> {
        let raw: Vec<_> = texts
            .iter()
            .map(|(price, quantity)| RawLevel {
                price: price.as_bytes(),
                quantity: quantity.as_bytes(),
            })
            .collect();
        let (mut levels, mut later) = (Vec::new(), Later::default());
        read(&raw, "b", &mut levels, &mut later).map_err(|refusal| refusal.reason)?;
        let shown = levels
            .iter()
            .map(|level| format!("{} {}", level.price, level.quantity));
        Ok((shown.collect(), later.refusal.map(|refusal| refusal.reason)))
    }

    #[test]
    fn levels_are_exact_and_zero_removes() {
        let texts = [
            ("61837.63000000", "0.00000000"),
            ("1e2", "0.5"),
            ("0.00", "0.0"),
        ];
        let (levels, refusal) = outcome(&texts).unwrap();
        assert_eq!(levels, ["61837.63 0", "100 0.5"]);
        assert_eq!(refusal, None);
    }

    #[test]
    fn a_fault_of_stage_2_comes_before_one_of_stage_4() {
        let precise = "1.000000000000000000000000000000000000001";
        let large = "100000000000000000";
        assert_eq!(
            outcome(&[(precise, "1"), ("1", "1")]),
            Ok((vec!["1 1".to_owned()], Some(IssueCode::Precision)))
        );
        assert_eq!(
            outcome(&[(large, "1")]),
            Ok((vec![], Some(IssueCode::Range)))
        );
        for (texts, reason) in [
            (("x", "1"), IssueCode::DecimalSyntax),
            (("1", "1,0"), IssueCode::DecimalSyntax),
            (("1", "-1"), IssueCode::Range),
            (("-1", "0"), IssueCode::Range),
            (("0", "1"), IssueCode::Range),
        ] {
            assert_eq!(outcome(&[(precise, "1"), texts]), Err(reason), "{texts:?}");
        }
    }
}
