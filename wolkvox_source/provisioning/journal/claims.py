"""Whom wolkvox is about to be asked for, written down so that other machines may know."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from sqlite3 import Connection

from wolkvox_source.provisioning.journal.entries import Whose
from wolkvox_source.provisioning.journal.file import JournalFile
from wolkvox_source.provisioning.moment import Moment

# by which a new agent comes, whom another machine must not ask for at the same time
CLAIMED_ACTIONS = frozenset({"create", "reuse"})
_CLAIM = """
select request_id from requests where fingerprint = ? and action = ? and outcome in ('claimed', 'withdrawn')
"""


@dataclass(frozen=True)
class JournalClaims:
    """Requests that are only claimed, and so were not sent."""

    file: JournalFile

    def make(self, whose: Whose, people: Iterable[tuple[str, str | None, str]], now: Moment) -> None:
        """Write down whom wolkvox is about to be asked for: (fingerprint, agent_dni, action)."""
        with self.file.writing() as base:
            for fingerprint, agent_dni, action in people:
                request = request_of(self.file, whose, fingerprint, agent_dni, action, now)
                put(base, {**request, "outcome": "claimed"})

    def withdraw(self, whose: Whose, fingerprints: Iterable[str] | None = None) -> bool:
        """Take claims back that came to nothing, all of an operation's or some; returns whether there were any."""
        claims = "outcome = 'claimed' and (address = ? or token = ?)"
        mine = (whose.address, self.file.fingerprint(whose.token))
        found = self.file.read(f"select fingerprint from requests where {claims}", *mine)  # noqa: S608
        there = {each for (each,) in found}
        gone = there if fingerprints is None else there & {*fingerprints}
        with self.file.writing() as base:
            base.executemany(
                f"update requests set outcome = 'withdrawn' where {claims} and fingerprint = ?",  # noqa: S608
                [(*mine, each) for each in gone],
            )
        return bool(gone)


def request_of(
    file: JournalFile, whose: Whose, fingerprint: str, agent_dni: str | None, action: str, now: Moment
) -> dict[str, object]:
    """What every row of the requests says: whom wolkvox is asked for, under which token, for what and when."""
    return {
        "operation": whose.operation,
        "address": whose.address,
        "token": file.fingerprint(whose.token),
        "fingerprint": fingerprint,
        "agent_dni": agent_dni,
        "requested_at": now.at.isoformat(),
        "action": action,
    }


def put(base: Connection, values: Mapping[str, object]) -> str:
    """Insert a request, or let it take the place of an earlier claim that nothing came of; returns its id."""
    claim = None
    if values["action"] in CLAIMED_ACTIONS:
        claim = base.execute(_CLAIM, [values["fingerprint"], values["action"]]).fetchone()
    if claim is None:
        request_id = uuid.uuid4().hex
        names = ", ".join(f'"{name}"' for name in ("request_id", *values))
        places = ", ".join("?" * (1 + len(values)))
        base.execute(f"insert into requests ({names}) values ({places})", [request_id, *values.values()])  # noqa: S608
        return request_id
    request_id = str(claim[0])
    names = ", ".join(f'"{name}" = ?' for name in values)
    base.execute(f"update requests set {names} where request_id = ?", [*values.values(), request_id])  # noqa: S608
    return request_id
