"""Whether the server can do its work, and how it is doing."""

from dataclasses import asdict
from typing import Any

from tapeline.api.context import Context
from tapeline.api.ports import StageFact
from tapeline.api.times import iso

_ORDER = ("ok", "degraded", "down")


def health_of(context: Context) -> dict[str, Any]:
    """Return the state of the stores and of the live feed; quick, and reads nothing."""
    checks = [_store(context)]
    if context.live is not None:
        checks.append(_live(context))
    now_ns = context.clock.wall_ns()
    return {
        "status": max((check["status"] for check in checks), key=_ORDER.index),
        "checks": checks,
        "version": context.version,
        "time_ns": now_ns,
        "time": iso(now_ns),
    }


def system_of(context: Context) -> dict[str, Any]:
    """Return what the server has open, how busy it is and what its live feed gives."""
    queries, now_ns = context.queries, context.clock.wall_ns()
    return {
        "version": context.version,
        "started_ns": context.started_ns,
        "time_ns": now_ns,
        "time": iso(now_ns),
        "stores": context.shown,
        "load": {
            "queries_running": queries.running,
            "queries_waiting": queries.admitted - queries.running,
            "queries_at_most": queries.at_most,
            "answered": queries.answered,
            "refused": queries.refused,
        },
        "live": _streams(context),
    }


def _store(context: Context) -> dict[str, Any]:
    queries = context.queries
    return {
        "name": "store",
        "status": "down" if queries.is_down else "ok",
        "detail": "the last question went unanswered" if queries.is_down else "",
        "since_ns": queries.last_good_ns if queries.is_down else None,
    }


def _live(context: Context) -> dict[str, Any]:
    assert context.live is not None  # noqa: S101 - for the type checker
    stale = [each for each in context.live.streams() if each.state == "stale"]
    detail = ""
    if not context.live.is_connected:
        detail = "the bus is not being read"
    elif stale:
        named = ", ".join(f"{each.exchange} {each.symbol} {each.type}" for each in stale[:5])
        detail = f"{len(stale)} stale: {named}"
    since = [each.last_sent_ns for each in stale if each.last_sent_ns is not None]
    return {
        "name": "live",
        "status": "degraded" if detail else "ok",
        "detail": detail,
        "since_ns": min(since, default=None),
    }


def _streams(context: Context) -> dict[str, Any] | None:
    live = context.live
    if live is None:
        return None
    return {
        "is_connected": live.is_connected,
        "clients": live.clients,
        "stages": [_stage(each) for each in live.stages()],
        "subscriptions": [
            {
                "type": each.type,
                "exchange": each.exchange,
                "market": each.market,
                "symbol": each.symbol,
                "state": each.state,
                "rows": each.rows,
                "last_sent_ns": each.last_sent_ns,
                "age_ns": each.age_ns,
                "rows_per_s": each.rows_per_s,
                "stages": [_stage(stage) for stage in each.stages],
            }
            for each in live.streams()
        ],
    }


def _stage(stage: StageFact) -> dict[str, Any]:
    return {"name": stage.name, "lag": None if stage.lag is None else asdict(stage.lag)}
