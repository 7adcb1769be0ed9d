//! Column types by the names ClickHouse gives them.

use std::fmt;

use arrow_schema::DataType;

use super::NativeError;

/// The type of a column, as far as its form goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Values of one width, whose bytes are those of Arrow.
    Plain(DataType),
    Text,
    Nullable(Box<Kind>),
    LowCardinality {
        is_nullable: bool,
    },
    Array(Box<Kind>),
    /// Names and types.
    Tuple(Vec<(String, Kind)>),
    Map(Box<Kind>, Box<Kind>),
}

impl Kind {
    /// Reads a name such as `Array(LowCardinality(String))`.
    ///
    /// # Errors
    /// [`NativeError::UnknownKind`] for a type that no table of ours has.
    pub(super) fn named(name: &str) -> Result<Self, NativeError> {
        let Some((outer, inner)) = parts(name) else {
            return plain(name);
        };
        match outer {
            "Nullable" => match Self::named(inner)? {
                kind @ (Self::Plain(_) | Self::Text) => Ok(Self::Nullable(Box::new(kind))),
                _ => Err(unknown(name)),
            },
            "LowCardinality" => match inner {
                "String" => Ok(Self::LowCardinality { is_nullable: false }),
                "Nullable(String)" => Ok(Self::LowCardinality { is_nullable: true }),
                _ => Err(unknown(name)),
            },
            "Array" => Ok(Self::Array(Box::new(Self::named(inner)?))),
            "Map" => match split(inner).as_slice() {
                [key, value] => Ok(Self::Map(
                    Box::new(Self::named(key)?),
                    Box::new(Self::named(value)?),
                )),
                _ => Err(unknown(name)),
            },
            "Tuple" => split(inner).into_iter().map(member).collect(),
            _ => plain(name),
        }
    }
}

impl FromIterator<(String, Kind)> for Kind {
    fn from_iter<I: IntoIterator<Item = (String, Self)>>(members: I) -> Self {
        Self::Tuple(members.into_iter().collect())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(kind) => write!(out, "{kind}"),
            Self::Text => out.write_str("String"),
            Self::Nullable(inner) => write!(out, "Nullable({inner})"),
            Self::LowCardinality { is_nullable: false } => out.write_str("LowCardinality(String)"),
            Self::LowCardinality { is_nullable: true } => {
                out.write_str("LowCardinality(Nullable(String))")
            }
            Self::Array(item) => write!(out, "Array({item})"),
            Self::Tuple(members) => write!(out, "a Tuple of {}", members.len()),
            Self::Map(key, value) => write!(out, "Map({key}, {value})"),
        }
    }
}

fn member(text: &str) -> Result<(String, Kind), NativeError> {
    let (name, kind) = text.split_once(' ').ok_or_else(|| unknown(text))?;
    Ok((name.to_owned(), Kind::named(kind)?))
}

fn plain(name: &str) -> Result<Kind, NativeError> {
    Ok(Kind::Plain(match name {
        "String" => return Ok(Kind::Text),
        "Int32" => DataType::Int32,
        "Int64" => DataType::Int64,
        "UInt32" | "DateTime('UTC')" => DataType::UInt32,
        "UInt64" => DataType::UInt64,
        "FixedString(16)" => DataType::FixedSizeBinary(16),
        "Decimal(38, 18)" => DataType::Decimal128(38, 18),
        _ => return Err(unknown(name)),
    }))
}

/// Splits `Outer(inner)`.
fn parts(name: &str) -> Option<(&str, &str)> {
    let (outer, rest) = name.split_once('(')?;
    Some((outer, rest.strip_suffix(')')?))
}

/// Splits at the commas that are not within parentheses.
fn split(text: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    text.split(|sign| {
        depth += match sign {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        sign == ',' && depth == 0
    })
    .map(str::trim_start)
    .collect()
}

fn unknown(name: &str) -> NativeError {
    NativeError::UnknownKind(name.to_owned())
}
