//! Trades in the shape that nearly all have on the wire.
//!
//! A trade with its fields in their usual order, each at most once and nothing else beside them is read
//! without a loop over fields. Every other one takes the long way, which reads the same and says what is
//! wrong with it.

use super::decode_decimal::read_usual;

/// What events of all types share, when they have neither issues nor metadata nor raw bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct UsualHead<'a> {
    pub(super) event_id: &'a [u8; 16],
    pub(super) timestamp_ns: i64,
    pub(super) received_ns: Option<i64>,
    pub(super) published_ns: Option<i64>,
    pub(super) quality: i32,
}

/// Most native ids are numbers, and no longer.
pub(super) const NATIVE_BLOCK: usize = 16;

#[derive(Clone, Copy, Debug)]
pub(super) struct UsualTrade<'a> {
    pub(super) head: UsualHead<'a>,
    /// ASCII; empty when the venue has none.
    pub(super) native_id: &'a [u8],
    /// The bytes from the native id on, however long it is.
    pub(super) native_block: &'a [u8; NATIVE_BLOCK],
    pub(super) price: i128,
    pub(super) quantity: i128,
    pub(super) side: i32,
}

impl<'a> UsualTrade<'a> {
    /// Returns `None` when the trade has another shape, be it right or wrong.
    #[inline(always)]
    pub(super) fn read(event: &'a [u8]) -> Option<Self> {
        let [0x0a, 16, rest @ ..] = event else {
            return None;
        };
        let (event_id, rest) = rest.split_first_chunk::<16>()?;
        let native_block = rest.get(2..)?.first_chunk()?;
        let (native_id, rest) = short_bytes(0x12, rest).unwrap_or((&[], rest));
        if !native_id.is_ascii() {
            return None;
        }
        let (timestamp_ns, rest) = time(0x19, rest);
        let (received_ns, rest) = time(0x21, rest);
        let (published_ns, rest) = time(0x29, rest);
        let (quality, rest) = number(0x30, rest);
        let (price, quantity, side) = payload(rest)?;
        Some(Self {
            head: UsualHead {
                event_id,
                timestamp_ns: timestamp_ns?,
                received_ns,
                published_ns,
                quality,
            },
            native_id,
            native_block,
            price,
            quantity,
            side,
        })
    }
}

/// Reads the trade, which must be the last of the event.
#[inline(always)]
fn payload(rest: &[u8]) -> Option<(i128, i128, i32)> {
    let (payload, []) = short_bytes(0x52, rest)? else {
        return None;
    };
    let (price, rest) = decimal(0x0a, payload)?;
    let (quantity, rest) = decimal(0x12, rest)?;
    let (side, []) = number(0x18, rest) else {
        return None;
    };
    Some((price, quantity, side))
}

#[inline(always)]
fn decimal(tag: u8, bytes: &[u8]) -> Option<(i128, &[u8])> {
    let (decimal, rest) = short_bytes(tag, bytes)?;
    Some((read_usual(decimal, bytes.get(2..)?)?, rest))
}

/// Takes a field of at most 127 bytes.
#[inline(always)]
fn short_bytes(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    match bytes {
        [found, length @ ..0x80, rest @ ..] if *found == tag => {
            rest.split_at_checked(usize::from(*length))
        }
        _ => None,
    }
}

/// Takes a field of eight bytes if it is there.
#[inline(always)]
fn time(tag: u8, bytes: &[u8]) -> (Option<i64>, &[u8]) {
    match bytes.split_first_chunk::<9>() {
        Some(([found, time @ ..], rest)) if *found == tag => {
            (Some(i64::from_le_bytes(*time)), rest)
        }
        _ => (None, bytes),
    }
}

/// Takes a number below 128; 0 when it is not there.
#[inline(always)]
fn number(tag: u8, bytes: &[u8]) -> (i32, &[u8]) {
    match bytes {
        [found, number @ ..0x80, rest @ ..] if *found == tag => (i32::from(*number), rest),
        _ => (0, bytes),
    }
}
