//! Funding states and forced orders as columns.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::types::Int64Type;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use super::DecodeError;
use super::columns::{Numbers, Texts};
use super::decode_decimal::read_decimal;
use super::event_columns::{Columns, EventColumns, decimal, event_fields};
use super::event_fields::EventFields;
use super::name_columns::{Enumeration, Form};
use super::names::SIDES;
use super::reader::{Reader, Value, once};
use crate::model::EventType;

#[derive(Debug, Default)]
pub(super) struct FundingColumns {
    event: EventColumns,
    rate: Numbers<i128>,
    mark_price: Numbers<i128>,
    index_price: Numbers<i128>,
    interval_ns: Numbers<i64>,
    next_funding_ns: Numbers<i64>,
}

impl Columns for FundingColumns {
    fn push(&mut self, event: &EventFields<'_>) -> Result<(), DecodeError> {
        let (mut rate, mut mark_price, mut index_price) = (None, None, None);
        let (mut interval_ns, mut next_funding_ns) = (None, None);
        let mut reader = Reader::new(event.payload(EventType::Funding)?);
        while let Some((number, value)) = reader.next()? {
            match number {
                1 => once_decimal(&mut rate, "rate", value)?,
                2 => once_decimal(&mut mark_price, "mark_price", value)?,
                3 => once_decimal(&mut index_price, "index_price", value)?,
                4 => once(
                    &mut interval_ns,
                    "interval_ns",
                    value.sfixed64("interval_ns")?,
                )?,
                5 => once(
                    &mut next_funding_ns,
                    "next_funding_ns",
                    value.sfixed64("next_funding_ns")?,
                )?,
                _ => {}
            }
        }
        self.event.push(event)?;
        self.rate.push_optional(rate);
        self.mark_price.push_optional(mark_price);
        self.index_price.push_optional(index_price);
        self.interval_ns.push_optional(interval_ns);
        self.next_funding_ns.push_optional(next_funding_ns);
        Ok(())
    }

    fn byte_length(&self) -> usize {
        self.event.byte_length()
    }

    fn truncate(&mut self, rows: usize) {
        self.event.truncate(rows);
        self.rate.truncate(rows);
        self.mark_price.truncate(rows);
        self.index_price.truncate(rows);
        self.interval_ns.truncate(rows);
        self.next_funding_ns.truncate(rows);
    }

    fn into_arrays(self: Box<Self>, form: Form) -> Result<Vec<ArrayRef>, ArrowError> {
        let (event_id, rest) = self.event.into_arrays(form)?;
        let own: [ArrayRef; 6] = [
            event_id,
            self.rate.into_decimals()?,
            self.mark_price.into_decimals()?,
            self.index_price.into_decimals()?,
            Arc::new(self.interval_ns.into_array::<Int64Type>()?),
            Arc::new(self.next_funding_ns.into_array::<Int64Type>()?),
        ];
        Ok(own.into_iter().chain(rest).collect())
    }
}

/// Columns of funding states, in this order.
pub(super) fn funding_schema() -> SchemaRef {
    let own = vec![
        decimal("rate", true),
        decimal("mark_price", true),
        decimal("index_price", true),
        Field::new("interval_ns", DataType::Int64, true),
        Field::new("next_funding_ns", DataType::Int64, true),
    ];
    Arc::new(Schema::new(event_fields(own, true)))
}

#[derive(Debug, Default)]
pub(super) struct LiquidationColumns {
    event: EventColumns,
    side: Enumeration,
    price: Numbers<i128>,
    average_price: Numbers<i128>,
    quantity: Numbers<i128>,
    status: Texts,
}

impl Columns for LiquidationColumns {
    fn push(&mut self, event: &EventFields<'_>) -> Result<(), DecodeError> {
        let (mut side, mut price, mut average_price) = (None, None, None);
        let (mut quantity, mut status) = (None, None);
        let mut reader = Reader::new(event.payload(EventType::Liquidation)?);
        while let Some((number, value)) = reader.next()? {
            match number {
                1 => once(&mut side, "side", value.enumeration("side")?)?,
                2 => once_decimal(&mut price, "price", value)?,
                3 => once_decimal(&mut average_price, "average_price", value)?,
                4 => once_decimal(&mut quantity, "quantity", value)?,
                5 => once(&mut status, "status", value.text("status")?)?,
                _ => {}
            }
        }
        let price = price.ok_or(DecodeError::Missing { field: "price" })?;
        let quantity = quantity.ok_or(DecodeError::Missing { field: "quantity" })?;
        self.event.push(event)?;
        self.side.push(side.unwrap_or_default());
        self.price.push(price);
        self.average_price.push_optional(average_price);
        self.quantity.push(quantity);
        self.status
            .push_nonempty(status.unwrap_or_default().as_bytes());
        Ok(())
    }

    fn byte_length(&self) -> usize {
        self.event.byte_length() + self.status.byte_length()
    }

    fn truncate(&mut self, rows: usize) {
        self.event.truncate(rows);
        self.side.truncate(rows);
        self.price.truncate(rows);
        self.average_price.truncate(rows);
        self.quantity.truncate(rows);
        self.status.truncate(rows);
    }

    fn into_arrays(self: Box<Self>, form: Form) -> Result<Vec<ArrayRef>, ArrowError> {
        let (event_id, rest) = self.event.into_arrays(form)?;
        let own = [
            event_id,
            self.side.into_names(&SIDES, form)?,
            self.price.into_decimals()?,
            self.average_price.into_decimals()?,
            self.quantity.into_decimals()?,
            self.status.into_strings()?,
        ];
        Ok(own.into_iter().chain(rest).collect())
    }
}

/// Columns of forced orders, in this order.
pub(super) fn liquidation_schema() -> SchemaRef {
    let own = vec![
        Field::new("side", DataType::Utf8, true),
        decimal("price", false),
        decimal("average_price", true),
        decimal("quantity", false),
        Field::new("status", DataType::Utf8, true),
    ];
    Arc::new(Schema::new(event_fields(own, true)))
}

fn once_decimal(
    slot: &mut Option<i128>,
    field: &'static str,
    value: Value<'_>,
) -> Result<(), DecodeError> {
    once(slot, field, read_decimal(value.bytes(field)?, field)?)
}
