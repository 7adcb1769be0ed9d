//! Batches: events of one instrument and one type, framed as one `MarketDataBatch`.

use core::marker::PhantomData;

use prost::Message;
use prost::encoding::encode_varint;

use super::encode_trade::encode_trade;
use super::generated as proto;
use super::records::{coverage_event, quarantine_event};
use super::topic::{TopicError, topic};
use super::writer::Buffer;
use crate::model::{Coverage, EventType, Instrument, Quarantine, TradeEvent, UnixNanos};

/// The version of `tapeline.market.v1` that this code writes.
pub const SCHEMA_VERSION: u32 = 1;
/// A batch with this many events is full.
pub const MAX_BATCH_EVENTS: u32 = 256;
/// A batch whose events have this many bytes is full.
pub const MAX_BATCH_BYTES: usize = 256 * 1024;

/// Tag of the `crc32c` field: number 15, 32 bits.
pub(super) const CRC_TAG: u8 = 0x7d;
/// Bytes of the `crc32c` field, which ends every batch.
pub(super) const TRAILER_LENGTH: usize = 5;

/// Collects the events of one instrument and one type (`E`) into batches.
///
/// The memory of a batch is used again for the next one: pushing a trade allocates nothing once the
/// buffer has grown to its working size.
#[derive(Debug)]
pub struct BatchEncoder<E> {
    batch: Batch,
    kind: PhantomData<E>,
}

/// Marks the encoder of trades.
#[derive(Debug)]
pub enum Trades {}
/// Marks the encoder of coverage records.
#[derive(Debug)]
pub enum CoverageRecords {}
/// Marks the encoder of quarantine records.
#[derive(Debug)]
pub enum QuarantineRecords {}

/// Collects trades.
pub type TradeEncoder = BatchEncoder<Trades>;
/// Collects coverage records.
pub type CoverageEncoder = BatchEncoder<CoverageRecords>;
/// Collects quarantine records.
pub type QuarantineEncoder = BatchEncoder<QuarantineRecords>;

impl BatchEncoder<Trades> {
    /// Makes an encoder of trades. `producer` names the running instance.
    ///
    /// # Errors
    /// [`TopicError`] when the instrument has no topic.
    pub fn new(instrument: &Instrument, producer: &str) -> Result<Self, TopicError> {
        Self::of(EventType::Trade, instrument, producer)
    }

    /// Adds a trade.
    #[inline]
    pub fn push(&mut self, event: &TradeEvent<'_>) {
        encode_trade(&mut self.batch.events, event);
        self.batch.count += 1;
    }
}

impl BatchEncoder<CoverageRecords> {
    /// Makes an encoder of coverage records. `producer` names the running instance.
    ///
    /// # Errors
    /// [`TopicError`] when the instrument has no topic.
    pub fn new(instrument: &Instrument, producer: &str) -> Result<Self, TopicError> {
        Self::of(EventType::Coverage, instrument, producer)
    }

    /// Adds a record.
    pub fn push(&mut self, record: &Coverage) {
        self.batch.push_message(&coverage_event(record));
    }
}

impl BatchEncoder<QuarantineRecords> {
    /// Makes an encoder of quarantine records; an instrument without symbols stands for frames whose
    /// instrument is not known. `producer` names the running instance.
    ///
    /// # Errors
    /// [`TopicError`] when the instrument has no topic.
    pub fn new(instrument: &Instrument, producer: &str) -> Result<Self, TopicError> {
        Self::of(EventType::Quarantine, instrument, producer)
    }

    /// Adds a record with the first [`super::MAX_RAW`] bytes of its frame.
    pub fn push(&mut self, record: &Quarantine<'_>) {
        self.batch.push_message(&quarantine_event(record));
    }
}

impl<E> BatchEncoder<E> {
    fn of(event_type: EventType, instrument: &Instrument, producer: &str) -> Result<Self, TopicError> {
        let batch = Batch::new(event_type, instrument, producer)?;
        Ok(Self { batch, kind: PhantomData })
    }

    /// Returns the routing key of every batch.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.batch.topic
    }

    /// Returns the message key of every batch: the topic's last token.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        self.batch.key()
    }

    /// Returns whether nothing was pushed since the last flush.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.batch.count == 0
    }

    /// Returns whether the batch must be flushed before the next push.
    #[inline]
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.batch.count >= MAX_BATCH_EVENTS || self.batch.events.len() >= MAX_BATCH_BYTES
    }

    /// Finishes the batch, gives it to `emit` and starts the next one. Returns what `emit` returned,
    /// or `None` when there was nothing to flush.
    pub fn flush<R>(&mut self, sent: UnixNanos, emit: impl FnOnce(&EncodedBatch<'_>) -> R) -> Option<R> {
        if self.is_empty() {
            return None;
        }
        self.batch.write_header(sent);
        let result = emit(&self.batch.encoded());
        self.batch.start_next();
        Some(result)
    }
}

#[derive(Debug)]
struct Batch {
    event_type: EventType,
    topic: String,
    /// Fields 1 and 2, the same in every batch.
    head: Vec<u8>,
    /// Fields 6 and 7, the same in every batch.
    tail: Vec<u8>,
    /// Fields 1 to 7.
    header: Vec<u8>,
    events: Buffer,
    count: u32,
    batch_id: u64,
}

impl Batch {
    fn new(event_type: EventType, instrument: &Instrument, producer: &str) -> Result<Self, TopicError> {
        let topic = topic(event_type, &instrument.exchange, &instrument.market, &instrument.raw_symbol)?;
        let head = proto::MarketDataBatch {
            schema_version: SCHEMA_VERSION,
            producer: producer.to_owned(),
            ..Default::default()
        };
        let tail = proto::MarketDataBatch {
            instrument: Some(proto::Instrument {
                exchange: instrument.exchange.clone(),
                market: instrument.market.clone(),
                symbol: instrument.symbol.clone(),
                raw_symbol: instrument.raw_symbol.clone(),
            }),
            event_type: i32::from(event_type.number()),
            ..Default::default()
        };
        Ok(Self {
            event_type,
            topic,
            head: head.encode_to_vec(),
            tail: tail.encode_to_vec(),
            header: Vec::new(),
            events: Buffer::default(),
            count: 0,
            batch_id: 1,
        })
    }

    fn key(&self) -> &[u8] {
        self.topic.rsplit('.').next().unwrap_or_default().as_bytes()
    }

    fn push_message(&mut self, event: &proto::MarketEvent) {
        let bytes = event.encode_to_vec();
        self.events.reserve(bytes.len() + 2);
        let start = self.events.open(0x42);
        self.events.put_slice(&bytes);
        self.events.close(start);
        self.count += 1;
    }

    fn write_header(&mut self, sent: UnixNanos) {
        self.header.clear();
        self.header.extend_from_slice(&self.head);
        self.header.push(0x18);
        encode_varint(self.batch_id, &mut self.header);
        self.header.push(0x20);
        encode_varint(u64::from(self.count), &mut self.header);
        if sent.get() != 0 {
            self.header.push(0x29);
            self.header.extend_from_slice(&sent.get().to_le_bytes());
        }
        self.header.extend_from_slice(&self.tail);
    }

    fn encoded(&self) -> EncodedBatch<'_> {
        let events = self.events.as_slice();
        let crc32c = crc32c::crc32c_append(crc32c::crc32c(&self.header), events);
        EncodedBatch { batch: self, events, crc32c }
    }

    fn start_next(&mut self) {
        self.events.clear();
        self.count = 0;
        self.batch_id += 1;
    }
}

/// A finished batch, still in the encoder's memory.
#[derive(Clone, Copy, Debug)]
pub struct EncodedBatch<'a> {
    batch: &'a Batch,
    events: &'a [u8],
    crc32c: u32,
}

#[allow(clippy::len_without_is_empty, reason = "a batch is never empty: it has a header and a trailer")]
impl EncodedBatch<'_> {
    /// Returns the routing key.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.batch.topic
    }

    /// Returns the message key: the topic's last token.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        self.batch.key()
    }

    /// Returns the type of all its events.
    #[must_use]
    pub fn event_type(&self) -> EventType {
        self.batch.event_type
    }

    /// Returns the number of events.
    #[must_use]
    pub fn event_count(&self) -> u32 {
        self.batch.count
    }

    /// Returns the batch's number, counted from 1 for each encoder.
    #[must_use]
    pub fn batch_id(&self) -> u64 {
        self.batch.batch_id
    }

    /// Returns the checksum of every byte before its own field.
    #[must_use]
    pub fn crc32c(&self) -> u32 {
        self.crc32c
    }

    /// Returns the length of the value in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.batch.header.len() + self.events.len() + TRAILER_LENGTH
    }

    /// Writes the value. `target` must have [`Self::len`] bytes; of a shorter one the part that does
    /// not fit is left out.
    pub fn write_to(&self, target: &mut [u8]) {
        debug_assert_eq!(target.len(), self.len());
        let crc = self.crc32c.to_le_bytes();
        let parts = [&self.batch.header, self.events, &[CRC_TAG][..], &crc];
        let mut rest = target;
        for part in parts {
            let Some((slot, after)) = rest.split_at_mut_checked(part.len()) else { return };
            slot.copy_from_slice(part);
            rest = after;
        }
    }

    /// Returns the value as a new vector.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut value = vec![0; self.len()];
        self.write_to(&mut value);
        value
    }
}
