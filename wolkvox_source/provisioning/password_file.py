"""Passwords, kept in one file, readable by its owner only, that never overwrites another.

A row is in the file before wolkvox is asked, marked `asked`, and again marked `set` once wolkvox has said yes or the
report shows the agent: whatever breaks in between, the password is known. When the file is closed, the latest row of
each person stays.
"""

import csv
import io
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from wolkvox_source.errors import ConfigurationError, UnavailableError, UsageError

COLUMNS = ("agent_id", "agent_dni", "agent_name", "password", "state")
IsOurs = Callable[[Path, os.stat_result], bool]
Remember = Callable[[Path, os.stat_result, bool], None]
Row = tuple[str, str, str, str, str]


def check_file(path: Path, is_ours: IsOurs) -> bool:
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
    """A CSV file of passwords, one agent a line, each on the disk before a call returns.

    Made new, with mode 0600, and a ConfigurationError where anything is in its place; or `begun` by an earlier
    run, and added to. `remember` is told the file's place and number on the disk before it is there under its name, and
    again, with True, once no other file is.
    """

    def __init__(self, path: Path, begun: bool, remember: Remember) -> None:
        self.path = path.absolute()
        self._remember = remember
        # the latest row of each person, and the one before it
        self._rows: dict[str, Row] = {}
        self._before: dict[str, Row | None] = {}
        no_link = getattr(os, "O_NOFOLLOW", 0)
        how = os.O_RDWR if begun else os.O_CREAT | os.O_EXCL | os.O_RDWR
        try:
            self._file = os.open(path, how | os.O_APPEND | no_link, 0o600)
            try:
                remember(self.path, os.fstat(self._file), True)
                self._begin(begun)
            except BaseException:
                os.close(self._file)
                if not begun:
                    # nothing is in it, and the next run would take it for the administrator's
                    path.unlink()
                raise
        except FileExistsError:
            raise UsageError("passwords_exist", path=path) from None
        except OSError as error:
            raise ConfigurationError("passwords_unwritable", path=path, problem=error.strerror) from error

    def _begin(self, begun: bool) -> None:
        if begun:
            self.path.chmod(0o600)
            self._take_up()
        else:
            self._write(COLUMNS)
            _sync_folder(self.path.parent)

    def __enter__(self) -> "PasswordFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # a disk that is full keeps the rows as they were written, which says the same at more length
        with suppress(OSError):
            self._shorten()
        os.close(self._file)

    def password_of(self, agent_dni: str) -> str | None:
        """The password in the file for an agent, None where there is none."""
        row = self._rows.get(agent_dni)
        return row[3] if row else None

    def ask(self, agent_dni: str, agent_name: str, password: str, agent_id: str = "") -> None:
        """Save a password that is about to be sent; raises an UnavailableError where the disk does not take it."""
        self._add((agent_id, agent_dni, agent_name, password, "asked"))

    def set(self, agent_id: str, agent_dni: str, agent_name: str, password: str) -> None:
        """Save the password that an agent has; raises an UnavailableError where the disk does not take it."""
        self._add((agent_id, agent_dni, agent_name, password, "set"))

    def take_back(self, agent_dni: str) -> None:
        """Forget a password that was asked for and refused; what was there before it is there again."""
        before = self._before.get(agent_dni)
        if before is None:
            self._rows.pop(agent_dni, None)
        else:
            self._rows[agent_dni] = before

    def _add(self, row: Row) -> None:
        try:
            self._write(row)
        except OSError as error:
            raise UnavailableError("passwords_unwritable", path=self.path, problem=error.strerror) from error
        self._before[row[1]] = self._rows.get(row[1])
        self._rows[row[1]] = row

    def _write(self, values: tuple[str, ...]) -> None:
        begins = os.fstat(self._file).st_size
        rest = _line(values)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
            os.fsync(self._file)
        except OSError:
            # what half a row was followed by would stand beside another person's name
            with suppress(OSError):
                os.ftruncate(self._file, begins)
            raise

    def _take_up(self) -> None:
        """The rows in the file; a line that a power cut left half written is taken out first."""
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            os.ftruncate(self._file, len(whole))
        for row in csv.reader(io.StringIO(whole.decode("utf-8", "replace"))):
            # a file of an earlier version has no state: its rows were set
            values = [*row, "set"] if len(row) == len(COLUMNS) - 1 else row
            if len(values) == len(COLUMNS) and tuple(row[:4]) != COLUMNS[:4]:
                agent_id, agent_dni, agent_name, password, state = values
                self._rows[agent_dni] = (agent_id, agent_dni, agent_name, password, state)

    def _shorten(self) -> None:
        """Put a file with one row a person in this one's place."""
        if not self.path.exists() or os.fstat(self._file).st_ino != self.path.stat().st_ino:
            return
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        number = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            rest = b"".join(map(_line, [COLUMNS, *self._rows.values()]))
            while rest:
                rest = rest[os.write(number, rest) :]
            os.fsync(number)
            # before it has the name, so that the next run knows it whenever this one ends
            self._remember(self.path, os.fstat(number), False)
            fresh.replace(self.path)
            self._remember(self.path, os.fstat(number), True)
            _sync_folder(self.path.parent)
        finally:
            os.close(number)
            fresh.unlink(missing_ok=True)


def _line(values: tuple[str, ...]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue().encode()


def _sync_folder(folder: Path) -> None:
    """Put a new file's name on the disk; only POSIX can."""
    if os.name == "posix":
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
