"""Shifts beside what was observed, on days worked out by hand, on DuckDB and on PostgreSQL."""

from __future__ import annotations

import csv
from datetime import datetime
from typing import Any

import pytest

from tests.warehouse.handwritten import VIEWS, Agent, Operation, Warehouse, utc

OUT, READY, TALK, BREAK = Agent("Logout"), Agent("Ready"), Agent("Talk"), Agent("Break")
# nobody shipped a category for it
ODD = Agent("Zumbido")


@pytest.fixture
def warehouse(handwritten: Warehouse) -> Warehouse:
    with (VIEWS / "status_categories.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    flags = {"true": True, "false": False}
    handwritten.insert(
        "status_categories",
        *({**row, "productive": flags[row["productive"]], "paid": flags[row["paid"]]} for row in rows),
    )
    return handwritten


def shift(start: int, end: int, **columns: Any) -> dict[str, Any]:
    """A stretch of work of agent 1 on Mondays, in minutes of the day."""
    row: dict[str, Any] = {"shift_id": f"{columns} {start}", "operation": "ventas", "agent_id": "1", "agent_dni": None}
    row |= {"weekday": 1, "starts_minute": start, "ends_minute": end, "valid_from": "2025-01-01", "valid_to": None}
    return row | {"loaded_at": utc("2025-03-01"), "replaced_at": None} | columns


def connected(agent: Agent, moment: str) -> Agent:
    return Agent(agent.agent_status, last_use=utc(moment))


ATTENDANCE = """
select local_day, attendance, arrived_after, arrived_by, late_seconds_at_least, late_seconds_at_most,
    left_after, left_by, left_early_seconds_at_least, left_early_seconds_at_most
from attendance_daily
"""


def test_who_came_late_and_left_early_is_told_between_two_looks(warehouse: Warehouse) -> None:
    # Monday 10 March 2025; work from 08:00 to 17:00 in Bogotá, which is 13:00 to 22:00 UTC
    bogota = Operation()
    bogota.look("2025-03-10 12:00", {"1": OUT}, until="2025-03-10 13:04")
    bogota.look("2025-03-10 13:09", {"1": READY}, until="2025-03-10 15:00")
    bogota.look("2025-03-10 15:04", {"1": BREAK}, until="2025-03-10 21:39")
    bogota.look("2025-03-10 21:44", {"1": OUT}, until="2025-03-10 23:00")
    bogota.load(warehouse)
    warehouse.insert("planned_shifts", shift(480, 1020))

    # the last look without the agent is 13:00, and the first with them 13:09; 21:39 saw them last, and 21:44 no more
    assert warehouse.rows(ATTENDANCE) == [
        (
            *("2025-03-10", "present", "2025-03-10 13:00", "2025-03-10 13:09", 0, 540),
            *("2025-03-10 21:39", "2025-03-10 21:44", 960, 1260),
        )
    ]


def test_who_came_on_time_and_stayed_is_not_late(warehouse: Warehouse) -> None:
    bogota = Operation()
    bogota.look("2025-03-10 12:00", {"1": OUT}, until="2025-03-10 12:40")
    bogota.look("2025-03-10 12:45", {"1": READY}, until="2025-03-10 12:55")
    bogota.look("2025-03-10 13:00", {"1": TALK}, until="2025-03-10 22:10")
    bogota.look("2025-03-10 22:15", {"1": OUT}, until="2025-03-10 23:00")
    bogota.load(warehouse)
    warehouse.insert("planned_shifts", shift(480, 1020))

    assert warehouse.rows(ATTENDANCE) == [
        (
            *("2025-03-10", "present", "2025-03-10 12:40", "2025-03-10 12:45", 0, 0),
            *("2025-03-10 22:10", "2025-03-10 22:15", 0, 0),
        )
    ]


NOTHING = (None, None, None, None, None, None, None, None)


def attended(warehouse: Warehouse, operation: Operation, *shifts: dict[str, Any]) -> list[tuple[Any, ...]]:
    operation.load(warehouse)
    warehouse.insert("planned_shifts", *(shifts or [shift(480, 1020)]))
    return warehouse.rows(ATTENDANCE)


def test_absent_is_who_was_not_there_at_any_look_of_a_day_without_a_gap(warehouse: Warehouse) -> None:
    bogota = Operation()
    bogota.look("2025-03-10 12:00", {"1": OUT}, until="2025-03-10 23:00")
    assert attended(warehouse, bogota) == [("2025-03-10", "absent", *NOTHING)]


def test_an_agent_who_is_not_on_the_roster_is_absent(warehouse: Warehouse) -> None:
    bogota = Operation()
    bogota.look("2025-03-10 12:00", {"7": READY}, until="2025-03-10 23:00")
    assert attended(warehouse, bogota) == [("2025-03-10", "absent", *NOTHING)]


@pytest.mark.parametrize(
    ("hole_from", "hole_to"), [("2025-03-10 12:55", "2025-03-10 13:20"), ("2025-03-10 18:00", "2025-03-10 18:30")]
)
def test_nobody_is_absent_while_nobody_looked(hole_from: str, hole_to: str, warehouse: Warehouse) -> None:
    bogota = Operation()
    bogota.look("2025-03-10 12:00", {"1": OUT}, until=hole_from)
    bogota.look(hole_to, {"1": OUT}, until="2025-03-10 23:00")
    assert attended(warehouse, bogota) == [("2025-03-10", "not observed", *NOTHING)]


def test_a_status_that_no_category_knows_proves_neither(warehouse: Warehouse) -> None:
    bogota = Operation()
    bogota.look("2025-03-10 12:00", {"1": ODD}, until="2025-03-10 23:00")
    assert attended(warehouse, bogota) == [("2025-03-10", "not observed", *NOTHING)]


def test_while_the_work_goes_on_who_has_not_come_is_awaited(warehouse: Warehouse) -> None:
    bogota = Operation()
    bogota.look("2025-03-10 12:00", {"1": OUT}, until="2025-03-10 14:00")
    assert attended(warehouse, bogota) == [("2025-03-10", "awaited", *NOTHING)]


def test_a_connection_says_when_between_two_looks_an_agent_came(warehouse: Warehouse) -> None:
    bogota = Operation()
    bogota.look("2025-03-10 12:00", {"1": OUT}, until="2025-03-10 13:10")
    bogota.look("2025-03-10 13:15", {"1": connected(READY, "2025-03-10 13:12")}, until="2025-03-10 14:00")
    assert attended(warehouse, bogota) == [
        ("2025-03-10", "present", "2025-03-10 13:10", "2025-03-10 13:12", 600, 720, None, None, None, None)
    ]


def test_who_was_gone_again_before_the_work_began_did_not_come_for_it(warehouse: Warehouse) -> None:
    bogota = Operation()
    bogota.look("2025-03-10 11:00", {"1": READY}, until="2025-03-10 12:00")
    bogota.look("2025-03-10 12:05", {"1": OUT}, until="2025-03-10 23:00")
    assert attended(warehouse, bogota) == [("2025-03-10", "absent", *NOTHING)]


def test_a_night_belongs_to_the_day_on_which_it_begins(warehouse: Warehouse) -> None:
    # 22:00 to 06:00 is 03:00 to 11:00 UTC of the next day
    bogota = Operation()
    bogota.look("2025-03-11 02:00", {"1": OUT}, until="2025-03-11 03:05")
    bogota.look("2025-03-11 03:10", {"1": connected(READY, "2025-03-11 03:08")}, until="2025-03-11 11:05")
    bogota.look("2025-03-11 11:10", {"1": connected(OUT, "2025-03-11 03:08")}, until="2025-03-11 12:00")
    assert attended(warehouse, bogota, shift(1320, 1800)) == [
        (
            *("2025-03-10", "present", "2025-03-11 03:05", "2025-03-11 03:08", 300, 480),
            *("2025-03-11 11:05", "2025-03-11 11:10", 0, 0),
        )
    ]


def test_who_connects_on_a_day_without_a_shift_was_not_planned(warehouse: Warehouse) -> None:
    bogota = Operation()
    # before the first planned day there was no plan to be outside of
    bogota.look("2025-03-09 13:00", {"1": OUT, "2": connected(READY, "2025-03-09 12:58")})
    bogota.look("2025-03-10 13:00", {"1": OUT, "2": connected(READY, "2025-03-10 12:58")}, until="2025-03-10 13:30")
    bogota.load(warehouse)
    warehouse.insert("planned_shifts", shift(480, 1020))
    assert warehouse.rows("select agent_key, attendance, arrived_by from attendance_daily") == [
        ("ventas:1", "awaited", None),
        ("ventas:2", "not planned", "2025-03-10 12:58"),
    ]


def test_the_plan_of_a_day_is_the_one_in_force(warehouse: Warehouse) -> None:
    bogota = Operation()
    bogota.look("2025-03-10 05:00", {"1": OUT, "2": Agent("Logout", agent_dni="77")}, until="2025-03-10 06:00")
    bogota.fail("2025-03-18 05:00")
    bogota.load(warehouse)
    warehouse.insert(
        "planned_shifts",
        shift(420, 900, replaced_at=utc("2025-03-09")),
        shift(480, 750, valid_to="2025-03-16"),
        shift(810, 1020, valid_to="2025-03-16"),
        shift(600, 660, weekday=None, valid_from="2025-03-12", valid_to="2025-03-12"),
        # the same agent by the document, which does not count beside the id; and another, for whom it does
        shift(300, 360, agent_id=None, agent_dni="1001"),
        shift(540, 600, agent_id=None, agent_dni="77", valid_from="2025-03-17"),
        shift(540, 600, agent_id=None, agent_dni="no agent has it"),
    )
    assert warehouse.rows("select local_day, agent_key, part, planned_from, planned_to from planned_times") == [
        ("2025-03-10", "ventas:1", 1, "2025-03-10 13:00", "2025-03-10 17:30"),
        ("2025-03-10", "ventas:1", 2, "2025-03-10 18:30", "2025-03-10 22:00"),
        ("2025-03-12", "ventas:1", 1, "2025-03-12 15:00", "2025-03-12 16:00"),
        ("2025-03-17", "ventas:1", 1, "2025-03-17 10:00", "2025-03-17 11:00"),
        ("2025-03-17", "ventas:2", 1, "2025-03-17 14:00", "2025-03-17 15:00"),
    ]


HOLIDAYS = "day,hours\n2025-03-10,\n2025-03-17,10:00-12:00\n2025-03-17,13:00-18:00\n2025-03-18,18:00-20:00\n"


def test_a_holiday_goes_before_the_plan_of_its_weekday_and_a_plan_for_that_very_day_before_the_holiday(
    warehouse: Warehouse,
) -> None:
    bogota = Operation()
    bogota.opens("mon-sun 07:00-19:00", HOLIDAYS)
    bogota.look("2025-03-10 12:00", {"1": OUT, "2": OUT}, until="2025-03-10 12:30")
    bogota.fail("2025-03-18 12:00")
    bogota.load(warehouse)
    warehouse.insert(
        "planned_shifts",
        shift(480, 1020),
        # a night of the Sunday before belongs to the Sunday
        shift(1320, 1800, weekday=7),
        shift(540, 660, agent_id="2", weekday=None, valid_from="2025-03-10", valid_to="2025-03-10"),
        shift(480, 1020, agent_id="2", weekday=2),
    )
    assert warehouse.rows("select local_day, agent_key, part, planned_from, planned_to from planned_times") == [
        # on Monday the 10th only who is planned for that day, from 09:00 to 11:00
        ("2025-03-10", "ventas:2", 1, "2025-03-10 14:00", "2025-03-10 16:00"),
        ("2025-03-11", "ventas:2", 1, "2025-03-11 13:00", "2025-03-11 22:00"),
        ("2025-03-16", "ventas:1", 1, "2025-03-17 03:00", "2025-03-17 11:00"),
        # on Monday the 17th as long as it is open, and on Tuesday the 18th the shift is over when it opens
        ("2025-03-17", "ventas:1", 1, "2025-03-17 15:00", "2025-03-17 17:00"),
        ("2025-03-17", "ventas:1", 2, "2025-03-17 18:00", "2025-03-17 22:00"),
    ]


def test_nobody_is_absent_on_a_holiday_and_who_comes_was_not_planned(warehouse: Warehouse) -> None:
    bogota = Operation()
    bogota.opens("mon-fri 07:00-19:00", "day\n2025-03-17\n")
    bogota.look("2025-03-10 12:00", {"1": OUT, "2": OUT}, until="2025-03-10 23:00")
    bogota.look("2025-03-17 12:00", {"1": connected(READY, "2025-03-17 12:58"), "2": OUT}, until="2025-03-17 23:00")
    bogota.load(warehouse)
    warehouse.insert("planned_shifts", shift(480, 1020), shift(480, 1020, agent_id="2"))
    assert warehouse.rows("select local_day, agent_key, attendance from attendance_daily") == [
        ("2025-03-10", "ventas:1", "absent"),
        ("2025-03-10", "ventas:2", "absent"),
        ("2025-03-17", "ventas:1", "not planned"),
    ]
    assert warehouse.rows(MISSING) == []


def test_adherence_has_bounds_where_a_change_lies_between_two_looks(warehouse: Warehouse) -> None:
    # work from 08:00 to 10:00 and, after a break, to 11:00
    bogota = Operation()
    bogota.look("2025-03-10 13:00", {"1": READY}, until="2025-03-10 13:55")
    bogota.look("2025-03-10 14:00", {"1": TALK}, until="2025-03-10 14:25")
    bogota.look("2025-03-10 14:30", {"1": BREAK}, until="2025-03-10 15:05")
    # nobody looks until 15:45
    bogota.look("2025-03-10 15:45", {"1": READY}, until="2025-03-10 16:30")
    bogota.load(warehouse)
    warehouse.insert("planned_shifts", shift(480, 600), shift(630, 660))
    assert warehouse.rows(
        "select local_day, planned_seconds, covered_seconds, coverage_percent, fitting_seconds_at_least,"
        " fitting_seconds_at_most, adherence_percent_at_least, adherence_percent_at_most from adherence_daily"
    ) == [
        # planned 120 and 30 minutes, looked at for 120 and 15; fitting from 13:00 to 14:25 and 15:45 to 16:00,
        # and certainly not from 14:30 to 15:00
        ("2025-03-10", 9000, 8100, 90.0, 6000, 7200, 66.67, 80.0)
    ]


def test_planned_time_that_is_still_to_come_does_not_count(warehouse: Warehouse) -> None:
    bogota = Operation()
    bogota.look("2025-03-10 13:00", {"1": READY}, until="2025-03-10 13:30")
    bogota.load(warehouse)
    warehouse.insert("planned_shifts", shift(480, 1020))
    assert warehouse.rows("select planned_seconds, adherence_percent_at_least from adherence_daily") == [(1800, 100.0)]


MISSING = "select agent_key, planned_start_at, missing_since, missing_seconds_at_least, looked_at from missing_now"


def missing(warehouse: Warehouse, *looks: tuple[str, str, Agent]) -> list[tuple[Any, ...]]:
    bogota = Operation()
    for since, until, agent in looks:
        bogota.look(since, {"1": agent}, until=until)
    bogota.load(warehouse)
    warehouse.insert("planned_shifts", shift(480, 750), shift(810, 1020))
    return warehouse.rows(MISSING)


def at(text: str) -> str:
    return f"{datetime.fromisoformat('2025-03-10 ' + text):%Y-%m-%d %H:%M}"


def test_missing_is_who_should_have_begun_and_is_not_there(warehouse: Warehouse) -> None:
    assert missing(warehouse, (at("12:00"), at("13:40"), OUT)) == [
        ("ventas:1", at("13:00"), at("13:00"), 2400, at("13:40"))
    ]


def test_who_left_is_missing_since_the_look_that_found_them_gone(warehouse: Warehouse) -> None:
    assert missing(warehouse, (at("12:00"), at("13:10"), READY), (at("13:15"), at("13:40"), OUT)) == [
        ("ventas:1", at("13:00"), at("13:15"), 1500, at("13:40"))
    ]


def test_what_happened_while_nobody_looked_makes_nobody_missing_for_longer(warehouse: Warehouse) -> None:
    assert missing(warehouse, (at("12:00"), at("13:10"), OUT), (at("14:00"), at("14:20"), OUT)) == [
        ("ventas:1", at("13:00"), at("14:00"), 1200, at("14:20"))
    ]


@pytest.mark.parametrize("agent", [READY, BREAK, ODD], ids=["there", "in a break", "in an unknown status"])
def test_nobody_who_may_be_there_is_missing(agent: Agent, warehouse: Warehouse) -> None:
    assert missing(warehouse, (at("12:00"), at("13:40"), agent)) == []


@pytest.mark.parametrize("until", ["12:55", "17:30", "18:25", "22:00"])
def test_nobody_is_missing_before_and_after_the_work_or_in_a_planned_break(until: str, warehouse: Warehouse) -> None:
    assert missing(warehouse, (at("12:00"), at(until), OUT)) == []


# where there are status events


def event(status: str, begin: str, end: str) -> dict[str, Any]:
    """What agent 1 did on Monday 10 March 2025, to the second."""
    who = {"operation": "ventas", "agent_key": "ventas:1", "agent_id": "1", "agent_name": "GÓMEZ  ANA"}
    span = {"began_at": utc(f"2025-03-10 {begin}"), "ended_at": utc(f"2025-03-10 {end}")}
    return {"event_key": f"ventas:1|{begin}", **who, "agent_status": status, **span}


def test_events_say_to_the_second_who_came_late_left_early_and_kept_to_the_plan(warehouse: Warehouse) -> None:
    bogota = Operation()
    bogota.look("2025-03-10 12:00", {"1": OUT}, until="2025-03-10 13:00")
    bogota.look("2025-03-10 13:05", {"1": READY}, until="2025-03-10 15:00")
    bogota.look("2025-03-10 15:05", {"1": BREAK}, until="2025-03-10 15:30")
    bogota.look("2025-03-10 15:35", {"1": READY}, until="2025-03-10 21:40")
    bogota.look("2025-03-10 21:45", {"1": OUT}, until="2025-03-10 23:00")
    bogota.load(warehouse)
    warehouse.insert("planned_shifts", shift(480, 1020))
    sampled = warehouse.rows("select fitting_seconds_at_least, fitting_seconds_at_most from adherence_daily")

    warehouse.insert(
        "agent_status_events",
        event("READY", "13:01:30", "15:00:10"),
        event("BREAK", "15:00:10", "15:33:20"),
        # no look saw this
        event("TALK", "15:33:20", "15:34:00"),
        event("READY", "15:34:00", "21:42:15"),
    )

    seconds = "extract(epoch from {} - timestamptz '2025-03-10 13:00:00+00')"
    arrived, left = seconds.format("arrived_by"), seconds.format("left_after")
    assert warehouse.rows(f"select {arrived}, {left} from attendance_daily") == [(90, 8 * 3600 + 42 * 60 + 15)]
    bounds = "late_seconds_at_least, late_seconds_at_most, left_early_seconds_at_least, left_early_seconds_at_most"
    assert warehouse.rows(f"select {bounds} from attendance_daily") == [(0, 90, 900, 1065)]
    # of the nine planned hours, what READY and TALK took; nobody knows what was from 13:00 to 13:01:30, and from
    # 21:42:15 to the look at 21:45
    fitting = (2 * 3600 - 90 + 10) + 40 + (6 * 3600 + 8 * 60 + 15)
    assert warehouse.rows("select fitting_seconds_at_least, fitting_seconds_at_most from adherence_daily") == [
        (fitting, fitting + 90 + 165)
    ]
    ((least, most),) = sampled
    assert least <= fitting <= most
    day = "select agent_status, observed_seconds, source from agent_status_daily"
    assert warehouse.rows(day) == [
        ("Break", 33 * 60 + 10, "events"),
        # before 13:00 and after 21:45
        ("Logout", 3600 + 75 * 60, "observations"),
        ("Ready", 2 * 3600 - 90 + 10 + 6 * 3600 + 8 * 60 + 15, "events"),
        ("TALK", 40, "events"),
    ]
