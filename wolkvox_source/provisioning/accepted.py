"""The roster, where the one guard accepts the report beside everybody who is remembered."""

from dataclasses import replace
from datetime import timedelta

from wolkvox_source.api.envelope import Payload
from wolkvox_source.errors import UnreadableError
from wolkvox_source.language import Phrase
from wolkvox_source.provisioning.memory import Memory
from wolkvox_source.provisioning.outcomes import Kept
from wolkvox_source.provisioning.policy import Policy
from wolkvox_source.provisioning.roster import Roster, roster
from wolkvox_source.reports.catalogue import AGENTS
from wolkvox_source.reports.changes import changes
from wolkvox_source.reports.guard import judge
from wolkvox_source.reports.snapshot import snapshot
from wolkvox_source.settings import Operation


def accepted_roster(payload: Payload, operation: Operation, memory: Memory, held: Kept, policy: Policy) -> Roster:
    """The roster of a report. Raises an UnreadableError where the guard does not accept it."""
    seen = snapshot(AGENTS, operation.name, payload.records, operation.timezone, operation.privacy)
    differing = changes(AGENTS, seen.table, held.agents)
    # a report without agents is not one that is a little late
    known = memory.settled_ids(policy.resend_after if payload.records else timedelta(0))
    missing = known - {*seen.table["agent_id"].to_pylist()}
    # who is known is in the journal too; who is a stranger only the warehouse can say
    differing = replace(
        differing,
        known=len(known),
        vanished=len(missing),
        appeared=differing.appeared if differing.known else 0,
    )
    verdict = judge(
        AGENTS,
        operation.name,
        seen,
        differing,
        memory.now.at,
        announced=payload.announced,
        thresholds=operation.thresholds,
    )
    if known and not payload.records:
        # the guard lets a small operation become empty, but then everybody would be created again
        facts = {"operation": operation.name, "what": Phrase(AGENTS.rows), "known": len(known)}
        raise UnreadableError("report_doubtful", problem=Phrase("guard_empty", facts))
    if not verdict.accepted:
        raise UnreadableError("report_doubtful", problem=Phrase(str(verdict.reason), verdict.facts))
    return roster(snapshot(AGENTS, operation.name, payload.records, operation.timezone))
