//! The columns that events of all types share.

use std::sync::Arc;

use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, FixedSizeBinaryArray, ListArray, MapArray, StructArray};
use arrow_buffer::Buffer;
use arrow_schema::{ArrowError, DataType, Field, Fields};

use super::DecodeError;
use super::columns::{ListEnds, Numbers, Texts};
use super::event_fields::EventFields;
use super::name_columns::{Enumeration, Form};
use super::names::{QUALITIES, issue_name};
use super::usual_trade::UsualHead;
use super::writer::DecimalText;

/// What the publishing time is called among the metadata.
const PUBLISHED: &str = "published_ns";

/// The open columns of one event type.
pub(super) trait Columns {
    /// Adds one event, or nothing that [`Self::truncate`] does not take back.
    fn push(&mut self, event: &EventFields<'_>) -> Result<(), DecodeError>;

    /// Adds the events of a batch, or nothing that [`Self::truncate`] does not take back.
    fn push_all(&mut self, events: &[&[u8]]) -> Result<(), DecodeError> {
        let mut event = EventFields::default();
        for (index, bytes) in events.iter().enumerate() {
            let result = event.read(bytes).and_then(|()| self.push(&event));
            result.map_err(|source| source.of_event(index))?;
        }
        Ok(())
    }

    /// Makes room for so many more events.
    fn reserve(&mut self, _rows: usize) {}

    /// Returns how much is held, without what has the same size in every row.
    fn byte_length(&self) -> usize;

    /// Cuts every column back to its first `rows` rows.
    fn truncate(&mut self, rows: usize);

    /// Finishes the columns, in the order of the type's schema, without the instrument.
    fn into_arrays(self: Box<Self>, form: Form) -> Result<Vec<ArrayRef>, ArrowError>;
}

/// Keys of metadata.
///
/// Nearly all are the publishing time's: these are counted, and written all at once.
#[derive(Debug, Default)]
struct Keys {
    texts: Texts,
    /// How many of the publishing time follow the texts.
    published: usize,
}

impl Keys {
    fn push(&mut self, key: &str) {
        self.settle().push(key.as_bytes());
    }

    fn settle(&mut self) -> &mut Texts {
        let count = core::mem::take(&mut self.published);
        self.texts.push_repeated(PUBLISHED.as_bytes(), count);
        &mut self.texts
    }

    fn byte_length(&self) -> usize {
        self.texts.byte_length() + self.published * PUBLISHED.len()
    }

    fn truncate(&mut self, entries: usize) {
        self.settle().truncate(entries);
    }

    fn into_strings(mut self) -> Result<ArrayRef, ArrowError> {
        self.settle();
        self.texts.into_strings()
    }
}

/// Identity, times, quality, issues and metadata.
#[derive(Debug, Default)]
pub(super) struct EventColumns {
    /// Native-endian: the bytes in memory are the id's.
    event_id: Vec<i128>,
    timestamp_ns: Numbers<i64>,
    received_ns: Numbers<i64>,
    quality: Enumeration,
    issues: Texts,
    issue_ends: ListEnds,
    metadata_keys: Keys,
    metadata_values: Texts,
    metadata_ends: ListEnds,
}

impl EventColumns {
    #[inline]
    pub(super) fn push(&mut self, event: &EventFields<'_>) -> Result<(), DecodeError> {
        let event_id: &[u8; 16] = fixed_id(event.event_id.unwrap_or_default())?;
        self.event_id.push(i128::from_ne_bytes(*event_id));
        self.timestamp_ns.push_optional(event.timestamp_ns);
        self.received_ns.push_optional(event.received_ns);
        self.quality.push(event.quality.unwrap_or_default());
        for number in &event.issues {
            self.issues.push(issue_name(*number).as_bytes());
        }
        self.issue_ends.push(self.issues.len());
        self.push_metadata(event);
        Ok(())
    }

    /// Adds an event that has neither issues nor metadata but the publishing time.
    #[inline(always)]
    pub(super) fn push_usual(&mut self, head: &UsualHead<'_>) {
        self.event_id.push(i128::from_ne_bytes(*head.event_id));
        self.timestamp_ns.push(head.timestamp_ns);
        self.received_ns.push_optional(head.received_ns);
        self.quality.push(head.quality);
        self.issue_ends.push(self.issues.len());
        self.push_publication(head.published_ns);
    }

    #[inline(always)]
    fn push_publication(&mut self, published_ns: Option<i64>) {
        if let Some(published) = published_ns {
            self.metadata_keys.published += 1;
            match u64::try_from(published) {
                Ok(published) => {
                    let (block, length) = DecimalText::of(published).into_block();
                    self.metadata_values.push_block(&block, length);
                }
                Err(_) => self.metadata_values.push(published.to_string().as_bytes()),
            }
        }
        self.metadata_ends.push(self.metadata_values.len());
    }

    pub(super) fn reserve(&mut self, rows: usize) {
        self.event_id.reserve(rows);
        self.timestamp_ns.reserve(rows);
        self.received_ns.reserve(rows);
        self.quality.reserve(rows);
        self.issue_ends.reserve(rows);
        self.metadata_ends.reserve(rows);
        self.metadata_values.reserve(rows, 19);
    }

    /// The wire has the publishing time as a number of its own; the table has it among the metadata.
    fn push_metadata(&mut self, event: &EventFields<'_>) {
        for (key, text) in &event.metadata {
            if event.published_ns.is_none() || *key != PUBLISHED {
                self.metadata_keys.push(key);
                self.metadata_values.push(text.as_bytes());
            }
        }
        self.push_publication(event.published_ns);
    }

    pub(super) fn byte_length(&self) -> usize {
        self.issues.byte_length()
            + self.metadata_keys.byte_length()
            + self.metadata_values.byte_length()
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.event_id.truncate(rows);
        self.timestamp_ns.truncate(rows);
        self.received_ns.truncate(rows);
        self.quality.truncate(rows);
        self.issues.truncate(self.issue_ends.truncate(rows));
        let entries = self.metadata_ends.truncate(rows);
        self.metadata_keys.truncate(entries);
        self.metadata_values.truncate(entries);
    }

    /// Returns the column of event ids, which precedes those of the type, and the columns that follow them.
    pub(super) fn into_arrays(self, form: Form) -> Result<(ArrayRef, [ArrayRef; 5]), ArrowError> {
        let entries = StructArray::try_new(
            entry_fields(),
            vec![
                self.metadata_keys.into_strings()?,
                self.metadata_values.into_strings()?,
            ],
            None,
        )?;
        let event_id = FixedSizeBinaryArray::try_new(16, Buffer::from_vec(self.event_id), None)?;
        let rest: [ArrayRef; 5] = [
            Arc::new(self.timestamp_ns.into_array::<Int64Type>()?),
            Arc::new(self.received_ns.into_array::<Int64Type>()?),
            self.quality.into_names(&QUALITIES, form)?,
            Arc::new(ListArray::try_new(
                issue_field(),
                self.issue_ends.into_buffer(),
                self.issues.into_strings()?,
                None,
            )?),
            Arc::new(MapArray::try_new(
                entries_field(),
                self.metadata_ends.into_buffer(),
                entries,
                None,
                false,
            )?),
        ];
        Ok((Arc::new(event_id), rest))
    }
}

fn fixed_id(bytes: &[u8]) -> Result<&[u8; 16], DecodeError> {
    bytes.try_into().map_err(|_| DecodeError::Length {
        field: "event_id",
        length: bytes.len(),
        allowed: "16",
    })
}

/// Returns the fields of a table: those of the instrument, the event id, those of the type, and the rest.
pub(super) fn event_fields(own: Vec<Field>, is_timestamp_optional: bool) -> Fields {
    let mut fields = vec![
        text("exchange"),
        text("market"),
        text("symbol"),
        text("raw_symbol"),
        Field::new("event_id", DataType::FixedSizeBinary(16), false),
    ];
    fields.extend(own);
    fields.extend([
        Field::new("timestamp_ns", DataType::Int64, is_timestamp_optional),
        Field::new("received_ns", DataType::Int64, true),
        text("quality"),
        Field::new("issues", DataType::List(issue_field()), false),
        Field::new("metadata", DataType::Map(entries_field(), false), false),
    ]);
    Fields::from(fields)
}

/// Returns a field of texts that are never null.
pub(super) fn text(name: &str) -> Field {
    Field::new(name, DataType::Utf8, false)
}

/// Returns a field of decimals.
pub(super) fn decimal(name: &str, is_optional: bool) -> Field {
    Field::new(name, DataType::Decimal128(38, 18), is_optional)
}

fn issue_field() -> Arc<Field> {
    Arc::new(text("item"))
}

fn entry_fields() -> Fields {
    Fields::from(vec![
        Field::new("key", DataType::Utf8, false),
        Field::new("value", DataType::Utf8, true),
    ])
}

fn entries_field() -> Arc<Field> {
    Arc::new(Field::new(
        "entries",
        DataType::Struct(entry_fields()),
        false,
    ))
}
