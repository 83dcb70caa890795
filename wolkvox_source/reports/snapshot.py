"""Records -> one typed Arrow table, and the records that we refuse.

Every field that wolkvox adds to the documented ones becomes one more text column.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from datetime import timezone as zones
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from wolkvox_source.errors import UnreadableError
from wolkvox_source.reports.catalogue import Report
from wolkvox_source.reports.columns import (
    as_text,
    clean,
    column_name,
    days,
    flags,
    moments_before,
    numbers,
    percents,
    seconds,
    texts,
    utc_times,
)
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
    report: Report,
    operation: str,
    records: Sequence[Any],
    timezone: str,
    privacy: Privacy | None = None,
    *,
    observed_at: datetime | None = None,
    given: Mapping[str, str] | None = None,
) -> Snapshot:
    """The records of a report of `operation` as a table; wolkvox's times are naive and local to `timezone`.

    `observed_at` is when the report was observed, from which `since` columns are counted; `given` are the ids that
    stood in the question and are in no record. Raises an UnreadableError where the records have so many unknown
    fields that they cannot be this report.
    """
    privacy, given = privacy or Privacy(), given or {}
    rejected: list[tuple[int, str]] = []
    columns = _flat_columns(report, records, given)
    if columns is None:
        records = [{**record, **given} if isinstance(record, dict) else record for record in records]
        rows, rejected = _keyed(report, records)
        places, fields = _places(report, _fields(records)), _fields(rows)
        places = {field: column for field, column in places.items() if field in fields}
        columns = _text_columns(report, places, _values(report, rows, places), len(rows))
    columns = protected(columns, privacy)
    typed, unparsed = _typed_columns(report, columns, timezone, observed_at)
    documented = {column.name for column in report.documented}
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


def together(report: Report, parts: Sequence[Snapshot]) -> Snapshot:
    """Snapshots of parts of one report as one; a row that stands in two of them is the later one's."""
    table = pa.concat_tables([part.table for part in parts], promote_options="default")
    keys = table[report.key]
    if pc.count_distinct(keys).as_py() < len(keys):
        last = {key: place for place, key in enumerate(keys.to_pylist())}
        table = table.take(pa.array(sorted(last.values()), pa.int64()))
    received = 0
    rejected: list[Rejected] = []
    for part in parts:
        rejected += [replace(each, position=each.position + received) for each in part.rejected]
        received += part.received
    return Snapshot(table, tuple(rejected), sum(part.unparsed for part in parts), received)


_READ: dict[str, Callable[[pa.Array], tuple[pa.Array, int]]] = {
    "flag": flags,
    "day": days,
    "seconds": seconds,
    "number": numbers,
    "percent": percents,
    "text": lambda column: (column, 0),
}


def _typed_columns(
    report: Report, columns: Mapping[str, pa.Array], timezone: str, observed_at: datetime | None
) -> tuple[dict[str, pa.Array], int]:
    """The documented columns as what they should be, their own text beside them, and how many could not be read."""
    typed: dict[str, pa.Array] = {}
    unparsed = 0
    for column in report.columns:
        source = column.of or column.name
        if column.kind == "since":
            moment = observed_at or datetime.fromtimestamp(0, zones.utc)
            typed[column.name] = moments_before(moment, typed[source])
        elif source in columns:
            texts_of = columns[source]
            read = utc_times(texts_of, timezone) if column.kind == "time" else _READ[column.kind](texts_of)
            typed[column.name], unread = read
            unparsed += unread
            if column.raw:
                typed[column.raw] = texts_of
    return typed, unparsed


def _joined(operation: str, ids: list[pa.Array]) -> pa.Array:
    """`operation:id`; of several ids, none of which can pass for two."""
    if len(ids) > 1:
        ids = [pc.replace_substring(pc.replace_substring(each, "%", "%25"), "|", "%7C") for each in ids]
    return pc.binary_join_element_wise(pa.scalar(operation), pc.binary_join_element_wise(*ids, "|"), ":")


def _flat_columns(report: Report, records: Sequence[Any], given: Mapping[str, str]) -> dict[str, pa.Array] | None:
    """The columns of flat records, None where one of them would have to be refused."""
    if not isinstance(records, FlatRecords):
        return None
    table = records.table
    places = _places(report, table.column_names)
    columns = _text_columns(report, places, lambda field: table[field].combine_chunks(), len(table))
    columns.update({name: pa.array([value] * len(table), pa.string()) for name, value in given.items()})
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
    objects = [record if isinstance(record, dict) else {} for record in records]
    found = _text_columns(report, places, _values(report, objects, places), len(records))
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


def _values(report: Report, records: Sequence[dict[str, Any]], places: Mapping[str, str]) -> Callable[[str], pa.Array]:
    """How to read a field of all records as text; a truth value, a list or an object is no id."""
    ids = {column.name for column in report.ids}

    def of(field: str) -> pa.Array:
        values = [record.get(field) for record in records]
        if places[field] in ids:
            values = [None if isinstance(value, bool | list | dict) else value for value in values]
        return texts(values)

    return of


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
    for column in report.documented:
        own = next((spelling for spelling in column.spellings if spelling in plain), None)
        alike = [field for field, name in plain.items() if name in column.spellings]
        places.update(dict.fromkeys([own] if own else alike, column.name))
    taken = {spelling for column in report.documented for spelling in (column.name, *column.spellings)}
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
    documented = {column.name: columns.pop(column.name, nothing) for column in report.documented}
    return {**documented, **columns}


def _evidence(report: Report, record: Any, privacy: Privacy) -> str:
    """A refused record as JSON text, with the personal values in it protected like the columns."""
    places = _places(report, _fields([record]))
    columns = _text_columns(report, places, lambda field: texts([record.get(field)]), 1)
    return evidence(record, privacy, columns, places)
