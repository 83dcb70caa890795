"""Further reports: skills, live states, sessions and status events, from the simulator's wire to the tables."""

import socket
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.worlds import MONDAY, TOKEN, Clock, Warehouse, minutes, run_once, sentence
from wolkvox_source import wolkvox
from wolkvox_source.errors import UnavailableError
from wolkvox_source.simulator import Answer, ContactCentre, Simulator
from wolkvox_source.tables import EVERY_TABLE, FURTHER

ALL = '["agents", "live", "skills", "sessions", "status_events"]'
NO_ROWS = {"code": 404, "error": "NOT FOUND", "msg": "Validate dates entered", "data": []}


@pytest.fixture
def everything_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """All reports are asked for."""
    monkeypatch.setenv("SOURCES__WOLKVOX__REPORTS", ALL)


@pytest.fixture
def busy() -> ContactCentre:
    """A lively centre of twelve on Monday at 07:00, Bogotá."""
    return ContactCentre(agents=12, licences=50, token=TOKEN, now=MONDAY, lively=True)


@pytest.fixture
def lively(busy: ContactCentre, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """Its HTTP face, to which the configuration points."""
    with Simulator(busy) as running:
        monkeypatch.setenv("SOURCES__WOLKVOX__SERVER", "demo")
        monkeypatch.setenv("SOURCES__WOLKVOX__TOKEN", TOKEN)
        monkeypatch.setenv("SOURCES__WOLKVOX__BASE_URL", running.url)
        monkeypatch.setenv("SOURCES__WOLKVOX__REQUESTS_AT_MOST", "1")
        yield running


def go_on(centre: ContactCentre, clock: Clock, **span: float) -> None:
    """Let time pass for the centre and for us."""
    clock.advance(**span)
    centre.advance(clock.now - centre.now)


def run(warehouse: Warehouse, centre: ContactCentre, clock: Clock, **options: Any) -> Any:
    """One run five minutes later, on the centre's own clock."""
    centre.advance(clock.now + timedelta(minutes=5) - centre.now)
    return run_once(warehouse, clock, **options)


def asked(simulator: Simulator) -> list[str]:
    return [request.query["api"] for request in simulator.requests]


def outcomes(warehouse: Warehouse, at: datetime) -> dict[str, str]:
    moment = f"timestamptz '{at.isoformat()}'"
    return dict(warehouse.rows(f"select report, outcome from observations where observed_at = {moment}"))


# off until asked for


@pytest.mark.long
def test_nothing_further_is_asked_for_or_made_until_it_is_wanted(
    busy: ContactCentre, lively: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    assert run(duckdb_warehouse, busy, clock).exit_code == 0

    assert asked(lively) == ["agents"]
    # the views stand on these tables
    assert {name: duckdb_warehouse.rows(f"select * from {name}") for name in FURTHER} == {name: [] for name in FURTHER}
    assert duckdb_warehouse.rows("select report, requests, window_from from observations") == [("agents", 1, None)]


@pytest.mark.long
def test_one_operation_may_ask_for_what_another_does_not(
    duckdb_warehouse: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    centres = [ContactCentre(agents=5, licences=9, token=f"t-{name}", now=MONDAY) for name in ("norte", "sur")]
    with Simulator(centres) as simulator:
        monkeypatch.setenv("SOURCES__WOLKVOX__OPERATIONS", '["norte", "sur"]')
        monkeypatch.setenv("SOURCES__WOLKVOX__SUR__REPORTS", '["agents", "live"]')
        for name in ("norte", "sur"):
            monkeypatch.setenv(f"SOURCES__WOLKVOX__{name.upper()}__SERVER", name)
            monkeypatch.setenv(f"SOURCES__WOLKVOX__{name.upper()}__TOKEN", f"t-{name}")
        monkeypatch.setenv("SOURCES__WOLKVOX__BASE_URL", simulator.url)
        assert run_once(duckdb_warehouse, clock).exit_code == 0

    assert duckdb_warehouse.rows("select operation, report from observations order by 1, 2") == [
        ("norte", "agents"),
        ("sur", "agents"),
        ("sur", "live"),
    ]
    assert duckdb_warehouse.rows("select distinct operation from agent_live") == [("sur",)]


# all of them on


@pytest.mark.long
def test_every_report_has_its_rows_its_line_and_its_requests(
    busy: ContactCentre, lively: Simulator, everything_on: None, warehouse: Warehouse, clock: Clock
) -> None:
    go_on(busy, clock, hours=3)
    whole = run(warehouse, busy, clock)

    assert (whole.exit_code, whole.error, whole.notes) == (0, None, ())
    skills = warehouse.rows("select count(*) from skills")[0][0]
    lines = "select report, outcome, requests, received_records > 0 from observations order by report"
    assert warehouse.rows(lines) == [
        ("agent_skills", "changed", skills, True),
        ("agents", "changed", 1, True),
        ("live", "changed", 1, True),
        ("sessions", "changed", 1, True),
        ("skills", "changed", 1, True),
        ("status_events", "changed", 1, True),
    ]
    assert len(lively.requests) == 5 + skills == busy.spent
    for name, table in EVERY_TABLE.items():
        if name in FURTHER or name == "agents":
            (number,) = warehouse.rows(f"select count(*) from {name}")[0]
            assert number > 0, name
            (keys,) = warehouse.rows(f"select count(distinct {table.key[0]}) from {name}")[0]
            assert keys == number, name


@pytest.mark.long
def test_a_run_in_which_nothing_differs_writes_the_ledger_and_nothing_else(
    centre: ContactCentre, simulator: Simulator, everything_on: None, warehouse: Warehouse, clock: Clock
) -> None:
    """Everybody is logged out, so that not even the live counters move."""
    for number in range(3):
        centre.hire()
        centre.add_to_skill(max(centre.agents), "4001", 1 + number)
    run_once(warehouse, clock)
    tables = [name for name in FURTHER if name not in {"agent_sessions", "agent_status_events"}]
    before = {name: sorted(warehouse.rows(f"select * from {name}"), key=repr) for name in tables}
    assert run_once(warehouse, clock).exit_code == 0

    assert {name: sorted(warehouse.rows(f"select * from {name}"), key=repr) for name in tables} == before
    assert set(outcomes(warehouse, clock.now).values()) == {"unchanged"}


# skills


@pytest.mark.long
def test_skills_and_who_has_them_are_known_on_every_day(
    centre: ContactCentre, simulator: Simulator, everything_on: None, warehouse: Warehouse, clock: Clock
) -> None:
    ana, luis = centre.hire(name="ANA", dni="1"), centre.hire(name="LUIS", dni="2")
    for agent_id in (ana, luis):
        for skill in list(centre.agents[agent_id].skills):
            centre.remove_from_skill(agent_id, skill)
    centre.add_to_skill(ana, "4001", 5)
    run_once(warehouse, clock)
    centre.add_to_skill(ana, "4001", 7)
    centre.add_to_skill(luis, "4001", 3)
    run_once(warehouse, clock)
    centre.remove_from_skill(ana, "4001")
    run_once(warehouse, clock)

    history = (
        "select agent_id, expertise, expertise_raw, present, valid_from, valid_to from agent_skills"
        " where skill_id = '4001' order by agent_id, valid_from"
    )
    assert warehouse.rows(history) == [
        (ana, 5, "5", True, minutes(5), minutes(10)),
        (ana, 7, "7", True, minutes(10), minutes(15)),
        (ana, 7, "7", False, minutes(15), None),
        (luis, 3, "3", True, minutes(10), None),
    ]
    keys = "select agent_skill_key, agent_key, skill_key from agent_skills where agent_id = '{}'"
    assert warehouse.rows(keys.format(luis)) == [(f"demo:4001|{luis}", f"demo:{luis}", "demo:4001")]
    assert warehouse.rows("select skill_name, valid_to from skills where skill_id = '4001'") == [("VENTAS", None)]


@pytest.mark.long
def test_a_skill_whose_agents_do_not_come_leaves_all_as_it_was(
    centre: ContactCentre, simulator: Simulator, everything_on: None, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()
    run_once(duckdb_warehouse, clock)
    before = duckdb_warehouse.rows("select * from agent_skills order by 1")
    simulator.misbehave(Answer(500, "no"), api="agents_in_skill")

    late = run_once(duckdb_warehouse, clock)

    assert late.exit_code == 75
    assert duckdb_warehouse.rows("select * from agent_skills order by 1") == before
    assert outcomes(duckdb_warehouse, clock.now) == {
        "agents": "unchanged",
        "live": "unchanged",
        "skills": "unchanged",
        "agent_skills": "unavailable",
        "sessions": "unchanged",
        "status_events": "unchanged",
    }


@pytest.mark.long
def test_skills_that_do_not_come_keep_only_what_belongs_to_them(
    centre: ContactCentre, simulator: Simulator, everything_on: None, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()
    simulator.misbehave(Answer(200, "<html>"), api="skills")

    late = run_once(duckdb_warehouse, clock)

    found = outcomes(duckdb_warehouse, clock.now)
    assert (found["skills"], found["agent_skills"], found["agents"]) == ("unreadable", "unavailable", "changed")
    assert "agents_in_skill" not in asked(simulator)
    (why,) = [each for each in late.observations if each.report == "agent_skills"]
    assert sentence(why).startswith("The report skills of operation demo did not come or is doubtful")


# live


@pytest.mark.long
def test_the_live_state_says_exactly_since_when_it_lasts(
    busy: ContactCentre, lively: Simulator, everything_on: None, warehouse: Warehouse, clock: Clock
) -> None:
    go_on(busy, clock, hours=2)
    for _ in range(3):
        run(warehouse, busy, clock)

    truth = {event.agent_id: event for event in busy.status_events()}
    rows = warehouse.rows("select agent_id, agent_status, status_since from agent_live where valid_to is null")
    there = {agent_id: (status, since) for agent_id, status, since in rows}
    exact = {key: (event.status, event.since) for key, event in truth.items() if key in there and event.status}
    moved = [key for key in exact if there[key][0] not in {"Logout", ""}]
    assert len(moved) > 3
    for agent_id in moved:
        status, since = there[agent_id]
        assert status == exact[agent_id][0]
        assert abs(since - exact[agent_id][1].astimezone(timezone.utc)) <= timedelta(seconds=1)
    measures = (
        "select ready_time, ready_time_raw, occupancy, occupancy_raw from agent_live where ready_time > 0 limit 1"
    )
    ((ready, raw, occupancy, occupancy_raw),) = warehouse.rows(measures)
    hours, minutes_, rest = raw.split(":")
    assert ready == int(hours) * 3600 + int(minutes_) * 60 + int(rest)
    assert f"{occupancy:,.2f} %" == occupancy_raw


# sessions and status events


def written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.long
def test_status_events_are_those_that_there_truly_were(
    busy: ContactCentre, lively: Simulator, everything_on: None, warehouse: Warehouse, clock: Clock
) -> None:
    for _ in range(4):
        go_on(busy, clock, hours=7)
        assert run(warehouse, busy, clock).error is None

    rows = warehouse.rows("select agent_id, lower(agent_status), began_at, ended_at, seconds from agent_status_events")
    begin = datetime(2026, 3, 2, 5, tzinfo=timezone.utc)
    # what a past run could not know, since it was not over, a later one brings
    truth = [
        (
            event.agent_id,
            event.status.lower(),
            event.since,
            event.until,
            int((event.until - event.since).total_seconds()),
        )
        for event in busy.status_events()
        if event.until is not None and event.status not in {"Logout", ""} and event.since >= begin
    ]
    assert sorted(rows) == sorted(truth)
    assert len(rows) > 500


@pytest.mark.long
def test_the_logout_of_somebody_who_is_still_connected_moves_until_the_day_is_over(
    centre: ContactCentre, simulator: Simulator, everything_on: None, warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire(name="ANA", dni="1")
    centre.set_status(agent_id, "Ready")
    logouts = []
    for _ in range(3):
        run(warehouse, centre, clock)
        logouts += warehouse.rows("select logout_at, logout_at_raw, login_time from agent_sessions")
    centre.set_status(agent_id, "Logout")
    run(warehouse, centre, clock)

    assert logouts == [
        (None, None, 0),
        (minutes(10), "2026-03-02 07:10:00", 600),
        (minutes(10), "2026-03-02 07:10:00", 600),
    ]
    assert warehouse.rows("select * from agent_sessions") == [
        (
            *(f"demo:{agent_id}|2026-03-02 07:00:00", f"demo:{agent_id}", "demo", agent_id, "2026-03-02 07:00:00"),
            *("ANA", "1", datetime(2026, 3, 2).date(), "2026-03-02", MONDAY, minutes(15), "2026-03-02 07:15:00"),
            *(900, "00:15:00", minutes(20)),
        )
    ]


@pytest.mark.long
def test_a_row_that_a_shorter_answer_lacks_is_never_lost(
    centre: ContactCentre, simulator: Simulator, everything_on: None, warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire()
    for status in ("Ready", "Talk", "ACW", "Ready", "Logout"):
        centre.set_status(agent_id, status)
        centre.advance(timedelta(minutes=1))
    run(warehouse, centre, clock)
    before = warehouse.rows("select * from agent_status_events order by 1")
    assert len(before) == 4

    whole = centre.now.astimezone(timezone.utc)
    first = {"agent_id": agent_id, "agent_status": "READY", "time": "00:01:00", "date_ini": "2026-03-02 07:00:00"}
    short = {"code": "200", "msg": "1 records were found", "data": [{**first, "date_end": "2026-03-02 07:01:00"}]}
    simulator.misbehave(Answer(200, short), api="agent_14")
    assert run(warehouse, centre, clock).exit_code == 0

    assert whole < centre.now
    after = warehouse.rows("select * from agent_status_events order by 1")
    assert [row[0] for row in after] == [row[0] for row in before]
    lacking = "select vanished, appeared, changed from observations where report = 'status_events' order by observed_at"
    assert warehouse.rows(lacking)[-1] == (3, 0, 1)


@pytest.mark.long
def test_a_404_about_dates_means_no_rows_and_no_rows_where_there_were_some_is_doubted(
    centre: ContactCentre, simulator: Simulator, everything_on: None, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire()
    assert run(duckdb_warehouse, centre, clock).exit_code == 0
    assert outcomes(duckdb_warehouse, clock.now)["status_events"] == "unchanged"
    for number in range(7):
        centre.set_status(agent_id, f"Auxiliar {number}")
        centre.advance(timedelta(seconds=20))
    run(duckdb_warehouse, centre, clock)
    simulator.misbehave(Answer(404, NO_ROWS), api="agent_14")

    late = run(duckdb_warehouse, centre, clock)

    assert late.exit_code == 65
    assert outcomes(duckdb_warehouse, clock.now)["status_events"] == "empty"
    assert duckdb_warehouse.rows("select count(*) from agent_status_events") == [(6,)]


@pytest.mark.long
def test_days_that_may_still_move_are_read_again_and_missed_ones_too(
    centre: ContactCentre, simulator: Simulator, everything_on: None, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    windows = []
    for days in (0, 0, 1, 5, 40):
        centre.advance(timedelta(days=days))
        clock.advance(days=days)
        simulator.requests.clear()
        run(duckdb_warehouse, centre, clock)
        dates = [request.query for request in simulator.requests if request.query["api"] == "agent_7"]
        windows.append([(query["date_ini"], query["date_end"]) for query in dates])

    assert windows == [
        [("20260301000000", "20260302235959")],
        [("20260301000000", "20260302235959")],
        [("20260302000000", "20260303235959")],
        [("20260303000000", "20260308235959")],
        [("20260308000000", "20260407235959"), ("20260408000000", "20260417235959")],
    ]
    ledger = "select window_from, window_to from observations where report = 'sessions' order by observed_at limit 1"
    assert duckdb_warehouse.rows(ledger) == [
        (datetime(2026, 3, 1, 5, tzinfo=timezone.utc), datetime(2026, 3, 3, 4, 59, 59, tzinfo=timezone.utc))
    ]


@pytest.mark.long
def test_a_window_that_is_cut_is_asked_for_in_halves(
    everything_on: None, duckdb_warehouse: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """wolkvox's ceiling is 60,000; here, on both sides, it is 150."""
    from wolkvox_source.observation import reading

    monkeypatch.setattr(reading, "CEILING", 150)
    small = ContactCentre(agents=12, licences=50, token=TOKEN, now=MONDAY, ceiling=150)
    with Simulator(small) as simulator:
        for name, value in (("SERVER", "demo"), ("TOKEN", TOKEN), ("BASE_URL", simulator.url)):
            monkeypatch.setenv(f"SOURCES__WOLKVOX__{name}", value)
        small.advance(timedelta(hours=10))
        clock.advance(hours=10)
        whole = run(duckdb_warehouse, small, clock)
        dates = [request.query for request in simulator.requests if request.query["api"] == "agent_14"]

    assert whole.exit_code == 0
    assert len(dates) > 5
    over = [event for event in small.status_events() if event.until is not None and event.status not in {"Logout", ""}]
    assert len(over) > 300
    assert duckdb_warehouse.rows("select count(*) from agent_status_events") == [(len(over),)]
    requests = duckdb_warehouse.rows(
        "select requests, received_records from observations where report = 'status_events'"
    )
    assert requests == [(len(dates), len(over))]


@pytest.mark.long
def test_a_window_of_exactly_sixty_thousand_rows_is_not_accepted_and_halved(
    centre: ContactCentre, simulator: Simulator, everything_on: None, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire()
    for status in ("Ready", "Talk", "Logout"):
        centre.set_status(agent_id, status)
        centre.advance(timedelta(minutes=1))
    full = [
        {"agent_id": str(number), "agent_status": "READY", "date_ini": "2026-03-02 06:00:00"}
        for number in range(60_000)
    ]
    told = {"code": "200", "msg": "60000 records were found", "data": full}
    simulator.misbehave(Answer(200, told), api="agent_14")

    assert run(duckdb_warehouse, centre, clock).exit_code == 0

    dates = [request.query for request in simulator.requests if request.query["api"] == "agent_14"]
    assert [(query["date_ini"], query["date_end"]) for query in dates] == [
        ("20260301000000", "20260302235959"),
        ("20260301000000", "20260301235959"),
        ("20260302000000", "20260302235959"),
    ]
    assert duckdb_warehouse.rows("select agent_id, count(*) from agent_status_events group by 1") == [(agent_id, 2)]
    line = "select requests, received_records from observations where report = 'status_events'"
    assert duckdb_warehouse.rows(line) == [(3, 2)]


@pytest.mark.long
def test_ids_spelled_otherwise_and_values_that_cannot_be_read_are_kept(
    centre: ContactCentre, simulator: Simulator, everything_on: None, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    rows = [
        {"id_agent": "7", "login": "2026-03-02 06:00:00", "logout": "mañana", "login_time": "30:00:01", "date": "?"},
        {"id_agent": "7", "login": "2026-03-02 06:00:00", "logout": "-", "login_time": "00:00:00", "date": ""},
        {"id_agent": "8", "login": "-", "logout": "-", "login_time": "x"},
    ]
    told = {"code": "200", "msg": "3 records were found", "data": rows}
    simulator.misbehave(Answer(200, told), api="agent_7")

    run(duckdb_warehouse, centre, clock)

    kept = "select agent_key, login_at, logout_at, logout_at_raw, login_time, session_day, session_day_raw"
    begin = datetime(2026, 3, 2, 11, tzinfo=timezone.utc)
    assert duckdb_warehouse.rows(f"{kept} from agent_sessions") == [
        ("demo:7", begin, None, "mañana", 108_001, None, "?")
    ]
    assert duckdb_warehouse.rows("select report, reason from rejected_records order by position") == [
        ("sessions", "duplicate agent_id, login"),
        ("sessions", "no login"),
    ]
    counted = "select unparsed_values, rejected_records from observations where report = 'sessions'"
    assert duckdb_warehouse.rows(counted) == [(2, 2)]


# privacy


@pytest.mark.long
def test_people_and_their_callers_are_protected_in_every_table(
    busy: ContactCentre,
    lively: Simulator,
    everything_on: None,
    duckdb_warehouse: Warehouse,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for column in ("AGENT_NAME", "AGENT_DNI", "AGENT_SSO", "TELEPHONE", "DESTINATION"):
        monkeypatch.setenv(f"SOURCES__WOLKVOX__PRIVACY_{column}", "hash")
    monkeypatch.setenv("SOURCES__WOLKVOX__PRIVACY_KEY", "a key")
    go_on(busy, clock, hours=3)
    assert run(duckdb_warehouse, busy, clock).exit_code == 0

    words = {agent.name for agent in busy.agents.values()} | {agent.dni for agent in busy.agents.values()}
    (phone,) = duckdb_warehouse.rows("select telephone from agent_status_events where telephone is not null limit 1")[0]
    assert len(phone) == 32 and not phone.isdigit()
    for table in [*FURTHER, "agents", "rejected_records"]:
        stored = repr(duckdb_warehouse.rows(f"select * from {table}"))
        assert [word for word in words if word and word in stored] == [], table


@pytest.mark.long
def test_a_server_that_cannot_be_reached_is_tried_for_one_report_and_not_for_each(
    centre: ContactCentre,
    simulator: Simulator,
    everything_on: None,
    duckdb_warehouse: Warehouse,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("SOURCES__WOLKVOX__BASE_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        late = run_once(duckdb_warehouse, clock)

    assert late.exit_code == 75
    failures = {each.report: each.error for each in late.observations}
    assert isinstance(failures["agents"], UnavailableError)
    # the very same failure, and not one like it
    assert [error is failures["agents"] for error in failures.values()] == [True] * 6
    assert sentence(late.observations[-1]) == sentence(late.observations[0])


@pytest.mark.long
def test_a_token_that_is_refused_is_refused_once_and_ends_a_loop_of_runs(
    centre: ContactCentre, simulator: Simulator, everything_on: None, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    simulator.misbehave(Answer(403, {"code": "403", "error": "FORBIDDEN", "msg": "PLEASE VALIDATE TOKEN"}), times=6)

    late = run_once(duckdb_warehouse, clock)

    assert (len(simulator.requests), late.exit_code, late.hopeless) == (1, 77, True)
    assert len(late.observations) == 6


# the budget


@pytest.mark.long
def test_the_budget_stops_the_optional_reports_first_and_the_agents_last(
    centre: ContactCentre,
    simulator: Simulator,
    everything_on: None,
    warehouse: Warehouse,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is 17 hours to midnight, and the agents are asked for every two hours: eight requests are kept for them."""
    monkeypatch.setenv("SOURCES__WOLKVOX__INTERVAL_SECONDS", "7200")
    monkeypatch.setenv("SOURCES__WOLKVOX__REQUESTS_PER_DAY", "20")
    centre.hire()
    spent = []
    for _ in range(8):
        late = run(warehouse, centre, clock)
        spent.append(centre.spent)
        go_on(centre, clock, minutes=115)

    agents = warehouse.rows("select outcome, requests from observations where report = 'agents' order by observed_at")
    assert agents == [("changed", 1), *[("unchanged", 1)] * 7]
    assert spent[-1] <= 20
    assert sum(row[0] for row in warehouse.rows("select requests from observations")) == centre.spent
    stopped = [each for each in late.observations if each.report == "live"]
    assert sentence(stopped[0]).startswith("The report live of operation demo was not asked for")
    assert late.exit_code == 75

    # a new day, a new budget
    go_on(centre, clock, hours=8)
    assert run(warehouse, centre, clock).exit_code == 0


@pytest.mark.long
def test_even_the_agents_are_not_asked_for_beyond_the_budget(
    centre: ContactCentre,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__REQUESTS_PER_DAY", "2")
    centre.hire()

    assert [run(duckdb_warehouse, centre, clock).exit_code for _ in range(4)] == [0, 0, 75, 75]
    assert len(simulator.requests) == 2
    (line,) = run_once(duckdb_warehouse, clock).observations
    assert sentence(line).startswith("Operation demo is not asked for anything more today")


# a dlt user


def test_a_dlt_user_chooses_reports_by_resource(
    busy: ContactCentre, lively: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    pipeline = duckdb_warehouse.pipeline()
    pipeline.run(wolkvox().with_resources("skills", "agent_skills"))

    assert set(asked(lively)) == {"skills", "agents_in_skill"}
    assert {*pipeline.default_schema.data_table_names()} == {"skills", "agent_skills"}
    assert duckdb_warehouse.rows("select count(*) > 0 from agent_skills") == [(True,)]


@pytest.mark.long
@pytest.mark.parametrize("door", ["wolkvox()", "resources by name"])
def test_the_public_door_loads_what_is_configured_or_chosen(
    door: str, busy: ContactCentre, lively: Simulator, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(timezone.utc)
    busy.advance(now - busy.now)
    if door == "wolkvox()":
        monkeypatch.setenv("SOURCES__WOLKVOX__REPORTS", ALL)
        source = wolkvox()
    else:
        source = wolkvox().with_resources(*EVERY_TABLE)
    warehouse.pipeline().run(source)

    reports = [row[0] for row in warehouse.rows("select report from observations order by 1")]
    assert reports == ["agent_skills", "agents", "live", "sessions", "skills", "status_events"]
    assert warehouse.rows("select count(*) > 0 from agent_live") == [(True,)]


@pytest.mark.long
def test_further_reports_are_off_by_default_for_a_dlt_user(
    busy: ContactCentre, lively: Simulator, duckdb_warehouse: Warehouse
) -> None:
    source = wolkvox()

    assert not {*source.selected_resources} & {*FURTHER}
    duckdb_warehouse.pipeline().run(source)
    assert asked(lively) == ["agents"]


def test_a_report_that_does_not_exist_is_a_wrong_setting(
    busy: ContactCentre, lively: Simulator, duckdb_warehouse: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__REPORTS", '["agents", "calls"]')

    refused = run_once(duckdb_warehouse, clock)

    assert refused.exit_code == 78
    assert "`sources.wolkvox.reports`" in str(refused.error)
    assert asked(lively) == []
