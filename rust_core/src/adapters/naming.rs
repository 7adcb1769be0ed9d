//! Names of what is not handled, and what a request's address says.

use bumpalo::collections::Vec as ArenaVec;

use super::{Arena, Frame};

/// Characters of a name that are kept.
const LONGEST: usize = 64;

/// Returns an unsupported frame whose name is `parts`, one after the other. They must be UTF-8.
pub(super) fn unsupported<'a>(parts: &[&'a [u8]], arena: &'a Arena) -> Frame<'a> {
    let name = match parts {
        [name] => name,
        _ => {
            let mut joined = ArenaVec::new_in(arena);
            for part in parts {
                joined.extend_from_slice_copy(part);
            }
            joined.into_bump_slice()
        }
    };
    let name = core::str::from_utf8(name).unwrap_or_default();
    let end = name.char_indices().nth(LONGEST);
    Frame::Unsupported {
        name: end.and_then(|(at, _)| name.get(..at)).unwrap_or(name),
        is_array: false,
    }
}

/// Returns the unsupported frame of a reply that is not handled: `GET api/v5/market/books`.
pub(super) fn unsupported_reply<'a>(url: &'a str, arena: &'a Arena) -> Frame<'a> {
    let path = path(url).trim_start_matches('/').as_bytes();
    unsupported(&[b"GET ", path], arena)
}

/// Returns the path of an address.
pub(super) fn path(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let start = after_scheme.find(['/', '?', '#']);
    let rest = start.and_then(|at| after_scheme.get(at..)).unwrap_or("");
    rest.split(['?', '#']).next().unwrap_or("")
}

/// Returns the first value of `name` in the query of an address, as it is written there.
pub(super) fn query<'a>(url: &'a str, name: &str) -> Option<&'a str> {
    let before_fragment = url.split('#').next()?;
    let (_, query) = before_fragment.split_once('?')?;
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let url = "https://www.okx.com/api/v5/market/books?instId=BTC-USDT&sz=400#x?a=b";
        assert_eq!(path(url), "/api/v5/market/books");
        assert_eq!(query(url, "instId"), Some("BTC-USDT"));
        assert_eq!(query(url, "sz"), Some("400"));
        assert_eq!(query(url, "a"), None);
        for (odd, expected) in [
            ("", ""),
            ("x", ""),
            ("a://b", ""),
            ("a://b?c=/d", ""),
            ("/e?f", "/e"),
        ] {
            assert_eq!(path(odd), expected, "{odd}");
        }
    }

    #[test]
    fn a_name_is_cut_at_a_character() {
        let arena = Arena::new();
        let long = "牛".repeat(70);
        let Frame::Unsupported { name, .. } = unsupported(&[b"GET ", long.as_bytes()], &arena)
        else {
            panic!("unsupported")
        };
        assert_eq!(name, format!("GET {}", "牛".repeat(60)));
    }
}
