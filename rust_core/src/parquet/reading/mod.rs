//! Decimals and whole numbers of a column chunk, for rows that are read many at a time.
//!
//! General readers build each decimal by itself, at some 50 ns. Here a dictionary is turned around once,
//! and what is left for a row is a key of it, or to copy 16 bytes. What is read is what stores hold: fixed
//! 16 bytes or whole numbers of 8, not in a list, plain, by a dictionary or by differences, whole or
//! compressed by zstd, pages of either version. Anything else, or anything that does not fit together, is
//! `None`: who asked reads the column in the general way, which knows what is wrong with it.

mod delta;
mod headers;
mod pages;
mod runs;
#[cfg(test)]
mod tests;
mod values;

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, Decimal128Array, DictionaryArray, Int64Array, PrimitiveArray};
use arrow_buffer::{Buffer, ScalarBuffer};

use values::{Values, spread};

/// A column of a row group, as it lies in the file.
#[derive(Debug, Clone, Copy)]
pub struct Chunk<'a> {
    /// Its pages, one behind the other.
    pub bytes: &'a [u8],
    /// Rows of the row group.
    pub rows: usize,
    /// Whether a row may be null.
    pub is_optional: bool,
    /// Whether pages are compressed, by zstd.
    pub is_compressed: bool,
}

/// Returns the decimals of a chunk, or `None` for what is not read here.
///
/// # Arguments
///
/// * `digits`: their precision and scale
/// * `with_keys`: give keys (32 bits) of a dictionary of decimals, where the file has them so
#[must_use]
pub fn decimals(chunk: Chunk<'_>, digits: (u8, i8), with_keys: bool) -> Option<ArrayRef> {
    let found = Values::<i128>::read(chunk, with_keys)?;
    let nulls = found.nulls();
    let of_digits = |values: Vec<i128>, nulls| {
        let column = Decimal128Array::try_new(ScalarBuffer::from(values), nulls).ok()?;
        column.with_precision_and_scale(digits.0, digits.1).ok()
    };
    if !found.are_keys {
        let values = spread(found.plain, nulls.as_ref(), chunk.rows)?;
        return Some(Arc::new(of_digits(values, nulls)?));
    }
    let keys = Buffer::from_vec(spread(found.keys, nulls.as_ref(), chunk.rows)?);
    let keys = PrimitiveArray::<Int32Type>::try_new(ScalarBuffer::from(keys), nulls).ok()?;
    let distinct = of_digits(found.distinct, None)?;
    let coded = DictionaryArray::try_new(keys, Arc::new(distinct)).ok()?;
    Some(Arc::new(coded))
}

/// Returns the whole numbers of 64 bits of a chunk, or `None` for what is not read here.
#[must_use]
pub fn wholes(chunk: Chunk<'_>) -> Option<ArrayRef> {
    let found = Values::<i64>::read(chunk, false)?;
    let nulls = found.nulls();
    let values = spread(found.plain, nulls.as_ref(), chunk.rows)?;
    let column = Int64Array::try_new(ScalarBuffer::from(values), nulls).ok()?;
    Some(Arc::new(column))
}
