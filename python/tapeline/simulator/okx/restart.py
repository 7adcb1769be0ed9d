"""OKX after maintenance: ``seqId`` begins anew, and one message has it below its ``prevSeqId``."""

from collections.abc import Sequence

import orjson

from tapeline.simulator.okx.book import BooksState
from tapeline.simulator.okx.frames import parsed

_FIRST_ID = 1


def restarted(state: BooksState, frames: Sequence[bytes]) -> list[bytes]:
    """Renumber the rest of a stream from 1; its first message still joins by ``prevSeqId``."""
    shift = state.last["seqId"]
    rewritten: list[bytes] = []
    for frame in frames:
        message = parsed(frame)
        if message is not None:
            for element in message.get("data", ()):
                element["seqId"] = element["seqId"] - shift + _FIRST_ID
                if rewritten and element["prevSeqId"] >= 0:
                    element["prevSeqId"] = element["prevSeqId"] - shift + _FIRST_ID
        rewritten.append(frame if message is None else orjson.dumps(message))
    return rewritten
