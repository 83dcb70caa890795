"""Checked rows beside the roster and what is remembered -> what to do about each of them.

Nothing here talks to wolkvox or keeps anything. A document that differs only in leading zeros, dots or spaces is the
same person's, since that is what a spreadsheet does to a document.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from wolkvox_source.provisioning.identity import folded_document, same_name, similar_name
from wolkvox_source.provisioning.roster import Listed, Roster
from wolkvox_source.provisioning.wanted import WantedAgent

# wolkvox's reports refresh about every ten minutes, so a person absent for longer was not created
RESEND_AFTER = timedelta(minutes=15)

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

PENDING = frozenset({None, "unconfirmed"})
THERE = frozenset({"created", "confirmed", "done", "exists"})


@dataclass(frozen=True)
class Policy:
    """What a plan may do, and what of it the administrator has accepted.

    Attributes:
        only_creations: nobody who is there is touched, and another name is a conflict
        resend_after: how long a person must stay absent before an unanswered request is sent again
        recreate_gone: create again who was there once and is missing now
        accept_empty: accept a report without any agents, as of a new operation
        reset_passwords: edit names and network users, which sets a new password each time
        now: disable also who is not logged out
        exact_skills: remove the skills that a row does not name
        complete: the list names everybody; who was created or adopted here and is not in two of them is disabled
        accept_disable, accept_reuse, accept_reset: the exact number to be done at once where it is many
    """

    only_creations: bool = False
    resend_after: timedelta = RESEND_AFTER
    recreate_gone: bool = False
    accept_empty: bool = False
    reset_passwords: bool = False
    now: bool = False
    exact_skills: bool = False
    complete: bool = False
    accept_disable: int | None = None
    accept_reuse: int | None = None
    accept_reset: int | None = None


@dataclass(frozen=True)
class Past:
    """What is remembered of one person.

    `outcome` is that of the latest request that may have had an effect, None where none was recorded, so that nobody
    can tell whether wolkvox was asked; `waited` is how long ago that certainly was; `known` says that the warehouse's
    latest report listed them.
    """

    outcome: str | None
    requested_at: datetime
    waited: timedelta = timedelta(0)
    agent_id: str | None = None
    known: bool = False


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


def decided(
    agents: Sequence[WantedAgent], roster: Roster, past: Mapping[str, Past], policy: Policy, now: datetime
) -> tuple[PlannedAgent, ...]:
    """Whether each agent is there, is to be created, or needs a person; one row each.

    `past` has what is remembered by folded document; `now` is only told.
    """
    wanted = {folded_document(agent.agent_dni) for agent in agents}
    named = {agent.agent_id for agent in agents}
    # https://wolkvox.helpjuice.com advises to give a disabled user to the next person
    free = iter(
        [
            spare
            for spare in roster.disabled
            if folded_document(spare.agent_dni or "") not in wanted and spare.agent_id not in named
        ]
    )
    rows: list[PlannedAgent] = []
    for agent in agents:
        before = past.get(folded_document(agent.agent_dni))
        row = (
            _beside_roster(agent, roster, before, policy)
            or _beside_past(agent, roster, before, policy, now)
            or _beside_others(agent, roster)
        )
        if row is None:
            spare = next(free, None)
            facts = {"agent_id": spare.agent_id, "name": spare.agent_name or ""} if spare else {}
            row = PlannedAgent(agent, "create", None, "note_reuse" if spare else None, facts)
        rows.append(row)
    return tuple(rows)


def _beside_roster(agent: WantedAgent, roster: Roster, before: Past | None, policy: Policy) -> PlannedAgent | None:
    """What those who have the document decide; None where nobody has it."""
    holders = roster.by_document.get(folded_document(agent.agent_dni), [])
    if not holders:
        return None
    there = holders[0]
    if len(holders) > 1:
        ids = sorted(holder.agent_id for holder in holders)
        return PlannedAgent(agent, "conflict", None, "note_document_twice", {"ids": ids})
    if agent.agent_id not in {None, there.agent_id}:
        return conflict(agent, there, "note_other_agent")
    pending = before is not None and before.outcome in PENDING
    ours = before is not None and before.agent_id == there.agent_id
    if there.agent_dni != agent.agent_dni and not ours:
        return conflict(agent, there, "note_other_spelling")
    named = similar_name(there.agent_name, agent.agent_name, agent.agent_dni)
    if policy.only_creations and not named and not ours:
        # https://wolkvox.helpjuice.com: a disabled agent may have left, and another have the number by now
        return conflict(agent, there, "note_other_name")
    if policy.only_creations and there.enabled is False:
        return conflict(agent, there, "note_disabled")
    if pending and before is not None:
        return PlannedAgent(agent, "confirmed", there.agent_id, "note_confirmed", {"at": minute(before.requested_at)})
    renamed = policy.only_creations and not named
    return PlannedAgent(
        agent, "exists", there.agent_id, "note_renamed" if renamed else None, there.facts if renamed else {}
    )


def _beside_past(
    agent: WantedAgent, roster: Roster, before: Past | None, policy: Policy, now: datetime
) -> PlannedAgent | None:
    """What is remembered of a person who is not in the report; None where it means nothing."""
    if before is None:
        return None
    at: dict[str, object] = {"at": minute(before.requested_at)}
    settled = before.waited >= policy.resend_after
    if before.outcome in PENDING:
        if settled:
            return PlannedAgent(agent, "create", None, "note_again", at)
        after = minute(now + policy.resend_after - before.waited)
        return PlannedAgent(agent, "waiting", None, "note_waiting", {**at, "after": after})
    if before.outcome not in THERE and not before.known:
        return None
    if before.outcome in THERE - {"exists"} and not settled:
        return PlannedAgent(agent, "exists", before.agent_id, "note_recent", at)
    moved = roster.by_id.get(before.agent_id or "")
    if moved is not None:
        return conflict(agent, moved, "note_moved")
    gone = {**at, "agent_id": before.agent_id or "?"}
    if policy.recreate_gone:
        return PlannedAgent(agent, "create", None, "note_gone_again", gone)
    reason = "note_gone" if before.outcome in THERE else "note_missing"
    return PlannedAgent(agent, "conflict", before.agent_id, reason, gone)


def _beside_others(agent: WantedAgent, roster: Roster) -> PlannedAgent | None:
    """What another agent on the roster has to do with a person who is new."""
    owner = roster.by_sso.get(agent.agent_sso.casefold()) if agent.agent_sso else None
    if agent.agent_id is not None:
        spare = roster.by_id.get(agent.agent_id)
        if spare is None:
            return PlannedAgent(agent, "conflict", agent.agent_id, "note_reuse_unknown", {"agent_id": agent.agent_id})
        if spare.enabled is not False:
            return conflict(agent, spare, "note_reuse_enabled")
        if owner is None or owner is spare:
            return _reused(agent, spare)
    if owner is not None:
        return conflict(agent, owner, "note_other_document")
    if not agent.agent_name:
        return PlannedAgent(agent, "conflict", None, "note_no_name")
    return None


def _reused(agent: WantedAgent, spare: Listed) -> PlannedAgent:
    if not agent.agent_name:
        return PlannedAgent(agent, "conflict", spare.agent_id, "note_no_name")
    before = {"agent_dni": spare.agent_dni, "agent_name": spare.agent_name, "agent_sso": spare.agent_sso}
    after = {"agent_dni": agent.agent_dni, "agent_name": agent.agent_name, "agent_sso": agent.agent_sso or None}
    return PlannedAgent(agent, "reuse", spare.agent_id, "note_passed_on", spare.facts, before, after)


def conflict(agent: WantedAgent, there: Listed, reason: str) -> PlannedAgent:
    """A row that a person has to look at, because of who is on the roster."""
    return PlannedAgent(agent, "conflict", there.agent_id, reason, there.facts)


def changed(
    agent: WantedAgent, there: Listed, policy: Policy, logged_out: Collection[str], half_passed_on: bool = False
) -> list[PlannedAgent]:
    """What differs between a row and the agent who is there, apart from skills.

    `half_passed_on` says that the agent was given to this person by a run that ended before they could work.
    """
    rows = []
    edited = _edited(agent, there)
    if edited:
        # wolkvox cannot edit an agent without setting the password
        action: Decision = "edit" if policy.reset_passwords else "left"
        reason = "note_new_password" if policy.reset_passwords else "note_needs_reset"
        # wolkvox writes all of it anew, what stays as it is too
        before = {name: getattr(there, name) for name in ("agent_dni", "agent_name", "agent_sso")}
        facts = _shown(before, edited)
        rows.append(PlannedAgent(agent, action, there.agent_id, reason, facts, before, {**before, **edited}))
    wanted = True if agent.enabled is None and half_passed_on else agent.enabled
    if wanted is not None and wanted is not there.enabled:
        rows.append(_switched(agent, there, wanted, policy, logged_out, half_passed_on))
    return rows


def _edited(agent: WantedAgent, there: Listed) -> dict[str, str | None]:
    after: dict[str, str | None] = {}
    if agent.agent_name and not same_name(there.agent_name, agent.agent_name, agent.agent_dni):
        after["agent_name"] = agent.agent_name
    if agent.agent_sso is not None and agent.agent_sso.casefold() != (there.agent_sso or "").casefold():
        after["agent_sso"] = agent.agent_sso or None
    return after


def _shown(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> dict[str, object]:
    return {"before": [before[name] or "-" for name in after], "after": [text or "-" for text in after.values()]}


def _switched(
    agent: WantedAgent,
    there: Listed,
    enabled: bool,
    policy: Policy,
    logged_out: Collection[str],
    half_passed_on: bool,
) -> PlannedAgent:
    if there.enabled is None:
        return conflict(agent, there, "note_enabled_unknown")
    before = {"enabled": _yes(there.enabled)}
    after = {"enabled": _yes(enabled)}
    if enabled:
        return PlannedAgent(agent, "enable", there.agent_id, None, {}, before, after, with_reuse=half_passed_on)
    return disabled(agent, there, policy, logged_out)


def disabled(
    agent: WantedAgent, there: Listed, policy: Policy, logged_out: Collection[str], reason: str | None = None
) -> PlannedAgent:
    """Disable an agent, unless another person may be working as them."""
    status = (there.agent_status or "").casefold()
    if not policy.now and status not in logged_out:
        facts = {**there.facts, "status": there.agent_status or "?"}
        return PlannedAgent(agent, "left", there.agent_id, "note_not_logged_out", facts)
    return PlannedAgent(
        agent, "disable", there.agent_id, reason, {}, {"enabled": _yes(there.enabled)}, {"enabled": "no"}
    )


def _yes(enabled: bool | None) -> str | None:
    return None if enabled is None else "yes" if enabled else "no"


def minute(moment: datetime) -> str:
    """A moment as people read one."""
    return moment.strftime("%Y-%m-%d %H:%M UTC")
