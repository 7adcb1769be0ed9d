"""Bybit after a restart of the service: a snapshot with ``u`` = 1, and counting on from there."""

from collections.abc import Sequence

import orjson

from tapeline.simulator.bybit.frames import parsed
from tapeline.simulator.bybit.state import BookState


def restarted(state: BookState, frames: Sequence[bytes]) -> list[bytes]:
    """Make the first frame a snapshot with update id 1 and number the rest on from it."""
    state.apply(frames[0])
    shift = int(state.last["data"]["u"]) - 1
    rewritten = [state.snapshot_message(1)]
    for frame in frames[1:]:
        message = parsed(frame)
        if message is not None and isinstance(message.get("data"), dict):
            message["data"]["u"] -= shift
        rewritten.append(frame if message is None else orjson.dumps(message))
    return rewritten
