"""Carries out a plan, each action once.

    from wolkvox_source import apply, plan

    wanted = plan("people.csv", operation="ventas")
    result = apply(wanted, passwords="passwords.csv")

What makes it once: the intent is on the disk before wolkvox is asked and the outcome after, one run at a time
holds an operation, the report is read again once it is held, and an answer that is not clear stops the run.
"""

import threading
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from wolkvox_source.api.client import ANSWER_SECONDS
from wolkvox_source.errors import UnavailableError, UnreadableError, WolkvoxError
from wolkvox_source.provisioning.actions import Actions, OnStep
from wolkvox_source.provisioning.claims import Claims
from wolkvox_source.provisioning.holding import holding_operation
from wolkvox_source.provisioning.identity import folded_document
from wolkvox_source.provisioning.journal import Journal, Whose
from wolkvox_source.provisioning.moment import moment_now
from wolkvox_source.provisioning.outcomes import UNKNOWN, PipelineMaker, provisioning_pipeline
from wolkvox_source.provisioning.password_file import check_file
from wolkvox_source.provisioning.plan import Plan
from wolkvox_source.provisioning.planned import PlannedAgent
from wolkvox_source.provisioning.planning import Clock, chosen_operation, made_plan, whose
from wolkvox_source.provisioning.recording import load_record
from wolkvox_source.provisioning.result import Result
from wolkvox_source.provisioning.run import Run
from wolkvox_source.provisioning.wanted import WantedAgent, WantedList
from wolkvox_source.settings import Operation
from wolkvox_source.warehouse.failures import in_words

PACE_SECONDS = 1.0


def apply(
    plan: Plan,
    *,
    passwords: str | Path | None = None,
    pace_seconds: float = PACE_SECONDS,
    pipeline: PipelineMaker = provisioning_pipeline,
    load: bool = True,
    stop: threading.Event | None = None,
    on_step: OnStep | None = None,
    answer_seconds: float = ANSWER_SECONDS,
    clock: Clock = moment_now,
) -> Result:
    """Carry out a plan, one action at a time and `pace_seconds` apart; what is as wanted by now is left alone.

    Args:
        passwords: the file that the new passwords go to, made new; without it nobody will know them
        pipeline: makes the dlt pipeline into the warehouse, which is read before and gets the outcomes after
        load: whether they are loaded now; the next run loads what the journal has
        stop: stops between two actions once it is set
        on_step: told each step of each action

    Raises a HeldError, naming the process, where another run holds the operation, a UsageError where more is taken
    from people than was accepted, and what `plan` raises.
    """
    operation = chosen_operation(plan.operation)
    with Journal(plan.journal) as journal, holding_operation(operation.name, operation.token):
        mine, wanted = whose(operation), _wanted(plan)
        fresh = _planned_anew(plan, wanted, operation, journal, pipeline, clock)
        approved = {row.key for row in plan.actions}
        if load and fresh.memory_error is None:
            claims = Claims(operation, mine, journal, pipeline, clock)
            fresh = replace(fresh, rows=_claimed(claims, fresh, approved))
        if plan.policy.complete:
            journal.absences.note(mine, fresh.absent, clock())
        actions = Actions(operation, mine, journal, clock, answer_seconds, on_step)
        # nobody is touched whom the plan, to which a person may have said yes, did not name
        run = Run(actions, approved, fresh.slots_left, pace_seconds, stop or threading.Event())
        rows = run.carry_out(fresh, Path(passwords) if passwords else None)
        unknown = _unknown_passwords(wanted.agents, journal, mine)
        result = Result(operation.name, rows, run.stopped, unknown)
        if result.complete:
            journal.password_places.forget(mine)
        return _recorded(result, plan, pipeline) if load else result


def _wanted(plan: Plan) -> WantedList:
    """The list that a plan was made of; who leaves is on no line of it."""
    return WantedList(tuple(dict.fromkeys(row.agent for row in plan.rows if row.agent.line)))


def _planned_anew(
    plan: Plan, wanted: WantedList, operation: Operation, journal: Journal, pipeline: PipelineMaker, clock: Clock
) -> Plan:
    """The plan as it is now; raises where more is taken from people than was accepted."""
    fresh = made_plan(wanted, operation, journal, plan.policy, pipeline, clock)
    fresh.check_many()
    if fresh.creations and not fresh.listed and not plan.policy.accept_empty:
        raise UnreadableError("report_empty", operation=operation.name)
    return fresh


def _claimed(claims: Claims, plan: Plan, approved: Collection[tuple[object, ...]]) -> tuple[PlannedAgent, ...]:
    """The rows of a plan, where those whom another machine is asking for wait."""
    sent = [row for row in plan.rows if row.key in approved]
    try:
        made = iter(claims.make(sent, plan.policy))
    except Exception as error:
        # nothing was sent yet, and another machine would not know what is about to be
        raise in_words(error) from error
    return tuple(next(made) if row.key in approved else row for row in plan.rows)


def _recorded(result: Result, plan: Plan, pipeline: PipelineMaker) -> Result:
    """The result, with what kept its outcomes from the warehouse."""
    try:
        load_record(plan.journal, pipeline)
    except WolkvoxError as error:
        return replace(result, record_error=_said_after(error))
    return result


def _said_after(error: WolkvoxError) -> WolkvoxError:
    """An error of the warehouse once wolkvox was asked, which some of its sentences deny."""
    if error.at_fault == "connection":
        return UnavailableError("record_away", problem=error.facts.get("problem", error.reason))
    return error


def _unknown_passwords(agents: Sequence[WantedAgent], journal: Journal, mine: Whose) -> tuple[WantedAgent, ...]:
    entries = journal.requests.of(mine)
    unknown = []
    for agent in agents:
        set_here = [
            entry
            for entry in entries.get(journal.fingerprint(folded_document(agent.agent_dni)), ())
            if entry.action in {"create", "edit", "reuse"} and entry.outcome in {"created", "done", "confirmed"}
        ]
        if set_here and set_here[-1].password in {None, UNKNOWN}:
            unknown.append(agent)
    return tuple(unknown)


def check_passwords(plan: Plan, path: str | Path) -> bool:
    """Whether the file was begun by an unfinished run of this operation and will be added to.

    Nothing is checked where no password is to be set. Raises a ConfigurationError where anything else is in its place.
    """
    if not plan.passwords:
        return False
    mine = whose(chosen_operation(plan.operation))
    with Journal(plan.journal) as journal:
        return check_file(Path(path), partial(journal.password_places.remembers, mine))
