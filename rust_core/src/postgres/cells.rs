//! One column's fields in the binary COPY format.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal128Type, Int16Type, Int32Type, Int64Type, TimestampNanosecondType, UInt64Type,
};
use arrow_array::{
    Array, BinaryArray, Decimal128Array, FixedSizeBinaryArray, Int16Array, Int32Array, Int64Array,
    ListArray, MapArray, TimestampNanosecondArray, UInt64Array,
};
use arrow_schema::{DataType, TimeUnit};

use super::numeric::{write_decimal, write_integer};
use super::texts::Texts;
use super::{CopyError, EPOCH_SHIFT_US, NULL, NUMERIC_OID, TEXT_OID};

/// A column of a batch, ready to be written row by row.
#[derive(Debug)]
pub(super) enum Cells<'a> {
    Small(&'a Int16Array),
    Int(&'a Int32Array),
    Long(&'a Int64Array),
    Time(&'a TimestampNanosecondArray),
    Text(Texts<'a>),
    Id(&'a FixedSizeBinaryArray),
    Bytes(&'a BinaryArray),
    Decimal(&'a Decimal128Array),
    Unsigned(&'a UInt64Array),
    TextList(&'a ListArray, Texts<'a>),
    DecimalList(&'a ListArray, &'a Decimal128Array),
    TextMap(&'a MapArray, Texts<'a>, Texts<'a>),
}

/// Whether there is a form for columns of a type.
pub(super) fn is_known(kind: &DataType) -> bool {
    match kind {
        DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt64
        | DataType::Timestamp(TimeUnit::Nanosecond, _)
        | DataType::FixedSizeBinary(16)
        | DataType::Binary
        | DataType::Decimal128(_, 18) => true,
        DataType::List(item) => {
            Texts::is_text(item.data_type())
                || matches!(item.data_type(), DataType::Decimal128(_, 18))
        }
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) => {
                fields.iter().all(|field| Texts::is_text(field.data_type()))
            }
            _ => false,
        },
        other => Texts::is_text(other),
    }
}

impl<'a> Cells<'a> {
    /// None for a type that [`is_known`] does not know.
    pub(super) fn of(array: &'a dyn Array) -> Option<Self> {
        Some(match array.data_type() {
            DataType::Int16 => Self::Small(array.as_primitive_opt::<Int16Type>()?),
            DataType::Int32 => Self::Int(array.as_primitive_opt::<Int32Type>()?),
            DataType::Int64 => Self::Long(array.as_primitive_opt::<Int64Type>()?),
            DataType::UInt64 => Self::Unsigned(array.as_primitive_opt::<UInt64Type>()?),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                Self::Time(array.as_primitive_opt::<TimestampNanosecondType>()?)
            }
            DataType::FixedSizeBinary(16) => Self::Id(array.as_fixed_size_binary_opt()?),
            DataType::Binary => Self::Bytes(array.as_binary_opt::<i32>()?),
            DataType::Decimal128(_, 18) => {
                Self::Decimal(array.as_primitive_opt::<Decimal128Type>()?)
            }
            DataType::List(_) => Self::of_list(array.as_list_opt::<i32>()?)?,
            DataType::Map(_, _) => {
                let map = array.as_map_opt()?;
                Self::TextMap(map, Texts::of(map.keys())?, Texts::of(map.values())?)
            }
            _ => Self::Text(Texts::of(array)?),
        })
    }

    fn of_list(list: &'a ListArray) -> Option<Self> {
        match list.values().as_primitive_opt::<Decimal128Type>() {
            Some(items) => Some(Self::DecimalList(list, items)),
            None => Some(Self::TextList(list, Texts::of(list.values())?)),
        }
    }

    /// Appends the field of a row: its length and its bytes.
    pub(super) fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), CopyError> {
        match self {
            Self::Small(array) => {
                fixed(out, value(*array, row, |at| array.value(at).to_be_bytes()))
            }
            Self::Int(array) => fixed(out, value(*array, row, |at| array.value(at).to_be_bytes())),
            Self::Long(array) => fixed(out, value(*array, row, |at| array.value(at).to_be_bytes())),
            Self::Time(array) => {
                fixed(
                    out,
                    value(*array, row, |at| micros(array.value(at)).to_be_bytes()),
                );
            }
            Self::Text(texts) => bytes(out, texts.get(row).map(str::as_bytes))?,
            Self::Id(array) => bytes(out, value(*array, row, |at| array.value(at)))?,
            Self::Bytes(array) => bytes(out, value(*array, row, |at| array.value(at)))?,
            Self::Decimal(array) => match value(*array, row, |at| array.value(at)) {
                Some(number) => write_decimal(out, number),
                None => null(out),
            },
            Self::Unsigned(array) => match value(*array, row, |at| array.value(at)) {
                Some(number) => write_integer(out, number),
                None => null(out),
            },
            Self::TextList(list, items) => {
                let places = span(list.value_offsets(), row);
                array(out, TEXT_OID, places.len(), |out| {
                    places
                        .into_iter()
                        .try_for_each(|at| bytes(out, items.get(at).map(str::as_bytes)))
                })?;
            }
            Self::DecimalList(list, items) => {
                let places = span(list.value_offsets(), row);
                array(out, NUMERIC_OID, places.len(), |out| {
                    places
                        .into_iter()
                        .for_each(|at| write_decimal(out, items.value(at)));
                    Ok(())
                })?;
            }
            Self::TextMap(map, keys, values) => {
                let places = span(map.value_offsets(), row);
                array(out, TEXT_OID, 2 * places.len(), |out| {
                    places.into_iter().try_for_each(|at| {
                        bytes(out, keys.get(at).map(str::as_bytes))?;
                        bytes(out, values.get(at).map(str::as_bytes))
                    })
                })?;
            }
        }
        Ok(())
    }
}

fn value<T>(array: &dyn Array, row: usize, read: impl FnOnce(usize) -> T) -> Option<T> {
    (!array.is_null(row)).then(|| read(row))
}

/// Microseconds since 2000, rounded down.
fn micros(unix_ns: i64) -> i64 {
    unix_ns.div_euclid(1_000) - EPOCH_SHIFT_US
}

/// Places of a row's items.
fn span(offsets: &[i32], row: usize) -> std::ops::Range<usize> {
    let place = |at: usize| {
        let offset = offsets.get(at).copied().unwrap_or_default();
        usize::try_from(offset).unwrap_or_default()
    };
    place(row)..place(row + 1)
}

fn null(out: &mut Vec<u8>) {
    out.extend_from_slice(&NULL.to_be_bytes());
}

fn fixed<const N: usize>(out: &mut Vec<u8>, field: Option<[u8; N]>) {
    let Some(field) = field else {
        return null(out);
    };
    out.extend_from_slice(&i32::try_from(N).unwrap_or_default().to_be_bytes());
    out.extend_from_slice(&field);
}

fn bytes(out: &mut Vec<u8>, field: Option<&[u8]>) -> Result<(), CopyError> {
    let Some(field) = field else {
        null(out);
        return Ok(());
    };
    out.extend_from_slice(&length_of(field.len())?.to_be_bytes());
    out.extend_from_slice(field);
    Ok(())
}

/// Appends an array of one dimension; one without items is NULL.
fn array(
    out: &mut Vec<u8>,
    item_oid: u32,
    count: usize,
    items: impl FnOnce(&mut Vec<u8>) -> Result<(), CopyError>,
) -> Result<(), CopyError> {
    if count == 0 {
        null(out);
        return Ok(());
    }
    let start = out.len();
    null(out);
    out.extend_from_slice(&1_i32.to_be_bytes());
    // The flag for nulls among the items is ignored by the server, which looks for itself.
    out.extend_from_slice(&0_i32.to_be_bytes());
    out.extend_from_slice(&item_oid.to_be_bytes());
    out.extend_from_slice(&length_of(count)?.to_be_bytes());
    out.extend_from_slice(&1_i32.to_be_bytes());
    items(out)?;
    let length = length_of(out.len() - start - 4)?;
    if let Some(place) = out.get_mut(start..start + 4) {
        place.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

fn length_of(length: usize) -> Result<i32, CopyError> {
    i32::try_from(length).map_err(|_| CopyError::TooLarge { length })
}
