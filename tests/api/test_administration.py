"""The verbs that change wolkvox, on real sockets: each sent as documented, once, and never again."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.talking import server, spoken
from wolkvox_source.api.administration import Administration
from wolkvox_source.api.confirmation import CreatedAgent
from wolkvox_source.errors import (
    ConfigurationError,
    RefusedError,
    UnavailableError,
    UnconfirmedError,
)
from wolkvox_source.simulator import MAINTENANCE, Answer, ContactCentre, Cut, Hang, HangUp, Simulator

PASSWORD = "Clave#2026"
CREATE = {"agent_dni": "0010203", "agent_name": "PEÑA  INÉS"}
FORBIDDEN_PAGE = "<html><body><h1>Forbidden</h1></body></html>"


def apis(simulator: Simulator) -> list[str]:
    return [request.api for request in simulator.requests]


# creating an agent


def test_a_creation_is_sent_as_documented(
    simulator: Simulator, centre: ContactCentre, administer: Callable[..., Administration]
) -> None:
    created = administer().create_agent("0010203", "PEÑA  INÉS", "ipena", PASSWORD)

    assert created == CreatedAgent("12001", PASSWORD)
    assert [(one.name, one.dni, one.sso) for one in centre.agents.values()] == [("PEÑA  INÉS", "0010203", "ipena")]
    (request,) = simulator.requests
    assert (request.method, request.path, request.query) == (
        "POST",
        "/api/v2/configuration.php",
        {"api": "create_agent"},
    )
    assert json.loads(request.body) == {
        "agent_dni": "0010203",
        "agent_name": "PEÑA  INÉS",
        "agent_sso": "ipena",
        "agent_pass": PASSWORD,
    }


def test_without_a_password_wolkvox_makes_one_up(
    simulator: Simulator, administer: Callable[..., Administration]
) -> None:
    created = administer().create_agent(**CREATE)

    assert len(created.password) > 5
    assert created.password not in repr(created) + str(created)
    assert json.loads(simulator.requests[0].body)["agent_pass"] == ""


@pytest.mark.parametrize("happened", [True, False], ids=["and did happen", "and did not happen"])
@pytest.mark.parametrize(
    "misbehave",
    [
        pytest.param(lambda s, effect: s.misbehave(Answer(500), times=None, after_effect=effect), id="500"),
        pytest.param(lambda s, effect: s.misbehave(Answer(503), times=None, after_effect=effect), id="503"),
        pytest.param(
            lambda s, effect: s.misbehave(Answer(503, headers={"Retry-After": "0"}), times=None, after_effect=effect),
            id="later",
        ),
        pytest.param(lambda s, effect: s.misbehave(Answer(403), times=None, after_effect=effect), id="403"),
        pytest.param(lambda s, effect: s.misbehave(Answer(404), times=None, after_effect=effect), id="404"),
        pytest.param(lambda s, effect: s.misbehave(Answer(409), times=None, after_effect=effect), id="409"),
        pytest.param(lambda s, effect: s.misbehave(Answer(429), times=None, after_effect=effect), id="429"),
        pytest.param(lambda s, effect: s.misbehave(MAINTENANCE, times=None, after_effect=effect), id="maintenance"),
        pytest.param(lambda s, effect: s.misbehave(Hang(), times=None, after_effect=effect), id="hangs"),
        pytest.param(lambda s, effect: s.misbehave(Cut(9), times=None, after_effect=effect), id="cut"),
        pytest.param(lambda s, effect: s.misbehave(HangUp(), times=None, after_effect=effect), id="hung up on"),
        pytest.param(lambda s, effect: s.misbehave(Answer(200, b""), times=None, after_effect=effect), id="empty"),
        pytest.param(
            lambda s, effect: s.misbehave(Answer(201, FORBIDDEN_PAGE), times=None, after_effect=effect), id="HTML"
        ),
        pytest.param(
            lambda s, effect: s.misbehave(
                Answer(201, b"no", headers={"Content-Encoding": "gzip"}), times=None, after_effect=effect
            ),
            id="broken compression",
        ),
    ],
)
def test_a_creation_is_sent_exactly_once_whatever_becomes_of_it(
    simulator: Simulator,
    centre: ContactCentre,
    administer: Callable[..., Administration],
    misbehave: Callable[[Simulator, bool], None],
    happened: bool,
) -> None:
    misbehave(simulator, happened)

    with pytest.raises(UnconfirmedError) as raised:
        administer(answer_seconds=0.3).create_agent(**CREATE, agent_pass=PASSWORD)

    assert apis(simulator) == ["create_agent"]
    assert len(centre.agents) == happened
    assert PASSWORD not in spoken(raised.value)
    assert str(raised.value).startswith("It is not known whether wolkvox created the agent (")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"agent_pass": "weak"}, "(HTTP 400, “BAD REQUEST”, about the password)"),
        ({"agent_name": ""}, "(HTTP 400, “BAD REQUEST SOME PARAMETERS ARE REQUIRED”)"),
    ],
    ids=["weak password", "no name"],
)
def test_a_clear_no_is_refused_and_sent_once(
    simulator: Simulator, administer: Callable[..., Administration], given: dict[str, str], said: str
) -> None:
    with pytest.raises(RefusedError) as raised:
        administer().create_agent(**{**CREATE, **given})

    assert str(raised.value) == f"wolkvox did not create the agent {said}: correct this row of the roster."
    assert len(simulator.requests) == 1


def test_a_no_that_repeats_the_password_does_not_tell_it(
    simulator: Simulator, administer: Callable[..., Administration]
) -> None:
    simulator.misbehave(Answer(400, {"code": 400, "error": "BAD REQUEST", "msg": f"{PASSWORD} IS TOO WEAK"}))

    with pytest.raises(RefusedError) as raised:
        administer().create_agent(**CREATE, agent_pass=PASSWORD)

    assert "(HTTP 400, “BAD REQUEST”, about the password)" in str(raised.value)
    assert PASSWORD not in spoken(raised.value)


def test_a_creation_beyond_the_budget_is_for_later(
    simulator: Simulator, centre: ContactCentre, administer: Callable[..., Administration]
) -> None:
    centre.spend(10**6)

    with pytest.raises(UnavailableError) as raised:
        administer().create_agent(**CREATE)

    assert raised.value.reason == "budget_spent"
    assert len(simulator.requests) == 1


@pytest.mark.parametrize("host", ["127.0.0.1:9", "wv0000.wolkvox.invalid"], ids=["refused", "no such host"])
def test_a_creation_that_was_never_sent_is_for_later(administer: Callable[..., Administration], host: str) -> None:
    with pytest.raises(UnavailableError) as raised:
        administer(url=f"http://{host}").create_agent(**CREATE)

    assert raised.value.reason in {"unreachable", "no_such_host"}


def test_what_an_odd_server_says_of_a_creation_is_not_quoted(administer: Callable[..., Administration]) -> None:
    answer = f"HTTP/1.1 {PASSWORD}\r\n\r\n".encode()

    with server(lambda line: line.sendall(answer)) as url, pytest.raises(UnconfirmedError) as raised:
        administer(url=url).create_agent(**CREATE, agent_pass=PASSWORD)

    assert "(what answers there broke off, or does not speak HTTP)" in str(raised.value)
    assert PASSWORD not in spoken(raised.value)


# every other verb

Changing = Callable[[Administration], Any]
CHANGES: list[Any] = [
    pytest.param(
        lambda wolkvox: wolkvox.edit_agent("12001", "52", "GÓMEZ ANA", "agomez", PASSWORD),
        "PUT",
        {"api": "edit_agent", "agent_id": "12001"},
        {"agent_dni": "52", "agent_name": "GÓMEZ ANA", "agent_sso": "agomez", "agent_pass": PASSWORD},
        id="edit",
    ),
    pytest.param(
        lambda wolkvox: wolkvox.enable_agent("12001"),
        "PUT", {"api": "enable_agent"}, {"agent_id": "12001"}, id="enable",
    ),
    pytest.param(
        lambda wolkvox: wolkvox.disable_agent("12001"),
        "PUT", {"api": "disable_agent"}, {"agent_id": "12001"}, id="disable",
    ),
    pytest.param(
        lambda wolkvox: wolkvox.add_agents_skill("4012", "12001", "5"),
        "POST", {"api": "add_agents_skill"},
        {"skill_id": "4012", "agent_id": "12001", "expertise": "5"},
        id="add skill",
    ),
    pytest.param(
        lambda wolkvox: wolkvox.remove_agents_skill("4012", "12001"),
        "DELETE", {"api": "remove_agents_skill"}, {"skill_id": "4012", "agent_id": "12001"}, id="remove skill",
    ),
    pytest.param(
        lambda wolkvox: wolkvox.create_skill("VENTAS", "Ventas por teléfono"),
        "POST", {"api": "create_skill"},
        {
            "skill_name": "VENTAS", "description_skill": "Ventas por teléfono",
            "voicemail": "", "welcome_message": "", "vto": "",
        },
        id="create skill",
    ),
]  # fmt: skip
DONE = Answer(200, {"code": "201", "error": None, "msg": "done", "data": [{"skill_id": "4012"}]})


@pytest.mark.parametrize(("change", "method", "query", "content"), CHANGES)
def test_every_change_is_sent_as_documented(
    simulator: Simulator,
    administer: Callable[..., Administration],
    change: Changing,
    method: str,
    query: dict[str, str],
    content: dict[str, str],
) -> None:
    simulator.misbehave(DONE)

    assert change(administer()) in {None, "4012"}

    (request,) = simulator.requests
    assert (request.method, request.path, request.query) == (method, "/api/v2/configuration.php", query)
    assert json.loads(request.body) == content


@pytest.mark.parametrize(
    "trouble", [Answer(500), Answer(403), Answer(404), Answer(429), Cut(9), HangUp(), Hang()], ids=repr
)
@pytest.mark.parametrize(("change", "method", "query", "content"), CHANGES)
def test_every_change_is_sent_exactly_once_whatever_becomes_of_it(
    simulator: Simulator,
    administer: Callable[..., Administration],
    trouble: Any,
    change: Changing,
    method: str,
    query: dict[str, str],
    content: dict[str, str],
) -> None:
    simulator.misbehave(trouble, times=None)

    with pytest.raises(UnconfirmedError) as raised:
        change(administer(answer_seconds=0.3))

    assert apis(simulator) == [query["api"]]
    assert str(raised.value).startswith("It is not known whether wolkvox made the change (")


def test_an_agent_is_edited_disabled_and_enabled(
    centre: ContactCentre, administer: Callable[..., Administration]
) -> None:
    agent_id = centre.hire("GÓMEZ ANA", "51", "")
    wolkvox = administer()

    wolkvox.edit_agent("12001", "52", "GÓMEZ ANA MARÍA", "agomez", PASSWORD)
    wolkvox.disable_agent("12001")

    agent = centre.agents["12001"]
    assert agent_id is not None
    assert (agent.name, agent.dni, agent.sso, agent.password, agent.enabled) == (
        "GÓMEZ ANA MARÍA", "52", "agomez", PASSWORD, False,
    )  # fmt: skip

    wolkvox.enable_agent("12001")

    assert centre.agents["12001"].enabled


def test_nobody_gets_a_password_that_nobody_knows(
    simulator: Simulator, administer: Callable[..., Administration]
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        administer().edit_agent("12001", "52", "GÓMEZ ANA", None, "")

    assert str(raised.value) == (
        "Agent 12001 was not edited, since wolkvox would give them a password that nobody knows: name the new password "
        "too."
    )
    assert simulator.requests == []
