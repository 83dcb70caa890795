"""Files of shifts, read and checked: what each row means, and every problem with its line."""

import json
from datetime import date, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
import xlsxwriter

from wolkvox_source.shifts.loading import write_template
from wolkvox_source.shifts.planned import Shift, checked
from wolkvox_source.shifts.reading import ShiftsError, read_lines

WEEK = (1, 2, 3, 4, 5)


def shifts_of(path: Path) -> list[Shift]:
    return checked(read_lines(path), path)


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path) -> list[str]:
    with pytest.raises(ShiftsError) as raised:
        shifts_of(path)
    assert raised.value.exit_code == 65
    return [str(each) for each in raised.value.details]


def test_the_template_is_a_file_that_can_be_loaded(tmp_path: Path) -> None:
    path = tmp_path / "shifts.csv"
    write_template(path)

    assert shifts_of(path) == [
        Shift(2, ("agent_id", "12001"), WEEK, date(2026, 3, 2), None, ((480, 750), (810, 1020))),
        Shift(
            3,
            ("agent_dni", "1020304050"),
            (1, 3, 5),
            date(2026, 3, 2),
            date(2026, 6, 30),
            ((1320, 1560), (1590, 1800)),
        ),
        Shift(4, ("agent_id", "12001"), (6,), date(2026, 3, 2), date(2026, 12, 31), ((480, 720),)),
        Shift(5, ("agent_id", "12001"), (), date(2026, 3, 19), date(2026, 3, 19), ((600, 960),)),
        Shift(6, ("agent_id", "12001"), (), date(2026, 4, 3), date(2026, 4, 3), ()),
    ]
    with pytest.raises(FileExistsError):
        write_template(path)


MORNING: dict[str, Any] = {"agent_id": "0071", "weekdays": "mon-fri", "start": "06:00", "end": "14:00"}


def as_csv(path: Path) -> Path:
    return written(path.with_suffix(".csv"), "agent_id,weekdays,start,end\n0071,mon-fri,06:00,14:00\n")


def as_json(path: Path) -> Path:
    return written(path.with_suffix(".json"), json.dumps([MORNING]))


def as_json_lines(path: Path) -> Path:
    return written(path.with_suffix(".jsonl"), "\n" + json.dumps(MORNING) + "\n")


def as_parquet(path: Path) -> Path:
    path = path.with_suffix(".parquet")
    pa.parquet.write_table(pa.Table.from_pylist([{**MORNING, "start": time(6), "end": time(14)}]), path)
    return path


def as_excel(path: Path) -> Path:
    path = path.with_suffix(".xlsx")
    with xlsxwriter.Workbook(str(path)) as book:
        clock, sheet = book.add_format({"num_format": "hh:mm"}), book.add_worksheet()
        sheet.write_row(0, 0, [*MORNING])
        sheet.write_row(1, 0, ["0071", "mon-fri"])
        for column, moment in enumerate((time(6), time(14)), start=2):
            sheet.write_datetime(1, column, moment, clock)
    return path


@pytest.mark.parametrize("write", [as_csv, as_json, as_json_lines, as_parquet, as_excel])
def test_every_format_tells_the_same_shift(write: Any, tmp_path: Path) -> None:
    (shift,) = shifts_of(write(tmp_path / "shifts"))
    assert (shift.agent, shift.weekdays, shift.stretches) == (("agent_id", "0071"), WEEK, ((360, 840),))


def test_spanish_headings_and_what_excel_writes_on_windows_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "turnos.csv"
    text = (
        "Extensión;Días;Desde;Hora inicio;Hora fin;Pausas\n"
        "12001;lunes a miércoles, sáb;2026-03-02;7:00 a. m.;3:30 p. m.;\n"
    )
    path.write_bytes(text.encode("cp1252"))

    assert shifts_of(path) == [
        Shift(2, ("agent_id", "12001"), (1, 2, 3, 6), date(2026, 3, 2), None, ((420, 930),)),
    ]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (",,mon,,,,08:00,17:00,", "name the agent by agent_id or by the document, one of the two"),
        ("1,2,mon,,,,08:00,17:00,", "name the agent by agent_id or by the document, one of the two"),
        ("1,,,,,,08:00,17:00,", "say either a day or the weekdays"),
        ("1,,mon,2026-03-02,,,08:00,17:00,", "say either a day or the weekdays"),
        (
            "1,,,2026-03-02,2026-03-02,,08:00,17:00,",
            "a single day needs no valid_from and no valid_to; leave them empty",
        ),
        ("1,,,02/03/2026,,,08:00,17:00,", "day is “02/03/2026”; write a day as in 2026-03-02"),
        ("1,,,2026-02-30,,,08:00,17:00,", "day is “2026-02-30”; write a day as in 2026-03-02"),
        ("1,,mo,,,,08:00,17:00,", "weekdays is “mo”; write weekdays as in mon-fri or mon, wed, sat"),
        ("1,,mon,,,,25:00,17:00,", "start is “25:00”; write a time as in 08:00 or 22:30"),
        ("1,,mon,,,,08:00,8 pm,", "end is “8 pm”; write a time as in 08:00 or 22:30"),
        ("1,,mon,,,,08:00,08:00,", "the shift ends when it starts; write another end"),
        (
            "1,,mon,,,,08:00,,",
            "the shift needs a start and an end; only a single day may have neither, and is free then",
        ),
        ("1,,mon,,,,,,", "the shift needs a start and an end; only a single day may have neither, and is free then"),
        (
            "1,,mon,,2026-03-09,2026-03-02,08:00,17:00,",
            "it would be valid from 2026-03-09 to 2026-03-02, which is earlier; write the later day in valid_to",
        ),
        (
            "1,,mon,,,,08:00,17:00,17:30-18:00",
            "the breaks “17:30-18:00” are not inside the shift, one after the other, as in 10:00-10:15, 13:00-14:00",
        ),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_its_line(row: str, problem: str, tmp_path: Path) -> None:
    headings = "agent_id,document,weekdays,day,valid_from,valid_to,start,end,breaks"
    good = "7,,mon-fri,,,,08:00,17:00,"
    path = written(tmp_path / "shifts.csv", f"{headings}\n{good}\n\n{row}\n")
    assert problems(path) == [f"line 4 of the file: {problem}"]


def test_all_problems_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    path = written(
        tmp_path / "shifts.csv",
        "agent_id,weekdays,start,end\n1,mon-fri,08:00,17:00\n1,fri,16:00,20:00\n,sun,08:00,17:00\n1,fri,17:00,20:00\n",
    )
    assert problems(path) == [
        "line 3 of the file: it overlaps with the shift of the same agent in line 2; change one of the two",
        "line 4 of the file: name the agent by agent_id or by the document, one of the two",
        "line 5 of the file: it overlaps with the shift of the same agent in line 3; change one of the two",
    ]


def test_headings_that_nobody_knows_are_no_shifts(tmp_path: Path) -> None:
    path = written(tmp_path / "shifts.csv", "agent_id,weekdays,start,finish\n1,mon,08:00,17:00\n")
    assert problems(path) == [
        "line 1 of the file: the heading end is missing; any of end, fin, salida, hora_fin, hora_salida will do",
        "line 1 of the file: nothing is known by the heading “finish”; see the headings of wolkvox shifts template",
    ]


def test_a_title_above_the_headings_is_passed_over_and_a_row_of_another_width_is_told(tmp_path: Path) -> None:
    title = "Turnos de marzo,,,\n\n"
    path = written(tmp_path / "shifts.csv", f"{title}agente,dias,inicio,fin\n1,mon,08:00,17:00\n2,mon,08:00\n")
    assert problems(path) == ["line 5 of the file: it has not as many columns as the headings: 4"]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("shifts.csv", None, "shifts_missing"),
        ("shifts.docx", "x", "shifts_format"),
        ("shifts.csv", "who,when\nAna,today\n", "shifts_headings"),
        ("shifts.json", "{", "shifts_unreadable"),
        ("shifts.parquet", "x", "shifts_unreadable"),
        ("shifts.xlsx", "x", "shifts_unreadable"),
    ],
)
def test_a_file_that_is_none_is_told_in_words(name: str, text: str | None, reason: str, tmp_path: Path) -> None:
    if text is not None:
        written(tmp_path / name, text)
    with pytest.raises(ShiftsError) as raised:
        shifts_of(tmp_path / name)
    assert raised.value.reason == reason
