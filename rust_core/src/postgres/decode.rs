//! Binary COPY data to Arrow batches, as it comes in.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Field, Schema, SchemaRef};

use super::{CopyError, HEADER, NULL, TRAILER};

mod columns;

use columns::Column;
pub use columns::Kind;

/// Reads rows out of pieces that are cut anywhere.
#[derive(Debug)]
pub struct CopyReader {
    schema: SchemaRef,
    columns: Vec<Column>,
    /// What came after the last whole row.
    rest: Vec<u8>,
    rows: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    Rows,
    Ended,
}

impl CopyReader {
    /// Expects these columns, by name and kind, in this order.
    #[must_use]
    pub fn new(columns: &[(String, Kind)]) -> Self {
        let fields: Vec<Field> = columns
            .iter()
            .map(|(name, kind)| Field::new(name, kind.data_type(), true))
            .collect();
        Self {
            schema: Arc::new(Schema::new(fields)),
            columns: columns.iter().map(|(_, kind)| Column::new(*kind)).collect(),
            rest: Vec::new(),
            rows: 0,
            state: State::New,
        }
    }

    /// Rows read and not taken yet.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether everything up to the end of the data has been read.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// Reads the rows that end in this piece.
    ///
    /// # Errors
    /// [`CopyError::Malformed`] when the bytes are not rows of these columns.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), CopyError> {
        let mut held = std::mem::take(&mut self.rest);
        let read = if held.is_empty() {
            self.read(piece)?
        } else {
            held.extend_from_slice(piece);
            self.read(&held)?
        };
        let all = if held.is_empty() { piece } else { &held };
        self.rest = all.get(read..).unwrap_or_default().to_vec();
        Ok(())
    }

    /// Returns the rows read since the last call as one batch.
    ///
    /// # Errors
    /// [`CopyError::Arrow`] when Arrow refuses them.
    pub fn take(&mut self) -> Result<RecordBatch, CopyError> {
        let arrays = self.columns.iter_mut().map(Column::finish).collect();
        self.rows = 0;
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), arrays)?)
    }

    /// Returns how many bytes were read.
    fn read(&mut self, data: &[u8]) -> Result<usize, CopyError> {
        let mut position = 0;
        if self.state == State::New {
            let Some(header) = data.get(..HEADER.len()) else {
                return Ok(0);
            };
            if header != HEADER {
                return Err(CopyError::Malformed { what: "no header" });
            }
            position = HEADER.len();
            self.state = State::Rows;
        }
        while self.state == State::Rows {
            let rest = data.get(position..).unwrap_or_default();
            let Some((count, fields)) = split_number::<2>(rest) else {
                break;
            };
            let count = i16::from_be_bytes(count);
            if count == TRAILER {
                self.state = State::Ended;
                position += 2;
                break;
            }
            if usize::try_from(count).ok() != Some(self.columns.len()) {
                return Err(CopyError::Malformed {
                    what: "another number of columns",
                });
            }
            let Some(length) = length_of_fields(fields, self.columns.len())? else {
                break;
            };
            self.push_row(fields)?;
            position += 2 + length;
        }
        Ok(position)
    }

    /// Adds a row whose fields are all there.
    fn push_row(&mut self, mut fields: &[u8]) -> Result<(), CopyError> {
        for column in &mut self.columns {
            let (field, rest) = split_field(fields)?.ok_or(CUT_OFF)?;
            column.push(field)?;
            fields = rest;
        }
        self.rows += 1;
        Ok(())
    }
}

const CUT_OFF: CopyError = CopyError::Malformed {
    what: "a row is cut off",
};

/// Returns the bytes of so many fields, or None while some are missing.
fn length_of_fields(data: &[u8], count: usize) -> Result<Option<usize>, CopyError> {
    let mut rest = data;
    for _ in 0..count {
        let Some((_, following)) = split_field(rest)? else {
            return Ok(None);
        };
        rest = following;
    }
    Ok(Some(data.len() - rest.len()))
}

/// A field, None for NULL, and what follows it.
type Fields<'a> = (Option<&'a [u8]>, &'a [u8]);

/// Splits the first field off; None while it is not all there.
fn split_field(data: &[u8]) -> Result<Option<Fields<'_>>, CopyError> {
    let Some((length, rest)) = split_number::<4>(data) else {
        return Ok(None);
    };
    let length = i32::from_be_bytes(length);
    if length == NULL {
        return Ok(Some((None, rest)));
    }
    let length = usize::try_from(length).map_err(|_| CopyError::Malformed {
        what: "a negative length",
    })?;
    Ok(rest
        .split_at_checked(length)
        .map(|(field, rest)| (Some(field), rest)))
}

fn split_number<const N: usize>(data: &[u8]) -> Option<([u8; N], &[u8])> {
    let (number, rest) = data.split_first_chunk::<N>()?;
    Some((*number, rest))
}
