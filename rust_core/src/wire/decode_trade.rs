//! Trades as columns.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use super::DecodeError;
use super::columns::{Numbers, Texts};
use super::decode_decimal::read_decimal;
use super::event_columns::{Columns, EventColumns, decimal, event_fields};
use super::event_fields::EventFields;
use super::name_columns::{Enumeration, Form};
use super::names::SIDES;
use super::reader::{Reader, once};
use super::usual_trade::{NATIVE_BLOCK, UsualTrade};
use crate::model::EventType;

#[derive(Debug, Default)]
pub(super) struct TradeColumns {
    event: EventColumns,
    native_id: Texts,
    price: Numbers<i128>,
    quantity: Numbers<i128>,
    side: Enumeration,
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
        self.side.push(trade.side);
        Ok(())
    }

    fn push_all(&mut self, events: &[&[u8]]) -> Result<(), DecodeError> {
        let mut event = EventFields::default();
        for (index, bytes) in events.iter().enumerate() {
            if let Some(trade) = UsualTrade::read(bytes) {
                self.push_usual(&trade);
                continue;
            }
            let result = event.read(bytes).and_then(|()| self.push(&event));
            result.map_err(|source| source.of_event(index))?;
        }
        Ok(())
    }

    fn reserve(&mut self, rows: usize) {
        self.event.reserve(rows);
        self.native_id.reserve(rows, 12);
        self.price.reserve(rows);
        self.quantity.reserve(rows);
        self.side.reserve(rows);
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

    fn into_arrays(self: Box<Self>, form: Form) -> Result<Vec<ArrayRef>, ArrowError> {
        let (event_id, rest) = self.event.into_arrays(form)?;
        let own = [
            event_id,
            self.native_id.into_strings()?,
            self.price.into_decimals()?,
            self.quantity.into_decimals()?,
            self.side.into_names(&SIDES, form)?,
        ];
        Ok(own.into_iter().chain(rest).collect())
    }
}

impl TradeColumns {
    #[inline(always)]
    fn push_usual(&mut self, trade: &UsualTrade<'_>) {
        self.event.push_usual(&trade.head);
        let length = trade.native_id.len();
        if (1..=NATIVE_BLOCK).contains(&length) {
            self.native_id.push_block(trade.native_block, length);
        } else {
            self.native_id.push_nonempty(trade.native_id);
        }
        self.price.push(trade.price);
        self.quantity.push(trade.quantity);
        self.side.push(trade.side);
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
