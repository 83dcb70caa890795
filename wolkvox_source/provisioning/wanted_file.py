"""A file of wanted agents, or rows -> its headings and numbered lines, checked in `checking`."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from wolkvox_source.lists import ListError, from_records, read_list
from wolkvox_source.provisioning.checking import checked
from wolkvox_source.provisioning.doubts import DOCUMENT
from wolkvox_source.provisioning.headings import is_heading, no_heading
from wolkvox_source.provisioning.wanted import Problem, WantedError, WantedList

_SENTENCES = {
    "missing": "wanted_missing",
    "format": "wanted_format",
    "unreadable": "wanted_unreadable",
    "excel": "wanted_excel",
}


def read_wanted(
    source: str | Path | Iterable[Mapping[str, Any]], *, document: str = DOCUMENT, only_creations: bool = False
) -> WantedList:
    """The agents whom a file (CSV, Parquet, JSON or Excel) or an iterable of rows wants.

    Raises a WantedError that names every problem with its line; see `checking.checked` for the options.
    """
    path: object = "the rows"
    try:
        if isinstance(source, (str, Path)):
            path = Path(source)
            headings, lines = read_list(path, is_heading)
        else:
            headings, lines = from_records(list(source))
    except ListError as error:
        raise _wanted(error, path) from None
    return checked(headings, lines, path, document=document, only_creations=only_creations)


def _wanted(error: ListError, path: object) -> WantedError:
    if error.why == "headings":
        return no_heading(path)
    if error.why == "lines":
        problems = [Problem(*line) for line in error.lines]
        return WantedError("wanted_problems", problems, path=path, count=len(problems))
    return WantedError(_SENTENCES[error.why], path=path)


def write_template(path: Path) -> None:
    """Write a new CSV file with every heading and three invented people; raises an OSError where it cannot be.

    Excel opens it with its accents and, where it expects one, in the columns of the semicolon.
    """
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows(_TEMPLATE)


# a new agent, a change of one who is there, and a disabled agent who is given to another person
_TEMPLATE = (
    ("documento", "nombre", "usuario_sso", "enabled", "skills", "agent_id"),
    ("1020304050", "PEÑA RUIZ INÉS", "ines.pena", "", "ventas:5; soporte:3", ""),
    ("1020304051", "", "", "no", "", ""),
    ("1020304052", "ROA DÍAZ IVÁN", "-", "", "", "12001"),
)
