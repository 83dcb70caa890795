"""One writer at a time: who waits in vain is told who holds the lock."""

import threading
from pathlib import Path

import filelock
import pytest

from wolkvox_source.errors import HeldError
from wolkvox_source.warehouse.lock import file_lock


def refused(file: Path) -> str:
    with pytest.raises(HeldError) as raised, file_lock(file, 0.0, "sync_running"):
        pass
    return str(raised.value)


def test_the_holder_is_named(tmp_path: Path) -> None:
    with file_lock(tmp_path / "lock", 0.0, "sync_running"):
        assert "is running (PID " in refused(tmp_path / "lock")


def test_a_holder_who_has_just_come_is_waited_for_until_it_has_said_who_it_is(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with filelock.FileLock(file):
        writing = threading.Timer(0.2, file.write_text, ["PID 7"])
        writing.start()
        assert "is running (PID 7)" in refused(file)
        writing.join()


def test_a_holder_who_never_says_who_it_is_stays_unknown(tmp_path: Path) -> None:
    with filelock.FileLock(tmp_path / "lock"):
        assert "is running (?)" in refused(tmp_path / "lock")
