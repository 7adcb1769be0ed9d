//! The channels that USD-M and COIN-M futures spell alike.
//!
//! Sources: Binance futures API documentation, "WebSocket Market Streams"; recorded frames win where they
//! differ. The order of keys is not fixed, and keys that newer frames have are not needed.

mod agg_trade;
mod book_ticker;
mod depth;
mod force_order;
mod mark_price;
mod metadata;
mod trade;

use super::message::Channels;
use super::reply::{self, Address};
use crate::adapters::json::Reader;
use crate::adapters::{Arena, Frame};

/// The channels of both futures markets.
pub(super) struct Futures;

/// Reads the reply to a request; `path` is that of the market's book snapshots.
pub(super) fn parse_reply<'a>(
    path: &str,
    url: &'a str,
    body: &'a [u8],
    arena: &'a Arena,
) -> Frame<'a> {
    let address = Address::of(url);
    if address.path != path {
        return address.unsupported(arena);
    }
    let symbol = address.symbol(arena);
    reply::read(
        body,
        arena,
        |reader| depth::read_reply(symbol, reader),
        |reader| depth::read_reply(symbol, reader),
    )
}

impl Channels for Futures {
    #[inline(always)]
    fn read<'a, R: Reader<'a>>(
        event: &[u8],
        stream: Option<&'a [u8]>,
        reader: &mut R,
    ) -> Result<Option<Frame<'a>>, R::Stop> {
        match event {
            b"bookTicker" => book_ticker::read(stream, reader),
            b"depthUpdate" => return depth::read(stream, reader),
            b"trade" => trade::read(stream, reader),
            b"aggTrade" => agg_trade::read(stream, reader),
            b"markPriceUpdate" => mark_price::read(stream, reader),
            b"forceOrder" => force_order::read(stream, reader),
            _ => return Ok(None),
        }
        .map(Some)
    }

    #[inline(always)]
    fn read_ticker<'a, R: Reader<'a>>(
        stream: Option<&'a [u8]>,
        reader: &mut R,
    ) -> Result<Option<Frame<'a>>, R::Stop> {
        book_ticker::read(stream, reader).map(Some)
    }

    fn read_depth<'a, R: Reader<'a>>(
        _stream: &'a [u8],
        _reader: &mut R,
    ) -> Result<Option<Frame<'a>>, R::Stop> {
        Ok(None)
    }

    fn read_list<'a, R: Reader<'a>>(
        event: &[u8],
        stream: Option<&'a [u8]>,
        reader: &mut R,
    ) -> Result<Option<Frame<'a>>, R::Stop> {
        let is_empty = event.is_empty() && mark_price::is_stream(stream);
        if is_empty || event == b"markPriceUpdate" {
            return mark_price::read_list(stream, reader).map(Some);
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
