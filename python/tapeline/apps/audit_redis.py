"""A Redis cache for an audit: it keeps no history, and counts the rows it was given."""

from collections import Counter
from typing import cast

from redis import Redis
from redis.exceptions import RedisError

from tapeline.apps.audit_content import Content, Stream
from tapeline.errors import StoreFormatError, StoreUnavailableError
from tapeline.storage.redis_cache.layout import FORMAT, FORMAT_KEY, ROWS
from tapeline.storage.schema import EVENT_TYPES
from tapeline.storage.targets import Target

_ANSWER_S = 30


def redis_content(target: Target) -> Content:
    """Read the counters of a cache.

    Raises
    ------
    StoreUnavailableError
        It cannot be reached.
    StoreFormatError
        What is there is not ours.
    """
    url = target.text.partition("?")[0]
    try:
        with Redis.from_url(url, socket_timeout=_ANSWER_S, socket_connect_timeout=5) as client:
            form = client.get(FORMAT_KEY)
            rows = cast(dict[bytes, bytes], client.hgetall(ROWS))
    except (RedisError, ValueError) as error:
        raise StoreUnavailableError(f"cannot read {target.shown}: {error}") from error
    if form != FORMAT:
        raise StoreFormatError(f"{target.shown} holds no cache of ours of a version known here")
    content = Content(target.shown, frozenset(EVENT_TYPES), only_counts=True)
    counts = {Stream(name.decode()): int(count) for name, count in rows.items()}
    content.rows = Counter(counts)
    content.pushed = Counter(counts)
    return content
