"""Changes: only what differs travels, absence is stated, and what is missing anywhere is sent again."""

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reports.model import Row, Warehouse, seen
from wolkvox_source.reports.catalogue import AGENTS
from wolkvox_source.reports.changes import Changes, changes
from wolkvox_source.reports.privacy import Privacy
from wolkvox_source.warehouse.current import NOTHING

ANA = {
    "agent_id": "1",
    "agent_name": "GÓMEZ  ANA",
    "agent_dni": "0051",
    "agent_sso": "agomez",
    "agent_status": "Ready",
    "enabled": "yes",
    "last_use": "2026-03-02 07:00:00",
}
LUIS = {
    "agent_id": "2",
    "agent_name": "NÚÑEZ LUIS",
    "agent_dni": "52",
    "agent_sso": "",
    "agent_status": "Logout",
    "enabled": "no",
    "last_use": "",
}


def who(table: pa.Table) -> list[str]:
    return sorted(table["agent_id"].to_pylist())


def summary(found: Changes) -> dict[str, Any]:
    """Who is sent to which table, and the counts."""
    return {
        "agents": who(found.rows),
        "versions": who(found.versions),
        "connections": who(found.moments),
        "counts": (found.known, found.appeared, found.vanished, found.changed),
    }


def nothing(known: int) -> dict[str, Any]:
    return {"agents": [], "versions": [], "connections": [], "counts": (known, 0, 0, 0)}


@pytest.fixture
def warehouse() -> Warehouse:
    """A warehouse that holds Ana and Luis."""
    holding = Warehouse()
    holding.observe(ANA, LUIS)
    return holding


def test_a_first_report_travels_whole() -> None:
    found = changes(AGENTS, seen(ANA, LUIS), NOTHING.of(AGENTS, "ventas"))

    (ana, luis) = found.rows.to_pylist()
    assert {name: value for name, value in ana.items() if name not in {"row_version", "last_use"}} == {
        "agent_key": "ventas:1",
        "operation": "ventas",
        "agent_id": "1",
        "agent_name": "GÓMEZ  ANA",
        "agent_dni": "0051",
        "agent_sso": "agomez",
        "agent_status": "Ready",
        "enabled": True,
        "last_use_raw": "2026-03-02 07:00:00",
        "present": True,
    }
    assert found.rows["row_version"].to_pylist() == found.versions["row_version"].to_pylist()
    assert len({ana["row_version"], luis["row_version"]}) == 2
    assert found.versions.column_names == [
        "agent_key",
        "operation",
        "agent_id",
        "agent_name",
        "agent_dni",
        "agent_sso",
        "agent_status",
        "enabled",
        "present",
        "row_version",
    ]
    assert found.moments.to_pylist() == [
        {"agent_key": "ventas:1", "operation": "ventas", "agent_id": "1", "last_use": ana["last_use"]}
    ]
    assert (found.known, found.appeared, found.vanished, found.changed) == (0, 2, 0, 0)


def test_a_first_report_of_nobody_sends_nothing() -> None:
    assert summary(changes(AGENTS, seen(), NOTHING.of(AGENTS, "ventas"))) == nothing(known=0)


def test_the_same_report_sends_nothing(warehouse: Warehouse) -> None:
    assert summary(changes(AGENTS, seen(ANA, LUIS), warehouse.held())) == nothing(known=2)


@pytest.mark.parametrize(
    ("change", "sent"),
    [
        pytest.param({"agent_name": "GÓMEZ ANA MARÍA"}, "av", id="renamed"),
        pytest.param({"agent_dni": "99"}, "av", id="another person"),
        pytest.param({"agent_dni": "51"}, "av", id="a leading zero lost"),
        pytest.param({"agent_sso": ""}, "av", id="network user gone"),
        pytest.param({"agent_status": "Talk"}, "av", id="another status"),
        pytest.param({"enabled": "no"}, "av", id="disabled"),
        pytest.param({"enabled": "perhaps"}, "av", id="nobody knows whether enabled"),
        pytest.param({"team": "NORTE"}, "av", id="a new field with a value"),
        pytest.param({"last_use": "2026-03-02 07:05:00"}, "ac", id="connected again"),
        pytest.param({"last_use": ""}, "a", id="never connected, it says now"),
        pytest.param({"last_use": "nunca"}, "a", id="a time that cannot be read"),
        pytest.param({"last_use": "2026-03-02T07:00:00"}, "a", id="the same time in another form"),
        pytest.param({"agent_name": "GÓMEZ ANA"}, "a", id="other spacing"),
        pytest.param({"agent_name": " GÓMEZ  ANA "}, "", id="padding"),
        pytest.param({"agent_name": "GO\u0301MEZ  ANA"}, "", id="another way to write an accent"),
        pytest.param({"agent_id": 1}, "", id="a number for an id"),
        pytest.param({"enabled": True}, "", id="true for yes"),
        pytest.param({"team": ""}, "", id="a new field that is empty"),
        pytest.param({"team": None, "level": "-"}, "", id="two new fields that are empty"),
    ],
)
def test_a_difference_goes_where_it_belongs(warehouse: Warehouse, change: Row, sent: str) -> None:
    found = changes(AGENTS, seen({**ANA, **change}, LUIS), warehouse.held())

    assert summary(found) == {
        "agents": ["1"] if "a" in sent else [],
        "versions": ["1"] if "v" in sent else [],
        "connections": ["1"] if "c" in sent else [],
        "counts": (2, 0, 0, 1 if sent else 0),
    }


def test_another_order_is_no_difference(warehouse: Warehouse) -> None:
    assert summary(changes(AGENTS, seen(LUIS, ANA), warehouse.held())) == nothing(known=2)


def test_a_number_where_a_text_was_is_no_difference() -> None:
    warehouse = Warehouse()
    warehouse.observe({**LUIS, "agent_dni": "52", "level": "3"})

    assert summary(
        changes(AGENTS, seen({**LUIS, "agent_id": 2, "agent_dni": 52, "level": 3.0}), warehouse.held())
    ) == nothing(1)


def test_a_field_that_wolkvox_no_longer_sends_ends_the_version_that_had_it() -> None:
    warehouse = Warehouse()
    warehouse.observe({**ANA, "team": "NORTE"}, {**LUIS, "team": ""})

    found = warehouse.observe(ANA, LUIS)

    assert summary(found) == {"agents": ["1"], "versions": ["1"], "connections": [], "counts": (2, 0, 0, 1)}
    assert summary(changes(AGENTS, seen(ANA, LUIS), warehouse.held())) == nothing(known=2)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"agent_name": "A", "agent_sso": "B"}, {"agent_name": "B", "agent_sso": "A"}, id="swapped"),
        pytest.param({"agent_name": "AB", "agent_sso": ""}, {"agent_name": "A", "agent_sso": "B"}, id="joined"),
        pytest.param({"agent_name": "A"}, {"agent_sso": "A"}, id="moved"),
        pytest.param({"a": "1\x1f1"}, {"a": "1", "b": "1"}, id="the separator in a value"),
        pytest.param({"agent_id": "1"}, {"agent_id": "2"}, id="another agent"),
    ],
)
def test_different_agents_have_different_versions(one: Row, other: Row) -> None:
    first, second = (
        changes(AGENTS, seen({"agent_id": "1", **row}), NOTHING.of(AGENTS, "ventas")) for row in (one, other)
    )

    assert first.versions["row_version"].to_pylist() != second.versions["row_version"].to_pylist()


# leaving and coming back


def test_who_leaves_is_a_row_with_the_last_known_values(warehouse: Warehouse) -> None:
    before = warehouse.agents["ventas:1"]

    found = warehouse.observe(LUIS)

    assert summary(found) == {"agents": ["1"], "versions": ["1"], "connections": [], "counts": (2, 0, 1, 0)}
    (gone,) = found.rows.to_pylist()
    assert gone == {**before, "present": False, "row_version": gone["row_version"]}
    assert gone["row_version"] != before["row_version"]
    (version,) = found.versions.to_pylist()
    assert version == {name: value for name, value in gone.items() if not name.startswith("last_use")}


def test_who_stays_away_is_not_sent_again(warehouse: Warehouse) -> None:
    warehouse.observe(LUIS)

    assert summary(changes(AGENTS, seen(LUIS), warehouse.held())) == nothing(known=1)


def test_who_comes_back_unchanged_is_a_version_of_the_same_kind_as_before(warehouse: Warehouse) -> None:
    first = warehouse.agents["ventas:1"]["row_version"]
    warehouse.observe(LUIS)

    found = warehouse.observe(ANA, LUIS)

    assert summary(found) == {"agents": ["1"], "versions": ["1"], "connections": [], "counts": (1, 1, 0, 0)}
    assert [(row["present"], row["row_version"] == first) for row in warehouse.versions["ventas:1"]] == [
        (True, True),
        (False, False),
        (True, True),
    ]


def test_who_comes_back_as_another_person_brings_a_new_version_and_a_connection(warehouse: Warehouse) -> None:
    warehouse.observe(LUIS)

    found = warehouse.observe({**ANA, "agent_dni": "77", "last_use": "2026-03-03 08:00:00"}, LUIS)

    assert summary(found) == {"agents": ["1"], "versions": ["1"], "connections": ["1"], "counts": (1, 1, 0, 0)}


def test_everybody_may_leave(warehouse: Warehouse) -> None:
    found = warehouse.observe()

    assert summary(found) == {"agents": ["1", "2"], "versions": ["1", "2"], "connections": [], "counts": (2, 0, 2, 0)}
    assert summary(changes(AGENTS, seen(), warehouse.held())) == nothing(known=0)


# mending


@pytest.mark.parametrize("records", [(ANA, LUIS), (LUIS,)], ids=["who is there", "who is away"])
def test_a_version_that_never_arrived_is_sent_again(warehouse: Warehouse, records: tuple[Row, ...]) -> None:
    warehouse.observe(*records)
    del warehouse.versions["ventas:1"]

    found = warehouse.observe(*records)

    assert (summary(found)["agents"], summary(found)["versions"]) == ([], ["1"])
    assert summary(changes(AGENTS, seen(*records), warehouse.held())) == nothing(known=len(records))


@pytest.mark.parametrize(
    ("records", "sent"),
    [
        pytest.param((ANA, LUIS), ["2026-03-02 12:00"], id="who is there"),
        pytest.param((LUIS,), ["2026-03-02 12:00"], id="who has left since"),
        pytest.param(
            ({**ANA, "last_use": "2026-03-02 08:00:00"}, LUIS),
            ["2026-03-02 12:00", "2026-03-02 13:00"],
            id="who has connected again since",
        ),
        pytest.param(({**ANA, "last_use": ""}, LUIS), ["2026-03-02 12:00"], id="whose time is gone since"),
    ],
)
def test_a_connection_that_never_arrived_is_sent_again(
    warehouse: Warehouse, records: tuple[Row, ...], sent: list[str]
) -> None:
    warehouse.connections.clear()

    found = warehouse.observe(*records)

    assert sorted(f"{row['last_use']:%Y-%m-%d %H:%M}" for row in found.moments.to_pylist()) == sent
    assert who(found.moments) == ["1"] * len(sent)
    assert len(changes(AGENTS, seen(*records), warehouse.held()).moments) == 0


def test_an_agent_whose_row_never_arrived_is_sent_again(warehouse: Warehouse) -> None:
    del warehouse.agents["ventas:1"]

    found = warehouse.observe(ANA, LUIS)

    assert (summary(found)["agents"], summary(found)["versions"]) == (["1"], [])
    assert summary(changes(AGENTS, seen(ANA, LUIS), warehouse.held())) == nothing(known=2)


def test_an_agent_who_left_before_the_row_arrived_is_sent_as_gone(warehouse: Warehouse) -> None:
    del warehouse.agents["ventas:1"]

    found = warehouse.observe(LUIS)

    assert summary(found) == {"agents": ["1"], "versions": ["1"], "connections": [], "counts": (2, 0, 1, 0)}
    assert [row["present"] for row in found.rows.to_pylist()] == [False]
    assert summary(changes(AGENTS, seen(LUIS), warehouse.held())) == nothing(known=1)


def test_a_column_that_privacy_drops_is_empty_from_then_on(warehouse: Warehouse) -> None:
    found = changes(AGENTS, seen(ANA, LUIS, privacy=Privacy({"agent_dni": "drop"})), warehouse.held())

    assert who(found.versions) == ["1", "2"]
    assert found.rows["agent_dni"].to_pylist() == [None, None]


# whatever happens

values = st.sampled_from(["", "A", "B", " A", "A  B", "A B", 1, "1", None])
records = st.fixed_dictionaries(
    {"agent_id": st.sampled_from(["1", "2", "3", "4", 1, 2.0])},
    optional={
        "agent_name": values,
        "agent_dni": values,
        "agent_status": values,
        "enabled": st.sampled_from(["yes", "no", "", "?"]),
        "last_use": st.sampled_from(["2026-03-02 07:00:00", "2026-03-02 08:00:00", "2026-03-02", "nunca", ""]),
        "team": values,
        "Level": values,
    },
)
reports = st.lists(records, max_size=5)
losses = st.fixed_dictionaries({}, optional=dict.fromkeys(("agents", "versions", "connections"), st.just(False)))


def live(runs: Iterable[tuple[list[Row], dict[str, bool]]]) -> Warehouse:
    warehouse = Warehouse()
    for report, lost in runs:
        warehouse.observe(*report, **lost)
    return warehouse


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(reports, losses), max_size=4), reports)
def test_what_was_sent_once_is_never_sent_again(runs: list[Any], last: list[Row]) -> None:
    warehouse = live(runs)

    warehouse.observe(*last)

    known = len(seen(*last))
    assert summary(changes(AGENTS, seen(*last), warehouse.held())) == nothing(known)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(reports, losses), max_size=4), reports)
def test_after_any_past_the_warehouse_agrees_with_the_report(runs: list[Any], last: list[Row]) -> None:
    warehouse = live(runs)

    warehouse.observe(*last)

    expected = {row["agent_key"]: row for row in seen(*last).to_pylist()}
    present = {key: row for key, row in warehouse.agents.items() if row["present"]}
    assert present.keys() == expected.keys()
    for key, row in expected.items():
        assert row.items() <= {**dict.fromkeys(row), **present[key]}.items()
        assert warehouse.versions[key][-1]["row_version"] == present[key]["row_version"]
        if row["last_use"]:
            assert (key, row["last_use"]) in warehouse.connections


@settings(max_examples=30, deadline=None)
@given(st.lists(reports, max_size=4))
def test_no_two_neighbouring_versions_are_alike_and_no_connection_is_lost(runs: list[list[Row]]) -> None:
    warehouse = Warehouse()
    connected = set()
    for report in runs:
        table = seen(*report)
        found = changes(AGENTS, table, warehouse.held())
        for row in found.versions.to_pylist():
            history = warehouse.versions.get(row["agent_key"])
            assert not history or history[-1]["row_version"] != row["row_version"]
        warehouse.load(found)
        connected |= {(row["agent_key"], row["last_use"]) for row in table.to_pylist() if row["last_use"]}

    assert warehouse.connections == connected


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(reports, losses), max_size=3), reports)
def test_counts_are_what_a_person_would_count(runs: list[Any], last: list[Row]) -> None:
    warehouse = live(runs)
    known = {row["agent_key"] for row in warehouse.held().to_pylist() if row["present"]}

    found = changes(AGENTS, seen(*last), warehouse.held())

    now = set(seen(*last)["agent_key"].to_pylist())
    assert (found.known, found.appeared, found.vanished) == (len(known), len(now - known), len(known - now))
    assert found.changed <= len(now & known)
