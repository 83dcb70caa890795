"""What the errors of a warehouse mean, in words."""

import errno
import re
from collections.abc import Iterator

from dlt.common.configuration.exceptions import ConfigFieldMissingException, ConfigurationException
from dlt.common.configuration.providers.toml import TomlProviderReadException
from dlt.destinations.exceptions import DatabaseException

from wolkvox_source.errors import (
    ConfigurationError,
    HeldError,
    LockedError,
    RefusedError,
    UnavailableError,
    WolkvoxError,
    held_file,
    quote,
)

_CONNECTING = re.compile(r"^connection to server .* failed:(?: FATAL:)?\s*")
# enough for the path of a file, which is what a person has to see
_PATHS = 300
_NEWER = ("we can only read versions between", "was created with a newer version", "older than the current storage")
_DAMAGED = (
    "Corrupt database file",
    "Could not read enough bytes",
    "database has been invalidated",
    "Failed to deserialize",
)
# what a person has to set right before PostgreSQL lets a run in
_NOT_LET_IN = (
    r"password authentication failed",
    r"no password supplied",
    r'role "[^"]*" (does not exist|is not permitted)',
    r'database "[^"]*" does not exist',
    r"no pg_hba\.conf entry",
    r"invalid (port|integer value|connection option|sslmode)",
)
_UNWRITABLE = ("Permission denied", "Read-only file system", "No such file or directory", "Is a directory")


def in_words(error: BaseException) -> WolkvoxError:
    """What a failure of dlt or of the destination means, as one of our errors."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, WolkvoxError):
            return cause
    # dlt's own errors quote the one below them, after words of their own
    for cause in reversed(causes):
        told = _of_a_file(cause) or _of_postgres(cause) or _of_a_setting(cause)
        if told is not None:
            return told
    for cause in causes:
        if isinstance(cause, ConfigurationException):
            return ConfigurationError("destination_setting", fields=quote(str(cause)))
    last = causes[-1]
    if any(isinstance(cause, DatabaseException) for cause in causes) or "connection" in str(last).lower():
        return UnavailableError("destination_unreachable", problem=quote(_first_line(last)), at_fault="connection")
    return WolkvoxError("unexpected", problem=quote(f"{type(last).__name__}: {_first_line(last)}"))


def _of_a_file(cause: BaseException) -> WolkvoxError | None:
    """DuckDB's file and the disks, which say what is wrong in words alone."""
    text = str(cause)
    held = held_file(text)
    if held:
        return held
    if (isinstance(cause, OSError) and cause.errno == 28) or "No space left on device" in text:
        return UnavailableError("disk_full", problem=quote(text, _PATHS), at_fault="place")
    problem = quote(text.rpartition("IO Error: ")[2], _PATHS)
    if "not a valid DuckDB database file" in text:
        return ConfigurationError("destination_not_duckdb", problem=problem, at_fault="place")
    lake = _of_a_lake(text)
    if lake is not None:
        return lake
    if any(word in text for word in _NEWER):
        return ConfigurationError("destination_newer", problem=problem, at_fault="place")
    if any(word in text for word in _DAMAGED):
        return ConfigurationError("destination_damaged", problem=problem, at_fault="place")
    unwritable = isinstance(cause, PermissionError) or (isinstance(cause, OSError) and cause.errno == errno.EROFS)
    if unwritable or ("IO Error" in text and any(word in text for word in _UNWRITABLE)):
        return ConfigurationError("destination_unwritable", problem=problem, at_fault="place")
    return None


def _of_a_lake(text: str) -> WolkvoxError | None:
    """A DuckLake: its catalogue, its files wherever they are, and the extensions that it takes."""
    problem = quote(text.rpartition("IO Error: ")[2], _PATHS)
    if "Failed to initialize DuckLake" in text:
        # two that come first make its catalogue at once, and one of them finds it half made
        return HeldError("lake_beginning", problem=quote(text, _PATHS), at_fault="place")
    if "Failed to download extension" in text:
        return ConfigurationError("lake_extension", problem=problem, at_fault="place")
    if "file is not a database" in text:
        return ConfigurationError("lake_catalogue_damaged", problem=problem, at_fault="place")
    if "HTTP code 403" in text or "HTTP code 401" in text:
        return RefusedError("lake_forbidden", problem=problem, at_fault="place")
    if "Cannot open file" in text and ".parquet" in text and "No such file or directory" in text:
        return ConfigurationError("lake_file_gone", problem=problem, at_fault="place")
    return None


def _of_postgres(cause: BaseException) -> WolkvoxError | None:
    """PostgreSQL, which has a code for what is wrong, and only words where it does not let a connection in."""
    code, problem = getattr(cause, "pgcode", None), quote(_first_line(cause), _PATHS)
    text = str(cause)
    if code == "55P03" or "due to lock timeout" in text:
        return LockedError("destination_locked", holder="?", at_fault="place")
    if code == "42501" or code == "25006" or "permission denied for database" in text:
        return RefusedError("destination_forbidden", problem=problem, at_fault="place")
    if code in {"22P05", "22021"}:
        return ConfigurationError("destination_encoding", problem=problem, at_fault="place")
    if any(re.search(words, text) for words in _NOT_LET_IN):
        return ConfigurationError("destination_not_let_in", problem=problem, at_fault="place")
    return None


def _of_a_setting(cause: BaseException) -> WolkvoxError | None:
    if isinstance(cause, ConfigFieldMissingException):
        return ConfigurationError("destination_setting", fields=", ".join(f"`{name}`" for name in cause.fields))
    if isinstance(cause, ModuleNotFoundError):
        return ConfigurationError("destination_package", package=cause.name)
    if isinstance(cause, TomlProviderReadException):
        where = str(cause).splitlines()[-1]
        return ConfigurationError("settings_unreadable", file=cause.file_name, problem=quote(where))
    return None


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
