//! The `funding-rate` channel.

use bumpalo::collections::Vec as ArenaVec;

use crate::adapters::Frame;
use crate::adapters::json::Reader;
use crate::model::{JsonType, RawField, RawFunding};

use super::trades::word;

const CHANNEL: &str = "funding-rate";
/// Its name in `arg`.
pub(super) const CHANNEL_KEY: &[u8] = CHANNEL.as_bytes();

const NANOS_PER_MILLI: i64 = 1_000_000;

/// Reads `data`.
pub(super) fn read<'a, R: Reader<'a>>(
    stream_symbol: Option<&'a [u8]>,
    reader: &mut R,
) -> Result<Frame<'a>, R::Stop> {
    let states = reader.list("data", |reader| read_state(stream_symbol, reader))?;
    Ok(Frame::Fundings(states))
}

/// The rate is that of the interval that ends at `fundingTime`; the one after it ends at
/// `nextFundingTime`, so the two are an interval apart.
fn read_state<'a, R: Reader<'a>>(
    stream_symbol: Option<&'a [u8]>,
    reader: &mut R,
) -> Result<RawFunding<'a>, R::Stop> {
    let mut state = RawFunding {
        channel: CHANNEL,
        is_delta: false,
        keys: ("instId", "ts", "fundingRate"),
        time_type: JsonType::Text,
        stream_symbol,
        symbol: RawField::Missing,
        time: RawField::Missing,
        rate: RawField::Missing,
        mark_price: RawField::Missing,
        index_price: RawField::Missing,
        next_funding: RawField::Missing,
        interval_ns: None,
        metadata: &[],
        content: &[],
        has_byte_order_mark: reader.has_byte_order_mark(),
    };
    let mut after_next = RawField::Missing;
    // Ascending by key.
    let mut extra = [
        ("method", RawField::Missing),
        ("nextFundingRate", RawField::Missing),
        ("premium", RawField::Missing),
        ("settFundingRate", RawField::Missing),
        ("settState", RawField::Missing),
    ];
    let ((), content) = reader.with_source(|reader| {
        reader.object("data", |key, reader| match key {
            b"instId" => reader.once(&mut state.symbol, "instId"),
            b"ts" => reader.once(&mut state.time, "ts"),
            b"fundingRate" => reader.once(&mut state.rate, "fundingRate"),
            b"fundingTime" => reader.once(&mut state.next_funding, "fundingTime"),
            b"nextFundingTime" => reader.once(&mut after_next, "nextFundingTime"),
            _ => match extra.iter_mut().find(|(name, _)| name.as_bytes() == key) {
                Some((name, slot)) => reader.once(slot, name),
                None => reader.skip(),
            },
        })
    })?;
    let mut metadata = ArenaVec::new_in(reader.arena());
    metadata.extend(
        extra
            .into_iter()
            .filter_map(|(key, value)| Some((key, word(value)?))),
    );
    state.metadata = metadata.into_bump_slice();
    state.interval_ns = interval_ns(state.next_funding, after_next);
    state.content = content;
    Ok(state)
}

/// Returns the time between two settlements, if the second is after the first.
fn interval_ns(next: RawField<'_>, after_next: RawField<'_>) -> Option<i64> {
    let interval = milliseconds(after_next)?.checked_sub(milliseconds(next)?)?;
    interval
        .checked_mul(NANOS_PER_MILLI)
        .filter(|nanos| *nanos > 0)
}

fn milliseconds(field: RawField<'_>) -> Option<i64> {
    let text = core::str::from_utf8(word(field)?).ok()?;
    text.parse().ok().filter(|time| *time > 0)
}
