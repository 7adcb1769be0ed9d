//! Stage 3, symbol normalisation: the venue's spelling, code point for code point. Nothing is guessed.

use super::instruments::Instruments;
use super::s1_structure::Refusal;
use crate::model::IssueCode;

/// Returns the index of the instrument that `symbol` names; `subscribed` is that of the subscription,
/// when the frame says.
#[inline]
pub(super) fn check(
    subscribed: Option<&[u8]>,
    symbol: &[u8],
    key: &'static str,
    instruments: &mut Instruments,
) -> Result<usize, Refusal> {
    let found = instruments.find(symbol);
    if let Some(subscribed) = subscribed
        && !found.is_some_and(|index| instruments.is_lower_case(index, subscribed))
        && !subscribed.eq_ignore_ascii_case(symbol)
    {
        return Err(Refusal::new(IssueCode::UnexpectedSymbol, key));
    }
    found.ok_or(Refusal::new(IssueCode::UnknownSymbol, key))
}
