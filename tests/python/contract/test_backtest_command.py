"""`tapeline backtest` as a person uses it: the example strategies, what is stored, and mistakes."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tapeline.apps.cli import main
from tapeline.compute.backtest.result import RunResult
from tapeline.compute.metrics import run_figures, summarize
from tapeline.compute.report import render
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.store import ParquetStore
from tapeline.telemetry.clock import SystemClock
from tests.python.accessing import fill, market_messages

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = {
    "sma_crossover": ("spot", "BTC/USDT", ("--param", "fast=3", "--param", "slow=10")),
    "book_imbalance": ("spot", "BTC/USDT", ("--param", "enter=0.1", "--latency-ms", "5")),
    "funding_carry": ("usdm", "BTC/USDT:USDT", ("--param", "smooth=1", "--fee", "2bp,5bp")),
}
FILES = ("equity", "excluded", "fills", "funding", "trades")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("traded")
    fill(ParquetStore(LocalFolder(root), clock=SystemClock()), market_messages())
    return f"parquet:{root}"


class Ran(NamedTuple):
    """How the command ended."""

    status: object
    stdout: str
    stderr: str


class Shell:
    """A terminal in a folder of its own."""

    def __init__(self, folder: Path, printed: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._printed = printed

    def backtest(self, *words: str | Path) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main(["backtest", *map(str, words)])
        said = self._printed.readouterr()
        return Ran(ended.value.code, said.out, said.err)


@pytest.fixture
def shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path, capsys)


def example(shell: Shell, target: str, name: str, *words: str | Path) -> dict[str, Any]:
    market, symbol, parameters = EXAMPLES[name]
    ran = shell.backtest(
        *(name, "--data", target, "--symbols", symbol, "--exchange", "binance"),
        *("--market", market, "--strategies", ROOT / "examples" / "strategies"),
        *("--policy", "gaps=mask", "--json", *parameters, *words),
    )
    assert ran.status == 0, ran.stderr
    assert ran.stderr == ""
    said: dict[str, Any] = json.loads(ran.stdout)
    return said


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_trades_and_leaves_everything(name: str, target: str, shell: Shell) -> None:
    said = example(shell, target, name)
    folder = shell.folder / said["folder"]
    assert folder == shell.folder / "runs" / said["run_id"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["run.json", "report.html", *(f"{each}.parquet" for each in FILES)]
    )
    result = RunResult.read(folder)
    assert result.fills.num_rows > 0
    assert result.rows > 0
    assert said["metrics"] == result.metrics == run_figures(result)
    assert said["policy"] == {"gaps": "mask", "unverifiable": "allow", "suspicious": "mask"}
    assert (folder / "report.html").read_text(encoding="utf-8") == render(result)


def test_a_run_made_again_is_the_same_to_the_byte(target: str, shell: Shell) -> None:
    first = example(shell, target, "sma_crossover", "--out", "a")
    second = example(shell, target, "sma_crossover", "--out", "b")
    assert first["run_id"] == second["run_id"]
    for path in sorted((shell.folder / first["folder"]).iterdir()):
        assert path.read_bytes() == (shell.folder / second["folder"] / path.name).read_bytes()
    other = example(shell, target, "sma_crossover", "--param", "size=2")
    assert other["run_id"] != first["run_id"]
    assert other["data_hash"] == first["data_hash"]


def test_the_figures_are_printed_and_the_report_goes_where_it_was_told(
    target: str, shell: Shell
) -> None:
    ran = shell.backtest(
        *("sma_crossover", "--data", target, "--symbols", "BTCUSDT", "--exchange", "binance"),
        *("--market", "spot", "--strategies", ROOT / "examples" / "strategies"),
        *("--policy", "allow", "--param", "fast=3", "--param", "slow=10"),
        *("--report", "pages/run.html"),
    )
    assert ran.status == 0, ran.stderr
    lines = [line.split() for line in ran.stdout.splitlines()]
    run_id = next(line[1] for line in lines if line[:1] == ["run"]).rstrip(",")
    result = RunResult.read(shell.folder / "runs" / run_id)
    assert ["Fills", f"{result.fills.num_rows:,}"] in lines
    assert ["nothing", "was", "left", "out"] in lines
    assert f"data: {result.coverage['summary']}" in ran.stdout
    assert (shell.folder / "pages" / "run.html").is_file()
    assert not (shell.folder / "runs" / run_id / "report.html").exists()


def test_what_a_strategy_prints_is_no_part_of_the_answer(target: str, shell: Shell) -> None:
    folder = shell.folder / "strategies"
    folder.mkdir()
    (folder / "talks.py").write_text(
        "print('loaded')\nTYPES = ('trade',)\n\ndef strategy(data):\n    print('asked')\n"
        "    return data.trade['price'] * 0\n"
    )
    ran = shell.backtest(
        *("talks", "--data", target, "--symbols", "BTC/USDT", "--exchange", "binance"),
        *("--market", "spot", "--policy", "allow", "--json"),
    )
    assert json.loads(ran.stdout)["strategy_id"] == "talks"
    assert {"loaded", "asked"} == set(ran.stderr.split())


def test_a_range_without_rows_has_a_result(target: str, shell: Shell) -> None:
    said = example(shell, target, "sma_crossover", "--start", "2020-01-01", "--end", "2020-01-02")
    assert said["metrics"]["pnl"] is None
    assert said["metrics"]["fills"] == 0
    assert "no data" in (shell.folder / said["report"]).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("sma_crosover",), 1, "no strategy 'sma_crosover' in "),
        (("sma_crosover",), 1, "did you mean 'sma_crossover'?"),
        (("../sma_crossover",), 1, "is no strategy id"),
        (("sma_crossover", "--param", "fats=3"), 1, "did you mean 'fast'?"),
        (("sma_crossover", "--param", "fast"), 2, "--param is NAME=VALUE, was 'fast'"),
        (("sma_crossover", "--policy", "gaps=refuse"), 1, "the policy refuses trade connection"),
        (("sma_crossover", "--start", "1767614400"), 2, "Unix nanoseconds have 19 digits"),
        (("sma_crossover", "--symbols", "BTC/USD"), 2, "BTC/USDT"),
        (("sma_crossover", "--fee", "ten"), 2, "--fee is a share such as 0.001, 0.1% or 10bp"),
        (("sma_crossover", "--data", "parquet:nowhere"), 1, "nowhere holds no Parquet store"),
    ],
)
def test_a_mistake_is_one_sentence(
    words: tuple[str, ...], status: int, message: str, target: str, shell: Shell
) -> None:
    usual = ("--symbols", "BTC/USDT", "--exchange", "binance", "--market", "spot")
    stored = () if "--data" in words else ("--data", target)
    folder = ROOT / "examples" / "strategies"
    ran = shell.backtest(*usual, *stored, "--strategies", folder, *words)
    assert " ".join(ran.stderr.replace("│", " ").split()).count(message) == 1
    assert "Traceback" not in ran.stderr
    assert ran.status == status
    assert not (shell.folder / "runs").exists()


def test_the_page_names_every_option_and_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "backtest.md").read_text(encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["backtest", "--help"])
    offered = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out)) - {"--help"}
    assert set(re.findall(r"--[a-z][a-z-]+", page)) == offered
    figures = summarize([], [], [], sample_ns=1)
    assert [name for name in figures if f"`{name}`" not in page] == []
