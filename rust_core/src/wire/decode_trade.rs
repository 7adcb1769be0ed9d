//! Trades as columns.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use super::DecodeError;
use super::columns::{Numbers, Texts};
use super::decode_decimal::read_decimal;
use super::event_columns::{Columns, EventColumns, decimal, event_fields};
use super::event_fields::EventFields;
use super::names::side_name;
use super::reader::{Reader, once};
use crate::model::EventType;

#[derive(Debug, Default)]
pub(super) struct TradeColumns {
    event: EventColumns,
    native_id: Texts,
    price: Numbers<i128>,
    quantity: Numbers<i128>,
    side: Texts,
}

impl Columns for TradeColumns {
    fn push(&mut self, event: &EventFields<'_>) -> Result<(), DecodeError> {
        let trade = TradeFields::read(event.payload(EventType::Trade)?)?;
        if event.timestamp_ns.is_none() {
            let field = "timestamp_ns";
            return Err(DecodeError::Missing { field });
        }
        self.event.push(event)?;
        self.native_id
            .push_nonempty(event.native_id.unwrap_or_default().as_bytes());
        self.price.push(trade.price);
        self.quantity.push(trade.quantity);
        self.side.push_nonempty(side_name(trade.side).as_bytes());
        Ok(())
    }

    fn byte_length(&self) -> usize {
        self.event.byte_length() + self.native_id.byte_length()
    }

    fn truncate(&mut self, rows: usize) {
        self.event.truncate(rows);
        self.native_id.truncate(rows);
        self.price.truncate(rows);
        self.quantity.truncate(rows);
        self.side.truncate(rows);
    }

    fn into_record_batch(
        self: Box<Self>,
        mut arrays: Vec<ArrayRef>,
    ) -> Result<RecordBatch, ArrowError> {
        let (event_id, rest) = self.event.into_arrays()?;
        arrays.extend([
            event_id,
            self.native_id.into_strings()?,
            self.price.into_decimals()?,
            self.quantity.into_decimals()?,
            self.side.into_strings()?,
        ]);
        arrays.extend(rest);
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

/// Columns of trades, in this order.
pub(super) fn trade_schema() -> SchemaRef {
    let own = vec![
        Field::new("native_id", DataType::Utf8, true),
        decimal("price", false),
        decimal("quantity", false),
        Field::new("side", DataType::Utf8, true),
    ];
    Arc::new(Schema::new(event_fields(own, false)))
}
