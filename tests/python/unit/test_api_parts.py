"""Parts of the HTTP interface: forms, limits, cursors, tokens, origins, files."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapeline.access.paging import Place
from tapeline.api.auth import READ, SCOPES, Grant, Tokens, bearer, hash_of, new_token, parse_file
from tapeline.api.kept import Kept
from tapeline.api.limits import RateLimit
from tapeline.api.listing import Listing
from tapeline.api.negotiation import ARROW, CSV, JSON, choose
from tapeline.api.origins import Origins
from tapeline.api.pages import decode_place, encode_place, scope_of
from tapeline.api.problems import ProblemError
from tapeline.api.static import Dashboard
from tapeline.compute.analysis import parse_indicators
from tapeline.compute.bar_pages import interval_of
from tapeline.errors import ArgumentError, SettingsError

SECOND = 1_000_000_000
NAMES = st.text(max_size=20).filter(lambda text: text.isprintable())
NUMBERS = st.integers(0, 2**63 - 1)


class StoppedClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_ns = 10**18

    def wall_ns(self) -> int:
        return self.now_ns

    def monotonic_ns(self) -> int:
        return self.now_ns


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/*", CSV),
        ("text/csv, application/json;q=0.9", CSV),
        ("application/json;q=0.1, application/vnd.apache.arrow.stream", ARROW),
        ("*/*;q=0.5, application/json;q=0", ARROW),
        ("text/html,application/xhtml+xml,*/*;q=0.8", JSON),
        ("APPLICATION/JSON", JSON),
    ],
)
def test_the_form_is_the_one_that_is_wanted_most(accept: str | None, form: str) -> None:
    assert choose(accept) == form


@pytest.mark.parametrize(
    "accept", ["text/html", "application/json;q=0", "text/csv;q=x", "*/*;q=nan", "a"]
)
def test_what_nobody_accepts_is_not_given(accept: str) -> None:
    with pytest.raises(ProblemError, match="accept one of"):
        choose(accept)


@given(NUMBERS, st.tuples(NAMES, NAMES, NAMES, NUMBERS, NUMBERS), st.integers(1, 2**31 - 1))
def test_a_cursor_comes_back_as_it_was(
    time_ns: int, key: tuple[str, str, str, int, int], repeats: int
) -> None:
    place = Place(time_ns, key, repeats)
    scope = scope_of("trade", {"symbol": "BTC/USDT"})
    text = encode_place(scope, place)
    assert text is not None
    assert text.isascii()
    assert decode_place(text, scope) == place
    with pytest.raises(ProblemError):
        decode_place(text, scope_of("trade", {"symbol": "ETH/USDT"}))


@given(st.text(max_size=60))
def test_any_text_is_a_cursor_or_is_refused(text: str) -> None:
    with pytest.raises(ProblemError):
        decode_place(text, "scope")


def test_a_client_has_so_many_requests_and_then_a_steady_rate() -> None:
    clock = StoppedClock()
    rate = RateLimit(clock, per_s=2.0, burst=3, at_once=10)
    for _ in range(3):
        assert rate.enter("a") is None
        rate.leave("a")
    assert rate.enter("a") == pytest.approx(0.5)
    assert rate.enter("b") is None, "another client has its own"
    clock.now_ns += SECOND // 2
    assert rate.enter("a") is None
    rate.leave("a")
    assert rate.enter("a") is not None
    clock.now_ns += 3600 * SECOND
    assert [rate.enter("a") for _ in range(4)][:3] == [None] * 3


def test_a_client_has_so_much_at_once() -> None:
    rate = RateLimit(StoppedClock(), per_s=1.0, burst=100, at_once=2)
    assert [rate.enter("a") for _ in range(3)] == [None, None, 1.0]
    rate.leave("a")
    assert rate.enter("a") is None


def test_many_clients_take_bounded_memory_and_those_at_work_are_kept() -> None:
    rate = RateLimit(StoppedClock(), per_s=1.0, burst=1, at_once=1, most_clients=100)
    assert rate.enter("at work") is None
    for number in range(10_000):
        assert rate.enter(str(number)) is None
        rate.leave(str(number))
    assert len(rate) <= 101
    assert rate.enter("at work") is not None


def test_answers_are_kept_for_a_minute_so_many_and_not_too_heavy() -> None:
    clock = StoppedClock()
    kept: Kept[int] = Kept(clock)

    def there() -> list[int]:
        return [number for number in range(20) if kept.find(str(number)) is not None]

    for number in range(20):
        kept.keep(str(number), number, 1)
    assert there() == list(range(4, 20))
    kept.keep("heavy", 1, 200_001)
    assert kept.find("heavy") is None
    kept.keep("nearly", 2, 199_995)
    assert there() == list(range(15, 20))
    kept.keep("19", 3, 1)
    assert kept.find("19") == 3
    clock.now_ns += 60 * SECOND
    assert kept.find("19") is None


def test_tokens_are_found_by_their_hash_in_time_and_scope() -> None:
    clock = StoppedClock()
    token, short = new_token(), new_token()
    known = Tokens(
        [
            Grant(hash_of(token), frozenset({"backtest"})),
            Grant(hash_of(short), SCOPES, clock.now_ns + 1),
        ],
        clock,
    )
    found = known.find(token)
    assert found is not None
    assert found.scopes == {"backtest"}
    assert known.find(short) is not None
    clock.now_ns += 1
    assert known.find(short) is None
    for other in ("", token[:-1], token + "x", hash_of(token).hex(), "\udcff", "x" * 10_000):
        assert known.find(other) is None
    assert token not in repr(known)


def test_a_token_file_is_read_line_by_line() -> None:
    line = f"sha256:{'ab' * 32}"
    first, second = parse_file(f"# who\n\n{line} read # desk\n{line} read,backtest 2027-01-01\n")
    assert (first.scopes, first.until_ns) == (frozenset({READ}), None)
    assert second.until_ns == 1_798_761_600 * SECOND
    with pytest.raises(SettingsError, match="line 2"):
        parse_file(f"{line}\nnot a hash")


@pytest.mark.parametrize(
    ("header", "token"),
    [("Bearer abc", "abc"), ("bearer  abc ", "abc"), ("Bearer ", None), ("Basic abc", None)],
)
def test_the_header_of_a_token(header: str, token: str | None) -> None:
    assert bearer(header) == token


def test_hosts_are_loopback_addresses_or_named() -> None:
    origins = Origins.of({"Market.example"}, {"https://desk.example"})
    for host in ("localhost", "127.0.0.1:80", "[::1]:9", "10.0.0.1", "market.example:443"):
        assert origins.is_host_known(host), host
    for unknown in ("evil.example", "", None, "localhost/x", "a@localhost", "localhost:x", "[::1"):
        assert not origins.is_host_known(unknown), unknown
    assert origins.is_origin_known("https://desk.example", "localhost")
    assert origins.is_origin_known("http://localhost:80", "localhost:80")
    for origin in ("null", "", "https://desk.example.evil", "http://localhost", "http://[", "x"):
        assert not origins.is_origin_known(origin, "localhost:80"), origin


def test_intervals_and_indicators_are_read_or_refused() -> None:
    assert [interval_of(text) // SECOND for text in ("1s", "15m", "4h", "7d")] == [
        1,
        900,
        14_400,
        604_800,
    ]
    for text in (
        "",
        "m",
        "0s",
        "-1m",
        "1.5h",
        "8d",
        "1w",
        "1M",
        "9" * 9 + "s",
        "\N{ARABIC-INDIC DIGIT ONE}m",
    ):
        with pytest.raises(ValueError, match="interval"):
            interval_of(text)
    assert [each.name for each in parse_indicators("sma:20, rsi,sma:20")] == ["sma_20", "rsi_14"]
    for text in ("nope", "sma:0", "sma:x", "sma:9999999", ",".join(["sma:1"] * 13)):
        with pytest.raises(ArgumentError):
            parse_indicators(text)


def test_files_are_served_by_the_paths_they_were_found_at(tmp_path: Path) -> None:
    root = tmp_path / "page"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("<!doctype html>")
    (root / "assets" / "a-1.js").write_text("1;")
    (tmp_path / "outside").write_text("not this")
    (root / "link").symlink_to(tmp_path / "outside")
    assert Dashboard(root).is_built
    assert not Dashboard(tmp_path / "none").is_built
    served = Dashboard(root)._files
    assert sorted(served) == ["assets/a-1.js", "index.html"]
    assert "immutable" in served["assets/a-1.js"].cache
    assert served["index.html"].cache == "no-cache"


def test_csv_says_true_as_json_does() -> None:
    body = Listing(pa.table({"is_complete": [True, False]}), {}, None).response(CSV).body
    assert bytes(body) == b"is_complete\r\ntrue\r\nfalse\r\n"
