"""The page: template, styles, scripts and data in one file."""

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from tapeline.compute.backtest.result import RunResult
from tapeline.compute.report import formats
from tapeline.compute.report.charts import chart_data, currency_of
from tapeline.compute.report.figures import KEY_FIGURES, figures
from tapeline.compute.report.quality import quality
from tapeline.compute.report.tables import drawdowns, months, trades

_STYLES: Final = ("vendor/uplot/uPlot.min.css", "assets/report.css")
_SCRIPTS: Final = ("vendor/uplot/uPlot.iife.min.js", "assets/report.js")
# Inside a script element "<" could end it; the others are for old parsers.
_ESCAPES: Final = {ord(each): f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}


def write_report(result: RunResult, path: Path) -> Path:
    """Write the report of a run; the same run gives the same bytes.

    Parameters
    ----------
    result
        The run.
    path
        The file to write; its folder is made when it is not there.

    Returns
    -------
    Path
        ``path``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(result), encoding="utf-8", newline="\n")
    return path


def render(result: RunResult) -> str:
    """Return the report of a run as one HTML page that asks for no other file.

    Names and messages of users are text in it and nothing else: the template escapes them, and
    the page's own rule lets no script run but the two that it was written with.
    """
    currency = currency_of(result)
    shown = figures(result.metrics, currency)
    scripts = [_asset(name) for name in _SCRIPTS]
    return (
        _environment()
        .get_template("assets/report.html.j2")
        .render(
            run=result,
            period=_period(result),
            currency=currency,
            key_figures=[shown[name] for name in KEY_FIGURES if name in shown],
            figures=list(shown.values()),
            months=months(result),
            drawdowns=drawdowns(result),
            trades=trades(result),
            quality=quality(result),
            settings=_settings(result),
            data=Markup(_json(chart_data(result))),  # noqa: S704 - escaped by _json
            styles=[Markup(_asset(name)) for name in _STYLES],  # noqa: S704 - our own files
            scripts=[Markup(text) for text in scripts],  # noqa: S704 - our own files
            policy=_policy(scripts),
        )
    )


def _period(result: RunResult) -> str:
    times = result.equity["time_ns"].to_numpy()
    if not times.size:
        return "no data"
    return f"{formats.moment(int(times.min()))} to {formats.moment(int(times.max()))}"


_WORKED_OUT: Final = {"fees": "of the venue: see instruments", "inverse": "by the symbol"}
"""What is said of costs that were not given."""


def _settings(result: RunResult) -> dict[str, list[tuple[str, str]]]:
    """Return what is needed to make the run again, group by group."""
    asked = {
        "symbols": result.symbols,
        "types": result.types,
        "start": formats.moment(result.start_ns, missing="first row"),
        "end": formats.moment(result.end_ns, missing="last row"),
        "rows read": f"{result.rows:,}",
    }
    origin = {
        "run": result.run_id,
        "strategy": result.strategy_id,
        "strategy SHA-256": result.strategy_hash,
        "data hash": result.data_hash,
        "tapeline": result.version,
    }
    groups: dict[str, Mapping[str, object]] = {
        "Origin": origin,
        "Data": asked,
        "Parameters": dict(sorted(result.parameters.items())),
        "Policy": dict(sorted(result.policy.items())),
        "Costs": {
            name: _WORKED_OUT.get(name) if value is None else value
            for name, value in sorted(result.costs.items())
        },
    }
    return {
        title: [_setting(str(name), value) for name, value in each.items()]
        for title, each in groups.items()
    }


def _setting(name: str, value: object) -> tuple[str, str]:
    if name.endswith("_ns") and isinstance(value, int):
        return name.removesuffix("_ns").replace("_", " "), formats.duration(value)
    return name.replace("_", " "), formats.plain(value)


def _json(value: dict[str, Any]) -> str:
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.translate(_ESCAPES)


def _policy(scripts: list[str]) -> str:
    """Return the page's Content-Security-Policy: nothing is loaded, only these scripts run."""
    hashes = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts)
    allowed = " ".join(f"'sha256-{each}'" for each in hashes)
    return f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {allowed}"


@cache
def _asset(name: str) -> str:
    return files("tapeline.compute.report").joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["plain"] = formats.plain
    return environment
