//! Stage 2, field validity: ids, decimals and times in their grammar and within their bounds.

use super::s1_structure::{Refusal, Structured};
use super::settings::TimeUnit;
use super::short_text::is_same;
use crate::model::{
    Decimal, DecimalError, IssueCode, IssueSet, RawField, RawTrade, UnixNanos, parse_u64,
};

/// 2009-01-01T00:00:00Z: no exchange traded crypto before it.
const EARLIEST_NS: i64 = 1_230_768_000_000_000_000;
const DAY_NS: u64 = 86_400_000_000_000;
const LONGEST_TIME: usize = 19;

/// A decimal whose text is well-formed and above zero.
#[derive(Clone, Copy, Debug)]
pub(super) enum Amount<'a> {
    /// Read already, as the usual spelling allows.
    Read(Decimal),
    /// To be made exact by stage 4.
    Text(&'a [u8]),
}

/// The fields as values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    pub(super) id: u64,
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
    let id = parse_u64(text.id).ok_or(Refusal::new(IssueCode::Id, raw.id_key))?;
    let price = amount(text.price, "p")?;
    let quantity = amount(text.quantity, "q")?;
    let (time, is_plain) = time(text.time, unit, received, issues)?;
    let published = match raw.published {
        RawField::Missing => None,
        // Most trades are published in the millisecond in which they were made.
        RawField::Number(published) if is_plain && is_same(published, text.time) => Some(time),
        RawField::Number(published) | RawField::Text(published) => plain_time(published, unit),
        _ => None,
    };
    if published.is_none() && raw.published != RawField::Missing {
        issues.insert(IssueCode::PublishedTimeDropped);
    }
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
fn amount<'a>(text: &'a [u8], key: &'static str) -> Result<Amount<'a>, Refusal> {
    match Decimal::parse_short(text) {
        Some(decimal) if decimal.units() > 0 => Ok(Amount::Read(decimal)),
        Some(_) => Err(Refusal::new(IssueCode::Range, key)),
        None => unusual_amount(text, key),
    }
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

/// Returns the time, and whether it came in the connection's unit.
#[inline]
fn time(
    text: &[u8],
    unit: TimeUnit,
    received: Option<UnixNanos>,
    issues: &mut IssueSet,
) -> Result<(UnixNanos, bool), Refusal> {
    let refusal = Refusal::new(IssueCode::Timestamp, "T");
    let count = count_of_units(text).ok_or(refusal)?;
    if let Some(time) = in_bounds(count, unit.nanos()) {
        return Ok((time, true));
    }
    let time = repaired_time(count, unit, received).ok_or(refusal)?;
    issues.insert(IssueCode::TimestampUnit);
    Ok((time, false))
}

#[inline(always)]
fn count_of_units(text: &[u8]) -> Option<u64> {
    if text.len() > LONGEST_TIME {
        None
    } else {
        parse_u64(text)
    }
}

#[inline(always)]
fn plain_time(text: &[u8], unit: TimeUnit) -> Option<UnixNanos> {
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
