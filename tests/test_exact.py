"""Exact beside sampled: what the views say with status events and without, and what truly happened."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.worlds import MONDAY, TOKEN, Clock, Warehouse, minutes, run_once
from wolkvox_source.simulator import ContactCentre, Simulator

LOOKS = 20
GONE = {"Logout", ""}


@pytest.fixture
def busy() -> ContactCentre:
    """A lively centre of twelve on Monday at 07:00, Bogotá."""
    return ContactCentre(agents=12, licences=50, token=TOKEN, now=MONDAY, lively=True)


@pytest.fixture
def lively(busy: ContactCentre, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    with Simulator(busy) as running:
        monkeypatch.setenv("SOURCES__WOLKVOX__SERVER", "demo")
        monkeypatch.setenv("SOURCES__WOLKVOX__TOKEN", TOKEN)
        monkeypatch.setenv("SOURCES__WOLKVOX__BASE_URL", running.url)
        yield running


@pytest.fixture
def looked_at(busy: ContactCentre, lively: Simulator, warehouse: Warehouse, clock: Clock) -> Warehouse:
    """The morning, of which only the agents report was asked for."""
    busy.advance(timedelta(hours=2))
    clock.advance(hours=2)
    for _ in range(LOOKS):
        look(busy, warehouse, clock)
    return warehouse


def look(centre: ContactCentre, warehouse: Warehouse, clock: Clock) -> None:
    centre.advance(timedelta(minutes=5))
    done = run_once(warehouse, clock)
    assert (done.exit_code, done.error) == (0, None)


def intervals(warehouse: Warehouse, where: str = "true") -> list[tuple[Any, ...]]:
    return warehouse.rows(
        "select agent_id, agent_status, interval_from, interval_to, changed_after, changed_before, source"
        f" from agent_status_intervals where {where} order by agent_id, interval_from"
    )


def daily(warehouse: Warehouse) -> dict[tuple[str, str], tuple[int, str]]:
    rows = warehouse.rows("select agent_id, agent_status, observed_seconds, source from agent_status_daily")
    return {(agent_id, status): (seconds, source) for agent_id, status, seconds, source in rows}


@pytest.mark.long
def test_what_is_exact_lies_within_the_bounds_of_what_was_observed(
    busy: ContactCentre, looked_at: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampled = intervals(looked_at)
    assert {row[6] for row in sampled} == {"observations"}
    monkeypatch.setenv("SOURCES__WOLKVOX__REPORTS", '["agents", "status_events"]')
    look(busy, looked_at, clock)

    exact = intervals(looked_at, "source = 'events'")
    truth = [
        (event.agent_id, event.status, event.since, event.until)
        for event in busy.status_events()
        if event.until is not None and event.status not in GONE and event.since >= midnight(clock)
    ]
    assert sorted(row[:4] for row in exact) == sorted(truth)
    assert len(exact) > 3 * len([row for row in sampled if row[1] not in GONE])

    changes = 0
    for agent_id, status, interval_from, _, changed_after, changed_before, _ in sampled:
        found = [row for row in exact if row[0] == agent_id and row[2] <= interval_from < row[3]]
        if changed_after is None or not found:
            continue
        ((_, exact_status, began_at, *_),) = found
        assert exact_status == status
        assert changed_after < began_at <= changed_before
        changes += 1
    assert changes > 30


@pytest.mark.long
def test_both_are_told_for_the_same_day_and_no_second_is_counted_twice(
    busy: ContactCentre, looked_at: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = daily(looked_at)
    assert {source for _, source in before.values()} == {"observations"}
    monkeypatch.setenv("SOURCES__WOLKVOX__REPORTS", '["agents", "status_events"]')
    look(busy, looked_at, clock)

    after = daily(looked_at)
    over: dict[tuple[str, str], int] = defaultdict(int)
    for event in busy.status_events():
        if event.until is not None and event.status not in GONE and event.since >= midnight(clock):
            over[event.agent_id, event.status] += int((event.until - event.since).total_seconds())
    for key, (seconds, source) in after.items():
        if source == "events":
            assert seconds == over[key], key
        elif source == "both":
            # what is not over yet was found by looking
            assert over[key] < seconds, key
        else:
            assert key not in over, key
    assert {source for _, source in after.values()} == {"events", "observations", "both"}
    for status in {status for _, status in before if status in GONE}:
        # who was not connected is known from looking alone, and from that all the same
        assert {key for key in after if key[1] == status} <= {key for key in before if key[1] == status}

    pieces = looked_at.rows(
        "select agent_id, interval_from,"
        " lead(interval_from) over (partition by agent_id order by interval_from, interval_to), interval_to, source"
        " from agent_status_intervals order by 1, 2"
    )
    assert [row for row in pieces if row[2] is not None and row[3] > row[2]] == []
    whole = looked_at.rows("select agent_id, sum(observed_seconds) from agent_status_intervals group by 1 order by 1")
    assert looked_at.rows("select agent_id, sum(observed_seconds) from agent_status_daily group by 1 order by 1") == [
        row for row in whole if row[1]
    ]
    quarters = "select agent_id, sum(observed_seconds) from agent_status_hourly where agent_key in (select agent_key"
    quarters += " from agent_status_events) group by 1"
    assert len(looked_at.rows(quarters)) > 3


@pytest.mark.long
def test_a_day_before_the_first_look_is_told_by_its_events(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operation is looked at for the first time on Tuesday; Monday's events are read with Tuesday's."""
    monkeypatch.setenv("SOURCES__WOLKVOX__REPORTS", '["agents", "status_events"]')
    ana = centre.hire(name="ANA", dni="1")
    centre.set_status(ana, "Ready")
    centre.advance(timedelta(hours=20))
    centre.set_status(ana, "Talk")
    centre.advance(timedelta(minutes=10))
    centre.set_status(ana, "Logout")
    clock.advance(hours=20, minutes=10)
    look(centre, warehouse, clock)

    days = "select local_day, agent_status, observed_seconds, source, person"
    assert warehouse.rows(f"{days} from agent_status_daily order by 1, 2") == [
        (datetime(2026, 3, 2).date(), "READY", 17 * 3600, "events", 1),
        (datetime(2026, 3, 3).date(), "READY", 3 * 3600, "events", 1),
        (datetime(2026, 3, 3).date(), "TALK", 600, "events", 1),
    ]


@pytest.mark.long
def test_the_words_of_the_events_are_written_as_the_agents_report_writes_them(
    busy: ContactCentre, looked_at: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__REPORTS", '["agents", "status_events"]')
    look(busy, looked_at, clock)

    assert ("READY",) in looked_at.rows("select distinct agent_status from agent_status_events")
    words = {row[0] for row in looked_at.rows("select distinct agent_status from agent_status_intervals")}
    assert "Ready" in words and "READY" not in words
    unknown = "select distinct agent_status from agent_status_intervals where status_category = 'unknown'"
    assert looked_at.rows(unknown) == []


def midnight(clock: Clock) -> datetime:
    """Yesterday's first moment in Bogotá: two days are read again."""
    today = clock.now.astimezone(timezone.utc) - timedelta(hours=5)
    return datetime(today.year, today.month, today.day, 5, tzinfo=timezone.utc) - timedelta(days=1)


# the live report beside the roster


@pytest.mark.long
def test_who_is_asked_live_is_known_to_the_second_since_when(
    busy: ContactCentre, looked_at: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = (
        "select agent_id, status_since, status_changed_after, status_seconds, status_seconds_at_most, source"
        " from agents_now order by agent_id"
    )
    monkeypatch.setenv("SOURCES__WOLKVOX__REPORTS", '["agents"]')
    look(busy, looked_at, clock)
    sampled = {row[0]: row for row in looked_at.rows(view)}
    assert {row[5] for row in sampled.values()} == {"observations"}

    # the same moment once more, of which the live report is asked too
    monkeypatch.setenv("SOURCES__WOLKVOX__REPORTS", '["agents", "live"]')
    clock.now -= timedelta(minutes=4, seconds=59)
    assert run_once(looked_at, clock).error is None
    exact = {row[0]: row for row in looked_at.rows(view)}
    began = {event.agent_id: event.since for event in busy.status_events()}
    assert sorted(exact) == sorted(sampled)
    within = 0
    for agent_id, since, changed_after, seconds, at_most, source in exact.values():
        assert (source, changed_after, at_most) == ("live", since, seconds)
        if agent_id in began and busy.agents[agent_id].status not in GONE:
            # our clock is a second ahead of the centre's here
            assert abs(since - began[agent_id]) <= timedelta(seconds=2)
        _, first_seen, not_yet, *_ = sampled[agent_id]
        if not_yet is not None and since <= first_seen:
            assert not_yet <= since + timedelta(seconds=2)
            within += 1
    assert within > 3


@pytest.mark.long
def test_a_live_report_that_has_fallen_behind_says_nothing_of_a_later_status(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, luis, eva = (centre.hire(name=name, dni=name) for name in ("ANA", "LUIS", "EVA"))
    for agent in (ana, luis, eva):
        centre.set_status(agent, "Ready")
    view = "select agent_name, status_since, status_changed_after, source from agents_now order by agent_id"
    monkeypatch.setenv("SOURCES__WOLKVOX__REPORTS", '["agents", "live"]')
    look(centre, warehouse, clock)
    # the status is older than the first look, which only the live report can know
    assert warehouse.rows(view) == [(name, MONDAY, MONDAY, "live") for name in ("ANA", "LUIS", "EVA")]

    monkeypatch.setenv("SOURCES__WOLKVOX__REPORTS", '["agents"]')
    centre.set_status(luis, "Talk")
    centre.set_status(eva, "Talk")
    look(centre, warehouse, clock)
    centre.set_status(eva, "Ready")
    look(centre, warehouse, clock)
    first, second, third = (minutes(number) for number in (5, 10, 15))
    assert warehouse.rows(view) == [
        # uninterrupted, as far as anybody saw
        ("ANA", MONDAY, MONDAY, "live"),
        ("LUIS", second, first, "observations"),
        # the same word again, and not the same time
        ("EVA", third, second, "observations"),
    ]


@pytest.mark.long
def test_intervals_begin_within_the_second_that_the_live_report_says(
    busy: ContactCentre, lively: Simulator, warehouse: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__REPORTS", '["agents", "live"]')
    busy.advance(timedelta(hours=2))
    clock.advance(hours=2)
    for _ in range(8):
        look(busy, warehouse, clock)

    began = {(event.agent_id, event.status, event.since) for event in busy.status_events()}
    found = warehouse.rows(
        "select i.agent_id, i.agent_status, i.changed_after, i.changed_before, i.interval_from, l.previous_at"
        " from agent_status_intervals as i inner join looks as l on l.observed_at = i.interval_from"
        " where i.began_by = 'change' and l.previous_at is not null"
    )
    assert len(found) > 10
    for agent_id, status, changed_after, changed_before, interval_from, previous_at in found:
        assert previous_at <= changed_after == changed_before <= interval_from
        assert status in GONE or (agent_id, status, changed_after) in began


# skills and sessions


@pytest.mark.long
def test_who_can_answer_what_now_is_one_view(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__REPORTS", '["agents", "skills"]')
    ana = centre.hire(name="ANA", dni="1")
    for skill in list(centre.agents[ana].skills):
        centre.remove_from_skill(ana, skill)
    centre.add_to_skill(ana, "4001", 5)
    look(centre, warehouse, clock)
    centre.add_to_skill(ana, "4001", 7)
    look(centre, warehouse, clock)

    view = "select agent_key, agent_name, skill_key, skill_name, expertise, known_since from agent_skills_now"
    assert warehouse.rows(view) == [(f"demo:{ana}", "ANA", "demo:4001", "VENTAS", 7, clock.now)]
    centre.remove_from_skill(ana, "4001")
    look(centre, warehouse, clock)
    assert warehouse.rows(view) == []


@pytest.mark.long
def test_the_sessions_of_a_day_are_one_row(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__REPORTS", '["agents", "sessions"]')
    ana = centre.hire(name="ANA", dni="1")
    for _ in range(2):
        centre.set_status(ana, "Ready")
        centre.advance(timedelta(minutes=20))
        centre.set_status(ana, "Logout")
        centre.advance(timedelta(minutes=10))
    clock.advance(hours=1)
    look(centre, warehouse, clock)

    assert warehouse.rows("select * from agent_sessions_daily") == [
        (
            *("demo", datetime(2026, 3, 2).date(), f"demo:{ana}", ana, "ANA"),
            *(MONDAY, MONDAY + timedelta(minutes=50), 2400, 2),
        )
    ]
