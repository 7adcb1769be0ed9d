//! A column of a row group: its pages and what the footer says of them.

use arrow_array::{Array, ArrayRef};
use zstd::bulk::Compressor;

use super::ParquetError;
use super::columns::{self, Distinct, Encoding};
use super::leaves::LeafValues;
use super::levels::Levels;
use super::places::Places;
use super::schema::Leaf;
use super::statistics::Bounds;
use super::thrift::Thrift;

/// What the footer says of a column of a row group.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) encoding: Encoding,
    pub(super) is_compressed: bool,
    pub(super) values: usize,
    pub(super) nulls: usize,
    pub(super) uncompressed: usize,
    pub(super) compressed: usize,
    /// Where its pages begin in the file.
    pub(super) dictionary_at: Option<usize>,
    pub(super) data_at: usize,
    /// CRC32 of its pages with their headers.
    pub(super) checksum: u32,
    pub(super) bounds: Option<Bounds>,
}

/// Writes the pages of columns, one column after the other.
pub(super) struct PageWriter<'c> {
    compressor: Compressor<'c>,
    /// The values' page as it is before it is compressed, and both pages behind that.
    page: Vec<u8>,
    packed: Vec<u8>,
    packed_dictionary: Vec<u8>,
}

impl PageWriter<'_> {
    /// `level` is zstd's.
    pub(super) fn new(level: i32) -> Result<Self, ParquetError> {
        Ok(Self {
            compressor: Compressor::new(level)?,
            page: Vec::new(),
            packed: Vec::new(),
            packed_dictionary: Vec::new(),
        })
    }

    /// Appends a column to the file.
    pub(super) fn column(
        &mut self,
        leaf: &Leaf,
        values: LeafValues<'_>,
        file: &mut Vec<u8>,
    ) -> Result<Chunk, ParquetError> {
        let present = Present::of(leaf, values)?;
        self.page.clear();
        present.levels.encode(leaf, &mut self.page);
        let encoded = columns::encode(&*present.array, &present.places, leaf, &mut self.page);
        let encoded = encoded.ok_or_else(|| ParquetError::Unsupported {
            column: leaf.name(),
            kind: present.array.data_type().to_string(),
        })?;
        let is_compressed = self.pack(encoded.dictionary.as_ref())?;
        let mut chunk = Chunk {
            encoding: encoded.encoding,
            is_compressed,
            values: present.levels.len(),
            nulls: present.nulls,
            uncompressed: 0,
            compressed: 0,
            dictionary_at: None,
            data_at: 0,
            checksum: 0,
            bounds: encoded.bounds,
        };
        self.append(&mut chunk, encoded.dictionary.as_ref(), file)
            .ok_or_else(|| ParquetError::TooLarge {
                column: leaf.name(),
            })?;
        Ok(chunk)
    }

    /// Compresses both pages; returns whether that saves a twentieth.
    fn pack(&mut self, dictionary: Option<&Distinct>) -> Result<bool, ParquetError> {
        let distinct = dictionary.map_or(&[][..], |distinct| &distinct.bytes);
        compress(&mut self.compressor, distinct, &mut self.packed_dictionary)?;
        compress(&mut self.compressor, &self.page, &mut self.packed)?;
        let before = distinct.len() + self.page.len();
        let after = self.packed_dictionary.len() + self.packed.len();
        Ok(after + before / 20 < before)
    }

    /// `None` when a page is too large.
    fn append(
        &self,
        chunk: &mut Chunk,
        dictionary: Option<&Distinct>,
        file: &mut Vec<u8>,
    ) -> Option<()> {
        let begin = file.len();
        if let Some(distinct) = dictionary {
            let packed = if chunk.is_compressed {
                &self.packed_dictionary
            } else {
                &distinct.bytes
            };
            let header = dictionary_header(distinct, packed)?;
            chunk.dictionary_at = Some(begin);
            chunk.uncompressed += header.len() + distinct.bytes.len();
            file.extend_from_slice(&header);
            file.extend_from_slice(packed);
        }
        let packed = if chunk.is_compressed {
            &self.packed
        } else {
            &self.page
        };
        let header = data_header(self.page.len(), packed, chunk.values, chunk.encoding)?;
        chunk.data_at = file.len();
        chunk.uncompressed += header.len() + self.page.len();
        file.extend_from_slice(&header);
        file.extend_from_slice(packed);
        chunk.compressed = file.len() - begin;
        chunk.checksum = crc32fast::hash(file.get(begin..)?);
        Some(())
    }
}

fn compress(
    compressor: &mut Compressor<'_>,
    bytes: &[u8],
    packed: &mut Vec<u8>,
) -> Result<(), ParquetError> {
    packed.clear();
    packed.reserve(zstd::zstd_safe::compress_bound(bytes.len()));
    compressor.compress_to_buffer(bytes, packed)?;
    Ok(())
}

/// The values of a column that are there.
struct Present<'a> {
    array: ArrayRef,
    places: Places<'a>,
    levels: Levels,
    nulls: usize,
}

impl<'a> Present<'a> {
    fn of(leaf: &Leaf, values: LeafValues<'a>) -> Result<Self, ParquetError> {
        let LeafValues {
            array,
            places,
            mut levels,
        } = values;
        let all = places.len();
        let has_nulls = array.null_count() > 0;
        if leaf.is_optional && has_nulls {
            let validity = places.map(|row| array.is_valid(row));
            levels.add_validity(leaf, validity.into_iter());
        } else if leaf.is_optional {
            levels.add_presence(leaf);
        }
        let places = if has_nulls {
            places.only(|row| array.is_valid(row))
        } else {
            places
        };
        let nulls = all - places.len();
        if nulls > 0 && !leaf.is_optional {
            return Err(ParquetError::Null {
                column: leaf.name(),
            });
        }
        Ok(Self {
            array,
            places,
            levels,
            nulls,
        })
    }
}

fn dictionary_header(distinct: &Distinct, packed: &[u8]) -> Option<Vec<u8>> {
    let count = i32::try_from(distinct.count).ok()?;
    let mut thrift = page_header(2, distinct.bytes.len(), packed)?;
    thrift.structure(7, |thrift| {
        thrift.i32(1, count);
        thrift.i32(2, Encoding::Plain as i32);
    });
    Some(thrift.finish())
}

fn data_header(length: usize, packed: &[u8], values: usize, encoding: Encoding) -> Option<Vec<u8>> {
    let values = i32::try_from(values).ok()?;
    let mut thrift = page_header(0, length, packed)?;
    thrift.structure(5, |thrift| {
        thrift.i32(1, values);
        thrift.i32(2, encoding as i32);
        thrift.i32(3, Encoding::Rle as i32);
        thrift.i32(4, Encoding::Rle as i32);
    });
    Some(thrift.finish())
}

/// `packed` is the page as it will lie in the file: the header has its checksum.
fn page_header(kind: i32, length: usize, packed: &[u8]) -> Option<Thrift> {
    let mut thrift = Thrift::default();
    thrift.i32(1, kind);
    thrift.i32(2, i32::try_from(length).ok()?);
    thrift.i32(3, i32::try_from(packed.len()).ok()?);
    thrift.i32(4, crc32fast::hash(packed).cast_signed());
    Some(thrift)
}
