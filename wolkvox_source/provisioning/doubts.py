"""What is doubtful about a row of a list, so that nothing is sent: each doubt a sentence with its line.

A document that a spreadsheet has turned into a number, a date or a formula would become an agent for ever, since
wolkvox has no delete.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from wolkvox_source.errors import quote
from wolkvox_source.provisioning.identity import cleaned, folded_document, plain
from wolkvox_source.provisioning.passwords import SPECIAL_CHARACTERS, is_strong
from wolkvox_source.provisioning.wanted import Problem, WantedAgent

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
_SCIENTIFIC = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)
_DECIMAL = re.compile(r"-?\d+[.,]\d{1,2}")
_SHEET_ERRORS = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!)", re.IGNORECASE)
_TOTAL = re.compile(r"(gran |grand )?(sub ?)?total(es)?\b|(suma|sum)\W*$")
Doubt = tuple[str, dict[str, object]]
_NONE: Doubt = ("", {})


def doubts(agent: WantedAgent, cells: Mapping[str, object], document: str, name_needed: bool) -> Iterator[Problem]:
    """What is doubtful about one row, of which `cells` is what the list says."""
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


def repeated(agents: Sequence[WantedAgent]) -> Iterator[Problem]:
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
