//! Arrow tables to Native data, piece by piece.

use std::collections::VecDeque;

use arrow_array::RecordBatch;

use super::NativeError;
use super::column::{write_prefix, write_values};
use super::kind::Kind;
use super::varint::{write_bytes, write_varint};

/// Writes some batches, each as a block, in order.
#[derive(Debug)]
pub struct NativeWriter {
    batches: VecDeque<RecordBatch>,
    /// Type names and what they mean, by column.
    kinds: Vec<(String, Kind)>,
    /// Column of the first batch that comes next.
    column: usize,
    /// The piece made last; its memory is used again.
    piece: Vec<u8>,
}

impl NativeWriter {
    /// Takes batches and the types that their columns shall have, in the order of the columns.
    ///
    /// # Errors
    /// [`NativeError::UnknownKind`] and [`NativeError::Count`].
    pub fn new(batches: Vec<RecordBatch>, kinds: Vec<String>) -> Result<Self, NativeError> {
        for batch in &batches {
            if batch.num_columns() != kinds.len() {
                return Err(NativeError::Count {
                    columns: batch.num_columns(),
                    kinds: kinds.len(),
                });
            }
        }
        let named = |name: String| Kind::named(&name).map(|kind| (name, kind));
        Ok(Self {
            batches: batches.into(),
            kinds: kinds.into_iter().map(named).collect::<Result<_, _>>()?,
            column: 0,
            piece: Vec::new(),
        })
    }

    /// Returns the next piece, whole columns of `bytes` or more; None after the last.
    ///
    /// # Errors
    /// [`NativeError::Mismatch`] and [`NativeError::Null`] when a column is not what it shall be.
    pub fn next_piece(&mut self, bytes: usize) -> Result<Option<&[u8]>, NativeError> {
        self.piece.clear();
        while self.piece.len() < bytes {
            let Some(batch) = self.batches.front() else {
                break;
            };
            if self.column == 0 {
                write_varint(&mut self.piece, batch.num_columns());
                write_varint(&mut self.piece, batch.num_rows());
            }
            if let Some((name, kind)) = self.kinds.get(self.column) {
                write_column(batch, self.column, name, kind, &mut self.piece)?;
            }
            self.column += 1;
            if self.column >= self.kinds.len() {
                self.batches.pop_front();
                self.column = 0;
            }
        }
        Ok(Some(self.piece.as_slice()).filter(|piece| !piece.is_empty()))
    }
}

fn write_column(
    batch: &RecordBatch,
    place: usize,
    name: &str,
    kind: &Kind,
    out: &mut Vec<u8>,
) -> Result<(), NativeError> {
    write_bytes(out, batch.schema_ref().field(place).name().as_bytes());
    write_bytes(out, name.as_bytes());
    write_prefix(kind, out);
    write_values(kind, batch.column(place), out)
}
