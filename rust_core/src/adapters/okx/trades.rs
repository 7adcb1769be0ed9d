//! The `trades` and `trades-all` channels.

use bumpalo::collections::Vec as ArenaVec;

use crate::adapters::Frame;
use crate::adapters::json::Reader;
use crate::model::{
    IdForm, JsonType, ProofLevel, RawField, RawTrade, SideForm, TradeKeys, TradeStream,
};

const KEYS: TradeKeys = TradeKeys {
    symbol: "instId",
    id: "tradeId",
    price: "px",
    quantity: "sz",
    time: "ts",
    side: "side",
};

/// Fills of one taker order at one price come as one event, whose id is that of the last fill and whose
/// `count` says how many there are. So counted, ids are contiguous in every recording; the venue does
/// not promise it.
pub(super) static TRADES: TradeStream = TradeStream {
    channel: "trades",
    ids: IdForm::Counted,
    gap_proof: ProofLevel::Inferred,
    side_form: SideForm::Taker,
    id_type: JsonType::Text,
    time_type: JsonType::Text,
    keys: KEYS,
};

/// One event a fill. There is no recording of it, so nothing is concluded from a hole.
pub(super) static TRADES_ALL: TradeStream = TradeStream {
    channel: "trades-all",
    ids: IdForm::Growing,
    gap_proof: ProofLevel::Unverifiable,
    side_form: SideForm::Taker,
    id_type: JsonType::Text,
    time_type: JsonType::Text,
    keys: KEYS,
};

/// Reads `data`.
#[inline]
pub(super) fn read<'a, R: Reader<'a>>(
    stream: &'static TradeStream,
    stream_symbol: Option<&'a [u8]>,
    reader: &mut R,
) -> Result<Frame<'a>, R::Stop> {
    let trades = reader.list("data", |reader| read_trade(stream, stream_symbol, reader))?;
    Ok(Frame::Trades(trades))
}

#[inline]
fn read_trade<'a, R: Reader<'a>>(
    stream: &'static TradeStream,
    stream_symbol: Option<&'a [u8]>,
    reader: &mut R,
) -> Result<RawTrade<'a>, R::Stop> {
    let mut extra = Extra::default();
    let mut trade = RawTrade {
        stream,
        stream_symbol,
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
    reader.object("data", |key, reader| match key {
        b"instId" => reader.once(&mut trade.symbol, "instId"),
        b"tradeId" => reader.once(&mut trade.id, "tradeId"),
        b"px" => reader.once(&mut trade.price, "px"),
        b"sz" => reader.once(&mut trade.quantity, "sz"),
        b"side" => reader.once(&mut trade.side, "side"),
        b"ts" => reader.once(&mut trade.time, "ts"),
        b"count" => reader.once(&mut trade.id_count, "count"),
        b"source" => reader.once(&mut extra.source, "source"),
        b"seqId" => reader.once(&mut extra.sequence, "seqId"),
        _ => reader.skip(),
    })?;
    trade.metadata = extra.metadata(trade.id_count, reader);
    Ok(trade)
}

#[derive(Default)]
struct Extra<'a> {
    source: RawField<'a>,
    sequence: RawField<'a>,
}

impl<'a> Extra<'a> {
    /// Keeps what says something: a count above one, a source that is not the order book.
    #[inline]
    fn metadata<R: Reader<'a>>(
        &self,
        count: RawField<'a>,
        reader: &R,
    ) -> &'a [(&'static str, &'a [u8])] {
        let kept = [
            ("count", word(count).filter(|count| *count != b"1")),
            ("seqId", word(self.sequence)),
            ("source", word(self.source).filter(|source| *source != b"0")),
        ];
        if kept.iter().all(|(_, value)| value.is_none()) {
            return &[];
        }
        let mut metadata = ArenaVec::with_capacity_in(kept.len(), reader.arena());
        metadata.extend(
            kept.into_iter()
                .filter_map(|(key, value)| Some((key, value?))),
        );
        metadata.into_bump_slice()
    }
}

/// Returns the text of a string or a number that says something.
#[inline]
pub(super) fn word(field: RawField<'_>) -> Option<&[u8]> {
    match field {
        RawField::Text(text) | RawField::Number(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}
