//! The latest ids of a stream and what came with them.

use super::content::content_of;
use super::continuity::Observation;

const PAGES: usize = 16;
const SLOTS: usize = 64;

/// One accepted event. `content` is 0 where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slot {
    id: u64,
    content: u64,
}

/// What the ring knows of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The same event.
    Same,
    /// The same id with another content.
    Other,
    /// Nothing: the slot is empty or holds another id.
    Nothing,
}

type Page = Option<Box<[Slot; SLOTS]>>;

/// Slot `id mod 1024` holds the event put there last.
///
/// A page of 64 slots is made when the first id falls into it: an instrument that hardly trades
/// costs one kibibyte, a busy one sixteen.
#[derive(Clone, Debug, Default)]
pub(super) struct Ring {
    pages: [Page; PAGES],
}

impl Ring {
    pub(super) fn clear(&mut self) {
        self.pages = Default::default();
    }

    #[inline]
    pub(super) fn put(&mut self, seen: &Observation) {
        let (page, slot) = place(seen.id);
        let Some(page) = self.pages.get_mut(page) else {
            return;
        };
        let page = match page {
            Some(page) => page,
            None => make(page),
        };
        if let Some(slot) = page.get_mut(slot) {
            *slot = Slot {
                id: seen.id,
                content: content_of(seen),
            };
        }
    }

    pub(super) fn look_up(&self, seen: &Observation) -> Known {
        let (page, slot) = place(seen.id);
        let page = self.pages.get(page).and_then(Option::as_ref);
        match page.and_then(|page| page.get(slot)) {
            Some(known) if known.content == 0 || known.id != seen.id => Known::Nothing,
            Some(known) if known.content == content_of(seen) => Known::Same,
            Some(_) => Known::Other,
            None => Known::Nothing,
        }
    }
}

#[cold]
fn make(page: &mut Page) -> &mut [Slot; SLOTS] {
    page.insert(Box::new([Slot::default(); SLOTS]))
}

/// Returns the page and the slot of an id.
#[inline]
const fn place(id: u64) -> (usize, usize) {
    let [low, high, ..] = id.to_le_bytes();
    let index = u16::from_le_bytes([low, high & 3]) as usize;
    (index / SLOTS, index % SLOTS)
}
