"""The views, over rows written by hand and answers worked out by hand, on DuckDB and on PostgreSQL."""

from __future__ import annotations

import csv
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta, timezone
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pyarrow as pa
import pytest
import sqlglot
from sqlglot import exp

from wolkvox_source.provisioning.outcomes import SCHEMA as PROVISIONED
from wolkvox_source.reports.snapshot import TIMESTAMP
from wolkvox_source.tables import SCHEMAS
from wolkvox_source.warehouse.dialect import in_dialect, relations

VIEWS = Path(__file__).parents[2] / "wolkvox_source" / "views"
NAMES = sorted(path.stem for path in VIEWS.glob("*.sql"))

WORDS = {pa.string(): "text", pa.int64(): "bigint", pa.bool_(): "boolean", pa.float64(): "double", TIMESTAMP: "timestamptz"}
TABLES = {
    name: ", ".join(f"{column.name} {WORDS[column.type]}" for column in schema)
    for name, schema in {**SCHEMAS, "provisioned_agents": PROVISIONED}.items()
}
# what dlt adds, and the table that comes with the views
TABLES["agent_history"] += ", valid_from timestamptz, valid_to timestamptz"
TABLES["status_categories"] = "agent_status text, operation text, category text, productive boolean, paid boolean"


# a place for the tables and the views


class Warehouse:
    """A database that holds the tables and, once installed, the views; its sessions live in Tokyo, to be far away."""

    def __init__(self, connection: Any, dialect: str) -> None:
        self.connection = connection
        self.dialect = dialect

    def run(self, sql: str) -> Any:
        cursor = self.connection.cursor() if self.dialect == "postgres" else self.connection
        cursor.execute(sql)
        return cursor

    def install(self) -> None:
        # tests that run before these on the same server may have left one
        self.run("drop schema if exists contact_center cascade")
        self.run("create schema contact_center")
        self.run("set search_path = contact_center" if self.dialect == "postgres" else "use contact_center")
        self.run("set timezone = 'Asia/Tokyo'")
        for statement in creations(self.dialect):
            self.run(statement)

    def insert(self, table: str, *rows: dict[str, Any]) -> None:
        if rows:
            columns = list(rows[0])
            values = ", ".join("(" + ", ".join(literal(row[name]) for name in columns) + ")" for row in rows)
            self.run(f"insert into {table} ({', '.join(columns)}) values {values}")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query answers, in the order of its text, times in UTC and numbers to two places."""
        return sorted((tuple(shown(value) for value in row) for row in self.run(sql).fetchall()), key=str)

    def columns(self, view: str) -> list[str]:
        return [column[0] for column in self.run(f"select * from {view} limit 0").description]

    def types(self, view: str) -> dict[str, str]:
        return dict(
            self.run(
                f"select column_name, data_type from information_schema.columns where table_name = '{view}'"
            ).fetchall()
        )


@cache
def creations(dialect: str) -> list[str]:
    """The statements that make the tables and the views in a dialect."""
    tables = [f"create table {name} ({columns})" for name, columns in TABLES.items()]
    views = [f"create view {name} as {in_dialect(sql, dialect)}" for name, sql in in_order()]
    return [*(sqlglot.transpile(sql, read="duckdb", write=dialect)[0] for sql in tables), *views]


def in_order() -> list[tuple[str, str]]:
    """Every view's name and text, those that others read first."""
    pending = {name: (VIEWS / f"{name}.sql").read_text(encoding="utf-8") for name in NAMES}
    ordered = []
    while pending:
        ready = [name for name, sql in pending.items() if not relations(sql) & set(pending)]
        assert ready, f"the views read each other in a circle: {sorted(pending)}"
        ordered += [(name, pending.pop(name)) for name in ready]
    return ordered


def literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool | int | float):
        return str(value).lower()
    if isinstance(value, datetime):
        return f"'{value.isoformat(sep=' ')}'"
    return "'" + value.replace("'", "''") + "'"


def shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value.astimezone(timezone.utc):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return round(value, 2) if isinstance(value, float) else value


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


@pytest.fixture(params=["duckdb", "postgres"])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Warehouse]:
    if request.param == "duckdb":
        connection = duckdb.connect(str(tmp_path / "wolkvox.duckdb"))
    else:
        connection = psycopg2.connect(request.getfixturevalue("postgres_url"))
    # all of a test happens in one transaction, which PostgreSQL then forgets
    warehouse = Warehouse(connection, request.param)
    warehouse.install()
    yield warehouse
    connection.close()


# a contact centre that is looked at


@dataclass(frozen=True)
class Agent:
    """An agent as one report lists it."""

    agent_status: str | None = "Ready"
    agent_name: str = "GÓMEZ  ANA"
    agent_dni: str | None = "1001"
    agent_sso: str | None = None
    enabled: bool | None = True
    last_use: datetime | None = None


class Operation:
    """What the tables hold after somebody has looked at an operation again and again."""

    def __init__(self, name: str = "ventas", timezone: str = "America/Bogota", **settings: int | None) -> None:
        self.name = name
        self.settings = {"licences": None, "agents_per_licence": 10, "interval_seconds": 300, **settings}
        self.timezone = timezone
        self.observations: list[dict[str, Any]] = []
        self.history: list[dict[str, Any]] = []
        self.connections: dict[tuple[str, datetime], dict[str, Any]] = {}
        self.latest: dict[str, dict[str, Any]] = {}

    def fail(self, *moments: str, outcome: str = "unavailable") -> None:
        self.observations += [
            {"operation": self.name, "observed_at": utc(moment), "outcome": outcome} for moment in moments
        ]

    def look(self, moment: str, agents: dict[str, Agent], until: str | None = None, every: int = 5) -> None:
        """Look once, or every few minutes until a moment is reached, and find these agents by their agent_id."""
        at = utc(moment)
        while at <= utc(until or moment):
            self._look_once(at, agents)
            at += timedelta(minutes=every)

    def _look_once(self, at: datetime, agents: dict[str, Agent]) -> None:
        outcome = "unchanged"
        for agent_id in sorted({*self.latest, *agents}):
            listed = agents.get(agent_id)
            key = {"agent_key": f"{self.name}:{agent_id}", "operation": self.name, "agent_id": agent_id}
            slow = {name: value for name, value in asdict(listed or Agent()).items() if name != "last_use"}
            before = self.latest.get(agent_id)
            if listed is None:
                slow = {name: before["version"][name] for name in slow}
            version = {**key, **slow, "present": listed is not None}
            last_use = listed.last_use if listed else before["last_use"]
            if before is None or before["version"] != version:
                outcome = "changed"
                if before:
                    before["row"]["valid_to"] = at
                row = {**version, "valid_from": at, "valid_to": None}
                self.history.append(row)
                before = {"row": row}
            if last_use and (agent_id, last_use) not in self.connections:
                self.connections[agent_id, last_use] = {**key, "last_use": last_use, "first_observed_at": at}
            self.latest[agent_id] = {"row": before["row"], "version": version, "last_use": last_use}
        self.observations.append({"operation": self.name, "observed_at": at, "outcome": outcome})

    def load(self, warehouse: Warehouse) -> None:
        warehouse.insert("operations", {"operation": self.name, "timezone": self.timezone, **self.settings})
        warehouse.insert("observations", *self.observations)
        warehouse.insert("agent_history", *self.history)
        warehouse.insert("agent_connections", *self.connections.values())
        agents = [
            {**now["version"], "last_use": now["last_use"], "last_use_raw": now["last_use"] and str(now["last_use"])}
            for now in self.latest.values()
        ]
        warehouse.insert("agents", *agents)


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
        "agent_connections_daily",
        "agent_status_daily",
        "agent_status_intervals",
        "agents_now",
        "coverage_daily",
        "licence_usage_daily",
        "provisioned_agents_now",
        "roster_changes",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_view_is_one_select_over_tables_and_views_that_exist(name: str) -> None:
    statements = sqlglot.parse((VIEWS / f"{name}.sql").read_text(encoding="utf-8"), read="duckdb")
    assert len(statements) == 1
    assert isinstance(statements[0], exp.Select | exp.Union)
    assert relations(statements[0].sql(dialect="duckdb")) <= {*TABLES, *NAMES}
    steps = {step.alias for step in statements[0].find_all(exp.CTE)}
    assert not steps & {*TABLES, *NAMES}, "a step that is named like a table hides it"


@pytest.mark.parametrize("dialect", ["postgres", "redshift", "snowflake", "databricks"])
@pytest.mark.parametrize("name", NAMES)
def test_a_view_can_be_written_for_other_destinations(name: str, dialect: str) -> None:
    sql = (VIEWS / f"{name}.sql").read_text(encoding="utf-8")
    sqlglot.transpile(sql, read="duckdb", write=dialect, unsupported_level=sqlglot.ErrorLevel.RAISE)


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
        (r"_at|_from|_to|_after|_since|_before", "timestamp with time zone"),
        (r"_seconds|_at_most|_observations|_until_purge|days_since_last_use|_agents|_30_days|slots", "bigint"),
        (r"_percent", "double"),
        (r"_day", "date"),
    ]
    others = {"agents": "bigint", "observations": "bigint", "connections": "bigint", "licences": "bigint"}
    flags = {
        *("enabled", "is_productive", "is_paid", "never_connected", "dormant", "purge_soon", "free_to_reuse"),
        *("created", "seen_in_report", "on_roster", "ever_connected"),
    }
    words_of_roster_changes = {"value_from", "value_to", "agent_name_before"}
    for column, kind in types.items():
        name = column.split(".")[1]
        expected = next((kind for end, kind in ends if re.search(f"({end})$", name)), "text")
        expected = "boolean" if name in flags else others.get(name, expected)
        assert (column, kind) == (column, "text" if name in words_of_roster_changes else expected)


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
    ventas.look("2025-03-10 13:00", {"12001": Agent("Logout", "DÍAZ LUIS", "1002")}, until="2025-03-10 13:30")
    ventas.load(warehouse)
    assert warehouse.rows("select agent_name, agent_status, observed_seconds from agent_status_daily") == [
        ("DÍAZ LUIS", "Logout", 5400)
    ]


# what the words mean: status_categories


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
            *("2025-03-10 11:58", 0, 184, False, False, False, False, "2025-03-10 12:15"),
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
            *("2024-10-01 04:59", 161, 20, False, True, True, True, "2025-03-10 12:15"),
        ),
        (
            *("ventas", "ventas:12004", "12004", "MORA SARA", None, None, None, "Logout", "logged out", False, False),
            *("2025-03-10 12:00", 900, None, None),
            *(None, None, None, True, False, False, False, "2025-03-10 12:15"),
        ),
    ]


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
            if other - one <= timedelta(minutes=15):
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
