"""The file that the new agents' passwords go to: made new, readable by its owner only, never overwritten."""

import csv
import io
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from wolkvox_source.errors import ConfigurationError, UnavailableError, UsageError

COLUMNS = ("agent_id", "agent_dni", "agent_name", "password")


def check_file(path: Path, is_ours: Callable[[Path, os.stat_result], bool]) -> bool:
    """Whether `path` was begun by an unfinished run and is gone on with; False where it will be made new.

    Raises a ConfigurationError where something else is there already, or its folder is not.
    """
    try:
        stat = path.lstat()
    except FileNotFoundError:
        if not path.absolute().parent.is_dir():
            raise UsageError("passwords_no_folder", path=path) from None
        return False
    except OSError as error:
        raise ConfigurationError("passwords_unwritable", path=path, problem=error.strerror) from error
    if not is_ours(path.absolute(), stat):
        raise UsageError("passwords_exist", path=path)
    return True


class PasswordFile:
    """A CSV file of passwords, one agent a line, each on the disk before `add` returns.

    Made new, with mode 0600, and a ConfigurationError where anything is in its place; or `begun` by an earlier
    run, and added to. `stat` is the file's place and number on the disk.
    """

    def __init__(self, path: Path, begun: bool) -> None:
        self._path = path
        self._saved: set[str] = set()
        no_link = getattr(os, "O_NOFOLLOW", 0)
        how = os.O_RDWR if begun else os.O_CREAT | os.O_EXCL | os.O_WRONLY
        try:
            self._file = os.open(path, how | os.O_APPEND | no_link, 0o600)
            if begun:
                path.chmod(0o600)
                self._saved = self._ids()
            else:
                self._write(COLUMNS)
                _sync_folder(path.absolute().parent)
        except FileExistsError:
            raise UsageError("passwords_exist", path=path) from None
        except OSError as error:
            raise ConfigurationError("passwords_unwritable", path=path, problem=error.strerror) from error
        self.stat = os.fstat(self._file)

    def __enter__(self) -> "PasswordFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    def holds(self, agent_id: str | None) -> bool:
        """Whether the password of that agent was saved by an earlier run."""
        return agent_id in self._saved

    def add(self, agent_id: str, agent_dni: str, agent_name: str, password: str) -> None:
        """Save one password; raises an UnavailableError where the disk does not take it."""
        try:
            self._write((agent_id, agent_dni, agent_name, password))
        except OSError as error:
            raise UnavailableError("passwords_unwritable", path=self._path, problem=error.strerror) from error

    def _write(self, values: tuple[str, ...]) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(values)
        rest = line.getvalue().encode()
        while rest:
            rest = rest[os.write(self._file, rest) :]
        os.fsync(self._file)

    def _ids(self) -> set[str]:
        """The ids in the file; a line that a power cut left half written is ended first."""
        content = self._path.read_bytes()
        if content and not content.endswith(b"\n"):
            os.write(self._file, b"\n")
        rows = csv.reader(io.StringIO(content.decode("utf-8", "replace")))
        return {row[0] for row in rows if len(row) == len(COLUMNS)}


def _sync_folder(folder: Path) -> None:
    """Put a new file's name on the disk; only POSIX can."""
    if os.name == "posix":
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
