"""Who needs attention: by shifts where there are some, else by each agent's own habit."""

import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from tests.dashboard.conftest import NOW
from wolkvox_source.dashboard.answers import Answers
from wolkvox_source.dashboard.attention import TOO_LONG, Concern, concerns
from wolkvox_source.dashboard.copy import Copy

TODAY = NOW.date()


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made, tmp_path / "own.duckdb"))


def found(file: Path, **options: dict[str, int]) -> list[Concern]:
    answers = Answers(Copy.at(file).query)
    operations = [row for row in answers.operations() if row["operation"] == "demo"]
    return concerns(answers, answers.agents(), operations, **options)


def change(file: Path, statements: str) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("set TimeZone = 'UTC'; set schema = 'contact_center'")
        connection.execute(statements)


def test_who_came_later_than_ever_on_this_weekday_is_late(own: Path) -> None:
    # the first of each day: 06:00, 06:05, 06:10 and 06:20 on Tuesdays, and today 06:34, then 06:35
    def come(clock: str) -> list[Concern]:
        change(own, "delete from agent_connections where agent_key = 'demo:12001'")
        days = [("06:00", 28), ("06:05", 21), ("06:10", 14), ("06:20", 7), (clock, 0)]
        for time, back in days:
            day = TODAY - timedelta(days=back)
            change(
                own,
                f"insert into agent_connections by name select 'demo:12001' as agent_key, 'demo' as operation, "
                f"'12001' as agent_id, timestamptz '{day} {time}:00-05:00' as last_use, last_use as first_observed_at",
            )
        return [each for each in found(own) if each.kind == "late" and each.agent["agent_key"] == "demo:12001"]

    assert come("06:34") == []
    (late,) = come("06:35")
    assert (late.least, late.most) == (900, 900)
    assert late.usual is not None
    assert f"{late.usual:%H:%M}" == "06:20"


def test_a_habit_is_more_than_one_day(own: Path) -> None:
    missing = [each.agent["agent_key"] for each in found(own) if each.kind == "missing"]
    assert missing
    key = missing[0]
    week = TODAY - timedelta(days=7)
    change(
        own,
        f"delete from agent_connections where agent_key = '{key}' and last_use < timestamptz '{week} 00:00:00-05:00'",
    )
    assert key not in [each.agent["agent_key"] for each in found(own) if each.kind == "missing"]


def test_nobody_is_missing_by_habit_where_the_centre_is_closed_today(own: Path) -> None:
    assert [each for each in found(own) if each.kind == "missing"]
    change(
        own,
        f"""
        update observations set hours = 'ours';
        insert into opening_hours by name
            select 'demo' as operation, 'ours' as hours, 1 as position, date '{TODAY}' as day;
    """,
    )
    assert not [each for each in found(own) if each.kind in ("missing", "late")]


def test_the_threshold_of_a_status_is_the_readers(own: Path) -> None:
    long = {each.agent["agent_key"]: each for each in found(own) if each.kind == "long"}
    assert all(
        each.least is not None and each.least >= TOO_LONG[each.agent["status_category"]] for each in long.values()
    )
    sooner = [each for each in found(own, too_long={**TOO_LONG, "talking": 300}) if each.kind == "long"]
    assert len(sooner) > len(long)
    assert {each.agent["status_category"] for each in sooner} <= set(TOO_LONG)


def test_shifts_count_before_habits(own: Path) -> None:
    change(
        own,
        f"""
        insert into planned_shifts by name select 'demo:1' as shift_id;
        create or replace view missing_now as select 'demo:12001' as agent_key,
            timestamptz '{TODAY} 10:30:00-05:00' as planned_start_at, 1800 as missing_seconds_at_least;
        create or replace view attendance_daily as select 'demo:12002' as agent_key, date '{TODAY}' as local_day,
            timestamptz '{TODAY} 07:00:00-05:00' as planned_start_at, 240 as late_seconds_at_least,
            540 as late_seconds_at_most
        union all select 'demo:12003', date '{TODAY}', timestamptz '{TODAY} 07:00:00-05:00', 0, 300;
        """,
    )
    by_plan = [each for each in found(own) if each.kind in ("missing", "late")]
    assert [(each.kind, each.agent["agent_key"], each.least, each.most, each.by_plan) for each in by_plan] == [
        ("missing", "demo:12001", 1800, None, True),
        ("late", "demo:12002", 240, 540, True),
    ]
