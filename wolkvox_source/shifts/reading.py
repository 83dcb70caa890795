"""A file of shifts -> its headings and numbered lines, which `planned` checks."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wolkvox_source.errors import RefusedError
from wolkvox_source.language import Phrase
from wolkvox_source.lists import ListError, read_list
from wolkvox_source.shifts.headings import is_heading

Line = tuple[int, Mapping[str, Any]]

_SENTENCES = {
    "missing": "shifts_missing",
    "format": "shifts_format",
    "unreadable": "shifts_unreadable",
    "excel": "shifts_excel",
    "headings": "shifts_headings",
}


class ShiftsError(RefusedError):
    """The file of shifts cannot be used as it is; nothing was loaded."""

    exit_code = 65


def read_lines(path: Path) -> list[Line]:
    """Each row of a CSV, Excel, Parquet or JSON file with its line, as what stands under each heading.

    Raises a ShiftsError where there is no such file or it cannot be read.
    """
    try:
        headings, lines = read_list(path, is_heading)
    except ListError as error:
        if error.why == "lines":
            raise problems(path, [(line, Phrase(reason, facts)) for line, reason, facts in error.lines]) from None
        raise ShiftsError(_SENTENCES[error.why], path=path) from None
    filled = [(number, _under(headings, values)) for number, values in lines]
    return [(number, row) for number, row in filled if any(str(value or "").strip() for value in row.values())]


def problems(path: object, found: Sequence[tuple[int, Phrase]]) -> ShiftsError:
    """The error that tells every problem of a file with its line."""
    error = ShiftsError("shifts_problems", path=path, count=len(found))
    error.details = tuple(Phrase("shift_line", {"line": line, "problem": phrase}) for line, phrase in found)
    return error


def _under(headings: Sequence[object], values: Sequence[object]) -> dict[str, object]:
    """What stands under each heading; a value that stands under none has the heading "", which nobody knows."""
    named = {str(heading): value for heading, value in zip(headings, values, strict=False) if str(heading).strip()}
    beneath = [str(heading).strip() for heading in headings] + [""] * len(values)
    astray = [value for heading, value in zip(beneath, values, strict=False) if not heading and value not in (None, "")]
    return {**named, "": astray[0]} if astray else named
