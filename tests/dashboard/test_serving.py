"""Who is let in, what the server says about the page, and what it says where there is nothing to show."""

import socket
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest

from wolkvox_source.cli import main as cli
from wolkvox_source.cli.dashboard_served import listen

testclient = pytest.importorskip("starlette.testclient")
from wolkvox_source.dashboard.access import is_ours  # noqa: E402
from wolkvox_source.dashboard.copy import Copy  # noqa: E402
from wolkvox_source.dashboard.page import Choice  # noqa: E402
from wolkvox_source.dashboard.serving import application, spoken  # noqa: E402

HERE = "http://127.0.0.1:2718"


def client(file: Path, token: str | None = None, **options: Any) -> Any:
    return testclient.TestClient(application(partial(Copy.at, file), "en", Choice(), token), base_url=HERE, **options)


def test_who_has_no_token_sees_no_names(made: Path) -> None:
    for query in ("", "?access_token=abd", "?access_token=ñ", "?access_token="):
        for path in ("/", "/agent"):
            answer = client(made, "abc").get(f"{path}{query}")
            assert answer.status_code == 403, query
            assert "data-number" not in answer.text
            assert "ask the person who started" in answer.text


def test_a_token_comes_once_in_the_address_and_then_in_a_cookie(made: Path) -> None:
    browser = client(made, "abc", follow_redirects=False)
    first = browser.get("/?access_token=abc&day=2026-11-23&lang=es")
    assert (first.status_code, first.headers["location"]) == (303, "/?day=2026-11-23&lang=es")
    assert "HttpOnly" in first.headers["set-cookie"]
    assert "SameSite=lax" in first.headers["set-cookie"]
    page = browser.get("/")
    assert page.status_code == 200
    assert 'data-number="roster"' in page.text
    assert "abc" not in page.text.partition("<body>")[2]


@pytest.mark.parametrize("host", ["attacker.example", "127.0.0.1.attacker.example:2718", "", "[", "10.0.0.9:2718"])
def test_a_page_of_another_name_is_turned_away(made: Path, host: str) -> None:
    assert client(made).get("/", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize(
    ("host", "here_only", "ours"),
    [
        ("127.0.0.1:2718", True, True),
        ("localhost", True, True),
        ("[::1]:2718", True, True),
        ("10.0.0.9", True, False),
        ("10.0.0.9", False, True),
        ("centro.local:80", False, True),
        ("attacker.example", False, False),
    ],
)
def test_this_machine_is_known_by_its_names_and_addresses(host: str, here_only: bool, ours: bool) -> None:
    assert is_ours(host, {"centro.local", "localhost"}, here_only=here_only) is ours


def test_the_page_may_run_its_own_script_alone_and_is_kept_by_nobody(made: Path) -> None:
    headers = client(made).get("/").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'; script-src 'sha256-" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("es-CO,es;q=0.9,en;q=0.8", "es"),
        ("en-US,en;q=0.9", "en"),
        ("pt-BR,pt;q=0.9,es;q=0.5,en;q=0.4", "es"),
        ("en;q=0.3, ES;q=0.7", "es"),
        ("pt-BR", "en"),
        ("es;q=nonsense", "en"),
        ("es;q=0", "en"),
        ("", "en"),
    ],
)
def test_the_language_is_the_one_that_the_browser_likes_best(asked: str, language: str) -> None:
    from starlette.requests import Request

    scope = {"type": "http", "query_string": b"", "headers": [(b"accept-language", asked.encode())]}
    assert spoken(Request(scope), "en") == language
    assert spoken(Request({**scope, "query_string": b"lang=es"}), "en") == "es"


def test_an_agent_has_a_page_without_any_script(made: Path) -> None:
    answer = client(made).get("/agent", params={"key": "demo:12002", "day": "2026-11-23", "lang": "es"})
    assert answer.status_code == 200
    assert "<h2>COM-BENÍTEZ NARVÁEZ BRUNO</h2>" in answer.text
    assert "lun 23 nov 2026" in answer.text
    assert client(made).get("/agent?key=demo:1<b>").status_code == 404
    assert "demo:1&lt;b&gt;" in client(made).get("/agent?key=demo:1<b>").text


def test_a_day_that_is_none_and_an_operation_that_is_not_there_are_sentences(made: Path) -> None:
    for query, said in {
        "day=yesterday": "yesterday is no day: write it as 2026-03-02.",
        "operation=ventas": "it holds demo, otra.",
    }.items():
        answer = client(made).get(f"/?{query}")
        assert answer.status_code == 404
        assert said in answer.text


@pytest.mark.long
def test_nothing_to_show_says_what_to_run_and_shows_it_once_it_is_there(made: Path, tmp_path: Path) -> None:
    file = tmp_path / "wolkvox_read.duckdb"
    browser = client(file)
    answer = browser.get("/")
    assert answer.status_code == 404
    assert "There is no data in wolkvox_read.duckdb yet: run <code>wolkvox sync</code>" in answer.text
    file.write_bytes(made.read_bytes())
    assert browser.get("/").status_code == 200


def test_the_command_says_what_keeps_it_from_a_page(
    tmp_path: Path, made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "teams.csv").write_text("who,what\n")
    for options, said in {
        ("--file", "nothing.duckdb"): "There is no data in nothing.duckdb yet: run `wolkvox sync`",
        ("--file", "empty.duckdb"): "There is no data in empty.duckdb yet: run `wolkvox sync`",
        ("--file", "notes.txt"): "notes.txt cannot be read (“IO Error: ",
        ("--file", str(made), "--operation", "ventas"): "The copy holds no operation 'ventas': it holds demo, otra.",
        ("--file", str(made), "--teams", "teams.csv"): "The list of teams teams.csv cannot be used (“who,what”)",
    }.items():
        assert cli.main(["dashboard", *options, "--export", "page.html"]) == 78, options
        assert capsys.readouterr().err.startswith(said), options
    for threshold in ("lunch=5", "ready=0", "ready"):
        options = ("--file", str(made), "--too-long", threshold)
        assert cli.main(["dashboard", *options, "--export", "page.html"]) == 64
        assert f"'{threshold}' is no threshold: write a status category and minutes" in capsys.readouterr().err
    assert not (tmp_path / "page.html").exists()


def test_a_file_speaks_the_language_that_was_asked_for_until_a_browser_wants_another(
    made: Path, tmp_path: Path
) -> None:
    options = ("--lang", "es", "--operation", "otra", "--day", "2026-11-23", "--too-long", "talking=5")
    assert cli.main(["dashboard", "--file", str(made), "--export", "page.html", *options]) == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert '<html lang="es">' in page
    assert "<h1>Centro de contacto · otra</h1>" in page
    assert "lun 23 nov 2026" in page
    assert "llama la atención desde 5 min" in page
    assert '<template id="page-en">' in page


def test_who_comes_before_the_server_has_begun_waits_and_is_not_refused() -> None:
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname(), timeout=5):
        pass


def test_what_is_too_long_is_a_setting_and_the_option_goes_before_it(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def page(*options: str) -> str:
        assert cli.main(["dashboard", "--file", str(made), "--export", "page.html", *options]) == 0
        return (tmp_path / "page.html").read_text(encoding="utf-8")

    monkeypatch.setenv("SOURCES__WOLKVOX__TOO_LONG", '["talking=4", "ready=7"]')
    assert "worth a look from 4 min" in page()
    assert "worth a look from 3 min" in page("--too-long", "talking=3")

    monkeypatch.setenv("SOURCES__WOLKVOX__TOO_LONG", '["lunch=4"]')
    capsys.readouterr()
    assert cli.main(["dashboard", "--file", str(made), "--export", "page.html"]) == 78
    assert "'lunch=4' is no threshold: write a status category and minutes" in capsys.readouterr().err


def test_a_missing_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert cli.main(["dashboard", "--no-browser"]) == 78
    assert capsys.readouterr().err.startswith("The dashboard needs the Python package jinja2: ")
