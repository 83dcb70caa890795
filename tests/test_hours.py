"""Operating hours: how they are written, what is refused, and what a sync leaves of them in a warehouse."""

from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.worlds import MONDAY, TOKEN, Clock, Warehouse, run_once
from wolkvox_source.cli import main as cli
from wolkvox_source.errors import ConfigurationError
from wolkvox_source.hours import HoursError, holidays, name_of, open_seconds, week
from wolkvox_source.language import speak
from wolkvox_source.settings import Operation, configured_operations
from wolkvox_source.simulator import ContactCentre, Simulator
from wolkvox_source.warehouse.asking import warehouse as opened
from wolkvox_source.warehouse.freshness import freshness
from wolkvox_source.warehouse.view_files import views_in_order

BOGOTA = ZoneInfo("America/Bogota")


def spans(text: str) -> list[tuple[int, int, int]]:
    return [(row["weekday"], row["opens_minute"], row["closes_minute"]) for row in week(text)]


@pytest.mark.parametrize(
    "text", ["mon-tue 06:30-19:30", "lun a mar 6:30 - 19:30", "lunes y martes 06:30 a 19:30", "1-2 6:30 to 19:30"]
)
def test_hours_are_read_as_people_write_them(text: str) -> None:
    assert spans(text) == [(1, 390, 1170), (2, 390, 1170)]


def test_a_day_may_have_several_spans_and_a_night_goes_on() -> None:
    assert spans("sáb 08:00-13:00, 14:00-16:00; sun 22:00-06:00; wed 00:00-24:00") == [
        (6, 480, 780),
        (6, 840, 960),
        (7, 1320, 1800),
        (3, 0, 1440),
    ]


@pytest.mark.parametrize(
    "text", ["", "mon-fri", "06:30-19:30", "mon 25:00-26:00", "mon 08:00-12:00, 11:00-13:00", "mon 08:00", "always"]
)
def test_what_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(HoursError):
        week(text)
    with pytest.raises(ConfigurationError) as raised:
        Operation(server="0010", token=TOKEN, hours=text).named("ventas")

    assert speak("es").tell(raised.value) == (
        f"El ajuste `sources.wolkvox.hours` de la operación ventas es {text!r}, y debe ser días y horas como lun-vie "
        "06:30-19:30; sáb 08:00-13:00, 14:00-16:00."
    )


def test_holidays_are_read_from_a_csv_in_either_language() -> None:
    rows = holidays("Día;Horario;Nombre\n2026-12-25;;Navidad\n\n2026-12-24;08:00-12:00;\n")

    assert [(row["day"], row["opens_minute"], row["closes_minute"]) for row in rows] == [
        ("2026-12-25", None, None),
        ("2026-12-24", 480, 720),
    ]


@pytest.mark.parametrize(
    ("text", "line", "quoted"),
    [
        ("2026-12-25\n", 1, "“2026-12-25”"),
        ("day\n25/12/2026\n", 2, "“25/12/2026”"),
        ("day,hours\n2026-12-25,\n2026-12-24,8\n", 3, "“2026-12-24,8”"),
    ],
    ids=["no heading", "no date", "no hours"],
)
def test_a_wrong_line_of_holidays_is_named(text: str, line: int, quoted: str, tmp_path: Path) -> None:
    (tmp_path / "holidays.csv").write_text(text)
    with pytest.raises(ConfigurationError) as raised:
        Operation(server="0010", token=TOKEN, holidays="holidays.csv").named("ventas")

    assert raised.value.exit_code == 78
    assert str(raised.value).startswith(
        f"Line {line} of the holidays of operation ventas, {quoted} in holidays.csv, cannot be read: the CSV wants"
    )


def test_holidays_that_are_not_there_are_78(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__HOLIDAYS", "nowhere.csv")

    assert cli.main(["sync"]) == 78
    assert "The holidays of operation demo cannot be read from nowhere.csv (“No such file or directory”)" in (
        capsys.readouterr().err
    )
    assert simulator.requests == []


def test_the_same_hours_have_the_same_name_however_they_are_written() -> None:
    assert name_of(week("mon-fri 06:30-19:30")) == name_of(week("vie 6:30-19:30; lun-jue 06:30-19:30"))
    assert name_of(week("mon-fri 06:30-19:30")) != name_of(week("mon-fri 06:30-19:00"))


def test_only_open_time_counts_between_two_moments() -> None:
    rows = [*week("mon-fri 06:30-19:30; sun 22:00-02:00"), *holidays("day\n2026-03-04\n")]

    def between(begin: str, end: str) -> float:
        moments = [datetime.fromisoformat(each).replace(tzinfo=BOGOTA) for each in (begin, end)]
        return open_seconds(rows, BOGOTA, *moments) / 3600

    # 2 March 2026 is a Monday, and Wednesday is a holiday
    assert between("2026-03-02 05:00", "2026-03-02 07:00") == 0.5
    assert between("2026-03-02 19:00", "2026-03-03 07:00") == 1.0
    assert between("2026-03-03 19:00", "2026-03-05 07:00") == 1.0
    assert between("2026-03-01 21:00", "2026-03-02 06:00") == 4.0


@pytest.mark.long
def test_a_sync_keeps_what_it_was_made_with_and_other_hours_count_from_then_on(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre.hire("PÉREZ  ANA", "1001")
    written = [None, "mon 07:00-08:00", "mon 07:00-08:00", "mon 07:00-09:00", "mon 07:00-08:00"]
    for hours in written:
        if hours:
            monkeypatch.setenv("SOURCES__WOLKVOX__HOURS", hours)
        done = run_once(warehouse, clock)
        assert (done.exit_code, done.notes) == (0, ()), done.error
    one, two = name_of(week("mon 07:00-08:00")), name_of(week("mon 07:00-09:00"))

    assert warehouse.rows("select hours from observations order by observed_at") == [
        (None,),
        (one,),
        (one,),
        (two,),
        (one,),
    ]
    columns = "hours, position, weekday, day, opens_minute, closes_minute"
    assert warehouse.rows(f"select {columns} from opening_hours order by closes_minute") == [
        (one, 0, 1, None, 420, 480),
        (two, 0, 1, None, 420, 540),
    ]
    assert warehouse.rows("select hours from operations") == [(one,)]


@pytest.mark.long
def test_hours_that_are_gone_from_the_warehouse_are_sent_again(
    centre: ContactCentre,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    centre.hire("PÉREZ  ANA", "1001")
    monkeypatch.setenv("SOURCES__WOLKVOX__HOURS", "mon 07:00-08:00")
    monkeypatch.setenv("SOURCES__WOLKVOX__HOLIDAYS", "holidays.csv")
    Path("holidays.csv").write_text("day\n2026-12-25\n")
    run_once(duckdb_warehouse, clock)
    held = duckdb_warehouse.rows("select * from opening_hours order by position")
    assert [row[4] for row in held] == [None, date(2026, 12, 25)]
    duckdb_warehouse.rows("delete from opening_hours")
    run_once(duckdb_warehouse, clock)

    assert duckdb_warehouse.rows("select * from opening_hours order by position") == held


@pytest.mark.long
def test_a_centre_that_is_closed_is_not_stale(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In Bogotá it is 07:00 at noon UTC; the last observation is at 07:55."""
    monkeypatch.setenv("SOURCES__WOLKVOX__HOURS", "mon-fri 07:00-08:00")
    clock.advance(minutes=50)
    run_once(warehouse, clock)
    with opened(warehouse.destination, "wolkvox", warehouse.dataset) as query:
        night, morning = (
            freshness(query, MONDAY + timedelta(minutes=each), 900)[0] for each in (20 * 60, 24 * 60 + 11)
        )

    assert (night.open_age_seconds, night.fresh) == (300.0, True)
    assert (morning.open_age_seconds, morning.fresh) == (960.0, False)
    assert night.last_success_at == datetime(2026, 3, 2, 12, 55, tzinfo=timezone.utc)
    assert configured_operations()[0].opening == week("mon-fri 07:00-08:00")


@pytest.mark.long
def test_a_warehouse_from_before_there_were_hours_is_widened_without_a_word(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre.hire("PÉREZ  ANA", "1001")
    run_once(warehouse, clock)
    for statement in (
        "drop table opening_hours cascade",
        "alter table observations drop column hours",
        "alter table operations drop column hours",
    ):
        with warehouse.pipeline().sql_client() as client:
            for view in reversed(views_in_order()):
                client.execute_sql(f"drop view if exists {client.make_qualified_table_name(view.name)} cascade")
            client.execute_sql(statement.replace("table ", f"table {warehouse.dataset}.", 1))
    monkeypatch.setenv("SOURCES__WOLKVOX__HOURS", "mon 07:00-08:00")
    done = run_once(warehouse, clock)

    assert (done.exit_code, done.notes) == (0, ()), done.error
    one = name_of(week("mon 07:00-08:00"))
    assert warehouse.rows("select hours from observations order by observed_at") == [(None,), (one,)]
    assert warehouse.rows("select hours from opening_hours") == [(one,)]
    # from 12:05, when it was always open, to 12:10
    assert warehouse.rows("select round(coverage_percent), open_seconds from coverage_daily") == [(100, 300)]
