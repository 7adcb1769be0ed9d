"""What every route works with."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from tapeline.api.kept import Kept, Survey
from tapeline.api.listing import Listing
from tapeline.api.negotiation import FORMS, choose
from tapeline.api.ports import LiveView
from tapeline.api.queries import Queries, Work
from tapeline.api.settings import ApiSettings
from tapeline.telemetry.clock import Clock


@dataclass(frozen=True, slots=True)
class Context:
    """What a server was started with."""

    queries: Queries
    settings: ApiSettings
    clock: Clock
    version: str
    shown: str
    """The stores, for people, without passwords."""
    started_ns: int
    surveys: Kept[Survey]
    """Of coverage, for the pages that follow the first."""
    live: LiveView | None = None


def context_of(request: Request) -> Context:
    """Return what the server was started with."""
    context: Context = request.app.state.context
    return context


async def answer(request: Request, job: Callable[[Work], Listing]) -> Response:
    """Answer a question with rows, in the form that is accepted.

    The rows are read and written out in a thread: the event loop never waits for them.
    """
    form = choose(request.headers.get("accept"), FORMS)
    queries = context_of(request).queries
    return await queries.run(lambda work: job(work).response(form), request.is_disconnected)
