//! Many values to one Arrow table.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, SchemaRef};

use super::columns::Texts;
use super::decode_book::{BookColumns, orderbook_schema};
use super::decode_derivatives::{
    FundingColumns, LiquidationColumns, funding_schema, liquidation_schema,
};
use super::decode_records::{
    CoverageColumns, QuarantineColumns, coverage_schema, quarantine_schema,
};
use super::decode_trade::{TradeColumns, trade_schema};
use super::event_columns::Columns;
use super::event_fields::EventFields;
use super::frame::{BatchInfo, checked_body, read_header};
use super::reader::Reader;
use super::{DecodeError, DecodeFailure};
use crate::model::EventType;

/// A record batch of the result is closed when it has this many rows or bytes of text. One value
/// adds at most 65,536 rows and about 300 MB, so that Arrow's 32-bit offsets never overflow.
const MAX_ROWS: usize = 65_536;
const MAX_TEXT_BYTES: usize = 64 * 1024 * 1024;

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
    let mut state = Decoding {
        wanted: event_type,
        table: None,
        batches: Vec::new(),
        rows: 0,
    };
    let mut rejected = Vec::new();
    for (index, value) in values.into_iter().enumerate() {
        match (state.add(value)?, on_error) {
            (Ok(()), _) => {}
            (Err(source), OnError::Raise) => return Err(DecodeFailure::Value { index, source }),
            (Err(source), OnError::Collect) => rejected.push((index, source)),
        }
    }
    state.finish(rejected)
}

struct Decoding {
    wanted: Option<EventType>,
    table: Option<Table>,
    batches: Vec<RecordBatch>,
    rows: usize,
}

impl Decoding {
    /// The outer error ends the call, the inner one is about this value.
    fn add(&mut self, value: &[u8]) -> Result<Result<(), DecodeError>, DecodeFailure> {
        let (body, info) = match checked_body(value).and_then(|body| Ok((body, read_header(body)?)))
        {
            Ok(frame) => frame,
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
            Some(open) if open.event_type == event_type => open,
            Some(open) => {
                return Err(DecodeFailure::MixedTypes {
                    first: open.event_type.name(),
                    other: event_type.name(),
                });
            }
            None => Table::new(event_type),
        };
        let result = table.add(body, &info);
        if table.is_full() {
            self.close(table)?;
            self.table = Some(Table::new(event_type));
        } else if result.is_ok() || table.rows > 0 || !self.batches.is_empty() {
            self.table = Some(table);
        }
        Ok(result)
    }

    fn close(&mut self, table: Table) -> Result<(), DecodeFailure> {
        if table.rows > 0 {
            self.rows += table.rows;
            self.batches.push(table.into_record_batch()?);
        }
        Ok(())
    }

    fn finish(mut self, rejected: Vec<(usize, DecodeError)>) -> Result<Decoded, DecodeFailure> {
        let default = self.wanted.unwrap_or(EventType::Trade);
        let event_type = self
            .table
            .as_ref()
            .map_or(default, |table| table.event_type);
        if let Some(table) = self.table.take() {
            self.close(table)?;
        }
        let schema = schema_of(event_type);
        Ok(Decoded {
            event_type,
            schema,
            batches: self.batches,
            rows: self.rows,
            rejected,
        })
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

/// The open record batch.
struct Table {
    event_type: EventType,
    rows: usize,
    /// Exchange, market, symbol, raw symbol.
    instrument: [Texts; 4],
    columns: Box<dyn Columns>,
}

impl Table {
    fn new(event_type: EventType) -> Self {
        Self {
            event_type,
            rows: 0,
            instrument: Default::default(),
            columns: columns_of(event_type),
        }
    }

    /// Adds all events of a batch, or none.
    fn add(&mut self, body: &[u8], info: &BatchInfo<'_>) -> Result<(), DecodeError> {
        match self.add_events(body) {
            Ok(count) => {
                self.rows += count;
                let texts = [info.exchange, info.market, info.symbol, info.raw_symbol];
                for (column, text) in self.instrument.iter_mut().zip(texts) {
                    column.push_repeated(text.as_bytes(), count);
                }
                Ok(())
            }
            Err(error) => {
                self.columns.truncate(self.rows);
                Err(error)
            }
        }
    }

    fn add_events(&mut self, body: &[u8]) -> Result<usize, DecodeError> {
        let mut reader = Reader::new(body);
        let mut event = EventFields::default();
        let mut index = 0;
        while let Some((number, value)) = reader.next()? {
            if number == 8 {
                let result = event
                    .read(value.bytes("events")?)
                    .and_then(|()| self.columns.push(&event));
                result.map_err(|source| DecodeError::Event {
                    index,
                    source: Box::new(source),
                })?;
                index += 1;
            }
        }
        Ok(index)
    }

    fn is_full(&self) -> bool {
        let texts: usize = self.instrument.iter().map(Texts::byte_length).sum();
        let own = self.columns.byte_length();
        self.rows >= MAX_ROWS || texts + own >= MAX_TEXT_BYTES
    }

    fn into_record_batch(self) -> Result<RecordBatch, ArrowError> {
        let arrays: Vec<ArrayRef> = self
            .instrument
            .into_iter()
            .map(Texts::into_strings)
            .collect::<Result<_, _>>()?;
        self.columns.into_record_batch(arrays)
    }
}
