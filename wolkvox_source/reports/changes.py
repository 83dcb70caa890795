"""A snapshot beside what the warehouse holds -> the rows that differ, and who left.

Only differences travel, and absence is stated: what left the report is a row with `present = false` that carries
the last known values.
"""

import hashlib
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from wolkvox_source.reports.catalogue import Report

# what is read of the warehouse beside the columns of a report
HELD_ONLY = ("open_version", "open_since", "connection_held")
_OURS = frozenset(["present", "row_version", *HELD_ONLY])
# every run of white space but a single blank, which most names have and which stays as it is
_PADDING = r"\s\s+|[\t\n\f\r]"


@dataclass(frozen=True)
class Changes:
    """What has to be sent so that the warehouse agrees with the report.

    Attributes:
        rows: rows of the report's current table that are new or differ, those who left included
        versions: rows of its history whose open version is not the held one
        moments: values of its column of times that the warehouse may not have
        before: the held row beside each row of the report, all NULL where nothing is held
        gone: the held rows that are not in the report, those who were away before among them
        known: how many were present before
        appeared, vanished, changed: how many came, left, or differ in any column
    """

    rows: pa.Table
    versions: pa.Table
    moments: pa.Table
    before: pa.Table
    gone: pa.Table
    known: int
    appeared: int
    vanished: int
    changed: int


def changes(report: Report, seen: pa.Table, held: pa.Table) -> Changes:
    """What differs between `seen` (a snapshot's table) and `held` (what the warehouse has of the same operation).

    `held` has the columns of the report's current table, or else of its history, and besides `open_version`
    (row_version of the history's open version, NULL without one), `open_since` (when that version began) and
    `connection_held` (whether its moment stands in the table of moments).
    """
    key = report.key
    before = held.drop_columns([*report.key_columns]).take(pc.index_in(seen[key], value_set=held[key]))
    now = _with_version(report, seen, before, present=True)
    was_present = _true(before["present"])
    new_version = _distinct(now["row_version"], before["open_version"])
    # without a current table, what is not tracked is as it was when the version began
    differs = _differs(report, now, before) if report.current else new_version

    still_there = pc.is_in(held[key], value_set=now[key])
    gone = held.filter(pc.invert(still_there))
    left = _true(gone["present"])
    away = _with_version(report, gone.drop_columns([*_OURS]), gone, present=False)

    rows = [now.filter(differs), away.filter(_differs(report, away, gone))]
    versions = [
        _version(report, now).filter(new_version),
        _version(report, away).filter(_distinct(away["row_version"], gone["open_version"])),
    ]
    return Changes(
        rows=_together(rows),
        versions=_together(versions),
        moments=_moments(report, now, before, held),
        before=before,
        gone=gone,
        known=_count(_true(held["present"])),
        appeared=_count(pc.invert(was_present)),
        vanished=_count(left),
        changed=_count(pc.and_(differs, was_present)),
    )


def _moments(report: Report, now: pa.Table, before: pa.Table, held: pa.Table) -> pa.Table:
    """The times that moved on, and those whose row never arrived."""
    if report.moments is None:
        return held.select(report.key_columns).slice(0, 0)
    name = report.moments[1]
    columns = [*report.key_columns, name]
    moved = pc.and_(pc.is_valid(now[name]), _distinct(now[name], before[name]))
    lost = pc.and_(pc.is_valid(held[name]), pc.invert(_true(held["connection_held"])))
    return _together([now.select(columns).filter(moved), held.select(columns).filter(lost)])


def _with_version(report: Report, rows: pa.Table, before: pa.Table, *, present: bool) -> pa.Table:
    """The rows with their presence and version; a row that is as `before` has kept its version."""
    rows = rows.append_column("present", pa.array([present] * len(rows), pa.bool_()))
    apart = (_OURS | report.untracked) - {"present"}
    moved = pc.or_(_differs(report, rows, before, apart), pc.is_null(before["row_version"]))
    kept = before["row_version"].combine_chunks()
    version = pc.replace_with_mask(kept, moved.combine_chunks(), _row_version(report, rows.filter(moved)))
    return rows.append_column("row_version", version)


def _version(report: Report, rows: pa.Table) -> pa.Table:
    """The columns that the history has of the rows."""
    return rows.drop_columns([name for name in rows.column_names if name in report.untracked and report.current])


def _row_version(report: Report, rows: pa.Table) -> pa.Array:
    """A hash of key, presence and the non-empty tracked values, so that a new empty column opens no version.

    Runs of white space count as one, since wolkvox pads names; lengths keep values apart from each other.
    """
    parts = [rows[report.key], pc.cast(rows["present"], pa.string())]
    for name in sorted(set(rows.column_names) - {*report.key_columns, *report.untracked, *_OURS}):
        text = pc.replace_substring_regex(pc.cast(rows[name], pa.string()), _PADDING, " ")
        length = pc.cast(pc.binary_length(text), pa.string())
        # an empty value leaves no trace at all, not even a separator
        parts.append(pc.fill_null(pc.binary_join_element_wise("", name, length, text, "\x1f"), ""))
    joined = pc.binary_join_element_wise(*parts, "").cast(pa.binary())
    hashes = [hashlib.blake2b(row, digest_size=16).hexdigest() for row in joined.to_pylist()]
    return pa.array(hashes, pa.string())


def _differs(
    report: Report, rows: pa.Table, before: pa.Table, apart_from: frozenset[str] = frozenset()
) -> pa.ChunkedArray:
    """Which of `rows` are not, in every column, the row of `before` beside them."""
    differs = pa.chunked_array([pa.array([False] * len(rows), pa.bool_())])
    skipped = {*apart_from, *report.key_columns, *HELD_ONLY}
    for name in dict.fromkeys([*rows.column_names, *before.column_names]):
        if name in skipped:
            continue
        if name not in before.column_names:
            differs = pc.or_(differs, pc.is_valid(rows[name]))
        elif name not in rows.column_names:
            differs = pc.or_(differs, pc.is_valid(before[name]))
        else:
            differs = pc.or_(differs, _distinct(rows[name], before[name]))
    return differs


def _distinct(left: pa.ChunkedArray, right: pa.ChunkedArray) -> pa.ChunkedArray:
    """SQL's `is distinct from`."""
    unequal = pc.fill_null(pc.not_equal(left, right), False)
    return pc.or_(unequal, pc.xor(pc.is_null(left), pc.is_null(right)))


def _together(tables: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables, promote_options="default")


def _true(flags: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(flags, False)


def _count(flags: pa.ChunkedArray) -> int:
    return pc.sum(flags).as_py() or 0
