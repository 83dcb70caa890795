"""A snapshot beside what the warehouse holds -> the rows that differ, and who left.

Only differences travel, and absence is stated: an agent who left the report is a row with
`present = false` that carries the last known values.
"""

import hashlib
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

_KEY = ["agent_key", "operation", "agent_id"]
# what may change without opening a version: the key, and the connection with its raw text
_NOT_TRACKED = frozenset(
    [*_KEY, "last_use", "last_use_raw", "present", "row_version", "open_version", "connection_held"]
)
_ONLY_HELD = ("open_version", "connection_held")
# every run of white space but a single blank, which most names have and which stays as it is
_PADDING = r"\s\s+|[\t\n\f\r]"
_CONNECTION = [*_KEY, "last_use"]


@dataclass(frozen=True)
class Changes:
    """What has to be sent so that the warehouse agrees with the report.

    Attributes:
        agents: rows of `agents` that are new or differ, those who left included
        versions: rows of `agent_history` whose open version is not the held one
        connections: values of last_use that the warehouse may not have
        known: how many agents were present before
        appeared, vanished, changed: how many agents came, left, or differ in any column
        emptied: columns among name, dni, status and last_use that had values and now have none
    """

    agents: pa.Table
    versions: pa.Table
    connections: pa.Table
    known: int
    appeared: int
    vanished: int
    changed: int
    emptied: tuple[str, ...]


def changes(seen: pa.Table, held: pa.Table) -> Changes:
    """What differs between `seen` (a snapshot's table) and `held` (the holdings of the same operation).

    `held` has the columns of `agents` and besides `open_version` (row_version of the history's open
    version, NULL without one) and `connection_held` (whether its last_use stands in agent_connections).
    """
    before = held.drop_columns(_KEY).take(pc.index_in(seen["agent_key"], value_set=held["agent_key"]))
    now = _with_version(seen, before, present=True)
    was_present = _true(before["present"])
    differs = _differs(now, before)
    connected_anew = pc.and_(pc.is_valid(now["last_use"]), _distinct(now["last_use"], before["last_use"]))
    connection_lost = pc.and_(pc.is_valid(held["last_use"]), pc.invert(_true(held["connection_held"])))

    still_there = pc.is_in(held["agent_key"], value_set=now["agent_key"])
    gone = held.filter(pc.invert(still_there))
    left = _true(gone["present"])
    away = _with_version(gone.drop_columns([*_ONLY_HELD, "present", "row_version"]), gone, present=False)

    agents = [now.filter(differs), away.filter(_differs(away, gone))]
    versions = [
        _version(now).filter(_distinct(now["row_version"], before["open_version"])),
        _version(away).filter(_distinct(away["row_version"], gone["open_version"])),
    ]
    connections = [now.select(_CONNECTION).filter(connected_anew), held.select(_CONNECTION).filter(connection_lost)]
    return Changes(
        agents=_together(agents),
        versions=_together(versions),
        connections=_together(connections),
        known=_count(_true(held["present"])),
        appeared=_count(pc.invert(was_present)),
        vanished=_count(left),
        changed=_count(pc.and_(differs, was_present)),
        emptied=_emptied(now, held),
    )


def _with_version(rows: pa.Table, before: pa.Table, *, present: bool) -> pa.Table:
    """The rows with their presence and version; a row that is as `before` has kept its version."""
    rows = rows.append_column("present", pa.array([present] * len(rows), pa.bool_()))
    moved = pc.or_(_differs(rows, before, _NOT_TRACKED - {"present"}), pc.is_null(before["row_version"]))
    kept = before["row_version"].combine_chunks()
    slow = rows.select(
        [name for name in rows.column_names if name in {"agent_key", "present"} or name not in _NOT_TRACKED]
    )
    version = pc.replace_with_mask(kept, moved.combine_chunks(), _row_version(slow.filter(moved)))
    return rows.append_column("row_version", version)


def _version(rows: pa.Table) -> pa.Table:
    """The columns that agent_history has of the rows."""
    return rows.drop_columns(["last_use", "last_use_raw"])


def _row_version(rows: pa.Table) -> pa.Array:
    """A hash of key, presence and the non-empty slow values, so that a new empty column opens no version.

    Runs of white space count as one, since wolkvox pads names; lengths keep values apart from each other.
    """
    parts = [rows["agent_key"], pc.cast(rows["present"], pa.string())]
    for name in sorted(set(rows.column_names) - _NOT_TRACKED):
        text = pc.replace_substring_regex(pc.cast(rows[name], pa.string()), _PADDING, " ")
        length = pc.cast(pc.binary_length(text), pa.string())
        # an empty value leaves no trace at all, not even a separator
        parts.append(pc.fill_null(pc.binary_join_element_wise("", name, length, text, "\x1f"), ""))
    joined = pc.binary_join_element_wise(*parts, "").cast(pa.binary())
    hashes = [hashlib.blake2b(row, digest_size=16).hexdigest() for row in joined.to_pylist()]
    return pa.array(hashes, pa.string())


def _differs(rows: pa.Table, before: pa.Table, apart_from: frozenset[str] = frozenset()) -> pa.ChunkedArray:
    """Which of `rows` are not, in every column, the row of `before` beside them."""
    differs = pa.chunked_array([pa.array([False] * len(rows), pa.bool_())])
    for name in dict.fromkeys([*rows.column_names, *before.column_names]):
        if name in apart_from or name in _KEY or name in _ONLY_HELD:
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


def _emptied(now: pa.Table, held: pa.Table) -> tuple[str, ...]:
    if len(now) == 0:
        return ()
    empty = [
        name
        for name in ("agent_name", "agent_dni", "agent_status", "last_use")
        if name in now.column_names and name in held.column_names and now[name].null_count == len(now)
    ]
    before = held.select(empty).filter(_true(held["present"]))
    return tuple(name for name in empty if before[name].null_count < len(before))


def _true(flags: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(flags, False)


def _count(flags: pa.ChunkedArray) -> int:
    return pc.sum(flags).as_py() or 0
