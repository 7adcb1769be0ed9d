//! Batches: events of one instrument and one type, framed as one `MarketDataBatch`.

use core::marker::PhantomData;

use prost::Message;

use super::encode_book::encode_book;
use super::encode_derivatives::{encode_funding, encode_liquidation};
use super::encode_trade::encode_trade;
use super::generated as proto;
use super::records::{coverage_event, quarantine_event};
use super::topic::{TopicError, topic};
use super::writer::{Buffer, low_byte, short_varint, varint};
use crate::model::{
    BookEvent, Coverage, EventType, FundingEvent, Instrument, LiquidationEvent, Quarantine,
    TradeEvent, UnixNanos,
};

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
/// Most bytes of fields 3 to 5: two varints and a fixed number, each with its tag.
const MAX_VARIABLE_HEADER: usize = 11 + 6 + 9;
/// A batch begins at a multiple of this in its buffer: the checksum is made of such words.
const ALIGNMENT: usize = 8;

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
/// Marks the encoder of order-book messages.
#[derive(Debug)]
pub enum Books {}
/// Marks the encoder of funding states.
#[derive(Debug)]
pub enum Fundings {}
/// Marks the encoder of forced orders.
#[derive(Debug)]
pub enum Liquidations {}
/// Marks the encoder of coverage records.
#[derive(Debug)]
pub enum CoverageRecords {}
/// Marks the encoder of quarantine records.
#[derive(Debug)]
pub enum QuarantineRecords {}

/// Collects trades.
pub type TradeEncoder = BatchEncoder<Trades>;
/// Collects order-book messages.
pub type BookEncoder = BatchEncoder<Books>;
/// Collects funding states.
pub type FundingEncoder = BatchEncoder<Fundings>;
/// Collects forced orders.
pub type LiquidationEncoder = BatchEncoder<Liquidations>;
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
        encode_trade(&mut self.batch.buffer, event);
        self.batch.count += 1;
    }
}

impl BatchEncoder<Books> {
    /// Makes an encoder of order-book messages. `producer` names the running instance.
    ///
    /// # Errors
    /// [`TopicError`] when the instrument has no topic.
    pub fn new(instrument: &Instrument, producer: &str) -> Result<Self, TopicError> {
        Self::of(EventType::OrderBook, instrument, producer)
    }

    /// Adds a message. One with more than [`super::MAX_BOOK_LEVELS`] levels may be too long for a broker.
    #[inline]
    pub fn push(&mut self, event: &BookEvent<'_>) {
        encode_book(&mut self.batch.buffer, event);
        self.batch.count += 1;
    }
}

impl BatchEncoder<Fundings> {
    /// Makes an encoder of funding states. `producer` names the running instance.
    ///
    /// # Errors
    /// [`TopicError`] when the instrument has no topic.
    pub fn new(instrument: &Instrument, producer: &str) -> Result<Self, TopicError> {
        Self::of(EventType::Funding, instrument, producer)
    }

    /// Adds a state.
    #[inline]
    pub fn push(&mut self, event: &FundingEvent<'_>) {
        encode_funding(&mut self.batch.buffer, event);
        self.batch.count += 1;
    }
}

impl BatchEncoder<Liquidations> {
    /// Makes an encoder of forced orders. `producer` names the running instance.
    ///
    /// # Errors
    /// [`TopicError`] when the instrument has no topic.
    pub fn new(instrument: &Instrument, producer: &str) -> Result<Self, TopicError> {
        Self::of(EventType::Liquidation, instrument, producer)
    }

    /// Adds a forced order.
    #[inline]
    pub fn push(&mut self, event: &LiquidationEvent<'_>) {
        encode_liquidation(&mut self.batch.buffer, event);
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
    fn of(
        event_type: EventType,
        instrument: &Instrument,
        producer: &str,
    ) -> Result<Self, TopicError> {
        let batch = Batch::new(event_type, instrument, producer)?;
        Ok(Self {
            batch,
            kind: PhantomData,
        })
    }

    /// Returns the routing key of every batch.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.batch.topic
    }

    /// Returns the message key of every batch: the topic's last token.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.batch.key
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
        self.batch.count >= MAX_BATCH_EVENTS || self.batch.event_bytes() >= MAX_BATCH_BYTES
    }

    /// Finishes the batch, gives it to `emit` and starts the next one. Returns what `emit` returned,
    /// or `None` when there was nothing to flush.
    pub fn flush<R>(
        &mut self,
        sent: UnixNanos,
        emit: impl FnOnce(&EncodedBatch<'_>) -> R,
    ) -> Option<R> {
        if self.is_empty() {
            return None;
        }
        let (start, crc32c) = self.batch.close(sent);
        let value = self
            .batch
            .buffer
            .as_slice()
            .get(start..)
            .unwrap_or_default();
        let result = emit(&EncodedBatch {
            batch: &self.batch,
            value,
            crc32c,
        });
        self.batch.start_next(start);
        Some(result)
    }
}

#[derive(Debug)]
struct Batch {
    event_type: EventType,
    topic: String,
    /// The topic's last token.
    key: Vec<u8>,
    /// Fields 1 and 2, the same in every batch.
    head: Vec<u8>,
    /// Where `head` ends in the buffer; 0 while it is not there.
    head_end: usize,
    /// Where fields 6 and 7 begin, which end at `room` and are the same in every batch.
    header_end: usize,
    /// Room for the header, then the events: a finished batch lies in one piece.
    buffer: Buffer,
    /// Room for the longest header.
    least_room: usize,
    /// Where the events begin: up to `ALIGNMENT` bytes more.
    room: usize,
    count: u32,
    batch_id: u64,
}

impl Batch {
    fn new(
        event_type: EventType,
        instrument: &Instrument,
        producer: &str,
    ) -> Result<Self, TopicError> {
        let topic = topic(
            event_type,
            &instrument.exchange,
            &instrument.market,
            &instrument.raw_symbol,
        )?;
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
        let (head, tail) = (head.encode_to_vec(), tail.encode_to_vec());
        let least_room = MAX_VARIABLE_HEADER + head.len() + tail.len();
        let room = least_room;
        let mut buffer = Buffer::default();
        buffer.restart_at(room);
        let header_end = buffer.put_before(room, &tail);
        Ok(Self {
            event_type,
            key: topic
                .rsplit('.')
                .next()
                .unwrap_or_default()
                .as_bytes()
                .to_vec(),
            topic,
            head_end: 0,
            head,
            header_end,
            buffer,
            least_room,
            room,
            count: 0,
            batch_id: 1,
        })
    }

    fn event_bytes(&self) -> usize {
        self.buffer.len() - self.room
    }

    fn push_message(&mut self, event: &proto::MarketEvent) {
        let bytes = event.encode_to_vec();
        self.buffer.reserve(bytes.len() + 2);
        let start = self.buffer.open(0x42);
        self.buffer.put_slice(&bytes);
        self.buffer.close(start);
        self.count += 1;
    }

    /// Writes the header in front of the events and the checksum behind them. Returns where the value
    /// begins, and the checksum.
    fn close(&mut self, sent: UnixNanos) -> (usize, u32) {
        let start = self
            .put_usual_header(sent)
            .unwrap_or_else(|| self.put_header(sent));
        let crc32c = crc32c::crc32c(self.buffer.as_slice().get(start..).unwrap_or_default());
        self.buffer.reserve(TRAILER_LENGTH);
        let field = u64::from(CRC_TAG) | (u64::from(crc32c) << 8);
        self.buffer.put(field.to_le_bytes(), TRAILER_LENGTH);
        (start, crc32c)
    }

    /// Writes a header with a time and a count of one byte: a few stores, because fields 1 and 2 mostly
    /// are in their place already. `None`, and nothing written that counts, for any other.
    #[inline(always)]
    fn put_usual_header(&mut self, sent: UnixNanos) -> Option<usize> {
        let (id, id_length) = short_varint(self.batch_id)?;
        if self.count >= 0x80 || sent.get() == 0 {
            return None;
        }
        let fields_start = self.header_end - (id_length + 12);
        let fields = self.buffer.written_before(fields_start, self.header_end)?;
        let (tag, number) = fields.split_first_mut()?;
        *tag = 0x18;
        *number.first_chunk_mut()? = id.to_le_bytes();
        let rest: &mut [u8; 11] = fields.last_chunk_mut()?;
        rest[..3].copy_from_slice(&[0x20, low_byte(u64::from(self.count)), 0x29]);
        rest[3..].copy_from_slice(&sent.get().to_le_bytes());
        if self.head_end != fields_start {
            self.buffer.put_before(fields_start, &self.head);
            self.head_end = fields_start;
        }
        Some(fields_start - self.head.len())
    }

    /// Writes any header.
    #[cold]
    fn put_header(&mut self, sent: UnixNanos) -> usize {
        let mut start = self.header_end;
        if sent.get() != 0 {
            start = self.buffer.put_before(start, &sent.get().to_le_bytes());
            start = self.buffer.put_before(start, &[0x29]);
        }
        for (tag, number) in [(0x20, u64::from(self.count)), (0x18, self.batch_id)] {
            let (bytes, length) = varint(number);
            start = self
                .buffer
                .put_before(start, bytes.get(..length).unwrap_or_default());
            start = self.buffer.put_before(start, &[tag]);
        }
        self.head_end = start;
        self.buffer.put_before(start, &self.head)
    }

    /// Makes ready for the batch after the one that begins at byte `start`.
    fn start_next(&mut self, start: usize) {
        // The next header is most likely as long as this one.
        let header_length = self.room - start;
        let room = self.least_room + header_length.wrapping_sub(self.least_room) % ALIGNMENT;
        if room == self.room {
            self.buffer.restart_at(room);
        } else {
            self.move_room(room);
        }
        self.count = 0;
        self.batch_id += 1;
    }

    #[cold]
    fn move_room(&mut self, room: usize) {
        self.buffer.restart_at(room.max(self.room));
        self.head_end = 0;
        self.header_end = self.buffer.move_within(self.header_end..self.room, room);
        self.buffer.restart_at(room);
        self.room = room;
    }
}

/// A finished batch, still in the encoder's memory.
#[derive(Clone, Copy, Debug)]
pub struct EncodedBatch<'a> {
    batch: &'a Batch,
    value: &'a [u8],
    crc32c: u32,
}

impl EncodedBatch<'_> {
    /// Returns the routing key.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.batch.topic
    }

    /// Returns the message key: the topic's last token.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.batch.key
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

    /// Returns the value.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.value
    }
}
