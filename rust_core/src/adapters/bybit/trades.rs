//! The `publicTrade` topic.

use bumpalo::collections::Vec as ArenaVec;

use crate::adapters::Frame;
use crate::adapters::json::Reader;
use crate::model::{
    IdForm, JsonType, ProofLevel, RawField, RawTrade, SideForm, TradeKeys, TradeStream,
};

const fn stream(ids: IdForm) -> TradeStream {
    TradeStream {
        channel: "publicTrade",
        ids,
        gap_proof: ProofLevel::Unverifiable,
        side_form: SideForm::Taker,
        id_type: JsonType::Text,
        time_type: JsonType::Number,
        keys: TradeKeys {
            symbol: "s",
            id: "i",
            price: "p",
            quantity: "v",
            time: "T",
            side: "S",
        },
    }
}

/// Ids are digits and grow, with holes.
pub(super) static SPOT: TradeStream = stream(IdForm::Growing);
/// Ids are UUIDs.
pub(super) static CONTRACTS: TradeStream = stream(IdForm::Text);

/// Reads `data`.
#[inline]
pub(super) fn read<'a, R: Reader<'a>>(
    stream: &'static TradeStream,
    stream_symbol: &'a [u8],
    published: RawField<'a>,
    reader: &mut R,
) -> Result<Frame<'a>, R::Stop> {
    let trades = reader.list("data", |reader| {
        let trade = RawTrade {
            stream,
            stream_symbol: Some(stream_symbol),
            symbol: RawField::Missing,
            id: RawField::Missing,
            id_count: RawField::Missing,
            price: RawField::Missing,
            quantity: RawField::Missing,
            time: RawField::Missing,
            published,
            side: RawField::Missing,
            first_id: RawField::Missing,
            last_id: RawField::Missing,
            metadata: &[],
            has_byte_order_mark: reader.has_byte_order_mark(),
        };
        read_trade(trade, reader)
    })?;
    Ok(Frame::Trades(trades))
}

#[inline]
fn read_trade<'a, R: Reader<'a>>(
    mut trade: RawTrade<'a>,
    reader: &mut R,
) -> Result<RawTrade<'a>, R::Stop> {
    let mut is_block = RawField::Missing;
    let mut is_retail = RawField::Missing;
    let mut sequence = RawField::Missing;
    reader.object("data", |key, reader| match key {
        b"T" => reader.once(&mut trade.time, "T"),
        b"s" => reader.once(&mut trade.symbol, "s"),
        b"S" => reader.once(&mut trade.side, "S"),
        b"v" => reader.once(&mut trade.quantity, "v"),
        b"p" => reader.once(&mut trade.price, "p"),
        b"i" => reader.once(&mut trade.id, "i"),
        b"BT" => reader.once(&mut is_block, "BT"),
        b"RPI" => reader.once(&mut is_retail, "RPI"),
        b"seq" => reader.once(&mut sequence, "seq"),
        _ => reader.skip(),
    })?;
    let kept = [
        ("block_trade", truth(is_block)),
        ("rpi", truth(is_retail)),
        ("seq", word(sequence)),
    ];
    if kept.iter().any(|(_, value)| value.is_some()) {
        let mut metadata = ArenaVec::with_capacity_in(kept.len(), reader.arena());
        metadata.extend(
            kept.into_iter()
                .filter_map(|(key, value)| Some((key, value?))),
        );
        trade.metadata = metadata.into_bump_slice();
    }
    Ok(trade)
}

fn truth(field: RawField<'_>) -> Option<&'static [u8]> {
    matches!(field, RawField::Bool(true)).then_some(b"true")
}

/// Returns the text of a string or a number that says something.
#[inline]
pub(super) fn word(field: RawField<'_>) -> Option<&[u8]> {
    match field {
        RawField::Text(text) | RawField::Number(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}
