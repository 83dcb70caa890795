"""Records -> one typed Arrow table, and the records that we refuse.

Every field that wolkvox adds to the documented ones becomes one more text column.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from wolkvox_source.errors import UnreadableError
from wolkvox_source.reports.catalogue import Column, Report
from wolkvox_source.reports.columns import as_text, clean, column_name, flags, texts, utc_times
from wolkvox_source.reports.fast_json import FlatRecords
from wolkvox_source.reports.privacy import Privacy, evidence, protected

# wolkvox added two in ten years; PostgreSQL has room for 1,600 columns, and a table keeps each for ever
_NEW_FIELDS_AT_MOST = 100


@dataclass(frozen=True)
class Rejected:
    """A record that cannot be keyed: why, the record as JSON text, and its place in the report from 0.

    `reason` is `not an object`, or `no` or `duplicate` with the names of the ids.
    """

    reason: str
    record: str
    position: int


@dataclass(frozen=True)
class Snapshot:
    """One report, typed and checked.

    Attributes:
        table: one row a key: the keys, operation and ids, then the documented columns (those of a kind other than
            text with wolkvox's own text in `<name>_raw`), then wolkvox's newer fields as text; a personal column
            that is dropped is not there
        rejected: the records that have no row
        unparsed: values that were there and could not be read as what they should be; they are NULL
        received: how many records the report had
    """

    table: pa.Table
    rejected: tuple[Rejected, ...]
    unparsed: int
    received: int


def snapshot(
    report: Report, operation: str, records: Sequence[Any], timezone: str, privacy: Privacy | None = None
) -> Snapshot:
    """The records of a report of `operation` as a table; wolkvox's times are naive and local to `timezone`.

    Raises an UnreadableError where the records have so many unknown fields that they cannot be this report.
    """
    privacy = privacy or Privacy()
    rejected: list[tuple[int, str]] = []
    columns = _flat_columns(report, records)
    if columns is None:
        rows, rejected = _keyed(report, records)
        places = _places(report, _fields(records))
        fields = _fields(rows)
        columns = _text_columns(
            report,
            {field: column for field, column in places.items() if field in fields},
            lambda field: texts([row.get(field) for row in rows]),
            len(rows),
        )
    columns = protected(columns, privacy)
    typed: dict[str, pa.Array] = {}
    unparsed = 0
    for column in report.columns:
        if column.name in columns:
            typed[column.name], unread = _typed(column, columns[column.name], timezone)
            unparsed += unread
            if column.raw:
                typed[column.raw] = columns[column.name]
    documented = {column.name for column in (*report.ids, *report.columns)}
    length = len(columns[report.ids[0].name])
    table = {
        **{name: _joined(operation, [columns[each] for each in ids]) for name, ids in report.keys},
        "operation": pa.array([operation] * length, pa.string()),
        **{column.name: columns[column.name] for column in report.ids},
        **typed,
        **{name: column for name, column in columns.items() if name not in documented},
    }
    return Snapshot(
        table=pa.table(table),
        rejected=tuple(
            Rejected(reason, _evidence(report, records[position], privacy), position) for position, reason in rejected
        ),
        unparsed=unparsed,
        received=len(records),
    )


def _typed(column: Column, values: pa.Array, timezone: str) -> tuple[pa.Array, int]:
    """The values as the column's kind, and how many could not be read."""
    if column.kind == "time":
        return utc_times(values, timezone)
    if column.kind == "flag":
        return flags(values)
    return values, 0


def _joined(operation: str, ids: list[pa.Array]) -> pa.Array:
    """`operation:id`; of several ids, none of which can pass for two."""
    if len(ids) > 1:
        ids = [pc.replace_substring(pc.replace_substring(each, "%", "%25"), "|", "%7C") for each in ids]
    return pc.binary_join_element_wise(pa.scalar(operation), pc.binary_join_element_wise(*ids, "|"), ":")


def _flat_columns(report: Report, records: Sequence[Any]) -> dict[str, pa.Array] | None:
    """The columns of flat records, None where one of them would have to be refused."""
    if not isinstance(records, FlatRecords):
        return None
    table = records.table
    places = _places(report, table.column_names)
    columns = _text_columns(report, places, lambda field: table[field].combine_chunks(), len(table))
    ids = [columns[column.name] for column in report.ids]
    if any(each.null_count for each in ids):
        return None
    return columns if pc.count_distinct(_joined("", ids)).as_py() == len(table) else None


def _keyed(report: Report, records: Sequence[Any]) -> tuple[list[dict[str, Any]], list[tuple[int, str]]]:
    """One record a key, and the position and reason of each of the others."""
    rejected: list[tuple[int, str]] = []
    chosen: dict[tuple[str, ...], int] = {}
    names = [column.name for column in report.ids]
    places = {field: name for field, name in _places(report, _fields(records)).items() if name in names}
    found = _text_columns(
        report,
        places,
        lambda field: texts([record.get(field) if isinstance(record, dict) else None for record in records]),
        len(records),
    )
    for position, ids in enumerate(zip(*(found[name].to_pylist() for name in names), strict=True)):
        if None in ids:
            is_record = isinstance(records[position], dict)
            rejected.append((position, f"no {names[ids.index(None)]}" if is_record else "not an object"))
        elif ids not in chosen:
            chosen[ids] = position
        else:
            # which of two wins must not depend on their order, or a shuffled report would open versions
            loser = position
            if _rank(report, records[position]) > _rank(report, records[chosen[ids]]):
                chosen[ids], loser = position, chosen[ids]
            rejected.append((loser, f"duplicate {', '.join(names)}"))
    return [records[position] for position in chosen.values()], sorted(rejected)


def _rank(report: Report, record: dict[str, Any]) -> tuple[str, str]:
    spellings = report.named(report.newest).spellings if report.newest else ()
    return as_text(next((record[name] for name in spellings if name in record), None)), as_text(record)


def _fields(records: Sequence[Any]) -> set[str]:
    """Every field that any of the records has."""
    return set().union(*(record for record in records if isinstance(record, dict)))


def _places(report: Report, fields: Sequence[str] | set[str]) -> dict[str, str]:
    """Which column each field is, in the order of the columns.

    A documented column is its own field or, in a report without that, the same name in other letters. Beside its
    own field, another spelling is a field of its own: it must not fill in where wolkvox says that there is nothing.
    """
    # sorted, or which of two spellings wins would depend on the order of the records
    plain = {field: column_name(field) for field in sorted(fields)}
    places: dict[str, str] = {}
    for column in (*report.ids, *report.columns):
        own = next((spelling for spelling in column.spellings if spelling in plain), None)
        alike = [field for field, name in plain.items() if name in column.spellings]
        places.update(dict.fromkeys([own] if own else alike, column.name))
    taken = {spelling for column in (*report.ids, *report.columns) for spelling in (column.name, *column.spellings)}
    newer = {field: name for field, name in plain.items() if field not in places}
    if len(newer) > _NEW_FIELDS_AT_MOST:
        raise UnreadableError("too_many_fields", fields=len(newer), most=_NEW_FIELDS_AT_MOST)
    return {**places, **{field: f"wolkvox_{name}" if name in taken else name for field, name in newer.items()}}


def _text_columns(
    report: Report, places: Mapping[str, str], values: Callable[[str], pa.Array], length: int
) -> dict[str, pa.Array]:
    """Every documented column and every other one that occurs, cleaned; all are text."""
    columns: dict[str, pa.Array] = {}
    for field, name in places.items():
        column = clean(values(field))
        # two spellings of one field ("Team", "team") are one column: the first that has a value
        columns[name] = pc.coalesce(columns[name], column) if name in columns else column
    nothing = pa.nulls(length, pa.string())
    documented = {column.name: columns.pop(column.name, nothing) for column in (*report.ids, *report.columns)}
    return {**documented, **columns}


def _evidence(report: Report, record: Any, privacy: Privacy) -> str:
    """A refused record as JSON text, with the personal values in it protected like the columns."""
    places = _places(report, _fields([record]))
    columns = _text_columns(report, places, lambda field: texts([record.get(field)]), 1)
    return evidence(record, privacy, columns, places)
