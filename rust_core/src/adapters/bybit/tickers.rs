//! The `tickers` topic of contracts, of which funding is kept.

use crate::adapters::Frame;
use crate::adapters::json::Reader;
use crate::model::{JsonType, RawField, RawFunding};

use super::message::Around;
use super::trades::word;

const NANOS_PER_HOUR: i64 = 3_600_000_000_000;
/// Longer than any interval of the venue.
const HOURS_MAX: i64 = 24 * 366;

/// The object `data`. A delta has the fields that changed, and no others.
#[derive(Clone, Copy)]
pub(super) struct Body<'a> {
    symbol: RawField<'a>,
    rate: RawField<'a>,
    mark_price: RawField<'a>,
    index_price: RawField<'a>,
    next_funding: RawField<'a>,
    interval_hours: RawField<'a>,
}

/// Reads `data`.
#[inline]
pub(super) fn read<'a, R: Reader<'a>>(reader: &mut R) -> Result<Body<'a>, R::Stop> {
    let mut body = Body {
        symbol: RawField::Missing,
        rate: RawField::Missing,
        mark_price: RawField::Missing,
        index_price: RawField::Missing,
        next_funding: RawField::Missing,
        interval_hours: RawField::Missing,
    };
    reader.object("data", |key, reader| match key {
        b"symbol" => reader.once(&mut body.symbol, "symbol"),
        b"fundingRate" => reader.once(&mut body.rate, "fundingRate"),
        b"markPrice" => reader.once(&mut body.mark_price, "markPrice"),
        b"indexPrice" => reader.once(&mut body.index_price, "indexPrice"),
        b"nextFundingTime" => reader.once(&mut body.next_funding, "nextFundingTime"),
        b"fundingIntervalHour" => reader.once(&mut body.interval_hours, "fundingIntervalHour"),
        _ => reader.skip(),
    })?;
    Ok(body)
}

/// Puts a message together.
#[inline]
pub(super) fn finish<'a, R: Reader<'a>>(
    body: Body<'a>,
    around: Around<'a>,
    reader: &R,
) -> Result<Frame<'a>, R::Stop> {
    let state = RawFunding {
        channel: "tickers",
        is_delta: around.is_delta::<R>()?,
        keys: ("symbol", "ts", "fundingRate"),
        time_type: JsonType::Any,
        stream_symbol: Some(around.symbol),
        symbol: body.symbol,
        time: around.time,
        rate: body.rate,
        mark_price: body.mark_price,
        index_price: body.index_price,
        next_funding: body.next_funding,
        interval_ns: interval_ns(body.interval_hours),
        metadata: &[],
        content: around.source,
        has_byte_order_mark: reader.has_byte_order_mark(),
    };
    Ok(Frame::Fundings(reader.arena().alloc_slice_copy(&[state])))
}

fn interval_ns(hours: RawField<'_>) -> Option<i64> {
    let text = core::str::from_utf8(word(hours)?).ok()?;
    let hours: i64 = text.parse().ok()?;
    (1..=HOURS_MAX)
        .contains(&hours)
        .then(|| hours.saturating_mul(NANOS_PER_HOUR))
}
