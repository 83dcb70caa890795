"""What the doctor says of further reports: their cost, and those that never had a row."""

import pytest

from tests.worlds import Clock, Warehouse, run_once
from wolkvox_source.cli.main import main
from wolkvox_source.doctor.examination import Examination
from wolkvox_source.language import say
from wolkvox_source.simulator import Answer, ContactCentre, Simulator

NO_ROWS = {"code": 404, "error": "NOT FOUND", "msg": "Validate dates entered", "data": []}
ALL = '["agents", "live", "skills", "sessions", "status_events"]'


def found(warehouse: Warehouse, clock: Clock) -> list[tuple[str, str]]:
    """What is said of reports, of each finding its state and its words."""
    examination = Examination(warehouse.destination, dataset_name=warehouse.dataset, now=clock.now)
    findings = [(each.state, say(each.phrase.reason, **each.phrase.facts)) for each in examination.findings()]
    return [(state, words) for state, words in findings if "its reports cost" in words or "never had a row" in words]


@pytest.mark.long
def test_the_cost_of_the_configured_reports_is_known_by_the_day(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__REPORTS", ALL)
    centre.set_status(centre.hire(), "Ready")
    centre.advance(clock.now - centre.now)
    run_once(warehouse, clock)
    (skills,) = warehouse.rows("select count(*) from skills")[0]
    cost = 288 * (5 + skills)
    parts = f"agents 288, live 288, skills 288, agent_skills {288 * skills}, sessions 288"

    ((state, words), *_) = found(warehouse, clock)
    assert (state, words[: words.index(" with")]) == ("ok", f"demo: its reports cost about {cost} requests a day")
    assert parts in words and "status_events 288" in words
    monkeypatch.setenv("SOURCES__WOLKVOX__REQUESTS_PER_DAY", str(cost))
    assert found(warehouse, clock)[0][0] == "ok"
    monkeypatch.setenv("SOURCES__WOLKVOX__REQUESTS_PER_DAY", str(cost - 1))
    ((state, words), *_) = found(warehouse, clock)
    assert state == "note" and f"`requests_per_day` is {cost - 1}" in words

    # wolkvox's own limit counts where ours is no lower
    monkeypatch.setenv("SOURCES__WOLKVOX__LICENCES", "1")
    for most in (None, str(cost)):
        monkeypatch.delenv("SOURCES__WOLKVOX__REQUESTS_PER_DAY", raising=False)
        if most is not None:
            monkeypatch.setenv("SOURCES__WOLKVOX__REQUESTS_PER_DAY", most)
        ((state, words), *_) = found(warehouse, clock)
        assert state == "note" and "wolkvox answers 1000 for its licences" in words
    monkeypatch.setenv("SOURCES__WOLKVOX__REQUESTS_PER_DAY", "900")
    assert "`requests_per_day` is 900" in found(warehouse, clock)[0][1]
    monkeypatch.setenv("SOURCES__WOLKVOX__LICENCES", "3")
    monkeypatch.delenv("SOURCES__WOLKVOX__REQUESTS_PER_DAY")
    assert found(warehouse, clock)[0][0] == "ok"


@pytest.mark.long
def test_nothing_is_said_of_cost_where_the_agents_alone_are_asked_for(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()
    run_once(duckdb_warehouse, clock)

    assert found(duckdb_warehouse, clock) == []


@pytest.mark.long
def test_a_dated_report_that_never_had_a_row_is_not_accepted_in_silence(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__REPORTS", '["agents", "sessions"]')
    ana = centre.hire()
    centre.set_status(ana, "Ready")
    for _ in range(2):
        simulator.misbehave(Answer(404, NO_ROWS), api="agent_7")
        assert run_once(warehouse, clock).exit_code == 0

    (_, (state, words)) = found(warehouse, clock)
    assert state == "note"
    assert words.startswith("The report sessions of demo was read 2 times and never had a row.")
    centre.advance(clock.now - centre.now)
    run_once(warehouse, clock)
    assert len(found(warehouse, clock)) == 1


@pytest.mark.long
def test_the_doctor_alone_reads_what_is_left_of_the_day(
    centre: ContactCentre,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__REPORTS", ALL)
    monkeypatch.setenv("SOURCES__WOLKVOX__REQUESTS_PER_DAY", "5000")
    centre.hire()
    run_once(duckdb_warehouse, clock)
    assert "token_info" not in [request.query["api"] for request in simulator.requests]

    main(["doctor", "--lang", "es"])

    assert [request.query["api"] for request in simulator.requests].count("token_info") == 1
    assert "sus reportes cuestan cerca de" in capsys.readouterr().out
