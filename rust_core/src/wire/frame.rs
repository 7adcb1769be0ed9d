//! The frame of a batch: its checksum, its header and the bytes of its events.

use super::DecodeError;
use super::batch::{CRC_TAG, TRAILER_LENGTH};
use super::reader::{Reader, Value, once};
use crate::model::EventType;

/// Most bytes of a batch.
pub const MAX_VALUE_BYTES: usize = 8 * 1024 * 1024;
/// Number of the field of events.
const EVENTS: u32 = 8;
const EVENTS_TAG: u8 = 0x42;
/// Most events of a batch that is read; those that are written have 256.
const MAX_EVENTS: usize = 65_536;
/// Most bytes of each of an instrument's texts: they are repeated in every row.
pub const MAX_INSTRUMENT_TEXT: usize = 256;

/// What the header of a batch says. Borrows from the batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchInfo<'a> {
    /// 1, or higher for a batch of a newer writer.
    pub schema_version: u32,
    /// The producer instance.
    pub producer: &'a str,
    /// The batch's number.
    pub batch_id: u64,
    /// Number of events.
    pub event_count: u32,
    /// When it was sent; Unix UTC nanoseconds.
    pub sent_ns: i64,
    /// Tag of the exchange.
    pub exchange: &'a str,
    /// Tag of the market.
    pub market: &'a str,
    /// Normalised symbol; empty when not known.
    pub symbol: &'a str,
    /// The venue's symbol; empty when not known.
    pub raw_symbol: &'a str,
    /// Number of the event type.
    pub event_type: i32,
}

impl BatchInfo<'_> {
    /// Returns the event type, or `None` for one of a newer version.
    #[must_use]
    pub fn known_type(&self) -> Option<EventType> {
        EventType::ALL
            .into_iter()
            .find(|known| i32::from(known.number()) == self.event_type)
    }

    /// Returns the name of the event type, or its number when it has none.
    #[must_use]
    pub fn type_name(&self) -> String {
        match self.known_type() {
            Some(known) => known.name().to_owned(),
            None if self.event_type == 0 => "unspecified".to_owned(),
            None => self.event_type.to_string(),
        }
    }
}

/// Checks a batch's checksum, header and event count, and returns what the header says.
///
/// # Errors
/// See [`DecodeError`]. The events' contents are not looked at.
pub fn inspect(value: &[u8]) -> Result<BatchInfo<'_>, DecodeError> {
    read_header(checked_body(value)?)
}

/// Returns the batch without its checksum, which is right.
pub(super) fn checked_body(value: &[u8]) -> Result<&[u8], DecodeError> {
    if value.is_empty() {
        return Err(DecodeError::Empty);
    }
    if value.len() > MAX_VALUE_BYTES {
        return Err(DecodeError::TooLarge {
            length: value.len(),
        });
    }
    let Some((body, [CRC_TAG, stored @ ..])) = value.split_last_chunk::<TRAILER_LENGTH>() else {
        return Err(DecodeError::NoChecksum);
    };
    let stored = u32::from_le_bytes(*stored);
    let computed = crc32c::crc32c(body);
    if stored == computed {
        Ok(body)
    } else {
        Err(DecodeError::Checksum { computed, stored })
    }
}

/// Reads everything but the events, which it counts.
fn read_header(body: &[u8]) -> Result<BatchInfo<'_>, DecodeError> {
    read_frame(body, |_| {})
}

/// Reads the header and hands the bytes of each event on, at most 65,536 of them.
#[inline]
pub(super) fn read_frame<'a>(
    body: &'a [u8],
    mut on_event: impl FnMut(&'a [u8]),
) -> Result<BatchInfo<'a>, DecodeError> {
    let mut fields = HeaderFields::default();
    let mut reader = Reader::new(body);
    let mut events = 0;
    let mut count = |event| {
        events += 1;
        if events <= MAX_EVENTS {
            on_event(event);
        }
    };
    loop {
        while let Some(event) = reader.short_bytes(EVENTS_TAG) {
            count(event);
        }
        match reader.next()? {
            None => break,
            Some((EVENTS, value)) => count(value.bytes("events")?),
            Some((number, value)) => fields.read(number, value)?,
        }
    }
    fields.events = events;
    fields.finish()
}

#[derive(Default)]
struct HeaderFields<'a> {
    schema_version: Option<u32>,
    producer: Option<&'a str>,
    batch_id: Option<u64>,
    event_count: Option<u32>,
    sent_ns: Option<i64>,
    instrument: Option<&'a [u8]>,
    event_type: Option<i32>,
    events: usize,
}

impl<'a> HeaderFields<'a> {
    fn read(&mut self, number: u32, value: Value<'a>) -> Result<(), DecodeError> {
        match number {
            1 => once(
                &mut self.schema_version,
                "schema_version",
                value.uint32("schema_version")?,
            ),
            2 => once(&mut self.producer, "producer", value.text("producer")?),
            3 => once(&mut self.batch_id, "batch_id", value.varint("batch_id")?),
            4 => once(
                &mut self.event_count,
                "event_count",
                value.uint32("event_count")?,
            ),
            5 => once(&mut self.sent_ns, "sent_ns", value.sfixed64("sent_ns")?),
            6 => once(
                &mut self.instrument,
                "instrument",
                value.bytes("instrument")?,
            ),
            7 => once(
                &mut self.event_type,
                "event_type",
                value.enumeration("event_type")?,
            ),
            15 => Err(DecodeError::Repeated { field: "crc32c" }),
            _ => Ok(()),
        }
    }

    fn finish(self) -> Result<BatchInfo<'a>, DecodeError> {
        let schema_version = self.schema_version.unwrap_or_default();
        if schema_version == 0 {
            return Err(DecodeError::Version);
        }
        let stated = self.event_count.unwrap_or_default();
        if self.events > MAX_EVENTS {
            return Err(DecodeError::TooManyEvents);
        }
        if usize::try_from(stated) != Ok(self.events) {
            return Err(DecodeError::EventCount {
                stated,
                found: self.events,
            });
        }
        let mut info = BatchInfo {
            schema_version,
            producer: self.producer.unwrap_or_default(),
            batch_id: self.batch_id.unwrap_or_default(),
            event_count: stated,
            sent_ns: self.sent_ns.unwrap_or_default(),
            event_type: self.event_type.unwrap_or_default(),
            ..BatchInfo::default()
        };
        let instrument = self.instrument.ok_or(DecodeError::Missing {
            field: "instrument",
        })?;
        read_instrument(instrument, &mut info)?;
        Ok(info)
    }
}

fn read_instrument<'a>(bytes: &'a [u8], info: &mut BatchInfo<'a>) -> Result<(), DecodeError> {
    let [mut exchange, mut market, mut symbol, mut raw_symbol] = [None; 4];
    let mut reader = Reader::new(bytes);
    while let Some((number, value)) = reader.next()? {
        match number {
            1 => once(&mut exchange, "exchange", short_text(value, "exchange")?)?,
            2 => once(&mut market, "market", short_text(value, "market")?)?,
            3 => once(&mut symbol, "symbol", short_text(value, "symbol")?)?,
            4 => once(
                &mut raw_symbol,
                "raw_symbol",
                short_text(value, "raw_symbol")?,
            )?,
            _ => {}
        }
    }
    let has_symbol = info.known_type() != Some(EventType::Quarantine);
    info.exchange = present(exchange, "exchange", true)?;
    info.market = present(market, "market", true)?;
    info.symbol = present(symbol, "symbol", has_symbol)?;
    info.raw_symbol = present(raw_symbol, "raw_symbol", has_symbol)?;
    Ok(())
}

fn short_text<'a>(value: Value<'a>, field: &'static str) -> Result<&'a str, DecodeError> {
    let text = value.text(field)?;
    if text.len() > MAX_INSTRUMENT_TEXT {
        return Err(DecodeError::Length {
            field,
            length: text.len(),
            allowed: "up to 256",
        });
    }
    Ok(text)
}

fn present<'a>(
    text: Option<&'a str>,
    field: &'static str,
    is_required: bool,
) -> Result<&'a str, DecodeError> {
    let text = text.unwrap_or_default();
    if text.is_empty() && is_required {
        Err(DecodeError::Missing { field })
    } else {
        Ok(text)
    }
}
