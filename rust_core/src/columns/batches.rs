//! Arrow batches whose decimal columns become `f64`; the other columns are not touched.

use std::sync::Arc;

use arrow_array::types::Decimal128Type;
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

/// Returns a batch with each `decimal128(_, 18)` as the nearest `f64`; a null stays one.
///
/// # Errors
///
/// A decimal column has other places.
pub fn with_floats(schema: &Schema, batch: &RecordBatch) -> Result<RecordBatch, FloatsError> {
    let isa = Isa::all().last().copied().unwrap_or(Isa::Scalar);
    let mut fields = Vec::new();
    let mut columns = Vec::new();
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        let DataType::Decimal128(_, places) = field.data_type() else {
            fields.push(Arc::clone(field));
            columns.push(Arc::clone(column));
            continue;
        };
        if *places != PLACES {
            return Err(FloatsError::Places {
                name: field.name().clone(),
                places: *places,
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

fn floats_of(column: &ArrayRef, isa: Isa) -> ArrayRef {
    let Some(column) = column
        .as_any()
        .downcast_ref::<PrimitiveArray<Decimal128Type>>()
    else {
        return Arc::clone(column);
    };
    let (pairs, _) = column.values().inner().typed_data::<u64>().as_chunks::<2>();
    let floats = ScalarBuffer::from(to_f64(pairs, isa));
    Arc::new(Float64Array::new(floats, column.nulls().cloned()))
}
