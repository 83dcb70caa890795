"""A list in every shape that an HR department sends it."""

import json
import sys
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import duckdb
import pytest

from wolkvox_source.language import speak
from wolkvox_source.provisioning.identity import folded_document
from wolkvox_source.provisioning.wanted import WantedAgent, WantedError
from wolkvox_source.provisioning.wanted_file import read_wanted

INES = WantedAgent(2, "00123456", "PEÑA INÉS", "ines.pena")
JOSE = WantedAgent(3, "1020304050", "JOSÉ NÚÑEZ")


def write(folder: Path, content: str | bytes, name: str = "roster.csv") -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def problems(source: Any) -> list[tuple[int, str]]:
    with pytest.raises(WantedError) as caught:
        read_wanted(source, only_creations=True)
    return [(problem.line, problem.reason) for problem in caught.value.problems]


def workbook(file: Path, rows: list[list[str | float | None]], above: int = 0) -> Path:
    """A spreadsheet as Excel saves one, as far as a reader looks at it; the first row is left empty `above` times."""
    lines = []
    for number, row in enumerate(rows, 1 + above):
        cells = [
            f"<c><v>{cell}</v></c>"
            if isinstance(cell, (int, float))
            else f'<c t="inlineStr"><is><t xml:space="preserve">{escape(cell or "")}</t></is></c>'
            for cell in row
        ]
        placed = [cell.replace("<c", f'<c r="{chr(65 + place)}{number}"', 1) for place, cell in enumerate(cells)]
        lines.append(f'<row r="{number}">{"".join(placed)}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}">'
        '<sheets><sheet name="Ingresos" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{content}')
    return file


CSV = "documento;nombre;usuario_sso\n00123456;PEÑA  INÉS;ines.pena\n1020304050;JOSÉ NÚÑEZ;\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
def test_every_encoding_that_excel_writes_is_read(tmp_path: Path, encoding: str) -> None:
    assert read_wanted(write(tmp_path, CSV.encode(encoding))).agents == (INES, JOSE)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_every_separator_and_line_ending_is_read(tmp_path: Path, separator: str, ending: str) -> None:
    text = CSV.replace(";", separator).replace("\n", ending)
    assert read_wanted(write(tmp_path, text)).agents == (INES, JOSE)


@pytest.mark.parametrize("document", ["documento", "CÉDULA", "Cedula", "DNI", "Número de documento", "agent_dni"])
@pytest.mark.parametrize("name", ["Nombre", "NOMBRE COMPLETO", "agent_name", "Full name"])
def test_headings_are_understood_without_case_and_accents(tmp_path: Path, document: str, name: str) -> None:
    wanted = read_wanted(write(tmp_path, f"{document},{name}\n00123456,PEÑA INÉS\n"))
    assert wanted.agents == (WantedAgent(2, "00123456", "PEÑA INÉS"),)


def test_a_title_above_the_headings_and_a_column_of_no_use_are_passed_over(tmp_path: Path) -> None:
    wanted = read_wanted(write(tmp_path, "sep=;\nIngresos de marzo;;\n\nÁrea;Cédula;Nombre\nVentas;7001;ANA RUIZ\n"))
    assert wanted.agents == (WantedAgent(5, "7001", "ANA RUIZ"),)
    assert wanted.unused == ("Área",)


def test_lines_are_numbered_as_an_editor_numbers_them(tmp_path: Path) -> None:
    text = 'documento,nombre\n\n7001,"ANA\nRUIZ"\n   \n\n7002,"PEPE ""EL TORO"" DÍAZ"\n,\n7003,"DÍAZ, EVA"\n'
    assert read_wanted(write(tmp_path, text)).agents == (
        WantedAgent(3, "7001", "ANA RUIZ"),
        WantedAgent(7, "7002", 'PEPE "EL TORO" DÍAZ'),
        WantedAgent(9, "7003", "DÍAZ, EVA"),
    )


def test_every_problem_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    text = (
        "documento,nombre,sso,clave\n"
        ",ANA RUIZ,,\n"
        "7001,,,\n"
        "7002,EVA DÍAZ,eva,corta\n"
        "7002,EVA DÍAZ,EVA,Clave#2026\n"
        "007.002,EVA DÍAZ,,Clave2026\n"
        "1.02E+09,LUZ MAR,,\n"
        "-,LUZ MAR,,\n"
        "7003,LUZ\u200bMAR,,Clave#2026 \n"
        "...,LEO PAZ,,\n"
    )
    assert problems(write(tmp_path, text)) == [
        (2, "row_no_document"),
        (3, "row_no_name"),
        (4, "row_password_weak"),
        (5, "row_document_twice"),
        (5, "row_sso_twice"),
        (6, "row_password_weak"),
        (6, "row_document_alike"),
        (7, "row_document_number"),
        (8, "row_no_document"),
        (9, "row_unprintable"),
        (9, "row_password_spaces"),
        (10, "row_document_odd"),
    ]


def test_problems_are_told_in_spanish_and_never_quote_a_password(tmp_path: Path) -> None:
    file = write(tmp_path, "documento,nombre,clave\n7001,ANA RUIZ,secreta99\n7001,EVA DÍAZ,\n")
    with pytest.raises(WantedError) as caught:
        read_wanted(file)
    assert speak("es").tell(caught.value) == (
        f"No se envió nada. Corrija {file}, faltan 2:\n"
        "línea 2: la clave necesita una mayúscula, una minúscula, un dígito y uno de ! # % & * @\n"
        "línea 3: el documento está también en la línea 2"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("documento,nombre\n7001,ANA,RUIZ\n7002\n7003,EVA\n", [(2, "row_columns"), (3, "row_columns")]),
        ('documento,nombre\n7001,"ANA" RUIZ\n7002,EVA\n', [(2, "row_quotes")]),
        ('documento,nombre\n7001,"ANA RUIZ\n7002,EVA\n7003,LUZ\n', [(2, "row_unclosed")]),
        ('documento,nombre\n7001,"A\nNA"\n7002,EVA,DÍAZ\n7003,"LUZ\n', [(4, "row_columns"), (5, "row_unclosed")]),
    ],
    ids=["columns", "quote inside", "quote never closed", "after a line break"],
)
def test_a_line_that_cannot_be_read_is_named_and_never_lost(
    tmp_path: Path, text: str, expected: list[tuple[int, str]]
) -> None:
    assert problems(write(tmp_path, text)) == expected


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("none.csv", None, "wanted_missing"),
        ("roster.pdf", "%PDF", "wanted_format"),
        ("roster.csv", "", "wanted_headings"),
        ("roster.csv", "7001,ANA RUIZ,Clave#2026\n", "wanted_headings"),
        ("roster.csv", "documento,nombre\n\n,\n", "wanted_empty"),
        ("roster.csv", "documento,cédula,nombre\n1,2,ANA\n", "wanted_heading_twice"),
        ("roster.csv", "documento,nombres,apellidos\n1,ANA,RUIZ\n", "wanted_surname"),
        ("roster.json", "[{", "wanted_unreadable"),
        ("roster.json", '[{"documento": 1, "nombre": "ANA"}, 7]', "wanted_unreadable"),
        ("roster.json", "[]", "wanted_empty"),
        ("roster.parquet", "PAR1", "wanted_unreadable"),
        ("roster.xlsx", "no zip", "wanted_unreadable"),
    ],
)
def test_a_file_that_is_no_list_is_one_sentence_that_quotes_nothing(
    tmp_path: Path, name: str, content: str | None, key: str
) -> None:
    if content is not None:
        write(tmp_path, content, name)
    with pytest.raises(WantedError) as caught:
        read_wanted(tmp_path / name)
    assert caught.value.reason == key
    assert caught.value.exit_code == 65
    assert "Clave#2026" not in str(caught.value)


def test_json_keeps_the_zeros_of_a_text_and_reads_a_number_as_a_document(tmp_path: Path) -> None:
    rows = [
        {"documento": "00123456", "nombre": "PEÑA INÉS", "usuario_sso": "ines.pena"},
        {"documento": 1020304050.0, "nombre": "JOSÉ NÚÑEZ", "usuario_sso": None},
    ]
    expected = (WantedAgent(1, "00123456", "PEÑA INÉS", "ines.pena"), WantedAgent(2, "1020304050", "JOSÉ NÚÑEZ"))
    lines = "\n".join(json.dumps(row) for row in rows)
    for number, content in enumerate((json.dumps(rows), lines, "\ufeff" + json.dumps(rows))):
        # a name that DuckDB would take for a pattern
        assert read_wanted(write(tmp_path, content, f"roster[{number}].json")).agents == expected
    assert read_wanted(rows).agents == expected


def test_parquet_reads_text_whole_numbers_and_decimals(tmp_path: Path) -> None:
    for kind in ("varchar", "bigint", "double", "decimal(18, 2)"):
        file = tmp_path / "roster.parquet"
        duckdb.sql(f"select 1020304050::{kind} as dni, 'ANA RUIZ' as nombre").write_parquet(str(file), overwrite=True)
        assert read_wanted(file).agents == (WantedAgent(1, "1020304050", "ANA RUIZ"),)


def test_excel_keeps_the_zeros_of_a_text_cell_and_the_lines_of_the_sheet(tmp_path: Path) -> None:
    rows: list[list[str | float | None]] = [
        ["Ingresos", None, None],
        ["Cédula", "Nombre completo", "Clave"],
        ["00123456", "PEÑA  INÉS", "Clave#2026"],
        [None, None, None],
        [1020304050, "JOSÉ NÚÑEZ", None],
    ]
    agents = read_wanted(workbook(tmp_path / "roster.xlsx", rows, above=2)).agents
    assert agents == (
        WantedAgent(5, "00123456", "PEÑA INÉS", agent_pass="Clave#2026"),
        WantedAgent(7, "1020304050", "JOSÉ NÚÑEZ"),
    )


def test_excel_without_its_library_is_one_sentence_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(WantedError, match=r'pip install "\.\[excel\]"'):
        read_wanted(workbook(tmp_path / "roster.xlsx", [["dni", "nombre"], ["1", "ANA"]]))


@pytest.mark.parametrize("document", ["00123456", "123456", "123.456", " 123 456 ", Decimal("123456.00")])
def test_what_a_spreadsheet_does_to_a_document_leaves_the_same_person(document: Any) -> None:
    (agent,) = read_wanted([{"dni": document, "nombre": "ANA"}]).agents
    assert folded_document(agent.agent_dni) == "123456"


def test_a_list_of_changes_needs_no_column_that_it_does_not_change(tmp_path: Path) -> None:
    file = write(tmp_path, "Cédula;Activo\n7001;no\n")
    assert read_wanted(file).agents == (WantedAgent(2, "7001", "", enabled=False),)
    with pytest.raises(WantedError) as caught:
        read_wanted(file, only_creations=True)
    assert caught.value.reason == "wanted_headings"
    with pytest.raises(WantedError, match="no line of headings"):
        read_wanted(write(tmp_path, "Cédula\n7001\n"))
