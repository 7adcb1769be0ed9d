//! Levels: which values are there, and which begin a row.

use super::rle;
use super::schema::Leaf;

/// The levels of a column that is not null anywhere, or lies in a list.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    /// 0 begins a row, 1 goes on with its list. None outside of lists.
    repetition: Marks,
    /// 0 where a list is empty, 1 for an item; 0 outside of lists.
    definition: Marks,
}

/// Levels of one kind. Most columns have the same everywhere, which is not written out.
#[derive(Clone, Debug)]
enum Marks {
    Same { level: u32, count: usize },
    Each(Vec<u32>),
}

impl Marks {
    fn len(&self) -> usize {
        match self {
            Self::Same { count, .. } => *count,
            Self::Each(levels) => levels.len(),
        }
    }

    /// Takes them out, written out.
    fn take(&mut self) -> Vec<u32> {
        match self {
            Self::Same { level, count } => vec![*level; *count],
            Self::Each(levels) => core::mem::take(levels),
        }
    }
}

impl Levels {
    pub(super) fn flat(rows: usize) -> Self {
        Self {
            repetition: Marks::Same { level: 0, count: 0 },
            definition: Marks::Same {
                level: 0,
                count: rows,
            },
        }
    }

    /// Levels of so many lists that are all empty, or have one item each.
    pub(super) fn of_equal_lists(rows: usize, has_item: bool) -> Self {
        let same = |level| Marks::Same { level, count: rows };
        Self {
            repetition: same(0),
            definition: same(u32::from(has_item)),
        }
    }

    /// Levels of lists of any lengths.
    pub(super) fn of_lists(lengths: impl ExactSizeIterator<Item = usize>) -> Self {
        let mut repetition = Vec::with_capacity(lengths.len());
        let mut definition = Vec::with_capacity(lengths.len());
        for items in lengths {
            repetition.push(0);
            if items == 0 {
                definition.push(0);
            } else {
                repetition.resize(repetition.len() + items - 1, 1);
                definition.resize(definition.len() + items, 1);
            }
        }
        Self {
            repetition: Marks::Each(repetition),
            definition: Marks::Each(definition),
        }
    }

    /// Marks that all values are there.
    pub(super) fn add_presence(&mut self, leaf: &Leaf) {
        let present = u32::from(leaf.is_repeated);
        match &mut self.definition {
            Marks::Same { level, .. } => *level += u32::from(*level == present),
            Marks::Each(levels) => {
                for level in levels {
                    *level += u32::from(*level == present);
                }
            }
        }
    }

    /// Marks those of the values that are there.
    pub(super) fn add_validity(&mut self, leaf: &Leaf, mut validity: impl Iterator<Item = bool>) {
        let present = u32::from(leaf.is_repeated);
        let mut levels = self.definition.take();
        for level in &mut levels {
            if *level == present && validity.next().unwrap_or_default() {
                *level += 1;
            }
        }
        self.definition = Marks::Each(levels);
    }

    /// Returns the number of values, with those that are not there.
    pub(super) fn len(&self) -> usize {
        self.definition.len()
    }

    /// Appends them as a page begins with them.
    pub(super) fn encode(&self, leaf: &Leaf, out: &mut Vec<u8>) {
        if leaf.is_repeated {
            with_length(&self.repetition, 1, out);
        }
        if leaf.max_definition() > 0 {
            with_length(&self.definition, leaf.max_definition(), out);
        }
    }
}

fn with_length(marks: &Marks, highest: u32, out: &mut Vec<u8>) {
    let begin = out.len();
    out.extend_from_slice(&[0; 4]);
    let width = rle::width_of(u64::from(highest));
    match marks {
        Marks::Same { level, count } => rle::encode_run(*level, *count, width, out),
        Marks::Each(levels) => rle::encode(levels, width, out),
    }
    let length = u32::try_from(out.len() - begin - 4).unwrap_or(u32::MAX);
    if let Some(slot) = out.get_mut(begin..begin + 4) {
        slot.copy_from_slice(&length.to_le_bytes());
    }
}
