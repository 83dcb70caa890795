"""Texts as wolkvox sends them -> clean and typed columns. All of it is vectorised: a roster may hold 60,000 agents."""

import hashlib
import json
import re
import unicodedata
from datetime import datetime, timezone
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from wolkvox_source.reports.catalogue import RESERVED

TIMESTAMP = pa.timestamp("us", tz="UTC")

# wolkvox's words for nothing, in every report (a time of zeroes is MySQL's)
NOTHING = pa.array(["", "-", "0000-00-00", "0000-00-00 00:00:00"])
TRUE_WORDS = pa.array(["yes", "y", "true", "1", "si", "sí", "enabled", "active"])
FALSE_WORDS = pa.array(["no", "n", "false", "0", "disabled", "inactive"])

_FIRST_DAY = pa.scalar(datetime(1, 1, 2, tzinfo=timezone.utc), TIMESTAMP)
_LAST_DAY = pa.scalar(datetime(9999, 12, 31, tzinfo=timezone.utc), TIMESTAMP)
_LONGEST_NAME = 60
_KEPT = ("LATIN", "DIGIT")
# all text below U+0300, whose UTF-8 begins with this byte, is in NFC as it is
_BEYOND_NFC = 0xCC


def as_text(value: Any) -> str:
    """A JSON value as wolkvox would have written it in a string; `""` for null, JSON text for a nested one."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def texts(values: list[Any]) -> pa.Array:
    """JSON values as one text column."""
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return pa.array([as_text(value).encode("utf-8", "replace").decode() for value in values], pa.string())


def clean(column: pa.Array) -> pa.Array:
    """Trimmed, in NFC, without NUL, and NULL for each of wolkvox's words for nothing."""
    column = pc.utf8_trim_whitespace(column)
    lowest, highest = _byte_range(column)
    if lowest == 0:
        # no warehouse stores a NUL in text, and PostgreSQL fails the whole load for one
        column = pc.replace_substring(column, "\0", "\N{REPLACEMENT CHARACTER}")
    if highest >= _BEYOND_NFC:
        column = pc.utf8_normalize(column, form="NFC")
    nothing = pc.is_in(column, NOTHING)
    return pc.if_else(nothing, pa.scalar(None, pa.string()), column) if pc.any(nothing).as_py() else column


def _byte_range(column: pa.Array) -> tuple[int, int]:
    """The lowest and the highest byte of all the texts together in UTF-8."""
    data = column.buffers()[2] or pa.py_buffer(b"")
    found = pc.min_max(pa.Array.from_buffers(pa.uint8(), data.size, [None, data])).as_py()
    return found["min"] or 0, found["max"] or 0


def column_name(field: str) -> str:
    """A vendor's field name as a column name that every warehouse accepts, never one of our own."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", field)
    name = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:_LONGEST_NAME].strip("_")
    letters = [character for character in field if character.isalnum()]
    if (letters and not name) or not all(unicodedata.name(letter, "").startswith(_KEPT) for letter in letters):
        # nothing is left of other scripts, and their fields must not all become one column
        digest = hashlib.blake2b(field.strip().encode("utf-8", "replace"), digest_size=3).hexdigest()
        name = f"{name[: _LONGEST_NAME - 7] or 'wolkvox'}_{digest}"
    return f"wolkvox_{name}".strip("_") if not name or name[0].isdigit() or name in RESERVED else name


def utc_times(local: pa.Array, zone: str) -> tuple[pa.Array, int]:
    """Local text times as UTC, and how many could not be read.

    `YYYY-MM-DD HH:MM:SS` and `YYYY-MM-DD`, the latter being the first moment of that day. A time that a
    clock change skipped or repeated is no one moment, so it is NULL and counted, like any other text.
    """
    naive = _whole_times(local)
    if naive is not None:
        utc = _one_moment(naive, zone)
    else:
        day_only = pc.fill_null(pc.match_substring_regex(local, r"^\d{4}-\d{2}-\d{2}$"), False)
        naive = local_times(local)
        first_of_day = pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="latest")
        utc = pc.if_else(day_only, first_of_day, _one_moment(naive, zone))
    utc = utc.cast(TIMESTAMP)
    # MySQL's last moment, 9999-12-31 23:59:59, is in UTC a year that Python and its drivers cannot read
    utc = pc.if_else(pc.and_(pc.greater(utc, _FIRST_DAY), pc.less(utc, _LAST_DAY)), utc, None)
    return utc, utc.null_count - local.null_count


def local_times(local: pa.Array) -> pa.Array:
    """Text times as they stand, without a zone; NULL for what is none."""
    text = pc.replace_substring_regex(local, r"^(\d{4}-\d{2}-\d{2})$", r"\1 00:00:00")
    text = pc.replace_substring_regex(text, r"^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.0+)?$", r"\1 \2")
    padded = pc.match_substring_regex(text, r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$")
    naive = pc.strptime(text, format="%Y-%m-%d %H:%M:%S", unit="s", error_is_null=True)
    # strptime makes 2 March of 30 February, and reads what is not padded
    day = pc.cast(pc.if_else(padded, pc.utf8_slice_codeunits(text, 8, 10), None), pa.int64())
    return pc.if_else(pc.and_(padded, pc.equal(pc.day(naive), day)), naive, None)


def _whole_times(column: pa.Array) -> pa.Array | None:
    """The naive times where each text is one in full, as it nearly always is; None where any is not."""
    if not pc.all(pc.equal(pc.binary_length(column), len("YYYY-MM-DD HH:MM:SS"))).as_py():
        return None
    try:
        return column.cast(pa.timestamp("s"))
    except pa.ArrowInvalid:
        return None


def _one_moment(naive: pa.Array, zone: str) -> pa.Array:
    earliest = pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="earliest")
    latest = pc.assume_timezone(naive, zone, ambiguous="latest", nonexistent="latest")
    return pc.if_else(pc.equal(earliest, latest), earliest, None)


def flags(words: pa.Array) -> tuple[pa.Array, int]:
    """Words such as `yes` and `no` as booleans, and how many could not be read."""
    lower = pc.utf8_lower(words)
    known = pc.if_else(
        pc.is_in(lower, TRUE_WORDS), True, pc.if_else(pc.is_in(lower, FALSE_WORDS), False, pa.scalar(None, pa.bool_()))
    )
    return known, known.null_count - words.null_count


def days(texts_of_days: pa.Array) -> tuple[pa.Array, int]:
    """Texts such as 2026-03-02, with a time or without, as dates, and how many could not be read."""
    read = local_times(texts_of_days).cast(pa.date32())
    return read, read.null_count - texts_of_days.null_count


def numbers(words: pa.Array) -> tuple[pa.Array, int]:
    """Whole numbers, with commas between thousands or without, and how many could not be read."""
    grouped = pc.match_substring_regex(words, r"^-?\d{1,3}(?:,\d{3})+$")
    plain = pc.if_else(grouped, pc.replace_substring(words, ",", ""), words)
    return _cast(plain, r"^-?\d{1,18}$", pa.int64(), words)


def seconds(spans: pa.Array) -> tuple[pa.Array, int]:
    """Durations as seconds, and how many could not be read: H:MM:SS, whose hours may pass 24, or a whole number."""
    parts = pc.extract_regex(spans, r"^(?P<h>\d{1,9}):(?P<m>[0-5]\d):(?P<s>[0-5]\d)$")
    hours, minutes, rest = (pc.struct_field(parts, name).cast(pa.int64()) for name in ("h", "m", "s"))
    clock = pc.add(pc.add(pc.multiply(hours, 3600), pc.multiply(minutes, 60)), rest)
    whole = pc.if_else(pc.match_substring_regex(spans, r"^\d{1,18}$"), spans, None).cast(pa.int64())
    read = pc.coalesce(clock, whole)
    return read, read.null_count - spans.null_count


def percents(words: pa.Array) -> tuple[pa.Array, int]:
    """Percentages such as `34.64 %` or `15,233.33 %` as 34.64 and 15233.33, and how many could not be read."""
    bare = pc.replace_substring_regex(words, r"^\s*(.*?)\s*%?\s*$", r"\1")
    grouped = pc.match_substring_regex(bare, r"^-?\d{1,3}(?:,\d{3})+(?:\.\d+)?$")
    # without thousands before it, a comma stands where others write a point
    decimal = pc.match_substring_regex(bare, r"^-?\d+,\d{1,2}$")
    bare = pc.if_else(grouped, pc.replace_substring(bare, ",", ""), bare)
    bare = pc.if_else(decimal, pc.replace_substring(bare, ",", "."), bare)
    return _cast(bare, r"^-?\d{1,15}(?:\.\d{1,15})?$", pa.float64(), words)


def _cast(words: pa.Array, pattern: str, kind: pa.DataType, sent: pa.Array) -> tuple[pa.Array, int]:
    """The words that match as numbers, and how many of those that were sent do not."""
    read = pc.if_else(pc.match_substring_regex(words, pattern), words, None).cast(kind)
    return read, read.null_count - sent.null_count


def moments_before(observed_at: datetime, ago: pa.Array) -> pa.Array:
    """The moment so many seconds before the observation; NULL where that is a time of no calendar."""
    sane = pc.if_else(pc.and_(pc.greater_equal(ago, 0), pc.less(ago, 10**9)), ago, None)
    length = pc.multiply(sane, 1_000_000).cast(pa.duration("us"))
    return pc.subtract(pa.scalar(observed_at, TIMESTAMP), length).cast(TIMESTAMP)
