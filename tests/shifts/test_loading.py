"""The plan in the warehouse: loaded through the command, replaced by a later file, and never in the past."""

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.worlds import Warehouse
from wolkvox_source.cli import main as cli
from wolkvox_source.cli import shifts
from wolkvox_source.language import speak
from wolkvox_source.settings import Operation
from wolkvox_source.shifts.loading import ShiftsError, load_shifts, write_template
from wolkvox_source.tables import SCHEMAS

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=timezone.utc)
NEXT_MONDAY = datetime(2026, 3, 9, 12, 0, tzinfo=timezone.utc)
IN_FORCE = """
select coalesce(agent_id, agent_dni), weekday, starts_minute, ends_minute, cast(valid_from as varchar(10)),
    cast(valid_to as varchar(10)) from planned_shifts where replaced_at is null order by 1, 5, 3
"""


@pytest.fixture
def operation() -> Operation:
    operation = Operation()
    operation.server, operation.token = "demo", "demo-token"
    return operation.named("demo")


def load(warehouse: Warehouse, operation: Operation, text: str, now: datetime) -> tuple[int, int]:
    file = Path("shifts.csv")
    file.write_text("agent_id,documento,dias,dia,desde,hasta,inicio,fin\n" + text, encoding="utf-8")
    loaded = load_shifts(file, operation, warehouse.place(), now)
    return loaded.added, loaded.replaced


def test_a_later_file_replaces_from_its_day_on_and_leaves_the_past(warehouse: Warehouse, operation: Operation) -> None:
    assert load(warehouse, operation, "1,,mon,,2026-02-02,,08:00,17:00\n2,,tue,,,,08:00,17:00\n", MONDAY) == (2, 0)

    assert load(warehouse, operation, "1,,mon,,2026-01-01,,10:00,19:00\n", NEXT_MONDAY) == (2, 1)

    assert warehouse.rows(IN_FORCE) == [
        ("1", 1, 480, 1020, "2026-02-02", "2026-03-08"),
        ("1", 1, 600, 1140, "2026-03-09", None),
        # who is not in the later file keeps their plan
        ("2", 2, 480, 1020, "2026-03-02", None),
    ]
    assert warehouse.rows("select loaded_at, replaced_at from planned_shifts where replaced_at is not null") == [
        (MONDAY, NEXT_MONDAY)
    ]
    # what is left of the old plan is of the file that said so
    assert warehouse.rows("select loaded_at from planned_shifts where ends_minute = 1020 and valid_to is not null") == [
        (MONDAY,)
    ]


def test_the_same_file_again_changes_nothing(warehouse: Warehouse, operation: Operation) -> None:
    text = "1,,mon-fri,,2026-02-02,,08:00,17:00\n1,,,2026-03-19,,,,\n"
    assert load(warehouse, operation, text, MONDAY) == (10, 0)
    before = warehouse.rows("select * from planned_shifts order by shift_id")

    same_day = "1,,mon-fri,,2026-03-02,,08:00,17:00\n1,,,2026-03-19,,,,\n"
    load(warehouse, operation, same_day, MONDAY)
    once = warehouse.rows(IN_FORCE)
    assert load(warehouse, operation, same_day, MONDAY) == (0, 0)
    assert warehouse.rows(IN_FORCE) == once
    assert len(before) == 10


def test_a_single_day_replaces_that_day_alone_and_may_be_free(warehouse: Warehouse, operation: Operation) -> None:
    load(warehouse, operation, ",77,mon,,2026-03-02,,08:00,17:00\n", MONDAY)
    load(warehouse, operation, ",77,,2026-03-16,,,,\n,77,,2026-03-19,,,10:00,11:00\n", MONDAY)

    # the file speaks of the days from the 16th to the 19th
    assert warehouse.rows(IN_FORCE) == [
        ("77", 1, 480, 1020, "2026-03-02", "2026-03-15"),
        ("77", None, 600, 660, "2026-03-19", "2026-03-19"),
        ("77", 1, 480, 1020, "2026-03-20", None),
    ]


def test_documents_are_kept_as_the_privacy_setting_keeps_them(
    duckdb_warehouse: Warehouse, operation: Operation
) -> None:
    operation.privacy_agent_dni, operation.privacy_key = "hash", "a key of the test"
    load(duckdb_warehouse, operation, ",1020304050,mon,,,,08:00,17:00\n", MONDAY)
    hashed = operation.privacy.hashed("1020304050")
    assert duckdb_warehouse.rows("select agent_dni from planned_shifts") == [(hashed,)]

    operation.privacy_agent_dni = "drop"
    with pytest.raises(ShiftsError, match="name them by agent_id"):
        load(duckdb_warehouse, operation, ",1020304050,mon,,,,08:00,17:00\n", MONDAY)


def configure(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SERVER": "demo", "TOKEN": "demo-token"}.items():
        monkeypatch.setenv(f"SOURCES__WOLKVOX__{name}", value)


def test_the_commands_write_a_template_and_load_it(
    duckdb_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(monkeypatch)
    assert cli.main(["shifts", "template", "shifts.csv"]) == 0
    assert cli.main(["shifts", "load", "shifts.csv"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("demo: the shifts of 2 agents are loaded; ")
    assert duckdb_warehouse.rows("select count(distinct coalesce(agent_id, agent_dni)) from planned_shifts") == [(2,)]
    assert cli.main(["shifts", "template", "shifts.csv"]) == 64


def test_whom_the_roster_does_not_have_is_named_and_loaded_all_the_same(
    warehouse: Warehouse, operation: Operation
) -> None:
    operation.privacy_agent_dni, operation.privacy_key = "hash", "a key of the test"
    file = Path("shifts.csv")
    write_template(file)
    # nothing was observed yet, so that nothing is known of anybody
    assert load_shifts(file, operation, warehouse.place(), MONDAY).notes == ()

    listed = {"agent_id": "12001", "agent_dni": operation.privacy.hashed("77"), "operation": "demo"}
    of_another = {**listed, "agent_id": "4", "agent_dni": None, "operation": "ventas"}
    gone = {**listed, "agent_id": "5", "agent_dni": None}
    rows = [{**row, "agent_key": f"{row['operation']}:{row['agent_id']}"} for row in (listed, of_another, gone)]
    table = pa.Table.from_pylist([{**row, "present": row is not rows[2]} for row in rows], SCHEMAS["agents"])
    warehouse.pipeline().run([table], table_name="agents")

    (note,) = load_shifts(file, operation, warehouse.place(), MONDAY).notes
    assert note.facts["names"] == "1020304050"

    text = "".join(f"{agent},mon,,,,08:00,17:00\n" for agent in ("12001,", "4,", "5,", ",77", ",78"))
    file.write_text("agent_id,documento,dias,dia,desde,hasta,inicio,fin\n" + text, encoding="utf-8")
    loaded = load_shifts(file, operation, warehouse.place(), MONDAY)
    assert loaded.agents == 5
    assert [speak("en").tell(each) for each in loaded.notes] == [
        (
            "demo: 3 planned agents are not on the roster as last observed: 4, 5, 78. Their shifts wait until they are;"
            " if that is a mistake, correct the file and load it again."
        )
    ]

    file.write_text(
        "agent_id,dias,inicio,fin\n" + "".join(f"{agent},mon,08:00,17:00\n" for agent in range(1, 8)), encoding="utf-8"
    )
    (note,) = load_shifts(file, operation, warehouse.place(), MONDAY).notes
    assert (
        speak("en")
        .tell(note)
        .startswith("demo: 7 planned agents are not on the roster as last observed: 1, 2, 3, 4, 5 and others. ")
    )


def test_nothing_is_loaded_of_a_file_with_a_problem(
    duckdb_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    configure(monkeypatch)
    Path("shifts.csv").write_text("agent_id,weekdays,start,end\n1,mon,08:00,17:00\n2,never,08:00,17:00\n")
    assert cli.main(["shifts", "load", "shifts.csv"]) == 65
    assert capsys.readouterr().err.splitlines() == [
        "shifts.csv has 1 problem, and nothing was loaded: correct it and run again.",
        "line 3 of the file: weekdays is “never”; write weekdays as in mon-fri or mon, wed, sat",
    ]
    assert not (tmp_path / "wolkvox.duckdb").exists()


def test_whose_shifts_they_are_is_asked_where_several_operations_are_configured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(monkeypatch)
    monkeypatch.setenv("SOURCES__WOLKVOX__OPERATIONS", '["ventas", "soporte"]')
    assert cli.main(["shifts", "load", "shifts.csv"]) == 64
    assert capsys.readouterr().err == "Say whose shifts these are with --operation; there are ventas, soporte.\n"


def test_the_commands_have_their_words_in_both_languages() -> None:
    for language in ("en", "es"):
        group: Any = shifts.command(speak(language))
        assert sorted(group.commands) == ["load", "template"]
