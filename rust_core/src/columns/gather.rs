//! Rows of several arrays of one type as one array.
//!
//! The rows are taken one by one where they lie: nothing is joined before, texts of dictionaries become
//! texts at once, and what is the same in all rows is found out once.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, BinaryType, ByteArrayType, Decimal128Type, Int32Type, Int64Type,
    UInt64Type, Utf8Type,
};
use arrow_array::{
    Array, ArrayRef, FixedSizeBinaryArray, GenericByteArray, ListArray, MapArray, PrimitiveArray,
    StructArray,
};
use arrow_buffer::{BooleanBuffer, Buffer, MutableBuffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, FieldRef, Fields};

use super::error::MergeError;
use super::merge::Place;
use super::texts::Texts;

const ID: usize = 16;

/// Returns the rows at these places; dictionaries of texts become texts.
///
/// # Errors
///
/// The arrays are not of one type, or of one that no store has; a text or list is too long.
pub(super) fn gather(sources: &[&ArrayRef], places: &[Place]) -> Result<ArrayRef, MergeError> {
    let Some(first) = sources.first() else {
        return Err(MergeError::Empty);
    };
    let kind = first.data_type();
    let is_unlike = |each: &&&ArrayRef| gathered(each.data_type()) != gathered(kind);
    if let Some(other) = sources.iter().find(is_unlike) {
        return Err(MergeError::Unlike {
            one: kind.clone(),
            other: other.data_type().clone(),
        });
    }
    match kind {
        DataType::Int32 => Ok(Arc::new(numbers::<Int32Type>(sources, places))),
        DataType::Int64 => Ok(Arc::new(numbers::<Int64Type>(sources, places))),
        DataType::UInt64 => Ok(Arc::new(numbers::<UInt64Type>(sources, places))),
        DataType::Decimal128(..) => Ok(Arc::new(
            numbers::<Decimal128Type>(sources, places).with_data_type(kind.clone()),
        )),
        DataType::FixedSizeBinary(16) => Ok(Arc::new(ids(sources, places)?)),
        DataType::Binary => Ok(Arc::new(texts::<BinaryType>(sources, places)?)),
        DataType::Utf8 | DataType::Dictionary(..) => {
            Ok(Arc::new(texts::<Utf8Type>(sources, places)?))
        }
        DataType::List(field) => lists(sources, places, field),
        DataType::Map(field, is_sorted) => maps(sources, places, field, *is_sorted),
        DataType::Struct(fields) => structs(sources, places, fields),
        _ => Err(MergeError::Unknown(kind.clone())),
    }
}

/// Returns what an array of this type becomes.
pub(super) fn gathered(kind: &DataType) -> DataType {
    match kind {
        DataType::Dictionary(_, values) => values.as_ref().clone(),
        _ => kind.clone(),
    }
}

fn numbers<T: ArrowPrimitiveType>(sources: &[&ArrayRef], places: &[Place]) -> PrimitiveArray<T> {
    let arrays: Vec<&[T::Native]> = sources
        .iter()
        .filter_map(|each| each.as_primitive_opt::<T>())
        .map(|each| each.values().as_ref())
        .collect();
    let values = ScalarBuffer::from(picked(&arrays, places));
    PrimitiveArray::new(values, nulls(sources, places))
}

fn ids(sources: &[&ArrayRef], places: &[Place]) -> Result<FixedSizeBinaryArray, MergeError> {
    let arrays: Vec<&[[u8; ID]]> = sources
        .iter()
        .filter_map(|each| each.as_fixed_size_binary_opt())
        .map(|each| each.value_data().as_chunks().0)
        .collect();
    let values = Buffer::from_vec(picked(&arrays, places).into_flattened());
    Ok(FixedSizeBinaryArray::try_new(
        16,
        values,
        nulls(sources, places),
    )?)
}

#[inline(always)]
fn picked<T: Copy + Default>(sources: &[&[T]], places: &[Place]) -> Vec<T> {
    let pick = |place: &Place| {
        let source = sources.get(place.source as usize)?;
        source.get(place.row as usize).copied()
    };
    let values = places.iter().map(|place| pick(place).unwrap_or_default());
    values.collect()
}

/// Returns which rows have a value; `None` where all sources are whole.
fn nulls(sources: &[&ArrayRef], places: &[Place]) -> Option<NullBuffer> {
    let found: Vec<Option<NullBuffer>> = sources.iter().map(|each| each.logical_nulls()).collect();
    if found.iter().all(Option::is_none) {
        return None;
    }
    let is_valid = |place: &Place| {
        found
            .get(place.source as usize)
            .and_then(Option::as_ref)
            .is_none_or(|nulls| nulls.is_valid(place.row as usize))
    };
    let bits =
        BooleanBuffer::collect_bool(places.len(), |row| places.get(row).is_some_and(is_valid));
    Some(NullBuffer::new(bits)).filter(|nulls| nulls.null_count() > 0)
}

fn texts<T: ByteArrayType<Offset = i32>>(
    sources: &[&ArrayRef],
    places: &[Place],
) -> Result<GenericByteArray<T>, MergeError> {
    let columns: Option<Vec<Texts<'_>>> = sources.iter().map(|each| Texts::of(each)).collect();
    let columns = columns.ok_or_else(|| {
        MergeError::Unknown(
            sources
                .first()
                .map_or(DataType::Null, |each| each.data_type().clone()),
        )
    })?;
    let (ends, bytes) = match same(&columns) {
        Some(text) => repeated(text, places.len())?,
        None => joined(&columns, places)?,
    };
    let nulls = if columns.iter().all(Texts::is_whole) {
        None
    } else {
        nulls(sources, places)
    };
    Ok(GenericByteArray::try_new(ends, bytes, nulls)?)
}

/// Returns the text that all rows have, if that is plain to see.
fn same<'a>(columns: &[Texts<'a>]) -> Option<&'a [u8]> {
    let text = columns.first()?.same()??;
    columns
        .iter()
        .all(|each| each.same() == Some(Some(text)))
        .then_some(text)
}

type Joined = (OffsetBuffer<i32>, Buffer);

fn repeated(text: &[u8], rows: usize) -> Result<Joined, MergeError> {
    let length = text.len().checked_mul(rows).ok_or(MergeError::TooLong)?;
    i32::try_from(length).map_err(|_| MergeError::TooLong)?;
    Ok((
        OffsetBuffer::from_repeated_length(text.len(), rows),
        Buffer::from_vec(text.repeat(rows)),
    ))
}

fn joined(columns: &[Texts<'_>], places: &[Place]) -> Result<Joined, MergeError> {
    let mut bytes = MutableBuffer::new(places.len() * 8);
    let mut ends = Vec::with_capacity(places.len() + 1);
    ends.push(0);
    for place in places {
        let column = columns.get(place.source as usize);
        if let Some(text) = column.and_then(|column| column.get(place.row as usize)) {
            bytes.extend_from_slice(text);
        }
        ends.push(i32::try_from(bytes.len()).map_err(|_| MergeError::TooLong)?);
    }
    Ok((OffsetBuffer::new(ScalarBuffer::from(ends)), bytes.into()))
}

fn lists(
    sources: &[&ArrayRef],
    places: &[Place],
    field: &FieldRef,
) -> Result<ArrayRef, MergeError> {
    let arrays: Vec<&ListArray> = sources
        .iter()
        .filter_map(|each| each.as_list_opt())
        .collect();
    let ends: Vec<&[i32]> = arrays.iter().map(|each| each.value_offsets()).collect();
    let items: Vec<&ArrayRef> = arrays.iter().map(|each| each.values()).collect();
    let (ends, below) = opened(&ends, places)?;
    let items = gather(&items, &below)?;
    let nulls = nulls(sources, places);
    let field = Arc::clone(field);
    Ok(Arc::new(ListArray::try_new(field, ends, items, nulls)?))
}

fn maps(
    sources: &[&ArrayRef],
    places: &[Place],
    field: &FieldRef,
    is_sorted: bool,
) -> Result<ArrayRef, MergeError> {
    let arrays: Vec<&MapArray> = sources
        .iter()
        .filter_map(|each| each.as_map_opt())
        .collect();
    let ends: Vec<&[i32]> = arrays.iter().map(|each| each.value_offsets()).collect();
    let (ends, below) = opened(&ends, places)?;
    let entries: Vec<&StructArray> = arrays.iter().map(|each| each.entries()).collect();
    let fields = entries.first().map(|each| each.fields().clone());
    let entries = struct_of(&entries, None, &below, &fields.unwrap_or_default())?;
    let nulls = nulls(sources, places);
    let field = Arc::clone(field);
    Ok(Arc::new(MapArray::try_new(
        field, ends, entries, nulls, is_sorted,
    )?))
}

fn structs(
    sources: &[&ArrayRef],
    places: &[Place],
    fields: &Fields,
) -> Result<ArrayRef, MergeError> {
    let arrays: Vec<&StructArray> = sources
        .iter()
        .filter_map(|each| each.as_struct_opt())
        .collect();
    let nulls = nulls(sources, places);
    Ok(Arc::new(struct_of(&arrays, nulls, places, fields)?))
}

fn struct_of(
    arrays: &[&StructArray],
    nulls: Option<NullBuffer>,
    places: &[Place],
    fields: &Fields,
) -> Result<StructArray, MergeError> {
    let columns: Result<Vec<ArrayRef>, MergeError> = (0..fields.len())
        .map(|number| {
            let column: Vec<&ArrayRef> = arrays
                .iter()
                .filter_map(|each| each.columns().get(number))
                .collect();
            gather(&column, places)
        })
        .collect();
    Ok(StructArray::try_new(fields.clone(), columns?, nulls)?)
}

/// Returns where each list ends among the items of all, and where each item is.
fn opened(
    sources: &[&[i32]],
    places: &[Place],
) -> Result<(OffsetBuffer<i32>, Vec<Place>), MergeError> {
    let is_empty = |ends: &&[i32]| ends.first() == ends.last();
    if sources.iter().all(is_empty) {
        return Ok((
            OffsetBuffer::from_repeated_length(0, places.len()),
            Vec::new(),
        ));
    }
    let mut below = Vec::with_capacity(places.len());
    let mut ends = Vec::with_capacity(places.len() + 1);
    ends.push(0);
    for place in places {
        let row = place.row as usize;
        let source = sources.get(place.source as usize).copied();
        let bounds = source.and_then(|ends| ends.get(row..row + 2));
        if let Some([begin, end]) = bounds {
            let items = u32::try_from(*begin).unwrap_or(0)..u32::try_from(*end).unwrap_or(0);
            below.extend(items.map(|row| Place { row, ..*place }));
        }
        ends.push(i32::try_from(below.len()).map_err(|_| MergeError::TooLong)?);
    }
    Ok((OffsetBuffer::new(ScalarBuffer::from(ends)), below))
}
