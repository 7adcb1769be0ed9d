//! The open record batch of a table.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Schema, SchemaRef};

use super::DecodeError;
use super::arrival::{Arrival, arrival_fields};
use super::decode_book::{BookColumns, orderbook_schema};
use super::decode_derivatives::{
    FundingColumns, LiquidationColumns, funding_schema, liquidation_schema,
};
use super::decode_records::{
    CoverageColumns, QuarantineColumns, coverage_schema, quarantine_schema,
};
use super::decode_trade::{TradeColumns, trade_schema};
use super::event_columns::Columns;
use super::frame::BatchInfo;
use super::name_columns::{Form, Repeated};
use crate::model::EventType;

/// A record batch is closed when it has this many bytes of text. One value adds at most 65,536 rows and
/// about 300 MB, so that Arrow's 32-bit offsets never overflow.
const MAX_TEXT_BYTES: usize = 64 * 1024 * 1024;

/// What a table is made of beside its type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) form: Form,
    /// Whether it has columns that say where its rows come from.
    pub(super) has_arrival: bool,
    /// Bytes of all values to come, where that is known: makes room for them at once.
    pub(super) bytes: usize,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            form: Form::Plain,
            has_arrival: false,
            bytes: 0,
        }
    }
}

impl Layout {
    /// A record batch is closed when it has this many rows.
    fn max_rows(self) -> usize {
        match self.form {
            Form::Plain => 65_536,
            // Columns of one piece, with one dictionary, are written without being joined.
            Form::Dictionary => 1 << 20,
        }
    }
}

pub(super) struct Table {
    event_type: EventType,
    layout: Layout,
    rows: usize,
    /// Exchange, market, symbol, raw symbol.
    instrument: [Repeated; 4],
    columns: Box<dyn Columns>,
    arrival: Arrival,
}

impl Table {
    pub(super) fn new(event_type: EventType, layout: Layout) -> Self {
        Self {
            event_type,
            layout,
            rows: 0,
            instrument: Default::default(),
            columns: columns_of(event_type),
            arrival: Arrival::default(),
        }
    }

    pub(super) fn event_type(&self) -> EventType {
        self.event_type
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Adds all events of a batch of so many bytes, or none.
    pub(super) fn add(
        &mut self,
        events: &[&[u8]],
        info: &BatchInfo<'_>,
        bytes: usize,
        offset: i64,
    ) -> Result<(), DecodeError> {
        if self.rows == 0 {
            self.reserve(events.len(), bytes);
        }
        if let Err(error) = self.columns.push_all(events) {
            self.columns.truncate(self.rows);
            return Err(error);
        }
        self.rows += events.len();
        let texts = [info.exchange, info.market, info.symbol, info.raw_symbol];
        for (column, text) in self.instrument.iter_mut().zip(texts) {
            column.push(text, events.len());
        }
        if self.layout.has_arrival {
            self.arrival.push(offset, events.len());
        }
        Ok(())
    }

    /// Takes the first value for a sample of all, with a quarter to spare: what is not used is not touched.
    fn reserve(&mut self, rows: usize, bytes: usize) {
        let expected = self.layout.bytes.saturating_mul(rows) / bytes.max(1);
        let room = (expected + expected / 4).min(self.layout.max_rows());
        self.columns.reserve(room);
        if self.layout.has_arrival {
            self.arrival.reserve(room);
        }
    }

    pub(super) fn is_full(&self) -> bool {
        let lengths = self.instrument.iter();
        let texts: usize = lengths
            .map(|column| column.byte_length(self.layout.form))
            .sum();
        self.rows >= self.layout.max_rows() || texts + self.columns.byte_length() >= MAX_TEXT_BYTES
    }

    pub(super) fn into_record_batch(self) -> Result<RecordBatch, ArrowError> {
        let form = self.layout.form;
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for column in self.instrument {
            arrays.push(column.into_names(form)?);
        }
        arrays.extend(self.columns.into_arrays(form)?);
        let mut fields = schema_of(self.event_type).fields().to_vec();
        if self.layout.has_arrival {
            arrays.extend(self.arrival.into_arrays());
            fields.extend(arrival_fields().map(Arc::new));
        }
        for (field, array) in fields.iter_mut().zip(&arrays) {
            if let dictionary @ DataType::Dictionary(..) = array.data_type() {
                let named = field.as_ref().clone().with_data_type(dictionary.clone());
                *field = Arc::new(named);
            }
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
    }
}

fn schema_of(event_type: EventType) -> SchemaRef {
    match event_type {
        EventType::Trade => trade_schema(),
        EventType::OrderBook => orderbook_schema(),
        EventType::Funding => funding_schema(),
        EventType::Liquidation => liquidation_schema(),
        EventType::Coverage => coverage_schema(),
        EventType::Quarantine => quarantine_schema(),
    }
}

fn columns_of(event_type: EventType) -> Box<dyn Columns> {
    match event_type {
        EventType::Trade => Box::<TradeColumns>::default(),
        EventType::OrderBook => Box::<BookColumns>::default(),
        EventType::Funding => Box::<FundingColumns>::default(),
        EventType::Liquidation => Box::<LiquidationColumns>::default(),
        EventType::Coverage => Box::<CoverageColumns>::default(),
        EventType::Quarantine => Box::<QuarantineColumns>::default(),
    }
}
