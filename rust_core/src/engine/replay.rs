//! A book made again from stored order-book messages.

use super::tops::BookTops;
use crate::book::{BookState, BookTrack, BookUpdate};
use crate::model::{
    BookAction, BookDepth, BookOrigin, BookRule, Coverage, Decimal, Level, ProofLevel, UnixNanos,
};

/// Stands for an absent number or time in a column of [`BookColumns`].
pub const ABSENT: i64 = i64::MIN;

/// Digits after the point of stored prices and quantities.
const SCALE: u32 = 18;

/// Messages of one book channel as columns, in order of arrival; numbers are little-endian.
#[derive(Clone, Copy, Debug)]
pub struct BookColumns<'a> {
    /// 1 for a snapshot, 2 for a delta; a byte a message.
    pub actions: &'a [u8],
    /// 1 for pushed, 2 for fetched, 3 for made by a book; a byte a message.
    pub origins: &'a [u8],
    /// First, last and previous update id, exchange and receive time, the hash of the content, and
    /// the levels a side that were asked for: 8 bytes each a message, [`ABSENT`] for none.
    pub numbers: [&'a [u8]; 7],
    /// Bids, then asks.
    pub sides: [SideColumns<'a>; 2],
}

/// The levels of one side of all messages.
#[derive(Clone, Copy, Debug)]
pub struct SideColumns<'a> {
    /// Where each message's levels begin, and where the last one's end; 4 bytes each.
    pub offsets: &'a [u8],
    /// 16 bytes a level, with 18 digits after the point.
    pub prices: &'a [u8],
    /// As `prices`; zero removes the level.
    pub quantities: &'a [u8],
}

/// Columns that do not fit each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the columns of message {0} do not fit each other, or hold what no message has")]
pub struct ColumnError(pub usize);

/// The book of one channel, made again.
#[derive(Clone, Debug)]
pub struct BookReplay {
    track: BookTrack,
    reports: Vec<Coverage>,
    levels: [Vec<Level>; 2],
}

impl BookReplay {
    /// Starts with nothing known.
    #[must_use]
    pub fn new(rule: BookRule, depth: BookDepth) -> Self {
        Self {
            track: BookTrack::new(rule, depth, "replay", ProofLevel::Unverifiable),
            reports: Vec::new(),
            levels: [Vec::new(), Vec::new()],
        }
    }

    /// Takes messages.
    ///
    /// # Errors
    /// [`ColumnError`] for the first message that cannot be read; those before it were taken.
    pub fn apply(&mut self, columns: &BookColumns<'_>) -> Result<(), ColumnError> {
        for row in 0..columns.actions.len() {
            self.apply_row(columns, row).ok_or(ColumnError(row))?;
        }
        Ok(())
    }

    /// Takes messages and writes down the best levels after each.
    ///
    /// # Errors
    /// [`ColumnError`] for the first message that cannot be read; those before it were taken.
    pub fn apply_each(
        &mut self,
        columns: &BookColumns<'_>,
        tops: &mut BookTops,
    ) -> Result<(), ColumnError> {
        for row in 0..columns.actions.len() {
            self.apply_row(columns, row).ok_or(ColumnError(row))?;
            tops.note(&self.track).ok_or(ColumnError(row))?;
        }
        Ok(())
    }

    /// Returns the book.
    #[must_use]
    pub const fn track(&self) -> &BookTrack {
        &self.track
    }

    /// Returns whether the book can be trusted.
    #[must_use]
    pub fn state(&self) -> BookState {
        self.track.state()
    }

    fn apply_row(&mut self, columns: &BookColumns<'_>, row: usize) -> Option<()> {
        let [bids, asks] = &mut self.levels;
        let [bid_columns, ask_columns] = &columns.sides;
        bid_columns.read(row, bids)?;
        ask_columns.read(row, asks)?;
        let [first, last, prev, time, received, hash, asked] = columns.numbers;
        let origin = match columns.origins.get(row)? {
            // A snapshot that a book gave is whole, as a pushed one.
            1 | 3 => BookOrigin::Wire,
            2 => BookOrigin::Rest,
            _ => return None,
        };
        let action = match columns.actions.get(row)? {
            1 => BookAction::Snapshot,
            2 => BookAction::Delta,
            _ => return None,
        };
        let update = BookUpdate {
            action,
            origin,
            first_id: number(first, row)?,
            last_id: number(last, row)?,
            prev_id: number(prev, row)?,
            content_hash: number(hash, row)??.cast_unsigned(),
            time: number(time, row)?.map(UnixNanos::new),
            received: number(received, row)?.map(UnixNanos::new),
            bids,
            asks,
            raw_bids: &[],
            raw_asks: &[],
            checksum: None,
            asked_levels: number(asked, row)?.and_then(|asked| usize::try_from(asked).ok()),
        };
        self.track.observe(&update, &mut self.reports);
        // What it says of the stream was said when the stream was collected.
        self.reports.clear();
        Some(())
    }
}

impl SideColumns<'_> {
    fn read(&self, row: usize, levels: &mut Vec<Level>) -> Option<()> {
        levels.clear();
        let begin = self.offset(row)?;
        let end = self.offset(row.checked_add(1)?)?;
        if end < begin {
            return None;
        }
        let prices = fields::<16>(self.prices, begin, end)?;
        let quantities = fields::<16>(self.quantities, begin, end)?;
        for (price, quantity) in prices.iter().zip(quantities) {
            levels.push(Level {
                price: Decimal::new(i128::from_le_bytes(*price), SCALE).ok()?,
                quantity: Decimal::new(i128::from_le_bytes(*quantity), SCALE).ok()?,
            });
        }
        Some(())
    }

    fn offset(&self, place: usize) -> Option<usize> {
        let [bytes] = fields::<4>(self.offsets, place, place.checked_add(1)?)? else {
            return None;
        };
        usize::try_from(i32::from_le_bytes(*bytes)).ok()
    }
}

/// Returns a number, `Some(None)` when it is absent, `None` when the column is too short.
fn number(column: &[u8], row: usize) -> Option<Option<i64>> {
    let [bytes] = fields::<8>(column, row, row.checked_add(1)?)? else {
        return None;
    };
    let value = i64::from_le_bytes(*bytes);
    Some((value != ABSENT).then_some(value))
}

/// Returns the fields of `N` bytes from `begin` to before `end`.
fn fields<const N: usize>(column: &[u8], begin: usize, end: usize) -> Option<&[[u8; N]]> {
    column.as_chunks::<N>().0.get(begin..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[i64]) -> Vec<u8> {
        values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect()
    }

    fn side(levels: &[&[(i128, i128)]]) -> [Vec<u8>; 3] {
        let [mut offsets, mut prices, mut quantities] = [const { Vec::new() }; 3];
        let mut end = 0_i32;
        offsets.extend(end.to_le_bytes());
        for message in levels {
            for (price, quantity) in *message {
                prices.extend((price * 10_i128.pow(18)).to_le_bytes());
                quantities.extend((quantity * 10_i128.pow(18)).to_le_bytes());
                end += 1;
            }
            offsets.extend(end.to_le_bytes());
        }
        [offsets, prices, quantities]
    }

    fn apply(replay: &mut BookReplay, last: &[i64], sides: &[[Vec<u8>; 3]; 2]) -> bool {
        let actions: Vec<u8> = last.iter().map(|id| if *id == 7 { 1 } else { 2 }).collect();
        let ids = column(last);
        let absent = column(&vec![ABSENT; last.len()]);
        let columns = BookColumns {
            actions: &actions,
            origins: &vec![1; last.len()],
            numbers: [&absent, &ids, &absent, &absent, &absent, &ids, &absent],
            sides: [0, 1].map(|at: usize| {
                let [offsets, prices, quantities] = &sides[at];
                SideColumns {
                    offsets,
                    prices,
                    quantities,
                }
            }),
        };
        replay.apply(&columns).is_ok()
    }

    #[test]
    fn a_snapshot_and_what_follows_it_make_the_book() {
        let mut replay = BookReplay::new(BookRule::LastPlusOne, BookDepth::L2);
        assert_eq!(replay.state(), BookState::Buffering);
        let bids = side(&[&[(100, 1), (99, 2)], &[(100, 0)]]);
        let asks = side(&[&[(101, 5)], &[]]);
        assert!(apply(&mut replay, &[7, 8], &[bids, asks]));
        assert_eq!(replay.state(), BookState::Live);
        assert_eq!(replay.track().last_update_id(), Some(8));
        let bids: Vec<String> = replay
            .track()
            .bids()
            .map(|level| level.price.to_string())
            .collect();
        assert_eq!(bids, ["99"]);
        let gap = side(&[&[]]);
        assert!(apply(&mut replay, &[11], &[gap.clone(), gap]));
        assert_eq!(replay.state(), BookState::Unsynced);
        assert_eq!(replay.track().missing().collect::<Vec<_>>(), [(9, 10)]);
    }

    #[test]
    fn columns_that_do_not_fit_are_refused() {
        let mut replay = BookReplay::new(BookRule::LastPlusOne, BookDepth::L2);
        let [offsets, prices, _] = side(&[&[(100, 1)]]);
        let cut = [offsets, prices, Vec::new()];
        assert!(!apply(&mut replay, &[7], &[cut.clone(), cut]));
    }
}
