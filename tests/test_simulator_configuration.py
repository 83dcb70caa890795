"""The simulator's configuration.php: agents and skills changed over plain HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from tests.simulated import INES, Opener, Wolkvox, opener, refused, with_three
from wolkvox_source.simulator import Answer


@pytest.fixture
def open_wolkvox() -> Iterator[Opener]:
    with opener() as opened:
        yield opened


@pytest.fixture
def wolkvox(open_wolkvox: Opener) -> Wolkvox:
    """A centre of three."""
    return with_three(open_wolkvox())


def test_a_created_agent_has_the_next_id_and_the_password_is_told_once(wolkvox: Wolkvox) -> None:
    response = wolkvox.create()

    assert response.status_code == 201
    assert response.json() == {
        "code": 201,
        "error": None,
        "msg": "Agent has been created",
        "data": [{"agent_id": "12004", "password": "Clave#2026"}],
    }
    agent = wolkvox.centre.agents["12004"]
    assert (agent.name, agent.dni, agent.sso, agent.last_use) == ("PEÑA  INÉS", "0010203", "", "")


def test_the_body_may_be_sent_as_plain_text(wolkvox: Wolkvox) -> None:
    headers = {"content-type": "text/plain"}

    response = wolkvox.http.post("configuration.php?api=create_agent", content=json.dumps(INES), headers=headers)

    assert response.status_code == 201


def test_an_empty_password_becomes_a_random_one_that_is_strong(wolkvox: Wolkvox) -> None:
    password = wolkvox.create(agent_pass="").json()["data"][0]["password"]

    assert re.search("[A-Z]", password)
    assert re.search("[a-z]", password)
    assert re.search("[0-9]", password)
    assert re.search("[!#%&*@]", password)
    assert wolkvox.centre.agents["12004"].password == password


def test_the_network_user_may_be_left_out(wolkvox: Wolkvox) -> None:
    body = {field: value for field, value in INES.items() if field != "agent_sso"}

    assert wolkvox.http.post("configuration.php?api=create_agent", json=body).status_code == 201


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"a"', json.dumps({"agent_name": "A"}).encode()])
def test_a_creation_without_its_parameters_is_a_bad_request(wolkvox: Wolkvox, body: bytes) -> None:
    response = wolkvox.http.post("configuration.php?api=create_agent", content=body)

    assert refused(response) == (400, "400", "BAD REQUEST", "SOME PARAMETERS ARE REQUIRED")
    assert len(wolkvox.centre.agents) == 3


@pytest.mark.parametrize("field", ["agent_name", "agent_dni", "agent_pass"])
def test_every_required_parameter_is_required(wolkvox: Wolkvox, field: str) -> None:
    body = {name: value for name, value in INES.items() if name != field}

    assert wolkvox.http.post("configuration.php?api=create_agent", json=body).status_code == 400


@pytest.mark.parametrize("password", ["clave#2026", "CLAVE#2026", "Clave#", "Clave2026", "Clave¡2026"])
def test_a_weak_password_is_refused(wolkvox: Wolkvox, password: str) -> None:
    assert wolkvox.create(agent_pass=password).status_code == 400
    assert len(wolkvox.centre.agents) == 3


def test_a_second_agent_with_the_same_document_is_refused(wolkvox: Wolkvox) -> None:
    assert wolkvox.create(agent_dni="2").status_code == 400


def test_a_server_may_allow_the_same_document_twice(open_wolkvox: Opener) -> None:
    wolkvox = open_wolkvox(duplicates="allowed")

    assert (wolkvox.create().status_code, wolkvox.create().status_code) == (201, 201)


def test_without_a_free_slot_nobody_is_created_and_disabled_agents_hold_theirs(
    open_wolkvox: Opener,
) -> None:
    wolkvox = open_wolkvox(licences=1)
    for _ in range(10):
        agent_id = wolkvox.centre.hire()
    wolkvox.centre.disable(agent_id)

    assert wolkvox.create().status_code == 400
    wolkvox.centre.leave(agent_id)
    assert wolkvox.create().json()["data"][0]["agent_id"] == "12011"


def test_an_edited_agent_is_another_person_with_a_new_password(wolkvox: Wolkvox) -> None:
    before = wolkvox.centre.agents["12002"].password

    response = wolkvox.change("edit_agent", {**INES, "agent_pass": ""}, agent_id="12002")

    assert response.status_code == 202
    assert response.json() == {"code": 202, "error": None, "msg": "agent has been updated"}
    agent = wolkvox.centre.agents["12002"]
    assert (agent.name, agent.dni) == ("PEÑA  INÉS", "0010203")
    assert agent.password != before


def test_an_edit_may_keep_its_own_document_but_not_take_anothers(wolkvox: Wolkvox) -> None:
    assert wolkvox.change("edit_agent", {**INES, "agent_dni": "2"}, agent_id="12002").status_code == 202
    assert wolkvox.change("edit_agent", {**INES, "agent_dni": "1"}, agent_id="12002").status_code == 400


def test_an_agent_is_disabled_and_enabled(wolkvox: Wolkvox) -> None:
    disabled = wolkvox.change("disable_agent", {"agent_id": "12002"})
    assert disabled.status_code == 202
    assert disabled.json() == {"code": 202, "error": None, "msg": "12002 agent has been disabled"}
    assert wolkvox.report(agent="12002").json()["data"][0]["enabled"] == "no"

    enabled = wolkvox.change("enable_agent", {"agent_id": "12002"})
    assert enabled.json() == {"code": 202, "error": None, "msg": "12002 agent has been enabled"}
    assert wolkvox.report(agent="12002").json()["data"][0]["enabled"] == "yes"


@pytest.mark.parametrize("api", ["enable_agent", "disable_agent"])
def test_a_change_of_an_unknown_agent_is_not_found(wolkvox: Wolkvox, api: str) -> None:
    assert wolkvox.change(api, {"agent_id": "99999"}).status_code == 404
    assert wolkvox.change(api, {}).status_code == 400


def test_an_edit_of_an_unknown_agent_is_not_found(wolkvox: Wolkvox) -> None:
    assert wolkvox.change("edit_agent", INES, agent_id="99999").status_code == 404
    assert wolkvox.change("edit_agent", INES).status_code == 400


def test_a_change_may_answer_200_with_another_code_in_its_body(open_wolkvox: Opener) -> None:
    response = open_wolkvox(write_status=200).create()

    assert (response.status_code, response.json()["code"]) == (200, 201)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 429])
def test_a_change_may_be_made_and_answered_with_a_no(wolkvox: Wolkvox, status: int) -> None:
    wolkvox.simulator.misbehave(Answer(status, {"code": status, "data": []}), api="create_agent", after_effect=True)

    assert wolkvox.create().status_code == status
    assert wolkvox.centre.agents["12004"].name == "PEÑA  INÉS"


# skills


def skilled(wolkvox: Wolkvox, api: str, **body: object) -> httpx.Response:
    method = "DELETE" if api == "remove_agents_skill" else "POST"
    return wolkvox.http.request(method, "configuration.php", params={"api": api}, json=body)


def test_an_agent_is_added_to_a_skill_and_removed(wolkvox: Wolkvox) -> None:
    added = skilled(wolkvox, "add_agents_skill", skill_id="4002", agent_id="12001", expertise="5")

    assert (added.status_code, added.json()) == (
        201,
        {"code": "201", "error": None, "msg": "Agent 12001 added to skill 4002 of operation"},
    )
    assert wolkvox.centre.agents["12001"].skills == {"4002": "5"}

    removed = skilled(wolkvox, "remove_agents_skill", skill_id="4002", agent_id="12001")

    assert (removed.status_code, removed.json()) == (
        201,
        {"code": "201", "error": None, "msg": "Removed successfully"},
    )
    assert wolkvox.centre.agents["12001"].skills == {}


def test_an_expertise_is_changed_by_adding_again(wolkvox: Wolkvox) -> None:
    for expertise in ("5", 8):
        skilled(wolkvox, "add_agents_skill", skill_id="4002", agent_id="12001", expertise=expertise)

    assert wolkvox.centre.agents["12001"].skills == {"4002": "8"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"skill_id": "4002", "agent_id": "12001"}, 400, id="no-expertise"),
        pytest.param({"skill_id": "4002", "agent_id": "12001", "expertise": "much"}, 400, id="no-number"),
        pytest.param({"skill_id": "4002", "agent_id": "12001", "expertise": "11"}, 400, id="too-much"),
        pytest.param({"skill_id": "1", "agent_id": "12001", "expertise": "5"}, 404, id="unknown-skill"),
        pytest.param({"skill_id": "4002", "agent_id": "99999", "expertise": "5"}, 404, id="unknown-agent"),
    ],
)
def test_what_cannot_be_added_is_refused(wolkvox: Wolkvox, body: dict[str, object], status: int) -> None:
    assert skilled(wolkvox, "add_agents_skill", **body).status_code == status
    assert all(agent.skills == {} for agent in wolkvox.centre.agents.values())


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"skill_id": "4002"}, 400, id="no-agent"),
        pytest.param({"skill_id": "1", "agent_id": "12001"}, 404, id="unknown-skill"),
        pytest.param({"skill_id": "4002", "agent_id": "12001"}, 404, id="not-in-it"),
    ],
)
def test_what_cannot_be_removed_is_refused(wolkvox: Wolkvox, body: dict[str, object], status: int) -> None:
    assert skilled(wolkvox, "remove_agents_skill", **body).status_code == status


def test_a_skill_is_created_with_the_next_id_and_edited(wolkvox: Wolkvox) -> None:
    body = {"skill_name": "POSVENTA", "description_skill": "Después", "voicemail": "", "welcome_message": "", "vto": ""}

    created = skilled(wolkvox, "create_skill", **body)

    assert (created.status_code, created.json()["data"]) == (201, [{"skill_id": "4005"}])
    edited = wolkvox.change("edit_skill", {**body, "skill_name": "GARANTÍAS"}, skill_id="4005")
    assert (edited.status_code, edited.json()["code"]) == (202, 202)
    (skill,) = wolkvox.information("skills", skill="4005").json()["data"]
    assert (skill["skill_name"], skill["skill_description"]) == ("GARANTÍAS", "Después")


def test_what_is_no_skill_is_refused(wolkvox: Wolkvox) -> None:
    assert skilled(wolkvox, "create_skill", description_skill="Nada").status_code == 400
    assert wolkvox.change("edit_skill", {"skill_name": "NADA"}, skill_id="1").status_code == 404
    assert wolkvox.change("edit_skill", {"skill_name": "NADA"}).status_code == 400


def test_a_created_agent_has_no_skills_and_one_passed_on_keeps_them(wolkvox: Wolkvox) -> None:
    wolkvox.create()
    wolkvox.centre.add_to_skill("12001", "4002")
    wolkvox.change("edit_agent", {**INES, "agent_dni": "77"}, agent_id="12001")

    assert wolkvox.centre.agents["12004"].skills == {}
    assert wolkvox.centre.agents["12001"].skills == {"4002": "5"}


# a report that lags


def listed(wolkvox: Wolkvox) -> list[str]:
    return [record["agent_id"] for record in wolkvox.report().json()["data"]]


def test_a_report_may_be_so_many_reports_behind(open_wolkvox: Opener) -> None:
    wolkvox = open_wolkvox(agents=2, lag=2)
    founders = listed(wolkvox)
    agent_id = wolkvox.create().json()["data"][0]["agent_id"]

    assert [listed(wolkvox) for _ in range(3)] == [founders, founders, [*founders, agent_id]]
    assert wolkvox.report(agent=agent_id).status_code == 200


def test_a_report_may_be_some_time_behind(open_wolkvox: Opener) -> None:
    wolkvox = open_wolkvox(agents=2, lag=timedelta(minutes=5))
    founders = listed(wolkvox)
    agent_id = wolkvox.create().json()["data"][0]["agent_id"]

    wolkvox.centre.advance(timedelta(minutes=4, seconds=59))
    assert listed(wolkvox) == founders
    assert wolkvox.report(agent=agent_id).status_code == 404
    wolkvox.centre.advance(timedelta(seconds=1))
    assert listed(wolkvox) == [*founders, agent_id]
