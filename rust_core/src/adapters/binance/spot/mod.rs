//! Binance spot market streams.
//!
//! Source: Binance spot API documentation, "WebSocket Streams"; recorded frames win where they differ.

mod agg_trade;
mod book_ticker;
mod depth;
mod partial_depth;
mod trade;

use super::message::{self, Channels};
use super::reply;
use crate::adapters::json::{Cursor, Reader};
use crate::adapters::{Arena, Frame, Market};

/// Binance spot.
#[derive(Clone, Copy, Debug)]
pub struct Spot;

impl Market for Spot {
    const EXCHANGE: &'static str = "binance";
    const MARKET: &'static str = "spot";
    const REPLY_LEVELS: usize = 5_000;

    #[inline]
    fn parse_usual<'a>(frame: &'a [u8], arena: &'a Arena) -> Option<Frame<'a>> {
        message::parse_usual::<Self>(frame, arena)
    }

    fn parse<'a>(frame: &'a [u8], arena: &'a Arena) -> Frame<'a> {
        message::parse::<Self>(frame, arena)
    }

    fn parse_reply<'a>(url: &'a str, body: &'a [u8], arena: &'a Arena) -> Frame<'a> {
        let address = reply::Address::of(url);
        if address.path != "api/v3/depth" {
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
}

impl Channels for Spot {
    #[inline(always)]
    fn read_in_order<'a>(mut cursor: Cursor<'a>, stream: Option<&'a [u8]>) -> Option<Frame<'a>> {
        if cursor.eat(b"{\"e\":\"trade\"") {
            return trade::parse_usual(cursor, stream).map(Frame::Trade);
        }
        cursor.expect(b"{\"e\":\"aggTrade\"")?;
        agg_trade::parse_usual(cursor, stream).map(Frame::Trade)
    }

    #[inline(always)]
    fn read<'a, R: Reader<'a>>(
        event: &[u8],
        stream: Option<&'a [u8]>,
        reader: &mut R,
    ) -> Result<Option<Frame<'a>>, R::Stop> {
        match event {
            b"trade" => trade::read(stream, reader),
            b"aggTrade" => agg_trade::read(stream, reader),
            b"depthUpdate" => depth::read(stream, reader),
            b"bookTicker" => book_ticker::read(stream, reader),
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
        stream: &'a [u8],
        reader: &mut R,
    ) -> Result<Option<Frame<'a>>, R::Stop> {
        partial_depth::read(stream, reader).map(Some)
    }

    fn read_list<'a, R: Reader<'a>>(
        _event: &[u8],
        _stream: Option<&'a [u8]>,
        _reader: &mut R,
    ) -> Result<Option<Frame<'a>>, R::Stop> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
