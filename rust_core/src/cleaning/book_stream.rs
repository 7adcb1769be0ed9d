//! What is remembered of one book channel of one instrument, and what is told of it.

use xxhash_rust::xxh3::xxh3_64;

use super::books::{MAX_LEVELS, Scratch};
use super::pipeline::Pipeline;
use super::stream::prefix;
use crate::book::{BookState, BookTrack};
use crate::model::{
    BookAction, BookDepth, BookEvent, BookOrigin, BookRule, BookStream, Coverage, EventHead,
    EventId, Instrument, IssueCode, IssueSet, Level, UnixNanos,
};

/// State of one book channel.
#[derive(Clone, Debug)]
pub(super) struct BookStreamState {
    pub(super) channel: &'static str,
    pub(super) prefix: u64,
    pub(super) last_received: Option<UnixNanos>,
    pub(super) latest_time: Option<UnixNanos>,
    pub(super) track: BookTrack,
    pub(super) rule: BookRule,
    /// Bytes of its deltas that wait, as the pipeline counts them.
    pub(super) waiting: usize,
    /// Whether its levels count contracts of another size than those of its next message.
    pub(super) is_resized: bool,
    /// Updates applied to the live book.
    applied: u64,
    /// Exchange and receive time of the latest of them.
    applied_at: (Option<UnixNanos>, Option<UnixNanos>),
}

impl BookStreamState {
    fn new(instrument: &Instrument, stream: &BookStream) -> Self {
        let BookStream {
            channel,
            depth,
            continuity,
            gap_proof,
            ..
        } = *stream;
        Self {
            channel,
            prefix: prefix(instrument, channel),
            last_received: None,
            latest_time: None,
            track: BookTrack::new(continuity, depth, channel, gap_proof),
            rule: continuity,
            waiting: 0,
            is_resized: false,
            applied: 0,
            applied_at: (None, None),
        }
    }

    /// Ends the session of a stream that was given up on purpose.
    pub(super) fn stop(&mut self, received: Option<UnixNanos>) -> Option<Coverage> {
        self.last_received = None;
        self.latest_time = None;
        self.applied_at = (None, None);
        self.track.stop(received)
    }

    pub(super) const fn note_applied(
        &mut self,
        time: Option<UnixNanos>,
        received: Option<UnixNanos>,
    ) {
        self.applied += 1;
        self.applied_at = (time, received);
    }
}

/// How a book gets the snapshot it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotSource {
    /// By a request beside the stream.
    Rest,
    /// By subscribing again: the stream begins with one.
    Resubscribe,
}

/// One book channel of one instrument.
#[derive(Clone, Copy, Debug)]
pub struct BookInfo<'a> {
    /// Of what.
    pub instrument: &'a Instrument,
    /// In which channel.
    pub channel: &'static str,
    /// Whether it can be trusted.
    pub state: BookState,
    /// Update id as of which a live book is right.
    pub last_update_id: Option<i64>,
    /// Whether it needs a snapshot now.
    pub wants_snapshot: bool,
    /// Where a snapshot comes from.
    pub source: SnapshotSource,
    track: &'a BookTrack,
}

impl<'a> BookInfo<'a> {
    /// Returns the bids of a live book, best first.
    pub fn bids(&self) -> impl Iterator<Item = Level> + use<'a> {
        self.track.bids()
    }

    /// Returns the asks of a live book, best first.
    pub fn asks(&self) -> impl Iterator<Item = Level> + use<'a> {
        self.track.asks()
    }
}

impl Pipeline {
    /// Returns the place of a book channel among those of its instrument.
    #[inline]
    pub(super) fn book_of(&mut self, instrument: usize, stream: &BookStream) -> usize {
        let Some(entry) = self.instruments.entry_mut(instrument) else {
            return 0;
        };
        let found = entry
            .books
            .iter()
            .position(|book| book.channel == stream.channel);
        found.unwrap_or_else(|| {
            if entry.note_data() {
                self.seen.push(instrument);
            }
            let state = BookStreamState::new(&entry.instrument, stream);
            entry.books.push(state);
            entry.books.len() - 1
        })
    }

    /// Returns the books of all instruments that had data.
    pub fn books(&self) -> impl Iterator<Item = BookInfo<'_>> {
        self.entries_with_data().flat_map(|entry| {
            entry.books.iter().map(|book| BookInfo {
                instrument: &entry.instrument,
                channel: book.channel,
                state: book.track.state(),
                last_update_id: book.track.last_update_id(),
                wants_snapshot: book.track.wants_snapshot(),
                source: source(book.rule),
                track: &book.track,
            })
        })
    }

    /// Returns a snapshot of the book that the latest message changed, with the index of its
    /// instrument, when that was the `every`-th change since the last one.
    pub fn due_snapshot(&mut self, every: u32) -> Option<(usize, BookEvent<'_>)> {
        let (index, at) = self.applied.take()?;
        let book = self.instruments.entries().get(index)?.books.get(at)?;
        let rest = book.applied.checked_rem(u64::from(every));
        if rest != Some(0) || book.track.state() != BookState::Live {
            return None;
        }
        let Scratch { bids, asks, .. } = &mut self.scratch;
        let side = MAX_LEVELS / 2;
        bids.clear();
        bids.extend(book.track.bids().take(side));
        asks.clear();
        asks.extend(book.track.asks().take(side));
        Some((index, snapshot(book, &self.scratch)))
    }
}

fn snapshot<'s>(book: &BookStreamState, levels: &'s Scratch) -> BookEvent<'s> {
    let id = book.track.last_update_id();
    let (timestamp, received) = book.applied_at;
    let mut issues = IssueSet::EMPTY;
    if received.is_none() {
        issues.insert(IssueCode::NoReceiveTime);
    }
    BookEvent {
        head: EventHead {
            event_id: snapshot_id(book.prefix, id, timestamp),
            timestamp,
            received,
            published: None,
            issues,
            metadata: &[],
            raw: None,
        },
        depth: book.track.depth(),
        action: BookAction::Snapshot,
        origin: BookOrigin::Book,
        first_update_id: None,
        last_update_id: id,
        prev_update_id: None,
        bids: &levels.bids,
        asks: &levels.asks,
    }
}

/// Returns the id of the snapshot as of an update: a hash of the word `book`, the update id and its
/// time, both as 8 bytes, the least significant first, -1 for none.
fn snapshot_id(prefix: u64, id: Option<i64>, time: Option<UnixNanos>) -> EventId {
    let mut key = [0; 20];
    let parts = [
        &b"book"[..],
        &id.unwrap_or(-1).to_le_bytes(),
        &time.map_or(-1, UnixNanos::get).to_le_bytes(),
    ];
    let bytes = parts.into_iter().flatten();
    key.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    EventId::from_sequence(prefix, xxh3_64(&key))
}

const fn source(rule: BookRule) -> SnapshotSource {
    match rule {
        BookRule::FirstAfterLast | BookRule::PrevIsLast => SnapshotSource::Rest,
        BookRule::Snapshots | BookRule::PrevIsLastOrChecksum | BookRule::LastPlusOne => {
            SnapshotSource::Resubscribe
        }
    }
}

impl BookInfo<'_> {
    /// Returns how much of the book the channel shows.
    #[must_use]
    pub fn depth(&self) -> BookDepth {
        self.track.depth()
    }
}
