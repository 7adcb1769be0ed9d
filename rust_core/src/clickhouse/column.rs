//! One column in the Native format.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int32Type, Int64Type, UInt32Type, UInt64Type};
use arrow_schema::DataType;

use super::NativeError;
use super::kind::Kind;
use super::low_cardinality;
use super::texts::Texts;
use super::varint::write_u64;

/// Appends what comes before the values of a column.
pub(super) fn write_prefix(kind: &Kind, out: &mut Vec<u8>) {
    match kind {
        Kind::LowCardinality { .. } => write_u64(out, low_cardinality::VERSION),
        Kind::Array(item) => write_prefix(item, out),
        Kind::Tuple(members) => members.iter().for_each(|(_, kind)| write_prefix(kind, out)),
        Kind::Map(key, value) => {
            write_prefix(key, out);
            write_prefix(value, out);
        }
        Kind::Plain(_) | Kind::Text | Kind::Nullable(_) => {}
    }
}

/// Appends the values of a column.
pub(super) fn write_values(
    kind: &Kind,
    array: &dyn Array,
    out: &mut Vec<u8>,
) -> Result<(), NativeError> {
    let mismatch = || NativeError::Mismatch {
        wanted: kind.to_string(),
        found: array.data_type().to_string(),
    };
    match kind {
        Kind::Plain(_) | Kind::Text if array.null_count() > 0 => Err(NativeError::Null {
            wanted: kind.to_string(),
        }),
        Kind::Plain(_) | Kind::Text => write_flat(kind, array, out),
        Kind::Nullable(inner) => {
            match array.nulls() {
                Some(nulls) => out.extend(nulls.iter().map(|is_valid| u8::from(!is_valid))),
                None => out.resize(out.len() + array.len(), 0),
            }
            write_flat(inner, array, out)
        }
        Kind::LowCardinality { is_nullable } => low_cardinality::write(array, *is_nullable, out),
        Kind::Array(item) => {
            let list = array.as_list_opt::<i32>().ok_or_else(mismatch)?;
            let (first, count) = write_ends(list.value_offsets(), out);
            write_values(item, &list.values().slice(first, count), out)
        }
        Kind::Tuple(members) => {
            let tuple = array.as_struct_opt().ok_or_else(mismatch)?;
            members.iter().try_for_each(|(name, kind)| {
                let column = tuple.column_by_name(name).ok_or_else(mismatch)?;
                write_values(kind, column, out)
            })
        }
        Kind::Map(key, value) => {
            let map = array.as_map_opt().ok_or_else(mismatch)?;
            let (first, count) = write_ends(map.value_offsets(), out);
            write_values(key, &map.keys().slice(first, count), out)?;
            write_values(value, &map.values().slice(first, count), out)
        }
    }
}

/// Appends where each row's items end, counted from the first; returns which items those are.
fn write_ends(offsets: &[i32], out: &mut Vec<u8>) -> (usize, usize) {
    let place = |offset: i32| usize::try_from(offset).unwrap_or_default();
    let first = offsets.first().copied().map_or(0, place);
    let mut end = first;
    out.reserve(8 * offsets.len());
    for offset in offsets.iter().skip(1) {
        end = place(*offset);
        write_u64(out, end - first);
    }
    (first, end - first)
}

/// Appends values that are no lists; a null is zeros, or an empty text.
fn write_flat(kind: &Kind, array: &dyn Array, out: &mut Vec<u8>) -> Result<(), NativeError> {
    let mismatch = || NativeError::Mismatch {
        wanted: kind.to_string(),
        found: array.data_type().to_string(),
    };
    match kind {
        Kind::Plain(plain) if plain == array.data_type() => {
            let bytes = bytes_of(array).ok_or_else(mismatch)?;
            let start = out.len();
            out.extend_from_slice(bytes);
            if array.null_count() > 0 {
                blank_nulls(array, out, start);
            }
            Ok(())
        }
        Kind::Text => {
            Texts::of(array).ok_or_else(mismatch)?.write(array, out);
            Ok(())
        }
        _ => Err(mismatch()),
    }
}

fn bytes_of(array: &dyn Array) -> Option<&[u8]> {
    let values = match array.data_type() {
        DataType::Int32 => array.as_primitive_opt::<Int32Type>()?.values().inner(),
        DataType::Int64 => array.as_primitive_opt::<Int64Type>()?.values().inner(),
        DataType::UInt32 => array.as_primitive_opt::<UInt32Type>()?.values().inner(),
        DataType::UInt64 => array.as_primitive_opt::<UInt64Type>()?.values().inner(),
        DataType::Decimal128(_, _) => array.as_primitive_opt::<Decimal128Type>()?.values().inner(),
        DataType::FixedSizeBinary(_) => {
            return Some(array.as_fixed_size_binary_opt()?.value_data());
        }
        _ => return None,
    };
    Some(values.as_slice())
}

fn blank_nulls(array: &dyn Array, out: &mut [u8], start: usize) {
    let Some(written) = out.get_mut(start..) else {
        return;
    };
    let width = (written.len() / array.len().max(1)).max(1);
    for (row, slot) in written.chunks_exact_mut(width).enumerate() {
        if array.is_null(row) {
            slot.fill(0);
        }
    }
}
