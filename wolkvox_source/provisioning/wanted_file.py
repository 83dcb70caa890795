"""A file of wanted agents, or rows -> its headings and numbered lines, checked in `wanted`.

All of it is read in memory: a list may hold passwords.
"""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from wolkvox_source.provisioning.wanted import (
    DOCUMENT,
    Line,
    Problem,
    WantedError,
    WantedList,
    checked,
    is_heading,
    no_heading,
)

# a title, a date and a few empty lines stand above the headings of many spreadsheets
HEADING_WITHIN_LINES = 20

_EXCEL = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
_JSON = frozenset({".json", ".jsonl", ".ndjson"})
_PARQUET = frozenset({".parquet", ".pq"})
_TEXT = frozenset({".csv", ".tsv", ".txt"})


def read_wanted(
    source: str | Path | Iterable[Mapping[str, Any]], *, document: str = DOCUMENT, only_creations: bool = False
) -> WantedList:
    """The agents whom a file (CSV, Parquet, JSON or Excel) or an iterable of rows wants.

    Raises a WantedError that names every problem with its line; see `wanted.checked` for the options.
    """
    if not isinstance(source, (str, Path)):
        path: object = "the rows"
        headings, lines = _from_records(list(source), path)
    else:
        path = Path(source)
        headings, lines = _read(path)
    return checked(headings, lines, path, document=document, only_creations=only_creations)


def _read(path: Path) -> tuple[Sequence[object], list[Line]]:
    kind = path.suffix.lower()
    if not path.is_file():
        raise WantedError("wanted_missing", path=path)
    if kind in _TEXT:
        return _read_text(path)
    if kind in _EXCEL:
        return _read_excel(path)
    if kind in _JSON:
        return _from_records(_read_json(path), path)
    if kind in _PARQUET:
        return _from_records(_read_parquet(path), path)
    raise WantedError("wanted_format", path=path)


def _read_text(path: Path) -> tuple[Sequence[object], list[Line]]:
    """The headings and the numbered lines below them, whatever the encoding and the separator."""
    lines = _decoded(path.read_bytes()).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for above, line in enumerate(lines[:HEADING_WITHIN_LINES]):
        for separator in ";,\t|":
            headings = next(csv.reader([line], delimiter=separator), [])
            if is_heading(headings):
                return headings, _numbered(lines[above + 1 :], separator, len(headings), above + 1, path)
    raise no_heading(path)


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


def _numbered(lines: list[str], separator: str, width: int, above: int, path: Path) -> list[Line]:
    """Each record with the line on which it begins; raises a WantedError for the lines that are none."""
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator, strict=True)
    records: list[Line] = []
    problems: list[Problem] = []
    while True:
        begins = above + reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            # beside the two there is a field that is too long, which only a mark that is never closed makes
            inside = "expected after" in str(error)
            problems.append(Problem(begins, "row_quotes" if inside else "row_unclosed"))
            if not inside:
                break
            continue
        if any(value.strip() for value in values):
            if len(values) == width:
                records.append((begins, values))
            else:
                problems.append(Problem(begins, "row_columns", {"width": width}))
    if problems:
        raise WantedError("wanted_problems", problems, path=path, count=len(problems))
    return records


def _read_parquet(path: Path) -> list[dict[str, Any]]:
    try:
        records: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    except (pa.ArrowException, OSError):
        raise WantedError("wanted_unreadable", path=path) from None
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
        raise WantedError("wanted_unreadable", path=path) from None


def _read_excel(path: Path) -> tuple[Sequence[object], list[Line]]:
    """The first sheet that has the headings; line numbers are those of the sheet."""
    try:
        import python_calamine
    except ModuleNotFoundError:
        raise WantedError("wanted_excel", path=path) from None
    try:
        with python_calamine.load_workbook(path) as book:
            sheets = [book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names]
    except (python_calamine.CalamineError, OSError, ValueError):
        raise WantedError("wanted_unreadable", path=path) from None
    for lines in sheets:
        for above, headings in enumerate(lines[:HEADING_WITHIN_LINES]):
            if is_heading(headings):
                return headings, list(enumerate(lines[above + 1 :], above + 2))
    raise no_heading(path)


def _from_records(records: list[Any], path: object) -> tuple[Sequence[object], list[Line]]:
    rows = [record for record in records if isinstance(record, Mapping)]
    if len(rows) < len(records):
        raise WantedError("wanted_unreadable", path=path)
    headings = list(dict.fromkeys(str(heading) for row in rows for heading in row))
    return headings, [(number, [row.get(heading) for heading in headings]) for number, row in enumerate(rows, 1)]


def write_template(path: Path) -> None:
    """Write a new CSV file with every heading and three invented people; raises an OSError where it cannot be.

    Excel opens it with its accents and, where it expects one, in the columns of the semicolon.
    """
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows(_TEMPLATE)


# a new agent, a change of one who is there, and a disabled agent who is given to somebody else
_TEMPLATE = (
    ("documento", "nombre", "usuario_sso", "enabled", "skills", "agent_id"),
    ("1020304050", "PEÑA RUIZ INÉS", "ines.pena", "", "ventas:5; soporte:3", ""),
    ("1020304051", "", "", "no", "", ""),
    ("1020304052", "ROA DÍAZ IVÁN", "-", "", "", "12001"),
)
