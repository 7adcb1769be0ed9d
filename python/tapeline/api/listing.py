"""A page of an answer, in the form that was asked for."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import pyarrow as pa
from starlette.responses import Response

from tapeline.access.plain_rows import rows_of
from tapeline.api.negotiation import ARROW, CSV, JSON

Rows = Iterable[dict[str, Any]]
AS_OF_HEADER = "tapeline-as-of-ns"
COVERAGE_HEADER = "tapeline-coverage"
CURSOR_HEADER = "tapeline-next-cursor"


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows, how complete they are, and where the next ones begin."""

    table: pa.Table
    coverage: Mapping[str, Any]
    as_of_ns: int | None
    next_cursor: str | None = None
    rows: Callable[[pa.Table], Rows] = rows_of
    """Makes objects of the rows."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """What a JSON answer says besides."""

    def response(self, form: str) -> Response:
        """Return it as an answer."""
        headers = {COVERAGE_HEADER: json.dumps(self.coverage, separators=(",", ":"))}
        if self.as_of_ns is not None:
            headers[AS_OF_HEADER] = str(self.as_of_ns)
        if self.next_cursor is not None:
            headers[CURSOR_HEADER] = self.next_cursor
        if form == JSON:
            return Response(self._json(), media_type=JSON)
        body = self._arrow() if form == ARROW else self._csv()
        return Response(body, headers=headers, media_type=form if form == ARROW else f"{CSV}")

    def _json(self) -> bytes:
        said = {
            "data": list(self.rows(self.table)),
            "coverage": self.coverage,
            "as_of_ns": self.as_of_ns,
            "next_cursor": self.next_cursor,
            **self.more,
        }
        return orjson.dumps(said)

    def _arrow(self) -> bytes:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self.table.schema) as writer:
            writer.write_table(self.table)
        data: bytes = sink.getvalue().to_pybytes()
        return data

    def _csv(self) -> bytes:
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\r\n")
        lines.writerow(self.table.schema.names)
        for row in rows_of(self.table):
            lines.writerow([_cell(value) for value in row.values()])
        return text.getvalue().encode()


def _cell(value: object) -> object:
    return orjson.dumps(value).decode() if isinstance(value, list | dict | bool) else value
