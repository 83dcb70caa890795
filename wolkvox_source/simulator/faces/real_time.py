"""The report of real_time.php: what everybody is doing now, and what they did today.

The vendor's collection "Real time / 1. Agents" types every field String and spells one of them `ocupation`.
"""

from __future__ import annotations

from collections import Counter

from ..wire.traffic import Answer, Request
from ..world import life
from ..world.centre import ContactCentre
from ..world.clock import DAY
from ..world.diary import Diary, Spell
from ..world.people import Agent
from .calls import Call, duration, share, with_calls
from .envelope import Record, found

IDLE = {"Ready": "ready", "Ring": "ring", "ACW": "acw"}


def agents(centre: ContactCentre, _request: Request) -> Answer:
    """Everybody on the roster, whether they are there or not."""
    with centre.open() as staff:
        now = int(centre.now.timestamp())
        today = staff.diary.calendar.utc(centre.now.toordinal() * DAY)
        records = [_record(staff.diary, agent, today, now) for agent in staff.agents.values()]
    return found(centre, records, empty_status=centre.empty_status)


def _record(diary: Diary, agent: Agent, today: int, now: int) -> Record:
    spells = list(diary.spells(agent.agent_id, today, now))
    present = spells[-1] if spells[-1].since > today else diary.present(agent.agent_id, now)
    counts: Counter[str] = Counter()
    for spell, call in with_calls(agent.agent_id, spells):
        _count(counts, spell, call, max(0, (spell.until or now) - max(spell.since, today)), today)
    on_calls = counts["inbound_time"] + counts["outbound_time"] + counts["acw"]
    return {
        "agent_id": agent.agent_id,
        "agent_name": agent.name,
        "agent_status": agent.status,
        "calls": str(counts["inbound"] + counts["outbound"]),
        "inbound": str(counts["inbound"]),
        "outbound": str(counts["outbound"]),
        "internal": "0",
        "time_state_now": str(now - present.since),
        "ready_time": duration(counts["ready"]),
        "inbound_time": duration(counts["inbound_time"]),
        "outbound_time": duration(counts["outbound_time"]),
        "acw_time": duration(counts["acw"]),
        "ring_time": duration(counts["ring"]),
        "login_time": duration(counts["login"]),
        "aht_time": duration(on_calls // max(1, counts["inbound"] + counts["outbound"])),
        # as verified by a public client: talking and wrapping up, of the time that was not auxiliary
        "ocupation": share(on_calls, counts["login"] - counts["aux"]),
        "aux_time": duration(counts["aux"]),
    }


def _count(counts: Counter[str], spell: Spell, call: Call | None, seconds: int, today: int) -> None:
    if spell.status in life.ABSENT:
        return
    counts["login"] += seconds
    if spell.status == "Talk" and call is not None:
        direction = "inbound" if call.inbound else "outbound"
        counts[direction] += spell.since >= today
        counts[f"{direction}_time"] += seconds
    else:
        counts[IDLE.get(spell.status, "aux")] += seconds
