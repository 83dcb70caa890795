"""A doubtful row of a list stops everything before anything is sent."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from wolkvox_source.provisioning.wanted import WantedAgent, WantedError
from wolkvox_source.provisioning.wanted_file import read_wanted


def problems(source: Any) -> list[tuple[int, str]]:
    with pytest.raises(WantedError) as caught:
        read_wanted(source, only_creations=True)
    return [(problem.line, problem.reason) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"dni": "1020304050.0"}, "row_document_number"),
        ({"dni": "1020304050,00"}, "row_document_number"),
        ({"dni": 1020304050.5}, "row_document_number"),
        ({"dni": 12345678901234567890.0}, "row_document_number"),
        ({"dni": float("inf")}, "row_document_number"),
        ({"dni": 10**15}, "row_document_number"),
        ({"dni": "12345678901234567890"}, "row_document_odd"),
        ({"dni": "CC 1020304050"}, "row_document_odd"),
        ({"dni": "Total"}, "row_document_odd"),
        ({"dni": "PEÑA INÉS", "nombre": "1020304050"}, "row_document_odd"),
        ({"dni": "12"}, "row_document_odd"),
        ({"dni": datetime(1932, 4, 17)}, "row_document_date"),
        ({"dni": datetime(1932, 4, 17).time()}, "row_document_date"),
        ({"dni": "1932-04-17"}, "row_document_odd"),
        ({"dni": "=7001+1"}, "row_formula"),
        ({"dni": {"numero": 7001}}, "row_nested"),
        ({"nombre": "=WEBSERVICE(A1)"}, "row_formula"),
        ({"nombre": "@ANA"}, "row_formula"),
        ({"nombre": "#REF!"}, "row_formula"),
        ({"nombre": 1020304050}, "row_name_odd"),
        ({"nombre": "1020304050"}, "row_name_odd"),
        ({"nombre": datetime(1932, 4, 17)}, "row_name_odd"),
        ({"nombre": "ANA " * 100}, "row_name_long"),
        # where Excel expects semicolons, what follows one is a cell of its own
        ({"nombre": "ANA;=WEBSERVICE(A1)"}, "row_formula"),
        ({"nombre": "ana.ruiz@example.com"}, "row_name_odd"),
        ({"nombre": "Total"}, "row_total"),
        ({"nombre": "TOTAL GENERAL"}, "row_total"),
        ({"nombre": "Total: 2 agentes"}, "row_total"),
        ({"nombre": ["ANA", "RUIZ"]}, "row_nested"),
        ({"sso": "+ana"}, "row_formula"),
        ({"sso": datetime(1932, 4, 17)}, "row_sso_odd"),
        ({"clave": "=Clave#2026"}, "row_password_formula"),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, dict) else "",
)
def test_a_doubtful_row_stops_before_anything_is_sent(row: dict[str, Any], expected: str) -> None:
    found = problems([{"dni": "7001", "nombre": "ANA RUIZ", "sso": "ana", "clave": "", **row}])
    assert found[0] == (1, expected)


@pytest.mark.parametrize(
    "document",
    [
        "7001",
        "0010203",
        "1.020.304.050",
        "1020304050",
        "12.345.678-K",
        "12345678-9",
        "12345678Z",
        "AB123456",
        10**15 - 1,
    ],
)
def test_documents_of_all_our_countries_are_taken(document: object) -> None:
    (agent,) = read_wanted([{"dni": document, "nombre": "ANA RUIZ"}]).agents
    assert agent.agent_dni == str(document)


def test_a_pattern_of_ones_own_says_what_a_document_is() -> None:
    rows = [{"dni": "CC 1020304050", "nombre": "ANA RUIZ"}]
    assert read_wanted(rows, document=r"CC [0-9]+").agents == (WantedAgent(1, "CC 1020304050", "ANA RUIZ"),)


def test_excel_dates_and_times_are_not_documents() -> None:
    # a spreadsheet keeps a date as a number with a style; what a reader of it makes is this
    rows = [{"cédula": date(2026, 3, 2), "nombre": "ANA RUIZ"}, {"cédula": timedelta(hours=7), "nombre": "EVA RUIZ"}]
    assert problems(rows) == [(1, "row_document_date"), (2, "row_document_date")]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"enabled": "perhaps"}, "row_enabled"),
        ({"skills": "ventas"}, "row_skills"),
        ({"skills": "ventas:11"}, "row_skills"),
        ({"skills": "ventas:5, soporte:3"}, "row_skills"),
        ({"agent_id": "12001-ANA"}, "row_agent_id"),
    ],
)
def test_what_cannot_be_understood_is_not_left_alone(row: dict[str, Any], expected: str) -> None:
    with pytest.raises(WantedError) as caught:
        read_wanted([{"dni": "7001", "nombre": "ANA RUIZ", **row}])
    assert [(problem.line, problem.reason) for problem in caught.value.problems] == [(1, expected)]
