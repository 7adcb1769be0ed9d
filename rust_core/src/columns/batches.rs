//! Arrow batches whose decimal columns become `f64`; the other columns are not touched.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int32Type};
use arrow_array::{Array, ArrayRef, Float64Array, PrimitiveArray, RecordBatch};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use thiserror::Error;

use super::{Isa, PLACES, to_f64};

/// Why columns cannot become floats.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FloatsError {
    /// A decimal column with other places than ours.
    #[error("column {name} has {places} decimal places, expected {PLACES}")]
    Places {
        /// The column.
        name: String,
        /// Its decimal places.
        places: i8,
    },
    /// Arrow's own.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}

/// Returns a batch with each `decimal128(_, 18)` as the nearest `f64`, those of dictionaries with keys of 32
/// bits too; a null stays one.
///
/// # Errors
///
/// A decimal column has other places.
pub fn with_floats(schema: &Schema, batch: &RecordBatch) -> Result<RecordBatch, FloatsError> {
    let isa = Isa::all().last().copied().unwrap_or(Isa::Scalar);
    let mut fields = Vec::new();
    let mut columns = Vec::new();
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        let Some(places) = places_of(field.data_type()) else {
            fields.push(Arc::clone(field));
            columns.push(Arc::clone(column));
            continue;
        };
        if places != PLACES {
            return Err(FloatsError::Places {
                name: field.name().clone(),
                places,
            });
        }
        fields.push(Arc::new(Field::new(
            field.name(),
            DataType::Float64,
            field.is_nullable(),
        )));
        columns.push(floats_of(column, isa));
    }
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    Ok(RecordBatch::try_new(schema, columns)?)
}

/// Returns the places of decimals; `None` for what stays as it is.
fn places_of(kind: &DataType) -> Option<i8> {
    match kind {
        DataType::Decimal128(_, places) => Some(*places),
        DataType::Dictionary(keys, values) if **keys == DataType::Int32 => match **values {
            DataType::Decimal128(_, places) => Some(places),
            _ => None,
        },
        _ => None,
    }
}

fn floats_of(column: &ArrayRef, isa: Isa) -> ArrayRef {
    if let Some(column) = column.as_primitive_opt::<Decimal128Type>() {
        let floats = ScalarBuffer::from(plain_floats(column, isa));
        return Arc::new(Float64Array::new(floats, column.nulls().cloned()));
    }
    let coded = column.as_dictionary_opt::<Int32Type>();
    let Some((coded, distinct)) =
        coded.and_then(|coded| Some((coded, coded.values().as_primitive_opt()?)))
    else {
        return Arc::clone(column);
    };
    // Each distinct value is converted once.
    let distinct = plain_floats(distinct, isa);
    let keys = coded.keys().values().iter();
    let floats: Vec<f64> = keys
        .map(|key| {
            let value = distinct.get(usize::try_from(*key).unwrap_or(usize::MAX));
            value.copied().unwrap_or_default()
        })
        .collect();
    Arc::new(Float64Array::new(
        ScalarBuffer::from(floats),
        coded.logical_nulls(),
    ))
}

fn plain_floats(column: &PrimitiveArray<Decimal128Type>, isa: Isa) -> Vec<f64> {
    let (pairs, _) = column.values().inner().typed_data::<u64>().as_chunks::<2>();
    to_f64(pairs, isa)
}
