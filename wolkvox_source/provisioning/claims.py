"""Two machines at once: each says in the warehouse whom it is about to ask for, and then looks whom others do.

A machine that sees the other's claim lets that person be, so that of two that see each other neither asks; the next
run does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from wolkvox_source.provisioning.identity import folded_document
from wolkvox_source.provisioning.journal import CLAIMED_ACTIONS, Journal, Whose
from wolkvox_source.provisioning.memory import protected, remember
from wolkvox_source.provisioning.moment import Moment
from wolkvox_source.provisioning.outcomes import PipelineMaker, kept, record
from wolkvox_source.provisioning.planned import PlannedAgent, minute
from wolkvox_source.provisioning.policy import Policy
from wolkvox_source.settings import Operation


@dataclass(frozen=True)
class Claims:
    """The claims of one run on one operation."""

    operation: Operation
    whose: Whose
    journal: Journal
    pipeline: PipelineMaker
    clock: Callable[[], Moment]

    def make(self, rows: Sequence[PlannedAgent], policy: Policy) -> list[PlannedAgent]:
        """The rows, where those who are asked for elsewhere wait. Raises what the warehouse raises."""
        # what an earlier run claimed, and did not come to send
        self.journal.claims.withdraw(self.whose)
        arriving = [row for row in rows if row.action in CLAIMED_ACTIONS]
        if not arriving:
            return [*rows]
        people = [(self._person(row), protected(self.operation, row.agent.agent_dni), row.action) for row in arriving]
        self.journal.claims.make(self.whose, people, self.clock())
        record(self.journal.requests.every(), self.pipeline())
        now = self.clock()
        held = kept(self.pipeline, self.operation.name, now.at)
        if held.error is not None:
            raise held.error
        memory = remember(self.operation, self.whose, self.journal, held, now)
        elsewhere = {row.agent for row in arriving if memory.is_asked_for_elsewhere(row.agent, policy.resend_after)}
        self.journal.claims.withdraw(self.whose, {self._person(row) for row in arriving if row.agent in elsewhere})
        facts = {"at": minute(now.at), "after": minute(now.at + policy.resend_after)}
        return [
            replace(row, action="waiting", reason="note_elsewhere", facts=facts)
            if row.agent in elsewhere and row.action in CLAIMED_ACTIONS
            else row
            for row in rows
        ]

    def _person(self, row: PlannedAgent) -> str:
        return self.journal.fingerprint(folded_document(row.agent.agent_dni))
