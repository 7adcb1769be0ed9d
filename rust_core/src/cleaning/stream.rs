//! What is remembered of one stream: one channel of one instrument.

use super::continuity::Track;
use super::reference::Reference;
use crate::model::{EventId, Instrument, RawTrade, UnixNanos};

/// State of one stream.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) channel: &'static str,
    /// What the ids of its events share.
    pub(super) prefix: u64,
    pub(super) last_received: Option<UnixNanos>,
    pub(super) track: Track,
    pub(super) reference: Reference,
}

impl Stream {
    pub(super) fn new(instrument: &Instrument, raw: &RawTrade<'_>) -> Self {
        let Instrument {
            exchange,
            market,
            raw_symbol,
            ..
        } = instrument;
        Self {
            channel: raw.stream.channel,
            prefix: EventId::stream_prefix(exchange, market, raw.stream.channel, raw_symbol),
            last_received: None,
            track: Track::new(raw.stream.channel, raw.stream.gap_proof),
            reference: Reference::default(),
        }
    }
}
