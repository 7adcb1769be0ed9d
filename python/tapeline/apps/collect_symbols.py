"""What an exchange lists, and which of the symbols asked for are not among it."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tapeline.adapters.instrument_cache import DELISTED
from tapeline.adapters.registry import Venue, venues
from tapeline.model import Instrument

_NEAR_MAX = 3


@dataclass(frozen=True, slots=True)
class Found:
    """What became of the words of a setting.

    Parameters
    ----------
    instruments
        Those that are listed, each once, in the order of the words.
    unlisted
        The words that name none.
    """

    instruments: tuple[Instrument, ...]
    unlisted: tuple[str, ...]


def offered(known: Venue, listed: Sequence[Instrument]) -> list[Instrument]:
    """Return what can be asked for now: nothing delisted, and nothing of another market.

    Parameters
    ----------
    known
        The market.
    listed
        All instruments that its frames may name, also those of other markets of the connection.
    """
    others = {each.market for each in venues() if each.exchange == known.exchange}
    others.discard(known.market)
    return [each for each in listed if each.market not in others and each.status != DELISTED]


def find(words: Iterable[str], there: Sequence[Instrument]) -> Found:
    """Return the instruments that words name: by symbol or the venue's own, in any case."""
    exact = {name: each for each in reversed(there) for name in (each.raw_symbol, each.symbol)}
    instruments: dict[Instrument, None] = {}
    unlisted: dict[str, None] = {}
    for word in words:
        found = exact.get(word) or exact.get(word.upper())
        if found is None:
            unlisted[word] = None
        else:
            instruments[found] = None
    return Found(tuple(instruments), tuple(unlisted))


def near(word: str, there: Sequence[Instrument]) -> list[str]:
    """Return the few listed symbols that look most like a word; first those it begins."""
    symbol_of = {each.raw_symbol: each.symbol for each in there}
    symbol_of |= {each.symbol: each.symbol for each in there}
    wanted = word.upper()
    begun = [each for each in symbol_of if wanted and each.startswith(f"{wanted}:")]
    alike = [*begun, *difflib.get_close_matches(wanted, symbol_of, n=2 * _NEAR_MAX)]
    return list(dict.fromkeys(symbol_of[each] for each in alike))[:_NEAR_MAX]


def matching(words: Iterable[str], there: Sequence[Instrument]) -> tuple[list[str], list[str]]:
    """Return the raw symbols that words name, and the words that name none.

    A word is a symbol, or a base coin, which stands for all its pairs.
    """
    found: list[str] = []
    unlisted: list[str] = []
    for word in words:
        wanted = word.upper()
        mine = [
            each.raw_symbol
            for each in there
            if wanted in (each.symbol.upper(), each.raw_symbol.upper())
            or wanted == each.symbol.partition("/")[0].upper()
        ]
        found += mine
        if not mine:
            unlisted.append(word)
    return found, unlisted
