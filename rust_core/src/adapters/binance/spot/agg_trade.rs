//! The `<symbol>@aggTrade` stream.

use crate::adapters::Frame;
use crate::adapters::binance::message::{check_event, skip_unknown};
use crate::adapters::binance::stream_name::symbol_of;
use crate::adapters::json::{Cursor, Reader, strip_suffix};
use crate::model::{
    IdForm, JsonType, ProofLevel, RawField, RawTrade, SideForm, TradeKeys, TradeStream,
};

/// The venue counts aggregates of a symbol one by one.
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

/// Reads a frame after `{"e":"aggTrade"` if it has the venue's usual spelling.
#[inline(always)]
pub(super) fn parse_usual<'a>(
    mut cursor: Cursor<'a>,
    stream: Option<&'a [u8]>,
) -> Option<RawTrade<'a>> {
    cursor.expect(b",\"E\":")?;
    let published = cursor.integer()?;
    cursor.expect(b",\"s\":\"")?;
    let symbol = cursor.plain_text()?;
    cursor.expect(b",\"a\":")?;
    let id = cursor.integer()?;
    cursor.expect(b",\"p\":\"")?;
    let price = cursor.decimal_text()?;
    cursor.expect(b",\"q\":\"")?;
    let quantity = cursor.decimal_text()?;
    cursor.expect(b",\"f\":")?;
    let first_id = cursor.integer()?;
    cursor.expect(b",\"l\":")?;
    let last_id = cursor.integer()?;
    cursor.expect(b",\"T\":")?;
    let time = cursor.integer()?;
    cursor.expect(b",\"m\":")?;
    let is_buyer_maker = cursor.boolean()?;
    cursor.expect(b",\"M\":")?;
    cursor.boolean()?;
    cursor.expect(b"}")?;
    let stream_symbol = match stream {
        Some(stream) => {
            cursor.expect(b"}")?;
            Some(strip_suffix(stream, b"@aggTrade")?)
        }
        None => None,
    };
    if !cursor.is_at_end() {
        return None;
    }
    Some(RawTrade {
        stream: &STREAM,
        stream_symbol,
        symbol: RawField::Text(symbol),
        id: RawField::Number(id),
        id_count: RawField::Missing,
        price: RawField::Text(price),
        quantity: RawField::Text(quantity),
        time: RawField::Number(time),
        published: RawField::Number(published),
        side: RawField::Bool(is_buyer_maker),
        first_id: RawField::Number(first_id),
        last_id: RawField::Number(last_id),
        metadata: &[],
        has_byte_order_mark: false,
    })
}

/// Reads a message whose `e` is `aggTrade`.
pub(super) fn read<'a, R: Reader<'a>>(
    stream: Option<&'a [u8]>,
    reader: &mut R,
) -> Result<Frame<'a>, R::Stop> {
    let mut event = RawField::Missing;
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
        b"f" => reader.once(&mut raw.first_id, "f"),
        b"l" => reader.once(&mut raw.last_id, "l"),
        b"T" => reader.once(&mut raw.time, "T"),
        b"m" => reader.once(&mut raw.side, "m"),
        _ => skip_unknown(key, reader),
    })?;
    check_event::<R>(event, b"aggTrade")?;
    Ok(Frame::Trade(raw))
}
