//! Stage 3, symbol normalisation: the venue's spelling, code point for code point. Nothing is guessed.

use super::instruments::Instruments;
use super::s1_structure::Refusal;
use crate::model::{IssueCode, RawTrade};

/// Returns the index of the instrument that `symbol` names.
#[inline]
pub(super) fn check(
    raw: &RawTrade<'_>,
    symbol: &[u8],
    instruments: &mut Instruments,
) -> Result<usize, Refusal> {
    let found = instruments.find(symbol);
    if let Some(stream_symbol) = raw.stream_symbol
        && !found.is_some_and(|index| instruments.is_lower_case(index, stream_symbol))
        && !stream_symbol.eq_ignore_ascii_case(symbol)
    {
        return Err(Refusal::new(IssueCode::UnexpectedSymbol, "s"));
    }
    found.ok_or(Refusal::new(IssueCode::UnknownSymbol, "s"))
}
