//! Deltas that wait for a snapshot.

use std::collections::VecDeque;

use super::BookUpdate;
use super::span::Span;
use crate::model::{Level, RawLevel, UnixNanos};

/// Most messages kept.
const MOST_MESSAGES: usize = 10_000;
/// Most bytes kept.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// Most messages kept of a live book that wants to know its depth again: a minute of the fastest depth
/// stream is longer than any request.
const MOST_RECENT: usize = 600;

/// A copy of a delta.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) span: Span,
    pub(super) time: Option<UnixNanos>,
    pub(super) checksum: Option<i32>,
    pub(super) bids: Box<[Level]>,
    pub(super) asks: Box<[Level]>,
    texts: Box<[u8]>,
    /// Lengths of price and quantity in `texts`, of the bids and then of the asks.
    lengths: Box<[(u32, u32)]>,
    bytes: usize,
}

impl Waiting {
    fn new(span: Span, update: &BookUpdate<'_>) -> Self {
        let has_texts = update.checksum.is_some_and(|checksum| checksum != 0);
        let raw = || {
            let raw = update.raw_bids.iter().chain(update.raw_asks);
            raw.filter(move |_| has_texts)
        };
        let texts: Vec<u8> = raw()
            .flat_map(|level| [level.price, level.quantity])
            .flatten()
            .copied()
            .collect();
        let length = |text: &[u8]| u32::try_from(text.len()).unwrap_or(u32::MAX);
        let lengths: Vec<_> = raw()
            .map(|level| (length(level.price), length(level.quantity)))
            .collect();
        let levels = update.bids.len() + update.asks.len();
        let bytes =
            size_of::<Self>() + levels * size_of::<Level>() + texts.len() + lengths.len() * 8;
        Self {
            span,
            time: update.time,
            checksum: update.checksum,
            bids: update.bids.into(),
            asks: update.asks.into(),
            texts: texts.into(),
            lengths: lengths.into(),
            bytes,
        }
    }

    /// Returns the texts of bids and asks, if they were kept.
    pub(super) fn raw_levels(&self) -> (Vec<RawLevel<'_>>, Vec<RawLevel<'_>>) {
        let mut rest: &[u8] = &self.texts;
        let mut next = |length: u32| {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let (text, after) = rest.split_at_checked(length).unwrap_or_default();
            rest = after;
            text
        };
        let mut bids: Vec<_> = self
            .lengths
            .iter()
            .map(|(price, quantity)| RawLevel {
                price: next(*price),
                quantity: next(*quantity),
            })
            .collect();
        let asks = bids.split_off(self.bids.len().min(bids.len()));
        (bids, asks)
    }
}

/// Deltas in the order of their ids; the oldest ones give way.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffer {
    waiting: VecDeque<Waiting>,
    bytes: usize,
}

impl Buffer {
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn clear(&mut self) {
        self.waiting = VecDeque::new();
        self.bytes = 0;
    }

    /// Keeps a copy; returns whether something older had to go for it.
    pub(super) fn push(&mut self, span: Span, update: &BookUpdate<'_>) -> bool {
        let waiting = Waiting::new(span, update);
        self.bytes += waiting.bytes;
        let at = self
            .waiting
            .partition_point(|known| known.span.last <= span.last);
        self.waiting.insert(at, waiting);
        let mut is_over = false;
        while self.waiting.len() > MOST_MESSAGES || self.bytes > MOST_BYTES {
            let Some(oldest) = self.waiting.pop_front() else {
                break;
            };
            self.bytes -= oldest.bytes;
            is_over = true;
        }
        is_over
    }

    /// Keeps a copy beside the latest few.
    #[cold]
    pub(super) fn push_recent(&mut self, span: Span, update: &BookUpdate<'_>) {
        self.push(span, update);
        while self.waiting.len() > MOST_RECENT {
            self.pop();
        }
    }

    /// Returns the id that a book as of `id` comes to with what waits, `None` when a delta does not
    /// join: the first one to `id`, each to the one before, and with `is_strict` without an overlap.
    pub(super) fn reach(&self, id: i64, is_strict: bool) -> Option<i64> {
        let (mut at, mut is_first) = (id, true);
        for waiting in self
            .waiting
            .iter()
            .filter(|waiting| waiting.span.is_after(id))
        {
            let joins = if is_strict && !is_first {
                waiting.span.follows(at)
            } else {
                waiting.span.joins(at)
            };
            if !joins {
                return None;
            }
            (at, is_first) = (waiting.span.last, false);
        }
        Some(at)
    }

    /// Takes the oldest delta out.
    pub(super) fn pop(&mut self) -> Option<Waiting> {
        let oldest = self.waiting.pop_front()?;
        self.bytes -= oldest.bytes;
        Some(oldest)
    }
}
