//! Where rows come from: the offset of their message on the bus, and their place in it.

use std::sync::Arc;

use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{ArrayRef, PrimitiveArray};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, Field};

/// Columns behind those of a type.
#[derive(Debug, Default)]
pub(super) struct Arrival {
    log_offset: Vec<i64>,
    log_index: Vec<i32>,
}

impl Arrival {
    pub(super) fn reserve(&mut self, rows: usize) {
        self.log_offset.reserve(rows);
        self.log_index.reserve(rows);
    }

    /// Adds the rows of one message.
    pub(super) fn push(&mut self, offset: i64, rows: usize) {
        self.log_offset.resize(self.log_offset.len() + rows, offset);
        self.log_index.extend((0..).take(rows));
    }

    pub(super) fn into_arrays(self) -> [ArrayRef; 2] {
        let offsets = PrimitiveArray::<Int64Type>::new(ScalarBuffer::from(self.log_offset), None);
        let indexes = PrimitiveArray::<Int32Type>::new(ScalarBuffer::from(self.log_index), None);
        [Arc::new(offsets), Arc::new(indexes)]
    }
}

/// Returns the fields of these columns.
pub(super) fn arrival_fields() -> [Field; 2] {
    [
        Field::new("log_offset", DataType::Int64, false),
        Field::new("log_index", DataType::Int32, false),
    ]
}
