"""What was asked of wolkvox and what came of it, on disk before and after each request; never a password.

A SQLite file of mode 0600 beside dlt's pipelines. The document by which a person is recognised is kept as a
hash under a random key in the same file: that keeps it from a glance and from a search of the disk, not from
whoever owns the file. It is not the operation's `privacy_key`, since a key that changes would forget whom was
asked for, and they would be created twice.
"""

import hashlib
import hmac
import os
import secrets
import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import filelock
from dlt.common.pipeline import get_dlt_pipelines_dir

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
create index if not exists requests_by_person on requests (operation, fingerprint, requested_at);
create table if not exists runs (operation text primary key, pid integer not null, started_at text not null);
create table if not exists password_files (
    path text primary key, operation text not null, device integer not null, inode integer not null
);
"""

# by time and then by insertion, since two requests may bear one time
_LATEST = """
select fingerprint, outcome, requested_at, agent_id from requests
where operation = ? order by requested_at, rowid
"""
_REQUESTS = """
select request_id, operation, agent_dni, agent_id, requested_at, coalesce(outcome, 'unconfirmed') as outcome, message
from requests order by requested_at, rowid
"""


class Entry(NamedTuple):
    """The latest request for one person; `outcome` is None where none was recorded."""

    outcome: str | None
    requested_at: datetime
    agent_id: str | None


def default_journal() -> Path:
    """Where the journal is unless said otherwise: in dlt's folder of pipelines, which `dlt` itself leaves alone."""
    return Path(get_dlt_pipelines_dir()) / "wolkvox_create_agents.sqlite"


class Journal:
    """The journal at `path`, made if it is not there; a context manager that closes it.

    Raises a ConfigurationError where the file cannot be had and an UnavailableError where it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _private(path)
            # every statement is a transaction, on the disk when it returns
            self._base = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
            # like FULL, and it syncs the folder too, or a power cut could bring a commit's journal back
            self._base.execute("pragma synchronous = extra")
            self._base.executescript(_SCHEMA)
            # one statement, so that two processes cannot both put a key in a new file
            self._base.execute(
                "insert into keys select ? where not exists (select 1 from keys)", [secrets.token_bytes(32)]
            )
            self._key = self._base.execute("select key from keys").fetchone()[0]
        except (OSError, sqlite3.Error) as error:
            raise ConfigurationError("journal_unusable", path=path, problem=error) from error

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._base.close()

    @contextmanager
    def exclusively(self, operation: str, now: datetime) -> Iterator[None]:
        """Hold `operation` against every other run; an UnavailableError names the process which holds it."""
        lock = filelock.FileLock(f"{self.path}.{operation}.lock", mode=0o600, blocking=False)
        try:
            lock.acquire()
        except filelock.Timeout:
            holder = self._base.execute("select pid from runs where operation = ?", [operation]).fetchone()
            pid = holder[0] if holder else "?"
            raise UnavailableError("provisioning_running", operation=operation, pid=pid) from None
        try:
            self._write("replace into runs values (?, ?, ?)", operation, os.getpid(), now.isoformat())
            yield
        finally:
            lock.release()

    def fingerprint(self, document: str) -> str:
        """What a folded document is recognised by."""
        return hmac.new(self._key, document.encode(), hashlib.sha256).hexdigest()

    def latest(self, operation: str) -> dict[str, Entry]:
        """The latest request for each person of `operation`, by fingerprint."""
        rows = self._base.execute(_LATEST, [operation])
        return {row[0]: Entry(row[1], datetime.fromisoformat(row[2]), row[3]) for row in rows}

    def intend(self, operation: str, fingerprint: str, agent_dni: str | None, at: datetime) -> str:
        """Write down that wolkvox is about to be asked for somebody; returns the request's id."""
        request_id = uuid.uuid4().hex
        self._write(
            "insert into requests (request_id, operation, fingerprint, agent_dni, requested_at) values (?, ?, ?, ?, ?)",
            *(request_id, operation, fingerprint, agent_dni, at.isoformat()),
        )
        return request_id

    def settle(self, request_id: str, outcome: str, agent_id: str | None, message: str) -> None:
        """Write down what came of a request."""
        self._write(
            "update requests set outcome = ?, agent_id = ?, message = ? where request_id = ?",
            *(outcome, agent_id, message, request_id),
        )

    def confirm(self, operation: str, fingerprint: str, agent_id: str | None, message: str) -> None:
        """Write down that the report has shown what came of the latest request for somebody."""
        latest = self._base.execute(
            "select request_id from requests where operation = ? and fingerprint = ?"
            " order by requested_at desc, rowid desc limit 1",
            [operation, fingerprint],
        ).fetchone()
        self.settle(latest[0], "confirmed", agent_id, message)

    def note_existing(self, operation: str, people: Iterable[tuple[str, str | None, str | None]], at: datetime) -> None:
        """Write down, once each, who was wanted and there already: (fingerprint, agent_dni, agent_id)."""
        known = self.latest(operation)
        rows = [
            (uuid.uuid4().hex, operation, fingerprint, agent_dni, at.isoformat(), agent_id)
            for fingerprint, agent_dni, agent_id in people
            if fingerprint not in known or known[fingerprint].outcome not in {"created", "confirmed", "exists"}
        ]
        with self._writing():
            self._base.execute("begin")
            self._base.executemany(
                "insert into requests (request_id, operation, fingerprint, agent_dni, requested_at, outcome, agent_id)"
                " values (?, ?, ?, ?, ?, 'exists', ?)",
                rows,
            )
            self._base.execute("commit")

    def requests(self) -> list[dict[str, Any]]:
        """Every request of every operation, oldest first; one without an outcome is unconfirmed."""
        cursor = self._base.execute(_REQUESTS)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def remember_file(self, operation: str, file: Path, stat: os.stat_result) -> None:
        """Write down that a run of `operation` began this file of passwords."""
        self._write("replace into password_files values (?, ?, ?, ?)", str(file), operation, stat.st_dev, stat.st_ino)

    def remembers_file(self, operation: str, file: Path, stat: os.stat_result) -> bool:
        """Whether this very file was begun by a run of `operation` that is not finished."""
        row = self._base.execute(
            "select device, inode from password_files where path = ? and operation = ?", [str(file), operation]
        ).fetchone()
        return bool(row == (stat.st_dev, stat.st_ino))

    def forget_files(self, operation: str) -> None:
        """Write down that everybody wanted exists, so that no file of passwords is added to any more."""
        self._write("delete from password_files where operation = ?", operation)

    def _write(self, statement: str, *values: object) -> None:
        with self._writing():
            self._base.execute(statement, values)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if self._base.in_transaction:
                self._base.execute("rollback")
            raise UnavailableError("journal_unwritable", path=self.path, problem=error) from error


def _private(path: Path) -> None:
    """Make the file so that only its owner reads it, and keep one so that others could read no longer."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0), 0o600))
    path.chmod(0o600)
