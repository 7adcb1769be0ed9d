//! Columns of text, as plain strings or as places in a dictionary.

use arrow_array::cast::AsArray;
use arrow_array::{Array, StringArray};
use arrow_schema::DataType;

/// Texts by row; null where the column or the dictionary has a null.
#[derive(Debug)]
pub(super) enum Texts<'a> {
    Plain(&'a StringArray),
    Dictionary {
        nulls: &'a dyn Array,
        places: Vec<usize>,
        values: &'a StringArray,
    },
}

impl<'a> Texts<'a> {
    /// None when the array holds no text.
    pub(super) fn of(array: &'a dyn Array) -> Option<Self> {
        if let Some(plain) = array.as_string_opt::<i32>() {
            return Some(Self::Plain(plain));
        }
        let dictionary = array.as_any_dictionary_opt()?;
        let values = dictionary.values().as_string_opt::<i32>()?;
        let places = if values.is_empty() {
            vec![0; array.len()]
        } else {
            dictionary.normalized_keys()
        };
        Some(Self::Dictionary {
            nulls: dictionary.keys(),
            places,
            values,
        })
    }

    pub(super) fn is_text(kind: &DataType) -> bool {
        match kind {
            DataType::Utf8 => true,
            DataType::Dictionary(_, values) => **values == DataType::Utf8,
            _ => false,
        }
    }

    pub(super) fn get(&self, row: usize) -> Option<&'a str> {
        match self {
            Self::Plain(array) => (!array.is_null(row)).then(|| array.value(row)),
            Self::Dictionary {
                nulls,
                places,
                values,
            } => {
                let place = *places.get(row)?;
                let is_known =
                    !nulls.is_null(row) && place < values.len() && !values.is_null(place);
                is_known.then(|| values.value(place))
            }
        }
    }
}
