//! What a track says of itself.

use super::BookTrack;
use crate::book::BookState;
use crate::book::levels::Levels;
use crate::model::{BookDepth, BookRule, Coverage, Level, UnixNanos};

impl BookTrack {
    /// Returns the state of the book.
    #[must_use]
    pub fn state(&self) -> BookState {
        self.state
    }

    /// Returns how much of the book the channel shows.
    #[must_use]
    pub fn depth(&self) -> BookDepth {
        self.depth
    }

    /// Returns the channel's name.
    #[must_use]
    pub fn channel(&self) -> &'static str {
        self.channel
    }

    /// Returns whether the book needs a snapshot to become live, or to know its depth again because
    /// the market left the prices of the last one; never while its connection is down. A state and not
    /// a request: the caller decides when to ask (again).
    #[must_use]
    pub fn wants_snapshot(&self) -> bool {
        let lacks_one = self.is_worn || self.state != BookState::Live;
        lacks_one && !self.is_cut && self.is_followed() && self.rule != BookRule::Snapshots
    }

    /// Returns whether a fetched snapshot would be followed by changes: a channel that begins with a
    /// pushed one has them once it had a message, or it may not be subscribed to at all.
    fn is_followed(&self) -> bool {
        let is_seeded = matches!(self.rule, BookRule::FirstAfterLast | BookRule::PrevIsLast);
        is_seeded || self.continuity.highest().is_some()
    }

    /// Returns the bids of a live book, best first, as far as they are known.
    pub fn bids(&self) -> impl Iterator<Item = Level> {
        self.live().into_iter().flat_map(Levels::bids)
    }

    /// Returns the asks of a live book, best first, as far as they are known.
    pub fn asks(&self) -> impl Iterator<Item = Level> {
        self.live().into_iter().flat_map(Levels::asks)
    }

    /// Returns the best bid and ask of a live book.
    #[must_use]
    pub fn best(&self) -> (Option<Level>, Option<Level>) {
        (self.bids().next(), self.asks().next())
    }

    /// Returns the update id as of which the live book is right.
    #[must_use]
    pub fn last_update_id(&self) -> Option<i64> {
        self.base.filter(|_| self.state == BookState::Live)
    }

    /// Returns the exchange's time as of which the live book is right.
    #[must_use]
    pub fn last_time(&self) -> Option<UnixNanos> {
        self.base_time.filter(|_| self.state == BookState::Live)
    }

    /// Returns the ranges of update ids known to be missing, those of earlier numberings first.
    pub fn missing(&self) -> impl Iterator<Item = (i64, i64)> {
        self.continuity.missing()
    }

    /// Returns how many gaps are not among the missing any more, because there were too many.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.continuity.forgotten()
    }

    /// Returns the bytes of the deltas that wait.
    #[must_use]
    pub fn waiting_bytes(&self) -> usize {
        self.buffer.bytes()
    }

    /// Returns the statement that ends the session, if it ever began.
    #[must_use]
    pub fn end(&self, received: Option<UnixNanos>) -> Option<Coverage> {
        self.continuity.end(received)
    }

    fn live(&self) -> Option<&Levels> {
        (self.state == BookState::Live).then_some(&self.levels)
    }
}
