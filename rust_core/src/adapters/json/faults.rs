//! Elements of a list of messages that could not be read.

use core::cell::Cell;

use bumpalo::collections::Vec as ArenaVec;

use crate::adapters::Arena;
use crate::model::Malformed;

/// The faults of one frame, noted from its beginning to its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Faults<'a> {
    /// Bytes of the frame.
    length: usize,
    latest: &'a Cell<Option<&'a Noted<'a>>>,
}

#[derive(Debug)]
struct Noted<'a> {
    fault: Malformed,
    before: Option<&'a Noted<'a>>,
}

impl<'a> Faults<'a> {
    pub(super) fn new(length: usize, arena: &'a Arena) -> Self {
        let latest = arena.alloc(Cell::new(None));
        Self { length, latest }
    }

    /// Notes the fault of the element that begins so many bytes before the end of the frame.
    pub(super) fn note(&self, fault: Malformed, left: usize, arena: &'a Arena) {
        let fault = Malformed {
            offset: Some(self.length.saturating_sub(left)),
            ..fault
        };
        let before = self.latest.get();
        self.latest.set(Some(arena.alloc(Noted { fault, before })));
    }

    /// Returns the fault noted first.
    pub(super) fn first(&self) -> Option<Malformed> {
        self.newest_first().last()
    }

    /// Returns all faults in their order.
    pub(super) fn all(&self, arena: &'a Arena) -> &'a [Malformed] {
        let mut all = ArenaVec::new_in(arena);
        all.extend(self.newest_first());
        all.reverse();
        all.into_bump_slice()
    }

    fn newest_first(&self) -> impl Iterator<Item = Malformed> {
        let noted = core::iter::successors(self.latest.get(), |noted| noted.before);
        noted.map(|noted| noted.fault)
    }
}
