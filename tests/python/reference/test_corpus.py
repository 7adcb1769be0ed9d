"""Every row of the corpus gets its verdict from the reference."""

import pytest

from tests.corpus.make_corpus import make, manifest_text
from tests.python.reference.corpus import (
    BINANCE_SPOT,
    FOLDER,
    Case,
    Pipeline,
    cases,
    check_case,
    check_neighbours,
    has_event,
    instruments,
)
from tests.python.reference.pipeline import Reference

CASES = {name: case for name, case in cases().items() if case.market == BINANCE_SPOT}


def reference(case: Case) -> Pipeline:
    return Reference(instruments(), time_unit=case.time_unit)


@pytest.mark.parametrize("name", CASES)
def test_the_reference_gives_every_case_its_verdict(name: str) -> None:
    check_case(CASES[name], reference(CASES[name]))


@pytest.mark.parametrize("name", CASES)
def test_the_frames_beside_a_case_come_out_perfect(name: str) -> None:
    check_neighbours(CASES[name], reference(CASES[name]), "ETHUSDT")


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not has_event(case)])
def test_the_same_stream_goes_on_perfect_around_a_bad_frame(name: str) -> None:
    check_neighbours(CASES[name], reference(CASES[name]), "BTCUSDT")


def test_every_row_of_the_hazard_list_has_a_case() -> None:
    rows = {name.partition("_")[0] for name in CASES}
    assert rows == {f"J{number:02}" for number in range(1, 61)}


def test_the_corpus_files_are_those_of_its_rows() -> None:
    wanted, files = make()
    assert (FOLDER / "manifest.json").read_text("ascii") == manifest_text(wanted)
    assert {path.name for path in FOLDER.glob("J*_*.*")} == set(files)
    for name, content in files.items():
        assert (FOLDER / name).read_bytes() == content, name
