//! The market behind the common trait.

use crate::adapters::{Arena, Frame, Market};

/// Binance spot.
#[derive(Debug)]
pub struct Spot;

impl Market for Spot {
    const EXCHANGE: &'static str = "binance";
    const MARKET: &'static str = "spot";

    #[inline]
    fn parse_usual<'a>(frame: &'a [u8], _arena: &'a Arena) -> Option<Frame<'a>> {
        super::parse_usual(frame).map(Frame::Trade)
    }

    fn parse<'a>(frame: &'a [u8], arena: &'a Arena) -> Frame<'a> {
        super::parse(frame, arena.alloc(Vec::new()))
    }

    fn parse_reply<'a>(_url: &'a str, _body: &'a [u8], _arena: &'a Arena) -> Frame<'a> {
        Frame::Unsupported {
            name: "reply",
            is_array: false,
        }
    }
}
