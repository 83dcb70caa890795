"""Who was created or adopted here and is not in a complete list."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from wolkvox_source.provisioning.differences import disabled
from wolkvox_source.provisioning.identity import folded_document
from wolkvox_source.provisioning.journal import Whose
from wolkvox_source.provisioning.memory import Memory
from wolkvox_source.provisioning.moment import Moment
from wolkvox_source.provisioning.planned import THERE, PlannedAgent, minute
from wolkvox_source.provisioning.policy import Policy
from wolkvox_source.provisioning.roster import Listed, Roster
from wolkvox_source.provisioning.wanted import WantedAgent

# a file that is made a little earlier on the second day is of another day all the same
A_DAY = timedelta(hours=20)


def leaving(
    agents: Sequence[WantedAgent],
    there: Roster,
    memory: Memory,
    mine: Whose,
    policy: Policy,
    logged_out: Collection[str],
) -> tuple[tuple[str, ...], list[PlannedAgent]]:
    """Who leaves, by fingerprint, and what is done about each; nobody where the list is not complete."""
    if not policy.complete:
        return (), []
    wanted = {folded_document(agent.agent_dni) for agent in agents}
    since = memory.journal.absences.since(mine)
    absent: list[str] = []
    rows: list[PlannedAgent] = []
    for document, holders in there.by_document.items():
        fingerprint = memory.journal.fingerprint(document)
        ours = any(entry.outcome in THERE for entry in memory.entries.get(fingerprint, ()))
        if document in wanted or not ours:
            continue
        absent.append(fingerprint)
        first = since.get(fingerprint)
        rows += [_left(each, first, memory, policy, logged_out) for each in holders if each.enabled is not False]
    return tuple(absent), rows


def _left(
    listed: Listed, first: Moment | None, memory: Memory, policy: Policy, logged_out: Collection[str]
) -> PlannedAgent:
    """What is done about one agent who leaves, and was missing at `first` too."""
    person = WantedAgent(0, listed.agent_dni or "", listed.agent_name or "")
    if first is None or memory.now.certainly_since(first) < A_DAY:
        facts = {"at": minute((first or memory.now).at)}
        return PlannedAgent(person, "left", listed.agent_id, "note_absent_once", facts)
    return disabled(person, listed, policy, logged_out, "note_absent")
