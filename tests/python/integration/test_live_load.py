"""The load benchmark of the live socket, made small: its conditions, without its times."""

import pytest

from benches.python.live import Load, run


@pytest.mark.integration
def test_every_event_reaches_every_client_or_is_counted_as_skipped() -> None:
    found = run(Load(fast=24, slow=6, events_per_s=2_000, seconds=4.0))
    assert found.sent >= 2_000
    assert len(found.rows) == 24
    assert all(rows > 0 for rows in found.rows)
    assert found.unaccounted == 0
    assert found.lost_fast == 0
    assert bool(sum(found.skipped)) == bool(found.markers)
    # Queues hold at most 1 MiB each, and the kernel's buffers are not ours.
    assert found.rss_mib[-1] < found.rss_mib[0] + 30 + 64
