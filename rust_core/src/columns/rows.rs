//! Rows of several sources, in the order of an answer.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema, SchemaRef};

use super::error::MergeError;
use super::gather::{gather, gathered};
use super::merge::{Keys, Place, merge_order};
use super::names::names_of;

/// Time, exchange, market, the venue's spelling of the symbol, offset and index.
pub const KEY_COLUMNS: usize = 6;

/// Rows that are gathered at once: their places stay near the processor.
const PIECE: usize = 65_536;

/// Returns the rows of all sources in order, or `None` when source after source lies in it already.
///
/// The first [`KEY_COLUMNS`] columns say the order. The time stays in the answer, the others do not;
/// dictionaries of texts become texts.
///
/// # Arguments
///
/// * `sources`: with the same columns, none of the first ones null but names
///
/// # Errors
///
/// A column is of another type than those of a store.
pub fn merge_rows(sources: &[RecordBatch]) -> Result<Option<Vec<RecordBatch>>, MergeError> {
    let Some(first) = sources.first() else {
        return Ok(None);
    };
    let Some(order) = order_of(sources)? else {
        return Ok(None);
    };
    let schema = schema_of(first);
    let mut found = Vec::new();
    for places in order.chunks(PIECE) {
        piece(&schema, sources, places, &mut found)?;
    }
    Ok(Some(found))
}

fn order_of(sources: &[RecordBatch]) -> Result<Option<Vec<Place>>, MergeError> {
    let columns: Option<Vec<&[ArrayRef; KEY_COLUMNS]>> = sources
        .iter()
        .map(|source| source.columns().first_chunk())
        .collect();
    let columns = columns.ok_or(MergeError::NoOrder)?;
    let names: Vec<[&ArrayRef; 3]> = columns
        .iter()
        .map(|[_, exchange, market, symbol, ..]| [exchange, market, symbol])
        .collect();
    let names = names_of(&names).ok_or(MergeError::NoOrder)?;
    let keys: Option<Vec<Keys<'_>>> = columns
        .iter()
        .zip(names)
        .map(|([times, _, _, _, offsets, indices], names)| {
            Some(Keys {
                times: times.as_primitive_opt::<Int64Type>()?.values(),
                names,
                offsets: offsets.as_primitive_opt::<Int64Type>()?.values(),
                indices: indices.as_primitive_opt::<Int32Type>()?.values(),
            })
        })
        .collect();
    Ok(merge_order(&keys.ok_or(MergeError::NoOrder)?))
}

/// Appends rows, in batches that hold them.
fn piece(
    schema: &SchemaRef,
    sources: &[RecordBatch],
    places: &[Place],
    found: &mut Vec<RecordBatch>,
) -> Result<(), MergeError> {
    match batch(schema, sources, places) {
        Ok(batch) => found.push(batch),
        Err(MergeError::TooLong) if places.len() > 1 => {
            let (early, late) = places.split_at(places.len() / 2);
            piece(schema, sources, early, found)?;
            piece(schema, sources, late, found)?;
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

fn batch(
    schema: &SchemaRef,
    sources: &[RecordBatch],
    places: &[Place],
) -> Result<RecordBatch, MergeError> {
    let columns: Result<Vec<ArrayRef>, MergeError> = kept(schema.fields().len())
        .map(|number| {
            let column: Option<Vec<&ArrayRef>> = sources
                .iter()
                .map(|source| source.columns().get(number))
                .collect();
            gather(&column.ok_or(MergeError::NoOrder)?, places)
        })
        .collect();
    let rows = RecordBatchOptions::new().with_row_count(Some(places.len()));
    Ok(RecordBatch::try_new_with_options(
        Arc::clone(schema),
        columns?,
        &rows,
    )?)
}

/// Returns the places of so many columns that stay.
fn kept(columns: usize) -> impl Iterator<Item = usize> {
    std::iter::once(0).chain((KEY_COLUMNS..).take(columns.saturating_sub(1)))
}

fn schema_of(source: &RecordBatch) -> SchemaRef {
    let schema = source.schema();
    let stays = |(number, _): &(usize, _)| *number == 0 || *number >= KEY_COLUMNS;
    let fields = schema.fields().iter().enumerate().filter(stays);
    let fields = fields.map(|(_, field)| {
        Field::new(
            field.name(),
            gathered(field.data_type()),
            field.is_nullable(),
        )
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}
