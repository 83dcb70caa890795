"""A plan sends nothing, and is made only of a list and a report that can be trusted."""

from collections.abc import Callable

import pytest

from tests.provisioning.office import PEOPLE, Office
from wolkvox_source.errors import ConfigurationError, UnreadableError
from wolkvox_source.provisioning.wanted import WantedError
from wolkvox_source.simulator import Truncate


def test_a_plan_sends_nothing_and_says_what_it_costs(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__LICENCES", "8")
    wanted = office.plan()
    assert (wanted.requests, wanted.daily_budget, wanted.slots_left, wanted.listed) == (21, 8000, 77, 3)
    assert [request.method for request in office.simulator.requests] == ["GET"]


def test_a_report_that_is_cut_is_not_planned_on(office: Office) -> None:
    office.simulator.misbehave(Truncate(2))
    with pytest.raises(UnreadableError, match="The report announced 3 and brought 2"):
        office.plan()


@pytest.mark.parametrize("empty_status", [404, 200])
def test_an_empty_report_is_accepted_only_when_the_administrator_says_so(
    open_office: Callable[..., Office], empty_status: int
) -> None:
    office = open_office(agents=0, empty_status=empty_status)
    with pytest.raises(UnreadableError) as caught:
        office.run(PEOPLE[:2])
    assert (caught.value.reason, office.creations()) == ("report_empty", 0)
    assert office.run(PEOPLE[:2], policy={"accept_empty": True}).exit_code == 0
    # and not at all once somebody was there
    for agent_id in list(office.centre.agents):
        office.centre.leave(agent_id)
    with pytest.raises(UnreadableError) as caught:
        office.run(PEOPLE[:2], policy={"accept_empty": True})
    assert caught.value.reason == "report_doubtful"
    assert "The report has no agents, and before it had 2" in str(caught.value)


def test_several_operations_want_one_to_be_named(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__OPERATIONS", '["ventas", "soporte"]')
    with pytest.raises(ConfigurationError) as caught:
        office.plan()
    assert str(caught.value) == (
        "There are several operations: say in which one to create with --operation, one of ventas, soporte."
    )
    assert office.plan(operation="soporte").operation == "soporte"


def test_a_list_with_problems_asks_wolkvox_for_nothing(office: Office) -> None:
    with pytest.raises(WantedError):
        office.plan([{"documento": "1001", "nombre": ""}])
    assert office.simulator.requests == []
