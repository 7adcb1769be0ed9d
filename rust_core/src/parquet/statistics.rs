//! The least and the greatest value of a column, for readers that look for some.

/// Least and greatest value as Parquet writes one, without a length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) least: Vec<u8>,
    pub(super) greatest: Vec<u8>,
}

/// Bounds of numbers of eight bytes.
pub(super) fn of_numbers(values: &[i64]) -> Option<Bounds> {
    Some(Bounds {
        least: values.iter().min()?.to_le_bytes().to_vec(),
        greatest: values.iter().max()?.to_le_bytes().to_vec(),
    })
}

/// Bounds of texts.
pub(super) fn of_texts(values: &[&[u8]]) -> Option<Bounds> {
    Some(Bounds {
        least: values.iter().min()?.to_vec(),
        greatest: values.iter().max()?.to_vec(),
    })
}
