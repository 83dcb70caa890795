"""A report whose records are flat -> Arrow, without a Python object for each of its values.

wolkvox writes every value of a report as text. Such a report is read here in half the time and memory that
its Python objects would take; whatever is not exactly so is left to `payload.py`, which takes it as it comes.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.json

_BETWEEN_RECORDS = re.compile(rb"\}\s*,\s*\{")
_BLOCK_BYTES = 1 << 20


class FlatRecords(Sequence[Any]):
    """Records that are all objects of texts and nulls; they become Python objects once one is looked at.

    Attributes:
        table: the records as an Arrow table, one text column for each field, values as they were sent
    """

    def __init__(self, table: pa.Table, text: memoryview) -> None:
        self.table = table
        self._text = text

    @cached_property
    def _records(self) -> list[Any]:
        return list(orjson.loads(self._text))

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, position: Any) -> Any:
        return self._records[position]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._records)

    def __eq__(self, other: object) -> bool:
        return self._records == (list(other) if isinstance(other, FlatRecords) else other)

    __hash__ = None  # type: ignore[assignment]


def flat_envelope(body: bytes) -> dict[str, Any] | None:
    """The envelope of `body` with its `data` as FlatRecords; None where its records are not flat."""
    begin, end = body.find(b"[") + 1, body.rfind(b"]")
    try:
        envelope = orjson.loads(body[:begin] + body[end:])
    except orjson.JSONDecodeError:
        return None
    if not isinstance(envelope, dict) or envelope.get("data") != [] or body[begin : begin + 1] != b"{":
        return None
    # a line's end is about to mean the end of a record
    table = _table(body) if body.find(b"\n", begin, end) < 0 else None
    return None if table is None else {**envelope, "data": FlatRecords(table, memoryview(body)[begin - 1 : end + 1])}


def _table(body: bytes) -> pa.Table | None:
    """What stands inside a JSON list of flat objects, as a table with the fields of the first one."""
    between = _BETWEEN_RECORDS.search(body)
    # Arrow reads one object a line; where a text holds what stands between two, it ends in the middle of a line
    lines = body.replace(between[0], b"}\n{") if between else body
    begin, end = lines.find(b"[") + 1, lines.rfind(b"]")
    breaks = lines.count(b"\n", begin, end)
    try:
        first = orjson.loads(lines[begin : lines.find(b"\n", begin, end) if breaks else end])
        table = pyarrow.json.read_json(
            pa.BufferReader(memoryview(lines)[begin:end]),
            read_options=pyarrow.json.ReadOptions(block_size=_BLOCK_BYTES),
            parse_options=pyarrow.json.ParseOptions(
                explicit_schema=pa.schema([(name, pa.string()) for name in first]), unexpected_field_behavior="error"
            ),
        )
        # Arrow does not look whether texts are UTF-8 unless it is asked
        table.validate(full=True)
    except (orjson.JSONDecodeError, pa.ArrowException):
        return None
    # objects with nothing between them would pass otherwise
    return table if len(table) == 1 + breaks else None
