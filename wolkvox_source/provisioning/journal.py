"""What was asked of wolkvox and what came of it, on disk before and after each request; never a password.

A SQLite file of mode 0600 beside dlt's pipelines. The document by which a person is recognised is kept as a
hash under a random key in the same file: that keeps it from a glance and from a search of the disk, not from
the owner of the file. It is not the operation's `privacy_key`, since a key that changes would forget whom was
asked for, and they would be created twice.

Beside it stands `<journal>.id`, which tells a journal that is gone from one that never was.
"""

import hashlib
import hmac
import os
import secrets
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from dlt.common.pipeline import get_dlt_pipelines_dir

from wolkvox_source.errors import ConfigurationError, UnavailableError
from wolkvox_source.language import restored, stored
from wolkvox_source.provisioning.decisions import THERE
from wolkvox_source.provisioning.moment import Moment

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
# by which a new agent comes, whom another machine must not ask for at the same time
CLAIMED_ACTIONS = frozenset({"create", "reuse"})
# by time and then by insertion, since two requests may bear one time
_IN_ORDER = "order by requested_at, rowid"
_ENTRIES = f"""
select
    fingerprint, request_id, action, outcome, requested_at, agent_id, after, password, operation, address, token
from requests {_IN_ORDER}
"""  # noqa: S608
_TOLD = (
    *("request_id", "operation", "address", "action", "agent_dni", "agent_id", "requested_at", "outcome"),
    *("before", "after", "reason", "facts", "message", "password"),
)


@dataclass(frozen=True)
class Whose:
    """Which requests are an operation's: those made with its token, and those at its address that no other's are.

    The operation's name is only what it is called: another name, or another token, is the same people.
    """

    operation: str
    address: str
    token: str = field(repr=False)
    other_tokens: frozenset[str] = field(default=frozenset(), repr=False)
    other_names: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        url = urlsplit(self.address.lower())
        object.__setattr__(self, "address", f"{url.scheme}://{url.netloc}{url.path}".rstrip("/"))


class Entry(NamedTuple):
    """One request for one person; `outcome` is None where none was recorded."""

    request_id: str
    action: str
    outcome: str | None
    requested_at: datetime
    agent_id: str | None
    after: Mapping[str, object] = MappingProxyType({})
    password: str | None = None


def default_journal() -> Path:
    """Where the journal is unless said otherwise: in dlt's folder of pipelines, which `dlt` itself leaves alone."""
    return Path(get_dlt_pipelines_dir()) / "wolkvox_create_agents.sqlite"


class Journal:
    """The journal at `path`, made if it never was; a context manager that closes it.

    Raises a ConfigurationError where the file cannot be had, or was there and is gone, and an UnavailableError where
    it cannot be written.
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
            # every statement is a transaction, on the disk when it returns
            self._base = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
            # like FULL, and it syncs the folder too, or a power cut could bring a commit's journal back
            self._base.execute("pragma synchronous = extra")
            self._base.executescript(_SCHEMA)
            for table, columns in _LATER_COLUMNS.items():
                there = {row[1] for row in self._base.execute(f"pragma table_info({table})")}
                for name, kind in columns.items():
                    if name not in there:
                        self._base.execute(f"alter table {table} add column {name} {kind}")
            # one statement, so that two processes cannot both put a key in a new file
            self._base.execute(
                "insert into keys select ? where not exists (select 1 from keys)", [secrets.token_bytes(32)]
            )
            self._key = self._base.execute("select key from keys").fetchone()[0]
            number = self.fingerprint("journal")[:32]
            if was_there and mark.read_text(encoding="ascii").strip() != number:
                raise ConfigurationError("journal_gone", path=path, mark=mark)
            if not was_there:
                _private(mark)
                mark.write_text(number, encoding="ascii")
        except (OSError, sqlite3.Error, UnicodeError) as error:
            raise ConfigurationError("journal_unusable", path=path, problem=error) from error

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._base.close()

    def fingerprint(self, text: str) -> str:
        """What a folded document, or a token, is recognised by."""
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def entries(self, whose: Whose) -> dict[str, list[Entry]]:
        """Every request for each person of an operation, oldest first, by fingerprint."""
        found: dict[str, list[Entry]] = {}
        others = {self.fingerprint(token) for token in whose.other_tokens}
        ours = self.fingerprint(whose.token)
        for row in self._read(_ENTRIES):
            fingerprint, request_id, action, outcome, at, agent_id, after, password, operation, address, token = row
            if address is None:
                # an earlier version kept the operation's name alone
                belongs = operation == whose.operation
            else:
                belongs = token == ours or (address == whose.address and token not in others)
            if belongs:
                moment, changes = datetime.fromisoformat(at), restored(after)
                entry = Entry(request_id, action, outcome, moment, agent_id, changes, password)
                found.setdefault(fingerprint, []).append(entry)
        return found

    def swapped(self, whose: Whose) -> bool:
        """Whether the operation was last asked with a token that is another's now, and this token as another one."""
        ours = self.fingerprint(whose.token)
        others = {self.fingerprint(token) for token in whose.other_tokens} - {ours}
        query = "select {} from requests where {} = ? and token is not null order by rowid desc limit 1"
        tokens = self._read(query.format("token", "operation"), whose.operation)
        names = self._read(query.format("operation", "token"), ours)
        return any(token in others for (token,) in tokens) and any(name in whose.other_names for (name,) in names)

    def intend(
        self,
        whose: Whose,
        fingerprint: str,
        agent_dni: str | None,
        now: Moment,
        *,
        action: str = "create",
        agent_id: str | None = None,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        password: str | None = None,
    ) -> str:
        """Write down that wolkvox is about to be asked for something; returns the request's id.

        `password` says where the password is that is about to be sent: in the `list`, or in the file of that name.
        """
        values = {
            "operation": whose.operation,
            "address": whose.address,
            "token": self.fingerprint(whose.token),
            "fingerprint": fingerprint,
            "agent_dni": agent_dni,
            "requested_at": now.at.isoformat(),
            "action": action,
            "outcome": None,
            "agent_id": agent_id,
            "before": stored(before) if before else None,
            "after": stored(after) if after else None,
            "password": password,
        }
        with self._writing():
            self._base.execute("begin")
            claim = self._claim(fingerprint, action) if action in CLAIMED_ACTIONS else None
            request_id = self._put(claim, values)
            self._base.execute("replace into sightings values (?, ?, ?)", [request_id, now.boot, now.uptime])
            self._base.execute("commit")
        return request_id

    def claim(self, whose: Whose, people: Iterable[tuple[str, str | None, str]], now: Moment) -> None:
        """Write down whom wolkvox is about to be asked for, so that other machines may know: (fingerprint, agent_dni,
        action). What is only claimed was not sent."""
        with self._writing():
            self._base.execute("begin")
            for fingerprint, agent_dni, action in people:
                values = {
                    "operation": whose.operation,
                    "address": whose.address,
                    "token": self.fingerprint(whose.token),
                    "fingerprint": fingerprint,
                    "agent_dni": agent_dni,
                    "requested_at": now.at.isoformat(),
                    "action": action,
                    "outcome": "claimed",
                }
                self._put(self._claim(fingerprint, action), values)
            self._base.execute("commit")

    def withdraw(self, whose: Whose, fingerprints: Iterable[str] | None = None) -> bool:
        """Take claims back that came to nothing, all of an operation's or some; returns whether there were any."""
        claims = "outcome = 'claimed' and (address = ? or token = ?)"
        mine = (whose.address, self.fingerprint(whose.token))
        there = {each for (each,) in self._read(f"select fingerprint from requests where {claims}", *mine)}  # noqa: S608
        gone = there if fingerprints is None else there & {*fingerprints}
        with self._writing():
            self._base.executemany(
                f"update requests set outcome = 'withdrawn' where {claims} and fingerprint = ?",  # noqa: S608
                [(*mine, each) for each in gone],
            )
        return bool(gone)

    def _claim(self, fingerprint: str, action: str) -> str | None:
        """The row of an earlier claim, which nothing came of yet."""
        row = self._base.execute(
            "select request_id from requests where fingerprint = ? and action = ?"
            " and outcome in ('claimed', 'withdrawn')",
            [fingerprint, action],
        ).fetchone()
        return None if row is None else str(row[0])

    def _put(self, request_id: str | None, values: Mapping[str, object]) -> str:
        """Insert a request, or take the place of a claim."""
        if request_id is None:
            request_id = uuid.uuid4().hex
            names = ", ".join(f'"{name}"' for name in ("request_id", *values))
            places = ", ".join("?" * (1 + len(values)))
            self._base.execute(f"insert into requests ({names}) values ({places})", [request_id, *values.values()])  # noqa: S608
        else:
            names = ", ".join(f'"{name}" = ?' for name in values)
            self._base.execute(f"update requests set {names} where request_id = ?", [*values.values(), request_id])  # noqa: S608
        return request_id

    def settle(
        self,
        request_id: str,
        outcome: str,
        agent_id: str | None = None,
        *,
        reason: str | None = None,
        facts: Mapping[str, object] | None = None,
        message: str | None = None,
        password: str | None = None,
    ) -> None:
        """Write down what came of a request, and what is known by then of its password where that has changed."""
        self._write(
            "update requests set outcome = ?, agent_id = coalesce(?, agent_id), reason = ?, facts = ?, message = ?,"
            " password = coalesce(?, password) where request_id = ?",
            *(outcome, agent_id, reason, stored(facts) if facts else None, message, password, request_id),
        )

    def note_existing(self, whose: Whose, people: Iterable[tuple[str, str | None, str | None]], now: Moment) -> None:
        """Write down, once each, who was wanted and there already: (fingerprint, agent_dni, agent_id)."""
        known = self.entries(whose)
        token = self.fingerprint(whose.token)
        rows = [
            (uuid.uuid4().hex, whose.operation, whose.address, token, *person, now.at.isoformat())
            for person in people
            if not any(entry.outcome in THERE for entry in known.get(person[0], ()))
        ]
        with self._writing():
            self._base.execute("begin")
            self._base.executemany(
                "insert into requests (request_id, operation, address, token, fingerprint, agent_dni, agent_id,"
                " requested_at, action, outcome) values (?, ?, ?, ?, ?, ?, ?, ?, 'exists', 'exists')",
                rows,
            )
            self._base.execute("commit")

    def waited(self, request_ids: Iterable[str], now: Moment) -> dict[str, timedelta]:
        """How long ago each request certainly was; one never seen since this machine started is seen now.

        A clock may be set, and another machine's is another; what this machine's own uptime says is certain.
        """
        seen = dict(self._read("select request_id, uptime from sightings where boot = ?", now.boot))
        spans: dict[str, timedelta] = {}
        fresh: list[tuple[str, str, float]] = []
        for request_id in request_ids:
            uptime = seen.get(request_id)
            if uptime is None or uptime > now.uptime:
                fresh.append((request_id, now.boot, now.uptime))
                uptime = now.uptime
            spans[request_id] = timedelta(seconds=now.uptime - uptime)
        with self._writing():
            self._base.execute("begin")
            self._base.executemany("replace into sightings values (?, ?, ?)", fresh)
            self._base.execute("commit")
        return spans

    def note_absent(self, whose: Whose, fingerprints: Iterable[str], now: Moment) -> None:
        """Write down who is not in a complete list, and forget who is again."""
        absent = set(fingerprints)
        with self._writing():
            self._base.execute("begin")
            there = self.absent(whose)
            self._base.executemany(
                "delete from absences where address = ? and fingerprint = ?",
                [(whose.address, each) for each in there.keys() - absent],
            )
            self._base.executemany(
                "insert into absences (fingerprint, address, since, boot, uptime) values (?, ?, ?, ?, ?)",
                [(each, whose.address, now.at.isoformat(), now.boot, now.uptime) for each in absent - there.keys()],
            )
            self._base.execute("commit")

    def absent(self, whose: Whose) -> dict[str, Moment]:
        """Since when each person was not in the complete lists, by fingerprint."""
        rows = self._read("select fingerprint, since, boot, uptime from absences where address = ?", whose.address)
        return {
            each: Moment(datetime.fromisoformat(since), boot or "", uptime or 0) for each, since, boot, uptime in rows
        }

    def requests(self) -> list[dict[str, Any]]:
        """Every request of every operation, oldest first; one without an outcome is unconfirmed."""
        rows = self._read(f"select {', '.join(_TOLD)} from requests {_IN_ORDER}")  # noqa: S608
        requests = [dict(zip(_TOLD, row, strict=True)) for row in rows]
        return [{**request, "outcome": request["outcome"] or "unconfirmed"} for request in requests]

    def remember_file(self, whose: Whose, file: Path, stat: os.stat_result, alone: bool = True) -> None:
        """Write down that a run of an operation began this file of passwords; `alone` forgets others of its name."""
        place = (str(file), stat.st_dev, stat.st_ino, whose.address, self.fingerprint(whose.token))
        with self._writing():
            self._base.execute("begin")
            if alone:
                # the number on the disk of a file that is gone is soon another's
                self._base.execute("delete from password_places where path = ?", [str(file)])
            self._base.execute("replace into password_places values (?, ?, ?, ?, ?)", place)
            self._base.execute("commit")

    def remembers_file(self, whose: Whose, file: Path, stat: os.stat_result) -> bool:
        """Whether this very file was begun by a run of an operation that is not finished."""
        return bool(
            self._read(
                "select 1 from password_places"
                " where path = ? and device = ? and inode = ? and (address = ? or token = ?)",
                *(str(file), stat.st_dev, stat.st_ino, whose.address, self.fingerprint(whose.token)),
            )
        )

    def forget_files(self, whose: Whose) -> None:
        """Write down that everybody wanted exists, so that no file of passwords is added to any more."""
        self._write(
            "delete from password_places where address = ? or token = ?",
            *(whose.address, self.fingerprint(whose.token)),
        )

    def _read(self, query: str, *values: object) -> list[Any]:
        try:
            return self._base.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise ConfigurationError("journal_unusable", path=self.path, problem=error) from error

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
