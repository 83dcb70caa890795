"""Records -> one typed Arrow table, and the records that we refuse.

The documented fields are those of https://www.wolkvox.com/en/apis-v2-2/5-agents/. Every field that wolkvox
adds later becomes one more text column. Cleaning is vectorised: a roster may hold 60,000 agents.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from wolkvox_source.errors import UnreadableError
from wolkvox_source.reports.fast_json import FlatRecords

Protection = Literal["keep", "hash", "drop"]

PERSONAL_COLUMNS = ("agent_name", "agent_dni", "agent_sso")
TIMESTAMP = pa.timestamp("us", tz="UTC")

# wolkvox's words for nothing, in every report (a time of zeroes is MySQL's)
NOTHING = pa.array(["", "-", "0000-00-00", "0000-00-00 00:00:00"])

_FIRST_DAY = pa.scalar(datetime(1, 1, 2, tzinfo=timezone.utc), TIMESTAMP)
_LAST_DAY = pa.scalar(datetime(9999, 12, 31, tzinfo=timezone.utc), TIMESTAMP)

TRUE_WORDS = pa.array(["yes", "y", "true", "1", "si", "sí", "enabled", "active"])
FALSE_WORDS = pa.array(["no", "n", "false", "0", "disabled", "inactive"])

_DOCUMENTED = ("agent_id", "agent_name", "agent_dni", "agent_sso", "agent_status", "enabled", "last_use")
_OURS = frozenset(
    {"agent_key", "operation", "last_use_raw", "present", "row_version", "valid_from", "valid_to", "open_version"}
    | {"connection_held", "first_observed_at"}
)
_LONGEST_NAME = 60
# wolkvox added two in ten years; PostgreSQL has room for 1,600 columns, and a table keeps each for ever
_NEW_FIELDS_AT_MOST = 100
# all text below U+0300, whose UTF-8 begins with this byte, is in NFC as it is
_BEYOND_NFC = 0xCC
_ESCAPED_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


@dataclass(frozen=True)
class Privacy:
    """What becomes of each personal column; `hash` is HMAC-SHA256 under `key`, so that it joins."""

    protections: Mapping[str, Protection] = field(default_factory=dict)
    key: bytes = field(default=b"", repr=False)

    def of(self, column: str) -> Protection:
        return self.protections.get(column, "keep")

    @property
    def in_force(self) -> str:
        """The setting in a few words; values that were kept under two different ones cannot be compared.

        Another key makes another setting, told apart by the hash of a word: the key itself is nowhere.
        """
        ways = {"keep": "keep", "hash": f"hash {self.hashed('privacy_key')[:8]}", "drop": "drop"}
        return ", ".join(f"{column}: {ways[self.of(column)]}" for column in PERSONAL_COLUMNS)

    def hashed(self, value: str) -> str:
        return hmac.new(self.key, value.encode(), hashlib.sha256).hexdigest()[:32]


@dataclass(frozen=True)
class Rejected:
    """A record that cannot be keyed: why, the record as JSON text, and its place in the report from 0."""

    reason: Literal["no agent_id", "duplicate agent_id", "not an object"]
    record: str
    position: int


@dataclass(frozen=True)
class Snapshot:
    """One report, typed and checked.

    Attributes:
        table: one row per agent_id: agent_key, operation, agent_id, agent_name, agent_dni, agent_sso,
            agent_status (text), enabled (boolean), last_use (UTC), last_use_raw (text), then wolkvox's newer
            fields as text; a personal column that is dropped is not there
        rejected: the records that have no row
        unparsed: values of last_use and enabled that were there and could not be read; they are NULL
        received: how many records the report had
    """

    table: pa.Table
    rejected: tuple[Rejected, ...]
    unparsed: int
    received: int


def snapshot(operation: str, records: Sequence[Any], timezone: str, privacy: Privacy | None = None) -> Snapshot:
    """The report of `operation` as a table; wolkvox's times are naive and local to `timezone`.

    Raises an UnreadableError where the records have so many unknown fields that they cannot be agents.
    """
    privacy = privacy or Privacy()
    rejected: list[tuple[int, Any]] = []
    columns = _flat_columns(records)
    if columns is None:
        rows, rejected = _keyed(records)
        columns = _text_columns(set().union(*rows), lambda name: _texts([row.get(name) for row in rows]))
    agent_id = columns["agent_id"]
    last_use, unparsed_times = utc_times(columns["last_use"], timezone)
    enabled, unparsed_words = _booleans(columns["enabled"])
    table = {
        "agent_key": pc.binary_join_element_wise(pa.scalar(operation), agent_id, ":"),
        "operation": pa.array([operation] * len(agent_id), pa.string()),
        "agent_id": agent_id,
        **_protected({name: columns[name] for name in PERSONAL_COLUMNS}, privacy),
        "agent_status": columns["agent_status"],
        "enabled": enabled,
        "last_use": last_use,
        "last_use_raw": columns["last_use"],
        **{name: column for name, column in columns.items() if name not in _DOCUMENTED},
    }
    return Snapshot(
        table=pa.table(table),
        rejected=tuple(
            Rejected(reason, _evidence(records[position], privacy), position) for position, reason in rejected
        ),
        unparsed=unparsed_times + unparsed_words,
        received=len(records),
    )


def _flat_columns(records: Sequence[Any]) -> dict[str, pa.Array] | None:
    """The columns of flat records, None where one of them would have to be refused."""
    if not isinstance(records, FlatRecords):
        return None
    table = records.table
    nothing = pa.nulls(len(table), pa.string())
    columns = _text_columns(
        table.column_names, lambda name: table[name].combine_chunks() if name in table.column_names else nothing
    )
    agent_id = columns["agent_id"]
    return columns if agent_id.null_count == 0 and pc.count_distinct(agent_id).as_py() == len(agent_id) else None


def _keyed(records: Sequence[Any]) -> tuple[list[dict[str, Any]], list[tuple[int, Any]]]:
    """One record per agent_id, and the position and reason of each of the others."""
    rejected: list[tuple[int, Any]] = []
    chosen: dict[str, int] = {}
    ids = _clean(_texts([record.get("agent_id") if isinstance(record, dict) else None for record in records]))
    for position, agent_id in enumerate(ids.to_pylist()):
        if agent_id is None:
            is_record = isinstance(records[position], dict)
            rejected.append((position, "no agent_id" if is_record else "not an object"))
        elif agent_id not in chosen:
            chosen[agent_id] = position
        else:
            # which of two wins must not depend on their order, or a shuffled report would open versions
            loser = position
            if _rank(records[position]) > _rank(records[chosen[agent_id]]):
                chosen[agent_id], loser = position, chosen[agent_id]
            rejected.append((loser, "duplicate agent_id"))
    return [records[position] for position in chosen.values()], sorted(rejected)


def _rank(record: dict[str, Any]) -> tuple[str, str]:
    return as_text(record.get("last_use")), as_text(record)


def _text_columns(fields: Collection[str], values: Callable[[str], pa.Array]) -> dict[str, pa.Array]:
    """Every documented field and every other one that occurs, cleaned; all are text."""
    newer = set(fields) - set(_DOCUMENTED)
    if len(newer) > _NEW_FIELDS_AT_MOST:
        raise UnreadableError("too_many_fields", fields=len(newer), most=_NEW_FIELDS_AT_MOST)
    columns: dict[str, pa.Array] = {}
    # sorted, or which of two spellings wins would depend on the order of the records
    for name in (*_DOCUMENTED, *sorted(newer)):
        column = _clean(values(name))
        plain = name if name in _DOCUMENTED else column_name(name)
        # two spellings of one field ("Team", "team") are one column: the first that has a value
        columns[plain] = pc.coalesce(columns[plain], column) if plain in columns else column
    return columns


def column_name(vendor_field: str) -> str:
    """A vendor's field name as a column that every warehouse accepts, never one of our own."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", vendor_field)
    name = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:_LONGEST_NAME].strip("_")
    if not name or name[0].isdigit() or name in _OURS:
        return f"wolkvox_{name}".strip("_")
    return name


def _texts(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return pa.array([as_text(value).encode("utf-8", "replace").decode() for value in values], pa.string())


def _clean(column: pa.Array) -> pa.Array:
    column = pc.utf8_trim_whitespace(column)
    lowest, highest = _byte_range(column)
    if lowest == 0:
        # no warehouse stores a NUL in text, and PostgreSQL fails the whole load for one
        column = pc.replace_substring(column, "\0", "\N{REPLACEMENT CHARACTER}")
    if highest >= _BEYOND_NFC:
        column = pc.utf8_normalize(column, form="NFC")
    nothing = pc.is_in(column, NOTHING)
    return pc.if_else(nothing, pa.scalar(None, pa.string()), column) if pc.any(nothing).as_py() else column


def _byte_range(texts: pa.Array) -> tuple[int, int]:
    """The lowest and the highest byte of all the texts together in UTF-8."""
    data = texts.buffers()[2] or pa.py_buffer(b"")
    found = pc.min_max(pa.Array.from_buffers(pa.uint8(), data.size, [None, data])).as_py()
    return found["min"] or 0, found["max"] or 0


def utc_times(local: pa.Array, timezone: str) -> tuple[pa.Array, int]:
    """Local text times as UTC, and how many could not be read.

    `YYYY-MM-DD HH:MM:SS` and `YYYY-MM-DD`, the latter being the first moment of that day. A time that a
    clock change skipped or repeated is no one moment, so it is NULL and counted, like any other text.
    """
    naive = _whole_times(local)
    if naive is not None:
        utc = _one_moment(naive, timezone)
    else:
        day_only = pc.fill_null(pc.match_substring_regex(local, r"^\d{4}-\d{2}-\d{2}$"), False)
        text = pc.replace_substring_regex(local, r"^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.0+)?$", r"\1 \2")
        text = pc.if_else(day_only, pc.binary_join_element_wise(local, "00:00:00", " "), text)
        naive = _naive(text)
        first_of_day = pc.assume_timezone(naive, timezone, ambiguous="earliest", nonexistent="latest")
        utc = pc.if_else(day_only, first_of_day, _one_moment(naive, timezone))
    utc = utc.cast(TIMESTAMP)
    # MySQL's last moment, 9999-12-31 23:59:59, is in UTC a year that Python and its drivers cannot read
    utc = pc.if_else(pc.and_(pc.greater(utc, _FIRST_DAY), pc.less(utc, _LAST_DAY)), utc, None)
    return utc, utc.null_count - local.null_count


def _whole_times(texts: pa.Array) -> pa.Array | None:
    """The naive times where each text is one in full, as it nearly always is; None where any is not."""
    if not pc.all(pc.equal(pc.binary_length(texts), len("YYYY-MM-DD HH:MM:SS"))).as_py():
        return None
    try:
        return texts.cast(pa.timestamp("s"))
    except pa.ArrowInvalid:
        return None


def _naive(texts: pa.Array) -> pa.Array:
    padded = pc.match_substring_regex(texts, r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$")
    naive = pc.strptime(texts, format="%Y-%m-%d %H:%M:%S", unit="s", error_is_null=True)
    # strptime makes 2 March of 30 February, and reads what is not padded
    day = pc.cast(pc.if_else(padded, pc.utf8_slice_codeunits(texts, 8, 10), None), pa.int64())
    return pc.if_else(pc.and_(padded, pc.equal(pc.day(naive), day)), naive, None)


def _one_moment(naive: pa.Array, timezone: str) -> pa.Array:
    earliest = pc.assume_timezone(naive, timezone, ambiguous="earliest", nonexistent="earliest")
    latest = pc.assume_timezone(naive, timezone, ambiguous="latest", nonexistent="latest")
    return pc.if_else(pc.equal(earliest, latest), earliest, None)


def _booleans(words: pa.Array) -> tuple[pa.Array, int]:
    lower = pc.utf8_lower(words)
    known = pc.if_else(
        pc.is_in(lower, TRUE_WORDS), True, pc.if_else(pc.is_in(lower, FALSE_WORDS), False, pa.scalar(None, pa.bool_()))
    )
    return known, known.null_count - words.null_count


def _protected(columns: dict[str, pa.Array], privacy: Privacy) -> dict[str, pa.Array]:
    """The personal columns as the privacy setting wants them."""
    if privacy.of("agent_dni") != "keep":
        # some rosters carry the document inside the name: "NAME (document)"
        documents = columns["agent_dni"].to_pylist()
        for name in ("agent_name", "agent_sso"):
            if privacy.of(name) == "keep":
                columns[name] = pa.array(
                    [
                        text.replace(dni, "…") if text and dni else text
                        for text, dni in zip(columns[name].to_pylist(), documents, strict=True)
                    ],
                    pa.string(),
                )
    return {
        name: column if privacy.of(name) == "keep" else _hashed(column, privacy)
        for name, column in columns.items()
        if privacy.of(name) != "drop"
    }


def _hashed(column: pa.Array, privacy: Privacy) -> pa.Array:
    return pa.array([None if text is None else privacy.hashed(text) for text in column.to_pylist()], pa.string())


def _evidence(record: Any, privacy: Privacy) -> str:
    """A refused record as JSON text, with the personal values in it protected like the columns."""
    if all(privacy.of(name) == "keep" for name in PERSONAL_COLUMNS):
        return _storable_json(record)
    if not isinstance(record, dict):
        # where a name may stand in a record without fields is unknown
        return json.dumps(f"a JSON {type(record).__name__}, not kept for privacy")
    columns = _text_columns(record.keys(), lambda name: _texts([record.get(name)]))
    personal = _protected({name: columns[name] for name in PERSONAL_COLUMNS}, privacy)
    kept = {name: column[0].as_py() for name, column in personal.items()}
    # "Agent_Name" is a name too
    rest = {name: value for name, value in record.items() if column_name(name) not in PERSONAL_COLUMNS}
    return _storable_json({**rest, **kept})


def _storable_json(value: Any) -> str:
    """JSON text without NUL or lone surrogates, neither of which a warehouse stores."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace").decode()
    return _ESCAPED_NUL.sub("\\1\N{REPLACEMENT CHARACTER}", text)


def as_text(value: Any) -> str:
    """A JSON value as wolkvox would have written it in a string; `""` for null, JSON text for a nested one."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
