"""The file that the journal is: SQLite, of mode 0600, with a key of its own and a mark beside it.

The document by which a person is recognised is kept as a hash under a random key in the same file: that keeps it from
a glance and from a search of the disk, not from the owner of the file. It is not the operation's `privacy_key`, since
a key that changes would forget whom was asked for, and they would be created twice.

The mark, `<journal>.id`, tells a journal that is gone from one that never was.
"""

import hashlib
import hmac
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wolkvox_source.errors import ConfigurationError, UnavailableError

_SCHEMA = """
create table if not exists keys (key blob not null);
create table if not exists requests (
    request_id text primary key,
    operation text not null,
    fingerprint text not null,
    agent_dni text,
    requested_at text not null,
    outcome text,
    agent_id text,
    message text
);
create index if not exists requests_by_person on requests (fingerprint, requested_at);
create table if not exists sightings (
    request_id text not null, boot text not null, uptime real not null, primary key (request_id, boot)
);
create table if not exists absences (
    fingerprint text not null, address text not null, since text not null, boot text, uptime real,
    primary key (fingerprint, address)
);
create table if not exists password_places (
    path text not null, device integer not null, inode integer not null, address text not null, token text not null,
    primary key (path, device, inode)
);
"""
# what a journal of an earlier version lacks
_LATER_COLUMNS = {
    "requests": {
        "action": "text not null default 'create'",
        "address": "text",
        "token": "text",
        "before": "text",
        "after": "text",
        "reason": "text",
        "facts": "text",
        "password": "text",
    },
    "absences": {"boot": "text", "uptime": "real"},
}


class JournalFile:
    """The file at `path`, made if it never was.

    Raises a ConfigurationError where it cannot be had, or was there and is gone, and an UnavailableError where it
    cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        mark = path.with_name(f"{path.name}.id")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            was_there = mark.exists()
            if was_there and not (path.exists() and path.stat().st_size):
                raise ConfigurationError("journal_gone", path=path, mark=mark)
            _private(path)
            self._base = _opened(path)
            self._key = self._base.execute("select key from keys").fetchone()[0]
            number = self.fingerprint("journal")[:32]
            if was_there and mark.read_text(encoding="ascii").strip() != number:
                raise ConfigurationError("journal_gone", path=path, mark=mark)
            if not was_there:
                _private(mark)
                mark.write_text(number, encoding="ascii")
        except (OSError, sqlite3.Error, UnicodeError) as error:
            raise ConfigurationError("journal_unusable", path=path, problem=error) from error

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    def fingerprint(self, text: str) -> str:
        """What a folded document, or a token, is recognised by."""
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def read(self, query: str, *values: object) -> list[Any]:
        """The rows of a query; raises a ConfigurationError."""
        try:
            return self._base.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise ConfigurationError("journal_unusable", path=self.path, problem=error) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, on the disk when it ends; raises an UnavailableError, and then nothing of it is there."""
        try:
            self._base.execute("begin")
            yield self._base
            self._base.execute("commit")
        except sqlite3.Error as error:
            if self._base.in_transaction:
                self._base.execute("rollback")
            raise UnavailableError("journal_unwritable", path=self.path, problem=error) from error


def _opened(path: Path) -> sqlite3.Connection:
    """The file with all of its tables and columns, and a key in it."""
    # every statement is a transaction, on the disk when it returns
    base = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
    # like FULL, and it syncs the folder too, or a power cut could bring a commit's journal back
    base.execute("pragma synchronous = extra")
    base.executescript(_SCHEMA)
    for table, columns in _LATER_COLUMNS.items():
        there = {row[1] for row in base.execute(f"pragma table_info({table})")}
        for name, kind in columns.items():
            if name not in there:
                base.execute(f"alter table {table} add column {name} {kind}")
    # one statement, so that two processes cannot both put a key in a new file
    base.execute("insert into keys select ? where not exists (select 1 from keys)", [secrets.token_bytes(32)])
    return base


def _private(path: Path) -> None:
    """Make the file so that only its owner reads it, and keep one so that others could read no longer."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0), 0o600))
    path.chmod(0o600)
