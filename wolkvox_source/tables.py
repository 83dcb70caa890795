"""Every table's columns, key and merge strategies, once."""

from dataclasses import dataclass

import pyarrow as pa

from wolkvox_source.reports.catalogue import REPORTS, Column, Report
from wolkvox_source.reports.columns import TIMESTAMP

_TEXT, _COUNT, _FLAG = pa.string(), pa.int64(), pa.bool_()
_KINDS = {"text": _TEXT, "flag": _FLAG, "time": TIMESTAMP}

Columns = dict[str, pa.DataType]


@dataclass(frozen=True)
class Table:
    """One table of the dataset.

    Attributes:
        columns: its columns from the first load on; wolkvox's newer fields come as they come
        key: the columns that name a row; of a history, the one that names whose versions they are
        strategies: the merge strategies that serve it, best first: the destination's capabilities choose. All of
            them leave alone what is not sent, and make sending a row twice the same as sending it once.
        report: the report that fills it, None where every report does
    """

    columns: pa.Schema
    key: tuple[str, ...]
    strategies: tuple[str, ...]
    report: str | None = None


def _tables_of(report: Report) -> dict[str, Table]:
    keys: Columns = dict.fromkeys(report.key_columns, _TEXT)
    version: Columns = {"present": _FLAG, "row_version": _TEXT}
    tables = {}
    if report.current:
        columns = {**keys, **_columns(report.columns), **version}
        tables[report.current] = Table(_schema(columns), (report.key,), ("upsert", "delete-insert"), report.name)
    if report.history:
        tracked = [column for column in report.columns if column.tracked or not report.current]
        columns = {**keys, **_columns(tracked), **version}
        tables[report.history] = Table(_schema(columns), (report.key,), ("scd2",), report.name)
    if report.moments:
        name, moment = report.moments
        columns = {**keys, moment: TIMESTAMP, "first_observed_at": TIMESTAMP}
        tables[name] = Table(_schema(columns), (report.key, moment), ("insert-only", "delete-insert"), report.name)
    return tables


def _columns(columns: tuple[Column, ...] | list[Column]) -> Columns:
    typed: Columns = {}
    for column in columns:
        typed[column.name] = _KINDS[column.kind]
        if column.raw:
            typed[column.raw] = _TEXT
    return typed


def _schema(columns: Columns) -> pa.Schema:
    return pa.schema(list(columns.items()))


TABLES: dict[str, Table] = {
    **{name: table for report in REPORTS for name, table in _tables_of(report).items()},
    "observations": Table(
        _schema(
            {
                "operation": _TEXT,
                "observed_at": TIMESTAMP,
                "outcome": _TEXT,
                "http_status": _COUNT,
                "code": _TEXT,
                "message": _TEXT,
                "reason": _TEXT,
                "facts": _TEXT,
                "doubt": _TEXT,
                "announced_records": _COUNT,
                "received_records": _COUNT,
                "rejected_records": _COUNT,
                "unparsed_values": _COUNT,
                "appeared": _COUNT,
                "vanished": _COUNT,
                "changed": _COUNT,
                "payload_bytes": _COUNT,
                "duration_seconds": pa.float64(),
                "timezone": _TEXT,
                "interval_seconds": _COUNT,
                "privacy": _TEXT,
                "hours": _TEXT,
            }
        ),
        ("operation", "observed_at"),
        ("insert-only", "delete-insert"),
    ),
    "rejected_records": Table(
        _schema(
            {
                "operation": _TEXT,
                "observed_at": TIMESTAMP,
                "position": _COUNT,
                "reason": _TEXT,
                "record": _TEXT,
            }
        ),
        ("operation", "observed_at", "position"),
        ("insert-only", "delete-insert"),
    ),
    "operations": Table(
        _schema(
            {
                "operation": _TEXT,
                "timezone": _TEXT,
                "licences": _COUNT,
                "agents_per_licence": _COUNT,
                "interval_seconds": _COUNT,
                "hours": _TEXT,
            }
        ),
        ("operation",),
        ("upsert", "delete-insert"),
    ),
    "opening_hours": Table(
        _schema(
            {
                "operation": _TEXT,
                "hours": _TEXT,
                "position": _COUNT,
                "weekday": _COUNT,
                "day": pa.date32(),
                "opens_minute": _COUNT,
                "closes_minute": _COUNT,
            }
        ),
        ("operation", "hours", "position"),
        ("insert-only", "delete-insert"),
    ),
}

SCHEMAS: dict[str, pa.Schema] = {name: table.columns for name, table in TABLES.items()}

# tables that no run loads, and that views need from the first run on
BESIDE: dict[str, pa.Schema] = {
    "planned_shifts": pa.schema(
        [
            pa.field("shift_id", _TEXT, nullable=False),
            ("operation", _TEXT),
            ("agent_id", _TEXT),
            ("agent_dni", _TEXT),
            ("weekday", _COUNT),
            ("starts_minute", _COUNT),
            ("ends_minute", _COUNT),
            ("valid_from", pa.date32()),
            ("valid_to", pa.date32()),
            ("loaded_at", TIMESTAMP),
            ("replaced_at", TIMESTAMP),
        ]
    ),
    "status_categories": pa.schema(
        {"agent_status": _TEXT, "operation": _TEXT, "category": _TEXT, "productive": _FLAG, "paid": _FLAG}.items()
    ),
    "provisioned_agents": pa.schema(
        [
            pa.field("request_id", _TEXT, nullable=False),
            ("operation", _TEXT),
            ("agent_key", _TEXT),
            ("agent_dni", _TEXT),
            ("agent_id", _TEXT),
            ("requested_at", TIMESTAMP),
            ("outcome", _TEXT),
            ("message", _TEXT),
            ("action", _TEXT),
            ("reason", _TEXT),
            ("facts", _TEXT),
            ("before", _TEXT),
            ("after", _TEXT),
            ("password_known", _FLAG),
            ("address", _TEXT),
        ]
    ),
}
