"""Whom an operation has had: what the journal and the warehouse remember, together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta, timezone

from wolkvox_source.provisioning.decisions import Past
from wolkvox_source.provisioning.identity import folded_document
from wolkvox_source.provisioning.journal import Entry, Journal, Whose
from wolkvox_source.provisioning.moment import Moment
from wolkvox_source.provisioning.outcomes import Kept
from wolkvox_source.provisioning.planned import PENDING, THERE, subject
from wolkvox_source.provisioning.wanted import WantedAgent
from wolkvox_source.settings import Operation

# the actions after which a person is there, or may be
_ARRIVALS = frozenset({"create", "reuse", "exists"})


@dataclass(frozen=True)
class Memory:
    """What is remembered of an operation's people.

    Attributes:
        entries: every request of the journal, by fingerprint
        elsewhere: the requests that only the warehouse knows, by the document as the warehouse has it
        present: the agent_id of each document in the warehouse's latest report
        there, absent: the agents of that report, and those who were there before
    """

    operation: Operation
    journal: Journal
    entries: dict[str, list[Entry]]
    elsewhere: dict[str, list[Entry]]
    present: dict[str, str]
    there: frozenset[str]
    absent: frozenset[str]
    waited: dict[str, timedelta]
    now: Moment

    def past(self, agent: WantedAgent) -> Past | None:
        """What is remembered of one wanted agent; None where it is nothing."""
        held = self._in_warehouse(agent.agent_dni)
        entry = self.arrival(agent)
        known = self.present.get(held) if held else None
        if entry is None:
            return None if known is None else Past("known", self.now.at, timedelta.max, known, known=True)
        waited = self.waited.get(entry.request_id, timedelta(0))
        return Past(entry.outcome, entry.requested_at, waited, entry.agent_id or known, known=known is not None)

    def arrival(self, agent: WantedAgent) -> Entry | None:
        """The latest request by which a person may have come; a clear no changes nothing of what was before it."""
        held = self._in_warehouse(agent.agent_dni)
        entries = [*self.of(agent), *(self.elsewhere.get(held, ()) if held else ())]
        latest: Entry | None = None
        for entry in sorted(entries, key=lambda each: each.requested_at):
            if entry.action in _ARRIVALS and (entry.outcome in PENDING or entry.outcome in THERE):
                latest = entry
        return latest

    def of(self, agent: WantedAgent) -> list[Entry]:
        """The journal's requests for one person, oldest first."""
        return self.entries.get(self.journal.fingerprint(folded_document(agent.agent_dni)), [])

    def is_asked_for_elsewhere(self, agent: WantedAgent, resend_after: timedelta) -> bool:
        """Whether another machine is asking for a person, or was so lately that nobody can tell."""
        held = self._in_warehouse(agent.agent_dni)
        return any(
            entry.outcome in PENDING and self.waited.get(entry.request_id, timedelta(0)) < resend_after
            for entry in (self.elsewhere.get(held, ()) if held else ())
            if entry.action in _ARRIVALS
        )

    def latest(self, agent: WantedAgent, about: str) -> Entry | None:
        """The latest request for a person that was about one thing: a skill, whether they may work, who they are."""
        same = [entry for entry in self.of(agent) if subject(entry.action, entry.after) == about]
        return same[-1] if same else None

    def settled_ids(self, resend_after: timedelta) -> set[str]:
        """Who has to be in the report: all that are known, but for those it may not have yet, or has had no more."""
        ids = {*self.there}
        for entry in (each for entries in (self.entries, self.elsewhere) for part in entries.values() for each in part):
            old = entry.outcome == "exists" or self.waited.get(entry.request_id, timedelta(0)) >= resend_after
            if entry.outcome in THERE and entry.agent_id and old:
                ids.add(entry.agent_id)
        return ids - self.absent

    def _in_warehouse(self, document: str) -> str | None:
        """A document as the privacy setting lets the warehouse have it, by which it is found there."""
        return _in_warehouse(self.operation, document)


def remember(operation: Operation, whose: Whose, journal: Journal, kept: Kept, now: Moment) -> Memory:
    """What the journal and the warehouse remember of an operation."""
    entries = journal.requests.of(whose)
    ours = {request["request_id"] for request in journal.requests.every()}
    elsewhere: dict[str, list[Entry]] = {}
    for row in kept.requests:
        document, address = row.get("agent_dni"), row.get("address")
        here = row["operation"] == operation.name if address is None else address == whose.address
        if row["request_id"] in ours or not here or row["operation"] in whose.other_names or not document:
            continue
        at = row["requested_at"].astimezone(timezone.utc)
        # another machine may have sent what it claimed, and not have come to say so
        outcome = None if row["outcome"] in {"unconfirmed", "claimed"} else row["outcome"]
        entry = Entry(row["request_id"], row.get("action") or "create", outcome, at, row["agent_id"])
        elsewhere.setdefault(_found_by(operation, document), []).append(entry)
    rows = kept.agents.to_pylist()
    there = frozenset(row["agent_id"] for row in rows if row["present"])
    absent = frozenset(row["agent_id"] for row in rows) - there
    present = {
        _found_by(operation, row["agent_dni"]): row["agent_id"]
        for row in rows
        if row["present"] and row.get("agent_dni")
    }
    waited = journal.sightings.waited(_all_ids([entries, elsewhere]), now)
    return Memory(operation, journal, entries, elsewhere, present, there, absent, waited, now)


def protected(operation: Operation, document: str) -> str | None:
    """A document as the operation's privacy setting lets it be kept, the same as in the table `agents`."""
    privacy = operation.privacy
    protection = privacy.of("agent_dni")
    if protection == "drop":
        return None
    return document if protection == "keep" else privacy.hashed(document)


def told(operation: Operation, fields: Mapping[str, str | None]) -> dict[str, str | None]:
    """What an action changes, as the operation's privacy setting lets it be kept."""
    privacy = operation.privacy
    return {
        name: value if value is None or privacy.of(name) == "keep" else privacy.hashed(value)
        for name, value in fields.items()
        if privacy.of(name) != "drop"
    }


def _in_warehouse(operation: Operation, document: str) -> str | None:
    held = protected(operation, document)
    return None if held is None else _found_by(operation, held)


def _found_by(operation: Operation, held: str) -> str:
    """What a document in the warehouse is compared by: folded where it may be read."""
    return folded_document(held) if operation.privacy.of("agent_dni") == "keep" else held


def _all_ids(known: Iterable[dict[str, list[Entry]]]) -> list[str]:
    return [entry.request_id for people in known for entries in people.values() for entry in entries]
