//! Decimals as `decimal128(38, 18)`.

use super::DecodeError;
use super::reader::{Reader, once};
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
pub(super) fn read_decimal(bytes: &[u8], field: &'static str) -> Result<i128, DecodeError> {
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
