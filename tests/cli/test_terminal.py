"""What reaches a screen, a pipe or a log: never a secret, never a traceback, whatever the stream can take."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.worlds import TOKEN, Warehouse, environment
from wolkvox_source.cli import main as cli
from wolkvox_source.cli.terminal import redacted
from wolkvox_source.simulator import Answer, ContactCentre, Hang, Simulator

WOLKVOX = [sys.executable, "-m", "wolkvox_source.cli.main"]


def shell(line: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """A line of bash in which `wolkvox` is the command; what counts is the command's own exit code."""
    script = f"wolkvox() {{ '{sys.executable}' -m wolkvox_source.cli.main \"$@\"; }}; {line}"
    env = {**environment(), **variables}
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=env, timeout=60, check=False)


@pytest.mark.long
@pytest.mark.parametrize("options", ["", "--json", "--verbose"])
def test_a_reader_who_has_read_enough_ends_nothing(
    options: str, centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse
) -> None:
    centre.hire("PÉREZ  ANA", "1001")
    done = shell(f"wolkvox sync {options} | head -c 0; exit ${{PIPESTATUS[0]}}")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert duckdb_warehouse.rows("select agent_name from agents") == [("PÉREZ  ANA",)]


@pytest.mark.long
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
def test_a_full_disk_for_what_is_said_is_a_sentence_and_75(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse
) -> None:
    done = shell("wolkvox sync --json > /dev/full")

    assert done.returncode == 75
    assert done.stderr == "What there was to say could not be written (“No space left on device”).\n"
    assert shell("wolkvox sync --help > /dev/full").returncode == 75
    # what went wrong says more
    assert shell("wolkvox sync --max-age > /dev/full").returncode == 64


@pytest.mark.long
def test_streams_that_are_closed_say_nothing(simulator: Simulator, duckdb_warehouse: Warehouse) -> None:
    done = shell("wolkvox sync >&-")
    both = shell("wolkvox status --max-age 1s >&- 2>&-")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (both.returncode, both.stdout, both.stderr) == (75, "", "")


@pytest.mark.long
@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_utf_8_shows_what_it_can(
    encoding: str, centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse
) -> None:
    centre.set_status(centre.hire("PÉREZ  ANA", "1001"), "Meditación ☕")
    variables = {**environment(), "PYTHONIOENCODING": encoding}
    subprocess.run([*WOLKVOX, "sync"], env=variables, check=True, capture_output=True)
    people = subprocess.run([*WOLKVOX, "status", "--lang", "es"], env=variables, capture_output=True, check=False)
    programs = subprocess.run([*WOLKVOX, "status", "--json"], env=variables, capture_output=True, check=False)

    assert (people.returncode, people.stderr) == (0, b"")
    assert ("último éxito" if encoding == "latin-1" else "?ltimo ?xito") in people.stdout.decode(encoding)
    # a program gets every character, escaped
    assert "Meditaci\\u00f3n \\u2615" in programs.stdout.decode("ascii")


@pytest.mark.long
def test_ctrl_c_ends_a_run_with_a_sentence_and_130(simulator: Simulator, duckdb_warehouse: Warehouse) -> None:
    simulator.misbehave(Hang())
    process = subprocess.Popen(
        [*WOLKVOX, "sync"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )
    while not simulator.requests:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)

    assert (process.returncode, out) == (130, "")
    assert err == "Stopped. What was left half done, the next run finishes.\n"


def test_something_unexpected_is_a_sentence_and_70_and_its_traceback_only_with_verbose(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # a fault that the package cannot foresee: its own module is gone
    monkeypatch.setitem(sys.modules, "wolkvox_source.warehouse.freshness", None)

    assert cli.main(["status"]) == 70
    assert capsys.readouterr().err.startswith("Something unexpected happened (“ModuleNotFoundError:")
    assert cli.main(["status", "--verbose"]) == 70
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [["--pipeline", "../x"], ["--pipeline", ""], ["--dataset", ""], ["--dataset", "a b"], ["--dataset", "1x"]],
)
@pytest.mark.parametrize("command", ["sync", "status", "doctor"])
def test_a_name_that_can_be_none_is_64_and_makes_nothing(
    command: str, options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([command, *options]) == 64
    assert capsys.readouterr().err.startswith(f"{options[0]} is {options[1]!r}, and must be the name of a ")
    assert [path.name for path in tmp_path.iterdir()] == ["tmp"]


SECRET = "t0p-s3cret"


@pytest.mark.long
@pytest.mark.parametrize(
    ("destination", "credentials"),
    [
        ("postgres", f"mysql://u:{SECRET}@127.0.0.1:9/none"),
        ("postgres", f"postgresql://u:{SECRET}@127.0.0.1:9/none"),
        ("postgres", f"postgresql://u:{SECRET}"),
        ("duckdb", f"postgresql://u:{SECRET}@127.0.0.1:9/none"),
        ("postgres", f"postgresql://u:p@{SECRET}%40@127.0.0.1:9/none"),
    ],
)
@pytest.mark.parametrize("command", ["sync", "status", "doctor"])
def test_a_wrong_address_of_the_warehouse_never_prints_its_password(
    command: str, destination: str, credentials: str, simulator: Simulator
) -> None:
    done = shell(
        f"wolkvox {command} --destination {destination} --verbose",
        **{f"DESTINATION__{destination.upper()}__CREDENTIALS": credentials},
    )

    # what it means is for a reader of the warehouse's errors
    assert done.returncode in {0, 70, 75, 78}
    assert SECRET not in done.stdout + done.stderr
    assert TOKEN not in done.stdout + done.stderr


@pytest.mark.long
@pytest.mark.parametrize("command", ["sync", "doctor", "doctor --json", "sync --json"])
def test_an_address_of_wolkvox_with_a_password_never_prints_it(command: str, simulator: Simulator) -> None:
    done = shell(f"wolkvox {command}", SOURCES__WOLKVOX__BASE_URL=f"https://u:{SECRET}@wv0010.invalid")

    assert done.returncode == 78
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.long
def test_a_secret_of_a_file_is_never_printed(
    simulator: Simulator, duckdb_warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other operation's token, too, which no operation of this run has read."""
    folder = tmp_path / ".dlt"
    folder.mkdir()
    (folder / "secrets.toml").write_text(f'[sources.wolkvox.ventas]\ntoken = "{SECRET}-of-another"\n')
    simulator.misbehave(Answer(400, {"code": "400", "error": "BAD REQUEST", "msg": f"NO {SECRET}-of-another"}))
    done = shell("wolkvox sync")

    assert done.returncode == 77
    assert "NO <secret>" in done.stderr
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no secret", "no secret"),
        ("it is abcdefgh, abcdefgh", "it is <secret>, <secret>"),
        ("“so abcdefg…”", "“so <secret>…”"),
        ("“so abc…”", "“so abc…”"),
        ("pg://u:p@w@host/db?x=1", "pg://u:<secret>@host/db?x=1"),
        ("https://wv0010.wolkvox.com:443/x", "https://wv0010.wolkvox.com:443/x"),
    ],
)
def test_a_text_is_redacted(text: str, shown: str) -> None:
    assert redacted(text, ["abcdefgh"]) == shown


@pytest.mark.long
def test_what_is_no_secret_of_ours_stays(simulator: Simulator, duckdb_warehouse: Warehouse) -> None:
    """Variables of other programs hold words such as `true`, which must not be cut out of a JSON object."""
    done = shell("wolkvox sync --json", MAX_TOKENS="null", TOKENIZERS_PARALLELISM="false", GIT_PASSWORD_FILE="demo")

    assert done.returncode == 0
    assert "<secret>" not in done.stdout
    assert os.environ["DESTINATION__DUCKDB__CREDENTIALS"].rpartition("/")[0] in done.stdout
