//! Order-book messages as columns.

use std::sync::Arc;

use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{ArrayRef, ListArray, StructArray};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef};

use super::DecodeError;
use super::columns::{ListEnds, Numbers};
use super::decode_decimal::read_decimal;
use super::event_columns::{Columns, EventColumns, decimal, event_fields, text};
use super::event_fields::EventFields;
use super::name_columns::{Enumeration, Form};
use super::names::{BOOK_ACTIONS, BOOK_ORIGINS};
use super::reader::{Reader, once};
use crate::model::EventType;

/// Bytes of one level in its columns.
const LEVEL_BYTES: usize = 32;

#[derive(Debug, Default)]
pub(super) struct BookColumns {
    event: EventColumns,
    depth: Numbers<i32>,
    action: Enumeration,
    first_update_id: Numbers<i64>,
    last_update_id: Numbers<i64>,
    prev_update_id: Numbers<i64>,
    bids: Levels,
    asks: Levels,
    origin: Enumeration,
}

impl Columns for BookColumns {
    fn push(&mut self, event: &EventFields<'_>) -> Result<(), DecodeError> {
        let (mut depth, mut action, mut origin) = (None, None, None);
        let (mut first_id, mut last_id, mut prev_id) = (None, None, None);
        let mut reader = Reader::new(event.payload(EventType::OrderBook)?);
        while let Some((number, value)) = reader.next()? {
            match number {
                7 => self.bids.push_level(value.bytes("bids")?)?,
                8 => self.asks.push_level(value.bytes("asks")?)?,
                1 => once(&mut depth, "depth", value.enumeration("depth")?)?,
                2 => once(&mut action, "action", value.enumeration("action")?)?,
                3 => once(&mut origin, "origin", value.enumeration("origin")?)?,
                4 => once(
                    &mut first_id,
                    "first_update_id",
                    value.int64("first_update_id")?,
                )?,
                5 => once(
                    &mut last_id,
                    "last_update_id",
                    value.int64("last_update_id")?,
                )?,
                6 => once(
                    &mut prev_id,
                    "prev_update_id",
                    value.int64("prev_update_id")?,
                )?,
                _ => {}
            }
        }
        self.event.push(event)?;
        self.depth.push(depth.unwrap_or_default());
        self.action.push(action.unwrap_or_default());
        self.first_update_id.push_optional(first_id);
        self.last_update_id.push_optional(last_id);
        self.prev_update_id.push_optional(prev_id);
        self.bids.end_row();
        self.asks.end_row();
        self.origin.push(origin.unwrap_or_default());
        Ok(())
    }

    fn byte_length(&self) -> usize {
        self.event.byte_length() + LEVEL_BYTES * (self.bids.len() + self.asks.len())
    }

    fn truncate(&mut self, rows: usize) {
        self.event.truncate(rows);
        self.depth.truncate(rows);
        self.action.truncate(rows);
        self.first_update_id.truncate(rows);
        self.last_update_id.truncate(rows);
        self.prev_update_id.truncate(rows);
        self.bids.truncate(rows);
        self.asks.truncate(rows);
        self.origin.truncate(rows);
    }

    fn into_arrays(self: Box<Self>, form: Form) -> Result<Vec<ArrayRef>, ArrowError> {
        let (event_id, rest) = self.event.into_arrays(form)?;
        let own: [ArrayRef; 9] = [
            event_id,
            Arc::new(self.depth.into_array::<Int32Type>()?),
            self.action.into_names(&BOOK_ACTIONS, form)?,
            Arc::new(self.first_update_id.into_array::<Int64Type>()?),
            Arc::new(self.last_update_id.into_array::<Int64Type>()?),
            Arc::new(self.prev_update_id.into_array::<Int64Type>()?),
            self.bids.into_lists()?,
            self.asks.into_lists()?,
            self.origin.into_names(&BOOK_ORIGINS, form)?,
        ];
        Ok(own.into_iter().chain(rest).collect())
    }
}

/// The price levels of one side.
#[derive(Debug, Default)]
struct Levels {
    prices: Numbers<i128>,
    quantities: Numbers<i128>,
    ends: ListEnds,
}

impl Levels {
    #[inline]
    fn push_level(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        let (mut price, mut quantity) = (None, None);
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
                _ => {}
            }
        }
        self.prices
            .push(price.ok_or(DecodeError::Missing { field: "price" })?);
        self.quantities
            .push(quantity.ok_or(DecodeError::Missing { field: "quantity" })?);
        Ok(())
    }

    fn end_row(&mut self) {
        self.ends.push(self.prices.len());
    }

    fn len(&self) -> usize {
        self.prices.len()
    }

    fn truncate(&mut self, rows: usize) {
        let levels = self.ends.truncate(rows);
        self.prices.truncate(levels);
        self.quantities.truncate(levels);
    }

    fn into_lists(self) -> Result<ArrayRef, ArrowError> {
        let levels = StructArray::try_new(
            level_fields(),
            vec![
                self.prices.into_decimals()?,
                self.quantities.into_decimals()?,
            ],
            None,
        )?;
        Ok(Arc::new(ListArray::try_new(
            level_field(),
            self.ends.into_buffer(),
            Arc::new(levels),
            None,
        )?))
    }
}

/// Columns of order-book messages, in this order.
pub(super) fn orderbook_schema() -> SchemaRef {
    let own = vec![
        Field::new("depth", DataType::Int32, false),
        text("action"),
        Field::new("first_update_id", DataType::Int64, true),
        Field::new("last_update_id", DataType::Int64, true),
        Field::new("prev_update_id", DataType::Int64, true),
        Field::new("bids", DataType::List(level_field()), false),
        Field::new("asks", DataType::List(level_field()), false),
        text("origin"),
    ];
    Arc::new(Schema::new(event_fields(own, true)))
}

fn level_field() -> Arc<Field> {
    let levels = DataType::Struct(level_fields());
    Arc::new(Field::new("item", levels, false))
}

fn level_fields() -> Fields {
    Fields::from(vec![decimal("price", false), decimal("quantity", false)])
}
