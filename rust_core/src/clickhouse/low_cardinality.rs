//! Columns of a dictionary and places in it.

use std::borrow::Cow;
use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, StringArray};

use super::NativeError;
use super::kind::Kind;
use super::varint::{write_bytes, write_u64};

/// What a column begins with: the one version of the form that there is.
pub(super) const VERSION: usize = 1;
/// Flags: the dictionary follows, and it is new.
const FLAGS: usize = (1 << 9) | (1 << 10);
/// Places of one byte, and of four.
const ONE_BYTE: usize = 0;
const FOUR_BYTES: usize = 2;

/// For each row the place of its text, and the texts.
struct Dictionary<'a> {
    places: Cow<'a, [i32]>,
    values: Vec<Option<&'a str>>,
}

/// Appends a column, without its version.
pub(super) fn write(
    array: &dyn Array,
    is_nullable: bool,
    out: &mut Vec<u8>,
) -> Result<(), NativeError> {
    if array.is_empty() {
        return Ok(());
    }
    let wanted = Kind::LowCardinality { is_nullable };
    let Some(dictionary) = of_dictionary(array).or_else(|| of_texts(array)) else {
        return Err(NativeError::Mismatch {
            wanted: wanted.to_string(),
            found: array.data_type().to_string(),
        });
    };
    // With nulls the first entry stands for them.
    let shift = usize::from(is_nullable);
    let entries = dictionary.values.len() + shift;
    let width = if entries <= 256 { ONE_BYTE } else { FOUR_BYTES };
    write_u64(out, FLAGS | width);
    write_u64(out, entries);
    if is_nullable {
        write_bytes(out, b"");
    }
    for text in &dictionary.values {
        write_bytes(out, text.unwrap_or_default().as_bytes());
    }
    write_u64(out, array.len());
    let codes: Vec<Option<u32>> = dictionary
        .values
        .iter()
        .enumerate()
        .map(|(place, text)| match (text, is_nullable) {
            (None, true) => Some(0),
            (None, false) => None,
            (Some(_), _) => u32::try_from(place + shift).ok(),
        })
        .collect();
    let found = if width == ONE_BYTE {
        places(&dictionary, &codes, array, is_nullable, out, |code| {
            let [low, ..] = code.to_le_bytes();
            [low]
        })
    } else {
        places(
            &dictionary,
            &codes,
            array,
            is_nullable,
            out,
            u32::to_le_bytes,
        )
    };
    found.ok_or_else(|| NativeError::Null {
        wanted: wanted.to_string(),
    })
}

/// Appends the place of each row's text; None for a null where none may be.
fn places<const N: usize>(
    dictionary: &Dictionary<'_>,
    codes: &[Option<u32>],
    array: &dyn Array,
    is_nullable: bool,
    out: &mut Vec<u8>,
    bytes_of: impl Fn(u32) -> [u8; N],
) -> Option<()> {
    let null = is_nullable.then_some(0);
    let nulls = array.nulls();
    out.reserve(array.len() * N);
    for (row, place) in dictionary.places.iter().enumerate() {
        let code = if nulls.is_some_and(|nulls| nulls.is_null(row)) {
            null
        } else {
            codes.get(usize::try_from(*place).ok()?).copied().flatten()
        };
        out.extend_from_slice(&bytes_of(code?));
    }
    Some(())
}

fn of_dictionary(array: &dyn Array) -> Option<Dictionary<'_>> {
    let dictionary = array.as_dictionary_opt::<Int32Type>()?;
    let values = dictionary.values().as_string_opt::<i32>()?;
    Some(Dictionary {
        places: Cow::Borrowed(dictionary.keys().values()),
        values: values.iter().collect(),
    })
}

fn of_texts(array: &dyn Array) -> Option<Dictionary<'_>> {
    let texts: &StringArray = array.as_string_opt::<i32>()?;
    let mut known: HashMap<&str, i32> = HashMap::new();
    let mut values = Vec::new();
    let mut places = Vec::with_capacity(texts.len());
    let mut last = ("", 0);
    for text in texts {
        let text = text.unwrap_or_default();
        // Names come in runs.
        if values.is_empty() || text != last.0 {
            let next = i32::try_from(values.len()).ok()?;
            let place = *known.entry(text).or_insert_with(|| {
                values.push(Some(text));
                next
            });
            last = (text, place);
        }
        places.push(last.1);
    }
    Some(Dictionary {
        places: Cow::Owned(places),
        values,
    })
}
