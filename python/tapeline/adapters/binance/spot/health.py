"""Whether a line is alive: data per subscription, never "connected". Pure: the line acts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

_NS = 1_000_000_000
# A longer pause between two checks means that this process slept, not that the venue was silent.
_STEP_MAX_NS = 2 * _NS
_SILENCE_FACTOR = 5
_MUTE_STRIKES_MAX = 5
_SILENCE_LIMIT_MAX_NS = 900 * _NS

StreamKey = tuple[str, str]


class Symptom(StrEnum):
    """What a check found."""

    QUIET = "quiet"
    HALF_OPEN = "half_open"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthPolicy:
    """Deadlines of one line, in seconds; 0 switches a rule off.

    Parameters
    ----------
    first_data_s
        A subscription's first event is due within this time.
    staleness_s
        A subscription may be silent this long, or 5 times its longest silence so far.
    idle_ping_s
        After this time without anything from the server a ping goes out. Pings count against the
        venue's 5 messages a second.
    pong_timeout_s
        Something must come within this time after a ping, or the connection is half open. It
        doubles each time, up to 32-fold, until a ping or a pong comes: a server may not know pings.
    """

    first_data_s: float = 10.0
    staleness_s: float = 15.0
    idle_ping_s: float = 2.0
    pong_timeout_s: float = 2.5


class LineHealth:
    """The silence of one line and of each of its subscriptions.

    Time is the sum of the steps between checks, each limited to 2 s: when the loop was blocked or
    the machine slept, the data is waiting in the socket and nobody is to blame.
    """

    def __init__(self, policy: HealthPolicy, keys: Collection[StreamKey], now_ns: int) -> None:
        self._policy = policy
        self._keys = tuple(keys)
        self._checked_ns = now_ns
        self._time_ns = 0
        self._stamps: dict[StreamKey, int] = {}
        self._strikes = dict.fromkeys(self._keys, 0)
        self._longest_ns = dict.fromkeys(self._keys, 0)
        self._mute_strikes = 0
        self.start_session(now_ns, {})

    def start_session(self, now_ns: int, last_received: Mapping[StreamKey, int]) -> None:
        """Begin anew after a connection was made; what was learnt about silences stays."""
        self._checked_ns = now_ns
        self._active_ns = self._time_ns
        self._pinged_ns: int | None = None
        self._activity = (0, 0)
        self._stamps = dict(last_received)
        self._changed_ns = dict.fromkeys(self._keys, self._time_ns)
        self._is_seen = dict.fromkeys(self._keys, False)

    def check(
        self,
        now_ns: int,
        *,
        activity: tuple[int, int],
        is_waiting: bool,
        last_received: Mapping[StreamKey, int],
    ) -> tuple[Symptom, str] | None:
        """Judge the line; call it about twice a second.

        Parameters
        ----------
        now_ns
            Monotonic clock.
        activity
            Frames so far and stamp of the last ping or pong; any change is a sign of life.
        is_waiting
            Frames are waiting on our side, so that a silent socket means nothing.
        last_received
            Stamp of the newest frame of each stream. Only changes count, so that the wall clock may
            step.

        Returns
        -------
        tuple[Symptom, str] or None
            ``QUIET`` asks for a ping, the others to end the connection; None when all is well.
        """
        self._time_ns += max(0, min(now_ns - self._checked_ns, _STEP_MAX_NS))
        self._checked_ns = now_ns
        silent = self._silent(last_received)
        if activity[1] != self._activity[1]:
            self._mute_strikes = 0
        if activity != self._activity or is_waiting:
            self._activity = activity
            self._active_ns = self._time_ns
            self._pinged_ns = None
        if silent:
            return Symptom.STALE, f"no data of {', '.join(silent[:5])}" + (
                f" and {len(silent) - 5} more" if len(silent) > 5 else ""
            )
        return self._socket_symptom()

    def _socket_symptom(self) -> tuple[Symptom, str] | None:
        policy = self._policy
        if not policy.idle_ping_s:
            return None
        if self._pinged_ns is not None:
            if self._time_ns - self._pinged_ns >= self._pong_timeout_ns():
                self._mute_strikes += 1
                silence_s = (self._time_ns - self._active_ns) / _NS
                return Symptom.HALF_OPEN, f"nothing came for {silence_s:.1f} s, not even a pong"
            return None
        if self._time_ns - self._active_ns >= policy.idle_ping_s * _NS:
            self._pinged_ns = self._time_ns
            return Symptom.QUIET, ""
        return None

    def _pong_timeout_ns(self) -> int:
        return int(self._policy.pong_timeout_s * _NS) << min(self._mute_strikes, _MUTE_STRIKES_MAX)

    def _silent(self, last_received: Mapping[StreamKey, int]) -> list[str]:
        """Return the subscriptions that are silent for too long, and count a strike for each."""
        silent = []
        for key in self._keys:
            stamp = last_received.get(key, 0)
            silence_ns = self._time_ns - self._changed_ns[key]
            if stamp != self._stamps.get(key, 0):
                self._heard(key, stamp, silence_ns)
            elif self._is_too_long(key, silence_ns):
                # A fruitless reconnect doubles the patience, so that a pair that hardly trades does
                # not make the line reconnect for ever.
                self._strikes[key] += 1
                self._changed_ns[key] = self._time_ns
                silent.append("@".join(key))
        return silent

    def _heard(self, key: StreamKey, stamp: int, silence_ns: int) -> None:
        if self._is_seen[key]:
            self._longest_ns[key] = max(self._longest_ns[key], silence_ns)
        self._stamps[key] = stamp
        self._changed_ns[key] = self._time_ns
        self._is_seen[key] = True
        self._strikes[key] = 0

    def _is_too_long(self, key: StreamKey, silence_ns: int) -> bool:
        policy = self._policy
        limit_s = policy.staleness_s if self._is_seen[key] else policy.first_data_s
        if not limit_s:
            return False
        patience_ns = int(limit_s * _NS) << min(self._strikes[key], 10)
        limit_ns = max(patience_ns, _SILENCE_FACTOR * self._longest_ns[key])
        return silence_ns >= max(int(limit_s * _NS), min(limit_ns, _SILENCE_LIMIT_MAX_NS))
