//! Decimals of a column chunk, for rows that are read many at a time.
//!
//! General readers build each decimal by itself, at some 50 ns. Here a dictionary is turned around once,
//! and what is left for a row is to copy 16 bytes. What is read is what stores hold: fixed 16 bytes a
//! value, not in a list, plain or by a dictionary, whole or compressed by zstd, pages of either version.
//! Anything else, or anything that does not fit together, is `None`: who asked reads the column in the
//! general way, which knows what is wrong with it.

mod headers;
mod runs;
#[cfg(test)]
mod tests;

use arrow_array::Decimal128Array;
use arrow_buffer::{NullBuffer, ScalarBuffer};
use zstd::bulk::Decompressor;

use headers::{Body, Header};

const PLAIN: i64 = 0;
const OLD_DICTIONARY: i64 = 2;
const DICTIONARY: i64 = 8;
/// A page that says it is larger is taken for damaged.
const LARGEST_PAGE: usize = 1 << 30;

/// A column of a row group, as it lies in the file.
#[derive(Debug, Clone, Copy)]
pub struct Chunk<'a> {
    /// Its pages, one behind the other.
    pub bytes: &'a [u8],
    /// Rows of the row group.
    pub rows: usize,
    /// Whether a row may be null.
    pub is_optional: bool,
    /// Whether pages are compressed, by zstd.
    pub is_compressed: bool,
}

/// Returns the integers of the decimals of a chunk, or `None` for what is not read here.
#[must_use]
pub fn decimals(chunk: Chunk<'_>) -> Option<Decimal128Array> {
    let mut reader = Reader::new(chunk)?;
    let mut rest = chunk.bytes;
    while reader.rows < chunk.rows {
        let (header, behind) = headers::read(rest)?;
        let (page, behind) = behind.split_at_checked(header.packed)?;
        reader.page(&header, page)?;
        rest = behind;
    }
    reader.finish()
}

struct Reader<'a> {
    chunk: Chunk<'a>,
    decompressor: Decompressor<'static>,
    page: Vec<u8>,
    distinct: Vec<i128>,
    values: Vec<i128>,
    /// 1 for each row that has a value; empty where every row must have one.
    is_there: Vec<u32>,
    rows: usize,
}

impl<'a> Reader<'a> {
    fn new(chunk: Chunk<'a>) -> Option<Self> {
        Some(Self {
            chunk,
            decompressor: Decompressor::new().ok()?,
            page: Vec::new(),
            distinct: Vec::new(),
            values: Vec::new(),
            is_there: Vec::new(),
            rows: 0,
        })
    }

    fn page(&mut self, header: &Header, packed: &[u8]) -> Option<()> {
        let page = std::mem::take(&mut self.page);
        self.page = match header.body {
            Body::Dictionary => {
                let page = self.unpacked(packed, header.unpacked, page)?;
                self.distinct = plain(&page)?.collect();
                page
            }
            Body::Data { rows, encoding } => {
                let page = self.unpacked(packed, header.unpacked, page)?;
                let (levels, values) = if self.chunk.is_optional {
                    let (length, rest) = page.split_first_chunk::<4>()?;
                    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
                    rest.split_at_checked(length)?
                } else {
                    (&[][..], &*page)
                };
                self.data(levels, values, rows, encoding)?;
                page
            }
            Body::DataV2 {
                rows,
                encoding,
                levels,
                is_compressed,
            } => {
                let (levels, packed) = packed.split_at_checked(levels)?;
                let length = header.unpacked.checked_sub(levels.len())?;
                if is_compressed {
                    let page = self.unpacked(packed, length, page)?;
                    self.data(levels, &page, rows, encoding)?;
                    page
                } else {
                    self.data(levels, packed, rows, encoding)?;
                    page
                }
            }
            Body::Other => page,
        };
        Some(())
    }

    fn unpacked(&mut self, packed: &[u8], length: usize, mut page: Vec<u8>) -> Option<Vec<u8>> {
        page.clear();
        if !self.chunk.is_compressed {
            page.extend_from_slice(packed);
            return Some(page);
        }
        if length > LARGEST_PAGE {
            return None;
        }
        page.reserve(length);
        self.decompressor
            .decompress_to_buffer(packed, &mut page)
            .ok()?;
        (page.len() == length).then_some(page)
    }

    fn data(&mut self, levels: &[u8], values: &[u8], rows: usize, encoding: i64) -> Option<()> {
        self.rows = self.rows.checked_add(rows)?;
        if self.rows > self.chunk.rows {
            return None;
        }
        let mut present = rows;
        if self.chunk.is_optional {
            let begin = self.is_there.len();
            runs::decode(levels, 1, rows, |level| self.is_there.push(level))?;
            let new = self.is_there.get(begin..)?;
            present = new.iter().filter(|level| **level == 1).count();
        }
        self.values.reserve(present);
        match encoding {
            PLAIN => {
                let (values, _) = values.split_at_checked(present.checked_mul(16)?)?;
                self.values.extend(plain(values)?);
                Some(())
            }
            DICTIONARY | OLD_DICTIONARY => self.chosen(values, present),
            _ => None,
        }
    }

    /// Appends the values that keys name.
    fn chosen(&mut self, keys: &[u8], count: usize) -> Option<()> {
        if count == 0 {
            return Some(());
        }
        let (&width, keys) = keys.split_first()?;
        let (distinct, values) = (&self.distinct, &mut self.values);
        let mut are_known = true;
        runs::decode(keys, u32::from(width), count, |key| {
            let value = distinct.get(key as usize);
            are_known &= value.is_some();
            values.push(value.copied().unwrap_or_default());
        })?;
        are_known.then_some(())
    }

    fn finish(self) -> Option<Decimal128Array> {
        let missing = self.is_there.iter().filter(|level| **level == 0).count();
        if missing == 0 {
            let is_whole = self.values.len() == self.chunk.rows;
            return is_whole.then(|| Decimal128Array::new(ScalarBuffer::from(self.values), None));
        }
        let mut values = self.values.into_iter();
        let spread: Vec<i128> = self
            .is_there
            .iter()
            .map(|level| match level {
                0 => Some(0),
                _ => values.next(),
            })
            .collect::<Option<_>>()?;
        let nulls = NullBuffer::from_iter(self.is_there.iter().map(|level| *level != 0));
        Some(Decimal128Array::new(
            ScalarBuffer::from(spread),
            Some(nulls),
        ))
    }
}

/// Yields values that lie one behind the other, their highest byte first.
fn plain(bytes: &[u8]) -> Option<impl Iterator<Item = i128>> {
    let (values, rest) = bytes.as_chunks::<16>();
    rest.is_empty()
        .then(|| values.iter().map(|value| i128::from_be_bytes(*value)))
}
