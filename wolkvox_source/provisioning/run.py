"""One run through a plan: each action in its turn, until something stops it."""

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from wolkvox_source.errors import (
    ConfigurationError,
    RefusedError,
    UnavailableError,
    UnconfirmedError,
    WolkvoxError,
)
from wolkvox_source.provisioning.actions import Actions, Outcome, ProvisionedAgent
from wolkvox_source.provisioning.confirming import confirm_changes, confirmed, note_existing
from wolkvox_source.provisioning.password_file import PasswordFile, check_file
from wolkvox_source.provisioning.plan import Plan
from wolkvox_source.provisioning.planned import ACTIONS, DESTRUCTIVE, PlannedAgent, phase

# where so many in a row are refused, it is not the rows
_REFUSALS_IN_A_ROW = 3
# what every row after this one would meet too: the token, the address, the method
_HOPELESS = frozenset({401, 403, 404, 405})


@dataclass
class Run:
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
        note_existing(self.actions, plan.rows)
        needed = any(row.key in self.approved for row in plan.passwords)
        with _saving(self.actions, passwords, needed):
            confirm_changes(self.actions, plan)
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

    def _as_it_is(self, row: PlannedAgent) -> ProvisionedAgent:
        """A row for which wolkvox is not asked."""
        if row.action == "confirmed":
            return confirmed(self.actions, row)
        outcome: Outcome = row.action  # type: ignore[assignment]
        if outcome in {"conflict", "waiting"}:
            # what depends on this person cannot be so either
            self.undone.add(row.agent.agent_dni)
        return ProvisionedAgent(row.agent, row.action, outcome, row.agent_id, row.reason, row.facts)

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


@contextmanager
def _saving(actions: Actions, passwords: Path | None, needed: bool) -> Iterator[None]:
    """Have the file of passwords open, where one will be set or an unfinished run began it."""
    begun = passwords is not None and _is_begun(actions, passwords, needed)
    if passwords is None or not (begun or needed):
        yield
        return
    journal, mine = actions.journal, actions.whose
    with PasswordFile(passwords, begun, partial(journal.password_places.remember, mine)) as file:
        actions.file = file
        yield


def _is_begun(actions: Actions, passwords: Path, needed: bool) -> bool:
    journal, mine = actions.journal, actions.whose
    try:
        return check_file(passwords, partial(journal.password_places.remembers, mine))
    except ConfigurationError:
        if needed:
            raise
        return False
