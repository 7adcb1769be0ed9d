//! Growing Arrow columns, filled field by field.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{
    ArrayBuilder, BinaryBuilder, Decimal128Builder, FixedSizeBinaryBuilder, Int16Builder,
    Int32Builder, Int64Builder, ListBuilder, MapBuilder, MapFieldNames, StringBuilder,
    UInt64Builder,
};
use arrow_schema::{DataType, Field, Fields};

use super::{split_field, split_number};
use crate::postgres::CopyError;
use crate::postgres::numeric::{read_decimal, read_integer};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `smallint`, Arrow int16.
    Small,
    /// `integer`, Arrow int32.
    Int,
    /// `bigint`, Arrow int64.
    Long,
    /// `text`, Arrow string.
    Text,
    /// `uuid`, Arrow `fixed_size_binary[16]`.
    Id,
    /// `bytea`, Arrow binary.
    Bytes,
    /// `numeric`, Arrow `decimal128(38, 18)`.
    Decimal,
    /// `numeric` without a fraction, Arrow uint64.
    Unsigned,
    /// `text[]`, Arrow list of strings; NULL is the list without items.
    TextList,
    /// `numeric[]`, Arrow list of `decimal128(38, 18)`; NULL is the list without items.
    DecimalList,
    /// `text[]` of keys and values by turns, Arrow map; NULL is the map without entries.
    TextMap,
}

impl Kind {
    /// Returns the kind of a name.
    ///
    /// # Errors
    /// [`CopyError::UnknownType`] when there is none.
    pub fn named(column: &str, name: &str) -> Result<Self, CopyError> {
        Ok(match name {
            "small" => Self::Small,
            "int" => Self::Int,
            "long" => Self::Long,
            "text" => Self::Text,
            "id" => Self::Id,
            "bytes" => Self::Bytes,
            "decimal" => Self::Decimal,
            "unsigned" => Self::Unsigned,
            "text_list" => Self::TextList,
            "decimal_list" => Self::DecimalList,
            "text_map" => Self::TextMap,
            _ => {
                return Err(CopyError::UnknownType {
                    column: column.to_owned(),
                    found: name.to_owned(),
                });
            }
        })
    }

    pub(super) fn data_type(self) -> DataType {
        match self {
            Self::Small => DataType::Int16,
            Self::Int => DataType::Int32,
            Self::Long => DataType::Int64,
            Self::Text => DataType::Utf8,
            Self::Id => DataType::FixedSizeBinary(16),
            Self::Bytes => DataType::Binary,
            Self::Decimal => DECIMAL,
            Self::Unsigned => DataType::UInt64,
            Self::TextList => DataType::List(item(DataType::Utf8)),
            Self::DecimalList => DataType::List(item(DECIMAL)),
            Self::TextMap => {
                let entry = Fields::from(vec![
                    Field::new("key", DataType::Utf8, false),
                    Field::new("value", DataType::Utf8, true),
                ]);
                let entries = Field::new("entries", DataType::Struct(entry), false);
                DataType::Map(Arc::new(entries), false)
            }
        }
    }
}

const DECIMAL: DataType = DataType::Decimal128(38, 18);

fn item(kind: DataType) -> Arc<Field> {
    Arc::new(Field::new("item", kind, false))
}

#[derive(Debug)]
pub(super) enum Column {
    Small(Int16Builder),
    Int(Int32Builder),
    Long(Int64Builder),
    Text(StringBuilder),
    Id(FixedSizeBinaryBuilder),
    Bytes(BinaryBuilder),
    Decimal(Decimal128Builder),
    Unsigned(UInt64Builder),
    TextList(ListBuilder<StringBuilder>),
    DecimalList(ListBuilder<Decimal128Builder>),
    TextMap(MapBuilder<StringBuilder, StringBuilder>),
}

impl Column {
    pub(super) fn new(kind: Kind) -> Self {
        match kind {
            Kind::Small => Self::Small(Int16Builder::new()),
            Kind::Int => Self::Int(Int32Builder::new()),
            Kind::Long => Self::Long(Int64Builder::new()),
            Kind::Text => Self::Text(StringBuilder::new()),
            Kind::Id => Self::Id(FixedSizeBinaryBuilder::new(16)),
            Kind::Bytes => Self::Bytes(BinaryBuilder::new()),
            Kind::Decimal => Self::Decimal(decimals()),
            Kind::Unsigned => Self::Unsigned(UInt64Builder::new()),
            Kind::TextList => Self::TextList(
                ListBuilder::new(StringBuilder::new()).with_field(item(DataType::Utf8)),
            ),
            Kind::DecimalList => {
                Self::DecimalList(ListBuilder::new(decimals()).with_field(item(DECIMAL)))
            }
            Kind::TextMap => {
                let names = MapFieldNames {
                    entry: "entries".to_owned(),
                    key: "key".to_owned(),
                    value: "value".to_owned(),
                };
                Self::TextMap(MapBuilder::new(
                    Some(names),
                    StringBuilder::new(),
                    StringBuilder::new(),
                ))
            }
        }
    }

    pub(super) fn push(&mut self, field: Option<&[u8]>) -> Result<(), CopyError> {
        match self {
            Self::Small(column) => {
                column.append_option(field.map(number).transpose()?.map(i16::from_be_bytes));
            }
            Self::Int(column) => {
                column.append_option(field.map(number).transpose()?.map(i32::from_be_bytes));
            }
            Self::Long(column) => {
                column.append_option(field.map(number).transpose()?.map(i64::from_be_bytes));
            }
            Self::Text(column) => column.append_option(field.map(text).transpose()?),
            Self::Id(column) => match field {
                Some(field) => column.append_value(field)?,
                None => column.append_null(),
            },
            Self::Bytes(column) => column.append_option(field),
            Self::Decimal(column) => column.append_option(field.map(read_decimal).transpose()?),
            Self::Unsigned(column) => column.append_option(field.map(read_integer).transpose()?),
            Self::TextList(column) => {
                for each in items(field)? {
                    column.values().append_option(each?.map(text).transpose()?);
                }
                column.append(true);
            }
            Self::DecimalList(column) => {
                for each in items(field)? {
                    let each = each?.ok_or(BAD_ARRAY)?;
                    column.values().append_value(read_decimal(each)?);
                }
                column.append(true);
            }
            Self::TextMap(column) => push_entries(column, field)?,
        }
        Ok(())
    }

    pub(super) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Small(column) => ArrayBuilder::finish(column),
            Self::Int(column) => ArrayBuilder::finish(column),
            Self::Long(column) => ArrayBuilder::finish(column),
            Self::Text(column) => ArrayBuilder::finish(column),
            Self::Id(column) => ArrayBuilder::finish(column),
            Self::Bytes(column) => ArrayBuilder::finish(column),
            Self::Decimal(column) => ArrayBuilder::finish(column),
            Self::Unsigned(column) => ArrayBuilder::finish(column),
            Self::TextList(column) => ArrayBuilder::finish(column),
            Self::DecimalList(column) => ArrayBuilder::finish(column),
            Self::TextMap(column) => ArrayBuilder::finish(column),
        }
    }
}

fn decimals() -> Decimal128Builder {
    Decimal128Builder::new().with_data_type(DECIMAL)
}

fn push_entries(
    column: &mut MapBuilder<StringBuilder, StringBuilder>,
    field: Option<&[u8]>,
) -> Result<(), CopyError> {
    let mut parts = items(field)?;
    while let Some(key) = parts.next() {
        let key = key?.map(text).transpose()?.ok_or(BAD_ARRAY)?;
        let value = parts.next().ok_or(BAD_ARRAY)??.map(text).transpose()?;
        column.keys().append_value(key);
        column.values().append_option(value);
    }
    Ok(column.append(true)?)
}

fn number<const N: usize>(field: &[u8]) -> Result<[u8; N], CopyError> {
    field.try_into().map_err(|_| CopyError::Malformed {
        what: "a number of another width",
    })
}

fn text(field: &[u8]) -> Result<&str, CopyError> {
    str::from_utf8(field).map_err(|_| CopyError::Malformed {
        what: "text that is not UTF-8",
    })
}

const BAD_ARRAY: CopyError = CopyError::Malformed {
    what: "an array of another form",
};

/// Items of an array of one dimension; none for NULL and for the empty array.
fn items(field: Option<&[u8]>) -> Result<Items<'_>, CopyError> {
    let Some(field) = field else {
        return Ok(Items { rest: &[], left: 0 });
    };
    let (dimensions, rest) = split_number::<4>(field).ok_or(BAD_ARRAY)?;
    match i32::from_be_bytes(dimensions) {
        0 => Ok(Items { rest: &[], left: 0 }),
        1 => {
            // Flags and the type of the items precede the count, the first index follows it.
            let rest = rest.get(8..).ok_or(BAD_ARRAY)?;
            let (count, rest) = split_number::<4>(rest).ok_or(BAD_ARRAY)?;
            let rest = rest.get(4..).ok_or(BAD_ARRAY)?;
            let left = u32::from_be_bytes(count);
            Ok(Items { rest, left })
        }
        _ => Err(BAD_ARRAY),
    }
}

struct Items<'a> {
    rest: &'a [u8],
    left: u32,
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Option<&'a [u8]>, CopyError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        match split_field(self.rest) {
            Ok(Some((item, rest))) => {
                self.rest = rest;
                Some(Ok(item))
            }
            Ok(None) => Some(Err(BAD_ARRAY)),
            Err(error) => Some(Err(error)),
        }
    }
}
