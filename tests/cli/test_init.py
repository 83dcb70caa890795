"""`wolkvox init`: what it asks, what it tries, and the two files that it writes."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worlds import TOKEN, environment
from wolkvox_source.cli import main as cli
from wolkvox_source.simulator import ContactCentre, Simulator

pty = pytest.importorskip("pty", reason="takes a POSIX terminal")

CONFIG, SECRETS = Path(".dlt/config.toml"), Path(".dlt/secrets.toml")


@pytest.fixture
def server(centre: ContactCentre) -> Iterator[Simulator]:
    """A server with an agent, and no setting that points there."""
    centre.hire("PÉREZ  ANA", "1001")
    with Simulator(centre) as running:
        yield running


def init(server: Simulator, *options: str, typed: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """`wolkvox init` in a process of its own, whose input is a pipe."""
    command = [sys.executable, "-m", "wolkvox_source.cli.main", "init", "--base-url", server.url, *options]
    env = {**environment(), **variables}
    return subprocess.run(command, input=typed, capture_output=True, text=True, env=env, timeout=60, check=False)


@pytest.mark.long
def test_it_asks_tries_and_writes_two_files_with_which_a_sync_works(server: Simulator) -> None:
    done = init(server, typed=f"https://wv0010.wolkvox.com\n{TOKEN}\n\nnone\n")

    assert (done.returncode, done.stderr) == (0, "")
    assert "The number in wolkvox's address" in done.stdout and "[America/Bogota]:" in done.stdout
    assert "0010: the token is accepted" in done.stdout
    assert TOKEN not in done.stdout
    assert CONFIG.read_text() == (
        f'[sources.wolkvox]\nserver = "0010"\ntimezone = "America/Bogota"\nbase_url = "{server.url}"\n'
    )
    assert SECRETS.read_text() == f'[sources.wolkvox]\ntoken = "{TOKEN}"\n'
    assert stat.S_IMODE(SECRETS.stat().st_mode) == 0o600
    assert [path for path in Path().rglob("*") if path.is_file() and TOKEN in path.read_text()] == [SECRETS]
    synced = subprocess.run(
        [sys.executable, "-m", "wolkvox_source.cli.main", "sync"], env=environment(), capture_output=True, check=False
    )
    assert synced.returncode == 0


def test_a_person_at_a_terminal_does_not_see_the_token(server: Simulator) -> None:
    person, terminal = pty.openpty()
    options = ["--server", "0010", "--timezone", "America/Lima", "--schedule", "none", "--base-url", server.url]
    process = subprocess.Popen(
        [sys.executable, "-m", "wolkvox_source.cli.main", "init", "--lang", "es", *options],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=environment(),
        start_new_session=True,
    )
    os.close(terminal)
    seen = b""
    typed = False
    while True:
        try:
            read = os.read(person, 65_536)
        except OSError:  # the other end is closed
            break
        seen += read
        if not typed and b"no se muestra:" in seen:
            os.write(person, f"{TOKEN}\n".encode())
            typed = True
    os.close(person)

    assert process.wait() == 0, seen.decode()
    assert TOKEN.encode() not in seen
    assert b"Escritos: " in seen
    assert 'timezone = "America/Lima"' in CONFIG.read_text()


def test_what_is_there_is_kept_comments_and_all(server: Simulator) -> None:
    CONFIG.parent.mkdir()
    CONFIG.write_text('# mine\n[runtime]\nlog_level = "INFO" # loud\n\n[sources.other]\nx = 1\n')
    SECRETS.write_text('[destination.postgres.credentials]\npassword = "p"\n')
    SECRETS.chmod(0o640)
    done = init(server, "--server", "0010", "--schedule", "none", typed=f"{TOKEN}\nAmerica/Bogota\n")

    assert done.returncode == 0, done.stderr
    assert CONFIG.read_text() == (
        '# mine\n[runtime]\nlog_level = "INFO" # loud\n\n[sources.other]\nx = 1\n\n'
        f'[sources.wolkvox]\nserver = "0010"\ntimezone = "America/Bogota"\nbase_url = "{server.url}"\n'
    )
    assert SECRETS.read_text() == (
        f'[destination.postgres.credentials]\npassword = "p"\n\n[sources.wolkvox]\ntoken = "{TOKEN}"\n'
    )
    assert stat.S_IMODE(SECRETS.stat().st_mode) == 0o640


def test_settings_that_are_there_are_not_written_over_unless_that_is_wanted(server: Simulator) -> None:
    CONFIG.parent.mkdir()
    CONFIG.write_text('[sources.wolkvox]\nserver = "0042"\nlicences = 12\n')
    options = ("--server", "0010", "--timezone", "America/Bogota", "--schedule", "none")
    refused = init(server, *options, typed=f"{TOKEN}\n")

    assert refused.returncode == 64
    assert refused.stderr.startswith(".dlt/config.toml or .dlt/secrets.toml has settings of wolkvox already")
    assert server.requests == []
    assert init(server, *options, "--replace", typed=f"{TOKEN}\n").returncode == 0
    assert CONFIG.read_text().splitlines()[:3] == ["[sources.wolkvox]", 'server = "0010"', "licences = 12"]


@pytest.mark.long
def test_what_does_not_work_is_told_and_not_written_unless_a_person_says_so(server: Simulator) -> None:
    options = ("--server", "0010", "--timezone", "America/Bogota", "--schedule", "none")
    no = init(server, *options, typed="wrong-token\n\n")

    assert no.returncode == 77
    assert "FAIL  0010: wolkvox did not accept the token" in no.stdout
    assert no.stderr == "Nothing was written.\n"
    assert "wrong-token" not in no.stdout + no.stderr
    assert not CONFIG.exists() and not SECRETS.exists()

    yes = init(server, *options, typed="wrong-token\ny\n")
    assert yes.returncode == 77
    assert SECRETS.read_text() == '[sources.wolkvox]\ntoken = "wrong-token"\n'


@pytest.mark.long
@pytest.mark.parametrize(
    ("options", "typed", "code", "sentence"),
    [
        ((), "", 64, "There was no answer, so nothing was written"),
        (("--server", "0010"), f"{TOKEN}", 64, "There was no answer, so nothing was written"),
        (("--server", "wolkvox.com"), f"{TOKEN}\n\n", 78, "The setting `sources.wolkvox.server` of operation wolk"),
        (("--server", "0010", "--timezone", "Bogota"), f"{TOKEN}\n", 78, "The time zone 'Bogota' of operation 0010"),
        (("--server", "0010", "--timezone", "America/Lima"), "\n\n", 64, "There was no answer"),
        (("--schedule", "daily"), "", 64, "Usage: wolkvox init"),
    ],
)
def test_an_answer_that_is_none_writes_nothing(
    options: tuple[str, ...], typed: str, code: int, sentence: str, server: Simulator
) -> None:
    done = init(server, *options, typed=typed)

    assert (done.returncode, done.stderr[: len(sentence)]) == (code, sentence)
    assert not CONFIG.exists() and not SECRETS.exists()


def test_a_file_that_is_no_toml_is_left_as_it_is(server: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    CONFIG.parent.mkdir()
    CONFIG.write_text("[sources\n")

    assert cli.main(["init"]) == 64
    assert capsys.readouterr().err.startswith("The file of settings .dlt/config.toml cannot be read")
    assert CONFIG.read_text() == "[sources\n"


# another program's place in the user's crontab: it keeps what it is given, as crontab does
CRONTAB = """#!/bin/sh
case $1 in -l) cat "$HOME/table" ;; -) cat > "$HOME/table" ;; esac
"""


@pytest.mark.long
def test_cron_gets_one_line_which_runs_it_in_this_folder_and_keeps_the_others(
    server: Simulator, tmp_path: Path
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "crontab").write_text(CRONTAB)
    (folder / "crontab").chmod(0o755)
    (tmp_path / "table").write_text("0 4 * * * backup\n")
    place = {"HOME": str(tmp_path), "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    options = ("--server", "0010", "--timezone", "America/Bogota", "--schedule", "cron")
    for more in ((), ("--replace",)):
        done = init(server, *options, *more, typed=f"{TOKEN}\n", **place)
        assert done.returncode == 0, done.stderr
    kept, line = (tmp_path / "table").read_text().splitlines()

    assert kept == "0 4 * * * backup"
    assert line.startswith(f"*/5 * * * * cd {tmp_path} && umask 077 && ")
    assert line.endswith(" sync --quiet >> wolkvox.log 2>&1")
    ran = subprocess.run(["sh", "-c", line.partition("* * * * ")[2]], env=environment(), check=False)
    assert ran.returncode == 0, (tmp_path / "wolkvox.log").read_text()
    assert stat.S_IMODE((tmp_path / "wolkvox.log").stat().st_mode) == 0o600


@pytest.mark.long
def test_systemd_gets_a_service_and_a_timer_that_it_understands(server: Simulator, tmp_path: Path) -> None:
    place = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    options = ("--server", "0010", "--timezone", "America/Bogota", "--schedule", "systemd")
    done = init(server, *options, typed=f"{TOKEN}\n", **place)

    assert done.returncode == 0, done.stderr
    assert "systemctl --user enable --now wolkvox.timer" in done.stdout
    units = tmp_path / "config" / "systemd" / "user"
    service = (units / "wolkvox.service").read_text()
    assert f"WorkingDirectory={tmp_path}\n" in service and " sync --quiet\nSuccessExitStatus=75\n" in service
    if analyze := shutil.which("systemd-analyze"):
        timer = str(units / "wolkvox.timer")
        checked = subprocess.run([analyze, "verify", "--user", timer], capture_output=True, text=True, check=False)
        assert "wolkvox" not in checked.stderr
