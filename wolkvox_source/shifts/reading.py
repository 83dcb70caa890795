"""A file of shifts -> its headings and numbered lines, which `planned` checks."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from wolkvox_source.errors import RefusedError

Line = tuple[int, Mapping[str, Any]]


class ShiftsError(RefusedError):
    """The file of shifts cannot be used as it is; nothing was loaded."""

    exit_code = 65


def read_lines(path: Path) -> list[Line]:
    """Each row of a CSV, Excel, Parquet or JSON file with its line, as what stands under each heading.

    Raises a ShiftsError where there is no such file or it cannot be read.
    """
    if not path.is_file():
        raise ShiftsError("shifts_missing", path=path)
    readers = {
        **dict.fromkeys((".csv", ".tsv", ".txt"), _text),
        **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), _excel),
        **dict.fromkeys((".json", ".jsonl", ".ndjson"), _json),
        **dict.fromkeys((".parquet", ".pq"), _parquet),
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ShiftsError("shifts_format", path=path)
    try:
        return reader(path)
    except (OSError, ValueError, csv.Error, pa.ArrowException, RecursionError) as error:
        raise ShiftsError("shifts_unreadable", path=path) from error


def _text(path: Path) -> list[Line]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError:
        # what Excel on Windows writes for Spanish
        text = content.decode("cp1252")
    lines = text.splitlines(keepends=True)
    heading = lines[0] if lines else ""
    separator = max(";,\t|", key=heading.count)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    headings = next(reader, [])
    found: list[Line] = []
    begins = reader.line_num + 1
    for values in reader:
        found.append((begins, _under(headings, values)))
        begins = reader.line_num + 1
    return _filled(found)


def _excel(path: Path) -> list[Line]:
    try:
        import python_calamine
    except ModuleNotFoundError:
        raise ShiftsError("shifts_excel", path=path) from None
    try:
        with python_calamine.load_workbook(path) as book:
            rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except python_calamine.CalamineError as error:
        raise ShiftsError("shifts_unreadable", path=path) from error
    headings = rows[0] if rows else []
    return _filled([(number, _under(headings, row)) for number, row in enumerate(rows[1:], 2)])


def _json(path: Path) -> list[Line]:
    text = path.read_text(encoding="utf-8-sig")
    if text.lstrip().startswith("["):
        records = list(enumerate(json.loads(text), 1))
    else:
        records = [(number, json.loads(line)) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not all(isinstance(record, dict) for _, record in records):
        raise ValueError("a row is no object")
    return records


def _parquet(path: Path) -> list[Line]:
    return list(enumerate(pyarrow.parquet.read_table(path).to_pylist(), 1))


def _under(headings: Sequence[object], values: Sequence[object]) -> dict[str, object]:
    """What stands under each heading; a value that stands under none has the heading "", which nobody knows."""
    named = {str(heading): value for heading, value in zip(headings, values, strict=False) if str(heading).strip()}
    beneath = [str(heading).strip() for heading in headings] + [""] * len(values)
    astray = [value for heading, value in zip(beneath, values, strict=False) if not heading and value not in (None, "")]
    return {**named, "": astray[0]} if astray else named


def _filled(lines: list[Line]) -> list[Line]:
    return [(number, row) for number, row in lines if any(str(value).strip() for value in row.values())]
