"""The rows of a plan, apart from skills and from those who leave."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from wolkvox_source.provisioning.decisions import decided
from wolkvox_source.provisioning.differences import changed
from wolkvox_source.provisioning.identity import folded_document
from wolkvox_source.provisioning.memory import Memory, told
from wolkvox_source.provisioning.planned import ACTIONS, PENDING, PlannedAgent, minute, subject
from wolkvox_source.provisioning.policy import Policy
from wolkvox_source.provisioning.roster import Listed, Roster
from wolkvox_source.provisioning.wanted import WantedAgent


def planned_rows(
    agents: Sequence[WantedAgent], there: Roster, memory: Memory, policy: Policy, logged_out: Collection[str]
) -> list[PlannedAgent]:
    """What is to be done about each agent; `logged_out` are the words that say that nobody works as one now."""
    past = {folded_document(agent.agent_dni): found for agent in agents if (found := memory.past(agent))}
    rows: list[PlannedAgent] = []
    for row in decided(agents, there, past, policy, memory.now.at):
        rows.append(row)
        if policy.only_creations:
            continue
        listed = there.by_id.get(row.agent_id or "")
        if row.action in {"exists", "confirmed"} and listed is not None:
            rows += changed(row.agent, listed, policy, logged_out, _half_passed_on(row.agent, listed, memory))
        elif row.action == "reuse" and row.agent.enabled is not False:
            enabled = {"enabled": "no"}, {"enabled": "yes"}
            rows.append(PlannedAgent(row.agent, "enable", row.agent_id, None, {}, *enabled, with_reuse=True))
        elif row.action == "create" and row.agent.enabled is False:
            rows.append(PlannedAgent(row.agent, "disable", None, None, {}, {}, {"enabled": "no"}))
    return rows


def _half_passed_on(agent: WantedAgent, listed: Listed, memory: Memory) -> bool:
    """Whether an agent was given to this person, and is disabled yet."""
    arrival = memory.arrival(agent)
    entries = memory.of(agent)
    if arrival is None or arrival.action != "reuse" or listed.enabled is not False:
        return False
    later = entries[entries.index(arrival) + 1 :] if arrival in entries else []
    return not any(entry.action in {"enable", "disable"} and entry.outcome in {"done", "confirmed"} for entry in later)


def not_twice(row: PlannedAgent, memory: Memory, policy: Policy) -> PlannedAgent:
    """A row whose very change was asked for so lately that the report need not show it yet is not asked for again."""
    if row.action not in ACTIONS or row.action in {"create", "reuse"}:
        return row
    entry = memory.latest(row.agent, subject(row.action, row.after))
    if (
        entry is None
        or entry.after != told(memory.operation, row.after)
        or entry.outcome not in {None, "unconfirmed", "done", "confirmed"}
    ):
        return row
    waited = memory.waited.get(entry.request_id, timedelta(0))
    if waited >= policy.resend_after:
        return row
    facts = {"at": minute(entry.requested_at), "after": minute(memory.now.at + policy.resend_after - waited)}
    if entry.outcome in PENDING:
        return PlannedAgent(row.agent, "waiting", row.agent_id, "note_waiting", facts, row.before, row.after)
    return PlannedAgent(row.agent, "exists", row.agent_id, "note_change_recent", facts, row.before, row.after)
