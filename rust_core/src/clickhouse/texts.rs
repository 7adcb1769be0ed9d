//! Columns of text or bytes, as they are or as places in a dictionary.

use arrow_array::cast::AsArray;
use arrow_array::{Array, BinaryArray, StringArray};

use super::varint::write_bytes;

/// Where the texts of a column are.
#[derive(Debug)]
pub(super) enum Texts<'a> {
    Plain(&'a StringArray),
    Bytes(&'a BinaryArray),
    Dictionary {
        places: Vec<usize>,
        values: &'a StringArray,
    },
}

impl<'a> Texts<'a> {
    /// None when the array holds neither text nor bytes.
    pub(super) fn of(array: &'a dyn Array) -> Option<Self> {
        if let Some(plain) = array.as_string_opt::<i32>() {
            return Some(Self::Plain(plain));
        }
        if let Some(bytes) = array.as_binary_opt::<i32>() {
            return Some(Self::Bytes(bytes));
        }
        let dictionary = array.as_any_dictionary_opt()?;
        let values = dictionary.values().as_string_opt::<i32>()?;
        let places = if values.is_empty() {
            vec![0; array.len()]
        } else {
            dictionary.normalized_keys()
        };
        Some(Self::Dictionary { places, values })
    }

    /// Appends all of them, each behind its length; a null is an empty text.
    pub(super) fn write(&self, nulls: &dyn Array, out: &mut Vec<u8>) {
        match self {
            Self::Plain(array) => {
                out.reserve(array.value_data().len() + 2 * array.len());
                for text in *array {
                    write_bytes(out, text.unwrap_or_default().as_bytes());
                }
            }
            Self::Bytes(array) => {
                for bytes in *array {
                    write_bytes(out, bytes.unwrap_or_default());
                }
            }
            Self::Dictionary { places, values } => {
                for (row, place) in places.iter().enumerate() {
                    let is_null = nulls.is_null(row) || *place >= values.len();
                    let text = if is_null { "" } else { values.value(*place) };
                    write_bytes(out, text.as_bytes());
                }
            }
        }
    }
}
