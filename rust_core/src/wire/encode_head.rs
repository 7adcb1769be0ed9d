//! The fields that events of all types share, byte for byte what prost would write.

use super::writer::{Buffer, low_byte, varint_length};
use crate::model::{EventHead, IssueSet, RawMetadata};

/// Most bytes that [`usual_length`] may be short of for a head without metadata: the event's length 7,
/// issues 130, lengths of native id and frame. Rounded up.
const MAX_BEYOND_USUAL: usize = 160;
/// The same for one metadata entry: three lengths of more than one byte.
const MAX_BEYOND_ENTRY: usize = 16;

/// Returns the number of bytes before the payload of an event without issues and with texts shorter than
/// 128 bytes.
#[inline]
pub(super) fn usual_length(head: &EventHead<'_>, native_id: usize) -> usize {
    let times = [head.timestamp, head.received, head.published];
    let times = times.iter().flatten().count() * 9;
    let entries: usize = head
        .metadata
        .iter()
        .map(|(key, text)| 6 + key.len() + text.len())
        .sum();
    22 + native_id + times + entries + head.raw.map_or(0, <[u8]>::len)
}

/// Makes room for an event whose fields before the payload have `usual` bytes, see [`usual_length`], and
/// whose payload has at most `payload`.
#[inline]
pub(super) fn reserve_event(out: &mut Buffer, head: &EventHead<'_>, usual: usize, payload: usize) {
    let beyond = MAX_BEYOND_USUAL + MAX_BEYOND_ENTRY * head.metadata.len();
    out.reserve(usual + beyond + payload);
}

/// Writes the fields before the payload; `put_native_id` writes field 2.
#[inline]
pub(super) fn put_head(
    out: &mut Buffer,
    head: &EventHead<'_>,
    put_native_id: impl FnOnce(&mut Buffer),
) {
    put_identity(out, head, put_native_id);
    put_entries(out, head.metadata);
    put_raw(out, head.raw);
}

/// Writes ids, times and quality; `put_native_id` writes field 2.
#[inline]
pub(super) fn put_identity(
    out: &mut Buffer,
    head: &EventHead<'_>,
    put_native_id: impl FnOnce(&mut Buffer),
) {
    out.put([0x0a, 16], 2);
    out.put(*head.event_id.as_bytes(), 16);
    put_native_id(out);
    let times = [
        (0x19, head.timestamp),
        (0x21, head.received),
        (0x29, head.published),
    ];
    for (tag, time) in times {
        if let Some(time) = time {
            out.put_fixed64(tag, time.get());
        }
    }
    put_quality(out, head.issues);
}

/// The metadata; the caller has them ascend by key.
#[inline]
pub(super) fn put_entries(out: &mut Buffer, entries: &[RawMetadata<'_>]) {
    for (key, text) in entries {
        put_entry(out, key.as_bytes(), text);
    }
}

/// The grade and, packed, the issues' numbers; each is below 128 and takes one byte.
#[inline]
fn put_quality(out: &mut Buffer, issues: IssueSet) {
    out.put([0x30, issues.quality().number()], 2);
    if !issues.is_empty() {
        let start = out.open(0x3a);
        for number in issues.numbers() {
            out.put([number], 1);
        }
        out.close(start);
    }
}

/// One entry of the metadata. Keys and values that are empty are their field's default.
#[inline]
pub(super) fn put_entry(out: &mut Buffer, key: &[u8], text: &[u8]) {
    let length = text_length(key) + text_length(text);
    out.put([0x42], 1);
    out.put_varint(length as u64);
    put_text(out, 0x0a, key);
    put_text(out, 0x12, text);
}

/// Empty bytes are the field's default and are not written.
pub(super) fn put_raw(out: &mut Buffer, raw: Option<&[u8]>) {
    if let Some(raw) = raw {
        put_text(out, 0x4a, raw);
    }
}

/// Empty text is the field's default and is not written.
#[inline]
pub(super) fn put_text(out: &mut Buffer, tag: u8, text: &[u8]) {
    if text.is_empty() {
        return;
    }
    if text.len() < 0x80 {
        out.put([tag, low_byte(text.len() as u64)], 2);
    } else {
        out.put([tag], 1);
        out.put_varint(text.len() as u64);
    }
    out.put_slice(text);
}

fn text_length(text: &[u8]) -> usize {
    match text.len() {
        0 => 0,
        length => 1 + varint_length(length as u64) + length,
    }
}
