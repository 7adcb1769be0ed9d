//! Growing columns that can forget their last rows, and become Arrow arrays.
//!
//! Arrow's own builders cannot be cut back, which is what a value that turns out bad half-way needs.

use std::sync::Arc;

use arrow_array::types::{ArrowPrimitiveType, Decimal128Type};
use arrow_array::{ArrayRef, BinaryArray, PrimitiveArray, StringArray};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::ArrowError;

/// Texts or byte strings, each of which may be null.
#[derive(Debug)]
pub(super) struct Texts {
    offsets: Vec<i32>,
    bytes: Vec<u8>,
    nulls: Nulls,
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            offsets: vec![0],
            bytes: Vec::new(),
            nulls: Nulls::default(),
        }
    }
}

impl Texts {
    pub(super) fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.offsets.push(offset(self.bytes.len()));
    }

    /// Null when the text is empty.
    pub(super) fn push_nonempty(&mut self, text: &[u8]) {
        self.nulls.push(self.len(), !text.is_empty());
        self.push(text);
    }

    /// The same text in `count` rows; null when it is empty.
    pub(super) fn push_repeated(&mut self, text: &[u8], count: usize) {
        if count == 0 {
            return;
        }
        if text.is_empty() {
            return (0..count).for_each(|_| self.push_nonempty(text));
        }
        let start = self.bytes.len();
        self.nulls.push_valid(self.len(), count);
        self.bytes.reserve(text.len() * count);
        self.bytes.extend_from_slice(text);
        let end = start + text.len() * count;
        // What is there already is copied, twice as much each time.
        while self.bytes.len() < end {
            let part = (self.bytes.len() - start).min(end - self.bytes.len());
            self.bytes.extend_from_within(start..start + part);
        }
        self.offsets
            .extend((1..=count).map(|row| offset(start + row * text.len())));
    }

    /// Adds the first `length` bytes of a block.
    ///
    /// A copy of known length is a few instructions, any other one a call: the whole block is copied, and
    /// the rest cut off.
    #[inline(always)]
    pub(super) fn push_block<const N: usize>(&mut self, block: &[u8; N], length: usize) {
        let end = self.bytes.len() + length.min(N);
        self.bytes.extend_from_slice(block);
        self.bytes.truncate(end);
        self.nulls.push(self.len(), true);
        self.offsets.push(offset(end));
    }

    /// Makes room for `rows` more texts of `length` bytes.
    pub(super) fn reserve(&mut self, rows: usize, length: usize) {
        self.offsets.reserve(rows);
        self.bytes.reserve(rows.saturating_mul(length));
    }

    pub(super) fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    pub(super) fn byte_length(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.offsets.truncate(rows + 1);
        let end = self
            .offsets
            .last()
            .and_then(|end| usize::try_from(*end).ok())
            .unwrap_or_default();
        self.bytes.truncate(end);
        self.nulls.truncate(rows);
    }

    pub(super) fn into_strings(self) -> Result<ArrayRef, ArrowError> {
        let nulls = self.nulls.into_buffer(self.offsets.len().saturating_sub(1));
        let offsets = offset_buffer(self.offsets);
        Ok(Arc::new(StringArray::try_new(
            offsets,
            Buffer::from_vec(self.bytes),
            nulls,
        )?))
    }

    pub(super) fn into_binary(self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(BinaryArray::try_new(
            offset_buffer(self.offsets),
            Buffer::from_vec(self.bytes),
            None,
        )?))
    }
}

/// Numbers, each of which may be null.
#[derive(Debug)]
pub(super) struct Numbers<T> {
    values: Vec<T>,
    nulls: Nulls,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            nulls: Nulls::default(),
        }
    }
}

impl<T: Copy + Default> Numbers<T> {
    pub(super) fn push(&mut self, value: T) {
        self.values.push(value);
    }

    pub(super) fn reserve(&mut self, rows: usize) {
        self.values.reserve(rows);
    }

    pub(super) fn push_optional(&mut self, value: Option<T>) {
        self.nulls.push(self.values.len(), value.is_some());
        self.values.push(value.unwrap_or_default());
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.nulls.truncate(rows);
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn into_array<P: ArrowPrimitiveType<Native = T>>(
        self,
    ) -> Result<PrimitiveArray<P>, ArrowError>
    where
        T: arrow_buffer::ArrowNativeType,
    {
        let nulls = self.nulls.into_buffer(self.values.len());
        PrimitiveArray::try_new(ScalarBuffer::from(self.values), nulls)
    }
}

impl Numbers<i128> {
    /// The numbers as decimals with 18 digits after the point.
    pub(super) fn into_decimals(self) -> Result<ArrayRef, ArrowError> {
        let numbers = self.into_array::<Decimal128Type>()?;
        Ok(Arc::new(numbers.with_precision_and_scale(38, 18)?))
    }
}

/// Ends of the lists of a list column.
#[derive(Debug)]
pub(super) struct ListEnds(Vec<i32>);

impl Default for ListEnds {
    fn default() -> Self {
        Self(vec![0])
    }
}

impl ListEnds {
    /// Ends a row whose items, with those of all rows before, are `items`.
    pub(super) fn push(&mut self, items: usize) {
        self.0.push(offset(items));
    }

    pub(super) fn reserve(&mut self, rows: usize) {
        self.0.reserve(rows);
    }

    /// Cuts back to `rows` and returns the number of their items.
    pub(super) fn truncate(&mut self, rows: usize) -> usize {
        self.0.truncate(rows + 1);
        self.0
            .last()
            .and_then(|end| usize::try_from(*end).ok())
            .unwrap_or_default()
    }

    pub(super) fn into_buffer(self) -> OffsetBuffer<i32> {
        offset_buffer(self.0)
    }
}

/// Rows that are null; costs nothing as long as there are none.
#[derive(Debug, Default)]
pub(super) struct Nulls(Vec<bool>);

impl Nulls {
    #[inline]
    pub(super) fn push(&mut self, row: usize, is_valid: bool) {
        if !is_valid || !self.0.is_empty() {
            self.0.resize(row, true);
            self.0.push(is_valid);
        }
    }

    pub(super) fn push_valid(&mut self, row: usize, count: usize) {
        if !self.0.is_empty() {
            self.0.resize(row + count, true);
        }
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.0.truncate(rows);
    }

    pub(super) fn into_buffer(mut self, rows: usize) -> Option<NullBuffer> {
        if self.0.is_empty() {
            return None;
        }
        self.0.resize(rows, true);
        Some(NullBuffer::from(self.0))
    }
}

/// A record batch is cut long before 2 GiB, so that an offset always fits.
fn offset(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

fn offset_buffer(offsets: Vec<i32>) -> OffsetBuffer<i32> {
    OffsetBuffer::new(ScalarBuffer::from(offsets))
}
