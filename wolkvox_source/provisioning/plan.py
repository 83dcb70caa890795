"""A plan: what is to be done about each wanted agent, and what that costs."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from wolkvox_source.errors import UsageError, WolkvoxError
from wolkvox_source.language import Phrase
from wolkvox_source.provisioning.planned import ACTIONS, PlannedAgent, phase
from wolkvox_source.provisioning.policy import Policy

# so many, and more than this share of the roster, take an administrator who counts them
MANY, MANY_SHARE = 5, 0.10


@dataclass(frozen=True)
class Plan:
    """What is to be done about each wanted agent of one operation.

    Attributes:
        operation: its name in the configuration
        rows: what is to be done, in the order of the list; several for a person of whom several things differ
        policy: what it may do, and what of it the administrator has accepted
        listed: how many agents the report lists
        slots_left: how many can still be created, None where `licences` is not configured
        daily_budget: how many requests the operation may make a day, None likewise
        reads: how many requests reading what there is takes, once more when it is carried out
        unused: headings of the list that mean nothing here
        journal: the file that remembers what was asked for
        elsewhere: how many requests only the warehouse knows, made with another journal
        memory_error: what kept the warehouse from being read, so that the journal alone is known
        absent: the fingerprints of who is missing from a complete list
    """

    operation: str
    rows: tuple[PlannedAgent, ...]
    policy: Policy
    listed: int
    slots_left: int | None
    daily_budget: int | None
    reads: int
    unused: tuple[str, ...]
    journal: Path
    elsewhere: int = 0
    memory_error: WolkvoxError | None = field(default=None, compare=False)
    absent: tuple[str, ...] = ()

    @property
    def actions(self) -> tuple[PlannedAgent, ...]:
        """The rows for which wolkvox will be asked, in the order in which it will."""
        rows = [row for row in self.rows if row.action in ACTIONS]
        return tuple(sorted(rows, key=phase))

    @property
    def creations(self) -> tuple[PlannedAgent, ...]:
        """The rows for which an agent will be created."""
        return tuple(row for row in self.rows if row.action == "create")

    @property
    def passwords(self) -> tuple[PlannedAgent, ...]:
        """The rows that set a password."""
        return tuple(row for row in self.rows if row.action in {"create", "reuse", "edit"})

    @property
    def requests(self) -> int:
        """What carrying it out costs of the daily budget: what is read once more, and the actions."""
        return self.reads + len(self.actions)

    def span(self, pace_seconds: float) -> timedelta:
        """How long carrying it out takes at least at a pace."""
        return timedelta(seconds=max(0, self.requests - self.reads - 1) * pace_seconds)

    @property
    def drift(self) -> bool:
        """Whether anything differs from what is wanted."""
        return any(row.action not in {"exists", "confirmed"} for row in self.rows)

    @property
    def exit_code(self) -> int:
        """0 where nothing keeps it from being carried out whole, 65 where a person has to look."""
        return 65 if any(row.action == "conflict" for row in self.rows) else 0

    def check_many(self) -> None:
        """Raises a UsageError where more is taken from people at once than the administrator accepted by its number."""
        for action, option, accepted in (
            ("disable", "--accept-disable", self.policy.accept_disable),
            ("reuse", "--accept-reuse", self.policy.accept_reuse),
            ("edit", "--accept-reset", self.policy.accept_reset),
        ):
            count = sum(row.action == action for row in self.rows)
            if count > MANY and count > MANY_SHARE * self.listed and accepted != count:
                raise UsageError(
                    "too_many_changes", many=count, listed=self.listed, option=option, what=Phrase(f"many_{action}")
                )
