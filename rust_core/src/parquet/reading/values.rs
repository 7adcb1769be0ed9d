//! The values of a column chunk, page after page.

use arrow_buffer::NullBuffer;

use super::pages::{Page, Pages};
use super::{Chunk, delta, runs};

const PLAIN: i64 = 0;
const OLD_DICTIONARY: i64 = 2;
const DIFFERENCES: i64 = 5;
const DICTIONARY: i64 = 8;
/// Rows that memory is asked for before they are read.
const MOST_RESERVED: usize = 1 << 22;

/// What a value is in a file.
pub(super) trait Stored: Copy + Default {
    /// Appends values that lie one behind the other, and nothing else.
    fn plain(bytes: &[u8], values: &mut Vec<Self>) -> Option<()>;

    /// Appends so many values that lie as differences.
    fn differences(bytes: &[u8], count: usize, values: &mut Vec<Self>) -> Option<()>;

    /// Bytes of a value.
    const BYTES: usize = size_of::<Self>();
}

/// The integer of a decimal, its highest byte first.
impl Stored for i128 {
    fn plain(bytes: &[u8], values: &mut Vec<Self>) -> Option<()> {
        let (found, rest) = bytes.as_chunks::<16>();
        values.extend(found.iter().map(|value| Self::from_be_bytes(*value)));
        rest.is_empty().then_some(())
    }

    fn differences(_: &[u8], _: usize, _: &mut Vec<Self>) -> Option<()> {
        None
    }
}

impl Stored for i64 {
    fn plain(bytes: &[u8], values: &mut Vec<Self>) -> Option<()> {
        let (found, rest) = bytes.as_chunks::<8>();
        values.extend(found.iter().map(|value| Self::from_le_bytes(*value)));
        rest.is_empty().then_some(())
    }

    fn differences(bytes: &[u8], count: usize, values: &mut Vec<Self>) -> Option<()> {
        delta::decode(bytes, count, values)
    }
}

/// What was read: values of the rows that have one, or keys of a dictionary.
#[derive(Debug, Default)]
pub(super) struct Values<T> {
    pub(super) distinct: Vec<T>,
    /// Whether values are keys.
    pub(super) are_keys: bool,
    pub(super) keys: Vec<u32>,
    pub(super) plain: Vec<T>,
    /// 1 for each row that has a value; empty where every row must have one.
    is_there: Vec<u32>,
    is_optional: bool,
    rows: usize,
}

impl<T: Stored> Values<T> {
    /// Reads a chunk.
    ///
    /// `with_keys`: keys are wanted if there is a dictionary. Plain values behind it get keys of their own.
    pub(super) fn read(chunk: Chunk<'_>, with_keys: bool) -> Option<Self> {
        let mut found = Self {
            is_optional: chunk.is_optional,
            ..Self::default()
        };
        // Grown row by row, each array would be copied many times; damaged files say too much.
        let expected = chunk.rows.min(MOST_RESERVED);
        let mut pages = Pages::new(&chunk)?;
        while found.rows < chunk.rows {
            match pages.next()? {
                Page::Dictionary(page) => {
                    if found.rows > 0 || !found.distinct.is_empty() {
                        return None;
                    }
                    T::plain(page, &mut found.distinct)?;
                    found.are_keys = with_keys;
                }
                Page::Data {
                    levels,
                    values,
                    rows,
                    encoding,
                } => {
                    found.rows = found.rows.checked_add(rows)?;
                    if found.rows > chunk.rows {
                        return None;
                    }
                    let left = expected.saturating_sub(found.keys.len().max(found.plain.len()));
                    if found.are_keys {
                        found.keys.reserve(left);
                    } else {
                        found.plain.reserve(left);
                    }
                    let present = found.present(levels, rows)?;
                    found.data(values, present, encoding)?;
                }
                Page::Other => {}
            }
        }
        Some(found)
    }

    /// Reads which of the next rows have a value; returns how many.
    fn present(&mut self, levels: &[u8], rows: usize) -> Option<usize> {
        if !self.is_optional {
            return Some(rows);
        }
        let begin = self.is_there.len();
        runs::decode(levels, 1, rows, &mut self.is_there)?;
        let new = self.is_there.get(begin..)?;
        Some(new.iter().filter(|level| **level == 1).count())
    }

    fn data(&mut self, values: &[u8], count: usize, encoding: i64) -> Option<()> {
        match encoding {
            PLAIN => {
                let (values, _) = values.split_at_checked(count.checked_mul(T::BYTES)?)?;
                if !self.are_keys {
                    return T::plain(values, &mut self.plain);
                }
                let first = u32::try_from(self.distinct.len()).ok()?;
                T::plain(values, &mut self.distinct)?;
                self.keys
                    .extend(first..u32::try_from(self.distinct.len()).ok()?);
                Some(())
            }
            DIFFERENCES if !self.are_keys => T::differences(values, count, &mut self.plain),
            DICTIONARY | OLD_DICTIONARY => self.chosen(values, count),
            _ => None,
        }
    }

    /// Appends the values that keys name, or the keys.
    fn chosen(&mut self, keys: &[u8], count: usize) -> Option<()> {
        if count == 0 {
            return Some(());
        }
        let (&width, keys) = keys.split_first()?;
        if !self.are_keys {
            self.keys.clear();
        }
        runs::decode(keys, u32::from(width), count, &mut self.keys)?;
        if self.are_keys {
            return Some(());
        }
        let mut are_known = true;
        self.plain.extend(self.keys.iter().map(|key| {
            let value = self.distinct.get(*key as usize);
            are_known &= value.is_some();
            value.copied().unwrap_or_default()
        }));
        are_known.then_some(())
    }

    /// Returns which rows have a value; None is all.
    pub(super) fn nulls(&self) -> Option<NullBuffer> {
        let is_whole = self.is_there.iter().all(|level| *level != 0);
        (!is_whole).then(|| NullBuffer::from_iter(self.is_there.iter().map(|level| *level != 0)))
    }
}

/// Puts values into the rows that have one; the others have the least that there is. `None` when values
/// are too few or too many.
pub(super) fn spread<V: Copy + Default>(
    values: Vec<V>,
    nulls: Option<&NullBuffer>,
    rows: usize,
) -> Option<Vec<V>> {
    let Some(nulls) = nulls else {
        return (values.len() == rows).then_some(values);
    };
    let mut values = values.into_iter();
    let rows = nulls.iter().map(|is_there| {
        if is_there {
            values.next()
        } else {
            Some(V::default())
        }
    });
    rows.collect()
}
