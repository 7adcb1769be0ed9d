//! OKX perpetual swaps, linear and inverse.

use crate::adapters::okx::{message, reply};
use crate::adapters::{Arena, Frame, Market};

/// The market.
#[derive(Clone, Copy, Debug, Default)]
pub struct Swap;

impl Market for Swap {
    const EXCHANGE: &'static str = "okx";
    const MARKET: &'static str = "swap";
    const REPLY_LEVELS: usize = 400;

    fn parse_usual<'a>(frame: &'a [u8], arena: &'a Arena) -> Option<Frame<'a>> {
        message::parse_usual(frame, arena)
    }

    fn parse<'a>(frame: &'a [u8], arena: &'a Arena) -> Frame<'a> {
        message::parse(frame, arena)
    }

    fn parse_reply<'a>(url: &'a str, body: &'a [u8], arena: &'a Arena) -> Frame<'a> {
        reply::parse(url, body, arena)
    }
}
