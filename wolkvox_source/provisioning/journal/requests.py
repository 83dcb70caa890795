"""The requests for people, each written down before it is sent and again with what came of it."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wolkvox_source.language import restored, stored
from wolkvox_source.provisioning.journal.claims import put, request_of
from wolkvox_source.provisioning.journal.entries import Entry, Whose
from wolkvox_source.provisioning.journal.file import JournalFile
from wolkvox_source.provisioning.moment import Moment
from wolkvox_source.provisioning.planned import THERE

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
class Requests:
    """Every request of every operation."""

    file: JournalFile

    def of(self, whose: Whose) -> dict[str, list[Entry]]:
        """Every request for each person of an operation, oldest first, by fingerprint."""
        found: dict[str, list[Entry]] = {}
        others = {self.file.fingerprint(token) for token in whose.other_tokens}
        ours = self.file.fingerprint(whose.token)
        for row in self.file.read(_ENTRIES):
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
        ours = self.file.fingerprint(whose.token)
        others = {self.file.fingerprint(token) for token in whose.other_tokens} - {ours}
        query = "select {} from requests where {} = ? and token is not null order by rowid desc limit 1"
        tokens = self.file.read(query.format("token", "operation"), whose.operation)
        names = self.file.read(query.format("operation", "token"), ours)
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
            **request_of(self.file, whose, fingerprint, agent_dni, action, now),
            "outcome": None,
            "agent_id": agent_id,
            "before": stored(before) if before else None,
            "after": stored(after) if after else None,
            "password": password,
        }
        with self.file.writing() as base:
            request_id = put(base, values)
            base.execute("replace into sightings values (?, ?, ?)", [request_id, now.boot, now.uptime])
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
        with self.file.writing() as base:
            base.execute(
                "update requests set outcome = ?, agent_id = coalesce(?, agent_id), reason = ?, facts = ?, message = ?,"
                " password = coalesce(?, password) where request_id = ?",
                [outcome, agent_id, reason, stored(facts) if facts else None, message, password, request_id],
            )

    def note_existing(self, whose: Whose, people: Iterable[tuple[str, str | None, str | None]], now: Moment) -> None:
        """Write down, once each, who was wanted and there already: (fingerprint, agent_dni, agent_id)."""
        known = self.of(whose)
        token = self.file.fingerprint(whose.token)
        rows = [
            (uuid.uuid4().hex, whose.operation, whose.address, token, *person, now.at.isoformat())
            for person in people
            if not any(entry.outcome in THERE for entry in known.get(person[0], ()))
        ]
        with self.file.writing() as base:
            base.executemany(
                "insert into requests (request_id, operation, address, token, fingerprint, agent_dni, agent_id,"
                " requested_at, action, outcome) values (?, ?, ?, ?, ?, ?, ?, ?, 'exists', 'exists')",
                rows,
            )

    def every(self) -> list[dict[str, Any]]:
        """Every request of every operation, oldest first; one without an outcome is unconfirmed."""
        rows = self.file.read(f"select {', '.join(_TOLD)} from requests {_IN_ORDER}")  # noqa: S608
        requests = [dict(zip(_TOLD, row, strict=True)) for row in rows]
        return [{**request, "outcome": request["outcome"] or "unconfirmed"} for request in requests]
