//! Binance COIN-M futures market streams.

use super::futures::{self, Futures};
use super::message;
use crate::adapters::{Arena, Frame, Market};

/// Binance COIN-M futures.
#[derive(Clone, Copy, Debug)]
pub struct Coinm;

impl Market for Coinm {
    const EXCHANGE: &'static str = "binance";
    const MARKET: &'static str = "coinm";
    const REPLY_LEVELS: usize = 1_000;

    #[inline]
    fn parse_usual<'a>(frame: &'a [u8], arena: &'a Arena) -> Option<Frame<'a>> {
        message::parse_usual::<Futures>(frame, arena)
    }

    fn parse<'a>(frame: &'a [u8], arena: &'a Arena) -> Frame<'a> {
        message::parse::<Futures>(frame, arena)
    }

    fn parse_reply<'a>(url: &'a str, body: &'a [u8], arena: &'a Arena) -> Frame<'a> {
        futures::parse_reply("dapi/v1/depth", url, body, arena)
    }
}
