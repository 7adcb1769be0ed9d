//! The columns of a file as Parquet names them, from an Arrow schema.

use arrow_schema::{DataType, Field, Schema};

use super::ParquetError;

/// How values of a column lie in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Physical {
    Int32,
    Int64,
    Bytes,
    Fixed(i32),
}

/// What values of a column mean, where that does not follow from how they lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Logical {
    Text,
    Map,
    List,
    Decimal { precision: u8, scale: i8 },
    Unsigned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repetition {
    Required,
    Optional,
    Repeated,
}

/// A node of the tree of columns.
#[derive(Clone, Debug)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) repetition: Repetition,
    /// Number of the nodes below it, which follow; none is a leaf.
    pub(super) children: Option<i32>,
    pub(super) physical: Option<Physical>,
    pub(super) logical: Option<Logical>,
}

/// A column of a file.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) path: Vec<String>,
    pub(super) physical: Physical,
    pub(super) is_optional: bool,
    /// Whether it lies in a list, of which there is at most one around it.
    pub(super) is_repeated: bool,
    pub(super) has_statistics: bool,
}

impl Leaf {
    /// Returns the definition level of a value that is there.
    pub(super) fn max_definition(&self) -> u32 {
        u32::from(self.is_optional) + u32::from(self.is_repeated)
    }

    pub(super) fn name(&self) -> String {
        self.path.join(".")
    }
}

/// The tree, and its leaves from left to right.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub(super) elements: Vec<Element>,
    pub(super) leaves: Vec<Leaf>,
    /// Number of the columns of the table.
    pub(super) columns: usize,
}

impl Layout {
    /// `statistics` names the columns a query can be about.
    pub(super) fn new(schema: &Schema, statistics: &[String]) -> Result<Self, ParquetError> {
        let mut layout = Self {
            columns: schema.fields().len(),
            ..Self::default()
        };
        for field in schema.fields() {
            layout.column(field)?;
        }
        for leaf in &mut layout.leaves {
            leaf.has_statistics =
                matches!(leaf.path.as_slice(), [name] if statistics.contains(name));
        }
        Ok(layout)
    }

    fn column(&mut self, field: &Field) -> Result<(), ParquetError> {
        let name = field.name();
        match field.data_type() {
            DataType::List(item) if !field.is_nullable() => {
                self.group(name, Repetition::Required, 1, Some(Logical::List));
                self.group("list", Repetition::Repeated, 1, None);
                match item.data_type() {
                    DataType::Struct(fields) if !item.is_nullable() => {
                        self.group("element", Repetition::Required, fields.len(), None);
                        fields.iter().try_for_each(|field| {
                            self.leaf(&[name, "list", "element", field.name()], field)
                        })
                    }
                    _ => self.leaf(&[name, "list", "element"], item),
                }
            }
            DataType::Map(entries, _) if !field.is_nullable() => {
                let DataType::Struct(fields) = entries.data_type() else {
                    return Err(unsupported(field));
                };
                self.group(name, Repetition::Required, 1, Some(Logical::Map));
                self.group("key_value", Repetition::Repeated, fields.len(), None);
                let names = ["key", "value"].into_iter();
                names
                    .zip(fields)
                    .try_for_each(|(part, field)| self.leaf(&[name, "key_value", part], field))
            }
            _ => self.leaf(&[name], field),
        }
    }

    fn group(
        &mut self,
        name: &str,
        repetition: Repetition,
        children: usize,
        logical: Option<Logical>,
    ) {
        self.elements.push(Element {
            name: name.to_owned(),
            repetition,
            children: i32::try_from(children).ok(),
            physical: None,
            logical,
        });
    }

    fn leaf(&mut self, path: &[&str], field: &Field) -> Result<(), ParquetError> {
        let (physical, logical) = kind_of(field)?;
        let repetition = if field.is_nullable() {
            Repetition::Optional
        } else {
            Repetition::Required
        };
        self.elements.push(Element {
            name: path.last().copied().unwrap_or_default().to_owned(),
            repetition,
            children: None,
            physical: Some(physical),
            logical,
        });
        self.leaves.push(Leaf {
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            physical,
            is_optional: field.is_nullable(),
            is_repeated: path.len() > 1,
            has_statistics: false,
        });
        Ok(())
    }
}

fn kind_of(field: &Field) -> Result<(Physical, Option<Logical>), ParquetError> {
    match field.data_type() {
        DataType::Int32 => Ok((Physical::Int32, None)),
        DataType::Int64 => Ok((Physical::Int64, None)),
        DataType::UInt64 => Ok((Physical::Int64, Some(Logical::Unsigned))),
        // As many bytes as 38 digits need, which readers reckon themselves.
        DataType::Decimal128(precision @ 37..=38, scale) => Ok((
            Physical::Fixed(16),
            Some(Logical::Decimal {
                precision: *precision,
                scale: *scale,
            }),
        )),
        DataType::FixedSizeBinary(size @ 1..) => Ok((Physical::Fixed(*size), None)),
        DataType::Binary => Ok((Physical::Bytes, None)),
        DataType::Utf8 => Ok((Physical::Bytes, Some(Logical::Text))),
        DataType::Dictionary(key, value)
            if **key == DataType::Int32 && **value == DataType::Utf8 =>
        {
            Ok((Physical::Bytes, Some(Logical::Text)))
        }
        _ => Err(unsupported(field)),
    }
}

pub(super) fn unsupported(field: &Field) -> ParquetError {
    ParquetError::Unsupported {
        column: field.name().clone(),
        kind: field.data_type().to_string(),
    }
}
