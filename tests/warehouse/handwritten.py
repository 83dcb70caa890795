"""Tables written by hand and the views on them, in DuckDB or PostgreSQL, and operations that are looked at."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlglot

from wolkvox_source.hours import holidays as parsed_holidays
from wolkvox_source.hours import name_of, week
from wolkvox_source.provisioning.outcomes import SCHEMA as PROVISIONED
from wolkvox_source.reports.columns import TIMESTAMP
from wolkvox_source.tables import BESIDE, SCHEMAS
from wolkvox_source.warehouse.dialect import in_dialect, relations

VIEWS = Path(__file__).parents[2] / "wolkvox_source" / "views"
NAMES = sorted(path.stem for path in VIEWS.glob("*.sql"))

WORDS = {
    pa.string(): "text",
    pa.int64(): "bigint",
    pa.bool_(): "boolean",
    pa.float64(): "double",
    pa.date32(): "date",
    TIMESTAMP: "timestamptz",
}
TABLES = {
    name: ", ".join(f"{column.name} {WORDS[column.type]}" for column in schema)
    for name, schema in {
        **SCHEMAS,
        **BESIDE,
        "provisioned_agents": PROVISIONED,
    }.items()
}
# what dlt adds, and the table that comes with the views
TABLES["agent_history"] += ", valid_from timestamptz, valid_to timestamptz"
TABLES["status_categories"] = "agent_status text, operation text, category text, productive boolean, paid boolean"


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
                " and table_schema = 'contact_center'"
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

    def __init__(
        self, name: str = "ventas", timezone: str = "America/Bogota", interval_seconds: int = 300, **licences: int
    ) -> None:
        self.name = name
        self.licences = {"licences": None, "agents_per_licence": 10, **licences}
        # what the next observation is made with
        self.timezone, self.interval_seconds, self.privacy = timezone, interval_seconds, "all: keep"
        self.hours: str | None = None
        self.opening: dict[str, list[dict[str, Any]]] = {}
        self.observations: list[dict[str, Any]] = []
        self.history: list[dict[str, Any]] = []
        self.connections: dict[tuple[str, datetime], dict[str, Any]] = {}
        self.latest: dict[str, dict[str, Any]] = {}

    def opens(self, hours: str, holidays: str = "day\n") -> None:
        """From now on the centre has these operating hours."""
        rows = [*week(hours), *parsed_holidays(holidays)]
        self.hours = name_of(rows)
        key = {"operation": self.name, "hours": self.hours}
        self.opening[self.hours] = [{**key, "position": n, **row} for n, row in enumerate(rows)]

    def fail(self, *moments: str, outcome: str = "unavailable") -> None:
        for moment in moments:
            self._record(utc(moment), outcome)

    def _record(self, at: datetime, outcome: str) -> None:
        made_with = {name: getattr(self, name) for name in ("timezone", "interval_seconds", "privacy", "hours")}
        self.observations.append({"operation": self.name, "observed_at": at, "outcome": outcome, **made_with})

    def look(self, moment: str | datetime, agents: dict[str, Agent], until: str | None = None, every: int = 5) -> None:
        """Look once, or every few minutes until a moment is reached, and find these agents by their agent_id."""
        at = moment if isinstance(moment, datetime) else utc(moment)
        end = utc(until) if until else at
        while at <= end:
            self._look_once(at, agents)
            at += timedelta(minutes=every)

    def _look_once(self, at: datetime, agents: dict[str, Agent]) -> None:
        outcome = "unchanged"
        for agent_id in sorted({*self.latest, *agents}):
            listed = agents.get(agent_id)
            key = {"agent_key": f"{self.name}:{agent_id}", "operation": self.name, "agent_id": agent_id}
            tracked = {name: value for name, value in asdict(listed or Agent()).items() if name != "last_use"}
            before = self.latest.get(agent_id)
            if listed is None:
                tracked = {name: before["version"][name] for name in tracked}
            version = {**key, **tracked, "present": listed is not None}
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
        self._record(at, outcome)

    def load(self, warehouse: Warehouse) -> None:
        settings = {"timezone": self.timezone, "interval_seconds": self.interval_seconds, **self.licences}
        warehouse.insert("operations", {"operation": self.name, **settings})
        for rows in self.opening.values():
            warehouse.insert("opening_hours", *rows)
        warehouse.insert("observations", *self.observations)
        warehouse.insert("agent_history", *self.history)
        warehouse.insert("agent_connections", *self.connections.values())
        agents = [
            {**now["version"], "last_use": now["last_use"], "last_use_raw": now["last_use"] and str(now["last_use"])}
            for now in self.latest.values()
        ]
        warehouse.insert("agents", *agents)
