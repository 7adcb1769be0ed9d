//! Stage 2, field validity: ids, decimals and times in their grammar and within their bounds.

use xxhash_rust::xxh3::xxh3_64;

use super::s1_structure::{Refusal, Structured};
use super::settings::TimeUnit;
use super::short_text::is_same;
use crate::model::{
    Decimal, DecimalError, IdForm, IssueCode, IssueSet, RawField, RawTrade, UnixNanos, parse_u64,
};

/// 2009-01-01T00:00:00Z: no exchange traded crypto before it.
const EARLIEST_NS: i64 = 1_230_768_000_000_000_000;
const DAY_NS: u64 = 86_400_000_000_000;
const LONGEST_TIME: usize = 19;
/// Most bytes of an id that is text.
const LONGEST_ID: usize = 128;

/// A decimal whose text is well-formed and above zero.
#[derive(Clone, Copy, Debug)]
pub(super) enum Amount<'a> {
    /// Read already, as the usual spelling allows.
    Read(Decimal),
    /// To be made exact by stage 4.
    Text(&'a [u8]),
}

/// A trade's id as a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct TradeId<'a> {
    /// The id, or 64 bits made from its text.
    pub(super) number: u64,
    /// The event stands for the ids from here to `number`.
    pub(super) first: u64,
    /// The id where it is no number.
    pub(super) text: Option<&'a [u8]>,
}

/// The fields of a trade as values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    pub(super) id: TradeId<'a>,
    pub(super) price: Amount<'a>,
    pub(super) quantity: Amount<'a>,
    pub(super) time: UnixNanos,
    pub(super) published: Option<UnixNanos>,
    pub(super) trade_id_range: Option<(u64, u64)>,
}

/// Checks the fields in the order id, price, quantity, time, published, first and last id.
#[inline]
pub(super) fn check<'a>(
    raw: &RawTrade<'a>,
    text: &Structured<'a>,
    unit: TimeUnit,
    received: Option<UnixNanos>,
    issues: &mut IssueSet,
) -> Result<Fields<'a>, Refusal> {
    let keys = &raw.stream.keys;
    let id = trade_id(raw, text.id)?;
    let price = amount(text.price, keys.price)?;
    let quantity = amount(text.quantity, keys.quantity)?;
    let time = time(text.time, keys.time, unit, received, issues)?;
    let published = match raw.published {
        // Most trades are published in the millisecond in which they were made.
        RawField::Number(published) if issues.is_empty() && is_same(published, text.time) => {
            Some(time)
        }
        field => published(field, unit, issues),
    };
    let trade_id_range = match (raw.first_id, raw.last_id) {
        (RawField::Number(first), RawField::Number(last)) => parse_u64(first).zip(parse_u64(last)),
        _ => None,
    };
    Ok(Fields {
        id,
        price,
        quantity,
        time,
        published,
        trade_id_range,
    })
}

#[inline]
fn trade_id<'a>(raw: &RawTrade<'a>, text: &'a [u8]) -> Result<TradeId<'a>, Refusal> {
    let number = parse_u64(text);
    let number = match raw.stream.ids {
        IdForm::Text if number.is_none() => return text_id(raw, text),
        _ => number.ok_or(Refusal::new(IssueCode::Id, raw.stream.keys.id))?,
    };
    let first = match raw.id_count {
        RawField::Missing => number,
        count => first_id(number, count)?,
    };
    Ok(TradeId {
        number,
        first,
        text: None,
    })
}

#[inline(never)]
fn text_id<'a>(raw: &RawTrade<'a>, text: &'a [u8]) -> Result<TradeId<'a>, Refusal> {
    if !(1..=LONGEST_ID).contains(&text.len()) {
        return Err(Refusal::new(IssueCode::Id, raw.stream.keys.id));
    }
    let number = xxh3_64(text);
    Ok(TradeId {
        number,
        first: number,
        text: Some(text),
    })
}

#[inline(never)]
fn first_id(last: u64, count: RawField<'_>) -> Result<u64, Refusal> {
    let count = match count {
        RawField::Number(text) | RawField::Text(text) => parse_u64(text),
        _ => None,
    };
    count
        .and_then(|count| last.checked_sub(count.checked_sub(1)?))
        .ok_or(Refusal::new(IssueCode::Id, "count"))
}

/// Reads an update id: an integer of 64 bits, -1 included where `lowest` says so.
#[inline]
pub(super) fn update_id(text: &[u8], lowest: i64, key: &'static str) -> Result<i64, Refusal> {
    let id = match text {
        b"-1" => Some(-1),
        _ => parse_u64(text).and_then(|id| i64::try_from(id).ok()),
    };
    id.filter(|id| *id >= lowest)
        .ok_or(Refusal::new(IssueCode::Id, key))
}

/// Reads an amount above zero in its grammar.
#[inline]
pub(super) fn amount<'a>(text: &'a [u8], key: &'static str) -> Result<Amount<'a>, Refusal> {
    match Decimal::parse_short(text) {
        Some(decimal) if decimal.units() > 0 => Ok(Amount::Read(decimal)),
        Some(_) => Err(Refusal::new(IssueCode::Range, key)),
        None => unusual_amount(text, key),
    }
}

/// Reads an amount of zero or more in its grammar.
#[inline]
pub(super) fn amount_or_zero<'a>(text: &'a [u8], key: &'static str) -> Result<Amount<'a>, Refusal> {
    match Decimal::parse_short(text) {
        Some(decimal) => Ok(Amount::Read(decimal)),
        None if Decimal::parse(text) == Ok(Decimal::ZERO) => Ok(Amount::Read(Decimal::ZERO)),
        None => unusual_amount(text, key),
    }
}

/// Reads a number of either sign, or zero, in its grammar.
#[inline]
pub(super) fn signed_amount<'a>(text: &'a [u8], key: &'static str) -> Result<Amount<'a>, Refusal> {
    match Decimal::parse_short(text) {
        Some(decimal) => Ok(Amount::Read(decimal)),
        None if Decimal::parse(text) == Err(DecimalError::Syntax) => {
            Err(Refusal::new(IssueCode::DecimalSyntax, key))
        }
        None => Ok(Amount::Text(text)),
    }
}

/// Reads a publishing time; one that is unusable is left out and remarked.
#[inline]
pub(super) fn published(
    field: RawField<'_>,
    unit: TimeUnit,
    issues: &mut IssueSet,
) -> Option<UnixNanos> {
    let published = match field {
        RawField::Missing => return None,
        RawField::Number(text) | RawField::Text(text) => plain_time(text, unit),
        _ => None,
    };
    if published.is_none() {
        issues.insert(IssueCode::PublishedTimeDropped);
    }
    published
}

#[cold]
fn unusual_amount<'a>(text: &'a [u8], key: &'static str) -> Result<Amount<'a>, Refusal> {
    match Decimal::parse(text) {
        Err(DecimalError::Syntax) => Err(Refusal::new(IssueCode::DecimalSyntax, key)),
        Ok(Decimal::ZERO) => Err(Refusal::new(IssueCode::Range, key)),
        _ if text.starts_with(b"-") => Err(Refusal::new(IssueCode::Range, key)),
        _ => Ok(Amount::Text(text)),
    }
}

/// Reads the time of an event; a wrong unit is repaired where the receive time bears it out.
#[inline]
pub(super) fn time(
    text: &[u8],
    key: &'static str,
    unit: TimeUnit,
    received: Option<UnixNanos>,
    issues: &mut IssueSet,
) -> Result<UnixNanos, Refusal> {
    let refusal = Refusal::new(IssueCode::Timestamp, key);
    let count = count_of_units(text).ok_or(refusal)?;
    if let Some(time) = in_bounds(count, unit.nanos()) {
        return Ok(time);
    }
    let time = repaired_time(count, unit, received).ok_or(refusal)?;
    issues.insert(IssueCode::TimestampUnit);
    Ok(time)
}

#[inline(always)]
fn count_of_units(text: &[u8]) -> Option<u64> {
    if text.len() > LONGEST_TIME {
        None
    } else {
        parse_u64(text)
    }
}

/// Reads a time in `unit` without any repair.
#[inline(always)]
pub(super) fn plain_time(text: &[u8], unit: TimeUnit) -> Option<UnixNanos> {
    in_bounds(count_of_units(text)?, unit.nanos())
}

#[inline(always)]
fn in_bounds(count: u64, unit_ns: u64) -> Option<UnixNanos> {
    let nanos = i64::try_from(count.checked_mul(unit_ns)?).ok()?;
    (nanos >= EARLIEST_NS).then_some(UnixNanos::new(nanos))
}

/// Tries the unit 1,000 times finer, then 1,000 times coarser; the receive time must bear it out.
#[cold]
fn repaired_time(count: u64, unit: TimeUnit, received: Option<UnixNanos>) -> Option<UnixNanos> {
    let received = received?;
    [unit.nanos() / 1_000, unit.nanos() * 1_000]
        .into_iter()
        .find_map(|unit_ns| {
            in_bounds(count, unit_ns).filter(|time| time.get().abs_diff(received.get()) <= DAY_NS)
        })
}
