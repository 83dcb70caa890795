"""A list that a person made (CSV, Excel, Parquet or JSON) -> its headings and its numbered lines, as cells.

All of it is read in memory, and no error quotes a cell: a list may hold passwords.
"""

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet

# the line as an editor or a spreadsheet numbers it, or the number of the record
Line = tuple[int, Sequence[object]]
IsHeading = Callable[[Iterable[object]], bool]
Why = Literal["missing", "format", "unreadable", "excel", "headings", "lines"]

# a title, a date and a few empty lines stand above the headings of many spreadsheets
HEADING_WITHIN_LINES = 20

_EXCEL = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
_JSON = frozenset({".json", ".jsonl", ".ndjson"})
_PARQUET = frozenset({".parquet", ".pq"})
_TEXT = frozenset({".csv", ".tsv", ".txt"})


class ListError(ValueError):
    """A list that cannot be read, and why; of `lines`, each with the reason of its sentence and its facts."""

    def __init__(self, why: Why, lines: Sequence[tuple[int, str, dict[str, object]]] = ()) -> None:
        self.why, self.lines = why, tuple(lines)
        super().__init__(why)


def read_list(path: Path, is_heading: IsHeading) -> tuple[Sequence[object], list[Line]]:
    """The headings of a file and the lines below them; raises a ListError.

    `is_heading` tells whether some cells are headings, of which records have no line.
    """
    kind = path.suffix.lower()
    if not path.is_file():
        raise ListError("missing")
    if kind in _TEXT:
        return _read_text(path, is_heading)
    if kind in _EXCEL:
        return _read_excel(path, is_heading)
    if kind in _JSON:
        return from_records(_read_json(path))
    if kind in _PARQUET:
        return from_records(_read_parquet(path))
    raise ListError("format")


def from_records(records: Sequence[Any]) -> tuple[Sequence[object], list[Line]]:
    """The headings and lines of objects; raises a ListError where one is none."""
    rows = [record for record in records if isinstance(record, Mapping)]
    if len(rows) < len(records):
        raise ListError("unreadable")
    headings = list(dict.fromkeys(str(heading) for row in rows for heading in row))
    return headings, [(number, [row.get(heading) for heading in headings]) for number, row in enumerate(rows, 1)]


def _read_text(path: Path, is_heading: IsHeading) -> tuple[Sequence[object], list[Line]]:
    """The headings and the numbered lines below them, whatever the encoding and the separator."""
    lines = _decoded(path.read_bytes()).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for above, line in enumerate(lines[:HEADING_WITHIN_LINES]):
        for separator in ";,\t|":
            headings = next(csv.reader([line], delimiter=separator), [])
            if is_heading(headings):
                return headings, _numbered(lines[above + 1 :], separator, len(headings), above + 1)
    raise ListError("headings")


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if b"\0" in content[:200]:
        return content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # what Excel on Windows writes for Spanish; the five bytes that it leaves out are not letters
        return content.decode("cp1252", "replace")


def _numbered(lines: list[str], separator: str, width: int, above: int) -> list[Line]:
    """Each record with the line on which it begins; raises a ListError for the lines that are none."""
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator, strict=True)
    records: list[Line] = []
    wrong: list[tuple[int, str, dict[str, object]]] = []
    while True:
        begins = above + reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            # beside the two there is a field that is too long, which only a mark that is never closed makes
            inside = "expected after" in str(error)
            wrong.append((begins, "row_quotes" if inside else "row_unclosed", {}))
            if not inside:
                break
            continue
        if any(value.strip() for value in values):
            if len(values) == width:
                records.append((begins, values))
            else:
                wrong.append((begins, "row_columns", {"width": width}))
    if wrong:
        raise ListError("lines", wrong)
    return records


def _read_parquet(path: Path) -> list[dict[str, Any]]:
    try:
        records: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    except (pa.ArrowException, OSError):
        raise ListError("unreadable") from None
    return records


def _read_json(path: Path) -> list[Any]:
    """The records of an array or of one object a line; values keep the type that JSON gives them."""
    text = _decoded(path.read_bytes())
    try:
        if text.lstrip().startswith("["):
            return list(json.loads(text))
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        # the error's own words quote the text, and with it perhaps a password
        raise ListError("unreadable") from None


def _read_excel(path: Path, is_heading: IsHeading) -> tuple[Sequence[object], list[Line]]:
    """The first sheet that has the headings; line numbers are those of the sheet."""
    try:
        import python_calamine
    except ModuleNotFoundError:
        raise ListError("excel") from None
    try:
        with python_calamine.load_workbook(path) as book:
            sheets = [book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names]
    except (python_calamine.CalamineError, OSError, ValueError):
        raise ListError("unreadable") from None
    for lines in sheets:
        for above, headings in enumerate(lines[:HEADING_WITHIN_LINES]):
            if is_heading(headings):
                return headings, list(enumerate(lines[above + 1 :], above + 2))
    raise ListError("headings")
