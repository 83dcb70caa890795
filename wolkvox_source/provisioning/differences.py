"""A wanted agent beside the one who is there -> what differs and what to do about it, apart from skills.

Nothing here talks to wolkvox or keeps anything.
"""

from collections.abc import Collection, Mapping

from wolkvox_source.provisioning.identity import same_name
from wolkvox_source.provisioning.planned import Decision, PlannedAgent, conflict
from wolkvox_source.provisioning.policy import Policy
from wolkvox_source.provisioning.roster import Listed
from wolkvox_source.provisioning.wanted import WantedAgent


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
