//! The deltas that wait for snapshots, of all books of a market together.

use super::pipeline::Pipeline;
use crate::model::Coverage;

/// Most bytes. A book alone may have 8 MiB; when a whole market waits, the largest ones give way.
const MOST_BYTES: usize = 128 * 1024 * 1024;

/// How much waits, and how much may.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    bytes: usize,
    limit: usize,
}

impl Default for Waiting {
    fn default() -> Self {
        Self {
            bytes: 0,
            limit: MOST_BYTES,
        }
    }
}

impl Waiting {
    /// Takes note that what waits of a book went from `before`, which becomes `now`.
    #[inline]
    pub(super) const fn note(&mut self, before: &mut usize, now: usize) {
        self.bytes = self.bytes.wrapping_sub(*before).wrapping_add(now);
        *before = now;
    }

    #[inline]
    pub(super) const fn is_over(self) -> bool {
        self.bytes > self.limit
    }
}

impl Pipeline {
    /// Drops what waits of the largest books until the others fit, and tells `report` of each.
    #[cold]
    pub(super) fn shed(&mut self, report: &mut impl FnMut(usize, Coverage)) {
        let mut reports = Vec::new();
        while self.waiting.is_over() {
            let books = self.seen.iter().filter_map(|index| {
                let entry = self.instruments.entries().get(*index)?;
                let books = entry.books.iter().enumerate();
                books.map(|(at, book)| (book.waiting, *index, at)).max()
            });
            let Some((_, index, at)) = books.max() else {
                return;
            };
            let entry = self.instruments.entry_mut(index);
            let Some(book) = entry.and_then(|entry| entry.books.get_mut(at)) else {
                return;
            };
            book.track.drop_waiting(book.last_received, &mut reports);
            self.waiting.note(&mut book.waiting, 0);
            reports
                .drain(..)
                .for_each(|coverage| report(index, coverage));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cleaning::fixture::{Fixture, RECEIVED};
    use crate::model::{
        BookAction, BookDepth, BookKeys, BookOrigin, BookRule, BookStream, JsonType, ProofLevel,
        RawBook, RawField, RawLevel,
    };

    const fn stream(channel: &'static str) -> BookStream {
        BookStream {
            channel,
            depth: BookDepth::L2,
            continuity: BookRule::FirstAfterLast,
            gap_proof: ProofLevel::ProvenGap,
            time_type: JsonType::Number,
            keys: BookKeys {
                symbol: "s",
                first_id: "U",
                last_id: "u",
                prev_id: "pu",
                time: "E",
                bids: "b",
                asks: "a",
            },
        }
    }

    static LARGE: BookStream = stream("depth");
    static SMALL: BookStream = stream("other");

    fn wait(fixture: &mut Fixture, stream: &'static BookStream, ids: core::ops::Range<u32>) {
        let (price, quantity) = (b"1", b"2");
        for id in ids {
            let id = id.to_string();
            let raw = RawBook {
                stream,
                action: BookAction::Delta,
                origin: BookOrigin::Wire,
                stream_symbol: None,
                symbol: RawField::Text(b"BTC"),
                first_id: RawField::Number(id.as_bytes()),
                last_id: RawField::Number(id.as_bytes()),
                prev_id: RawField::Missing,
                time: RawField::Missing,
                published: RawField::Missing,
                bids: &[RawLevel { price, quantity }],
                asks: &[],
                checksum: RawField::Missing,
                metadata: &[],
                content: id.as_bytes(),
                has_byte_order_mark: false,
            };
            let (counters, reports) = (&mut fixture.counters, &mut fixture.reports);
            let _ = fixture
                .pipeline
                .clean_book(&raw, RECEIVED, counters, reports);
        }
    }

    #[test]
    fn the_largest_book_gives_way_and_says_so() {
        let mut fixture = Fixture::new(None);
        fixture.pipeline.waiting.limit = 20_000;
        wait(&mut fixture, &LARGE, 0..100);
        wait(&mut fixture, &SMALL, 0..30);
        assert!(fixture.pipeline.waiting.is_over());
        let mut told = Vec::new();
        let report = |index, said: Coverage| told.push((index, said.channel, said.reason));
        fixture.pipeline.end_push(report);
        assert_eq!(told, [(0, "depth".into(), "buffer overflow".to_owned())]);
        assert!((1..20_000).contains(&fixture.pipeline.waiting.bytes));
        wait(&mut fixture, &LARGE, 100..110);
        fixture.pipeline.end_push(|_, _| panic!("there is room"));
    }
}
