"""What the report itself says of earlier requests: who is there, and what came of those without a clear answer."""

from collections.abc import Sequence
from dataclasses import replace

from wolkvox_source.provisioning.actions import Actions, ProvisionedAgent
from wolkvox_source.provisioning.memory import protected
from wolkvox_source.provisioning.plan import Plan
from wolkvox_source.provisioning.planned import PENDING, PlannedAgent, subject


def note_existing(actions: Actions, rows: Sequence[PlannedAgent]) -> None:
    """Write down who is wanted and there already."""
    existing = [
        (actions.fingerprint(row.agent), protected(actions.operation, row.agent.agent_dni), row.agent_id)
        for row in rows
        if row.action == "exists" and not row.after
    ]
    actions.journal.requests.note_existing(actions.whose, existing, actions.clock())


def confirm_changes(actions: Actions, plan: Plan) -> None:
    """Settle what was asked for without a clear answer, and is now as it was to be."""
    entries = actions.journal.requests.of(actions.whose)
    differs = {(row.agent, subject(row.action, row.after)) for row in plan.rows if row.after}
    for row in plan.rows:
        if row.action != "exists" or row.after:
            continue
        for entry in entries.get(actions.fingerprint(row.agent), ()):
            pending = entry.outcome in PENDING and entry.action not in {"create", "reuse"}
            if pending and (row.agent, subject(entry.action, entry.after)) not in differs:
                actions.confirm(replace(row, action=entry.action), entry.request_id, entry.password)  # type: ignore[arg-type]


def confirmed(actions: Actions, row: PlannedAgent) -> ProvisionedAgent:
    """A person who has come by an earlier request that had no clear answer."""
    entries = actions.journal.requests.of(actions.whose).get(actions.fingerprint(row.agent), ())
    pending = [entry for entry in entries if entry.outcome in PENDING and entry.action in {"create", "reuse"}]
    if not pending:
        # asked for on another machine, which has the password if any does
        return ProvisionedAgent(row.agent, "confirmed", "confirmed", row.agent_id, row.reason, row.facts)
    return actions.confirm(row, pending[-1].request_id, pending[-1].password)
