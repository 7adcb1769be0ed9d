//! Names of streams: `<symbol>@<kind>` or `!<kind>`.

use crate::adapters::Arena;
use crate::adapters::json::Reader;
use crate::model::IssueCode;

/// Splits a name at its first `@`: the symbol and the kind, e.g. `btcusdt` and `depth@100ms`.
///
/// The streams of all symbols begin with `!` and have no symbol: the kind is the rest of the name.
#[inline]
pub(super) fn split(stream: &[u8]) -> (Option<&[u8]>, &[u8]) {
    if let Some(kind) = stream.strip_prefix(b"!") {
        return (None, kind);
    }
    let at = stream.iter().position(|byte| *byte == b'@');
    match at.and_then(|at| Some((stream.get(..at)?, stream.get(at.wrapping_add(1)..)?))) {
        Some((symbol, kind)) => (Some(symbol), kind),
        None => (Some(stream), b""),
    }
}

/// Returns the symbol of the stream's name, if there are both; its kind must be one that `is_kind` takes.
#[inline]
pub(super) fn symbol<'a, R: Reader<'a>>(
    stream: Option<&'a [u8]>,
    is_kind: impl FnOnce(&[u8]) -> bool,
) -> Result<Option<&'a [u8]>, R::Stop> {
    let Some(stream) = stream else {
        return Ok(None);
    };
    let (symbol, kind) = split(stream);
    if is_kind(kind) {
        Ok(symbol)
    } else {
        Err(R::stop(IssueCode::UnknownMessage, "stream"))
    }
}

/// Returns the venue's symbol of a stream's name, where ASCII letters are lower case.
pub(super) fn raw_symbol<'a>(symbol: &[u8], arena: &'a Arena) -> &'a [u8] {
    let copy = arena.alloc_slice_copy(symbol);
    copy.make_ascii_uppercase();
    copy
}

/// Returns the stream's name without the `suffix` that it must have.
#[inline]
pub(super) fn symbol_of<'a, R: Reader<'a>>(
    stream: Option<&'a [u8]>,
    suffix: &[u8],
) -> Result<Option<&'a [u8]>, R::Stop> {
    let Some(stream) = stream else {
        return Ok(None);
    };
    match stream.strip_suffix(suffix) {
        Some(symbol) => Ok(Some(symbol)),
        None => Err(R::stop(IssueCode::UnknownMessage, "stream")),
    }
}

/// Returns whether `kind` is `name`, perhaps with a speed after it: `name@100ms`.
#[inline]
pub(super) fn is_kind(kind: &[u8], name: &[u8]) -> bool {
    matches!(kind.strip_prefix(name), Some([] | [b'@', ..]))
}

/// Returns whether `kind` is a depth of so many levels, e.g. `depth20@100ms`.
#[inline]
pub(super) fn is_partial_depth(kind: &[u8]) -> bool {
    matches!(kind, [b'd', b'e', b'p', b't', b'h', b'0'..=b'9', ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_at_the_first_at_sign() {
        for (name, symbol, kind) in [
            ("btcusdt@depth@100ms", Some("btcusdt"), "depth@100ms"),
            ("!markPrice@arr@1s", None, "markPrice@arr@1s"),
            ("btcusdt", Some("btcusdt"), ""),
            ("@trade", Some(""), "trade"),
        ] {
            let found = split(name.as_bytes());
            assert_eq!(found, (symbol.map(str::as_bytes), kind.as_bytes()));
        }
    }

    #[test]
    fn kinds_are_told_apart() {
        assert!(is_kind(b"depth", b"depth") && is_kind(b"depth@0ms", b"depth"));
        assert!(!is_kind(b"depth5", b"depth") && !is_kind(b"rpiDepth@500ms", b"depth"));
        assert!(is_partial_depth(b"depth20@500ms") && !is_partial_depth(b"depth@500ms"));
    }
}
