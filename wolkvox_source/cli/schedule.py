"""What runs `wolkvox sync` every five minutes from a folder: a line of the user's crontab, or a timer of systemd."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from wolkvox_source.errors import UsageError, quote
from wolkvox_source.language import Phrase

_SERVICE = """\
[Unit]
Description=Observe wolkvox once
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
WorkingDirectory={folder}
ExecStart={command} sync --quiet
SuccessExitStatus=75
TimeoutStartSec=15min
UMask=0077
"""
_TIMER = """\
[Unit]
Description=Observe wolkvox every five minutes

[Timer]
OnCalendar=*:0/5
AccuracySec=1s
Persistent=false

[Install]
WantedBy=timers.target
"""


def with_cron(folder: Path) -> Iterator[Phrase]:
    """Add the line to this user's crontab, once; raises a UsageError where there is no cron."""
    command = " ".join(map(shlex.quote, _command()))
    run = f"cd {shlex.quote(str(folder))} && umask 077 && {command} sync --quiet >> wolkvox.log 2>&1"
    # a percent sign ends the command in a crontab
    line = "*/5 * * * * " + run.replace("%", "\\%")
    before = _crontab("-l")
    table = before.stdout if before.returncode == 0 else ""
    if line not in table.splitlines():
        ended = table if not table or table.endswith("\n") else f"{table}\n"
        done = _crontab("-", given=f"{ended}{line}\n")
        if done.returncode:
            raise UsageError("schedule_refused", program="crontab", problem=quote(done.stderr))
    yield Phrase("schedule_cron", {"line": line})


def _crontab(option: str, given: str | None = None) -> "subprocess.CompletedProcess[str]":
    crontab = shutil.which("crontab")
    if crontab is None:
        raise UsageError("schedule_missing", program="crontab")
    return subprocess.run([crontab, option], input=given, capture_output=True, text=True, check=False)  # noqa: S603


def with_systemd(folder: Path) -> Iterator[Phrase]:
    """Write a service and its timer for this user, and say what starts it; raises a UsageError where it cannot."""
    units = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"
    # systemd takes quotation marks as a shell does, and a percent sign for a word of its own
    command = " ".join(shlex.quote(word).replace("%", "%%") for word in _command())
    service = _SERVICE.format(folder=str(folder).replace("%", "%%"), command=command)
    try:
        units.mkdir(parents=True, exist_ok=True)
        (units / "wolkvox.service").write_text(service, encoding="utf-8")
        (units / "wolkvox.timer").write_text(_TIMER, encoding="utf-8")
    except OSError as error:
        raise UsageError("not_written", file=units, problem=quote(error.strerror or str(error))) from error
    yield Phrase("schedule_systemd", {"folder": str(units)})


def by_hand(_: Path) -> Iterator[Phrase]:
    """Nothing; the README says how else."""
    yield from ()


def _command() -> list[str]:
    """How this very command is started, whatever else is called `wolkvox` on the machine."""
    return [sys.executable, "-m", "wolkvox_source.cli.main"]


SCHEDULES: dict[str, Callable[[Path], Iterator[Phrase]]] = {"cron": with_cron, "systemd": with_systemd, "none": by_hand}
