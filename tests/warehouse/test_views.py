"""The views, over rows written by hand and answers worked out by hand, on DuckDB and on PostgreSQL."""

from __future__ import annotations

import csv
import random
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlglot
from sqlglot import exp

from tests.warehouse.handwritten import NAMES, TABLES, VIEWS, Agent, Operation, Warehouse, literal, utc
from wolkvox_source.coverage import QUERY, coverage
from wolkvox_source.hours import open_seconds, week
from wolkvox_source.warehouse.dialect import in_dialect, relations


@pytest.fixture
def warehouse(handwritten: Warehouse) -> Warehouse:
    return handwritten


@pytest.fixture
def categories(warehouse: Warehouse) -> None:
    """The status categories that we ship."""
    with (VIEWS / "status_categories.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    flags = {"true": True, "false": False}
    warehouse.insert(
        "status_categories",
        *({**row, "productive": flags[row["productive"]], "paid": flags[row["paid"]]} for row in rows),
    )


# what every view promises


def header(name: str) -> list[str]:
    lines = (VIEWS / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    return lines[: next(i for i, line in enumerate(lines) if not line.startswith("--"))]


def described(name: str) -> dict[str, str]:
    matches = (re.match(r"-- ([a-z][a-z0-9_]*): (.+)", line) for line in header(name))
    return {match[1]: match[2] for match in matches if match}


def keys(name: str) -> list[str]:
    match = re.match(r"-- One row per .+ \(([a-z0-9_, ]+)\)[.,]", header(name)[0])
    assert match, f"{name}: the first line does not say what a row is, with its key in brackets"
    return match[1].split(", ")


def test_the_views_are_those_that_we_promise() -> None:
    assert NAMES == [
        "adherence_daily",
        "agent_auxiliary_daily",
        "agent_connections_daily",
        "agent_event_gaps",
        "agent_exact_statuses",
        "agent_people",
        "agent_sessions_daily",
        "agent_skills_now",
        "agent_status_daily",
        "agent_status_hourly",
        "agent_status_intervals",
        "agent_status_quarter_hourly",
        "agents_now",
        "attendance_daily",
        "coverage_daily",
        "day_parts",
        "licence_usage_daily",
        "looks",
        "missing_now",
        "observation_settings",
        "open_times",
        "planned_presence",
        "planned_times",
        "provisioned_agents_now",
        "roster_changes",
        "status_meanings",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_view_is_one_select_over_tables_and_views_that_exist(name: str) -> None:
    statements = sqlglot.parse((VIEWS / f"{name}.sql").read_text(encoding="utf-8"), read="duckdb")
    assert len(statements) == 1
    assert isinstance(statements[0], exp.Select | exp.Union)
    assert relations(statements[0].sql(dialect="duckdb")) <= {*TABLES, *NAMES}
    steps = {step.alias for step in statements[0].find_all(exp.CTE)}
    assert not steps & {*TABLES, *NAMES}, "a step that is named like a table hides it"


# dlt's SQL destinations, by the name that sqlglot has for their dialect
DIALECTS = ["athena", "bigquery", "clickhouse", "databricks", "dremio", "duckdb", "fabric", "postgres", "redshift"]
DIALECTS += ["snowflake", "tsql"]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", NAMES)
def test_a_view_can_be_written_for_other_destinations_and_read_again(name: str, dialect: str) -> None:
    written = in_dialect((VIEWS / f"{name}.sql").read_text(encoding="utf-8"), dialect, "contact_center")
    again = sqlglot.parse_one(written, read=dialect)
    assert isinstance(again, exp.Select | exp.Union)
    assert {table.name for table in again.find_all(exp.Table) if table.db} == relations(
        (VIEWS / f"{name}.sql").read_text(encoding="utf-8")
    )


def test_a_destination_without_time_zones_is_not_handed_a_view_that_lost_them() -> None:
    with pytest.raises(sqlglot.errors.UnsupportedError):
        in_dialect((VIEWS / "observation_settings.sql").read_text(encoding="utf-8"), "mysql")


def test_a_view_describes_exactly_the_columns_that_it_returns(warehouse: Warehouse) -> None:
    assert {name: warehouse.columns(name) for name in NAMES} == {name: list(described(name)) for name in NAMES}


def test_columns_have_the_same_types_on_both_destinations(warehouse: Warehouse) -> None:
    words = {
        "character varying": "text",
        "varchar": "text",
        "double precision": "double",
    }
    types = {
        f"{name}.{column}": words.get(kind.lower(), kind.lower())
        for name in NAMES
        for column, kind in warehouse.types(name).items()
    }
    ends = [
        (r"_percent(_at_least|_at_most)?", "double"),
        (r"_at|_ends_at|_from|_to|_after|_since|_before|_by", "timestamp with time zone"),
        (
            r"_seconds|_at_least|_at_most|_observations|_until_purge|days_since_last_use|_agents|_30_days|slots",
            "bigint",
        ),
        (r"_day", "date"),
    ]
    counts = (
        "agents",
        "observations",
        "connections",
        "licences",
        "person",
        "stretch",
        "privacy_span",
        "part",
        "local_hour",
        "sessions",
        "expertise",
    )
    others = dict.fromkeys(counts, "bigint")
    flags = {
        *("enabled", "is_productive", "is_paid", "never_connected", "dormant", "purge_soon", "free_to_reuse"),
        *("created", "seen_in_report", "on_roster", "ever_connected", "password_known"),
    }
    texts = {"value_from", "value_to", "agent_name_before", "ended_by", "began_by"}
    for column, kind in types.items():
        name = column.split(".")[1]
        expected = next((kind for end, kind in ends if re.search(f"({end})$", name)), "text")
        expected = "boolean" if name in flags else others.get(name, expected)
        assert (column, kind) == (column, "text" if name in texts else expected)


@pytest.mark.long
def test_views_over_empty_tables_are_empty(warehouse: Warehouse) -> None:
    assert {name: warehouse.rows(f"select * from {name}") for name in NAMES} == {name: [] for name in NAMES}


# what was looked at: coverage_daily


def test_a_day_is_covered_where_looks_are_close_together(warehouse: Warehouse) -> None:
    bogota = Operation()
    bogota.look("2025-03-10 05:00", {}, until="2025-03-10 16:55")
    bogota.fail("2025-03-10 17:00", "2025-03-10 17:05", "2025-03-10 17:10", "2025-03-10 17:15")
    bogota.look("2025-03-10 17:20", {}, until="2025-03-11 04:55")
    bogota.fail("2025-03-13 05:00", outcome="refused")
    bogota.load(warehouse)
    assert warehouse.rows(
        "select local_day, day_starts_at, day_ends_at, expected_observations, observations, successful_observations,"
        " coverage_percent, longest_gap_seconds, unchanged_percent, unavailable_percent, refused_percent,"
        " changed_percent from coverage_daily"
    ) == [
        # 25 minutes without a look and the 5 from the last look to midnight are missing of 1,440
        (
            *("2025-03-10", "2025-03-10 05:00", "2025-03-11 05:00", 288, 288, 284),
            *(97.92, 1500, 98.61, 1.39, 0.0, 0.0),
        ),
        # nobody was there at all
        ("2025-03-11", "2025-03-11 05:00", "2025-03-12 05:00", 288, 0, 0, 0.0, 86400, None, None, None, None),
        ("2025-03-12", "2025-03-12 05:00", "2025-03-13 05:00", 288, 0, 0, 0.0, 86400, None, None, None, None),
        # the day is as long as it has lasted
        ("2025-03-13", "2025-03-13 05:00", "2025-03-14 05:00", 1, 1, 0, None, 0, 0.0, 0.0, 100.0, 0.0),
    ]


def test_the_first_day_begins_at_the_first_observation_and_the_last_ends_at_the_latest(warehouse: Warehouse) -> None:
    bogota = Operation()
    bogota.look("2025-03-11 03:00", {}, until="2025-03-11 07:00")
    bogota.load(warehouse)
    assert warehouse.rows(
        "select local_day, expected_observations, successful_observations, coverage_percent, longest_gap_seconds"
        " from coverage_daily"
    ) == [("2025-03-10", 24, 24, 100.0, 300), ("2025-03-11", 25, 25, 100.0, 300)]


@pytest.mark.parametrize(
    ("first", "last", "rows"),
    [
        pytest.param(
            *("2025-09-06 04:00", "2025-09-09 03:00"),
            [
                ("2025-09-06", "2025-09-06 04:00", "2025-09-07 04:00", 288, 288, 100.0),
                ("2025-09-07", "2025-09-07 04:00", "2025-09-08 03:00", 276, 276, 100.0),
                ("2025-09-08", "2025-09-08 03:00", "2025-09-09 03:00", 288, 288, 100.0),
                ("2025-09-09", "2025-09-09 03:00", "2025-09-10 03:00", 1, 1, None),
            ],
            id="forward, 23 hours and no midnight",
        ),
        pytest.param(
            *("2025-04-05 03:00", "2025-04-06 04:00"),
            [
                ("2025-04-05", "2025-04-05 03:00", "2025-04-06 04:00", 300, 300, 100.0),
                ("2025-04-06", "2025-04-06 04:00", "2025-04-07 04:00", 1, 1, None),
            ],
            id="back, 25 hours",
        ),
    ],
)
def test_a_day_is_as_long_as_the_clocks_of_santiago_make_it(
    warehouse: Warehouse, first: str, last: str, rows: list[tuple[Any, ...]]
) -> None:
    santiago = Operation(timezone="America/Santiago")
    santiago.look(first, {}, until=last)
    santiago.load(warehouse)
    assert rows == warehouse.rows(
        "select local_day, day_starts_at, day_ends_at, expected_observations, successful_observations,"
        " coverage_percent from coverage_daily"
    )


@pytest.mark.long
@pytest.mark.parametrize(
    "moments",
    [
        pytest.param(["03:58:10", "04:03:10", "04:08:10"], id="on minutes of its own"),
        pytest.param(["03:55:02", "04:00:01", "04:05:03"], id="a little late, as cron is"),
        pytest.param(["03:55:00", "04:00:00", "04:05:00"], id="at midnight itself"),
    ],
)
def test_what_is_expected_is_right_at_the_edges_of_a_day(warehouse: Warehouse, moments: list[str]) -> None:
    # midnight in La Paz is 04:00 UTC
    ventas = Operation(timezone="America/La_Paz")
    ventas.fail(*(f"2025-03-11 {moment}" for moment in moments))
    ventas.load(warehouse)
    assert warehouse.rows("select local_day, expected_observations, observations from coverage_daily") == [
        ("2025-03-10", 1, 1),
        ("2025-03-11", 2, 2),
    ]


@pytest.mark.long
@pytest.mark.parametrize("interval", [7, 60, 90, 420, 3600, 7200])
def test_what_is_expected_of_whole_days_is_what_the_interval_asks_for(warehouse: Warehouse, interval: int) -> None:
    ventas = Operation(interval_seconds=interval)
    ventas.fail("2025-03-10 05:00:00", "2025-03-12 05:00:00")
    ventas.load(warehouse)
    assert warehouse.rows("select local_day, expected_observations from coverage_daily") == [
        ("2025-03-10", -(-86400 // interval)),
        ("2025-03-11", -(-86400 // interval)),
        ("2025-03-12", 1),
    ]


def test_the_hour_that_comes_twice_at_midnight_belongs_to_the_day_that_begins(warehouse: Warehouse) -> None:
    """In Havana the clocks go from 01:00 back to 00:00, so that Sunday, 2 November has 25 hours from 04:00 UTC."""
    havana = Operation(timezone="America/Havana")
    havana.look("2025-11-01 04:00", {"12001": Agent("Logout")}, until="2025-11-03 05:00")
    havana.load(warehouse)
    assert warehouse.rows(
        "select local_day, day_starts_at, day_ends_at, expected_observations, successful_observations"
        " from coverage_daily"
    ) == [
        ("2025-11-01", "2025-11-01 04:00", "2025-11-02 04:00", 288, 288),
        ("2025-11-02", "2025-11-02 04:00", "2025-11-03 05:00", 300, 300),
        ("2025-11-03", "2025-11-03 05:00", "2025-11-04 05:00", 1, 1),
    ]
    assert warehouse.rows("select local_day, observed_seconds from agent_status_daily") == [
        ("2025-11-01", 24 * 3600),
        ("2025-11-02", 25 * 3600),
    ]


@pytest.mark.long
def test_what_a_look_was_made_with_is_kept_when_the_settings_change(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.look("2025-03-10 12:00", {"12001": Agent("Ready")}, until="2025-03-10 13:00")
    # 40 minutes without a look, and then the operation is asked once an hour, on another calendar
    ventas.look("2025-03-10 13:40", {"12001": Agent("Ready")}, until="2025-03-11 04:55")
    before = "select agent_status, observed_seconds from agent_status_daily where local_day = date '2025-03-10'"
    ventas.interval_seconds, ventas.timezone = 3600, "America/Santiago"
    ventas.look("2025-03-11 05:00", {"12001": Agent("Ready")}, until="2025-03-12 05:00", every=60)
    ventas.load(warehouse)
    # from 12:00 to 05:00 without the 40 minutes
    assert warehouse.rows(before) == [("Ready", 17 * 3600 - 2400)]
    assert warehouse.rows(
        "select local_day, day_starts_at, day_ends_at, expected_observations, observations, longest_gap_seconds"
        " from coverage_daily"
    ) == [
        ("2025-03-10", "2025-03-10 05:00", "2025-03-11 05:00", 204, 197, 2400),
        # 05:00 UTC is 02:00 in Santiago, and the day goes on until its midnight
        ("2025-03-11", "2025-03-11 05:00", "2025-03-12 03:00", 22, 22, 3600),
        ("2025-03-12", "2025-03-12 03:00", "2025-03-13 03:00", 3, 3, 3600),
    ]


def test_an_observation_from_before_its_settings_were_kept_has_those_of_today(warehouse: Warehouse) -> None:
    ventas = Operation(timezone="America/Lima", interval_seconds=60)
    ventas.look("2025-03-10 12:00", {"12001": Agent()}, until="2025-03-10 12:05")
    ventas.load(warehouse)
    warehouse.run("update observations set timezone = null, interval_seconds = null, privacy = null")
    assert warehouse.rows("select distinct timezone, interval_seconds, privacy from observation_settings") == [
        ("America/Lima", 60, None)
    ]
    # five minutes are a gap for who looks every minute
    assert warehouse.rows("select ended_by, began_by from agent_status_intervals") == [
        ("gap", "start"),
        ("open", "gap"),
    ]


@pytest.mark.long
def test_the_coverage_of_today_sinks_when_looking_has_stopped(warehouse: Warehouse) -> None:
    """The question that the header of coverage_daily answers for a reader who has a clock."""
    ventas = Operation()
    ventas.look("2025-03-10 12:00", {"12001": Agent()}, until="2025-03-10 14:00")
    ventas.load(warehouse)
    covered = {now: until(warehouse, f"2025-03-10 {now}") for now in ("14:00", "14:17", "16:00", "20:00")}
    assert covered == {"14:00": 100, "14:17": 100, "16:00": 50, "20:00": 25}


def until(warehouse: Warehouse, now: str) -> float | None:
    """The coverage of today until a moment, as `wolkvox status` and the dashboard tell it."""
    query = QUERY.format(coverage_daily="coverage_daily", open_times="open_times").replace(
        "%s", f"timestamptz '{now}:00+00'"
    )
    return coverage(warehouse.run(query).fetchall(), utc(now)).get("ventas")


# operating hours: 06:30 in Bogotá is 11:30 UTC, and 19:30 is 00:30

OPEN = "mon-fri 06:30-19:30; sat 08:00-13:00"
OF_HOURS = (
    "select local_day, expected_observations, coverage_percent, longest_gap_seconds, open_seconds, covered_seconds"
    " from coverage_daily"
)


def test_a_centre_that_is_observed_all_the_time_that_it_is_open_has_100_percent(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.opens(OPEN)
    # a Monday: once before it opens, from its opening to its close, and once on the next morning
    ventas.look("2025-03-10 09:00", {"12001": Agent()})
    ventas.look("2025-03-10 11:30", {"12001": Agent()}, until="2025-03-11 00:30")
    ventas.look("2025-03-11 09:00", {"12001": Agent()})
    ventas.load(warehouse)

    assert warehouse.rows(OF_HOURS) == [
        ("2025-03-10", 156, 100.0, 300, 13 * 3600, 13 * 3600),
        ("2025-03-11", 0, None, 0, 0, 0),
    ]


@pytest.mark.long
def test_a_gap_counts_while_the_centre_is_open_and_no_longer(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.opens(OPEN)
    # a Friday; nobody looks from 18:30 on the local clock to 09:00 on Saturday, and not from 12:00 to 14:00
    ventas.look("2025-03-14 11:30", {"12001": Agent()}, until="2025-03-14 23:30")
    ventas.look("2025-03-15 14:00", {"12001": Agent()}, until="2025-03-15 17:00")
    ventas.look("2025-03-15 19:00", {"12001": Agent()}, until="2025-03-16 19:00", every=60)
    ventas.load(warehouse)

    assert warehouse.rows(OF_HOURS) == [
        ("2025-03-14", 156, 92.31, 3600, 46800, 43200),
        ("2025-03-15", 60, 60.0, 3600, 18000, 10800),
        # a Sunday, on which it is closed
        ("2025-03-16", 0, None, 0, 0, 0),
    ]


def test_holidays_are_closed_or_have_hours_of_their_own(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.opens(OPEN, "day,hours\n2025-03-11,\n2025-03-12,10:00-12:00\n")
    ventas.look("2025-03-10 11:30", {"12001": Agent()}, until="2025-03-13 05:00")
    ventas.load(warehouse)

    assert warehouse.rows(OF_HOURS) == [
        ("2025-03-10", 156, 100.0, 300, 46800, 46800),
        ("2025-03-11", 0, None, 0, 0, 0),
        ("2025-03-12", 24, 100.0, 300, 7200, 7200),
        ("2025-03-13", 0, None, 0, 0, 0),
    ]


def test_a_night_counts_on_both_of_its_days(warehouse: Warehouse) -> None:
    ventas = Operation()
    # the second span begins within the night that Monday began
    ventas.opens("mon 22:00-06:00; tue 05:00-08:00")
    ventas.look("2025-03-10 17:00", {"12001": Agent()}, until="2025-03-11 17:00")
    ventas.load(warehouse)

    assert warehouse.rows("select local_day, opens_at, closes_at, expected_observations from open_times") == [
        ("2025-03-10", "2025-03-11 03:00", "2025-03-11 05:00", 24),
        ("2025-03-11", "2025-03-11 05:00", "2025-03-11 11:00", 72),
        ("2025-03-11", "2025-03-11 11:00", "2025-03-11 13:00", 24),
    ]
    assert warehouse.rows(OF_HOURS) == [
        ("2025-03-10", 24, 100.0, 300, 7200, 7200),
        ("2025-03-11", 96, 100.0, 300, 28800, 28800),
    ]


@pytest.mark.parametrize(("day", "hours"), [("2025-03-09", 3), ("2025-11-02", 5)])
def test_hours_over_a_clock_change_are_as_long_as_they_were(day: str, hours: int, warehouse: Warehouse) -> None:
    """In New York the clock goes from 02:00 to 03:00 in March, and from 02:00 back to 01:00 in November."""
    ventas = Operation(timezone="America/New_York")
    ventas.opens("sun 00:00-04:00")
    ventas.look(f"{day} 04:00", {"12001": Agent()}, until=f"{day} 12:00")
    ventas.load(warehouse)

    asked = (
        f"select expected_observations, coverage_percent, open_seconds from coverage_daily where local_day = '{day}'"
    )
    assert warehouse.rows(asked) == [(12 * hours, 100.0, 3600 * hours)]
    zone = ZoneInfo("America/New_York")
    assert open_seconds(week("sun 00:00-04:00"), zone, utc(f"{day} 00:00"), utc(f"{day} 23:00")) == 3600 * hours


def test_changed_hours_leave_the_past_as_it_was(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.look("2025-03-10 05:00", {"12001": Agent()}, until="2025-03-11 04:55")
    ventas.opens("mon-sun 06:00-12:00")
    ventas.look("2025-03-11 05:00", {"12001": Agent()}, until="2025-03-12 04:55")
    ventas.opens("mon-sun 06:00-07:00")
    ventas.look("2025-03-12 05:00", {"12001": Agent()}, until="2025-03-12 20:00")
    ventas.load(warehouse)

    assert warehouse.rows("select local_day, expected_observations, open_seconds from coverage_daily") == [
        ("2025-03-10", 288, 86400),
        ("2025-03-11", 72, 6 * 3600),
        ("2025-03-12", 12, 3600),
    ]


@pytest.mark.long
def test_the_coverage_of_today_sinks_only_while_the_centre_is_open(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.opens("mon-fri 07:00-09:00, 10:00-12:00")
    # 12:00 UTC is 07:00; nobody looks any more from 09:00 on
    ventas.look("2025-03-10 12:00", {"12001": Agent()}, until="2025-03-10 14:00")
    ventas.load(warehouse)

    moments = ("14:10", "14:59", "15:30", "16:00", "17:00", "23:00")
    assert [until(warehouse, f"2025-03-10 {now}") for now in moments] == [100, 100, 80, 66.7, 50, 50]
    assert until(warehouse, "2025-03-11 12:00") is None


# who did what: agent_status_intervals

INTERVALS = (
    "select agent_id, agent_name, agent_status, interval_from, interval_to, observed_seconds, changed_after,"
    " changed_before, ended_by from agent_status_intervals"
)


def test_an_interval_runs_from_the_look_that_found_a_status_to_the_look_that_found_another(
    warehouse: Warehouse,
) -> None:
    ventas = Operation()
    ana = Agent()
    ventas.look("2025-03-10 12:00", {"12001": ana}, until="2025-03-10 12:10")
    ventas.look("2025-03-10 12:15", {"12001": replace(ana, agent_status="Talk")}, until="2025-03-10 12:20")
    # a renaming is not a change of status
    ventas.look("2025-03-10 12:25", {"12001": replace(ana, agent_status="Talk", agent_name="GÓMEZ RUIZ ANA")})
    ventas.load(warehouse)
    assert warehouse.rows(INTERVALS) == [
        ("12001", "GÓMEZ  ANA", "Ready", "2025-03-10 12:00", "2025-03-10 12:15", 900, None, None, "change"),
        (
            *("12001", "GÓMEZ  ANA", "Talk", "2025-03-10 12:15", "2025-03-10 12:25", 600),
            *("2025-03-10 12:10", "2025-03-10 12:15", "open"),
        ),
    ]


def test_nobody_is_said_to_have_done_anything_while_nobody_looked(warehouse: Warehouse) -> None:
    ventas = Operation()
    roster = {"12001": Agent(), "12002": Agent("Talk", "DÍAZ LUIS", "1002")}
    ventas.look("2025-03-10 12:00", roster, until="2025-03-10 12:05")
    ventas.fail("2025-03-10 12:10", "2025-03-10 12:15", outcome="suspicious")
    ventas.fail("2025-03-10 12:20", "2025-03-10 12:25", outcome="unavailable")
    roster["12002"] = Agent("ACW", "DÍAZ LUIS", "1002")
    ventas.look("2025-03-10 12:30", roster, until="2025-03-10 12:35")
    ventas.load(warehouse)
    assert warehouse.rows(INTERVALS) == [
        ("12001", "GÓMEZ  ANA", "Ready", "2025-03-10 12:00", "2025-03-10 12:05", 300, None, None, "gap"),
        ("12001", "GÓMEZ  ANA", "Ready", "2025-03-10 12:30", "2025-03-10 12:35", 300, None, None, "open"),
        (
            *("12002", "DÍAZ LUIS", "ACW", "2025-03-10 12:30", "2025-03-10 12:35", 300),
            *("2025-03-10 12:05", "2025-03-10 12:30", "open"),
        ),
        ("12002", "DÍAZ LUIS", "Talk", "2025-03-10 12:00", "2025-03-10 12:05", 300, None, None, "gap"),
    ]


def test_a_few_missed_looks_are_not_a_gap(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.look("2025-03-10 12:00", {"12001": Agent()})
    ventas.fail("2025-03-10 12:05", "2025-03-10 12:10")
    ventas.look("2025-03-10 12:15", {"12001": Agent()})
    ventas.load(warehouse)
    assert warehouse.rows(INTERVALS) == [
        ("12001", "GÓMEZ  ANA", "Ready", "2025-03-10 12:00", "2025-03-10 12:15", 900, None, None, "open")
    ]


def test_a_status_goes_on_through_several_gaps_in_as_many_intervals(warehouse: Warehouse) -> None:
    ventas = Operation()
    for hour in (12, 13, 14):
        ventas.look(f"2025-03-10 {hour}:00", {"12001": Agent()}, until=f"2025-03-10 {hour}:10")
    ventas.look("2025-03-10 14:15", {"12001": Agent("Logout")})
    ventas.load(warehouse)
    assert warehouse.rows(
        "select agent_status, interval_from, observed_seconds, ended_by from agent_status_intervals"
    ) == [
        ("Logout", "2025-03-10 14:15", 0, "open"),
        ("Ready", "2025-03-10 12:00", 600, "gap"),
        ("Ready", "2025-03-10 13:00", 600, "gap"),
        ("Ready", "2025-03-10 14:00", 900, "change"),
    ]


def test_an_agent_who_vanishes_and_returns_has_two_intervals(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.look("2025-03-10 12:00", {"12001": Agent()}, until="2025-03-10 12:05")
    ventas.look("2025-03-10 12:10", {}, until="2025-03-10 12:15")
    ventas.look("2025-03-10 12:20", {"12001": Agent()}, until="2025-03-10 12:25")
    ventas.load(warehouse)
    assert warehouse.rows(INTERVALS) == [
        ("12001", "GÓMEZ  ANA", "Ready", "2025-03-10 12:00", "2025-03-10 12:10", 600, None, None, "change"),
        (
            *("12001", "GÓMEZ  ANA", "Ready", "2025-03-10 12:20", "2025-03-10 12:25", 300),
            *("2025-03-10 12:15", "2025-03-10 12:20", "open"),
        ),
    ]


def test_an_interval_ends_when_the_id_passes_to_another_person(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.look("2025-03-10 12:00", {"12001": Agent("Logout")}, until="2025-03-10 12:05")
    ventas.look("2025-03-10 12:10", {"12001": Agent("Logout", "DÍAZ LUIS", "1002")}, until="2025-03-10 12:15")
    ventas.load(warehouse)
    assert warehouse.rows(INTERVALS) == [
        (
            *("12001", "DÍAZ LUIS", "Logout", "2025-03-10 12:10", "2025-03-10 12:15", 300),
            *("2025-03-10 12:05", "2025-03-10 12:10", "open"),
        ),
        ("12001", "GÓMEZ  ANA", "Logout", "2025-03-10 12:00", "2025-03-10 12:10", 600, None, None, "change"),
    ]


def test_without_a_ledger_there_are_no_claims(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.look("2025-03-10 12:00", {"12001": Agent()}, until="2025-03-10 13:00")
    ventas.observations.clear()
    ventas.load(warehouse)
    assert warehouse.rows(INTERVALS) == []
    assert warehouse.rows("select * from agent_status_daily") == []
    assert warehouse.rows("select * from licence_usage_daily") == []
    assert warehouse.rows(
        "select agent_id, agent_status, status_since, status_seconds, observed_at from agents_now"
    ) == [("12001", "Ready", None, None, None)]


def test_an_interval_after_a_gap_has_the_name_of_its_own_beginning(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.look("2025-03-10 12:00", {"12001": Agent("Talk", "GÓMEZ ANA")}, until="2025-03-10 12:05")
    ventas.look("2025-03-10 12:10", {"12001": Agent("Talk", "GÓMEZ RUIZ ANA")}, until="2025-03-10 12:15")
    ventas.look("2025-03-10 13:00", {"12001": Agent("Talk", "GÓMEZ RUIZ ANA")}, until="2025-03-10 13:05")
    ventas.look("2025-03-10 14:00", {"12001": Agent("Talk", "RUIZ ANA")}, until="2025-03-10 14:05")
    ventas.load(warehouse)
    assert warehouse.rows("select interval_from, agent_name, changed_after, began_by from agent_status_intervals") == [
        ("2025-03-10 12:00", "GÓMEZ ANA", None, "start"),
        ("2025-03-10 13:00", "GÓMEZ RUIZ ANA", None, "gap"),
        # another name is no change of status, and neither is a gap
        ("2025-03-10 14:00", "RUIZ ANA", None, "gap"),
    ]


def test_averages_are_made_of_what_began_and_ended_by_a_change(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.look("2025-03-10 12:00", {"12001": Agent("Ready")}, until="2025-03-10 12:05")
    # the change was seen after an hour in which nobody looked: when it began is not known
    ventas.look("2025-03-10 13:00", {"12001": Agent("Talk")}, until="2025-03-10 13:05")
    ventas.look("2025-03-10 13:10", {"12001": Agent("ACW")}, until="2025-03-10 13:15")
    ventas.look("2025-03-10 13:20", {"12001": Agent("Ready")})
    ventas.load(warehouse)
    assert warehouse.rows(
        "select agent_status, changed_after, began_by, ended_by, observed_seconds from agent_status_intervals"
    ) == [
        ("ACW", "2025-03-10 13:05", "change", "change", 600),
        ("Ready", "2025-03-10 13:15", "change", "open", 0),
        ("Ready", None, "start", "gap", 300),
        ("Talk", "2025-03-10 12:05", "gap", "change", 600),
    ]


@pytest.mark.long
@pytest.mark.parametrize(
    ("minutes", "seconds", "intervals"),
    [
        pytest.param(15, 0.2, 1, id="two missed looks, and cron a little late"),
        pytest.param(17, 30, 1, id="three and a half intervals"),
        pytest.param(17, 31, 2, id="a second more"),
        pytest.param(20, 0, 2, id="three missed looks"),
    ],
)
def test_a_gap_is_more_than_three_and_a_half_intervals(
    warehouse: Warehouse, minutes: int, seconds: float, intervals: int
) -> None:
    ventas = Operation()
    first = utc("2025-03-10 12:00")
    ventas.look(first, {"12001": Agent()})
    ventas.look(first + timedelta(minutes=minutes, seconds=seconds), {"12001": Agent()})
    ventas.load(warehouse)
    assert warehouse.rows("select count(*) from agent_status_intervals") == [(intervals,)]


def test_seconds_add_up_whatever_fractions_the_looks_had(warehouse: Warehouse) -> None:
    ventas = Operation(interval_seconds=2)
    for at, status in [(0.0, "Ready"), (1.5, "Talk"), (3.0, "Ready"), (4.7, "Ready"), (6.4, "Talk"), (8.2, "ACW")]:
        # an agent who is looked at over a local midnight, which cuts the seconds once more
        ventas.look(utc("2025-03-11 04:59:55") + timedelta(seconds=at), {"12001": Agent(status), "12002": Agent()})
    ventas.load(warehouse)
    for view in ("agent_status_intervals", "agent_status_daily"):
        assert warehouse.rows(
            f"select agent_id, cast(sum(observed_seconds) as bigint) from {view} group by agent_id"
        ) == [
            ("12001", 8),
            ("12002", 8),
        ]
    assert warehouse.rows("select cast(sum(covered_seconds) as bigint) from coverage_daily") == [(8,)]


# how long, by day: agent_status_daily

DAILY = "select local_day, agent_id, agent_status, observed_seconds, coverage_percent from agent_status_daily"


def test_a_status_is_split_at_the_local_midnight(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.look("2025-03-11 03:00", {"12001": Agent("Talk")}, until="2025-03-11 05:55")
    ventas.look("2025-03-11 06:00", {"12001": Agent("Logout")}, until="2025-03-11 07:00")
    ventas.load(warehouse)
    assert warehouse.rows(DAILY) == [
        ("2025-03-10", "12001", "Talk", 7200, 100.0),
        ("2025-03-11", "12001", "Logout", 3600, 100.0),
        ("2025-03-11", "12001", "Talk", 3600, 100.0),
    ]


@pytest.mark.long
@pytest.mark.parametrize(
    ("first", "last", "day", "seconds"),
    [
        pytest.param("2025-09-07 02:00", "2025-09-08 08:00", "2025-09-07", 23 * 3600, id="forward"),
        pytest.param("2025-04-05 02:00", "2025-04-06 08:00", "2025-04-05", 25 * 3600, id="back"),
        pytest.param("2025-09-08 02:00", "2025-09-09 08:00", "2025-09-08", 24 * 3600, id="ordinary"),
    ],
)
def test_a_whole_day_in_santiago_lasts_as_long_as_it_lasted(
    warehouse: Warehouse, first: str, last: str, day: str, seconds: int
) -> None:
    santiago = Operation(timezone="America/Santiago")
    santiago.look(first, {"12001": Agent("Logout")}, until=last)
    santiago.load(warehouse)
    assert warehouse.rows(f"{DAILY} where local_day = date '{day}'") == [(day, "12001", "Logout", seconds, 100.0)]


def test_a_gap_is_missing_from_the_day_and_its_coverage_says_so(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.look("2025-03-10 12:00", {"12001": Agent("Talk")}, until="2025-03-10 13:00")
    ventas.look("2025-03-10 15:00", {"12001": Agent("Talk")}, until="2025-03-10 16:00")
    ventas.load(warehouse)
    assert warehouse.rows(DAILY) == [("2025-03-10", "12001", "Talk", 7200, 50.0)]


def test_a_day_carries_the_name_that_the_agent_had_last(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.look("2025-03-10 12:00", {"12001": Agent("Logout")}, until="2025-03-10 12:55")
    ventas.look("2025-03-10 13:00", {"12001": Agent("Logout", "GÓMEZ RUIZ ANA")}, until="2025-03-10 13:30")
    # the last look brings one more name, which the day had for no time that we know of
    ventas.look("2025-03-10 13:35", {"12001": Agent("Logout", "RUIZ ANA")})
    ventas.load(warehouse)
    assert warehouse.rows("select agent_name, agent_status, observed_seconds from agent_status_daily") == [
        ("RUIZ ANA", "Logout", 5700)
    ]


def test_two_people_of_one_id_share_no_row_of_a_day(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.look("2025-03-10 12:00", {"12001": Agent("Logout")}, until="2025-03-10 12:55")
    ventas.look("2025-03-10 13:00", {"12001": Agent("Logout", "DÍAZ LUIS", "1002")}, until="2025-03-10 13:30")
    ventas.load(warehouse)
    assert warehouse.rows("select person, agent_name, agent_status, observed_seconds from agent_status_daily") == [
        (1, "GÓMEZ  ANA", "Logout", 3600),
        (2, "DÍAZ LUIS", "Logout", 1800),
    ]


def test_a_status_that_a_lone_look_found_has_no_row_of_no_seconds(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.look("2025-03-10 12:00", {"12001": Agent("Talk")})
    ventas.look("2025-03-10 15:00", {"12001": Agent("Ready")}, until="2025-03-10 15:05")
    ventas.look("2025-03-10 15:10", {"12001": Agent("Logout")})
    ventas.load(warehouse)
    assert warehouse.rows("select agent_status, observed_seconds from agent_status_daily") == [("Ready", 600)]


# what the words mean: status_categories


@pytest.mark.long
@pytest.mark.usefixtures("categories")
@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        pytest.param("Ready", ("ready", True, True), id="as shipped"),
        pytest.param("LOGOUT", ("logged out", False, False), id="upper case"),
        pytest.param("BAÑO", ("auxiliary", False, True), id="upper case with accents"),
        pytest.param("capacitacion", ("auxiliary", False, True), id="accents left out"),
        pytest.param("Almuerzo", ("auxiliary", False, False), id="this operation's own word wins"),
        pytest.param("Junta sindical", ("unknown", None, None), id="unmapped"),
        pytest.param(None, ("unknown", None, None), id="no status"),
    ],
)
def test_a_status_word_is_matched_without_regard_to_case_and_accents(
    warehouse: Warehouse, word: str | None, meaning: tuple[Any, ...]
) -> None:
    warehouse.insert(
        "status_categories",
        {"agent_status": "ready", "operation": "soporte", "category": "talking", "productive": False, "paid": None},
        {
            "agent_status": "ALMUERZO",
            "operation": "ventas",
            "category": "auxiliary",
            "productive": False,
            "paid": False,
        },
        # the same word twice is one word
        {"agent_status": "BANO", "operation": "*", "category": "auxiliary", "productive": False, "paid": True},
    )
    ventas = Operation()
    ventas.look("2025-03-10 12:00", {"12001": Agent(word)}, until="2025-03-10 12:05")
    ventas.load(warehouse)
    for view in ("agents_now", "agent_status_intervals", "agent_status_daily"):
        assert warehouse.rows(f"select agent_status, status_category, is_productive, is_paid from {view}") == [
            (word, *meaning)
        ]


def test_the_shipped_categories_are_the_seven_and_no_word_is_listed_twice() -> None:
    with (VIEWS / "status_categories.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["agent_status", "operation", "category", "productive", "paid"]
    assert {row["category"] for row in rows} <= {
        *("ready", "talking", "after-call work", "ringing", "auxiliary", "logged out", "unknown")
    }
    plain = str.maketrans("áéíóúüñ", "aeiouun")
    words = Counter((row["operation"], row["agent_status"].strip().lower().translate(plain)) for row in rows)
    assert max(words.values()) == 1
    assert {row[flag] for row in rows for flag in ("productive", "paid")} == {"true", "false"}


# who is here: agents_now


@pytest.mark.usefixtures("categories")
def test_agents_now_says_who_is_here_and_what_we_know_of_them(warehouse: Warehouse) -> None:
    ventas = Operation()
    ana = Agent("Ready", "GÓMEZ  ANA", "1001", "ana", True, utc("2025-03-10 11:58"))
    gone = Agent("Logout", "ROJAS EVA", "1003", None, True, utc("2024-09-01 12:00"))
    idle = Agent("Logout", "DÍAZ LUIS", "1002", None, False, utc("2024-10-01 04:59"))
    new = Agent("Logout", "MORA SARA", None, None, None, None)
    ventas.look("2025-03-10 12:00", {"12001": ana, "12002": idle, "12003": gone, "12004": new})
    ana = replace(ana, agent_status="Talk")
    ventas.look("2025-03-10 12:05", {"12001": ana, "12002": idle, "12004": new}, until="2025-03-10 12:15")
    ventas.fail("2025-03-10 12:20")
    ventas.load(warehouse)
    assert warehouse.rows("select * from agents_now") == [
        (
            *("ventas", "ventas:12001", "12001", "GÓMEZ  ANA", "1001", "ana", True, "Talk", "talking", True, True),
            *("2025-03-10 12:05", 600, "2025-03-10 12:00", 900),
            *("2025-03-10 11:58", 0, 184, False, False, False, False, "2025-03-10 12:15", 1, "observations"),
        ),
        # the last connection was on 30 September in Bogotá, and six months later is 30 March
        (
            *(
                "ventas",
                "ventas:12002",
                "12002",
                "DÍAZ LUIS",
                "1002",
                None,
                False,
                "Logout",
                "logged out",
                False,
                False,
            ),
            *("2025-03-10 12:00", 900, None, None),
            *("2024-10-01 04:59", 161, 20, False, True, True, True, "2025-03-10 12:15", 1, "observations"),
        ),
        (
            *("ventas", "ventas:12004", "12004", "MORA SARA", None, None, None, "Logout", "logged out", False, False),
            *("2025-03-10 12:00", 900, None, None),
            *(None, None, None, True, False, False, False, "2025-03-10 12:15", 1, "observations"),
        ),
    ]


@pytest.mark.long
@pytest.mark.parametrize(
    ("last_use", "flags"),
    [
        pytest.param("2025-02-09 12:00", (29, 152, False, False), id="29 days ago"),
        pytest.param("2025-02-08 12:00", (30, 151, True, False), id="30 days ago"),
        pytest.param("2024-10-10 12:00", (151, 31, True, False), id="31 days left"),
        pytest.param("2024-10-09 12:00", (152, 30, True, True), id="30 days left"),
        pytest.param("2024-09-09 12:00", (182, -1, True, True), id="overdue"),
        pytest.param("2024-08-31 12:00", (191, -10, True, True), id="31 August and six months is 28 February"),
    ],
)
def test_the_days_to_the_purge_are_counted_in_months(
    warehouse: Warehouse, last_use: str, flags: tuple[int, int, bool, bool]
) -> None:
    ventas = Operation()
    ventas.look("2025-03-10 12:00", {"12001": Agent(last_use=utc(last_use))})
    ventas.load(warehouse)
    assert warehouse.rows("select days_since_last_use, days_until_purge, dormant, purge_soon from agents_now") == [
        flags
    ]


@pytest.mark.long
@pytest.mark.parametrize(
    ("raw", "never"),
    [
        pytest.param(None, True, id="nothing said"),
        pytest.param("0000-00-00 00:00:00", True, id="zeros"),
        pytest.param("ayer", False, id="not readable"),
    ],
)
def test_a_connection_that_cannot_be_read_is_still_a_connection(
    warehouse: Warehouse, raw: str | None, never: bool
) -> None:
    ventas = Operation()
    ventas.look("2025-03-10 12:00", {"12001": Agent()})
    ventas.load(warehouse)
    warehouse.run(f"update agents set last_use_raw = {literal(raw)}")
    assert warehouse.rows("select never_connected, last_connection_at, dormant from agents_now") == [
        (never, None, False)
    ]


def test_a_status_is_known_again_only_since_looking_began_again(warehouse: Warehouse) -> None:
    ventas = Operation()
    roster = {"12001": Agent("Logout"), "12002": Agent("Logout", "DÍAZ LUIS", "1002")}
    ventas.look("2025-03-10 12:00", roster, until="2025-03-10 12:30")
    roster["12002"] = Agent("Ready", "DÍAZ LUIS", "1002")
    ventas.look("2025-03-10 13:00", roster, until="2025-03-10 13:10")
    ventas.load(warehouse)
    assert warehouse.rows(
        "select agent_id, status_since, status_seconds, status_changed_after, status_seconds_at_most from agents_now"
    ) == [
        ("12001", "2025-03-10 13:00", 600, None, None),
        ("12002", "2025-03-10 13:00", 600, "2025-03-10 12:30", 2400),
    ]


ENDS = [
    pytest.param(None, None, True, id="never"),
    pytest.param("0000-00-00 00:00:00", None, True, id="zeros"),
    pytest.param("ayer", None, False, id="a date that cannot be read"),
    pytest.param("2025-03-10 11:00:00", "2025-03-10 11:00", False, id="connected"),
]


@pytest.mark.long
@pytest.mark.parametrize(("raw", "last_use", "never"), ENDS)
@pytest.mark.parametrize("passed_on", [False, True], ids=["one person", "an id that passed on"])
def test_there_is_one_answer_to_who_never_connected(
    warehouse: Warehouse, raw: str | None, last_use: str | None, never: bool, passed_on: bool
) -> None:
    ventas = Operation()
    if passed_on:
        before = Agent(agent_name="DÍAZ LUIS", agent_dni="1002", last_use=utc("2025-03-10 09:00"))
        ventas.look("2025-03-10 11:50", {"12001": before}, until="2025-03-10 11:55")
    ventas.look("2025-03-10 12:00", {"12001": Agent(last_use=utc(last_use) if last_use else None)})
    ventas.load(warehouse)
    # wolkvox reports nothing of a new person's, and not what the last one left behind
    shown = f"last_use = {literal(utc(last_use) if last_use else None)}, last_use_raw = {literal(raw)}"
    warehouse.run(f"update agents set {shown}")
    request = {"request_id": "1", "operation": "ventas", "agent_dni": "1001", "agent_id": "12001"}
    asked = {"requested_at": utc("2025-03-10 11:00"), "outcome": "created", "message": None}
    warehouse.insert("provisioned_agents", {**request, **asked})
    assert warehouse.rows("select never_connected from agents_now") == [(never,)]
    assert warehouse.rows("select never_connected_agents from licence_usage_daily") == [(int(never),)]
    assert warehouse.rows("select ever_connected from provisioned_agents_now") == [(not never,)]


@pytest.mark.long
def test_a_connection_that_wolkvox_still_reports_of_the_person_before_counts_everywhere(warehouse: Warehouse) -> None:
    ventas = Operation()
    connected = utc("2025-03-10 09:00")
    ventas.look("2025-03-10 11:55", {"12001": Agent(last_use=connected)})
    ventas.look("2025-03-10 12:00", {"12001": Agent(agent_name="DÍAZ LUIS", agent_dni="1002", last_use=connected)})
    ventas.load(warehouse)
    assert warehouse.rows("select never_connected, last_connection_at from agents_now") == [(False, "2025-03-10 09:00")]
    assert warehouse.rows("select never_connected_agents from licence_usage_daily") == [(0,)]
    assert warehouse.rows("select person, held_from, held_to, connected_since from agent_people") == [
        (1, "2025-03-10 11:55", "2025-03-10 12:00", "2025-03-10 09:00"),
        (2, "2025-03-10 12:00", None, "2025-03-10 12:00"),
    ]


# connections, the roster and the licences


def test_connections_are_counted_on_the_local_day(warehouse: Warehouse) -> None:
    ventas = Operation()
    for moment, last_use in [
        ("2025-03-10 13:00", "2025-03-10 12:58"),
        ("2025-03-10 19:00", "2025-03-10 18:55"),
        ("2025-03-11 04:30", "2025-03-11 04:29"),
        ("2025-03-11 05:05", "2025-03-11 05:01"),
        ("2025-03-11 05:10", "2025-03-11 05:01"),
    ]:
        ventas.look(moment, {"12001": Agent(last_use=utc(last_use)), "12002": Agent()})
    ventas.load(warehouse)
    assert warehouse.rows("select * from agent_connections_daily") == [
        ("ventas", "2025-03-10", "ventas:12001", "12001", "2025-03-10 12:58", "2025-03-11 04:29", 3),
        ("ventas", "2025-03-11", "ventas:12001", "12001", "2025-03-11 05:01", "2025-03-11 05:01", 1),
    ]


CHANGES = (
    "select agent_id, changed_at, changed_after, what, value_from, value_to, agent_name_before, agent_name"
    " from roster_changes"
)


def test_the_first_look_is_not_a_crowd_that_appears(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.fail("2025-03-10 11:55")
    ventas.look("2025-03-10 12:00", {"12001": Agent()})
    ventas.look("2025-03-10 12:05", {"12001": Agent(), "12002": Agent(agent_name="DÍAZ LUIS")})
    ventas.load(warehouse)
    assert warehouse.rows(CHANGES) == [
        ("12002", "2025-03-10 12:05", "2025-03-10 12:00", "appeared", None, None, None, "DÍAZ LUIS")
    ]


def test_every_kind_of_roster_change_is_told_once(warehouse: Warehouse) -> None:
    ventas = Operation()
    ana = Agent("Ready", "GÓMEZ ANA", "1001", None, True)
    ventas.look("2025-03-10 12:00", {"12001": ana})
    ana = replace(ana, agent_status="Talk")
    ventas.look("2025-03-10 12:05", {"12001": ana})
    ana = replace(ana, agent_name="GÓMEZ RUIZ ANA", agent_sso="ana")
    ventas.look("2025-03-10 12:10", {"12001": ana})
    ana = replace(ana, enabled=False)
    ventas.look("2025-03-10 12:15", {"12001": ana})
    ventas.look("2025-03-10 12:20", {})
    luis = Agent("Ready", "DÍAZ LUIS", "1002", "ana", True)
    ventas.look("2025-03-10 12:25", {"12001": luis})
    ventas.load(warehouse)
    ana_ruiz, at_20, at_25 = "GÓMEZ RUIZ ANA", "2025-03-10 12:20", "2025-03-10 12:25"
    assert warehouse.rows(CHANGES) == [
        ("12001", "2025-03-10 12:10", "2025-03-10 12:05", "SSO changed", None, "ana", "GÓMEZ ANA", ana_ruiz),
        ("12001", "2025-03-10 12:10", "2025-03-10 12:05", "renamed", "GÓMEZ ANA", ana_ruiz, "GÓMEZ ANA", ana_ruiz),
        ("12001", "2025-03-10 12:15", "2025-03-10 12:10", "disabled", "true", "false", ana_ruiz, ana_ruiz),
        ("12001", "2025-03-10 12:20", "2025-03-10 12:15", "vanished", None, None, ana_ruiz, ana_ruiz),
        ("12001", at_25, at_20, "came back", None, None, ana_ruiz, "DÍAZ LUIS"),
        ("12001", at_25, at_20, "enabled", "false", "true", ana_ruiz, "DÍAZ LUIS"),
        ("12001", at_25, at_20, "passed to another person", "1001", "1002", ana_ruiz, "DÍAZ LUIS"),
    ]


def test_a_column_that_arrives_or_is_left_out_is_no_roster_change(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.look("2025-03-10 12:00", {"12001": Agent(agent_dni=None, enabled=None)})
    ventas.look("2025-03-10 12:05", {"12001": Agent(agent_dni="1001", enabled=False)})
    ventas.look("2025-03-10 12:10", {"12001": Agent(agent_dni=None, enabled=None)})
    ventas.load(warehouse)
    assert warehouse.rows(CHANGES) == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("agents", "changes"),
    [
        pytest.param(
            [Agent("Ready", "GÓMEZ ANA", None), Agent("Ready", "GÓMEZ RUIZ ANA", "1001")],
            [("renamed", "GÓMEZ ANA", "GÓMEZ RUIZ ANA")],
            id="renamed while the document becomes known",
        ),
        pytest.param(
            [Agent("Ready", "GÓMEZ ANA", "1001"), Agent("Ready", "GÓMEZ RUIZ ANA", None)],
            [("renamed", "GÓMEZ ANA", "GÓMEZ RUIZ ANA")],
            id="renamed while the document is no longer reported",
        ),
        pytest.param(
            [Agent("Ready", "ANA", "1001"), Agent("Ready", "ANA", None), Agent("Ready", "LUIS", "1002")],
            [("passed to another person", "1001", "1002")],
            id="another person after a look without documents",
        ),
        pytest.param(
            [Agent("Ready", "ANA", "1001"), Agent("Ready", "ANA", None), Agent("Ready", "ANA", "1001")],
            [],
            id="the same person after a look without documents",
        ),
        pytest.param(
            [
                Agent("Ready", "ANA", enabled=True),
                Agent("Ready", "ANA", enabled=None),
                Agent("Ready", "ANA", enabled=False),
            ],
            [("disabled", "true", "false")],
            id="disabled after a look that did not say",
        ),
    ],
)
def test_a_value_is_compared_with_the_last_known_one(
    warehouse: Warehouse, agents: list[Agent], changes: list[tuple[str, ...]]
) -> None:
    ventas = Operation()
    for number, agent in enumerate(agents):
        ventas.look(f"2025-03-10 12:{5 * number:02}", {"12001": agent})
    ventas.load(warehouse)
    assert warehouse.rows("select what, value_from, value_to from roster_changes") == changes


HASHED = {"GÓMEZ ANA": "0c" * 16, "1001": "a1" * 16, "ana": "b2" * 16, "1002": "d3" * 16, "DÍAZ LUIS": "e4" * 16}


@pytest.mark.parametrize("kept", [True, False], ids=["kept with the look", "from before it was kept"])
def test_a_privacy_setting_invents_nobody(warehouse: Warehouse, kept: bool) -> None:
    ventas = Operation()
    clear = Agent("Talk", "GÓMEZ ANA", "1001", "ana" if kept else None)
    ventas.look("2025-03-10 12:00", {"12001": clear}, until="2025-03-10 12:05")
    ventas.privacy = "all: hash"
    name = HASHED["GÓMEZ ANA"] if kept else "GÓMEZ ANA"
    hashed = Agent("Talk", name, HASHED["1001"], HASHED["ana"] if kept else None)
    ventas.look("2025-03-10 12:10", {"12001": hashed}, until="2025-03-10 12:15")
    # under the new setting another person is another person
    other = Agent("Talk", HASHED["DÍAZ LUIS"], HASHED["1002"], hashed.agent_sso)
    ventas.look("2025-03-10 12:20", {"12001": other}, until="2025-03-10 12:25")
    ventas.load(warehouse)
    if not kept:
        warehouse.run("update observations set privacy = null")
    assert warehouse.rows("select changed_at, what, value_from, value_to from roster_changes") == [
        ("2025-03-10 12:20", "passed to another person", HASHED["1001"], HASHED["1002"])
    ]
    assert warehouse.rows("select interval_from, observed_seconds, person from agent_status_intervals") == [
        ("2025-03-10 12:00", 1200, 1),
        ("2025-03-10 12:20", 300, 2),
    ]
    assert warehouse.rows("select status_since, person from agents_now") == [("2025-03-10 12:20", 2)]


@pytest.mark.parametrize(
    ("after", "change"),
    [
        pytest.param({"agent_sso": "ana"}, ("SSO changed", None, "ana"), id="SSO"),
        pytest.param({"agent_name": "GÓMEZ RUIZ ANA"}, ("renamed", "GÓMEZ ANA", "GÓMEZ RUIZ ANA"), id="name"),
        pytest.param({"agent_dni": "1002"}, ("passed to another person", "1001", "1002"), id="document"),
    ],
)
def test_whom_a_privacy_setting_left_as_they_were_is_compared_under_the_new_one(
    warehouse: Warehouse, after: dict[str, str], change: tuple[str | None, ...]
) -> None:
    ana = Agent("Ready", "GÓMEZ ANA", "1001", None)
    ventas = Operation()
    ventas.look("2025-03-10 12:00", {"12001": ana})
    # nothing of hers is hashed, so that her version goes on
    ventas.privacy = "agent_sso: hash"
    ventas.look("2025-03-10 12:05", {"12001": ana}, until="2025-03-10 12:10")
    ventas.look("2025-03-10 12:15", {"12001": replace(ana, **after)})
    ventas.load(warehouse)
    told = warehouse.rows("select changed_at, changed_after, what, value_from, value_to from roster_changes")
    assert told == [("2025-03-10 12:15", "2025-03-10 12:10", *change)]
    held = warehouse.rows("select person, held_from, held_to from agent_people")
    if "agent_dni" in after:
        assert held == [(1, "2025-03-10 12:00", "2025-03-10 12:15"), (2, "2025-03-10 12:15", None)]
    else:
        assert held == [(1, "2025-03-10 12:00", None)]


def test_under_a_new_privacy_setting_that_hid_nothing_the_look_itself_tells_no_change(warehouse: Warehouse) -> None:
    ana = Agent("Ready", "GÓMEZ ANA", "1001", None)
    ventas = Operation()
    ventas.look("2025-03-10 12:00", {"12001": ana, "12002": ana})
    ventas.privacy = "agent_sso: hash"
    # one is off the roster when the setting changes and another comes back with it: nothing can be compared
    ventas.look("2025-03-10 12:05", {"12001": replace(ana, agent_name="RUIZ EVA", agent_dni="1002", agent_sso="eva")})
    ventas.look("2025-03-10 12:10", {"12002": replace(ana, agent_name="DÍAZ LUIS", agent_dni="1003")})
    ventas.load(warehouse)
    assert warehouse.rows("select agent_id, changed_at, what from roster_changes") == [
        ("12001", "2025-03-10 12:10", "vanished"),
        ("12002", "2025-03-10 12:05", "vanished"),
        ("12002", "2025-03-10 12:10", "came back"),
    ]


def test_licences_are_used_by_everybody_on_the_roster(warehouse: Warehouse) -> None:
    ventas = Operation(licences=1, agents_per_licence=3)
    ana = Agent(last_use=utc("2025-01-02 15:00"))
    luis = Agent("Logout", "DÍAZ LUIS", "1002", enabled=False)
    sara = Agent("Logout", "MORA SARA", "1003", enabled=None)
    ventas.look("2025-01-02 20:00", {"12001": ana, "12002": luis}, until="2025-01-02 20:10")
    ventas.fail("2025-01-03 20:00", outcome="refused")
    luis = replace(luis, enabled=True, last_use=utc("2025-01-04 16:00"))
    ventas.look("2025-01-04 20:00", {"12001": ana, "12002": luis, "12003": sara, "12004": sara})
    ventas.look("2025-02-01 20:00", {"12001": ana, "12002": luis, "12003": sara})
    ana = replace(ana, last_use=utc("2025-02-02 19:00"))
    ventas.look("2025-02-02 20:00", {"12001": ana, "12002": luis, "12003": sara})
    ventas.look("2025-02-03 20:00", {"12001": ana, "12003": sara})
    ventas.load(warehouse)
    assert warehouse.rows("select * from licence_usage_daily") == [
        # agents, enabled, disabled, connected, connected in 30 days, never, licences, slots, free
        ("ventas", "2025-01-02", 2, 1, 1, 1, 1, 1, 1, 3, 1),
        ("ventas", "2025-01-04", 4, 2, 0, 1, 2, 2, 1, 3, -1),
        # 2 January is 30 days before 1 February, and no longer one of the last 30 days
        ("ventas", "2025-02-01", 3, 2, 0, 0, 1, 1, 1, 3, 0),
        ("ventas", "2025-02-02", 3, 2, 0, 1, 2, 1, 1, 3, 0),
        ("ventas", "2025-02-03", 2, 1, 0, 0, 1, 1, 1, 3, 1),
    ]


def test_without_licences_there_are_no_slots(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.look("2025-01-02 20:00", {"12001": Agent()})
    ventas.load(warehouse)
    assert warehouse.rows("select agents, licences, slots, free_slots from licence_usage_daily") == [
        (1, None, None, None)
    ]


def test_a_provisioned_agent_is_found_by_id_or_else_by_document(warehouse: Warehouse) -> None:
    ventas = Operation()
    ana = Agent(last_use=utc("2025-03-10 11:00"))
    luis = Agent("Logout", "DÍAZ LUIS", "1002")
    ventas.look("2025-03-10 12:00", {"12001": ana, "12002": luis, "12009": replace(luis, agent_name="DÍAZ L")})
    ventas.look("2025-03-10 12:05", {"12001": ana, "12002": luis})
    ventas.load(warehouse)
    at, later = utc("2025-03-10 11:00"), utc("2025-03-10 11:30")
    asked = [
        (None, None, at, "refused"),
        (None, None, later, "refused"),
        ("1001", None, at, "unconfirmed"),
        ("1001", "12001", later, "created"),
        ("1002", None, at, "unconfirmed"),
        ("1003", "12003", at, "created"),
        ("1004", None, at, "refused"),
        ("1005", "12009", at, "exists"),
    ]
    for number, (dni, agent_id, requested_at, outcome) in enumerate(asked):
        row = {"request_id": str(number), "operation": "ventas", "agent_dni": dni, "agent_id": agent_id}
        row["requested_at"] = requested_at
        warehouse.insert("provisioned_agents", {**row, "outcome": outcome, "message": None})
    assert warehouse.rows(
        "select agent_dni, agent_id, agent_key, agent_name, requested_at, outcome, created, seen_in_report, on_roster,"
        " ever_connected, last_connection_at from provisioned_agents_now"
    ) == [
        (
            *("1001", "12001", "ventas:12001", "GÓMEZ  ANA", "2025-03-10 11:30", "created"),
            *(True, True, True, True, "2025-03-10 11:00"),
        ),
        (
            *("1002", "12002", "ventas:12002", "DÍAZ LUIS", "2025-03-10 11:00", "unconfirmed"),
            *(False, True, True, False, None),
        ),
        ("1003", "12003", "ventas:12003", None, "2025-03-10 11:00", "created", True, False, False, False, None),
        ("1004", None, None, None, "2025-03-10 11:00", "refused", False, False, False, False, None),
        ("1005", "12009", "ventas:12009", "DÍAZ L", "2025-03-10 11:00", "exists", False, True, False, False, None),
        (None, None, None, None, "2025-03-10 11:00", "refused", False, False, False, False, None),
        (None, None, None, None, "2025-03-10 11:30", "refused", False, False, False, False, None),
    ]


# the views beside each other, and beside the plainest possible account of the same looks


def wandering(seed: int) -> list[Operation]:
    """Two operations, looked at for two days with holes, whose agents do as they please."""
    chance = random.Random(seed)
    operations = [Operation("ventas"), Operation("soporte", "America/Santiago")]
    for operation in operations:
        at = utc("2025-09-06 12:00")
        agents = {str(12001 + i): Agent("Ready", f"AGENTE {i}", str(i)) for i in range(4)}
        listed = dict(agents)
        for _ in range(400):
            at += timedelta(minutes=chance.choice([5] * 30 + [10, 15, 20, 90]), seconds=chance.randrange(3))
            for agent_id in agents:
                if chance.random() < 0.1:
                    agents[agent_id] = replace(agents[agent_id], agent_status=chance.choice(["Ready", "Talk", None]))
                if chance.random() < 0.02:
                    agents[agent_id] = replace(agents[agent_id], agent_name=f"AGENTE {chance.random()}")
                if chance.random() < 0.01:
                    agents[agent_id] = replace(agents[agent_id], agent_dni=f"{chance.random()}")
                if chance.random() < 0.01:
                    listed.pop(agent_id, None)
                elif agent_id in listed or chance.random() < 0.3:
                    listed[agent_id] = agents[agent_id]
            if chance.random() < 0.1:
                operation.fail(f"{at:%Y-%m-%d %H:%M:%S}", outcome=chance.choice(["empty", "suspicious", "refused"]))
            else:
                operation.look(f"{at:%Y-%m-%d %H:%M:%S}", listed)
    return operations


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_the_views_agree_with_each_other(warehouse: Warehouse, seed: int) -> None:
    for operation in (operations := wandering(seed)):
        operation.load(warehouse)
    for name in NAMES:
        key = ", ".join(keys(name))
        key = key if "operation" in key or "agent_key" in key else f"operation, {key}"
        assert warehouse.rows(f"select {key}, count(*) from {name} group by {key} having count(*) > 1") == [], name

    # the open interval is the status now
    columns = "agent_key, agent_status, {}, {}, {}"
    assert warehouse.rows(
        f"select {columns.format('interval_from', 'observed_seconds', 'changed_after')} from agent_status_intervals"
        " where ended_by = 'open'"
    ) == warehouse.rows(
        f"select {columns.format('status_since', 'status_seconds', 'status_changed_after')} from agents_now"
    )

    # a look and the next, unless too long after it, are that much of the status that the first one found
    truth: Counter[tuple[str, str | None]] = Counter()
    for operation in operations:
        looks = [row["observed_at"] for row in operation.observations if row["outcome"] in ("changed", "unchanged")]
        for one, other in pairwise(looks):
            if other - one <= timedelta(minutes=17, seconds=30):
                for row in operation.history:
                    if row["present"] and row["valid_from"] <= one and (row["valid_to"] or other) > one:
                        truth[row["agent_key"], row["agent_status"]] += int((other - one).total_seconds())
    expected = sorted(((*key, seconds) for key, seconds in truth.items()), key=str)
    for view in ("agent_status_intervals", "agent_status_daily"):
        assert expected == warehouse.rows(
            f"select agent_key, agent_status, cast(sum(observed_seconds) as bigint) from {view}"
            " group by agent_key, agent_status having sum(observed_seconds) > 0"
        )

    # everybody on the roster at the last look of a day is counted on it
    for operation in operations:
        days = warehouse.rows(
            "select d.local_day, d.agents, count(distinct h.agent_key) from licence_usage_daily as d"
            " join (select c.operation, c.local_day, max(o.observed_at) as last_look from coverage_daily as c"
            " join observations as o on o.operation = c.operation and o.outcome in ('changed', 'unchanged')"
            " and o.observed_at >= c.day_starts_at and o.observed_at < c.day_ends_at group by c.operation, c.local_day"
            ") as l on l.operation = d.operation and l.local_day = d.local_day"
            " left join agent_history as h on h.operation = d.operation and h.present and h.valid_from <= last_look"
            " and (h.valid_to is null or h.valid_to > last_look)"
            f" where d.operation = '{operation.name}' group by d.local_day, d.agents"
        )
        assert days
        assert [counted for _, counted, _ in days] == [present for _, _, present in days]


def test_a_time_zone_that_takes_the_date_back_leaves_the_roster_as_it_was(warehouse: Warehouse) -> None:
    # the 11th in Madrid, which is the 10th in Bogotá; there were never fewer than two agents
    ventas = Operation(timezone="Europe/Madrid", licences=1)
    ventas.look("2025-03-10 23:30", {"1": Agent(), "2": Agent(enabled=False), "3": Agent()})
    ventas.timezone = "America/Bogota"
    ventas.look("2025-03-10 23:35", {"1": Agent(), "2": Agent(enabled=False)}, until="2025-03-11 05:30")
    ventas.load(warehouse)
    counts = "agents, enabled_agents, disabled_agents, never_connected_agents, free_slots"
    assert warehouse.rows(f"select local_day, {counts} from licence_usage_daily") == [
        ("2025-03-10", 2, 1, 1, 2, 8),
        ("2025-03-11", 2, 1, 1, 2, 8),
    ]


def test_a_gap_in_which_the_settings_changed_is_one_gap(warehouse: Warehouse) -> None:
    ventas = Operation()
    ventas.look("2025-03-10 13:00", {"1": Agent()})
    ventas.interval_seconds = 600
    ventas.fail("2025-03-10 13:40")
    ventas.look("2025-03-10 14:10", {"1": Agent()})
    ventas.load(warehouse)
    assert warehouse.rows("select open_seconds, longest_gap_seconds from coverage_daily") == [(4200, 4200)]
