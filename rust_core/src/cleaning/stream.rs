//! What is remembered of one stream of trades: one channel of one instrument.

use super::continuity::Track;
use super::reference::Reference;
use super::window;
use super::windowed::Windowed;
use crate::model::{EventId, IdForm, Instrument, TradeStream, UnixNanos};

/// What follows what in a stream of trades.
#[derive(Clone, Debug)]
pub(super) enum Order {
    /// Ids are counted: a hole is a loss.
    Counted(Track),
    /// Ids prove nothing but that two events are the same.
    Windowed(Windowed),
}

/// State of one stream of trades.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) channel: &'static str,
    /// What the ids of its events share.
    pub(super) prefix: u64,
    pub(super) last_received: Option<UnixNanos>,
    pub(super) order: Order,
    pub(super) reference: Reference,
}

impl Stream {
    pub(super) fn new(instrument: &Instrument, stream: &TradeStream) -> Self {
        let order = match stream.ids {
            IdForm::Counted => Order::Counted(Track::new(stream.channel, stream.gap_proof)),
            IdForm::Growing | IdForm::Text => {
                Order::Windowed(Windowed::new(stream.channel, window::MANY))
            }
        };
        Self {
            channel: stream.channel,
            prefix: prefix(instrument, stream.channel),
            last_received: None,
            order,
            reference: Reference::default(),
        }
    }

    /// Returns the track of a stream whose ids are counted.
    pub(super) fn track_mut(&mut self) -> Option<&mut Track> {
        match &mut self.order {
            Order::Counted(track) => Some(track),
            Order::Windowed(_) => None,
        }
    }
}

/// Returns what the ids of a channel's events share.
pub(super) fn prefix(instrument: &Instrument, channel: &str) -> u64 {
    let Instrument {
        exchange,
        market,
        raw_symbol,
        ..
    } = instrument;
    EventId::stream_prefix(exchange, market, channel, raw_symbol)
}
