"""What is asked of a copy and what is made of the answers: days, strips, parts of the page."""

import os
import re
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from tests.dashboard.conftest import NOW, rows, value
from tests.worlds import TOKEN, Clock, Warehouse
from wolkvox_source.dashboard.answers import Answers
from wolkvox_source.dashboard.charts import areas
from wolkvox_source.dashboard.copy import Copy
from wolkvox_source.dashboard.day import bounds, day
from wolkvox_source.dashboard.days import the_day
from wolkvox_source.dashboard.now import is_late
from wolkvox_source.dashboard.page import Choice, View, whole_page
from wolkvox_source.dashboard.strip import strip
from wolkvox_source.dashboard.words import CATEGORIES, Words
from wolkvox_source.errors import ConfigurationError, HeldError
from wolkvox_source.settings import Operation
from wolkvox_source.simulator import ContactCentre, Simulator
from wolkvox_source.sync.run import sync

TODAY = NOW.date()
BOGOTA = ZoneInfo("America/Bogota")


def answers(file: Path) -> Answers:
    return Answers(Copy.at(file).query)


def operation(file: Path, name: str) -> dict[str, object]:
    (row,) = [row for row in answers(file).operations() if row["operation"] == name]
    return row


@pytest.mark.long
def test_a_time_in_which_nobody_looked_is_left_blank(made: Path) -> None:
    otra = day(answers(made), operation(made, "otra"), TODAY, NOW)
    stretches = [tuple(f"{each.astimezone(otra.zone):%H:%M}" for each in stretch) for stretch in otra.looked]
    # midnight in Santiago, the refused hour, and now
    assert stretches == [("00:00", "10:00"), ("11:00", "13:00")]
    chart = areas(otra, Words("en"))
    (gap,) = chart.gaps
    inside = [float(place) for _, path in chart.paths for place in re.findall(r"[ML]([\d.]+) ", path)]
    assert inside
    assert not [place for place in inside if gap.start + 0.01 < place < gap.end - 0.01]
    assert otra.at(bounds(TODAY, otra.zone)[0] + timedelta(hours=10, minutes=30)) is None


@pytest.mark.long
def test_the_coverage_of_the_latest_day_sinks_while_nobody_looks(made: Path) -> None:
    def covered(now: datetime) -> list[float]:
        rows = answers(made).coverage(TODAY, now)
        return [row["coverage_percent"] for row in rows if row["operation"] == "demo"][-2:]

    yesterday, until_now = covered(NOW)
    assert until_now == 100
    # looked at from midnight to 11:00, and asked at 13:00, at 18:00, and on another day
    for now, hours in ((NOW + timedelta(hours=2), 13), (NOW + timedelta(hours=7), 18), (NOW + timedelta(days=2), 24)):
        assert covered(now) == [yesterday, pytest.approx(100 * 11 / hours, abs=0.06)]
    view = View(answers(made), "en", Choice("demo"), NOW + timedelta(hours=2), live=True)
    told = f"{100 * 11 / 13:.1f} %"
    for region in ("now", "month", "coverage"):
        assert told in view.region(region), region


def test_the_areas_are_as_high_as_the_history_says(made: Path) -> None:
    demo = day(answers(made), operation(made, "demo"), TODAY, NOW)
    moment, count = demo.stretches[0][-20]
    talking = f"""
        select count(*) from agent_history where operation = 'demo' and present and agent_status = 'Talk'
            and valid_from <= '{moment}' and (valid_to is null or valid_to > '{moment}')
    """
    assert count["talking"] == value(made, talking)


def test_an_edge_of_the_strip_is_soft_from_one_look_to_the_next(made: Path) -> None:
    whole = day(answers(made), operation(made, "demo"), TODAY, NOW)
    starts_at, ends_at = bounds(TODAY, BOGOTA)
    intervals = answers(made).intervals(starts_at, ends_at, "demo:12001")
    chart = strip(whole, intervals, Words("en"))
    begins, ends = whole.axis
    edges = [mark for mark in chart.marks if mark.kind.startswith("soft-")]
    assert len(edges) == len(intervals) - 1
    for mark, after in zip(edges, intervals[1:], strict=True):
        assert mark.start == pytest.approx(100 * (after["changed_after"] - begins) / (ends - begins))
        assert mark.end == pytest.approx(100 * (after["interval_from"] - begins) / (ends - begins))
    hard = [mark for mark in chart.marks if not mark.kind.startswith("soft-")]
    assert {mark.kind for mark in hard} <= {each.replace(" ", "-") for each in CATEGORIES}


def test_a_question_is_asked_again_only_for_a_new_copy(made: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(made, tmp_path / "own.duckdb"))
    known = answers(file).agents()
    assert answers(file).agents() is known
    os.utime(file)
    assert answers(file).agents() is not known


def test_a_copy_of_other_reports_too_counts_the_looks_at_the_roster(made: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(made, tmp_path / "own.duckdb"))
    before = operation(file, "demo")["last_at"]
    with duckdb.connect(str(file)) as connection:
        connection.execute("set schema = 'contact_center'")
        connection.execute(
            "insert into observations by name select 'demo' as operation, timestamptz '2026-11-24 16:07:00+00' as "
            "observed_at, 'refused' as outcome, 'skills' as report"
        )
    assert operation(file, "demo")["last_at"] == before


@pytest.mark.long
def test_skills_and_sessions_are_shown_where_they_are_there(made: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(made, tmp_path / "own.duckdb"))
    with duckdb.connect(str(file)) as connection:
        connection.execute("set schema = 'contact_center'")
        connection.execute(
            "insert into skills by name select 'demo:4001' as skill_key, 'Ventas <nuevas>' as skill_name;"
            "insert into agent_skills by name select 'demo' as operation, 'demo:12002' as agent_key, skill_key,"
            " substr(skill_key, 6) as skill_id, true as present"
            " from (values ('demo:4001'), ('demo:4002')) as s (skill_key);"
            "insert into agent_sessions by name select 'demo' as operation, 'demo:12002' as agent_key,"
            f" timestamptz '{TODAY} 07:01:00-05:00' + to_hours(h) as login_at, null::timestamptz as logout_at"
            " from range(2) as r (h)"
        )
    view = View(answers(file), "en", Choice(), NOW, live=True)
    for part in (view.region("agents"), view.person("demo:12002")):
        # a skill whose own row did not come has its number for a name
        assert "4002, Ventas &lt;nuevas&gt;" in part
        assert re.search(r"07:01–\s*\(2\)", part)


@pytest.mark.long
def test_an_agent_who_left_still_has_a_page_and_a_stranger_has_none(made: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(made, tmp_path / "own.duckdb"))
    with duckdb.connect(str(file)) as connection:
        # renamed the day before, and gone now
        connection.execute("update contact_center.agents set present = false where agent_key = 'demo:12004'")
    view = View(answers(file), "en", Choice(), NOW, live=True)
    assert "No longer on the roster." in view.person("demo:12004")
    with pytest.raises(KeyError):
        view.person("demo:99999")
    with pytest.raises(KeyError):
        view.person("' or true --")


@pytest.mark.long
def test_the_chosen_operation_bounds_every_part(made: Path) -> None:
    page = "".join(View(answers(made), "en", Choice(operation="otra"), NOW, live=True).pieces())
    assert "demo" not in re.sub(r"<option[^>]*>demo</option>", "", page)
    with pytest.raises(ConfigurationError) as unknown:
        View(answers(made), "en", Choice(operation="ventas"), NOW, live=True)
    assert str(unknown.value) == "The copy holds no operation 'ventas': it holds demo, otra."


@pytest.mark.long
def test_what_wolkvox_sent_is_text_and_never_markup(made: Path) -> None:
    page = whole_page(answers(made), "en", Choice(), NOW)
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; Ana" in page
    assert "“PLEASE VALIDATE &lt;TOKEN&gt;”" in page
    assert re.findall(r'(?:src|href)="(?![?#]|data:|agent)', page) == []
    assert "style=" not in page


def test_a_part_that_cannot_be_answered_says_so_in_its_place(made: Path) -> None:
    def query(sql: str) -> list[dict[str, object]]:
        if "roster_changes" in sql:
            raise HeldError("dashboard_unreadable", file="copy", problem="held")
        return Copy.at(made).query(sql)

    page = "".join(View(Answers(query), "en", Choice(), NOW, live=True).pieces())
    assert 'id="changes"><i></i><p>copy cannot be read (held)' in page
    assert 'id="table-agents"' in page


@pytest.mark.parametrize(
    ("looked_at", "late"),
    [
        pytest.param(NOW - timedelta(minutes=5), False, id="one interval"),
        pytest.param(NOW - timedelta(minutes=17.5), False, id="three and a half intervals"),
        pytest.param(NOW - timedelta(minutes=17.5, seconds=1), True, id="more than that"),
        pytest.param(None, True, id="never"),
    ],
)
def test_data_is_late_after_three_and_a_half_intervals(looked_at: datetime | None, late: bool) -> None:
    assert is_late({"looked_at": looked_at, "interval_seconds": 300}, NOW) is late


def test_an_hour_that_has_not_come_yet_is_not_called_unobserved(made: Path) -> None:
    otra = View(answers(made), "en", Choice(operation="otra"), NOW, live=True)
    arrivals = the_day(otra)["arrivals"]
    # the refused hour is hatched; the chart ends with the hour of the latest observation
    assert [tick.text for tick in arrivals.x][-1] == "12"
    assert [arrivals.x[round(mark.start * len(arrivals.x) / 100 - 0.06)].text for mark in arrivals.gaps] == ["10"]


def test_a_local_day_is_as_long_as_it_was() -> None:
    # clocks in Santiago went back on the 4th of April 2026 and forward on the 5th of September
    zone = ZoneInfo("America/Santiago")
    lengths = [bounds(each, zone) for each in (date(2026, 4, 4), date(2026, 9, 6), date(2026, 11, 24))]
    assert [(end - start) // timedelta(hours=1) for start, end in lengths] == [25, 23, 24]


def test_the_copy_that_the_page_is_tested_with_says_who_is_there(made: Path) -> None:
    assert rows(made, "select operation, count(*) from agents_now group by all order by all") == [
        ("demo", 60),
        ("otra", 12),
    ]


@pytest.mark.long
def test_there_is_a_page_after_the_very_first_run_of_several_operations(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    """A first observation covers no time, so that there is no share of the day to tell yet."""
    centre.hire()
    operations = [
        Operation(server="demo", token=TOKEN, base_url=simulator.url).named(name) for name in ("ventas", "soporte")
    ]
    assert sync(duckdb_warehouse.place(), operations=operations, clock=clock).exit_code == 0

    page = whole_page(answers(Path("wolkvox_read.duckdb")), "en", Choice(), clock.now)

    assert "ventas" in page and "soporte" in page
