"""A readers' copy with two operations in it, the page served from it, and a browser to look at it with."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.dashboard.centres import build
from tests.worlds import ROOT

# a Tuesday, 11:00 in Bogotá
NOW = datetime(2026, 11, 24, 16, 0, tzinfo=timezone.utc)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# the second operation keeps another clock, has no licences, and an hour of its last day was refused
SECOND_OPERATION = """
set schema = 'contact_center';
update operations set timezone = 'America/Santiago', licences = null where operation = 'otra';
update observations set outcome = 'refused', reason = 'bad_token', message = 'PLEASE VALIDATE <TOKEN>',
    facts = '{"quoted": "“PLEASE VALIDATE <TOKEN>”"}'
    where operation = 'otra' and observed_at > timestamptz '2026-11-24 13:00:00+00'
        and observed_at < timestamptz '2026-11-24 14:00:00+00';
update agents set agent_name = '<img src=x onerror=alert(1)> & Ana' where agent_key = 'otra:12001';
"""


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A readers' copy of thirty days of two operations; nobody changes it."""
    file = tmp_path_factory.mktemp("centre") / "wolkvox_read.duckdb"
    build(file, NOW, agents=60, days=30)
    build(file, NOW, agents=12, days=4, operation="otra")
    with duckdb.connect(str(file)) as connection:
        connection.execute(SECOND_OPERATION)
    return file


@pytest.fixture(scope="module")
def file(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same copy, of a module's own."""
    return Path(shutil.copy(made, tmp_path_factory.mktemp("copy") / made.name))


def rows(file: Path, query: str) -> list[tuple[Any, ...]]:
    """What a query is answered with."""
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'; set schema = 'contact_center'")
        return connection.execute(query).fetchall()


def value(file: Path, query: str) -> Any:
    """The one value that a query is answered with."""
    (answer,) = rows(file, query)
    return answer[0]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium with a profile of its own."""
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def served(file: Path) -> Iterator[str]:
    """`wolkvox dashboard` in a process of its own, and where it is."""
    pytest.importorskip("starlette")
    command = [sys.executable, "-u", "-m", "wolkvox_source.cli.main", "dashboard", "--file", str(file)]
    command += ["--port", "0", "--no-browser"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        yield re.findall(r"http://\S+", running.stdout.readline())[0]
        running.terminate()


class Seen:
    """A page, what its console complained of, and whom it asked."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.asked: set[str] = set()
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda asked: self.asked.add(asked.url.partition("?")[0].partition("#")[0]))

    def open(self, address: str) -> Any:
        """The page at an address, with its script at work."""
        # a page that differs by its fragment alone would stay as it is
        self.page.goto("about:blank")
        self.page.goto(address)
        self.page.wait_for_selector("html.ready")
        return self.page


@pytest.fixture
def seen(browser: Any) -> Iterator[Seen]:
    """A window of its own; nothing may go wrong in it behind a test's back."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    window = Seen(context.new_page())
    yield window
    context.close()
    assert window.complaints == []


@pytest.fixture(scope="module")
def exported(file: Path) -> str:
    """The page as one file, and its address."""
    pytest.importorskip("jinja2")
    from wolkvox_source.cli import main as cli

    to = file.with_name("page.html")
    assert cli.main(["dashboard", "--file", str(file), "--export", str(to)]) == 0
    return f"file://{to}"


@pytest.fixture(params=["live", "file"])
def address(request: pytest.FixtureRequest) -> str:
    """The page as it is served, then as it is exported: both must do the same."""
    return str(request.getfixturevalue("served" if request.param == "live" else "exported"))
