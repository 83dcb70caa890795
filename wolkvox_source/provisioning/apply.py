"""Carries out a plan, each action once.

    from wolkvox_source import apply, plan

    wanted = plan("people.csv", operation="ventas")
    result = apply(wanted, passwords="passwords.csv")

What makes it once: the intent is on the disk before wolkvox is asked and the outcome after, one run at a time
holds an operation, the report is read again once it is held, and an answer that is not clear stops the run.
"""

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import filelock

from wolkvox_source.api.client import ANSWER_SECONDS
from wolkvox_source.errors import (
    ConfigurationError,
    RefusedError,
    UnavailableError,
    UnconfirmedError,
    UnreadableError,
    WolkvoxError,
    worst,
)
from wolkvox_source.provisioning.actions import Actions, OnStep, Outcome, ProvisionedAgent
from wolkvox_source.provisioning.claims import Claims
from wolkvox_source.provisioning.decisions import ACTIONS, DESTRUCTIVE, PENDING, PlannedAgent, phase, subject
from wolkvox_source.provisioning.holding import holding_operation
from wolkvox_source.provisioning.identity import folded_document
from wolkvox_source.provisioning.journal import Journal, Whose, default_journal
from wolkvox_source.provisioning.memory import protected
from wolkvox_source.provisioning.moment import moment_now
from wolkvox_source.provisioning.outcomes import UNKNOWN, PipelineMaker, provisioning_pipeline, record
from wolkvox_source.provisioning.passwords import PasswordFile, check_file
from wolkvox_source.provisioning.plan import Plan
from wolkvox_source.provisioning.planning import Clock, chosen_operation, made_plan, whose
from wolkvox_source.provisioning.wanted import WantedAgent, WantedList
from wolkvox_source.warehouse.failures import in_words

PACE_SECONDS = 1.0
# where so many in a row are refused, it is not the rows
_REFUSALS_IN_A_ROW = 3
_SO = frozenset({"created", "done", "confirmed", "exists", "left"})
# what every row after this one would meet too: the token, the address, the method
_HOPELESS = frozenset({401, 403, 404, 405})


@dataclass(frozen=True)
class Result:
    """What became of a plan.

    Attributes:
        rows: one for each row of the plan, in the order of the list
        stopped: what kept the rest from being sent, None where nothing did
        unknown_passwords: who was created or edited here, is on the list, and has a password that nobody knows
        record_error: what kept the outcomes from the warehouse; the journal has them for the next run
    """

    operation: str
    rows: tuple[ProvisionedAgent, ...]
    stopped: WolkvoxError | None = None
    unknown_passwords: tuple[WantedAgent, ...] = ()
    record_error: WolkvoxError | None = field(default=None, compare=False)

    @property
    def complete(self) -> bool:
        """Whether everything is as wanted, or left alone."""
        return all(row.outcome in _SO for row in self.rows)

    @property
    def exit_code(self) -> int:
        """0 only if everything is as wanted; else 75 run again, 65 a conflict, 77 refused."""
        codes = [row.exit_code for row in self.rows]
        if self.stopped is not None:
            codes.append(75 if isinstance(self.stopped, UnconfirmedError) else self.stopped.exit_code)
        return worst(*codes)


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
        wanted = WantedList(tuple(dict.fromkeys(row.agent for row in plan.rows if row.agent.line)))
        fresh = made_plan(wanted, operation, journal, plan.policy, pipeline, clock)
        fresh.check_many()
        if fresh.creations and not fresh.listed and not plan.policy.accept_empty:
            raise UnreadableError("report_empty", operation=operation.name)
        mine = whose(operation)
        approved = {row.key for row in plan.actions}
        claims = Claims(operation, mine, journal, pipeline, clock) if load and fresh.memory_error is None else None
        if claims is not None:
            fresh = replace(fresh, rows=_claimed(claims, fresh, approved))
        if plan.policy.complete:
            journal.absences.note(mine, fresh.absent, clock())
        actions = Actions(operation, mine, journal, clock, answer_seconds, on_step)
        # nobody is touched whom the plan, to which a person may have said yes, did not name
        run = _Run(
            actions, {row.key for row in plan.actions}, fresh.slots_left, pace_seconds, stop or threading.Event()
        )
        rows = run.carry_out(fresh, Path(passwords) if passwords else None)
        unknown = _unknown_passwords(wanted.agents, journal, mine)
        result = Result(operation.name, rows, run.stopped, unknown)
        if result.complete:
            journal.password_places.forget(mine)
        if not load:
            return result
        try:
            load_record(plan.journal, pipeline)
        except WolkvoxError as error:
            return replace(result, record_error=_said_after(error))
    return result


def _claimed(claims: Claims, plan: Plan, approved: Collection[tuple[object, ...]]) -> tuple[PlannedAgent, ...]:
    """The rows of a plan, where those whom another machine is asking for wait."""
    sent = [row for row in plan.rows if row.key in approved]
    try:
        made = iter(claims.make(sent, plan.policy))
    except Exception as error:
        # nothing was sent yet, and another machine would not know what is about to be
        raise in_words(error) from error
    return tuple(next(made) if row.key in approved else row for row in plan.rows)


def check_passwords(plan: Plan, path: str | Path) -> bool:
    """Whether the file was begun by an unfinished run of this operation and will be added to.

    Nothing is checked where no password is to be set. Raises a ConfigurationError where anything else is in its place.
    """
    if not plan.passwords:
        return False
    mine = whose(chosen_operation(plan.operation))
    with Journal(plan.journal) as journal:
        return check_file(Path(path), partial(journal.password_places.remembers, mine))


def load_record(journal: str | Path | None = None, pipeline: PipelineMaker = provisioning_pipeline) -> int:
    """Load what the journal remembers into `provisioned_agents`, all of it, and return how many rows that is.

    Merging the same rows again changes nothing, so a warehouse that was away, replaced or dropped is whole after.
    Raises a WolkvoxError where the warehouse does not take them.
    """
    path = Path(journal) if journal else default_journal()
    with Journal(path) as open_journal, filelock.FileLock(f"{path}.lock", mode=0o600):
        requests = open_journal.requests.every()
        if requests:
            try:
                record(requests, pipeline())
            except Exception as error:
                raise in_words(error) from error
    return len(requests)


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


@dataclass
class _Run:
    """One run through a plan, and what stopped it."""

    actions: Actions
    approved: Collection[tuple[object, ...]]
    slots_left: int | None
    pace_seconds: float
    stop: threading.Event
    stopped: WolkvoxError | None = None
    asked: bool = False
    failed: bool = False
    refusals: int = 0
    created: dict[str, str] = field(default_factory=dict)
    undone: set[str] = field(default_factory=set)

    def carry_out(self, plan: Plan, passwords: Path | None) -> tuple[ProvisionedAgent, ...]:
        """What became of each row of a plan that was made just now."""
        self._note_existing(plan.rows)
        needed = any(row.key in self.approved for row in plan.passwords)
        with self._saving(passwords, needed):
            self._confirm_changes(plan)
            done: dict[int, ProvisionedAgent] = {}
            numbered = list(enumerate(plan.rows))
            for number, row in numbered:
                if row.action not in ACTIONS:
                    done[number] = self._as_it_is(row)
            for number, row in sorted(
                (each for each in numbered if each[1].action in ACTIONS), key=lambda each: phase(each[1])
            ):
                done[number] = self._acted(row)
            return tuple(done[number] for number, _ in numbered)

    def _note_existing(self, rows: Sequence[PlannedAgent]) -> None:
        actions = self.actions
        existing = [
            (actions.fingerprint(row.agent), protected(actions.operation, row.agent.agent_dni), row.agent_id)
            for row in rows
            if row.action == "exists" and not row.after
        ]
        actions.journal.requests.note_existing(actions.whose, existing, actions.clock())

    @contextmanager
    def _saving(self, passwords: Path | None, needed: bool) -> Iterator[None]:
        """Have the file of passwords open, where one will be set or an unfinished run began it."""
        begun = passwords is not None and self._is_begun(passwords, needed)
        if passwords is None or not (begun or needed):
            yield
            return
        journal, mine = self.actions.journal, self.actions.whose
        with PasswordFile(passwords, begun, partial(journal.password_places.remember, mine)) as file:
            self.actions.file = file
            yield

    def _is_begun(self, passwords: Path, needed: bool) -> bool:
        journal, mine = self.actions.journal, self.actions.whose
        try:
            return check_file(passwords, partial(journal.password_places.remembers, mine))
        except ConfigurationError:
            if needed:
                raise
            return False

    def _confirm_changes(self, plan: Plan) -> None:
        """Settle what was asked for without a clear answer, and is now as it was to be."""
        entries = self.actions.journal.requests.of(self.actions.whose)
        differs = {(row.agent, subject(row.action, row.after)) for row in plan.rows if row.after}
        for row in plan.rows:
            if row.action != "exists" or row.after:
                continue
            for entry in entries.get(self.actions.fingerprint(row.agent), ()):
                pending = entry.outcome in PENDING and entry.action not in {"create", "reuse"}
                if pending and (row.agent, subject(entry.action, entry.after)) not in differs:
                    self.actions.confirm(replace(row, action=entry.action), entry.request_id, entry.password)  # type: ignore[arg-type]

    def _as_it_is(self, row: PlannedAgent) -> ProvisionedAgent:
        """A row for which wolkvox is not asked."""
        if row.action == "confirmed":
            return self._confirmed(row)
        outcome: Outcome = row.action  # type: ignore[assignment]
        if outcome in {"conflict", "waiting"}:
            # what depends on this person cannot be so either
            self.undone.add(row.agent.agent_dni)
        return ProvisionedAgent(row.agent, row.action, outcome, row.agent_id, row.reason, row.facts)

    def _confirmed(self, row: PlannedAgent) -> ProvisionedAgent:
        actions = self.actions
        entries = actions.journal.requests.of(actions.whose).get(actions.fingerprint(row.agent), ())
        pending = [entry for entry in entries if entry.outcome in PENDING and entry.action in {"create", "reuse"}]
        if not pending:
            # asked for on another machine, which has the password if any does
            return ProvisionedAgent(row.agent, "confirmed", "confirmed", row.agent_id, row.reason, row.facts)
        return actions.confirm(row, pending[-1].request_id, pending[-1].password)

    def _acted(self, row: PlannedAgent) -> ProvisionedAgent:
        document = row.agent.agent_dni
        reason = self._kept_from(row)
        if reason is None and self.asked and not self.stop.is_set():
            self.stop.wait(self.pace_seconds)
        if reason is None and self.stop.is_set():
            reason = "message_not_sent"
        if reason is not None:
            if reason != "message_not_in_plan":
                self.undone.add(document)
            return ProvisionedAgent(row.agent, row.action, "not_sent", row.agent_id, reason)
        self.asked = True
        try:
            done = self.actions.carry_out(row, row.agent_id or self.created.get(document))
        except UnavailableError as error:
            # the journal or the file of passwords takes no more, and nothing was sent
            self.stopped = error
            self.undone.add(document)
            return ProvisionedAgent(row.agent, row.action, "not_sent", row.agent_id, "message_not_sent")
        self._take_in(row, done)
        return done

    def _kept_from(self, row: PlannedAgent) -> str | None:
        """Why a row is not sent, None where it is."""
        if row.key not in self.approved:
            return "message_not_in_plan"
        if self.stopped is not None:
            return "message_not_sent"
        nobody = row.action != "create" and row.agent_id is None and row.agent.agent_dni not in self.created
        if nobody or row.agent.agent_dni in self.undone:
            return "message_after_failure"
        if self.failed and row.action in DESTRUCTIVE:
            return "message_held_back"
        if row.action == "create" and self.slots_left is not None and self.slots_left <= 0:
            self.stopped = RefusedError("no_slots", operation=self.actions.operation.name)
            return "message_not_sent"
        return None

    def _take_in(self, row: PlannedAgent, done: ProvisionedAgent) -> None:
        """What an outcome means for the rows after it."""
        if done.outcome in {"created", "done"}:
            self.refusals = 0
            if done.error is not None:
                self.stopped = done.error
            if done.outcome == "created" and done.agent_id:
                self.created[row.agent.agent_dni] = done.agent_id
                self.slots_left = None if self.slots_left is None else self.slots_left - 1
            return
        self.failed = True
        self.undone.add(row.agent.agent_dni)
        self.refusals += 1
        error = done.error
        if isinstance(error, (UnconfirmedError, UnavailableError)) or (error and error.status in _HOPELESS):
            self.stopped = error
        elif self.refusals >= _REFUSALS_IN_A_ROW:
            self.stopped = UnavailableError("refused_in_a_row", count=self.refusals)
