//! How many levels a request for a book asked for.

use bumpalo::collections::Vec;

use super::{Arena, Frame};
use crate::model::RawBook;

/// Key of the metadata that says so: a reply with fewer levels on a side has that side to its end.
const KEY: &str = "asked_levels";

/// Returns a reply whose books say how many levels a side their request asked for, if it did.
#[must_use]
pub fn with_asked_levels<'a>(
    reply: Frame<'a>,
    asked: Option<usize>,
    arena: &'a Arena,
) -> Frame<'a> {
    let (Frame::Books(list), Some(asked)) = (&reply, asked) else {
        return reply;
    };
    let asked = (KEY, arena.alloc_str(&asked.to_string()).as_bytes());
    let books = list.iter().map(|raw| {
        let mut metadata = Vec::from_iter_in(raw.metadata.iter().copied(), arena);
        metadata.push(asked);
        metadata.sort_unstable_by_key(|(key, _)| *key);
        RawBook {
            metadata: metadata.into_bump_slice(),
            ..*raw
        }
    });
    Frame::Books(Vec::from_iter_in(books, arena).into_bump_slice())
}

/// Returns the levels a side that the address of a request names, as `limit` or `sz`.
#[must_use]
pub fn asked_levels(url: &str) -> Option<usize> {
    let (_, query) = url.split_once('?')?;
    let query = query.split('#').next()?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, count) = pairs.find(|(key, _)| matches!(*key, "limit" | "sz"))?;
    count.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::asked_levels;

    #[test]
    fn the_address_says_how_many_levels_were_asked_for() {
        for (url, found) in [
            (
                "https://api.binance.com/api/v3/depth?symbol=X&limit=1000",
                Some(1_000),
            ),
            (
                "https://x/api/v5/market/books-full?sz=5000&instId=X#y",
                Some(5_000),
            ),
            ("https://api.binance.com/api/v3/depth?symbol=X", None),
            ("https://x/depth?limit=all", None),
            ("https://x/depth", None),
        ] {
            assert_eq!(asked_levels(url), found, "{url}");
        }
    }
}
