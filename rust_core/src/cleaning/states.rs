//! What is remembered of funding states and forced orders: one channel of one instrument.

use xxhash_rust::xxh3::xxh3_64;

use super::stream::prefix;
use super::window;
use super::windowed::{Keyed, Windowed};
use crate::model::{Decimal, EventId, Instrument, UnixNanos};

/// The latest funding state of a stream, to which a delta is a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FundingState {
    pub(super) rate: Option<Decimal>,
    pub(super) mark_price: Option<Decimal>,
    pub(super) index_price: Option<Decimal>,
    pub(super) interval_ns: Option<i64>,
    pub(super) next_funding: Option<UnixNanos>,
}

impl FundingState {
    /// Returns this state with the values of `change` in place of its own.
    pub(super) fn with(self, change: Self) -> Self {
        Self {
            rate: change.rate.or(self.rate),
            mark_price: change.mark_price.or(self.mark_price),
            index_price: change.index_price.or(self.index_price),
            interval_ns: change.interval_ns.or(self.interval_ns),
            next_funding: change.next_funding.or(self.next_funding),
        }
    }
}

/// A stream whose events have no id of their own: it is made from their bytes.
#[derive(Clone, Debug)]
pub(super) struct StateStream {
    pub(super) channel: &'static str,
    prefix: u64,
    pub(super) last_received: Option<UnixNanos>,
    pub(super) order: Windowed,
    /// `None` before the first snapshot, and for forced orders.
    pub(super) funding: Option<FundingState>,
}

impl StateStream {
    pub(super) fn new(instrument: &Instrument, channel: &'static str) -> Self {
        Self {
            channel,
            prefix: prefix(instrument, channel),
            last_received: None,
            order: Windowed::new(channel, window::FEW),
            funding: None,
        }
    }

    /// Returns the id of the event with this key.
    pub(super) const fn event_id(&self, key: u64) -> EventId {
        EventId::from_sequence(self.prefix, key)
    }
}

/// Returns what stands for an event without an id: a hash of its bytes, and the number of equal ones
/// before it in its frame.
pub(super) fn keyed(
    content: &[u8],
    ordinal: u32,
    time: Option<UnixNanos>,
    received: Option<UnixNanos>,
) -> Keyed {
    Keyed {
        key: xxh3_64(content) ^ (u64::from(ordinal) << 32),
        content: 0,
        growing: None,
        time,
        received,
    }
}
