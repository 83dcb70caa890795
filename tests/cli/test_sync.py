import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.worlds import TOKEN, Warehouse, environment
from wolkvox_source.cli import main as cli
from wolkvox_source.simulator import MAINTENANCE, ContactCentre, Simulator
from wolkvox_source.sync.run import sync

COMMAND = [sys.executable, "-m", "wolkvox_source.cli.main", "sync"]
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def synced(*options: str) -> "subprocess.CompletedProcess[str]":
    """`wolkvox sync` in a process of its own, whose streams are pipes, as in cron."""
    return subprocess.run([*COMMAND, *options], capture_output=True, text=True, env=environment(), timeout=60)


def on_a_terminal(*options: str) -> str:
    """What a person sees of `wolkvox sync`, colours and all; it must end well."""
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(environment(), TERM="xterm", COLUMNS="120")
        os.execv(sys.executable, [*COMMAND, *options])
    seen = b""
    try:
        while chunk := os.read(terminal, 4096):
            seen += chunk
    except OSError:  # Linux says so when the other side is gone
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    return seen.decode()


def said(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: Sequence[str]) -> tuple[int, str]:
    """The exit code of a command that must say one line to stderr, without its time, and nothing to stdout."""
    monkeypatch.setenv("RUNTIME__LOG_LEVEL", "CRITICAL")
    capfd.readouterr()
    code = cli.main(words)
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1, err
    assert TOKEN not in err
    return code, re.sub(rf"^{TIME} ", "", err.strip())


@pytest.mark.long
def test_a_log_gets_one_plain_line_an_operation_with_its_time(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse
) -> None:
    centre.hire("PÉREZ  ANA", "1001")
    done = synced()

    assert done.returncode == 0
    assert re.fullmatch(rf"{TIME} demo changed records=1 appeared=1 vanished=0 changed=0 \d+\.\ds\n", done.stdout)
    assert done.stderr == ""


@pytest.mark.long
def test_quiet_says_nothing_where_all_is_well_and_what_is_wrong_all_the_same(
    centre: ContactCentre,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    centre.hire("PÉREZ  ANA", "1001")
    well = synced("--quiet")
    simulator.misbehave(MAINTENANCE, times=None)
    code, ill = said(capfd, monkeypatch, ["sync", "--quiet"])

    assert (well.returncode, well.stdout, well.stderr) == (0, "", "")
    assert code == 75
    assert re.match(r"demo unavailable \d+\.\ds  wolkvox is closed for maintenance", ill)


@pytest.mark.long
def test_json_is_one_object_a_run(
    centre: ContactCentre,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RUNTIME__LOG_LEVEL", "CRITICAL")
    centre.hire("PÉREZ  ANA", "1001")
    assert cli.main(["sync", "--json"]) == 0
    out, err = capfd.readouterr()
    run = json.loads(out)
    observation = run["observations"][0]

    assert err == ""
    assert (run["exit_code"], run["notes"], run["error"]) == (0, [], None)
    assert run["copy"] == str(tmp_path / "wolkvox_read.duckdb")
    assert (observation["operation"], observation["outcome"], observation["received_records"]) == ("demo", "changed", 1)
    assert re.fullmatch(r"[0-9-]{10}T[0-9:.]{8,15}\+00:00", observation["observed_at"])


@pytest.mark.long
def test_a_person_sees_colour_and_a_bar_that_goes_away(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse
) -> None:
    centre.hire("PÉREZ  ANA", "1001")
    seen = on_a_terminal("--lang", "es")

    assert "\033[?25l" in seen and "━" in seen
    *_, last, nothing = seen.split("\r\n")
    assert re.fullmatch(r".*\033\[32m\S+ demo con cambios; registros=1 .*s\033\[0m", last)
    assert nothing == ""


def test_verbose_prints_a_traceback_in_which_no_secret_is(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", "postgresql://ana:t0p-s3cret@127.0.0.1:9/none")
    monkeypatch.setenv("SOURCES__WOLKVOX__PRIVACY_KEY", "a-key-of-some-length")
    done = synced("--verbose", "--destination", "postgres")

    assert done.returncode == 75
    assert "Traceback (most recent call last)" in done.stderr
    assert re.search(rf"^{TIME} The destination cannot be read or written now", done.stderr, re.MULTILINE)
    for secret in (TOKEN, "t0p-s3cret", "a-key-of-some-length"):
        assert secret not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--every", "soon"], "'soon' is no interval: use a number and a unit, such as 30s, 5m or 1h."),
        (["--every", "25h"], "'25h' is longer than a day: use 24h or less."),
        (["--every", "0s"], "'0s' is no interval: use a number and a unit, such as 30s, 5m or 1h."),
    ],
    ids=["a word", "more than a day", "nothing"],
)
def test_an_interval_that_makes_no_sense_is_64(
    words: list[str], sentence: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said(capfd, monkeypatch, ["sync", *words]) == (64, sentence)


@pytest.mark.parametrize("words", [["--evry", "5m"], ["ventas"], ["--every"]], ids=["typo", "stray", "no value"])
def test_a_command_line_that_makes_no_sense_is_64(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sync", *words]) == 64
    out, err = capfd.readouterr()
    assert out == ""
    assert "Error: " in err
    assert "Traceback" not in err


MISSING = "is missing: put it in .dlt/"


@pytest.mark.long
@pytest.mark.parametrize(
    ("variable", "value", "code", "sentence"),
    [
        ("SERVER", None, 78, f"The setting `sources.wolkvox.server` {MISSING}config.toml"),
        ("TOKEN", None, 78, f"The setting `sources.wolkvox.token` {MISSING}secrets.toml"),
        ("TIMEZONE", "America/Macondo", 78, "The time zone 'America/Macondo' of operation demo does not exist"),
        ("BASE_URL", "wolkvox", 78, "'wolkvox' of operation demo is not a web address"),
        ("INTERVAL_SECONDS", "often", 78, "The setting `sources.wolkvox.interval_seconds` of operation"),
        ("TOKEN", "no-longer-good", 77, "demo refused 0.0s  wolkvox did not accept the token"),
        ("BASE_URL", "https://wv0010.invalid", 75, "demo unavailable 0.0s  There is no server named wv0010.invalid"),
        ("BASE_URL", "http://127.0.0.1:9", 75, "demo unavailable 0.0s  No connection to 127.0.0.1"),
    ],
    ids=["no server", "no token", "zone", "address", "number", "bad token", "no such server", "closed port"],
)
def test_what_is_wrong_is_one_sentence_and_a_code(
    variable: str,
    value: str | None,
    code: int,
    sentence: str,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = f"SOURCES__WOLKVOX__{variable}"
    monkeypatch.delenv(name) if value is None else monkeypatch.setenv(name, value)
    found, told = said(capfd, monkeypatch, ["sync"])

    assert found == code
    # a wrong setting is found before anything is opened; what wolkvox says goes into the ledger
    assert (tmp_path / "wolkvox.duckdb").exists() == (code != 78)
    assert re.sub(r"\d\.\ds", "0.0s", told).startswith(sentence)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("nowhere/wolkvox.duckdb", "The destination cannot be written (“No such folder"),
        ("notes.txt", "The destination is a file, but not DuckDB's"),
    ],
    ids=["no such folder", "not DuckDB"],
)
def test_a_destination_that_cannot_be_written_is_78_and_wolkvox_is_not_asked(
    path: str,
    sentence: str,
    simulator: Simulator,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "notes.txt").write_text("call the vendor " * 1000)
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(tmp_path / path))
    code, told = said(capfd, monkeypatch, ["sync"])

    assert code == 78
    assert told.startswith(sentence)
    assert simulator.requests == []
    assert not list(tmp_path.glob("**/*.duckdb"))


def test_settings_that_are_not_toml_are_78(simulator: Simulator, tmp_path: Path) -> None:
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / "config.toml").write_text("[sources.wolkvox\nserver = 0010\n")
    done = synced()

    assert (done.returncode, done.stdout) == (78, "")
    assert re.fullmatch(rf"{TIME} The file of settings config.toml cannot be read \(.*\): correct it.\n", done.stderr)


@pytest.mark.long
def test_one_refused_operation_does_not_end_the_loop_for_the_others(
    simulator: Simulator, duckdb_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__OPERATIONS", '["ventas", "soporte"]')
    monkeypatch.setenv("SOURCES__WOLKVOX__VENTAS__TOKEN", "no-longer-good")

    some = sync()
    monkeypatch.setenv("SOURCES__WOLKVOX__SOPORTE__TOKEN", "not-good-either")
    every = sync()

    assert (some.exit_code, some.hopeless) == (77, False)
    assert (every.exit_code, every.hopeless) == (77, True)
