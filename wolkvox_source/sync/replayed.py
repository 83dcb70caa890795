"""What runs one after another leave in the tables, in memory: what a warehouse's merging would have made of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from wolkvox_source.observation import Decided
from wolkvox_source.reports.catalogue import AGENTS, REPORTS, Report
from wolkvox_source.reports.changes import HELD_ONLY
from wolkvox_source.reports.columns import TIMESTAMP
from wolkvox_source.sync.remembered import Remembered
from wolkvox_source.tables import EVERY_TABLE, SCHEMAS, TABLES
from wolkvox_source.warehouse.current import Current

# so many small tables are made one, since a year has a hundred thousand runs
_PARTS_AT_MOST = 500


@dataclass
class Replayed:
    """The tables as they are after the runs so far; runs come in the order of their times."""

    held: dict[tuple[str, str], pa.Table] = field(default_factory=dict)
    last: dict[tuple[str, str], datetime] = field(default_factory=dict)
    rejected: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    grown: dict[str, list[pa.Table]] = field(default_factory=dict)
    remembered: Remembered = field(default_factory=Remembered)

    def current(self, operations: Sequence[str], at: datetime) -> Current:
        """What is held of `operations`, as a warehouse would say it at the time `at`."""
        late = {key: last for key, last in self.last.items() if key[1] in operations and last >= at}
        return Current(
            rows={key: rows for key, rows in self.held.items() if key[1] in operations},
            observed_since={name: last for (report, name), last in late.items() if report == AGENTS.name},
            rejected=self.rejected,
            settings=self.settings,
            missing=frozenset(),
            further_since=late,
            pasts=self.remembered.pasts(operations, at),
        )

    def take(self, decided: Decided, at: datetime) -> None:
        """Take in what a run decided at the time `at`."""
        for report in REPORTS:
            if report.latest in decided.tables:
                self._merge(report, decided, at)
            if report.history in decided.tables:
                versions = decided.tables[report.history]
                self._grow(report.history, versions.append_column("valid_from", _moments(len(versions), at)))
            if report.moments and report.moments[0] in decided.tables:
                self._grow(report.moments[0], decided.tables[report.moments[0]])
        for key, rows in _by_report(decided.tables.get("rejected_records")).items():
            self.rejected[key] = list(zip(rows["reason"].to_pylist(), rows["record"].to_pylist(), strict=True))
        self._grow("rejected_records", decided.tables.get("rejected_records"))
        if "operations" in decided.tables:
            rows = decided.tables["operations"].to_pylist()
            self.settings.update({row["operation"]: {**row, "hours_held": 1} for row in rows})
        self._grow("opening_hours", decided.tables.get("opening_hours"))
        self._grow("observations", decided.ledger)
        self.remembered.take(decided.ledger)
        for line in decided.ledger.select(["report", "operation"]).to_pylist():
            self.last[line["report"], line["operation"]] = at

    def tables(self) -> dict[str, pa.Table]:
        """Every table as it is at the end, the ledger last."""
        tables = {}
        asked_for = {report for report, _ in self.last}
        reports = [report for report in REPORTS if report is AGENTS or report.name in asked_for]
        for name in [*TABLES, *(name for report in reports for name in report.tables if name not in TABLES)]:
            tables[name] = _together([EVERY_TABLE[name].columns.empty_table(), *self.grown.get(name, [])])
        for report in reports:
            if report.history != report.latest:
                rows = [_without_ours(rows) for (of, _), rows in self.held.items() if of == report.name]
                tables[report.latest] = _together([EVERY_TABLE[report.latest].columns.empty_table(), *rows])
            if report.history:
                tables[report.history] = _closed(tables[report.history], report.key)
            if report.moments:
                name, moment = report.moments
                tables[name] = _first(tables[name], [report.key, moment])
        tables["operations"] = pa.Table.from_pylist([*self.settings.values()], SCHEMAS["operations"])
        # hours that an operation has again were sent again
        tables["opening_hours"] = _first(tables["opening_hours"], [*TABLES["opening_hours"].key])
        ordered = sorted(tables, key=lambda name: name == "observations")
        return {name: _required(tables[name], name) for name in ordered}

    def _merge(self, report: Report, decided: Decided, at: datetime) -> None:
        """Rows take the place of those with their key."""
        for operation, rows in _by_operation(decided.tables[report.latest]).items():
            held = self.held.get((report.name, operation))
            if report.history:
                rows = self._opened(report, rows, decided.tables.get(report.history), held, at)
            if held is not None:
                others = held.filter(pc.invert(pc.is_in(held[report.key], value_set=rows[report.key])))
                rows = _together([others, rows]).combine_chunks()
            self.held[report.name, operation] = rows

    def _opened(
        self, report: Report, rows: pa.Table, versions: pa.Table | None, held: pa.Table | None, at: datetime
    ) -> pa.Table:
        """The rows with what is known of their versions; one whose version is new has been open since now."""
        since = pa.nulls(len(rows), TIMESTAMP)
        if held is not None:
            since = held["open_since"].combine_chunks().take(pc.index_in(rows[report.key], held[report.key]))
            since = since.combine_chunks() if isinstance(since, pa.ChunkedArray) else since
        fresh = versions[report.key] if versions is not None else pa.array([], pa.string())
        opened = pc.is_in(rows[report.key], value_set=fresh).combine_chunks()
        moment = rows[report.moments[1]] if report.moments else pa.nulls(len(rows))
        rows = rows.append_column("open_version", rows["row_version"])
        rows = rows.append_column("open_since", pc.if_else(opened, pa.scalar(at, TIMESTAMP), since))
        return rows.append_column("connection_held", pc.is_valid(moment))

    def _grow(self, name: str | None, rows: pa.Table | None) -> None:
        if name is None or rows is None or not len(rows):
            return
        parts = self.grown.setdefault(name, [])
        parts.append(rows)
        if len(parts) > _PARTS_AT_MOST:
            # what has grown long already is not copied again for a few rows more
            whole, small = parts[:1], parts[1:]
            if sum(map(len, small)) >= len(whole[0]):
                whole, small = [], parts
            self.grown[name] = [*whole, _together(small).combine_chunks()]


def _without_ours(rows: pa.Table) -> pa.Table:
    return rows.drop_columns([name for name in HELD_ONLY if name in rows.column_names])


def _closed(versions: pa.Table, key: str) -> pa.Table:
    """The versions with their ends: each ends when the next of the same key begins."""
    if "valid_from" not in versions.column_names:
        versions = versions.append_column("valid_from", pa.array([], TIMESTAMP))
    versions = versions.take(
        pc.sort_indices(versions, [(key, "ascending"), ("valid_from", "ascending")])
    ).combine_chunks()
    following = versions.slice(1)
    nothing = pa.nulls(min(1, len(versions)), TIMESTAMP)
    begins = pa.concat_arrays([following["valid_from"].combine_chunks(), nothing])
    keys = pa.concat_arrays([following[key].combine_chunks(), pa.nulls(min(1, len(versions)), pa.string())])
    same = pc.fill_null(pc.equal(keys, versions[key].combine_chunks()), False)
    return versions.append_column("valid_to", pc.if_else(same, begins, pa.scalar(None, TIMESTAMP)))


def _first(rows: pa.Table, keys: list[str]) -> pa.Table:
    """The first row of each key, as it came."""
    rows = rows.append_column("place", pa.array(range(len(rows)), pa.int64()))
    first = rows.group_by(keys).aggregate([("place", "min")])["place_min"]
    return rows.take(first).drop_columns(["place"])


def _by_operation(rows: pa.Table | None) -> dict[str, pa.Table]:
    if rows is None:
        return {}
    names = pc.unique(rows["operation"]).to_pylist()
    return (
        {name: rows.filter(pc.equal(rows["operation"], name)) for name in names}
        if len(names) > 1
        else dict.fromkeys(names, rows)
    )


def _by_report(rows: pa.Table | None) -> dict[tuple[str, str], pa.Table]:
    """The rejected records of each report and operation."""
    parts = _by_operation(rows)
    return {
        (report, name): part.filter(pc.equal(part["report"], report))
        for name, part in parts.items()
        for report in pc.unique(part["report"]).to_pylist()
    }


def _required(rows: pa.Table, name: str) -> pa.Table:
    required = EVERY_TABLE[name].required
    return rows.cast(pa.schema([each.with_nullable(each.name not in required) for each in rows.schema]))


def _moments(count: int, at: datetime) -> pa.Array:
    return pa.array([at] * count, TIMESTAMP)


def _together(tables: Sequence[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables, promote_options="default")
