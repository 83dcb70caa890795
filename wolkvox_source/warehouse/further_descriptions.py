"""What the tables of the further reports mean, and their columns."""

from collections.abc import Mapping

Described = tuple[str, dict[str, str]]

_SKILL_KEY = "operation and skill_id, the key that joins with skills"
_VALID = {
    "present": "whether the reports of the span listed it; else the values are the last known",
    "row_version": "tells versions apart: a hash of what is tracked",
    "valid_from": "the observation that found the version, UTC",
    "valid_to": "the observation that found another one, UTC; NULL while it is the current one",
}
_LAST_OBSERVED = "the observation that brought the row as it is, UTC"
_DAY_SO_FAR = "of the day so far, in seconds"


def _with_raw(columns: Mapping[str, str], *plain: str) -> dict[str, str]:
    """Each column and, unless it is one of `plain`, the column that keeps wolkvox's own text."""
    described = {}
    for name, words in columns.items():
        described[name] = words
        if name not in plain:
            described[f"{name}_raw"] = f"{name} as wolkvox sent it"
    return described


def further_descriptions(agent: Mapping[str, str]) -> dict[str, Described]:
    """The words for each table; `agent` has those for the columns that say who an agent is."""
    name, document = {"agent_name": "the agent's name"}, {"agent_dni": "the agent's identity document"}
    times = ("ready", "inbound", "outbound", "acw", "ring", "login", "aux")
    return {
        "skills": (
            "One row per version of a skill: a span in which nothing of it but its last use changed.",
            {
                "skill_key": _SKILL_KEY,
                "operation": agent["operation"],
                "skill_id": "the number that wolkvox gave the skill, as text",
                "skill_name": "the skill's name",
                "skill_description": "what it says of itself",
                **_with_raw({"last_use": "when it was last used when the version began, UTC"}),
                **_VALID,
            },
        ),
        "agent_skills": (
            "One row per version of an agent's skill: a span in which the agent had it with the same expertise.",
            {
                "agent_skill_key": "operation, skill_id and agent_id",
                **agent,
                "skill_key": _SKILL_KEY,
                "skill_id": "the number that wolkvox gave the skill, as text",
                **_with_raw({"expertise": "how good the agent is at it, in wolkvox's own numbers"}),
                **name,
                **_with_raw({"last_use": "the agent's last login when the version began, UTC"}),
                **_VALID,
            },
        ),
        "agent_live": (
            "One row per version of an agent's live state: an observation that found another status or counter.",
            {
                **agent,
                **name,
                "agent_status": "the live status as wolkvox says it",
                **_with_raw({"time_state_now": "how long the status had lasted, in seconds"}),
                "status_since": "when the status began: the observation less time_state_now, UTC",
                **_with_raw(
                    {
                        "calls": "calls of the day so far",
                        "inbound": "inbound ones",
                        "outbound": "outbound ones",
                        "internal": "internal ones",
                        **{f"{each}_time": f"time in {each}, {_DAY_SO_FAR}" for each in times},
                        "aht_time": "average time of handling a call, in seconds",
                        "occupancy": "occupancy, in per cent",
                    }
                ),
                **_VALID,
            },
        ),
        "agent_sessions": (
            "One row per session of an agent, from login to logout.",
            {
                "session_key": "operation, agent_id and login",
                **agent,
                "login": "the login as wolkvox sent it",
                **name,
                **document,
                **_with_raw({"session_day": "the day that wolkvox counts the session to"}),
                "login_at": "when it began, UTC",
                **_with_raw(
                    {
                        "logout_at": "when it ended, UTC; of who is still connected, when that was last known",
                        "login_time": "how long it lasted, in seconds",
                    }
                ),
                "last_observed_at": _LAST_OBSERVED,
            },
        ),
        "agent_status_events": (
            "One row per status of an agent that is over, to the second.",
            {
                "event_key": "operation, agent_id, date_ini and agent_status",
                **agent,
                "date_ini": "its beginning as wolkvox sent it",
                "agent_status": "the status as wolkvox says it",
                **name,
                **document,
                "began_at": "when it began, UTC",
                **_with_raw({"ended_at": "when it ended, UTC", "seconds": "how long it lasted, in seconds"}),
                "conn_id": "what wolkvox calls the connection it was for",
                "type_interaction": "what kind of interaction it was for",
                "destination": "whom or what it was for",
                "telephone": "the telephone number it was for",
                "campaign_id": "the campaign it was for",
                "last_observed_at": _LAST_OBSERVED,
            },
        ),
    }
