"""The browser that tests open pages in: Chromium, through Playwright, without a network."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tapeline.api.static import FOLDER

ROOT = Path(__file__).resolve().parents[2]
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Without a graphics card the page itself is put together more cheaply without WebGL's emulator.
    "--disable-gpu-compositing",
)


def lacking(reason: str) -> NoReturn:
    """End a test that lacks a program: in CI, which installs them all, it fails; else a skip."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}: CI has it, see .ci/run")
    pytest.skip(reason)


@contextmanager
def dashboard_browser(patience_ms: float) -> Iterator[Browser]:
    """Start a browser for the dashboard that was built; what a page shows is waited for so long."""
    if not (FOLDER / "index.html").is_file():
        lacking("the dashboard is not built: just web")
    expect.set_options(timeout=patience_ms)
    with chromium() as found:
        yield found
    expect.set_options(timeout=5_000)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        lacking("no Chromium on PATH (Debian: apt-get install chromium)")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=list(_QUIET), timeout=120_000)
        try:
            yield browser
        finally:
            browser.close()


def artifact(name: str) -> Path:
    """Return where a test leaves a file for people to look at: a folder that git ignores."""
    folder = ROOT / "artifacts"
    folder.mkdir(exist_ok=True)
    return folder / name
