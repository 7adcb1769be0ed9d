//! The `<symbol>@aggTrade` stream: fills of one order at one price within 100 ms.

use super::metadata::metadata;
use crate::adapters::Frame;
use crate::adapters::binance::message::{check_event, skip_unknown};
use crate::adapters::binance::stream_name::symbol_of;
use crate::adapters::json::Reader;
use crate::model::{
    IdForm, JsonType, ProofLevel, RawField, RawTrade, SideForm, TradeKeys, TradeStream,
};

/// The venue counts aggregates of a symbol one by one. Trades of the insurance fund and of automatic
/// deleveraging are in no aggregate, so `f` and `l` may jump.
static STREAM: TradeStream = TradeStream {
    channel: "aggTrade",
    ids: IdForm::Counted,
    gap_proof: ProofLevel::ProvenGap,
    side_form: SideForm::BuyerIsMaker,
    id_type: JsonType::Number,
    time_type: JsonType::Number,
    keys: TradeKeys {
        symbol: "s",
        id: "a",
        price: "p",
        quantity: "q",
        time: "T",
        side: "m",
    },
};

/// Reads a message whose `e` is `aggTrade`.
#[inline(always)]
pub(super) fn read<'a, R: Reader<'a>>(
    stream: Option<&'a [u8]>,
    reader: &mut R,
) -> Result<Frame<'a>, R::Stop> {
    let (mut event, mut normal_quantity) = (RawField::Missing, RawField::Missing);
    let mut raw = RawTrade {
        stream: &STREAM,
        stream_symbol: symbol_of::<R>(stream, b"@aggTrade")?,
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
        b"a" => reader.once(&mut raw.id, "a"),
        b"p" => reader.once(&mut raw.price, "p"),
        b"q" => reader.once(&mut raw.quantity, "q"),
        b"T" => reader.once(&mut raw.time, "T"),
        b"m" => reader.once(&mut raw.side, "m"),
        b"f" => reader.once(&mut raw.first_id, "f"),
        b"l" => reader.once(&mut raw.last_id, "l"),
        b"nq" => reader.once(&mut normal_quantity, "nq"),
        _ => skip_unknown(key, reader),
    })?;
    check_event::<R>(event, b"aggTrade")?;
    if normal_quantity != raw.quantity {
        raw.metadata = metadata(&[("normal_quantity", normal_quantity)], reader.arena());
    }
    Ok(Frame::Trade(raw))
}
