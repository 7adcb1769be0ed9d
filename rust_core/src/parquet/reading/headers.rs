//! Headers of pages: structs of Thrift's compact protocol.

use super::runs::varint;

/// What a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    Dictionary,
    Data {
        rows: usize,
        encoding: i64,
    },
    DataV2 {
        rows: usize,
        encoding: i64,
        /// Bytes of the levels, which are never compressed.
        levels: usize,
        is_compressed: bool,
    },
    /// An index: it has no values.
    Other,
}

/// A page begins behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) unpacked: usize,
    pub(super) packed: usize,
    /// CRC32 of the page as it lies there; files of earlier versions and of others may have none.
    pub(super) checksum: Option<u32>,
    pub(super) body: Body,
}

const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const WHOLES: std::ops::RangeInclusive<u8> = 4..=6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LISTS: std::ops::RangeInclusive<u8> = 9..=10;
const STRUCT: u8 = 12;
const RUNS: i64 = 3;
/// Headers nest two deep.
const DEEPEST: u32 = 8;

/// Reads a header; returns it and what lies behind it.
pub(super) fn read(bytes: &[u8]) -> Option<(Header, &[u8])> {
    let mut found = Fields::default();
    let rest = found.read(bytes, 0)?;
    let [kind, unpacked, packed] = [1, 2, 3].map(|field| found.get(&[field]));
    let size = |value: Option<i64>| usize::try_from(value?).ok();
    let body = match kind? {
        // Levels have been a mix of runs since 2013.
        0 if found.get(&[5, 3])? != RUNS => return None,
        0 => Body::Data {
            rows: size(found.get(&[5, 1]))?,
            encoding: found.get(&[5, 2])?,
        },
        2 => Body::Dictionary,
        3 => Body::DataV2 {
            rows: size(found.get(&[8, 1]))?,
            encoding: found.get(&[8, 4])?,
            levels: size(found.get(&[8, 5]))?,
            is_compressed: found.get(&[8, 7]) != Some(0),
        },
        _ => Body::Other,
    };
    let header = Header {
        unpacked: size(unpacked)?,
        packed: size(packed)?,
        checksum: match found.get(&[4]) {
            Some(value) => Some(i32::try_from(value).ok()?.cast_unsigned()),
            None => None,
        },
        body,
    };
    Some((header, rest))
}

/// The whole numbers and truths of a struct and of those in it, by the numbers of their fields.
#[derive(Debug, Default)]
struct Fields {
    path: Vec<i64>,
    values: Vec<(Vec<i64>, i64)>,
}

impl Fields {
    fn get(&self, path: &[i64]) -> Option<i64> {
        let mut found = self.values.iter().filter(|(of, _)| of == path);
        found.next().map(|(_, value)| *value)
    }

    fn read<'a>(&mut self, bytes: &'a [u8], depth: u32) -> Option<&'a [u8]> {
        let mut rest = bytes;
        let mut field = 0_i64;
        loop {
            let (&first, behind) = rest.split_first()?;
            if first == 0 {
                return Some(behind);
            }
            rest = behind;
            let step = i64::from(first >> 4);
            field = if step == 0 {
                let (number, behind) = zigzag(rest)?;
                rest = behind;
                number
            } else {
                field.checked_add(step)?
            };
            self.path.push(field);
            rest = self.value(first & 0x0f, rest, depth)?;
            self.path.pop();
        }
    }

    fn value<'a>(&mut self, kind: u8, bytes: &'a [u8], depth: u32) -> Option<&'a [u8]> {
        match kind {
            TRUE | FALSE => {
                self.values
                    .push((self.path.clone(), i64::from(kind == TRUE)));
                Some(bytes)
            }
            BYTE => bytes.get(1..),
            DOUBLE => bytes.get(8..),
            BINARY => {
                let (length, rest) = varint(bytes)?;
                rest.get(usize::try_from(length).ok()?..)
            }
            STRUCT if depth < DEEPEST => self.read(bytes, depth + 1),
            kind if WHOLES.contains(&kind) => {
                let (value, rest) = zigzag(bytes)?;
                self.values.push((self.path.clone(), value));
                Some(rest)
            }
            kind if LISTS.contains(&kind) => self.list(bytes, depth),
            _ => None,
        }
    }

    fn list<'a>(&mut self, bytes: &'a [u8], depth: u32) -> Option<&'a [u8]> {
        if depth >= DEEPEST {
            return None;
        }
        let (&first, mut rest) = bytes.split_first()?;
        let mut count = u64::from(first >> 4);
        if count == 15 {
            (count, rest) = varint(rest)?;
        }
        for _ in 0..count {
            rest = match first & 0x0f {
                // In a list a truth is a byte.
                TRUE | FALSE => rest.get(1..)?,
                kind => self.value(kind, rest, depth + 1)?,
            };
        }
        Some(rest)
    }
}

/// Whole numbers lie there with their sign in the lowest bit.
pub(super) fn zigzag(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (value, rest) = varint(bytes)?;
    Some((
        (value >> 1).cast_signed() ^ -(value & 1).cast_signed(),
        rest,
    ))
}
