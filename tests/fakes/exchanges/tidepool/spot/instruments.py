"""The instruments of Tidepool spot."""

from typing import Any

from tapeline.adapters.instrument_list import InstrumentList, Rows
from tapeline.model import Instrument


def _is_reply(url: str) -> bool:
    return url.endswith("/v1/pairs")


def _rows(document: Any) -> Rows | None:  # noqa: ANN401 - any JSON
    return document["pairs"] if isinstance(document, dict) and "pairs" in document else None


def _instrument(row: Any) -> Instrument:  # noqa: ANN401 - any JSON
    base, quote = row["id"].split("~")
    return Instrument("tidepool", "spot", f"{base}/{quote}", row["id"], base=base, quote=quote)


INSTRUMENTS = InstrumentList(
    "tidepool",
    "spot",
    "a reply of /v1/pairs",
    _is_reply,
    _rows,
    _instrument,
    "tests.fakes.exchanges.tidepool.spot",
)
