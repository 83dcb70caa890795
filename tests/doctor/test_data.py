"""`doctor --data`: each promise of the tables, broken by hand in SQL, is found and told with what mends it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.warehouse.test_publishing import executed
from tests.worlds import Clock, Warehouse, minutes, run_once
from wolkvox_source.cli import main as cli
from wolkvox_source.doctor.data import examine
from wolkvox_source.doctor.finding import Finding
from wolkvox_source.errors import NothingObservedError
from wolkvox_source.language import speak
from wolkvox_source.simulator import ContactCentre, Simulator
from wolkvox_source.tables import TABLES


def examined(warehouse: Warehouse, clock: Clock) -> list[Finding]:
    return [*examine(warehouse.destination, dataset_name=warehouse.dataset, now=clock.now)]


def broken(findings: list[Finding]) -> dict[tuple[str, str], tuple[int, list[str]]]:
    """What is broken: (promise, table) -> how often, and names."""
    return {
        (finding.phrase.facts["promise"].reason, finding.phrase.facts["table"]): (  # type: ignore[attr-defined, misc]
            finding.phrase.facts["count"],
            finding.phrase.facts["names"],
        )
        for finding in findings
        if finding.state == "fail"
    }


@pytest.fixture
def morning(centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock) -> Warehouse:
    """Four runs: Ana is ready at 12:05, talks from 12:10 on, and is ready again at 12:15; Luis leaves at 12:20."""
    ana, luis = centre.hire("PÉREZ  ANA", "1001"), centre.hire("GÓMEZ  LUIS", "1002")
    for status in ("Ready", "Talk", "Ready"):
        centre.set_status(ana, status)
        centre.set_last_use(ana, "2026-03-02 07:00:00")
        run_once(warehouse, clock)
    centre.leave(luis)
    run_once(warehouse, clock)
    return warehouse


@pytest.mark.long
def test_what_a_sync_loaded_keeps_every_promise(morning: Warehouse, clock: Clock) -> None:
    findings = examined(morning, clock)

    assert broken(findings) == {}
    assert {finding.state for finding in findings} == {"ok"}
    assert len(findings) == 11 + len(TABLES)
    assert speak("en").tell(findings[0].phrase) == (
        "agent_history: only the last version of an agent is open: so it is."
    )


FIRST = "agent_key = (select min(agent_key) from agents)"
COPY = "create table extra as select * from {table} where {which}; insert into {table} select * from extra"


@pytest.mark.long
@pytest.mark.parametrize(
    ("damage", "wanted"),
    [
        pytest.param(
            f"update agent_history set valid_to = null where {FIRST}",
            {("data_open", "agent_history"): 2, ("data_disagree", "agent_history"): 1},
            id="versions that never ended",
        ),
        pytest.param(
            f"update agent_history set valid_to = valid_from - interval '1 minute' "
            f"where {FIRST} and valid_from = '{minutes(10).isoformat()}'",
            {
                ("data_inverted", "agent_history"): 1,
                ("data_gap", "agent_history"): 1,
                ("data_ends_unobserved", "agent_history"): 1,
            },
            id="a version that ends before it begins",
        ),
        pytest.param(
            f"update agent_history set valid_to = '{minutes(15).isoformat()}' "
            f"where {FIRST} and valid_from = '{minutes(5).isoformat()}'",
            {("data_overlap", "agent_history"): 1},
            id="two statuses at once",
        ),
        pytest.param(
            f"delete from agent_history where {FIRST} and valid_from = '{minutes(10).isoformat()}'",
            {("data_gap", "agent_history"): 1},
            id="a version that is gone",
        ),
        pytest.param(
            f"delete from observations where observed_at = '{minutes(10).isoformat()}'",
            {("data_begins_unobserved", "agent_history"): 1, ("data_ends_unobserved", "agent_history"): 1},
            id="an observation that is gone",
        ),
        pytest.param(
            f"update observations set outcome = 'suspicious' where observed_at = '{minutes(10).isoformat()}'",
            {("data_begins_unobserved", "agent_history"): 1, ("data_ends_unobserved", "agent_history"): 1},
            id="a version of a report that was not accepted",
        ),
        pytest.param(
            f"delete from agent_history where {FIRST} and valid_to is null",
            {("data_no_history", "agent_history"): 1},
            id="an agent without a version",
        ),
        pytest.param(
            f"delete from agents where {FIRST}", {("data_history_alone", "agent_history"): 3}, id="nobody's versions"
        ),
        pytest.param(
            f"update agents set row_version = 'x' where {FIRST}",
            {("data_disagree", "agent_history"): 1},
            id="another version",
        ),
        pytest.param(
            COPY.format(table="agents", which=FIRST),
            {("data_twice", "agents"): 1},
            id="an agent twice",
        ),
        pytest.param(
            COPY.format(table="agent_connections", which=FIRST),
            {("data_twice", "agent_connections"): 1},
            id="a connection twice",
        ),
        pytest.param(
            COPY.format(table="observations", which=f"observed_at = '{minutes(10).isoformat()}'"),
            {("data_twice", "observations"): 1},
            id="an observation twice",
        ),
        pytest.param(
            f"update observations set observed_at = '2099-01-01 00:00:00+00' "
            f"where observed_at = '{minutes(20).isoformat()}'; "
            f"update agent_history set valid_from = '2099-01-01 00:00:00+00' "
            f"where valid_from = '{minutes(20).isoformat()}'; "
            f"update agent_history set valid_to = '2099-01-01 00:00:00+00' "
            f"where valid_to = '{minutes(20).isoformat()}'",
            {("data_history_in_the_future", "agent_history"): 2, ("data_ledger_in_the_future", "observations"): 1},
            id="a clock in 2099",
        ),
    ],
)
def test_each_broken_promise_is_found(
    damage: str, wanted: dict[tuple[str, str], int], morning: Warehouse, clock: Clock
) -> None:
    executed(morning, *damage.split("; "))

    assert {promise: count for promise, (count, _) in broken(examined(morning, clock)).items()} == wanted


@pytest.mark.long
def test_what_is_broken_is_told_with_whose_it_is_and_what_mends_it(
    morning: Warehouse, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    executed(morning, f"delete from agent_history where {FIRST} and valid_from = '{minutes(10).isoformat()}'")
    ((key,),) = morning.rows("select min(agent_key) from agents")
    where = ["--destination", morning.destination, "--dataset", morning.dataset]

    assert cli.main(["doctor", "--data", *where, "--lang", "en"]) == 65
    failed, *rest = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("ok ")]
    assert failed == (
        f"FAIL  agent_history: a version begins when the one before it ends: broken 1 time, such as {key}. No run "
        "changes what lies behind it: set these rows right in SQL, or restore them from a backup."
    )
    assert rest == ["Some promises of the tables are broken. wolkvox was not asked."]

    assert cli.main(["doctor", "--data", *where, "--json"]) == 65
    answer = json.loads(capsys.readouterr().out)
    assert (answer["exit_code"], answer["requests"]) == (65, 0)
    assert [finding["state"] for finding in answer["findings"]].count("fail") == 1


@pytest.mark.long
@pytest.mark.parametrize(
    "damage",
    [
        f"update agent_history set valid_to = null where {FIRST}",
        COPY.format(table="agents", which=FIRST),
        f"delete from agent_history where {FIRST} and valid_to is null",
        f"delete from agents where {FIRST}",
        f"update agents set row_version = 'x' where {FIRST}",
    ],
    ids=["versions that never ended", "an agent twice", "no version", "nobody's versions", "another version"],
)
def test_what_the_next_sync_is_said_to_mend_it_mends(damage: str, morning: Warehouse, clock: Clock) -> None:
    executed(morning, *damage.split("; "))
    found = [finding for finding in examined(morning, clock) if finding.state == "fail"]
    mending: list[Any] = [finding.phrase.facts["mend"] for finding in found]
    assert {each.reason for each in mending} <= {"mend_sync", "mend_twice"} and mending

    assert run_once(morning, clock).error is None
    after = broken(examined(morning, clock))

    assert {promise for promise, _ in after} & {finding.phrase.facts["promise"].reason for finding in found} == set()  # type: ignore[attr-defined]


def test_nothing_to_examine_is_said(duckdb_warehouse: Warehouse, clock: Clock) -> None:
    with pytest.raises(NothingObservedError):
        examined(duckdb_warehouse, clock)
    assert cli.main(["doctor", "--data"]) == 75


@pytest.mark.long
def test_clocks_that_differ_by_seconds_are_not_the_future(morning: Warehouse, clock: Clock) -> None:
    clock.now -= timedelta(seconds=30)

    assert broken(examined(morning, clock)) == {}
