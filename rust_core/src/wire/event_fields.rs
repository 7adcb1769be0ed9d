//! The fields that events of all types share.

use super::DecodeError;
use super::reader::{Reader, Value, enum_number, once};
use crate::model::EventType;

/// Most issues and most metadata entries of one event.
const MAX_ENTRIES: usize = 256;

/// The fields of one `MarketEvent`; the payload is not read yet. Borrows from the batch.
#[derive(Debug, Default)]
pub(super) struct EventFields<'a> {
    pub(super) event_id: Option<&'a [u8]>,
    pub(super) native_id: Option<&'a str>,
    pub(super) timestamp_ns: Option<i64>,
    pub(super) received_ns: Option<i64>,
    pub(super) published_ns: Option<i64>,
    pub(super) quality: Option<i32>,
    pub(super) issues: Vec<i32>,
    /// Keys are distinct: as in every protobuf map the last value wins.
    pub(super) metadata: Vec<(&'a str, &'a str)>,
    pub(super) raw: Option<&'a [u8]>,
    payload: Option<(u32, &'a [u8])>,
}

impl<'a> EventFields<'a> {
    /// Reads an event in place of the one before; the lists' memory is used again.
    #[inline]
    pub(super) fn read(&mut self, bytes: &'a [u8]) -> Result<(), DecodeError> {
        let (mut issues, mut metadata) = (
            core::mem::take(&mut self.issues),
            core::mem::take(&mut self.metadata),
        );
        issues.clear();
        metadata.clear();
        *self = Self {
            issues,
            metadata,
            ..Self::default()
        };
        let mut reader = Reader::new(self.read_usual(bytes));
        while let Some((number, value)) = reader.next()? {
            self.read_field(number, value)?;
        }
        Ok(())
    }

    /// Reads the fields that nearly every event begins with, as far as they are in their usual order and
    /// shape, and returns the bytes from the first other field on.
    #[inline]
    fn read_usual(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let mut rest = bytes;
        if let [0x0a, 16, tail @ ..] = rest
            && let Some((event_id, tail)) = tail.split_at_checked(16)
        {
            self.event_id = Some(event_id);
            rest = tail;
        }
        if let [0x12, length @ ..0x80, tail @ ..] = rest
            && let Some((text, tail)) = tail.split_at_checked(usize::from(*length))
            && let Ok(text) = core::str::from_utf8(text)
        {
            self.native_id = Some(text);
            rest = tail;
        }
        rest = usual_time(0x19, rest, &mut self.timestamp_ns);
        rest = usual_time(0x21, rest, &mut self.received_ns);
        rest = usual_time(0x29, rest, &mut self.published_ns);
        if let [0x30, quality @ ..0x80, tail @ ..] = rest {
            self.quality = Some(i32::from(*quality));
            rest = tail;
        }
        rest
    }

    #[inline]
    fn read_field(&mut self, number: u32, value: Value<'a>) -> Result<(), DecodeError> {
        match number {
            1 => once(&mut self.event_id, "event_id", value.bytes("event_id")?),
            2 => once(&mut self.native_id, "native_id", value.text("native_id")?),
            3 => once(
                &mut self.timestamp_ns,
                "timestamp_ns",
                value.sfixed64("timestamp_ns")?,
            ),
            4 => once(
                &mut self.received_ns,
                "received_ns",
                value.sfixed64("received_ns")?,
            ),
            5 => once(
                &mut self.published_ns,
                "published_ns",
                value.sfixed64("published_ns")?,
            ),
            6 => once(&mut self.quality, "quality", value.enumeration("quality")?),
            7 => self.read_issues(value),
            8 => self.read_metadata(value.bytes("metadata")?),
            9 => once(&mut self.raw, "raw", value.bytes("raw")?),
            10..=15 => {
                let payload = value.bytes("payload")?;
                match self.payload.replace((number, payload)) {
                    None => Ok(()),
                    Some(_) => Err(DecodeError::TwoPayloads),
                }
            }
            _ => Ok(()),
        }
    }

    /// Returns the payload's bytes.
    pub(super) fn payload(&self, event_type: EventType) -> Result<&'a [u8], DecodeError> {
        let (number, bytes) = self
            .payload
            .ok_or(DecodeError::Missing { field: "payload" })?;
        let arm = |known: &EventType| u32::from(known.number()) + 9 == number;
        match EventType::ALL.iter().find(|known| arm(known)) {
            Some(found) if *found == event_type => Ok(bytes),
            found => Err(DecodeError::Payload {
                expected: event_type.name(),
                found: found.map_or("unknown", |found| found.name()),
            }),
        }
    }

    /// Packed, or one by one as old writers do.
    fn read_issues(&mut self, value: Value<'a>) -> Result<(), DecodeError> {
        if let Value::Bytes(packed) = value {
            let mut reader = Reader::new(packed);
            while !reader.is_empty() {
                let number = enum_number(reader.varint()?, "issues")?;
                self.push_issue(number)?;
            }
            return Ok(());
        }
        self.push_issue(value.enumeration("issues")?)
    }

    fn push_issue(&mut self, number: i32) -> Result<(), DecodeError> {
        self.issues.push(number);
        within_limit("issues", self.issues.len())
    }

    fn read_metadata(&mut self, entry: &'a [u8]) -> Result<(), DecodeError> {
        let (mut key, mut text) = (None, None);
        let mut reader = Reader::new(entry);
        while let Some((number, value)) = reader.next()? {
            match number {
                1 => once(&mut key, "metadata key", value.text("metadata key")?)?,
                2 => once(&mut text, "metadata value", value.text("metadata value")?)?,
                _ => {}
            }
        }
        let (key, text) = (key.unwrap_or_default(), text.unwrap_or_default());
        match self.metadata.iter_mut().find(|(known, _)| *known == key) {
            Some(entry) => entry.1 = text,
            None => self.metadata.push((key, text)),
        }
        within_limit("metadata", self.metadata.len())
    }
}

#[inline(always)]
fn usual_time<'a>(tag: u8, bytes: &'a [u8], slot: &mut Option<i64>) -> &'a [u8] {
    match bytes.split_first_chunk::<9>() {
        Some(([found, time @ ..], rest)) if *found == tag => {
            *slot = Some(i64::from_le_bytes(*time));
            rest
        }
        _ => bytes,
    }
}

fn within_limit(field: &'static str, length: usize) -> Result<(), DecodeError> {
    if length <= MAX_ENTRIES {
        Ok(())
    } else {
        Err(DecodeError::Length {
            field,
            length,
            allowed: "up to 256",
        })
    }
}
