"""What the errors of a warehouse mean, in words."""

import re
from collections.abc import Iterator
from pathlib import Path

from dlt.common.configuration.exceptions import ConfigFieldMissingException, ConfigurationException
from dlt.common.configuration.providers.toml import TomlProviderReadException
from dlt.destinations.exceptions import DatabaseException

from wolkvox_source.errors import ConfigurationError, HeldError, UnavailableError, WolkvoxError, quote

_HOLDER = re.compile(r"Conflicting lock is held in (\S+) \(PID (\d+)\)(?: by user (\w+))?")
_CONNECTING = re.compile(r"^connection to server .* failed:(?: FATAL:)?\s*")
# enough for the path of a file, which is what a person has to see
_PATHS = 300
_UNWRITABLE = ("Permission denied", "Read-only file system", "No such file or directory", "Is a directory")


def in_words(error: BaseException) -> WolkvoxError:
    """What a failure of dlt or of the destination means, as one of our errors."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, WolkvoxError):
            return cause
    # dlt's own errors quote the one below them, after words of their own
    for cause in reversed(causes):
        text = str(cause)
        held = _HOLDER.search(text)
        if held:
            program, pid, user = held.groups()
            who = f"{Path(program).name}, PID {pid}" + (f", {user}" if user else "")
            return HeldError("destination_held", holder=who, pid=pid, at_fault="place")
        if "Could not set lock on file" in text:
            return HeldError("destination_held", holder="?", pid="?", at_fault="place")
        if (isinstance(cause, OSError) and cause.errno == 28) or "No space left on device" in text:
            return UnavailableError("disk_full", problem=quote(text, _PATHS), at_fault="place")
        if "not a valid DuckDB database file" in text:
            return ConfigurationError("destination_not_duckdb", problem=quote(text, _PATHS))
        if "IO Error" in text and any(word in text for word in _UNWRITABLE):
            return ConfigurationError(
                "destination_unwritable", problem=quote(text.partition("IO Error: ")[2], _PATHS), at_fault="place"
            )
        if isinstance(cause, PermissionError) or (isinstance(cause, OSError) and cause.errno == 30):
            return ConfigurationError("destination_unwritable", problem=quote(text, _PATHS), at_fault="place")
        if isinstance(cause, ConfigFieldMissingException):
            fields = ", ".join(f"`{name}`" for name in cause.fields)
            return ConfigurationError("destination_setting", fields=fields)
        if isinstance(cause, ModuleNotFoundError):
            return ConfigurationError("destination_package", package=cause.name)
    for cause in causes:
        if isinstance(cause, TomlProviderReadException):
            where = str(cause).splitlines()[-1]
            return ConfigurationError("settings_unreadable", file=cause.file_name, problem=quote(where))
        if isinstance(cause, ConfigurationException):
            return ConfigurationError("destination_setting", fields=quote(str(cause)))
    last = causes[-1]
    if any(isinstance(cause, DatabaseException) for cause in causes) or "connection" in str(last).lower():
        return UnavailableError("destination_unreachable", problem=quote(_first_line(last)), at_fault="connection")
    return WolkvoxError("unexpected", problem=quote(f"{type(last).__name__}: {_first_line(last)}"))


def _causes(error: BaseException) -> Iterator[BaseException]:
    # dlt wraps an error of ours twice
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _first_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    # PostgreSQL says where it was asked before it says why it said no
    return _CONNECTING.sub("", lines[0]) if lines else type(error).__name__
