"""Whether a line is alive: data per subscription, never "connected". Pure: the line acts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf, isinf

from tapeline.adapters.connection.dialect import StreamKey
from tapeline.adapters.connection.rhythm import Rhythm

_NS = 1_000_000_000
# A longer pause between two checks means that this process slept, not that the venue was silent.
_STEP_MAX_NS = 2 * _NS
_SILENCE_FACTOR = 5
_MUTE_STRIKES_MAX = 5
_SILENCE_LIMIT_MAX_NS = 900 * _NS
_IDLE_PING_MIN_NS = _NS // 2


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
    staleness_floor_s
        Once a subscription's rhythm is known (1,000 silences) and others of its connection still
        deliver, it may be silent this long, or 5 times what 99.9 % of its silences stay below.
    idle_ping_s
        After this time without anything from the server a heartbeat goes out; sooner on a line that
        is never silent for so long. Heartbeats count against the venue's messages a second.
    pong_timeout_s
        Something must come within this time after a ping, or the connection is half open. It
        doubles each time, up to 32-fold, until a ping or a pong comes: a server may not know pings.
    """

    first_data_s: float = 10.0
    staleness_s: float = 15.0
    staleness_floor_s: float = 3.0
    idle_ping_s: float = 2.0
    pong_timeout_s: float = 2.5


@dataclass(slots=True)
class _Watched:
    """One subscription as the health of a line sees it."""

    patience_s: float
    changed_ns: int
    heard_ns: int = 0
    stamp: int = 0
    is_seen: bool = False
    strikes: int = 0
    rhythm: Rhythm = field(default_factory=Rhythm)


class LineHealth:
    """The silence of one line and of each of its subscriptions.

    Time is the sum of the steps between checks, each limited to 2 s: when the loop was blocked or
    the machine slept, the data is waiting in the socket and nobody is to blame.

    Parameters
    ----------
    keys
        The subscriptions, with the least silence in seconds that each is allowed: 0 leaves it to
        the policy, infinity means that silence is normal.
    """

    def __init__(
        self,
        policy: HealthPolicy,
        keys: Mapping[StreamKey, float] | Iterable[StreamKey],
        now_ns: int,
    ) -> None:
        self._policy = policy
        self._checked_ns = now_ns
        self._time_ns = 0
        self._streams: dict[StreamKey, _Watched] = {}
        self._rhythm = Rhythm()
        self._mute_strikes = 0
        self.watch(keys if isinstance(keys, Mapping) else dict.fromkeys(keys, 0.0))
        self.start_session(now_ns, {})

    def watch(self, keys: Mapping[StreamKey, float]) -> None:
        """Watch more subscriptions; their first data is due from now on."""
        for key, patience_s in keys.items():
            self._streams.setdefault(key, _Watched(patience_s, self._time_ns))

    def forget(self, keys: Iterable[StreamKey]) -> None:
        """Watch these no longer."""
        for key in keys:
            self._streams.pop(key, None)

    def allowed_s(self, key: StreamKey) -> float:
        """Return how long a stream may be silent before its data is not to be relied on.

        The longest that its policy and its own history allow, infinity where silence is normal.
        A line acts earlier, and more patiently after a fruitless reconnect.
        """
        policy, stream = self._policy, self._streams.get(key)
        if not policy.staleness_s:
            return inf
        if stream is None:
            return policy.staleness_s
        habit_s = min(_SILENCE_FACTOR * stream.rhythm.longest_ns, _SILENCE_LIMIT_MAX_NS) / _NS
        first_s = 0.0 if stream.is_seen else policy.first_data_s
        return max(policy.staleness_s, first_s, stream.patience_s, habit_s)

    def start_session(self, now_ns: int, last_received: Mapping[StreamKey, int]) -> None:
        """Begin anew after a connection was made; what was learnt about silences stays."""
        self._checked_ns = now_ns
        self._active_ns = self._time_ns
        self._pinged_ns: int | None = None
        self._activity = (0, 0)
        for key, stream in self._streams.items():
            stream.stamp = last_received.get(key, 0)
            stream.changed_ns = self._time_ns
            stream.is_seen = False

    def check(
        self,
        now_ns: int,
        *,
        activity: tuple[int, int],
        is_waiting: bool,
        last_received: Mapping[StreamKey, int],
    ) -> tuple[Symptom, str] | None:
        """Judge the line; call it about four times a second.

        Parameters
        ----------
        now_ns
            Monotonic clock.
        activity
            Frames so far, and a number that changes with each ping or pong; any change is a sign of
            life.
        is_waiting
            Frames are waiting on our side, so that a silent socket means nothing.
        last_received
            Stamp of the newest frame of each stream. Only changes count, so that the wall clock may
            step.

        Returns
        -------
        tuple[Symptom, str] or None
            ``QUIET`` asks for a heartbeat, the others to end the connection; None when all is well.
        """
        self._time_ns += max(0, min(now_ns - self._checked_ns, _STEP_MAX_NS))
        self._checked_ns = now_ns
        silent = self._silent(last_received)
        if activity[1] != self._activity[1]:
            self._mute_strikes = 0
        if activity != self._activity or is_waiting:
            if self._pinged_ns is None:
                self._rhythm.heard(self._time_ns - self._active_ns)
            self._activity = activity
            self._active_ns = self._time_ns
            self._pinged_ns = None
        if silent:
            return Symptom.STALE, f"no data of {', '.join(silent[:5])}" + (
                f" and {len(silent) - 5} more" if len(silent) > 5 else ""
            )
        return self._socket_symptom()

    def _socket_symptom(self) -> tuple[Symptom, str] | None:
        if not self._policy.idle_ping_s:
            return None
        if self._pinged_ns is not None:
            if self._time_ns - self._pinged_ns >= self._pong_timeout_ns():
                self._mute_strikes += 1
                silence_s = (self._time_ns - self._active_ns) / _NS
                return Symptom.HALF_OPEN, f"nothing came for {silence_s:.1f} s, not even a pong"
            return None
        if self._time_ns - self._active_ns >= self._idle_ns():
            self._pinged_ns = self._time_ns
            return Symptom.QUIET, ""
        return None

    def _idle_ns(self) -> int:
        """Return the silence that asks for a heartbeat: less on a line that is never so silent."""
        idle_ns = int(self._policy.idle_ping_s * _NS)
        usual_ns = self._rhythm.usual_ns()
        if usual_ns is None:
            return idle_ns
        return min(idle_ns, max(_IDLE_PING_MIN_NS, _SILENCE_FACTOR * usual_ns))

    def _pong_timeout_ns(self) -> int:
        return int(self._policy.pong_timeout_s * _NS) << min(self._mute_strikes, _MUTE_STRIKES_MAX)

    def _silent(self, last_received: Mapping[StreamKey, int]) -> list[str]:
        """Return the subscriptions that are silent for too long, and count a strike for each."""
        newest_ns = -_STEP_MAX_NS * 1_000
        quiet: list[tuple[StreamKey, _Watched]] = []
        for key, stream in self._streams.items():
            stamp = last_received.get(key, 0)
            if stamp != stream.stamp:
                self._heard(stream, stamp)
            else:
                quiet.append((key, stream))
            if stream.is_seen:
                newest_ns = max(newest_ns, stream.heard_ns)
        silent = []
        for key, stream in quiet:
            if self._is_too_long(stream, newest_ns):
                # A fruitless reconnect makes the patience grow, so that a pair that hardly trades
                # does not make the line reconnect for ever.
                stream.strikes += 1
                stream.changed_ns = self._time_ns
                silent.append("@".join(key))
        return silent

    def _heard(self, stream: _Watched, stamp: int) -> None:
        if stream.is_seen:
            stream.rhythm.heard(self._time_ns - stream.changed_ns)
        stream.stamp = stamp
        stream.changed_ns = stream.heard_ns = self._time_ns
        stream.is_seen = True
        stream.strikes = 0

    def _is_too_long(self, stream: _Watched, newest_ns: int) -> bool:
        """Judge a silence; ``newest_ns`` is when any stream of the connection last had data."""
        policy = self._policy
        limit_s = policy.staleness_s if stream.is_seen else policy.first_data_s
        if not limit_s or isinf(stream.patience_s):
            return False
        silence_ns = self._time_ns - stream.changed_ns
        # Another stream of the same connection stands sentinel: while it delivers, the connection
        # is not at fault, and only this stream's own rhythm speaks against it.
        floor_ns = int(policy.staleness_floor_s * _NS)
        is_guarded = self._time_ns - newest_ns < floor_ns
        usual_ns = stream.rhythm.usual_ns()
        if is_guarded and usual_ns is not None and stream.is_seen:
            limit_ns = max(floor_ns, _SILENCE_FACTOR * usual_ns, int(stream.patience_s * _NS))
            return silence_ns >= limit_ns << min(stream.strikes, 10)
        least_ns = int(max(limit_s, stream.patience_s) * _NS)
        if is_guarded and stream.strikes:
            return silence_ns >= max(least_ns, _SILENCE_LIMIT_MAX_NS)
        longest_ns = stream.rhythm.longest_ns
        limit_ns = max(least_ns << min(stream.strikes, 10), _SILENCE_FACTOR * longest_ns)
        return silence_ns >= max(least_ns, min(limit_ns, _SILENCE_LIMIT_MAX_NS))
