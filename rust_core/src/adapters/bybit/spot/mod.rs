//! Bybit spot.

use crate::adapters::bybit::category::Category;
use crate::adapters::bybit::{message, reply, trades};
use crate::adapters::{Arena, Frame, Market};

/// The market.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spot;

const CATEGORY: Category = Category {
    trades: &trades::SPOT,
    is_contract: false,
};

impl Market for Spot {
    const EXCHANGE: &'static str = "bybit";
    const MARKET: &'static str = "spot";
    const REPLY_LEVELS: usize = 200;

    fn parse_usual<'a>(frame: &'a [u8], arena: &'a Arena) -> Option<Frame<'a>> {
        message::parse_usual(CATEGORY, frame, arena)
    }

    fn parse<'a>(frame: &'a [u8], arena: &'a Arena) -> Frame<'a> {
        message::parse(CATEGORY, frame, arena)
    }

    fn parse_reply<'a>(url: &'a str, body: &'a [u8], arena: &'a Arena) -> Frame<'a> {
        reply::parse(url, body, arena)
    }
}
