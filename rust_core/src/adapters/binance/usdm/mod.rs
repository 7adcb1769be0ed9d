//! Binance USD-M futures market streams.

use super::futures::{self, Futures};
use super::message;
use crate::adapters::{Arena, Frame, Market};

/// Binance USD-M futures.
#[derive(Clone, Copy, Debug)]
pub struct Usdm;

impl Market for Usdm {
    const EXCHANGE: &'static str = "binance";
    const MARKET: &'static str = "usdm";
    const REPLY_LEVELS: usize = 1_000;

    #[inline]
    fn parse_usual<'a>(frame: &'a [u8], arena: &'a Arena) -> Option<Frame<'a>> {
        message::parse_usual::<Futures>(frame, arena)
    }

    fn parse<'a>(frame: &'a [u8], arena: &'a Arena) -> Frame<'a> {
        message::parse::<Futures>(frame, arena)
    }

    fn parse_reply<'a>(url: &'a str, body: &'a [u8], arena: &'a Arena) -> Frame<'a> {
        futures::parse_reply("fapi/v1/depth", url, body, arena)
    }
}
