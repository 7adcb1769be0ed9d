//! Columns of texts, as they are or as places in a dictionary, and of bytes.

use arrow_array::cast::AsArray;
use arrow_array::types::{ByteArrayType, Int32Type};
use arrow_array::{Array, GenericByteArray, StringArray};
use arrow_buffer::{NullBuffer, ScalarBuffer};

/// The bytes of a column's rows.
#[derive(Debug)]
pub(super) enum Texts<'a> {
    /// One behind the other.
    Plain {
        bytes: &'a [u8],
        ends: &'a [i32],
        nulls: Option<NullBuffer>,
    },
    /// Each once.
    Coded {
        places: &'a ScalarBuffer<i32>,
        texts: Vec<Option<&'a [u8]>>,
        nulls: Option<NullBuffer>,
    },
}

impl<'a> Texts<'a> {
    /// `None` when the array holds neither texts nor bytes.
    pub(super) fn of(array: &'a dyn Array) -> Option<Self> {
        if let Some(plain) = array.as_string_opt::<i32>() {
            return Some(Self::plain(plain));
        }
        if let Some(plain) = array.as_binary_opt::<i32>() {
            return Some(Self::plain(plain));
        }
        let coded = array.as_dictionary_opt::<Int32Type>()?;
        let values: &StringArray = coded.values().as_string_opt()?;
        Some(Self::Coded {
            places: coded.keys().values(),
            texts: values.iter().map(|text| text.map(str::as_bytes)).collect(),
            nulls: coded.keys().nulls().cloned(),
        })
    }

    fn plain<T: ByteArrayType<Offset = i32>>(array: &'a GenericByteArray<T>) -> Self {
        Self::Plain {
            bytes: array.value_data(),
            ends: array.value_offsets(),
            nulls: array.nulls().cloned(),
        }
    }

    /// Returns the bytes of a row; `None` where it has none.
    #[inline(always)]
    pub(super) fn get(&self, row: usize) -> Option<&'a [u8]> {
        match self {
            Self::Plain { bytes, ends, nulls } => {
                if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                    return None;
                }
                let begin = usize::try_from(*ends.get(row)?).ok()?;
                let end = usize::try_from(*ends.get(row + 1)?).ok()?;
                bytes.get(begin..end)
            }
            Self::Coded {
                places,
                texts,
                nulls,
            } => {
                if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                    return None;
                }
                let place = usize::try_from(*places.get(row)?).ok()?;
                *texts.get(place)?
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Plain { ends, .. } => ends.len().saturating_sub(1),
            Self::Coded { places, .. } => places.len(),
        }
    }

    /// Whether no row is without bytes.
    pub(super) fn is_whole(&self) -> bool {
        match self {
            Self::Plain { nulls, .. } => nulls.is_none(),
            Self::Coded { texts, nulls, .. } => {
                nulls.is_none() && texts.iter().all(Option::is_some)
            }
        }
    }

    /// Returns what all rows have, where that is plain to see.
    pub(super) fn same(&self) -> Option<Option<&'a [u8]>> {
        match self {
            Self::Coded {
                texts, nulls: None, ..
            } => match texts.as_slice() {
                [text] => Some(*text),
                _ => None,
            },
            _ => None,
        }
    }

    /// Gives what there is to `take`, some of it more than once.
    pub(super) fn each_new(&self, mut take: impl FnMut(Option<&'a [u8]>)) {
        if let Self::Coded { texts, nulls, .. } = self {
            texts.iter().for_each(|text| take(*text));
            if nulls.is_some() {
                take(None);
            }
            return;
        }
        let mut last = None;
        for row in 0..self.len() {
            let text = self.get(row);
            if last != Some(text) {
                take(text);
                last = Some(text);
            }
        }
    }

    /// Returns what `of` says of each row; it is asked once for equal ones that lie together.
    pub(super) fn map<T: Copy>(&self, of: impl Fn(Option<&'a [u8]>) -> T) -> Vec<T> {
        if let Self::Coded {
            places,
            texts,
            nulls: None,
        } = self
        {
            let found: Vec<T> = texts.iter().map(|text| of(*text)).collect();
            let none = of(None);
            let place = |place: &i32| usize::try_from(*place).unwrap_or(usize::MAX);
            return places
                .iter()
                .map(|each| found.get(place(each)).copied().unwrap_or(none))
                .collect();
        }
        let mut last = (None, of(None));
        (0..self.len())
            .map(|row| {
                let text = self.get(row);
                if last.0 != text {
                    last = (text, of(text));
                }
                last.1
            })
            .collect()
    }
}
