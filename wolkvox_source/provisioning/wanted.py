"""The cells of a list -> the agents wanted, or every problem of the list with its line.

A doubtful row stops everything before anything is sent: a document that a spreadsheet has turned into a number, a
date or a formula would become an agent for ever, since wolkvox has no delete.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from wolkvox_source.errors import RefusedError, quote
from wolkvox_source.language import Phrase
from wolkvox_source.provisioning.identity import cleaned, folded_document, plain, text_of

# what people call the fields of an agent, without case, accents and punctuation
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
    "agent_pass": (
        *("clave", "contrasena", "password", "agent pass", "agent password", "pass", "clave inicial"),
        *("contrasena inicial", "clave temporal", "contrasena temporal", "initial password", "temporary password"),
    ),
    "agent_id": ("agent id", "id del agente", "id agente", "numero de agente", "reutilizar", "reuse"),
    "enabled": ("enabled", "habilitado", "habilitada", "activo", "activa", "active"),
    "skills": ("skills", "skill", "habilidades", "habilidad"),
}
CREATION = ("agent_dni", "agent_name", "agent_sso", "agent_pass")
SURNAME_HEADINGS = ("apellido", "apellidos", "primer apellido", "surname", "last name")
SPECIAL_CHARACTERS = "!#%&*@"
# what a spreadsheet takes for the beginning of a formula
FORMULA = ("=", "+", "-", "@")
# digits, in groups or with a check digit, or a passport's letters and digits
DOCUMENT = (
    r"[0-9]{4,15}[A-Za-z]?|[0-9]{1,3}([. ][0-9]{3})+|[0-9]{1,3}([. ]?[0-9]{3})+-[0-9Kk]"
    r"|[A-Za-z]{1,4}-?[0-9]{4,12}[A-Za-z0-9]{0,8}"
)
LONGEST_NAME = 100
# from here on a spreadsheet's numbers have lost digits
LARGEST_NUMBER = 10**15

_FIELDS = {heading: name for name, headings in HEADINGS.items() for heading in headings}
_SECRET = re.compile(r"\b(clave|contrasena|password|pass|pin|secreto|secret)\b")
_SCIENTIFIC = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)
_DECIMAL = re.compile(r"-?\d+[.,]\d{1,2}")
_SHEET_ERRORS = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!)", re.IGNORECASE)
_TOTAL = re.compile(r"(gran |grand )?(sub ?)?total(es)?\b|(suma|sum)\W*$")
_YES = frozenset({"yes", "y", "true", "1", "si", "s", "verdadero", "enabled", "active", "activo", "habilitado"})
_NO = frozenset({"no", "n", "false", "0", "falso", "disabled", "inactive", "inactivo", "deshabilitado"})
_SKILL = re.compile(r"\s*([^:;]+?)\s*:\s*(10|[1-9])\s*")

Line = tuple[int, Sequence[object]]


@dataclass(frozen=True)
class WantedSkill:
    """A skill by its name or skill_id, and the expertise in it from 1 to 10."""

    skill: str
    expertise: int


@dataclass(frozen=True)
class WantedAgent:
    """One checked row of a list; no repr shows the password.

    What is None is left alone, and what is empty is cleared. `line` is the line of the file as an editor or a
    spreadsheet numbers it, or the number of the record; `agent_id` names the disabled agent to give to this person.
    """

    line: int
    agent_dni: str
    agent_name: str
    agent_sso: str | None = None
    agent_pass: str = field(default="", repr=False)
    agent_id: str | None = None
    enabled: bool | None = None
    skills: tuple[WantedSkill, ...] | None = None


@dataclass(frozen=True)
class Problem:
    """What is wrong with one line."""

    line: int
    reason: str
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def phrase(self) -> Phrase:
        return Phrase("wanted_line", {"line": self.line, "problem": Phrase(self.reason, self.facts)})


class WantedError(RefusedError):
    """The list has problems, all of them in `problems`; wolkvox was not asked."""

    exit_code = 65

    def __init__(self, reason: str, problems: Sequence[Problem] = (), **facts: Any) -> None:
        self.problems = tuple(problems)
        self.details = tuple(problem.phrase for problem in self.problems)
        super().__init__(reason, **facts)


@dataclass(frozen=True)
class WantedList:
    """The wanted agents in the order of the file, and the headings that were not used."""

    agents: tuple[WantedAgent, ...]
    unused: tuple[str, ...] = ()


def checked(
    headings: Sequence[object],
    lines: Sequence[Line],
    path: object,
    *,
    document: str = DOCUMENT,
    only_creations: bool = False,
) -> WantedList:
    """The list, or a WantedError with every problem of it.

    `document` is the pattern that a whole document fits. With `only_creations` each row needs a name, and the columns
    that say more than a creation takes are not used; else an empty name leaves the name alone.
    """
    if not any(any(text_of(value) for value in values) for _, values in lines):
        raise WantedError("wanted_empty", path=path)
    if not is_heading(headings) or (only_creations and "agent_name" not in _named(headings)):
        raise no_heading(path)
    places, unused = _places(headings, path, CREATION if only_creations else tuple(HEADINGS))
    agents: list[WantedAgent] = []
    problems: list[Problem] = []
    for line, values in lines:
        if any(text_of(value) for value in values):
            cells = {name: values[place] for name, place in places.items()}
            agent = _wanted(line, cells)
            agents.append(agent)
            problems += _problems(agent, cells, document, only_creations)
    problems += _repeated(agents)
    if problems:
        problems.sort(key=lambda problem: problem.line)
        raise WantedError("wanted_problems", problems, path=path, count=len(problems))
    return WantedList(tuple(agents), unused)


def is_heading(values: Iterable[object]) -> bool:
    """Whether these cells are the headings of a list: a document is among them, and what is said of who has it."""
    names = _named(values)
    return "agent_dni" in names and len(names) > 1


def _named(headings: Iterable[object]) -> set[str]:
    """The fields that headings name."""
    return {_FIELDS[heading] for heading in map(plain, headings) if heading in _FIELDS}


def no_heading(path: object) -> WantedError:
    """What is said of a list without headings; its first line, which is a person's, is never quoted."""
    return WantedError("wanted_headings", path=path)


def is_password_heading(heading: object) -> bool:
    """Whether a column of that heading may hold passwords, understood here or not."""
    return bool(_SECRET.search(plain(heading)))


def is_strong(password: str) -> bool:
    """Whether wolkvox's policy accepts it; https://www.wolkvox.com/en/apis-v2-2/2-create-agent/."""
    kinds = (str.isupper, str.islower, str.isdigit, SPECIAL_CHARACTERS.__contains__)
    return all(any(kind(character) for character in password) for kind in kinds)


def _places(headings: Sequence[object], path: object, fields: Sequence[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Which column holds each of the fields, and the headings that hold none."""
    places: dict[str, int] = {}
    unused: list[str] = []
    for place, heading in enumerate(headings):
        name = _FIELDS.get(plain(heading))
        name = name if name in fields else None
        if name in places:
            raise WantedError("wanted_heading_twice", path=path, first=headings[places[name]], second=heading)
        if name:
            places[name] = place
        elif plain(heading) in SURNAME_HEADINGS:
            # which of the two wolkvox shows first is a choice that nobody made here
            raise WantedError("wanted_surname", path=path, heading=heading)
        elif is_password_heading(heading):
            # passed over, its passwords would be handed out to people and never work
            raise WantedError("wanted_password_heading", path=path, heading=heading)
        elif text_of(heading):
            unused.append(text_of(heading))
    return places, tuple(unused)


def _wanted(line: int, cells: Mapping[str, object]) -> WantedAgent:
    password = cells.get("agent_pass")
    if not isinstance(password, str) or not password.strip():
        password = text_of(password)
    return WantedAgent(
        line,
        agent_dni=cleaned(cells["agent_dni"]),
        agent_name=" ".join(cleaned(cells.get("agent_name")).split()),
        agent_sso=_clearable(cells.get("agent_sso")),
        agent_pass=password,
        agent_id=cleaned(cells.get("agent_id")) or None,
        enabled=_flag(cells.get("enabled")),
        skills=_skills(cells.get("skills")),
    )


def _clearable(value: object) -> str | None:
    """The text of a cell, None where it is empty and nothing where it says `-`."""
    return cleaned(value) if text_of(value) else None


def _flag(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    word = plain(value)
    return True if word in _YES else False if word in _NO else None


def _skills(value: object) -> tuple[WantedSkill, ...] | None:
    text = _clearable(value)
    if text is None:
        return None
    found = [_SKILL.fullmatch(part) for part in text.split(";") if part.strip()]
    return tuple(WantedSkill(match[1], int(match[2])) for match in found if match)


def _problems(agent: WantedAgent, cells: Mapping[str, object], document: str, name_needed: bool) -> Iterator[Problem]:
    nested = [name for name, value in cells.items() if isinstance(value, (dict, list, tuple, set, bytes))]
    if nested:
        yield Problem(agent.line, "row_nested", {"column": nested})
        return
    for reason, facts in (
        _about_document(agent.agent_dni, cells["agent_dni"], document),
        _about_name(agent.agent_name, cells.get("agent_name"), name_needed),
        _about_rest(agent, cells),
        _about_password(agent.agent_pass),
    ):
        if reason:
            yield Problem(agent.line, reason, facts)


Doubt = tuple[str, dict[str, object]]
_NONE: Doubt = ("", {})


def _about_document(text: str, value: Any, pattern: str) -> Doubt:
    shown: dict[str, object] = {"document": quote(text, 40)}
    if not text:
        return "row_no_document", {}
    if isinstance(value, (date, time, timedelta)):
        return "row_document_date", shown
    too_large = isinstance(value, (int, float, Decimal)) and not abs(Decimal(value)) < LARGEST_NUMBER
    if too_large or _SCIENTIFIC.fullmatch(text) or _DECIMAL.fullmatch(text):
        return "row_document_number", shown
    if text.startswith(FORMULA) or _SHEET_ERRORS.match(text):
        return "row_formula", {}
    if not re.fullmatch(pattern, text) or not folded_document(text):
        return "row_document_odd", shown
    return _NONE


def _about_name(text: str, value: object, needed: bool) -> Doubt:
    if not text:
        return ("row_no_name", {}) if needed else _NONE
    # the file of passwords has commas, and where a spreadsheet expects semicolons each of them begins a cell
    if any(part.strip().startswith(FORMULA) for part in text.split(";")) or _SHEET_ERRORS.match(text):
        return "row_formula", {}
    if len(text) > LONGEST_NAME:
        return "row_name_long", {"most": LONGEST_NAME}
    letters = sum(character.isalpha() for character in text)
    digits = sum(map(str.isdigit, text.partition("(")[0]))
    if not isinstance(value, str) or letters < 2 or letters < digits or "@" in text:
        return "row_name_odd", {"name": quote(text, 40)}
    return ("row_total", {}) if _TOTAL.match(plain(text)) else _NONE


def _about_rest(agent: WantedAgent, cells: Mapping[str, object]) -> Doubt:
    sso = agent.agent_sso or ""
    if sso.startswith(FORMULA):
        return "row_formula", {}
    if not (agent.agent_dni + agent.agent_name + sso).isprintable():
        return "row_unprintable", {}
    if len(sso) > LONGEST_NAME or (isinstance(cells.get("agent_sso"), (date, time, float)) and sso):
        return "row_sso_odd", {}
    if agent.agent_id is not None and not (agent.agent_id.isascii() and agent.agent_id.isdigit()):
        return "row_agent_id", {"agent_id": quote(agent.agent_id, 20)}
    if agent.enabled is None and cleaned(cells.get("enabled")):
        return "row_enabled", {"value": quote(cleaned(cells["enabled"]), 20)}
    parts = [part for part in cleaned(cells.get("skills")).split(";") if part.strip()]
    if agent.skills is not None and len(agent.skills) < len(parts):
        return "row_skills", {}
    return _NONE


def _about_password(password: str) -> Doubt:
    if password and not is_strong(password):
        return "row_password_weak", {"special": " ".join(SPECIAL_CHARACTERS)}
    if password != password.strip() or not password.isprintable():
        return "row_password_spaces", {}
    # beside its owner's name in a file that a spreadsheet opens
    return ("row_password_formula", {}) if password.startswith(FORMULA) else _NONE


def _repeated(agents: Sequence[WantedAgent]) -> Iterator[Problem]:
    """A person, or what only one person can have, stands on two lines."""
    documents: dict[str, WantedAgent] = {}
    others: dict[tuple[str, str], WantedAgent] = {}
    for agent in agents:
        first = documents.setdefault(folded_document(agent.agent_dni) or f"line {agent.line}", agent)
        if first is not agent:
            reason = "row_document_twice" if first.agent_dni == agent.agent_dni else "row_document_alike"
            yield Problem(agent.line, reason, {"other": first.line})
        for name, value in (("row_sso_twice", agent.agent_sso), ("row_agent_id_twice", agent.agent_id)):
            if value:
                first = others.setdefault((name, value.casefold()), agent)
                if first is not agent:
                    yield Problem(agent.line, name, {"other": first.line})
