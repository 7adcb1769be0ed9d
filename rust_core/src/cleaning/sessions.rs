//! What happens to a stream outside its messages: its connection, its beginning and end on purpose.

use std::borrow::Cow;

use super::instruments::Entry;
use super::pipeline::Pipeline;
use super::stream::Order;
use crate::model::{Coverage, CoverageKind, ProofLevel, UnixNanos};

/// What happened to a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// Its connection broke.
    Lost,
    /// Its connection is back.
    Restored,
    /// It was subscribed to on purpose.
    Started,
    /// It was unsubscribed from on purpose.
    Stopped,
}

/// What is to be stated of a stream of an instrument.
#[derive(Clone, Debug)]
pub struct StreamChange<'a> {
    /// What happened.
    pub event: StreamEvent,
    /// The channel of the stream.
    pub channel: Cow<'static, str>,
    /// When this machine knew.
    pub received: UnixNanos,
    /// One sentence for people.
    pub reason: &'a str,
}

impl StreamChange<'_> {
    fn statement(&self) -> Coverage {
        let kind = match self.event {
            StreamEvent::Lost => CoverageKind::ConnectionLost,
            StreamEvent::Restored => CoverageKind::ConnectionRestored,
            StreamEvent::Started => CoverageKind::SessionStart,
            StreamEvent::Stopped => CoverageKind::SessionEnd,
        };
        Coverage {
            kind,
            proof: ProofLevel::Unverifiable,
            channel: self.channel.clone(),
            ids: None,
            start: None,
            end: None,
            received: Some(self.received),
            reason: self.reason.to_owned(),
        }
    }
}

impl Pipeline {
    /// Returns the instrument and the channel of every stream that had data: the instruments in the
    /// order of their first event, of each its trades, books, funding states and forced orders.
    #[must_use]
    pub fn streams(&self) -> Vec<(usize, &'static str)> {
        let entries = self.instruments.entries();
        let seen = self.seen.iter();
        let seen = seen.filter_map(|index| Some((*index, entries.get(*index)?)));
        seen.flat_map(|(index, entry)| entry.channels().map(move |channel| (index, channel)))
            .collect()
    }

    /// States a change of a stream, whether it had data or not. A book is not live without its stream.
    pub fn change(
        &mut self,
        instrument: usize,
        change: &StreamChange<'_>,
        reports: &mut Vec<Coverage>,
    ) {
        let Some(entry) = self.instruments.entry_mut(instrument) else {
            return;
        };
        if change.event == StreamEvent::Stopped {
            self.applied = None;
            entry.stop(change, reports);
            for book in &mut entry.books {
                self.waiting
                    .note(&mut book.waiting, book.track.waiting_bytes());
            }
            return;
        }
        reports.push(change.statement());
        for book in &mut entry.books {
            if change.channel == book.channel {
                match change.event {
                    StreamEvent::Lost => {
                        let received = Some(change.received);
                        book.track.distrust("connection lost", received, reports);
                    }
                    _ => book.track.reconnect(),
                }
            }
        }
    }
}

impl Entry {
    fn channels(&self) -> impl Iterator<Item = &'static str> {
        let trades = self.streams.iter().map(|stream| stream.channel);
        let books = self.books.iter().map(|book| book.channel);
        let states = self.fundings.iter().chain(&self.liquidations);
        let states = states.map(|stream| stream.channel);
        trades.chain(books).chain(states)
    }

    /// Ends the session of a stream; what it may bring later is another one.
    fn stop(&mut self, change: &StreamChange<'_>, reports: &mut Vec<Coverage>) {
        let (channel, received) = (&*change.channel, Some(change.received));
        let mut end = None;
        for stream in self.streams.iter_mut().filter(|one| one.channel == channel) {
            stream.last_received = None;
            end = match &mut stream.order {
                Order::Counted(track) => track.stop(received, reports),
                Order::Windowed(order) => order.stop(received),
            };
        }
        for book in self.books.iter_mut().filter(|one| one.channel == channel) {
            end = book.stop(received);
        }
        let states = self.fundings.iter_mut().chain(&mut self.liquidations);
        for stream in states.filter(|one| one.channel == channel) {
            stream.last_received = None;
            stream.funding = None;
            end = stream.order.stop(received);
        }
        let end = end.unwrap_or_else(|| change.statement());
        reports.push(Coverage {
            reason: change.reason.to_owned(),
            ..end
        });
    }
}
