"""The heat map at a million cells, in the headless browser: what is drawn, and how fast."""

import http.server
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.python.browsers import ROOT, artifact, chromium, lacking

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

WEB = ROOT / "web"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: ANN401
        """Say nothing."""


@pytest.fixture
def page_url(tmp_path: Path) -> Iterator[str]:
    """The measuring page, built and served."""
    vite = WEB / "node_modules" / ".bin" / "vite"
    if shutil.which("node") is None or not vite.exists():
        lacking("the dashboard's packages are not installed: just web")
    words = [
        str(vite),
        "build",
        "--config",
        "bench/vite.config.ts",
        "--outDir",
        str(tmp_path / "page"),
    ]
    subprocess.run(words, cwd=WEB, check=True, capture_output=True, timeout=120)
    handler = partial(_Quiet, directory=str(tmp_path / "page"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_a_million_cells_are_drawn_and_measured(page_url: str) -> None:
    """Frames a second are reported, not judged: without a graphics card the processor draws."""
    with chromium() as browser:
        page = browser.new_page()
        page.goto(page_url, timeout=60_000)
        page.wait_for_function("window.measureHeatMap", timeout=60_000)
        found = page.evaluate("measureHeatMap()")
    artifact("heatmap.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    assert found["cells"] >= 1_000_000
    # Every heat of the planted walls is there: 97 sizes of bids and 97 of asks, of which 0 is one.
    assert found["colours"] == 193
    assert found["drawn"] > 0
    assert found["finished"] > 0
