"""What is to be done about one wanted agent, and in which order actions are carried out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from wolkvox_source.provisioning.identity import folded_document
from wolkvox_source.provisioning.roster import Listed
from wolkvox_source.provisioning.wanted import WantedAgent

Action = Literal["create", "enable", "edit", "reuse", "add_skill", "remove_skill", "disable"]
Decision = Literal[
    "create", "enable", "edit", "reuse", "add_skill", "remove_skill", "disable",
    "exists", "confirmed", "conflict", "waiting", "left",
]  # fmt: skip
# the order in which a plan is carried out, with what is a part of passing an agent on: the new person comes in when
# the skills of the one before are gone, and what takes something from an agent comes last
_PHASES: tuple[tuple[Action, bool], ...] = (
    ("enable", False),
    ("edit", False),
    ("reuse", False),
    ("remove_skill", True),
    ("enable", True),
    ("create", False),
    ("add_skill", False),
    ("remove_skill", False),
    ("disable", False),
)
ACTIONS: frozenset[str] = frozenset(action for action, _ in _PHASES)
DESTRUCTIVE: frozenset[Decision] = frozenset({"edit", "reuse", "remove_skill", "disable"})
# what the journal says of requests that may have had an effect, and of those that had
PENDING = frozenset({None, "unconfirmed"})
THERE = frozenset({"created", "confirmed", "done", "exists"})


@dataclass(frozen=True)
class PlannedAgent:
    """What is to be done about one wanted agent, and why.

    An action, or: `exists`: there already. `confirmed`: there, and an earlier request of ours had no clear answer.
    `conflict`: a person has to look. `waiting`: may have been done by an earlier request, and too recent to be told.
    `left`: differs, and is left alone. `before` and `after` are the fields that an action changes; `with_reuse` says
    that it is a part of passing an agent on.
    """

    agent: WantedAgent
    action: Decision
    agent_id: str | None = None
    reason: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    before: Mapping[str, str | None] = field(default_factory=dict)
    after: Mapping[str, str | None] = field(default_factory=dict)
    with_reuse: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """What a plan that was read before must have said for this to be carried out."""
        changes = (tuple(sorted(self.before.items())), tuple(sorted(self.after.items())))
        return (folded_document(self.agent.agent_dni), self.action, self.agent_id, *changes)


def phase(row: PlannedAgent) -> int:
    """When in a plan a row's action is carried out, 0 first."""
    return [*_PHASES].index((row.action, row.with_reuse))  # type: ignore[arg-type]


def subject(action: str, after: Mapping[str, object]) -> str:
    """What an action is about, so that a later one about the same thing takes the place of an earlier one."""
    if action in {"enable", "disable"}:
        return "enabled"
    return f"skill {after.get('skill_id')}" if action in {"add_skill", "remove_skill"} else action


def conflict(agent: WantedAgent, there: Listed, reason: str) -> PlannedAgent:
    """A row that a person has to look at, because of who is on the roster."""
    return PlannedAgent(agent, "conflict", there.agent_id, reason, there.facts)


def minute(moment: datetime) -> str:
    """A moment as people read one."""
    return moment.strftime("%Y-%m-%d %H:%M UTC")
