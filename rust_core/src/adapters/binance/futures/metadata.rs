//! Fields of this venue alone.

use bumpalo::collections::Vec as ArenaVec;

use crate::adapters::Arena;
use crate::model::{RawField, RawMetadata};

/// Keeps those of `fields`, which ascend by key, that are numbers or texts with something in them.
pub(super) fn metadata<'a>(
    fields: &[(&'static str, RawField<'a>)],
    arena: &'a Arena,
) -> &'a [RawMetadata<'a>] {
    let mut kept = ArenaVec::new_in(arena);
    for (key, field) in fields {
        match field {
            RawField::Text(text) | RawField::Number(text) if !text.is_empty() => {
                kept.push((*key, *text));
            }
            _ => {}
        }
    }
    kept.into_bump_slice()
}
