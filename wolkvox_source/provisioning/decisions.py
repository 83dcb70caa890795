"""Checked rows beside the live report and what the journal remembers -> what to do about each of them.

Nothing here talks to wolkvox or keeps anything. A document is compared trimmed; one that differs only in
leading zeros, dots or spaces is the same person, since that is what a spreadsheet does to a document.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from wolkvox_source.errors import UnreadableError
from wolkvox_source.language import say
from wolkvox_source.provisioning.identity import cleaned, folded_document, plain, text_of
from wolkvox_source.provisioning.wanted import WantedAgent

# wolkvox's documented ceiling of one answer; a report that reaches it is cut
CEILING = 60_000

_DISABLED = frozenset({"no", "n", "false", "0", "disabled", "inactive"})

Action = Literal["create", "exists", "confirmed", "conflict", "waiting"]


@dataclass(frozen=True)
class Past:
    """The latest request for a document, as the journal has it.

    `outcome` is None where none was recorded, so that nobody can tell whether wolkvox was asked.
    """

    outcome: str | None
    requested_at: datetime
    agent_id: str | None = None


@dataclass(frozen=True)
class PlannedAgent:
    """What is to be done about one wanted agent, and why.

    `create`: not in the report. `exists`: same document and name. `confirmed`: exists, and an earlier request
    of ours had no clear answer. `conflict`: a person has to look. `waiting`: may have been created by an
    earlier request, and too recent to be told.
    """

    agent: WantedAgent
    action: Action
    agent_id: str | None = None
    reason: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def note(self) -> str:
        """Why, in a sentence; empty where the action says it all."""
        return say(self.reason, **self.facts) if self.reason else ""


@dataclass(frozen=True)
class Report:
    """What the live report says of those who are there, found by whatever a roster names.

    Raises an UnreadableError where it is not to be believed: planning on a short list would create twice.
    """

    records: Sequence[Any]
    announced: int | None
    taken_at: datetime
    by_id: dict[str, dict[str, Any]] = field(default_factory=dict, init=False, repr=False)
    by_document: dict[str, list[dict[str, Any]]] = field(default_factory=dict, init=False, repr=False)
    by_sso: dict[str, dict[str, Any]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        received = len(self.records)
        if self.announced is not None and self.announced != received:
            raise UnreadableError("report_cut", announced=self.announced, received=received)
        if received >= CEILING:
            raise UnreadableError("report_ceiling", received=received)
        for record in self.records:
            if not isinstance(record, dict):
                raise UnreadableError("report_odd")
            if agent_id := cleaned(record.get("agent_id")):
                self.by_id[agent_id] = record
            if document := cleaned(record.get("agent_dni")):
                self.by_document.setdefault(folded_document(document), []).append(record)
            if sso := cleaned(record.get("agent_sso")):
                self.by_sso.setdefault(sso.casefold(), record)
        if received and not self.by_document:
            raise UnreadableError("report_no_documents", received=received)

    @property
    def disabled(self) -> list[dict[str, Any]]:
        """The agents who may not work, and hold their slot all the same."""
        return [record for record in self.by_id.values() if _is_disabled(record)]


def planned(
    agents: Sequence[WantedAgent], report: Report, past: Mapping[str, Past], resend_after: timedelta
) -> tuple[PlannedAgent, ...]:
    """What to do about each agent.

    `past` has the journal's latest request by folded document. A request without a clear answer, of somebody
    who is still absent, may be sent again once the report was taken `resend_after` later than the request.
    """
    wanted = {folded_document(agent.agent_dni) for agent in agents}
    # https://wolkvox.helpjuice.com advises to give a disabled user to the next person
    free = iter(
        [record for record in report.disabled if folded_document(cleaned(record.get("agent_dni"))) not in wanted]
    )
    rows: list[PlannedAgent] = []
    for agent in agents:
        before = past.get(folded_document(agent.agent_dni))
        row = _beside_report(agent, report, before) or _beside_journal(agent, report, before, resend_after)
        if row is None:
            spare = next(free, None)
            facts = {"agent_id": cleaned(spare["agent_id"]), "name": text_of(spare.get("agent_name"))} if spare else {}
            row = PlannedAgent(agent, "create", None, "note_reuse" if spare else None, facts)
        rows.append(row)
    return tuple(rows)


def _beside_report(agent: WantedAgent, report: Report, before: Past | None) -> PlannedAgent | None:
    """What the report alone decides; None for somebody who is not in it."""
    holders = report.by_document.get(folded_document(agent.agent_dni), [])
    same = [record for record in holders if cleaned(record["agent_dni"]) == agent.agent_dni]
    named = [record for record in same if _same_name(record, agent)]
    if named:
        agent_id = cleaned(named[0].get("agent_id")) or None
        if before is not None and before.outcome in {None, "unconfirmed"}:
            return PlannedAgent(agent, "confirmed", agent_id, "note_confirmed", {"at": _minute(before.requested_at)})
        return PlannedAgent(agent, "exists", agent_id, "note_disabled" if _is_disabled(named[0]) else None)
    if holders:
        key = "note_other_name" if same else "note_other_spelling"
        return _conflict(agent, (same or holders)[0], key)
    owner = report.by_sso.get(agent.agent_sso.casefold()) if agent.agent_sso else None
    return _conflict(agent, owner, "note_other_document") if owner else None


def _beside_journal(
    agent: WantedAgent, report: Report, before: Past | None, resend_after: timedelta
) -> PlannedAgent | None:
    """What an earlier request means for somebody who is not in the report; None where it means nothing."""
    if before is None or before.outcome not in {None, "unconfirmed", "created", "confirmed"}:
        return None
    at = {"at": _minute(before.requested_at)}
    settled = report.taken_at - before.requested_at >= resend_after
    if before.outcome in {None, "unconfirmed"}:
        if settled:
            return PlannedAgent(agent, "create", None, "note_again", at)
        return PlannedAgent(
            agent, "waiting", None, "note_waiting", {**at, "after": _minute(before.requested_at + resend_after)}
        )
    if before.agent_id in report.by_id:
        return _conflict(agent, report.by_id[before.agent_id], "note_moved")
    if not settled:
        return PlannedAgent(agent, "exists", before.agent_id, "note_recent", at)
    return PlannedAgent(agent, "create", None, "note_gone", {**at, "agent_id": before.agent_id or "?"})


def _conflict(agent: WantedAgent, record: Mapping[str, Any], key: str) -> PlannedAgent:
    facts = {name: text_of(record.get(name)) for name in ("agent_id", "agent_name", "agent_dni", "agent_sso")}
    return PlannedAgent(agent, "conflict", facts["agent_id"], key, facts)


def _same_name(record: Mapping[str, Any], agent: WantedAgent) -> bool:
    # some rosters carry the document inside the name: "NAME (document)"
    reported = text_of(record.get("agent_name")).replace(f"({agent.agent_dni})", "")
    return plain(reported) == plain(agent.agent_name)


def _is_disabled(record: Mapping[str, Any]) -> bool:
    return text_of(record.get("enabled")).casefold() in _DISABLED


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")
