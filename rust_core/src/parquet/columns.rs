//! The values of a column, encoded.

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int32Type, Int64Type, UInt64Type};
use arrow_array::{Array, BinaryArray, StringArray};
use arrow_schema::DataType;

use super::delta::{self, Size};
use super::dictionary::{self, Numbered};
use super::places::Places;
use super::rle;
use super::schema::Leaf;
use super::statistics::{self, Bounds};

/// How values are encoded: Parquet's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Plain = 0,
    Rle = 3,
    DeltaNumbers = 5,
    DeltaTexts = 7,
    Dictionary = 8,
}

/// The content of a dictionary's page.
#[derive(Debug)]
pub(super) struct Distinct {
    pub(super) bytes: Vec<u8>,
    pub(super) count: usize,
}

/// Values as they lie in a page, behind the levels.
#[derive(Debug)]
pub(super) struct Values {
    pub(super) encoding: Encoding,
    pub(super) dictionary: Option<Distinct>,
    pub(super) bounds: Option<Bounds>,
}

impl Values {
    fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            dictionary: None,
            bounds: None,
        }
    }
}

/// Appends the values at these places, all of which are there; `None` for a type that is not written.
pub(super) fn encode(
    array: &dyn Array,
    places: &Places<'_>,
    leaf: &Leaf,
    out: &mut Vec<u8>,
) -> Option<Values> {
    match array.data_type() {
        DataType::Int32 => {
            let values = places.gather(array.as_primitive::<Int32Type>().values());
            let wide: Vec<i64> = values.iter().map(|value| i64::from(*value)).collect();
            delta::encode_numbers(&wide, Size::Four, out);
            Some(Values::new(Encoding::DeltaNumbers))
        }
        DataType::Int64 => {
            let values = places.gather(array.as_primitive::<Int64Type>().values());
            delta::encode_numbers(&values, Size::Eight, out);
            let bounds = leaf.has_statistics.then(|| statistics::of_numbers(&values));
            Some(Values {
                bounds: bounds.flatten(),
                ..Values::new(Encoding::DeltaNumbers)
            })
        }
        DataType::UInt64 => {
            let values = places.gather(array.as_primitive::<UInt64Type>().values());
            let signed: Vec<i64> = values.iter().map(|value| value.cast_signed()).collect();
            delta::encode_numbers(&signed, Size::Eight, out);
            Some(Values::new(Encoding::DeltaNumbers))
        }
        DataType::Decimal128(..) => {
            let values = array.as_primitive::<Decimal128Type>().values();
            Some(decimals(values, places, out))
        }
        DataType::FixedSizeBinary(_) => {
            let array = array.as_fixed_size_binary();
            if let (data, 16) = (array.value_data(), array.value_length()) {
                let (ids, _) = data.as_chunks::<16>();
                out.reserve(places.len() * 16);
                places.each(ids, |id| out.extend_from_slice(&id));
            } else {
                let values = places.map(|row| array.value(row));
                values.iter().for_each(|value| out.extend_from_slice(value));
            }
            Some(Values::new(Encoding::Plain))
        }
        DataType::Binary => {
            for value in places.map(|row| binary_at(array.as_binary(), row)) {
                plain_bytes(value, out);
            }
            Some(Values::new(Encoding::Plain))
        }
        DataType::Utf8 => Some(texts(array.as_string(), places, leaf, out)),
        DataType::Dictionary(..) => {
            let array = array.as_dictionary_opt::<Int32Type>()?;
            let names = array.values().as_string_opt::<i32>()?;
            let keys = places.gather(array.keys().values());
            Some(numbered_texts(renumbered(&keys, names), leaf, out))
        }
        _ => None,
    }
}

fn decimals(values: &[i128], places: &Places<'_>, out: &mut Vec<u8>) -> Values {
    let Some(numbered) = dictionary::of_decimals(values, places) else {
        out.reserve(places.len() * 16);
        places.each(values, |value| out.extend_from_slice(&value.to_be_bytes()));
        return Values::new(Encoding::Plain);
    };
    let Numbered { distinct, keys } = numbered;
    let bytes = big_endian(&distinct).into_flattened();
    keyed(&keys, bytes, distinct.len(), out)
}

fn big_endian(values: &[i128]) -> Vec<[u8; 16]> {
    values.iter().map(|value| value.to_be_bytes()).collect()
}

fn texts(array: &StringArray, places: &Places<'_>, leaf: &Leaf, out: &mut Vec<u8>) -> Values {
    let text_at = |row| text_at(array, row);
    if let Some(numbered) = dictionary::of_texts(text_at, places) {
        return numbered_texts(numbered, leaf, out);
    }
    delta::encode_texts(text_at, places, out);
    Values::new(Encoding::DeltaTexts)
}

fn numbered_texts(numbered: Numbered<&[u8]>, leaf: &Leaf, out: &mut Vec<u8>) -> Values {
    let Numbered { distinct, keys } = numbered;
    let mut bytes = Vec::new();
    distinct
        .iter()
        .for_each(|text| plain_bytes(text, &mut bytes));
    let bounds = leaf.has_statistics.then(|| statistics::of_texts(&distinct));
    Values {
        bounds: bounds.flatten(),
        ..keyed(&keys, bytes, distinct.len(), out)
    }
}

/// Appends keys of a dictionary: how wide they are, then the keys.
fn keyed(keys: &[u32], bytes: Vec<u8>, count: usize, out: &mut Vec<u8>) -> Values {
    if count == 0 {
        return Values::new(Encoding::Plain);
    }
    let width = rle::width_of(count as u64 - 1).max(1);
    out.push(u8::try_from(width).unwrap_or_default());
    rle::encode(keys, width, out);
    Values {
        dictionary: Some(Distinct { bytes, count }),
        ..Values::new(Encoding::Dictionary)
    }
}

/// Leaves out the names that no row has.
///
/// No branch depends on a key: those of sides cannot be foretold.
fn renumbered<'a>(keys: &[i32], names: &'a StringArray) -> Numbered<&'a [u8]> {
    let mut is_used = vec![false; names.len()];
    for key in some_of_each(keys) {
        if let Some(is_used) = is_used.get_mut(key.cast_unsigned() as usize) {
            *is_used = true;
        }
    }
    let mut distinct = Vec::new();
    let mut numbers = Vec::with_capacity(names.len());
    for (place, is_used) in is_used.into_iter().enumerate() {
        numbers.push(u32::try_from(distinct.len()).unwrap_or(u32::MAX));
        if is_used {
            distinct.push(text_at(names, place));
        }
    }
    if distinct.len() < 2 {
        let keys = vec![0; keys.len()];
        return Numbered { distinct, keys };
    }
    let number_of = |key: &i32| numbers.get(key.cast_unsigned() as usize);
    let keys = keys.iter().map(number_of);
    let keys = keys.map(|number| number.copied().unwrap_or_default());
    Numbered {
        distinct,
        keys: keys.collect(),
    }
}

/// Returns keys among which each is at least once: one where all are the same, as they often are.
fn some_of_each(keys: &[i32]) -> &[i32] {
    let Some((first, others)) = keys.split_first() else {
        return keys;
    };
    let is_same = others.iter().fold(0, |all, key| all | (key ^ first)) == 0;
    if is_same {
        core::slice::from_ref(first)
    } else {
        keys
    }
}

fn plain_bytes(value: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(value);
}

#[inline(always)]
fn text_at(array: &StringArray, row: usize) -> &[u8] {
    between(array.value_offsets(), array.value_data(), row)
}

fn binary_at(array: &BinaryArray, row: usize) -> &[u8] {
    between(array.value_offsets(), array.value_data(), row)
}

#[inline(always)]
fn between<'a>(offsets: &[i32], data: &'a [u8], row: usize) -> &'a [u8] {
    let Some([begin, end]) = offsets.get(row..).and_then(|rest| rest.first_chunk()) else {
        return &[];
    };
    let bound = |offset: &i32| usize::try_from(*offset).unwrap_or_default();
    data.get(bound(begin)..bound(end)).unwrap_or_default()
}
