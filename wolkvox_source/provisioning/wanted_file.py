"""A file of wanted agents -> checked rows, or every problem of it with its line.

CSV, Parquet and JSON are read through DuckDB, Excel through python-calamine, all of them in memory: a roster
may hold passwords.
"""

import csv
import glob
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from wolkvox_source.errors import RefusedError
from wolkvox_source.language import Phrase, speak

# what people call the four fields that wolkvox takes, without case, accents and punctuation
HEADINGS: dict[str, tuple[str, ...]] = {
    "agent_dni": (
        *("documento", "documento de identidad", "numero de documento", "numero documento", "no documento"),
        *("nro documento", "num documento", "cedula", "cedula de ciudadania", "cedula de identidad", "cc"),
        *("dni", "agent dni", "identificacion", "numero de identificacion", "rut", "document"),
        *("document number", "identity document", "national id"),
    ),
    "agent_name": (
        *("nombre", "nombres", "nombre completo", "nombres y apellidos", "apellidos y nombres"),
        *("nombre y apellido", "nombre y apellidos", "nombre del agente", "agente", "agent", "agent name"),
        *("name", "full name"),
    ),
    "agent_sso": (
        *("sso", "usuario sso", "usuario de red", "usuario red", "usuario", "agent sso", "user"),
        *("network user", "sso user", "login"),
    ),
    "agent_pass": ("clave", "contrasena", "password", "agent pass", "agent password", "pass"),
}
SURNAME_HEADINGS = ("apellido", "apellidos", "primer apellido", "surname", "last name")
SPECIAL_CHARACTERS = "!#%&*@"
# a title, a date and a few empty lines stand above the headings of many spreadsheets
HEADING_WITHIN_LINES = 20

_FIELDS = {heading: name for name, headings in HEADINGS.items() for heading in headings}
_EXCEL = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
_JSON = frozenset({".json", ".jsonl", ".ndjson"})
_TEXT = frozenset({".csv", ".tsv", ".txt"})
_SCIENTIFIC = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)

Line = tuple[int, Sequence[object]]


@dataclass(frozen=True)
class WantedAgent:
    """One checked row of a roster; no repr shows the password.

    `line` is the line of the file as an editor or a spreadsheet numbers it, or the number of the record.
    """

    line: int
    agent_dni: str
    agent_name: str
    agent_sso: str = ""
    agent_pass: str = field(default="", repr=False)


@dataclass(frozen=True)
class Problem:
    """What is wrong with one line; `str()` says it."""

    line: int
    reason: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return speak("en").tell(self.phrase)

    @property
    def phrase(self) -> Phrase:
        """The line and what is wrong with it."""
        return Phrase("roster_line", {"line": self.line, "problem": Phrase(self.reason, self.facts)})


class RosterError(RefusedError):
    """The roster has problems, all of them in `problems`; wolkvox was not asked."""

    exit_code = 65

    def __init__(self, key: str, problems: Sequence[Problem] = (), **facts: Any) -> None:
        self.problems = tuple(problems)
        self.details = tuple(problem.phrase for problem in self.problems)
        super().__init__(key, **facts)


@dataclass(frozen=True)
class Roster:
    """The wanted agents in the order of the file, and the headings that were not used."""

    agents: tuple[WantedAgent, ...]
    unused: tuple[str, ...] = ()


def read_roster(source: str | Path | Iterable[Mapping[str, Any]]) -> Roster:
    """The agents whom a file (CSV, Parquet, JSON or Excel) or an iterable of rows wants.

    Raises a RosterError that names every problem with its line.
    """
    if not isinstance(source, (str, Path)):
        return _checked(*_from_records(list(source), "the rows"), "the rows")
    path = Path(source)
    kind = path.suffix.lower()
    if not path.is_file():
        raise RosterError("roster_missing", path=path)
    if kind in _TEXT:
        return _checked(*_read_text(path), path)
    if kind in _EXCEL:
        return _checked(*_read_excel(path), path)
    if kind in _JSON or kind in {".parquet", ".pq"}:
        records = _read_json(path) if kind in _JSON else _read_parquet(path)
        return _checked(*_from_records(records, path), path)
    raise RosterError("roster_format", path=path)


def _read_text(path: Path) -> tuple[Sequence[object], list[Line]]:
    """The headings and the numbered lines below them, whatever the encoding and the separator."""
    text = _decoded(path.read_bytes()).replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    for above, line in enumerate(lines[:HEADING_WITHIN_LINES]):
        for separator in ";,\t|":
            headings = next(csv.reader([line], delimiter=separator), [])
            if _is_heading(headings):
                return headings, list(_numbered(lines[above:], separator, len(headings), above, path))
    raise _no_heading(path)


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


def _numbered(lines: list[str], separator: str, width: int, above: int, path: Path) -> Iterator[Line]:
    """Each record below the headings with the line on which it begins.

    DuckDB numbers records, not lines, and says nothing of what follows a quotation mark that is never
    closed. So its records are laid beside the lines of the file, which must come out even.
    """
    records, refused = _parsed("\n".join(lines), separator, width, path)
    problems: list[Problem] = []
    number = position = 0
    while position < len(lines):
        number += 1
        start = position
        position += 1
        if number in refused and lines[start].strip():
            key = "row_quotes" if refused[number] == "UNQUOTED VALUE" else "row_columns"
            problems.append(Problem(above + start + 1, key, {"width": width}))
        elif lines[start] and number not in refused:
            record = next(records, None)
            if record is None:
                problems.append(Problem(above + start + 1, "row_unclosed"))
                break
            position += sum(str(value).count("\n") for value in record if value)
            if start:
                yield above + start + 1, record
    if problems:
        raise RosterError("roster_problems", problems, path=path, count=len(problems))


def _parsed(text: str, separator: str, width: int, path: Path) -> tuple[Iterator[tuple[Any, ...]], dict[int, str]]:
    """The records that DuckDB reads, as text, and the kind of error of each one that it refuses, by number."""
    with _duckdb() as connection:
        try:
            records = connection.read_csv(
                io.StringIO(text),  # in memory: a roster may hold passwords
                header=False,
                delimiter=separator,
                quotechar='"',
                escapechar='"',
                all_varchar=True,
                auto_detect=False,
                columns={f"column_{index}": "VARCHAR" for index in range(width)},
                parallel=False,
                store_rejects=True,
            ).fetchall()
            refused = connection.execute("select line, error_type from reject_errors").fetchall()
        except duckdb.Error:
            # DuckDB's own words quote the line, and with it perhaps a password
            raise RosterError("roster_unreadable", path=path) from None
    return iter(records), {int(line): str(kind) for line, kind in refused}


def _duckdb() -> duckdb.DuckDBPyConnection:
    # with no folder for temporary files, so that nothing of a roster is ever spilled to disk
    return duckdb.connect(":memory:", config={"temp_directory": "", "autoinstall_known_extensions": False})


def _read_parquet(path: Path) -> list[dict[str, Any]]:
    with _duckdb() as connection:
        try:
            answer = connection.execute("select * from read_parquet(?)", [glob.escape(str(path))])
            names = [column[0] for column in answer.description or ()]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
        except duckdb.Error:
            raise RosterError("roster_unreadable", path=path) from None


def _read_json(path: Path) -> list[Any]:
    """The records of an array or of one object a line; values keep the type that JSON gives them."""
    with _duckdb() as connection:
        try:
            rows = connection.execute("select json from read_json_objects(?)", [glob.escape(str(path))]).fetchall()
            records = [json.loads(row[0]) for row in rows]
        except (duckdb.Error, ValueError):
            raise RosterError("roster_unreadable", path=path) from None
    # behind a byte order mark DuckDB takes a whole array for one object
    return records[0] if len(records) == 1 and isinstance(records[0], list) else records


def _read_excel(path: Path) -> tuple[Sequence[object], list[Line]]:
    """The first sheet that has the headings; line numbers are those of the sheet."""
    try:
        import python_calamine
    except ModuleNotFoundError:
        raise RosterError("roster_excel", path=path) from None
    try:
        with python_calamine.load_workbook(path) as book:
            sheets = [book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names]
    except (python_calamine.CalamineError, OSError, ValueError):
        raise RosterError("roster_unreadable", path=path) from None
    for lines in sheets:
        for above, headings in enumerate(lines[:HEADING_WITHIN_LINES]):
            if _is_heading(headings):
                return headings, list(enumerate(lines[above + 1 :], above + 2))
    raise _no_heading(path)


def _from_records(records: list[Any], path: object) -> tuple[Sequence[object], list[Line]]:
    rows = [record for record in records if isinstance(record, Mapping)]
    if len(rows) < len(records):
        raise RosterError("roster_unreadable", path=path)
    headings = list(dict.fromkeys(str(heading) for row in rows for heading in row))
    return headings, [(number, [row.get(heading) for heading in headings]) for number, row in enumerate(rows, 1)]


def _is_heading(values: Sequence[object]) -> bool:
    return {"agent_dni", "agent_name"} <= {_FIELDS.get(plain(value)) for value in values}


def _no_heading(path: object) -> RosterError:
    # the line that stands in its place is not quoted: without headings it is a person, perhaps with a password
    return RosterError("roster_headings", path=path)


def _checked(headings: Sequence[object], lines: Sequence[Line], path: object) -> Roster:
    """The roster, or a RosterError with every problem of it."""
    if not any(any(text_of(value) for value in values) for _, values in lines):
        raise RosterError("roster_empty", path=path)
    if not _is_heading(headings):
        raise _no_heading(path)
    places, unused = _places(headings, path)
    agents: list[WantedAgent] = []
    problems: list[Problem] = []
    for line, values in lines:
        if any(text_of(value) for value in values):
            agent = _wanted(line, {name: values[place] for name, place in places.items()})
            agents.append(agent)
            problems += _problems(agent)
    problems += _repeated(agents)
    if problems:
        problems.sort(key=lambda problem: problem.line)
        raise RosterError("roster_problems", problems, path=path, count=len(problems))
    return Roster(tuple(agents), unused)


def _places(headings: Sequence[object], path: object) -> tuple[dict[str, int], tuple[str, ...]]:
    """Which column holds each field, and the headings that hold none."""
    places: dict[str, int] = {}
    unused: list[str] = []
    for place, heading in enumerate(headings):
        name = _FIELDS.get(plain(heading))
        if name in places:
            raise RosterError("roster_heading_twice", path=path, first=headings[places[name]], second=heading)
        if name:
            places[name] = place
        elif plain(heading) in SURNAME_HEADINGS:
            # which of the two wolkvox shows first is a choice that nobody made here
            raise RosterError("roster_surname", path=path, heading=heading)
        elif text_of(heading):
            unused.append(text_of(heading))
    return places, tuple(unused)


def _wanted(line: int, values: Mapping[str, object]) -> WantedAgent:
    password = values.get("agent_pass")
    if not isinstance(password, str) or not password.strip():
        password = text_of(password)
    return WantedAgent(
        line,
        agent_dni=cleaned(values["agent_dni"]),
        agent_name=" ".join(cleaned(values["agent_name"]).split()),
        agent_sso=cleaned(values.get("agent_sso")),
        agent_pass=password,
    )


def cleaned(value: object) -> str:
    text = unicodedata.normalize("NFC", text_of(value))
    return "" if text == "-" else text


def _problems(agent: WantedAgent) -> Iterator[Problem]:
    if not agent.agent_dni:
        yield Problem(agent.line, "row_no_document")
    elif _SCIENTIFIC.fullmatch(agent.agent_dni):
        yield Problem(agent.line, "row_scientific", {"document": agent.agent_dni})
    elif not folded_document(agent.agent_dni):
        yield Problem(agent.line, "row_document_empty", {"document": agent.agent_dni})
    if not agent.agent_name:
        yield Problem(agent.line, "row_no_name")
    if not (agent.agent_dni + agent.agent_name + agent.agent_sso).isprintable():
        yield Problem(agent.line, "row_unprintable")
    if agent.agent_pass and not is_strong(agent.agent_pass):
        yield Problem(agent.line, "row_password_weak", {"special": " ".join(SPECIAL_CHARACTERS)})
    elif agent.agent_pass != agent.agent_pass.strip() or not agent.agent_pass.isprintable():
        yield Problem(agent.line, "row_password_spaces")


def is_strong(password: str) -> bool:
    """Whether wolkvox's policy accepts it; https://www.wolkvox.com/en/apis-v2-2/2-create-agent/."""
    kinds = (str.isupper, str.islower, str.isdigit, SPECIAL_CHARACTERS.__contains__)
    return all(any(kind(character) for character in password) for kind in kinds)


def _repeated(agents: Sequence[WantedAgent]) -> Iterator[Problem]:
    documents: dict[str, WantedAgent] = {}
    users: dict[str, WantedAgent] = {}
    for agent in agents:
        first = documents.setdefault(folded_document(agent.agent_dni) or f"line {agent.line}", agent)
        if first is not agent:
            key = "row_document_twice" if first.agent_dni == agent.agent_dni else "row_document_alike"
            yield Problem(agent.line, key, {"other": first.line})
        if agent.agent_sso:
            first = users.setdefault(agent.agent_sso.casefold(), agent)
            if first is not agent:
                yield Problem(agent.line, "row_sso_twice", {"other": first.line})


def folded_document(document: str) -> str:
    """A document without case, leading zeros, dots and spaces, by which one person is recognised."""
    letters = (character for character in plain(document) if character.isalnum())
    return "".join(letters).lstrip("0")


def plain(value: object) -> str:
    """Text without case, accents, punctuation and extra spaces."""
    decomposed = unicodedata.normalize("NFKD", text_of(value).casefold())
    letters = (
        " " if not character.isalnum() else character
        for character in decomposed
        if not unicodedata.combining(character)
    )
    return " ".join("".join(letters).split())


def text_of(value: object) -> str:
    """A cell as a person sees it: a whole number without `.0`, nothing for nothing."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, (float, Decimal)):
        if value != value:  # a data frame's NaN is an empty cell
            return ""
        return str(int(value)) if value % 1 == 0 else str(value)
    return str(value).strip()
