"""Checked rows beside the roster and what is remembered -> whether each agent is there, is new, or needs a person.

Nothing here talks to wolkvox or keeps anything. A document that differs only in leading zeros, dots or spaces is the
same person's, since that is what a spreadsheet does to a document.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wolkvox_source.provisioning.identity import folded_document, similar_name
from wolkvox_source.provisioning.planned import PENDING, THERE, PlannedAgent, conflict, minute
from wolkvox_source.provisioning.policy import Policy
from wolkvox_source.provisioning.roster import Listed, Roster
from wolkvox_source.provisioning.wanted import WantedAgent


@dataclass(frozen=True)
class Past:
    """What is remembered of one person.

    `outcome` is that of the latest request that may have had an effect, None where none was recorded, so that nobody
    can tell whether wolkvox was asked; `waited` is how long ago that certainly was; `known` says that the warehouse's
    latest report listed them.
    """

    outcome: str | None
    requested_at: datetime
    waited: timedelta = timedelta(0)
    agent_id: str | None = None
    known: bool = False


def decided(
    agents: Sequence[WantedAgent], roster: Roster, past: Mapping[str, Past], policy: Policy, now: datetime
) -> tuple[PlannedAgent, ...]:
    """Whether each agent is there, is to be created, or needs a person; one row each.

    `past` has what is remembered by folded document; `now` is only told.
    """
    wanted = {folded_document(agent.agent_dni) for agent in agents}
    named = {agent.agent_id for agent in agents}
    # https://wolkvox.helpjuice.com advises to give a disabled user to the next person
    free = iter(
        [
            spare
            for spare in roster.disabled
            if folded_document(spare.agent_dni or "") not in wanted and spare.agent_id not in named
        ]
    )
    rows: list[PlannedAgent] = []
    for agent in agents:
        before = past.get(folded_document(agent.agent_dni))
        row = (
            _beside_roster(agent, roster, before, policy)
            or _beside_past(agent, roster, before, policy, now)
            or _beside_others(agent, roster)
        )
        if row is None:
            spare = next(free, None)
            facts = {"agent_id": spare.agent_id, "name": spare.agent_name or ""} if spare else {}
            row = PlannedAgent(agent, "create", None, "note_reuse" if spare else None, facts)
        rows.append(row)
    return tuple(rows)


def _beside_roster(agent: WantedAgent, roster: Roster, before: Past | None, policy: Policy) -> PlannedAgent | None:
    """What those who have the document decide; None where nobody has it."""
    holders = roster.by_document.get(folded_document(agent.agent_dni), [])
    if not holders:
        return None
    there = holders[0]
    if len(holders) > 1:
        ids = sorted(holder.agent_id for holder in holders)
        return PlannedAgent(agent, "conflict", None, "note_document_twice", {"ids": ids})
    if agent.agent_id not in {None, there.agent_id}:
        return conflict(agent, there, "note_other_agent")
    pending = before is not None and before.outcome in PENDING
    ours = before is not None and before.agent_id == there.agent_id
    if there.agent_dni != agent.agent_dni and not ours:
        return conflict(agent, there, "note_other_spelling")
    named = similar_name(there.agent_name, agent.agent_name, agent.agent_dni)
    if policy.only_creations and not named and not ours:
        # https://wolkvox.helpjuice.com: a disabled agent may have left, and another have the number by now
        return conflict(agent, there, "note_other_name")
    if policy.only_creations and there.enabled is False:
        return conflict(agent, there, "note_disabled")
    if pending and before is not None:
        return PlannedAgent(agent, "confirmed", there.agent_id, "note_confirmed", {"at": minute(before.requested_at)})
    renamed = policy.only_creations and not named
    return PlannedAgent(
        agent, "exists", there.agent_id, "note_renamed" if renamed else None, there.facts if renamed else {}
    )


def _beside_past(
    agent: WantedAgent, roster: Roster, before: Past | None, policy: Policy, now: datetime
) -> PlannedAgent | None:
    """What is remembered of a person who is not in the report; None where it means nothing."""
    if before is None:
        return None
    at: dict[str, object] = {"at": minute(before.requested_at)}
    settled = before.waited >= policy.resend_after
    if before.outcome in PENDING:
        if settled:
            return PlannedAgent(agent, "create", None, "note_again", at)
        after = minute(now + policy.resend_after - before.waited)
        return PlannedAgent(agent, "waiting", None, "note_waiting", {**at, "after": after})
    if before.outcome not in THERE and not before.known:
        return None
    if before.outcome in THERE - {"exists"} and not settled:
        return PlannedAgent(agent, "exists", before.agent_id, "note_recent", at)
    moved = roster.by_id.get(before.agent_id or "")
    if moved is not None:
        return conflict(agent, moved, "note_moved")
    gone = {**at, "agent_id": before.agent_id or "?"}
    if policy.recreate_gone:
        return PlannedAgent(agent, "create", None, "note_gone_again", gone)
    reason = "note_gone" if before.outcome in THERE else "note_missing"
    return PlannedAgent(agent, "conflict", before.agent_id, reason, gone)


def _beside_others(agent: WantedAgent, roster: Roster) -> PlannedAgent | None:
    """What another agent on the roster has to do with a person who is new."""
    owner = roster.by_sso.get(agent.agent_sso.casefold()) if agent.agent_sso else None
    if agent.agent_id is not None:
        spare = roster.by_id.get(agent.agent_id)
        if spare is None:
            return PlannedAgent(agent, "conflict", agent.agent_id, "note_reuse_unknown", {"agent_id": agent.agent_id})
        if spare.enabled is not False:
            return conflict(agent, spare, "note_reuse_enabled")
        if owner is None or owner is spare:
            return _reused(agent, spare)
    if owner is not None:
        return conflict(agent, owner, "note_other_document")
    if not agent.agent_name:
        return PlannedAgent(agent, "conflict", None, "note_no_name")
    return None


def _reused(agent: WantedAgent, spare: Listed) -> PlannedAgent:
    if not agent.agent_name:
        return PlannedAgent(agent, "conflict", spare.agent_id, "note_no_name")
    before = {"agent_dni": spare.agent_dni, "agent_name": spare.agent_name, "agent_sso": spare.agent_sso}
    after = {"agent_dni": agent.agent_dni, "agent_name": agent.agent_name, "agent_sso": agent.agent_sso or None}
    return PlannedAgent(agent, "reuse", spare.agent_id, "note_passed_on", spare.facts, before, after)
