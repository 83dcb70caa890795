"""Statuses by the hour, by the quarter and by reason, on hours worked out by hand, on DuckDB and on PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest

from tests.warehouse.handwritten import Agent, Operation, Warehouse, utc

MEANINGS = (("Ready", "ready"), ("Baño", "auxiliary"), ("Almuerzo", "auxiliary"), ("Logout", "logged out"))


@pytest.fixture
def warehouse(handwritten: Warehouse) -> Warehouse:
    rows: list[dict[str, Any]] = [
        {"agent_status": word, "operation": "*", "category": category, "productive": True, "paid": True}
        for word, category in MEANINGS
    ]
    handwritten.insert("status_categories", *rows)
    return handwritten


def a_morning(timezone: str) -> Operation:
    """Ready for 40 minutes from 13:00 UTC, 15 in the bathroom, 20 unseen, ready for 10, lunch for 5."""
    operation = Operation(timezone=timezone)
    operation.look("2025-03-10 13:00", {"1": Agent("Ready")}, until="2025-03-10 13:35")
    operation.look("2025-03-10 13:40", {"1": Agent("Baño")}, until="2025-03-10 13:55")
    operation.look("2025-03-10 14:15", {"1": Agent("Ready")}, until="2025-03-10 14:20")
    operation.look("2025-03-10 14:25", {"1": Agent("Almuerzo")}, until="2025-03-10 14:30")
    return operation


def test_an_interval_is_cut_at_each_quarter_of_an_hour(warehouse: Warehouse) -> None:
    a_morning("America/Bogota").load(warehouse)
    assert warehouse.rows(
        "select quarter_from, local_hour, agent_status, observed_seconds from agent_status_quarter_hourly"
    ) == [
        ("2025-03-10 13:00", 8, "Ready", 900),
        ("2025-03-10 13:15", 8, "Ready", 900),
        ("2025-03-10 13:30", 8, "Baño", 300),
        ("2025-03-10 13:30", 8, "Ready", 600),
        ("2025-03-10 13:45", 8, "Baño", 600),
        ("2025-03-10 14:15", 9, "Almuerzo", 300),
        ("2025-03-10 14:15", 9, "Ready", 600),
    ]


@pytest.mark.parametrize(
    ("timezone", "rows"),
    [
        (
            "America/Bogota",
            [
                ("2025-03-10 13:00", "2025-03-10", 8, "Baño", 900),
                ("2025-03-10 13:00", "2025-03-10", 8, "Ready", 2400),
                ("2025-03-10 14:00", "2025-03-10", 9, "Almuerzo", 300),
                ("2025-03-10 14:00", "2025-03-10", 9, "Ready", 600),
            ],
        ),
        (
            # half an hour off, where 13:00 is half past six in the evening
            "Asia/Kolkata",
            [
                ("2025-03-10 12:30", "2025-03-10", 18, "Ready", 1800),
                ("2025-03-10 13:30", "2025-03-10", 19, "Almuerzo", 300),
                ("2025-03-10 13:30", "2025-03-10", 19, "Baño", 900),
                ("2025-03-10 13:30", "2025-03-10", 19, "Ready", 1200),
            ],
        ),
    ],
)
def test_an_hour_is_one_of_the_operations_own_clock(
    timezone: str, rows: list[tuple[Any, ...]], warehouse: Warehouse
) -> None:
    a_morning(timezone).load(warehouse)
    assert rows == warehouse.rows(
        "select hour_from, local_day, local_hour, agent_status, observed_seconds from agent_status_hourly"
    )


def test_an_hour_that_the_clocks_repeat_has_rows_of_its_own_each_time(warehouse: Warehouse) -> None:
    # in Santiago the hour from 23:00 comes twice on 5 April 2025
    santiago = Operation(timezone="America/Santiago")
    santiago.look("2025-04-06 01:30", {"1": Agent("Ready")}, until="2025-04-06 05:00")
    santiago.load(warehouse)
    assert warehouse.rows("select hour_from, local_day, local_hour, observed_seconds from agent_status_hourly") == [
        ("2025-04-06 01:00", "2025-04-05", 22, 1800),
        ("2025-04-06 02:00", "2025-04-05", 23, 3600),
        ("2025-04-06 03:00", "2025-04-05", 23, 3600),
        ("2025-04-06 04:00", "2025-04-06", 0, 3600),
    ]


def test_hours_add_up_to_the_day(warehouse: Warehouse) -> None:
    a_morning("America/Bogota").load(warehouse)
    by_day = warehouse.rows("select agent_status, sum(observed_seconds) from agent_status_daily group by 1")
    by_hour = warehouse.rows("select agent_status, sum(observed_seconds) from agent_status_hourly group by 1")
    assert by_hour == by_day
    assert len(by_day) == 3


def test_another_time_zone_in_the_midst_of_a_quarter_neither_loses_nor_repeats_a_second(warehouse: Warehouse) -> None:
    # half past one on the 11th in Madrid, which then is half past seven in the evening of the 10th in Bogotá again
    ventas = Operation(timezone="America/Bogota")
    ventas.look("2025-03-10 23:32", {"1": Agent("Ready")}, until="2025-03-11 00:02")
    ventas.timezone = "Europe/Madrid"
    ventas.look("2025-03-11 00:07", {"1": Agent("Ready")}, until="2025-03-11 00:22")
    ventas.timezone = "America/Bogota"
    ventas.look("2025-03-11 00:27", {"1": Agent("Ready")}, until="2025-03-11 00:32")
    ventas.load(warehouse)
    assert warehouse.rows(
        "select quarter_from, local_day, local_hour, observed_seconds from agent_status_quarter_hourly"
    ) == [
        ("2025-03-10 23:30", "2025-03-10", 18, 780),
        ("2025-03-10 23:45", "2025-03-10", 18, 900),
        ("2025-03-11 00:00", "2025-03-10", 19, 900),
        ("2025-03-11 00:15", "2025-03-11", 1, 900),
        ("2025-03-11 00:30", "2025-03-10", 19, 120),
    ]
    assert warehouse.rows("select hour_from, local_day, local_hour, observed_seconds from agent_status_hourly") == [
        ("2025-03-10 23:00", "2025-03-10", 18, 1680),
        ("2025-03-11 00:00", "2025-03-10", 19, 1020),
        ("2025-03-11 00:00", "2025-03-11", 1, 900),
    ]


def test_status_events_from_before_the_first_observation_and_after_the_latest_are_in_the_hours_too(
    warehouse: Warehouse,
) -> None:
    a_morning("America/Bogota").load(warehouse)
    who = {"operation": "ventas", "agent_key": "ventas:1", "agent_id": "1", "agent_name": "GÓMEZ  ANA"}
    spans = [
        ("2025-01-07 04:50", "2025-01-07 05:20"),
        ("2025-03-10 13:00", "2025-03-10 14:30"),
        ("2025-03-12 04:50", "2025-03-12 05:10"),
    ]
    for begin, end in spans:
        span = {"began_at": utc(begin), "ended_at": utc(end)}
        warehouse.insert("agent_status_events", {"event_key": begin, **who, "agent_status": "READY", **span})
    assert warehouse.rows("select hour_from, local_day, local_hour, observed_seconds from agent_status_hourly") == [
        ("2025-01-07 04:00", "2025-01-06", 23, 600),
        ("2025-01-07 05:00", "2025-01-07", 0, 1200),
        ("2025-03-10 13:00", "2025-03-10", 8, 3600),
        ("2025-03-10 14:00", "2025-03-10", 9, 1800),
        ("2025-03-12 04:00", "2025-03-11", 23, 600),
        ("2025-03-12 05:00", "2025-03-12", 0, 600),
    ]
    by_day = "select local_day, sum(observed_seconds) from {} group by 1"
    assert warehouse.rows(by_day.format("agent_status_hourly")) == warehouse.rows(by_day.format("agent_status_daily"))


def test_auxiliary_time_is_told_by_reason_beside_the_time_logged_in(warehouse: Warehouse) -> None:
    a_morning("America/Bogota").load(warehouse)
    assert warehouse.rows(
        "select local_day, agent_status, observed_seconds, present_seconds, auxiliary_percent"
        " from agent_auxiliary_daily"
    ) == [
        ("2025-03-10", "Almuerzo", 300, 4200, 7.14),
        ("2025-03-10", "Baño", 900, 4200, 21.43),
    ]
