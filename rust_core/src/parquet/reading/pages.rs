//! The pages of a column chunk, one after another, unpacked.

use zstd::bulk::Decompressor;

use super::Chunk;
use super::headers::{self, Body, Header};

/// A page that says it is larger is taken for damaged.
const LARGEST_PAGE: usize = 1 << 30;

/// What a page holds.
#[derive(Debug)]
pub(super) enum Page<'a> {
    /// Values that others name, plain.
    Dictionary(&'a [u8]),
    /// Which rows have a value, and the values.
    Data {
        levels: &'a [u8],
        values: &'a [u8],
        rows: usize,
        encoding: i64,
    },
    Other,
}

/// Reads the pages of a chunk.
pub(super) struct Pages<'a> {
    rest: &'a [u8],
    is_optional: bool,
    unpacker: Unpacker,
}

impl<'a> Pages<'a> {
    pub(super) fn new(chunk: &Chunk<'a>) -> Option<Self> {
        let decompressor = chunk.is_compressed.then(Decompressor::new);
        Some(Self {
            rest: chunk.bytes,
            is_optional: chunk.is_optional,
            unpacker: Unpacker {
                decompressor: decompressor.transpose().ok()?,
                page: Vec::new(),
            },
        })
    }

    pub(super) fn next(&mut self) -> Option<Page<'_>> {
        let (header, behind) = headers::read(self.rest)?;
        let (packed, behind) = behind.split_at_checked(header.packed)?;
        self.rest = behind;
        let Header {
            unpacked,
            checksum,
            body,
            ..
        } = header;
        if checksum.is_some_and(|expected| crc32fast::hash(packed) != expected) {
            return None;
        }
        Some(match body {
            Body::Dictionary => Page::Dictionary(self.unpacker.unpacked(packed, unpacked)?),
            Body::Data { rows, encoding } => {
                let page = self.unpacker.unpacked(packed, unpacked)?;
                let (levels, values) = if self.is_optional {
                    let (length, rest) = page.split_first_chunk::<4>()?;
                    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
                    rest.split_at_checked(length)?
                } else {
                    (&[][..], page)
                };
                Page::Data {
                    levels,
                    values,
                    rows,
                    encoding,
                }
            }
            Body::DataV2 {
                rows,
                encoding,
                levels,
                is_compressed,
            } => {
                let (levels, packed) = packed.split_at_checked(levels)?;
                let length = unpacked.checked_sub(levels.len())?;
                let values = if is_compressed {
                    self.unpacker.unpacked(packed, length)?
                } else {
                    packed
                };
                Page::Data {
                    levels,
                    values,
                    rows,
                    encoding,
                }
            }
            Body::Other => Page::Other,
        })
    }
}

struct Unpacker {
    /// None where nothing is compressed.
    decompressor: Option<Decompressor<'static>>,
    page: Vec<u8>,
}

impl Unpacker {
    fn unpacked<'a>(&'a mut self, packed: &'a [u8], length: usize) -> Option<&'a [u8]> {
        let Some(decompressor) = &mut self.decompressor else {
            return Some(packed);
        };
        if length > LARGEST_PAGE {
            return None;
        }
        self.page.clear();
        self.page.reserve(length);
        decompressor
            .decompress_to_buffer(packed, &mut self.page)
            .ok()?;
        (self.page.len() == length).then_some(&self.page)
    }
}
