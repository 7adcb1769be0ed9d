//! Decimals as `decimal128(38, 18)`.

use super::DecodeError;
use super::reader::{Reader, once, seven_bits_each};
use crate::model::pow10;

/// Digits after the point of every decimal column.
const COLUMN_SCALE: u32 = 18;
const LIMIT: u128 = 10_u128.pow(38);

/// What brings units of each scale to the columns' scale: 10^18 for scale 0, 1 for scale 18.
const SMALL_POWERS: [i64; 19] = {
    let mut powers = [1; 19];
    let mut rest: &mut [i64] = &mut powers;
    let mut power = 1;
    while let Some((last, before)) = rest.split_last_mut() {
        *last = power;
        power = if before.is_empty() { power } else { power * 10 };
        rest = before;
    }
    powers
};

/// Returns the decimal's units at scale 18. Never rounds.
#[inline]
pub(super) fn read_decimal(bytes: &[u8], field: &'static str) -> Result<i128, DecodeError> {
    match read_usual(bytes, bytes) {
        Some(units) => Ok(units),
        None => read_any(bytes, field),
    }
}

/// Reads `units` of up to eight bytes and, if it is there, a `scale` of one byte behind them.
///
/// `from` begins with the same bytes and goes on behind them, where there is more to load.
#[inline(always)]
pub(super) fn read_usual(bytes: &[u8], from: &[u8]) -> Option<i128> {
    let (units, scale) = match bytes {
        [] => return Some(0),
        [0x08, units @ .., 0x10, scale] => (units, usize::from(*scale)),
        [0x08, units @ ..] => (units, 0),
        _ => return None,
    };
    let word = match from.get(1..).and_then(|from| from.first_chunk()) {
        Some(block) => u64::from_le_bytes(*block),
        None => {
            let mut block = [0; 8];
            block.get_mut(..units.len())?.copy_from_slice(units);
            u64::from_le_bytes(block)
        }
    };
    // 56 bits times 10^18 at most.
    let factor = *SMALL_POWERS.get(scale)?;
    let units = unzigzag(short_varint(word, units.len())?);
    Some(i128::from(units) * i128::from(factor))
}

/// Reads a varint of so many bytes, at most eight, from the lowest on; what is above them does not matter.
#[inline(always)]
fn short_varint(word: u64, length: usize) -> Option<u64> {
    const ENDS: u64 = 0x8080_8080_8080_8080;
    // The first byte without its highest bit is the last of the varint.
    let end = (!word & ENDS).trailing_zeros() as usize / 8 + 1;
    let unused = u32::try_from(64 - 8 * end.min(8)).unwrap_or_default();
    (end == length && length <= 8).then(|| seven_bits_each((word << unused >> unused) & !ENDS))
}

fn read_any(bytes: &[u8], field: &'static str) -> Result<i128, DecodeError> {
    let (mut units, mut scale, mut wide) = (None, None, None);
    let mut reader = Reader::new(bytes);
    while let Some((number, value)) = reader.next()? {
        match number {
            1 => once(&mut units, field, value.varint(field)?)?,
            2 => once(&mut scale, field, value.uint32(field)?)?,
            3 => once(&mut wide, field, value.bytes(field)?)?,
            _ => {}
        }
    }
    let narrow = unzigzag(units.unwrap_or_default());
    if let (None, scale @ ..=COLUMN_SCALE) = (wide, scale.unwrap_or_default()) {
        // 64 bits times 10^18 at most: in range without a check, which on 128 bits is a call.
        let factor = SMALL_POWERS
            .get(usize::try_from(scale).unwrap_or_default())
            .copied();
        return Ok(i128::from(narrow) * i128::from(factor.unwrap_or_default()));
    }
    let units = match wide.unwrap_or_default() {
        [] => i128::from(narrow),
        wide => wide_units(wide, narrow, field)?,
    };
    at_column_scale(units, scale.unwrap_or_default())
        .map_err(|what| DecodeError::Decimal { field, what })
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

fn wide_units(wide: &[u8], narrow: i64, field: &'static str) -> Result<i128, DecodeError> {
    let fault = |what| DecodeError::Decimal { field, what };
    let wide: [u8; 16] = wide
        .try_into()
        .map_err(|_| fault("wide_units must have 16 bytes"))?;
    if narrow == 0 {
        Ok(i128::from_be_bytes(wide))
    } else {
        Err(fault("both units and wide_units are set"))
    }
}

#[inline]
fn at_column_scale(units: i128, scale: u32) -> Result<i128, &'static str> {
    if scale > 38 {
        return Err("scale is above 38");
    }
    let result = if scale <= COLUMN_SCALE {
        let factor = pow10(COLUMN_SCALE - scale).unwrap_or_default();
        units.checked_mul(factor).ok_or("too large")?
    } else {
        let divisor = pow10(scale - COLUMN_SCALE).unwrap_or(1);
        if units % divisor != 0 {
            return Err("more than 18 digits after the point");
        }
        units / divisor
    };
    if result.unsigned_abs() < LIMIT {
        Ok(result)
    } else {
        Err("too large")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Bytes that are a decimal more often than chance would have it.
    fn decimals() -> impl Strategy<Value = Vec<u8>> {
        let varint = prop_oneof![
            prop::collection::vec(0x80_u8.., 0..10),
            prop::collection::vec(any::<u8>(), 0..3),
        ];
        let scale = prop_oneof![
            Just(vec![]),
            any::<u8>().prop_map(|scale| vec![0x10, scale])
        ];
        (prop::bool::weighted(0.9), varint, 0_u8..0x80, scale).prop_map(
            |(has_tag, mut varint, last, scale)| {
                varint.push(last);
                varint.extend(scale);
                if has_tag {
                    varint.insert(0, 0x08);
                }
                varint
            },
        )
    }

    proptest! {
        #[test]
        fn the_short_way_reads_what_the_long_way_reads(bytes in decimals()) {
            let followed = [bytes.as_slice(), &[0xff; 9]].concat();
            for from in [&bytes, &followed] {
                if let Some(units) = read_usual(&bytes, from) {
                    prop_assert_eq!(read_any(&bytes, "price"), Ok(units));
                }
            }
        }
    }

    #[test]
    fn usual_decimals_take_the_short_way() {
        let one = 10_i128.pow(18);
        for (bytes, expected) in [
            (&[][..], 0),
            (&[0x08, 0x03], -2 * one),
            (&[0x08, 0x02, 0x10, 0x12], 1),
            (&[0x08, 0x90, 0x10, 0x10, 0x02], 1_032 * one / 100),
        ] {
            assert_eq!(read_usual(bytes, bytes), Some(expected), "{bytes:?}");
            assert_eq!(read_any(bytes, "price"), Ok(expected), "{bytes:?}");
        }
    }
}
