"""The simulator's skills, live report and dated reports, which tell one truth in the vendor's spellings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.simulated import MONDAY, Opener, Wolkvox, opener, refused, with_three
from wolkvox_source.simulator import ContactCentre

DAY = {"date_ini": "20260302000000", "date_end": "20260302235959"}


@pytest.fixture
def open_wolkvox() -> Iterator[Opener]:
    with opener() as opened:
        yield opened


@pytest.fixture
def wolkvox(open_wolkvox: Opener) -> Wolkvox:
    """A centre of three."""
    return with_three(open_wolkvox())


@pytest.fixture
def busy(open_wolkvox: Opener) -> Wolkvox:
    """A lively centre on Monday at 11:00, four hours after it was founded."""
    opened = open_wolkvox(ContactCentre(agents=40, licences=5, now=MONDAY))
    opened.centre.advance(timedelta(hours=4))
    return opened


def dated(wolkvox: Wolkvox, api: str, **dates: str) -> list[dict[str, str]]:
    """The rows of a dated report, of the first Monday if nothing else is said."""
    response = wolkvox.http.get("reports_manager.php", params={"api": api, **(dates or DAY)})
    assert response.status_code == 200
    rows: list[dict[str, str]] = response.json()["data"]
    assert response.json()["msg"] == f"{len(rows)} records were found"
    return rows


def live(wolkvox: Wolkvox) -> dict[str, dict[str, str]]:
    response = wolkvox.http.get("real_time.php", params={"api": "agents"})
    return {record["agent_id"]: record for record in response.json()["data"]}


def seconds(duration: str) -> int:
    hours, minutes, rest = duration.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(rest)


def written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


# skills


def test_skills_are_listed_and_can_be_picked(wolkvox: Wolkvox) -> None:
    assert len(wolkvox.information("skills").json()["data"]) == 4
    assert wolkvox.information("skills", skill="4002").json()["data"] == [
        {
            "skill_id": "4002",
            "skill_name": "SOPORTE",
            "skill_description": "Soporte técnico",
            "last_use": "2026-03-02 06:00:00",
        }
    ]
    assert wolkvox.information("skills", skill="1").status_code == 404


def test_the_agents_of_a_skill_are_listed(wolkvox: Wolkvox) -> None:
    wolkvox.centre.add_to_skill("12001", "4002")
    wolkvox.centre.add_to_skill("12003", "4002", expertise=9)
    wolkvox.centre.add_to_skill("12003", "4001")
    wolkvox.centre.remove_from_skill("12003", "4001")

    assert wolkvox.information("agents_in_skill", skill_id="4002").json()["data"] == [
        {"agent_id": "12001", "agent_name": "GÓMEZ  ANA", "last_use": "", "expertise": "5"},
        {"agent_id": "12003", "agent_name": "PEÑA  SARA", "last_use": "", "expertise": "9"},
    ]
    assert wolkvox.information("agents_in_skill", skill_id="4001").status_code == 404
    assert wolkvox.information("agents_in_skill", skill_id="1").status_code == 404
    assert refused(wolkvox.information("agents_in_skill"))[3] == "SOME PARAMETERS ARE REQUIRED"


def test_everybody_of_a_lively_centre_has_a_skill_or_two(busy: Wolkvox) -> None:
    skilled: dict[str, int] = {}
    for skill in busy.information("skills").json()["data"]:
        for agent in busy.information("agents_in_skill", skill_id=skill["skill_id"]).json()["data"]:
            skilled[agent["agent_id"]] = skilled.get(agent["agent_id"], 0) + 1

    assert skilled.keys() == busy.centre.agents.keys()
    assert set(skilled.values()) == {1, 2}


# live


def test_the_live_report_has_everybody_and_only_texts(wolkvox: Wolkvox) -> None:
    wolkvox.centre.leave("12002")
    wolkvox.centre.leave("12003")
    for status, minutes in (("Ready", 10), ("Ring", 1), ("Talk", 5), ("ACW", 2), ("Baño", 6), ("Ready", 2)):
        wolkvox.centre.set_status("12001", status)
        wolkvox.centre.advance(timedelta(minutes=minutes))

    assert live(wolkvox) == {
        "12001": {
            "agent_id": "12001",
            "agent_name": "GÓMEZ  ANA",
            "agent_status": "Ready",
            "calls": "1",
            "inbound": "1",
            "outbound": "0",
            "internal": "0",
            "time_state_now": "120",
            "ready_time": "00:12:00",
            "inbound_time": "00:05:00",
            "outbound_time": "00:00:00",
            "acw_time": "00:02:00",
            "ring_time": "00:01:00",
            "login_time": "00:26:00",
            "aht_time": "00:07:00",
            "ocupation": "35.00 %",
            "aux_time": "00:06:00",
        }
    }


def test_the_live_report_agrees_with_the_roster_and_with_what_truly_happened(busy: Wolkvox) -> None:
    for _ in range(6):
        busy.centre.advance(timedelta(minutes=97, seconds=11))
        now = busy.centre.now
        roster = {record["agent_id"]: record["agent_status"] for record in busy.report().json()["data"]}
        present = {event.agent_id: event for event in busy.centre.status_events() if event.until is None}

        told = live(busy)

        assert {agent_id: record["agent_status"] for agent_id, record in told.items()} == roster
        for agent_id, record in told.items():
            assert int(record["time_state_now"]) == int((now - present[agent_id].since).total_seconds())


def test_the_live_counters_are_the_sums_of_todays_statuses(busy: Wolkvox) -> None:
    busy.centre.advance(timedelta(days=1, hours=2))
    now, midnight = busy.centre.now, datetime(2026, 3, 3, tzinfo=ZoneInfo("America/Bogota"))
    talk: dict[str, float] = {}
    for event in busy.centre.status_events(midnight):
        if event.status == "Talk":
            talk.setdefault(event.agent_id, 0)
            talk[event.agent_id] += ((event.until or now) - event.since).total_seconds()

    assert len(talk) > 20
    for agent_id, record in live(busy).items():
        assert seconds(record["inbound_time"]) + seconds(record["outbound_time"]) == talk.get(agent_id, 0)
        parts = ("ready_time", "ring_time", "inbound_time", "outbound_time", "acw_time", "aux_time")
        assert sum(seconds(record[part]) for part in parts) == seconds(record["login_time"])


# sessions


def test_a_session_is_a_row(wolkvox: Wolkvox) -> None:
    wolkvox.centre.connect("12001")
    wolkvox.centre.set_status("12001", "Ready")
    wolkvox.centre.advance(timedelta(hours=9, minutes=5, seconds=7))
    wolkvox.centre.set_status("12001", "Logout")

    assert dated(wolkvox, "agent_7") == [
        {
            "agent_id": "12001",
            "agent_name": "GÓMEZ  ANA",
            "agent_dni": "1",
            "date": "2026-03-02",
            "login": "2026-03-02 07:00:00",
            "logout": "2026-03-02 16:05:07",
            "login_time": "09:05:07",
        }
    ]


def test_the_logout_of_somebody_still_connected_moves_on_every_ten_minutes(wolkvox: Wolkvox) -> None:
    wolkvox.centre.advance(timedelta(minutes=4))
    wolkvox.centre.connect("12001")
    wolkvox.centre.set_status("12001", "Ready")
    told = []
    for _ in range(4):
        (row,) = dated(wolkvox, "agent_7")
        told.append((row["logout"][11:], row["login_time"]))
        wolkvox.centre.advance(timedelta(minutes=7))

    assert told == [("", "00:00:00"), ("07:10:00", "00:06:00"), ("07:10:00", "00:06:00"), ("07:20:00", "00:16:00")]


def test_a_session_may_be_longer_than_a_day(wolkvox: Wolkvox) -> None:
    wolkvox.centre.set_status("12001", "Ready")
    wolkvox.centre.advance(timedelta(hours=30))
    wolkvox.centre.set_status("12001", "Logout")

    (row,) = dated(wolkvox, "agent_7")

    assert (row["date"], row["logout"], row["login_time"]) == ("2026-03-02", "2026-03-03 13:00:00", "30:00:00")


def test_the_sessions_of_a_lively_day_are_those_that_there_were(busy: Wolkvox) -> None:
    busy.centre.advance(timedelta(hours=12))

    rows = dated(busy, "agent_7")

    assert sorted((row["agent_id"], row["login"], row["logout"]) for row in rows) == sorted(
        (session.agent_id, written(session.login), written(session.logout))
        for session in busy.centre.sessions()
        if session.logout is not None
    )
    assert len(rows) > 20


# status events


def test_every_status_is_a_row_when_it_is_over(wolkvox: Wolkvox) -> None:
    for status, minutes in (("Ring", 1), ("Talk", 5), ("ACW", 2), ("Baño", 6), ("Ready", 2)):
        wolkvox.centre.set_status("12001", status)
        wolkvox.centre.advance(timedelta(minutes=minutes))

    rows = dated(wolkvox, "agent_14")

    assert [(row["agent_status"], row["time"], row["date_ini"][11:], row["date_end"][11:]) for row in rows] == [
        ("RING", "00:01:00", "07:00:00", "07:01:00"),
        ("TALK", "00:05:00", "07:01:00", "07:06:00"),
        ("ACW", "00:02:00", "07:06:00", "07:08:00"),
        ("Baño", "00:06:00", "07:08:00", "07:14:00"),
    ]
    assert rows[1] == {
        "agent_id": "12001",
        "agent_name": "GÓMEZ  ANA",
        "agent_dni": "1",
        "agent_status": "TALK",
        "time": "00:05:00",
        "date_ini": "2026-03-02 07:01:00",
        "date_end": "2026-03-02 07:06:00",
        "conn_id": "1772452800.12001",
        "type_interaction": "OUTBOUND",
        "destinity": "3005550583",
        "telephone": "3005550583",
        "campaign_id": "-",
    }
    assert rows[3]["conn_id"] == "-"


def test_the_statuses_of_a_lively_day_are_those_that_there_were(busy: Wolkvox) -> None:
    busy.centre.advance(timedelta(hours=12))

    rows = dated(busy, "agent_14")

    shouted = {"Ready": "READY", "Talk": "TALK", "Ring": "RING", "ACW": "ACW"}
    assert sorted((row["agent_id"], row["date_ini"], row["date_end"], row["agent_status"]) for row in rows) == sorted(
        (event.agent_id, written(event.since), written(event.until), shouted.get(event.status, event.status))
        for event in busy.centre.status_events()
        if event.until is not None and event.status not in ("Logout", "")
    )
    assert [row["date_ini"] for row in rows] == sorted(row["date_ini"] for row in rows)
    assert len(rows) > 1_000


def test_neighbouring_windows_have_every_status_once(open_wolkvox: Opener) -> None:
    busy = open_wolkvox(ContactCentre(agents=9, now=MONDAY))
    busy.centre.advance(timedelta(days=2))
    whole = dated(busy, "agent_14", date_ini="20260302000000", date_end="20260303235959")

    first = dated(busy, "agent_14", date_ini="20260302000000", date_end="20260302103759")
    second = dated(busy, "agent_14", date_ini="20260302103800", date_end="20260303235959")

    assert first + second == whole


def test_the_ids_of_dated_reports_may_be_spelled_otherwise(open_wolkvox: Opener) -> None:
    wolkvox = with_three(open_wolkvox(id_field="id_agent"))
    wolkvox.centre.set_status("12001", "Ready")
    wolkvox.centre.advance(timedelta(minutes=30))
    wolkvox.centre.set_status("12001", "Logout")

    for api in ("agent_7", "agent_14"):
        (row,) = dated(wolkvox, api)
        assert row["id_agent"] == "12001"
        assert "agent_id" not in row


def test_a_report_has_so_many_records_at_most_and_does_not_say_so(open_wolkvox: Opener) -> None:
    wolkvox = open_wolkvox(ContactCentre(agents=40, licences=5, now=MONDAY, ceiling=25))
    wolkvox.centre.advance(timedelta(hours=4))

    assert wolkvox.report().json()["msg"] == "25 records were found"
    assert len(dated(wolkvox, "agent_14")) == 25


# dates


@pytest.mark.parametrize(
    ("file", "api"),
    [("information.php", "audit_log"), ("reports_manager.php", "agent_1"), ("reports_manager.php", "agent_7")],
)
def test_a_dated_report_without_rows_blames_the_dates(wolkvox: Wolkvox, file: str, api: str) -> None:
    assert refused(wolkvox.http.get(file, params={"api": api, **DAY}))[3] == "Validate dates entered"
    assert refused(wolkvox.http.get(file, params={"api": api}))[3] == "SOME PARAMETERS ARE REQUIRED"


@pytest.mark.parametrize(
    ("first", "last", "status"),
    [
        pytest.param("20260201000000", "20260303235959", 200, id="31 days"),
        pytest.param("20260131000000", "20260303235959", 400, id="32 days"),
        pytest.param("20260303000000", "20260302000000", 400, id="backwards"),
        pytest.param("2026-03-02", "20260302235959", 400, id="not 14 digits"),
        pytest.param("20260230000000", "20260302235959", 400, id="no such day"),
        pytest.param("２０２６0302000000", "20260302235959", 400, id="other digits"),
        pytest.param("20260303000000", "20260304000000", 404, id="nothing there"),
    ],
)
def test_windows_are_of_fourteen_digits_and_thirty_one_days(busy: Wolkvox, first: str, last: str, status: int) -> None:
    response = busy.http.get("reports_manager.php", params={"api": "agent_14", "date_ini": first, "date_end": last})

    assert response.status_code == status


def test_dates_are_in_the_zone_of_the_centre(open_wolkvox: Opener) -> None:
    # 23:30 in Lima is the next day in UTC
    late = datetime(2026, 3, 2, 23, 30, tzinfo=ZoneInfo("America/Lima"))
    wolkvox = with_three(open_wolkvox(now=late, timezone="America/Lima"))
    wolkvox.centre.set_status("12001", "Ready")
    wolkvox.centre.advance(timedelta(minutes=10))
    wolkvox.centre.set_status("12001", "Logout")

    assert [row["date_ini"] for row in dated(wolkvox, "agent_14")] == ["2026-03-02 23:30:00"]


def test_an_api_that_is_absent_is_not_told_from_one_without_rows(open_wolkvox: Opener) -> None:
    wolkvox = open_wolkvox(absent_apis={"agent_14"})

    response = wolkvox.http.get("reports_manager.php", params={"api": "agent_14", **DAY})

    assert refused(response) == (404, "404", "NOT FOUND", "Validate dates entered")
