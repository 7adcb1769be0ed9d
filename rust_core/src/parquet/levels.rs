//! Levels: which values are there, and which begin a row.

use super::rle;
use super::schema::Leaf;

/// The levels of a column that is not null anywhere, or lies in a list.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    /// 0 begins a row, 1 goes on with its list. None outside of lists.
    repetition: Vec<u32>,
    /// 0 where a list is empty, 1 for an item; 0 outside of lists.
    definition: Vec<u32>,
}

impl Levels {
    pub(super) fn flat(rows: usize) -> Self {
        Self {
            repetition: Vec::new(),
            definition: vec![0; rows],
        }
    }

    pub(super) fn of_lists(rows: usize) -> Self {
        Self {
            repetition: Vec::with_capacity(rows),
            definition: Vec::with_capacity(rows),
        }
    }

    pub(super) fn push_list(&mut self, items: u32) {
        if items == 0 {
            self.repetition.push(0);
            self.definition.push(0);
            return;
        }
        let items = items as usize;
        self.repetition.push(0);
        self.repetition.resize(self.repetition.len() + items - 1, 1);
        self.definition.resize(self.definition.len() + items, 1);
    }

    /// Marks those of the values that are there.
    pub(super) fn add_validity(&mut self, leaf: &Leaf, mut validity: impl Iterator<Item = bool>) {
        let present = u32::from(leaf.is_repeated);
        for level in &mut self.definition {
            if *level == present && validity.next().unwrap_or_default() {
                *level += 1;
            }
        }
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

fn with_length(levels: &[u32], highest: u32, out: &mut Vec<u8>) {
    let begin = out.len();
    out.extend_from_slice(&[0; 4]);
    rle::encode(levels, rle::width_of(u64::from(highest)), out);
    let length = u32::try_from(out.len() - begin - 4).unwrap_or(u32::MAX);
    if let Some(slot) = out.get_mut(begin..begin + 4) {
        slot.copy_from_slice(&length.to_le_bytes());
    }
}
