"""Who is let in to the live socket: how often, how many of an address, with which token."""

from tapeline.api.auth import SCOPES, Grant, Tokens, hash_of, new_token
from tapeline.api.limits import network_of
from tapeline.api.live.gate import NO_TOKEN, TOO_MANY_CLIENTS, Admission, Gate
from tapeline.api.live.session import Close
from tapeline.api.live.settings import LiveSettings

HOST = {"host": "127.0.0.1:8000"}
FAR = "203.0.113.7"


class StoppedClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_ns = 10**18

    def wall_ns(self) -> int:
        return self.now_ns

    def monotonic_ns(self) -> int:
        return self.now_ns


def test_an_address_elsewhere_has_so_many_connections_and_leaves_room_for_others() -> None:
    gate = Gate(LiveSettings(max_clients_per_address=3, max_clients=10), StoppedClock())
    inside = [_in(gate, FAR) for _ in range(3)]
    assert gate.admit(HOST, [], FAR) is TOO_MANY_CLIENTS
    assert gate.admit(HOST, [], f"::ffff:{FAR}") is TOO_MANY_CLIENTS
    _in(gate, "203.0.113.8")
    gate.leave(inside[0])
    _in(gate, FAR)


def test_a_network_of_ipv6_counts_as_one_address() -> None:
    gate = Gate(LiveSettings(max_clients_per_address=2), StoppedClock())
    _in(gate, "2001:db8::1")
    _in(gate, "2001:db8::ffff:2")
    assert gate.admit(HOST, [], "2001:db8::3") is TOO_MANY_CLIENTS
    _in(gate, "2001:db8:0:1::3")


def test_this_machine_may_take_all_connections_and_no_more() -> None:
    gate = Gate(LiveSettings(max_clients_per_address=1, max_clients=5), StoppedClock())
    for address in ("127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1", ""):
        _in(gate, address)
    assert gate.admit(HOST, [], "127.0.0.1") is TOO_MANY_CLIENTS


def test_an_address_opens_so_many_connections_a_second() -> None:
    clock = StoppedClock()
    gate = Gate(LiveSettings(handshakes_per_s=2.0, handshakes_at_once=4), clock)
    answers = []
    for _ in range(10):
        answer = gate.admit(HOST, [], FAR)
        answers.append(answer is TOO_MANY_CLIENTS)
        if isinstance(answer, Admission):
            gate.leave(answer)
    assert answers == [False] * 4 + [True] * 6
    clock.now_ns += 500_000_000
    gate.leave(_in(gate, FAR))
    assert gate.admit(HOST, [], FAR) is TOO_MANY_CLIENTS


def test_who_guesses_tokens_is_soon_told_nothing_and_others_are_let_in() -> None:
    clock, token = StoppedClock(), new_token()
    gate = Gate(
        LiveSettings(guesses_at_once=3, handshakes_at_once=1_000),
        clock,
        Tokens([Grant(hash_of(token), SCOPES, clock.now_ns + 10**12)], clock),
    )
    wrong: list[Admission | Close] = [
        gate.admit({**HOST, "authorization": f"Bearer {each}"}, [], FAR) for each in range(5)
    ]
    assert wrong == [NO_TOKEN] * 3 + [TOO_MANY_CLIENTS] * 2
    # The same on this machine, where a proxy may stand in front.
    near = [gate.admit(HOST, ["tapeline.token.x"], "127.0.0.1") for _ in range(5)]
    assert near == wrong
    right = {**HOST, "authorization": f"Bearer {token}"}
    assert gate.admit(right, [], FAR) == Admission(FAR, clock.now_ns + 10**12)


def test_what_is_refused_takes_no_place() -> None:
    gate = Gate(LiveSettings(max_clients=1, max_clients_per_address=1), StoppedClock())
    for _ in range(3):
        assert isinstance(gate.admit({"host": "evil.example"}, [], FAR), Close)
    _in(gate, FAR)


def test_an_address_is_counted_by_its_network() -> None:
    assert network_of("198.51.100.1") == "198.51.100.1"
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2::") == "2001:db8:1:2::/64"
    assert network_of("fe80::1%eth0") == "fe80::/64"
    assert network_of("testclient") == "testclient"


def _in(gate: Gate, address: str) -> Admission:
    found = gate.admit(HOST, [], address)
    assert isinstance(found, Admission), address
    return found
