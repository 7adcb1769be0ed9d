//! Arrow tables to binary COPY data, piece by piece.

use std::collections::VecDeque;

use arrow_array::{Array, RecordBatch};
use arrow_schema::Schema;

use super::cells::{Cells, is_known};
use super::{CopyError, HEADER, TRAILER};

/// Writes the rows of some batches, in order.
#[derive(Debug)]
pub struct CopyWriter {
    batches: VecDeque<RecordBatch>,
    /// Row of the first batch that comes next.
    row: usize,
    state: State,
    /// The piece made last; its memory is used again.
    piece: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    Rows,
    Ended,
}

impl CopyWriter {
    /// Takes batches of one schema.
    ///
    /// # Errors
    /// [`CopyError::UnknownType`] when a column has a type without a form.
    pub fn new(schema: &Schema, batches: Vec<RecordBatch>) -> Result<Self, CopyError> {
        let unknown = schema
            .fields()
            .iter()
            .find(|field| !is_known(field.data_type()));
        if let Some(field) = unknown {
            return Err(CopyError::UnknownType {
                column: field.name().clone(),
                found: field.data_type().to_string(),
            });
        }
        Ok(Self {
            batches: batches.into(),
            row: 0,
            state: State::New,
            piece: Vec::new(),
        })
    }

    /// Returns the next piece, of about `bytes` bytes and always whole rows; None after the last.
    ///
    /// # Errors
    /// [`CopyError::TooLarge`] when a field has 2 GiB or more.
    pub fn next_piece(&mut self, bytes: usize) -> Result<Option<&[u8]>, CopyError> {
        if self.state == State::Ended {
            return Ok(None);
        }
        let mut out = std::mem::take(&mut self.piece);
        out.clear();
        out.reserve(bytes + bytes / 8);
        if self.state == State::New {
            out.extend_from_slice(&HEADER);
            self.state = State::Rows;
        }
        while out.len() < bytes {
            let Some(batch) = self.batches.front() else {
                out.extend_from_slice(&TRAILER.to_be_bytes());
                self.state = State::Ended;
                break;
            };
            self.row = write_rows(batch, self.row, bytes, &mut out)?;
            if self.row >= batch.num_rows() {
                self.batches.pop_front();
                self.row = 0;
            }
        }
        self.piece = out;
        Ok(Some(&self.piece))
    }
}

/// Appends rows from `row` on until there are `bytes`; returns the row that comes next.
fn write_rows(
    batch: &RecordBatch,
    mut row: usize,
    bytes: usize,
    out: &mut Vec<u8>,
) -> Result<usize, CopyError> {
    let columns: Vec<Cells<'_>> = batch
        .columns()
        .iter()
        .filter_map(|column| Cells::of(column as &dyn Array))
        .collect();
    let count = i16::try_from(columns.len()).map_err(|_| CopyError::TooLarge {
        length: columns.len(),
    })?;
    while row < batch.num_rows() && out.len() < bytes {
        out.extend_from_slice(&count.to_be_bytes());
        for column in &columns {
            column.write(row, out)?;
        }
        row += 1;
    }
    Ok(row)
}
