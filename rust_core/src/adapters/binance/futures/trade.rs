//! The `<symbol>@trade` stream.

use super::metadata::metadata;
use crate::adapters::Frame;
use crate::adapters::binance::message::{check_event, skip_unknown};
use crate::adapters::binance::stream_name::symbol_of;
use crate::adapters::json::Reader;
use crate::model::{
    IdForm, JsonType, ProofLevel, RawField, RawTrade, SideForm, TradeKeys, TradeStream,
};

/// The venue does not document this channel; its ids are contiguous in every recording.
static STREAM: TradeStream = TradeStream {
    channel: "trade",
    ids: IdForm::Counted,
    gap_proof: ProofLevel::Inferred,
    side_form: SideForm::BuyerIsMaker,
    id_type: JsonType::Number,
    time_type: JsonType::Number,
    keys: TradeKeys {
        symbol: "s",
        id: "t",
        price: "p",
        quantity: "q",
        time: "T",
        side: "m",
    },
};

/// Reads a message whose `e` is `trade`.
#[inline(always)]
pub(super) fn read<'a, R: Reader<'a>>(
    stream: Option<&'a [u8]>,
    reader: &mut R,
) -> Result<Frame<'a>, R::Stop> {
    let (mut event, mut order_type) = (RawField::Missing, RawField::Missing);
    let mut raw = RawTrade {
        stream: &STREAM,
        stream_symbol: symbol_of::<R>(stream, b"@trade")?,
        symbol: RawField::Missing,
        id: RawField::Missing,
        id_count: RawField::Missing,
        price: RawField::Missing,
        quantity: RawField::Missing,
        time: RawField::Missing,
        published: RawField::Missing,
        side: RawField::Missing,
        first_id: RawField::Missing,
        last_id: RawField::Missing,
        metadata: &[],
        has_byte_order_mark: reader.has_byte_order_mark(),
    };
    reader.object("$", |key, reader| match key {
        b"e" => reader.once(&mut event, "e"),
        b"E" => reader.once(&mut raw.published, "E"),
        b"s" => reader.once(&mut raw.symbol, "s"),
        b"t" => reader.once(&mut raw.id, "t"),
        b"p" => reader.once(&mut raw.price, "p"),
        b"q" => reader.once(&mut raw.quantity, "q"),
        b"T" => reader.once(&mut raw.time, "T"),
        b"m" => reader.once(&mut raw.side, "m"),
        b"X" => reader.once(&mut order_type, "X"),
        _ => skip_unknown(key, reader),
    })?;
    check_event::<R>(event, b"trade")?;
    if order_type != RawField::Text(b"MARKET") {
        raw.metadata = metadata(&[("order_type", order_type)], reader.arena());
    }
    Ok(Frame::Trade(raw))
}
