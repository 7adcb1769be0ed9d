//! Trades as columns.

use std::sync::Arc;

use arrow_array::types::{Decimal128Type, Int64Type};
use arrow_array::{ArrayRef, FixedSizeBinaryArray, ListArray, MapArray, RecordBatch, StructArray};
use arrow_buffer::Buffer;
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef};

use super::DecodeError;
use super::columns::{ListEnds, Numbers, Texts};
use super::decode_decimal::read_decimal;
use super::event_fields::EventFields;
use super::names::{issue_name, quality_name, side_name};
use super::reader::{Reader, once};
use super::writer::DecimalText;
use crate::model::EventType;

#[derive(Debug, Default)]
pub(super) struct TradeColumns {
    event_id: Vec<u8>,
    native_id: Texts,
    price: Numbers<i128>,
    quantity: Numbers<i128>,
    side: Texts,
    timestamp_ns: Numbers<i64>,
    received_ns: Numbers<i64>,
    quality: Texts,
    issues: Texts,
    issue_ends: ListEnds,
    metadata_keys: Texts,
    metadata_values: Texts,
    metadata_ends: ListEnds,
}

impl TradeColumns {
    pub(super) fn push(&mut self, event: &EventFields<'_>) -> Result<(), DecodeError> {
        let trade = TradeFields::read(event.payload(EventType::Trade)?)?;
        let event_id: &[u8; 16] = fixed_id(event.event_id.unwrap_or_default())?;
        let timestamp_ns = event.timestamp_ns.ok_or(DecodeError::Missing {
            field: "timestamp_ns",
        })?;
        self.event_id.extend_from_slice(event_id);
        self.native_id
            .push_nonempty(event.native_id.unwrap_or_default().as_bytes());
        self.price.push(trade.price);
        self.quantity.push(trade.quantity);
        self.side.push_nonempty(side_name(trade.side).as_bytes());
        self.timestamp_ns.push(timestamp_ns);
        self.received_ns.push_optional(event.received_ns);
        self.quality
            .push(quality_name(event.quality.unwrap_or_default()).as_bytes());
        for number in &event.issues {
            self.issues.push(issue_name(*number).as_bytes());
        }
        self.issue_ends.push(self.issues.len());
        self.push_metadata(event);
        Ok(())
    }

    /// The wire has the publishing time as a number of its own; the table has it among the metadata.
    fn push_metadata(&mut self, event: &EventFields<'_>) {
        const PUBLISHED: &str = "published_ns";
        for (key, text) in &event.metadata {
            if event.published_ns.is_none() || *key != PUBLISHED {
                self.metadata_keys.push(key.as_bytes());
                self.metadata_values.push(text.as_bytes());
            }
        }
        if let Some(published) = event.published_ns {
            self.metadata_keys.push(PUBLISHED.as_bytes());
            match u64::try_from(published) {
                Ok(published) => self
                    .metadata_values
                    .push(DecimalText::of(published).as_bytes()),
                Err(_) => self.metadata_values.push(published.to_string().as_bytes()),
            }
        }
        self.metadata_ends.push(self.metadata_keys.len());
    }

    pub(super) fn byte_length(&self) -> usize {
        self.issues.byte_length()
            + self.metadata_keys.byte_length()
            + self.metadata_values.byte_length()
            + self.native_id.byte_length()
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.event_id.truncate(16 * rows);
        self.native_id.truncate(rows);
        self.price.truncate(rows);
        self.quantity.truncate(rows);
        self.side.truncate(rows);
        self.timestamp_ns.truncate(rows);
        self.received_ns.truncate(rows);
        self.quality.truncate(rows);
        self.issues.truncate(self.issue_ends.truncate(rows));
        let entries = self.metadata_ends.truncate(rows);
        self.metadata_keys.truncate(entries);
        self.metadata_values.truncate(entries);
    }

    pub(super) fn into_record_batch(
        self,
        mut arrays: Vec<ArrayRef>,
    ) -> Result<RecordBatch, ArrowError> {
        let entries = StructArray::try_new(
            entry_fields(),
            vec![
                self.metadata_keys.into_strings()?,
                self.metadata_values.into_strings()?,
            ],
            None,
        )?;
        let decimals = |numbers: Numbers<i128>| -> Result<ArrayRef, ArrowError> {
            Ok(Arc::new(
                numbers
                    .into_array::<Decimal128Type>()?
                    .with_precision_and_scale(38, 18)?,
            ))
        };
        let own: [ArrayRef; 10] = [
            Arc::new(FixedSizeBinaryArray::try_new(
                16,
                Buffer::from_vec(self.event_id),
                None,
            )?),
            self.native_id.into_strings()?,
            decimals(self.price)?,
            decimals(self.quantity)?,
            self.side.into_strings()?,
            Arc::new(self.timestamp_ns.into_array::<Int64Type>()?),
            Arc::new(self.received_ns.into_array::<Int64Type>()?),
            self.quality.into_strings()?,
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
        arrays.extend(own);
        RecordBatch::try_new(trade_schema(), arrays)
    }
}

struct TradeFields {
    price: i128,
    quantity: i128,
    side: i32,
}

impl TradeFields {
    fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (mut price, mut quantity, mut side) = (None, None, None);
        let mut reader = Reader::new(bytes);
        while let Some((number, value)) = reader.next()? {
            match number {
                1 => once(
                    &mut price,
                    "price",
                    read_decimal(value.bytes("price")?, "price")?,
                )?,
                2 => once(
                    &mut quantity,
                    "quantity",
                    read_decimal(value.bytes("quantity")?, "quantity")?,
                )?,
                3 => once(&mut side, "side", value.enumeration("side")?)?,
                _ => {}
            }
        }
        Ok(Self {
            price: price.ok_or(DecodeError::Missing { field: "price" })?,
            quantity: quantity.ok_or(DecodeError::Missing { field: "quantity" })?,
            side: side.unwrap_or_default(),
        })
    }
}

fn fixed_id(bytes: &[u8]) -> Result<&[u8; 16], DecodeError> {
    bytes.try_into().map_err(|_| DecodeError::Length {
        field: "event_id",
        length: bytes.len(),
        allowed: "16",
    })
}

/// Columns of trades, in this order.
pub(super) fn trade_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let decimal = |name: &str| Field::new(name, DataType::Decimal128(38, 18), false);
    Arc::new(Schema::new(vec![
        text("exchange"),
        text("market"),
        text("symbol"),
        text("raw_symbol"),
        Field::new("event_id", DataType::FixedSizeBinary(16), false),
        Field::new("native_id", DataType::Utf8, true),
        decimal("price"),
        decimal("quantity"),
        Field::new("side", DataType::Utf8, true),
        Field::new("timestamp_ns", DataType::Int64, false),
        Field::new("received_ns", DataType::Int64, true),
        text("quality"),
        Field::new("issues", DataType::List(issue_field()), false),
        Field::new("metadata", DataType::Map(entries_field(), false), false),
    ]))
}

fn issue_field() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Utf8, false))
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
