"""The dated reports of reports_manager.php: sessions (agent_7) and every status (agent_14).

Dates have 14 digits and are in the centre's zone; a window has at most 31 days. What is not in a window is
"Validate dates entered", whatever the dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from ..wire.traffic import Answer, Request, bad_request, missing_parameters
from ..world import life
from ..world.centre import ContactCentre
from ..world.clock import DAY, Calendar
from ..world.diary import Diary, Spell
from .calls import NONE, Call, duration, with_calls
from .envelope import NOTHING_THERE, Record, found

LONGEST_WINDOW = timedelta(days=31)
# seen in public clients: the logout of an agent who is still connected moves on every ten minutes
REFRESH = 600
# seen in public clients: these reports shout the statuses that are built in
SHOUTED = {"Ready": "READY", "Talk": "TALK", "Ring": "RING", "ACW": "ACW"}

Row = tuple[int, str, Record]


def agent_7(centre: ContactCentre, request: Request) -> Answer:
    """When everybody logged in and out, a row a session, on the day on which it began."""
    first, last = _window(centre, request)
    with centre.open() as staff:
        diary, now = staff.diary, int(centre.now.timestamp())
        rows = [
            (session.since, agent_id, _session(centre, diary.calendar, agent_id, session, now))
            for agent_id in diary.notes
            for session in diary.sessions(agent_id, first - 2 * DAY, now)
            if first <= session.since <= last
        ]
    return _dated(centre, rows)


def agent_14(centre: ContactCentre, request: Request) -> Answer:
    """Every status that began in the window and is over; nobody has one while they are logged out."""
    first, last = _window(centre, request)
    with centre.open() as staff:
        rows = list(_events(centre, staff.diary, first, last))
    return _dated(centre, rows)


def nothing(centre: ContactCentre, request: Request) -> Answer:
    """A dated report that never has rows."""
    _window(centre, request)
    raise NOTHING_THERE


def _dated(centre: ContactCentre, rows: list[Row]) -> Answer:
    if not rows:
        raise NOTHING_THERE
    return found(centre, [record for _since, _agent_id, record in sorted(rows, key=lambda row: row[:2])])


def _window(centre: ContactCentre, request: Request) -> tuple[int, int]:
    texts = request.query.get("date_ini"), request.query.get("date_end")
    if not all(texts):
        raise missing_parameters()
    first, last = (_date(str(text)) for text in texts)
    if last < first or last - first > LONGEST_WINDOW:
        raise bad_request("THE MAXIMUM DATE RANGE IS 31 DAYS")
    calendar = centre.calendar
    return calendar.second(first), calendar.second(last.replace(fold=1))


def _date(text: str) -> datetime:
    try:
        if not re.fullmatch(r"\d{14}", text, re.ASCII):
            raise ValueError(text)
        return datetime.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:8]}T{text[8:10]}:{text[10:12]}:{text[12:]}")
    except ValueError:
        raise bad_request("THE DATE FORMAT IS NOT VALID") from None


def _session(centre: ContactCentre, calendar: Calendar, agent_id: str, session: Spell, now: int) -> Record:
    logout = session.until
    if logout is None:
        refreshed = now - now % REFRESH
        logout = refreshed if refreshed > session.since else None
    return {
        centre.id_field: agent_id,
        "agent_name": session.note.name,
        "agent_dni": session.note.dni,
        "date": f"{calendar.time(session.since):%Y-%m-%d}",
        "login": f"{calendar.time(session.since):%Y-%m-%d %H:%M:%S}",
        "logout": NONE if logout is None else f"{calendar.time(logout):%Y-%m-%d %H:%M:%S}",
        "login_time": duration(0 if logout is None else logout - session.since),
    }


def _events(centre: ContactCentre, diary: Diary, first: int, last: int) -> Iterator[Row]:
    now = int(centre.now.timestamp())
    for agent_id in diary.notes:
        spells = diary.spells(agent_id, first - DAY, min(now, last + 2 * DAY))
        for spell, call in with_calls(agent_id, spells):
            if spell.until is not None and first <= spell.since <= last and spell.status not in life.ABSENT:
                yield spell.since, agent_id, _event(centre, diary.calendar, agent_id, spell, spell.until, call)


def _event(
    centre: ContactCentre, calendar: Calendar, agent_id: str, spell: Spell, until: int, call: Call | None
) -> Record:
    return {
        centre.id_field: agent_id,
        "agent_name": spell.note.name,
        "agent_dni": spell.note.dni,
        "agent_status": SHOUTED.get(spell.status, spell.status),
        "time": duration(until - spell.since),
        "date_ini": f"{calendar.time(spell.since):%Y-%m-%d %H:%M:%S}",
        "date_end": f"{calendar.time(until):%Y-%m-%d %H:%M:%S}",
        "conn_id": f"{call.began}.{agent_id}" if call else NONE,
        "type_interaction": ("INBOUND" if call.inbound else "OUTBOUND") if call else NONE,
        "destinity": (agent_id if call.inbound else call.telephone) if call else NONE,
        "telephone": call.telephone if call else NONE,
        "campaign_id": NONE,
    }
