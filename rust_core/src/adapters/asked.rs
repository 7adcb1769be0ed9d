//! What a request for a book asked for.

use bumpalo::collections::Vec as ArenaVec;

use super::naming::query;
use super::{Arena, Frame};
use crate::model::RawBook;

/// Puts the number of levels that the address asks for as `name` into the books of a reply. The venue
/// sends `most` at most, whatever it is asked for.
pub(super) fn with_limit<'a>(
    found: Frame<'a>,
    url: &str,
    name: &str,
    most: usize,
    arena: &'a Arena,
) -> Frame<'a> {
    let Frame::Books(books) = found else {
        return found;
    };
    let asked = query(url, name).and_then(|text| text.parse::<usize>().ok());
    let limit = asked.map(|asked| asked.min(most));
    let books = books.iter().map(|book| RawBook { limit, ..*book });
    Frame::Books(ArenaVec::from_iter_in(books, arena).into_bump_slice())
}
