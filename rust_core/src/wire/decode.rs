//! Many values to one Arrow table.

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};

use super::frame::{checked_body, read_frame};
use super::name_columns::Form;
use super::table::{Layout, Table};
use super::{DecodeError, DecodeFailure};
use crate::model::EventType;

/// Events of a batch as they are written.
const USUAL_EVENTS: usize = 256;

/// What happens to a value that is no readable batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// The whole call fails.
    Raise,
    /// The value is left out and listed.
    Collect,
}

/// The events of many batches.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// Their type.
    pub event_type: EventType,
    /// Columns of the table.
    pub schema: SchemaRef,
    /// The table, in pieces.
    pub batches: Vec<RecordBatch>,
    /// Number of rows.
    pub rows: usize,
    /// Index of each value that was left out, and why.
    pub rejected: Vec<(usize, DecodeError)>,
}

/// Decodes batches to one table.
///
/// With an `event_type`, batches of another type are skipped; without one all must have the same.
/// No values give an empty table of trades.
///
/// # Errors
/// [`DecodeFailure::Value`] for the first unreadable value (with [`OnError::Raise`]),
/// [`DecodeFailure::MixedTypes`] when one table cannot hold them.
pub fn decode<'a>(
    values: impl IntoIterator<Item = &'a [u8]>,
    event_type: Option<EventType>,
    on_error: OnError,
) -> Result<Decoded, DecodeFailure> {
    let mut state = Decoding::new(event_type, Layout::default());
    let mut rejected = Vec::new();
    for (index, value) in values.into_iter().enumerate() {
        match (state.add(value, 0)?, on_error) {
            (Ok(()), _) => {}
            (Err(source), OnError::Raise) => return Err(DecodeFailure::Value { index, source }),
            (Err(source), OnError::Collect) => rejected.push((index, source)),
        }
    }
    state.finish(rejected)
}

/// Decodes batches of one type to the rows of a store.
///
/// Texts of which there are few are dictionaries, and two columns follow those of [`decode`]: the
/// offset on the bus that came with the value, and the row's place in it. Values that cannot be read
/// are left out and listed, batches of another type are skipped.
///
/// # Errors
/// [`DecodeFailure::Arrow`] for a defect of this crate.
pub fn decode_rows<'a>(
    values: impl IntoIterator<Item = (&'a [u8], i64), IntoIter: Clone>,
    event_type: EventType,
) -> Result<Decoded, DecodeFailure> {
    let values = values.into_iter();
    let layout = Layout {
        form: Form::Dictionary,
        has_arrival: true,
        bytes: values.clone().map(|(value, _)| value.len()).sum(),
    };
    let mut state = Decoding::new(Some(event_type), layout);
    let mut rejected = Vec::new();
    for (index, (value, offset)) in values.enumerate() {
        if let Err(source) = state.add(value, offset)? {
            rejected.push((index, source));
        }
    }
    state.finish(rejected)
}

struct Decoding {
    wanted: Option<EventType>,
    layout: Layout,
    table: Option<Table>,
    batches: Vec<RecordBatch>,
    rows: usize,
}

impl Decoding {
    fn new(wanted: Option<EventType>, layout: Layout) -> Self {
        Self {
            wanted,
            layout,
            table: None,
            batches: Vec::new(),
            rows: 0,
        }
    }

    /// The outer error ends the call, the inner one is about this value.
    fn add(&mut self, value: &[u8], offset: i64) -> Result<Result<(), DecodeError>, DecodeFailure> {
        let mut events = Vec::with_capacity(USUAL_EVENTS);
        let info = match checked_body(value)
            .and_then(|body| read_frame(body, |event| events.push(event)))
        {
            Ok(info) => info,
            Err(error) => return Ok(Err(error)),
        };
        if self
            .wanted
            .is_some_and(|wanted| info.known_type() != Some(wanted))
        {
            return Ok(Ok(()));
        }
        let Some(event_type) = info.known_type() else {
            return Ok(Err(DecodeError::UnsupportedType {
                name: info.type_name(),
            }));
        };
        let mut table = match self.table.take() {
            Some(open) if open.event_type() == event_type => open,
            Some(open) => {
                return Err(DecodeFailure::MixedTypes {
                    first: open.event_type().name(),
                    other: event_type.name(),
                });
            }
            None => Table::new(event_type, self.layout),
        };
        let result = table.add(&events, &info, value.len(), offset);
        if table.is_full() {
            self.close(table)?;
            self.table = Some(Table::new(event_type, self.layout));
        } else if result.is_ok() || table.rows() > 0 || !self.batches.is_empty() {
            self.table = Some(table);
        }
        Ok(result)
    }

    fn close(&mut self, table: Table) -> Result<(), ArrowError> {
        if table.rows() > 0 {
            self.rows += table.rows();
            self.batches.push(table.into_record_batch()?);
        }
        Ok(())
    }

    fn finish(mut self, rejected: Vec<(usize, DecodeError)>) -> Result<Decoded, DecodeFailure> {
        let default = self.wanted.unwrap_or(EventType::Trade);
        let event_type = self.table.as_ref().map_or(default, Table::event_type);
        if let Some(table) = self.table.take() {
            self.close(table)?;
        }
        let schema = match self.batches.first() {
            Some(batch) => batch.schema(),
            None => Table::new(event_type, self.layout)
                .into_record_batch()?
                .schema(),
        };
        Ok(Decoded {
            event_type,
            schema,
            batches: self.batches,
            rows: self.rows,
            rejected,
        })
    }
}
