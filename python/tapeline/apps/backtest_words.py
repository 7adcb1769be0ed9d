"""The options of ``tapeline backtest`` as values."""

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar, cast, get_args

import typer

from tapeline.compute.backtest.costs import Costs, Fees, Slippage, VolumeCap
from tapeline.compute.backtest.quality import Action, QualityPolicy
from tapeline.errors import ArgumentError

STRATEGY_FOLDERS: Final = ("strategies", "examples/strategies")
"""Where strategies are looked for when no folder is given; the first that is there."""

T = TypeVar("T")
_KINDS: Final = ("gaps", "unverifiable", "suspicious")


def parameters(words: Sequence[str]) -> dict[str, Any]:
    """Return ``k=v`` words as parameters: numbers, true, false, null; all else is text.

    Raises
    ------
    typer.BadParameter
        A word has no ``=``, its name is none, or it comes twice.
    """
    found: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            raise typer.BadParameter(f"--param is NAME=VALUE, was {word!r}")
        if name in found:
            raise typer.BadParameter(f"--param {name} was given twice")
        found[name] = _value(text.strip())
    return found


def policy(text: str | None) -> QualityPolicy:
    """Return a policy: one word (see :meth:`QualityPolicy.of`), or ``gaps=mask,suspicious=allow``.

    Raises
    ------
    typer.BadParameter
        It is neither.
    """
    if text is None:
        return QualityPolicy()
    if "=" not in text:
        return QualityPolicy.of(_action(text))
    given: dict[str, Action] = {}
    for word in text.split(","):
        name, _, action = (part.strip() for part in word.partition("="))
        if name not in _KINDS:
            raise typer.BadParameter(f"--policy has {', '.join(_KINDS)}, was {name!r}")
        if name in given:
            raise typer.BadParameter(f"--policy says {name} twice")
        given[name] = _action(action)
    return QualityPolicy(**given)


def costs(
    *,
    capital: float | None,
    fee: str | None,
    slippage: str | None,
    latency_ms: float,
    volume_cap: float | None,
    sample_s: float | None,
) -> Costs:
    """Return the settings of the account; None takes the default.

    Raises
    ------
    typer.BadParameter
        One cannot be read or is out of range.
    """
    given: dict[str, Any] = {"latency_ns": _nanoseconds("--latency-ms", latency_ms, 1_000_000)}
    if capital is not None:
        given["capital"] = capital
    if fee is not None:
        given["fees"] = _fees(fee)
    if slippage is not None:
        given["slippage"] = _slippage(slippage)
    if volume_cap is not None:
        given["volume_cap"] = VolumeCap(volume_cap)
    if sample_s is not None:
        given["sample_ns"] = _nanoseconds("--sample", sample_s, 1_000_000_000)
    return _made(lambda: Costs(**given))


def strategy_folder(given: Path | None) -> Path:
    """Return the folder of strategies.

    Raises
    ------
    typer.BadParameter
        It is not there, or none was given and none of the usual ones is there.
    """
    if given is not None:
        if not given.is_dir():
            raise typer.BadParameter(f"--strategies {given}: there is no such folder")
        return given
    for name in STRATEGY_FOLDERS:
        if Path(name).is_dir():
            return Path(name)
    raise typer.BadParameter(
        f"no folder of strategies here ({', '.join(STRATEGY_FOLDERS)}): say --strategies DIR"
    )


def _value(text: str) -> Any:  # noqa: ANN401 - whatever JSON can say
    try:
        value = json.loads(text, parse_constant=_refuse)
    except ValueError:
        return text
    # An overflow such as 1e999 reads as infinity.
    return text if isinstance(value, float) and not math.isfinite(value) else value


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _action(text: str) -> Action:
    if text not in get_args(Action):
        known = ", ".join(get_args(Action))
        raise typer.BadParameter(f"--policy is one of {known}, was {text!r}")
    return cast("Action", text)


def _fees(text: str) -> Fees:
    shares = [_share("--fee", word) for word in text.split(",")]
    if len(shares) > 2:
        raise typer.BadParameter(f"--fee is SHARE or MAKER,TAKER, was {text!r}")
    return Fees(maker=shares[0], taker=shares[-1])


def _slippage(text: str) -> Slippage:
    kind, colon, share = text.partition(":")
    if kind not in ("fixed", "spread", "book"):
        raise typer.BadParameter(f"--slippage is fixed:SHARE, spread:SHARE or book, was {text!r}")
    return _made(lambda: Slippage(cast("Any", kind), _share("--slippage", share) if colon else 0.0))


def _share(option: str, text: str) -> float:
    """Return a share: ``0.001``, ``0.1%`` or ``10bp`` are the same."""
    text = text.strip()
    for unit, scale in (("%", 0.01), ("bp", 0.0001)):
        if text.endswith(unit):
            text, by = text.removesuffix(unit), scale
            break
    else:
        by = 1.0
    try:
        value = float(text) * by
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise typer.BadParameter(f"{option} is a share such as 0.001, 0.1% or 10bp, was {text!r}")
    return value


def _nanoseconds(option: str, value: float, unit: int) -> int:
    if not math.isfinite(value) or value < 0:
        raise typer.BadParameter(f"{option} is 0 or more, was {value}")
    return round(value * unit)


def _made(make: Callable[[], T]) -> T:
    try:
        return make()
    except ArgumentError as error:
        raise typer.BadParameter(str(error)) from error
