"""The simulator over plain HTTP: what it answers, what it refuses, and how it misbehaves."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from wolkvox_source.simulator import (
    MAINTENANCE,
    Answer,
    ContactCentre,
    Cut,
    Delay,
    Hang,
    HangUp,
    Simulator,
    Truncate,
    serve,
)

MONDAY = datetime(2026, 3, 2, 7, 0, tzinfo=ZoneInfo("America/Bogota"))
INES = {"agent_name": "PEÑA  INÉS", "agent_dni": "0010203", "agent_sso": "", "agent_pass": "Clave#2026"}


class Wolkvox:
    """A simulator and a client that has its token."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.centre = simulator.centres[0]
        self.http = httpx.Client(
            base_url=f"{simulator.url}/api/v2/",
            headers={"wolkvox-token": "demo-token"},
            timeout=5,
            trust_env=False,
            verify=False,
        )

    def report(self, **parameters: str) -> httpx.Response:
        return self.http.get("information.php", params={"api": "agents", **parameters})

    def information(self, api: str, **parameters: str) -> httpx.Response:
        return self.http.get("information.php", params={"api": api, **parameters})

    def create(self, **fields: object) -> httpx.Response:
        return self.http.post("configuration.php?api=create_agent", json={**INES, **fields})

    def change(self, api: str, body: object, **parameters: str) -> httpx.Response:
        return self.http.put("configuration.php", params={"api": api, **parameters}, json=body)


def scripted(**options: object) -> ContactCentre:
    return ContactCentre(**{"agents": 0, "licences": 8, "now": MONDAY, "lively": False, **options})  # type: ignore[arg-type]


@pytest.fixture
def open_wolkvox() -> Iterator[Callable[..., Wolkvox]]:
    opened: list[Wolkvox] = []

    def opener(*centres: ContactCentre, **options: object) -> Wolkvox:
        simulator = Simulator(centres or scripted(**options))
        wolkvox = Wolkvox(simulator.__enter__())
        opened.append(wolkvox)
        return wolkvox

    yield opener
    for wolkvox in opened:
        wolkvox.http.close()
        wolkvox.simulator.__exit__(None, None, None)


@pytest.fixture
def wolkvox(open_wolkvox: Callable[..., Wolkvox]) -> Wolkvox:
    """A centre of three."""
    opened = open_wolkvox()
    for name, dni in (("GÓMEZ  ANA", "1"), ("NÚÑEZ  LUIS", "2"), ("PEÑA  SARA", "3")):
        opened.centre.hire(name, dni, "")
    return opened


def refused(response: httpx.Response) -> tuple[int, object, object, object]:
    body = response.json()
    assert body["data"] == []
    return response.status_code, body["code"], body["error"], body["msg"]


def together(*requests: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """Ask all at once, each a moment after the other, and wait for every answer."""
    with ThreadPoolExecutor(len(requests)) as pool:
        futures = []
        for request in requests:
            futures.append(pool.submit(request))
            time.sleep(0.05)
        return [future.result() for future in futures]


# reading


def test_the_report_is_an_envelope_of_four(wolkvox: Wolkvox) -> None:
    wolkvox.centre.leave("12002")
    wolkvox.centre.leave("12003")

    response = wolkvox.report()

    assert response.status_code == 200
    assert response.text == (
        '{"code": "200", "error": null, "msg": "1 records were found", "data": [{"agent_id": "12001", '
        '"agent_name": "GÓMEZ  ANA", "agent_dni": "1", "agent_status": "Logout", "last_use": "", '
        '"agent_sso": "", "enabled": "yes"}]}'
    )


@pytest.mark.parametrize("code", ["200", 200, "0", ""])
def test_a_success_spells_its_code_as_the_server_likes(open_wolkvox: Callable[..., Wolkvox], code: str | int) -> None:
    wolkvox = open_wolkvox(code=code)
    wolkvox.centre.hire()

    assert wolkvox.report().json()["code"] == code


def test_one_agent_can_be_asked_for(wolkvox: Wolkvox) -> None:
    body = wolkvox.report(agent="12002").json()

    assert body["msg"] == "1 records were found"
    assert [record["agent_name"] for record in body["data"]] == ["NÚÑEZ  LUIS"]


def test_an_unknown_agent_is_not_found(wolkvox: Wolkvox) -> None:
    assert refused(wolkvox.report(agent="99999")) == (404, "404", "NOT FOUND", "NO RECORDS WERE FOUND")


def test_an_empty_report_is_not_found(open_wolkvox: Callable[..., Wolkvox]) -> None:
    assert open_wolkvox().report().status_code == 404


def test_an_empty_report_can_be_an_empty_list(open_wolkvox: Callable[..., Wolkvox]) -> None:
    response = open_wolkvox(empty_status=200).report()

    assert response.status_code == 200
    assert response.json() == {"code": "200", "error": None, "msg": "0 records were found", "data": []}


@pytest.mark.parametrize(
    ("file", "api"),
    [("information.php", "audit_log"), ("reports_manager.php", "agent_1")],
)
def test_a_dated_report_without_rows_blames_the_dates(wolkvox: Wolkvox, file: str, api: str) -> None:
    dates = {"date_ini": "20260302000000", "date_end": "20260302235959"}

    assert refused(wolkvox.http.get(file, params={"api": api, **dates}))[3] == "Validate dates entered"
    assert refused(wolkvox.http.get(file, params={"api": api}))[3] == "SOME PARAMETERS ARE REQUIRED"


def test_an_api_can_be_absent_from_this_server(open_wolkvox: Callable[..., Wolkvox]) -> None:
    wolkvox = open_wolkvox(absent_apis={"skills"})

    assert refused(wolkvox.information("skills")) == (404, "404", "NOT FOUND", "Validate dates entered")


def test_skills_are_listed_and_can_be_picked(wolkvox: Wolkvox) -> None:
    assert len(wolkvox.information("skills").json()["data"]) == 4
    assert wolkvox.information("skills", skill="4002").json()["data"] == [
        {
            "skill_id": "4002",
            "skill_name": "SOPORTE",
            "skill_description": "Soporte técnico",
            "last_use": "2026-03-02 06:00:00",
        }
    ]


def test_the_agents_of_a_skill_are_listed(wolkvox: Wolkvox) -> None:
    body = wolkvox.information("agents_in_skill", skill_id="4002").json()

    assert body["data"][0] == {"agent_id": "12001", "agent_name": "GÓMEZ  ANA", "last_use": "", "expertise": "5"}
    assert wolkvox.information("agents_in_skill", skill_id="1").status_code == 404
    assert refused(wolkvox.information("agents_in_skill"))[3] == "SOME PARAMETERS ARE REQUIRED"


def test_the_report_of_a_big_centre_arrives_quickly(open_wolkvox: Callable[..., Wolkvox]) -> None:
    wolkvox = open_wolkvox(agents=20_000)
    began = time.monotonic()

    assert len(wolkvox.report().json()["data"]) == 20_000
    assert time.monotonic() - began < 2


# refusals


def test_a_request_without_a_token_is_asked_for_one(wolkvox: Wolkvox) -> None:
    response = httpx.get(f"{wolkvox.simulator.url}/api/v2/information.php?api=agents", trust_env=False, verify=False)

    assert refused(response) == (401, "401", "UNAUTHORIZED", "PLEASE ENTER THE WOLKVOX-TOKEN")


def test_a_bad_token_is_refused(wolkvox: Wolkvox) -> None:
    wolkvox.http.headers["wolkvox-token"] = "another"

    assert refused(wolkvox.report()) == (403, "403", "FORBIDDEN", "PLEASE VALIDATE TOKEN")


def test_an_unknown_api_is_a_bad_request(wolkvox: Wolkvox) -> None:
    expected = (400, "400", "BAD REQUEST", "THE API YOU WANT TO CONSULT DOES NOT EXIST")

    assert refused(wolkvox.information("agentes")) == expected
    assert refused(wolkvox.http.get("information.php")) == expected


def test_a_wrong_method_is_not_allowed(wolkvox: Wolkvox) -> None:
    assert refused(wolkvox.http.post("information.php?api=agents"))[:3] == (405, "405", "METHOD NOT ALLOWED")
    assert wolkvox.http.get("configuration.php?api=create_agent").status_code == 405
    assert wolkvox.http.delete("configuration.php?api=create_agent").status_code == 405


def test_a_file_that_does_not_exist_is_a_page_of_html(wolkvox: Wolkvox) -> None:
    response = wolkvox.http.get("nothing.php?api=agents")

    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")


def test_the_daily_budget_is_a_thousand_a_licence_for_all_tokens_together(
    open_wolkvox: Callable[..., Wolkvox],
) -> None:
    wolkvox = open_wolkvox(agents=5, licences=1, token=("demo-token", "other-token"))
    wolkvox.centre.spend(998)

    assert wolkvox.report().status_code == 200
    wolkvox.http.headers["wolkvox-token"] = "other-token"
    assert wolkvox.report().status_code == 200
    assert refused(wolkvox.report()) == (403, "403", "FORBIDDEN", "TOKEN LIMIT EXCEEDED")
    assert wolkvox.centre.spent == 1000


def test_the_budget_begins_again_at_local_midnight(open_wolkvox: Callable[..., Wolkvox]) -> None:
    wolkvox = open_wolkvox(agents=5, licences=1)
    wolkvox.centre.spend(1000)

    wolkvox.centre.advance(timedelta(hours=16, minutes=59))
    assert wolkvox.report().status_code == 403
    wolkvox.centre.advance(timedelta(minutes=1))
    assert wolkvox.report().status_code == 200


def test_refused_requests_cost_nothing_and_others_one_whatever_they_bring(wolkvox: Wolkvox) -> None:
    wolkvox.report()
    wolkvox.report(agent="99999")
    wolkvox.information("nothing")
    wolkvox.http.headers["wolkvox-token"] = "another"
    wolkvox.report()

    assert wolkvox.centre.spent == 3


def test_token_info_counts_itself(open_wolkvox: Callable[..., Wolkvox]) -> None:
    wolkvox = open_wolkvox(token=["demo-token", "other-token"])
    wolkvox.report()
    wolkvox.http.headers["wolkvox-token"] = "other-token"

    assert wolkvox.information("token_info").json() == {
        "code": "200",
        "error": None,
        "msg": "1 records were found",
        "data": [
            {
                "description": "Token 2",
                "token_limit": "8000",
                "token_use_today": "1",
                "all_token_today": "2",
                "available_consumption_options": "7998",
            }
        ],
    }


def test_a_third_request_at_once_is_refused_at_once(wolkvox: Wolkvox) -> None:
    wolkvox.simulator.misbehave(Delay(0.4), times=None)

    first, second, third = together(wolkvox.report, wolkvox.report, wolkvox.report)

    assert (first.status_code, second.status_code) == (200, 200)
    assert refused(third) == (
        403,
        "403",
        "FORBIDDEN",
        "EXCEEDS THE LIMIT OF SIMULTANEOUS REQUESTS PER TOKEN (2)",
    )
    assert third.elapsed < timedelta(seconds=0.3)
    wolkvox.simulator.clear()
    assert wolkvox.report().status_code == 200


def test_a_strict_server_refuses_the_second_at_once(open_wolkvox: Callable[..., Wolkvox]) -> None:
    wolkvox = open_wolkvox(agents=5, simultaneous=1)
    wolkvox.simulator.misbehave(Delay(0.3))

    first, second = together(wolkvox.report, wolkvox.report)

    assert (first.status_code, second.status_code) == (200, 403)


def test_who_asks_in_turn_is_never_one_too_many(open_wolkvox: Callable[..., Wolkvox]) -> None:
    wolkvox = open_wolkvox(agents=5, simultaneous=1)

    assert {wolkvox.report().status_code for _ in range(200)} == {200}


def test_tokens_do_not_stand_in_each_others_way(open_wolkvox: Callable[..., Wolkvox]) -> None:
    wolkvox = open_wolkvox(agents=5, token=["a", "b"])
    wolkvox.simulator.misbehave(Delay(0.2), times=None)

    def ask(token: str) -> Callable[[], httpx.Response]:
        return lambda: wolkvox.http.get("information.php?api=agents", headers={"wolkvox-token": token})

    assert [r.status_code for r in together(ask("a"), ask("b"), ask("a"), ask("b"))] == [200] * 4


def test_the_token_chooses_the_centre(open_wolkvox: Callable[..., Wolkvox]) -> None:
    wolkvox = open_wolkvox(scripted(agents=3, token="one"), scripted(agents=5, token="two"))

    for token, expected in (("one", 3), ("two", 5)):
        wolkvox.http.headers["wolkvox-token"] = token
        assert len(wolkvox.report().json()["data"]) == expected


def test_two_centres_cannot_share_a_token() -> None:
    with pytest.raises(ValueError, match="share a token"):
        Simulator([scripted(), scripted()])


# administration


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


def test_a_server_may_allow_the_same_document_twice(open_wolkvox: Callable[..., Wolkvox]) -> None:
    wolkvox = open_wolkvox(duplicates="allowed")

    assert (wolkvox.create().status_code, wolkvox.create().status_code) == (201, 201)


def test_without_a_free_slot_nobody_is_created_and_disabled_agents_hold_theirs(
    open_wolkvox: Callable[..., Wolkvox],
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


def test_a_change_may_answer_200_with_another_code_in_its_body(open_wolkvox: Callable[..., Wolkvox]) -> None:
    response = open_wolkvox(write_status=200).create()

    assert (response.status_code, response.json()["code"]) == (200, 201)


# misbehaviour


def test_an_answer_can_be_any_status_and_bytes(wolkvox: Wolkvox) -> None:
    wolkvox.simulator.misbehave(Answer(502, b"\xff\xfe", headers={"Content-Type": "text/html", "Retry-After": "3"}))

    response = wolkvox.report()

    assert (response.status_code, response.content) == (502, b"\xff\xfe")
    assert (response.headers["content-type"], response.headers["retry-after"]) == ("text/html", "3")
    assert wolkvox.report().status_code == 200


def test_an_answer_can_be_text_or_an_object(wolkvox: Wolkvox) -> None:
    wolkvox.simulator.misbehave(Answer(200, "[]"))
    wolkvox.simulator.misbehave(Answer(200, {"code": "200", "data": ["ñ"]}))

    assert wolkvox.report().text == "[]"
    assert wolkvox.report().json() == {"code": "200", "data": ["ñ"]}


def test_misbehaviours_take_their_turn(wolkvox: Wolkvox) -> None:
    wolkvox.simulator.misbehave(Answer(500), times=2)
    wolkvox.simulator.misbehave(Answer(503))

    assert [wolkvox.report().status_code for _ in range(4)] == [500, 500, 503, 200]


def test_a_misbehaviour_without_end_ends_when_it_is_cleared(wolkvox: Wolkvox) -> None:
    wolkvox.simulator.misbehave(Answer(500), times=None)
    assert [wolkvox.report().status_code for _ in range(3)] == [500, 500, 500]

    wolkvox.simulator.clear()

    assert wolkvox.report().status_code == 200
    assert len(wolkvox.simulator.requests) == 4


def test_a_misbehaviour_can_be_meant_for_one_api(wolkvox: Wolkvox) -> None:
    wolkvox.simulator.misbehave(Answer(500), api="create_agent")

    assert wolkvox.report().status_code == 200
    assert wolkvox.create().status_code == 500


def test_a_misbehaviour_can_be_meant_for_one_token(open_wolkvox: Callable[..., Wolkvox]) -> None:
    wolkvox = open_wolkvox(agents=5, token=["demo-token", "other-token"])
    wolkvox.simulator.misbehave(Answer(500), token="other-token")

    assert wolkvox.report().status_code == 200
    wolkvox.http.headers["wolkvox-token"] = "other-token"
    assert wolkvox.report().status_code == 500


def test_an_answer_can_be_late(wolkvox: Wolkvox) -> None:
    wolkvox.simulator.misbehave(Delay(0.2))

    response = wolkvox.report()

    assert response.status_code == 200
    assert response.elapsed > timedelta(seconds=0.2)


def test_a_request_can_hang(wolkvox: Wolkvox) -> None:
    wolkvox.simulator.misbehave(Hang())

    with pytest.raises(httpx.ReadTimeout):
        wolkvox.http.get("information.php?api=agents", timeout=0.1)
    assert wolkvox.simulator.requests[-1].status is None
    assert wolkvox.report().status_code == 200


def test_a_client_that_gives_up_leaves_its_place_to_others(wolkvox: Wolkvox) -> None:
    wolkvox.simulator.misbehave(Hang(), times=4)
    for _ in range(4):
        with pytest.raises(httpx.ReadTimeout):
            wolkvox.http.get("information.php?api=agents", timeout=0.05)
        time.sleep(0.02)

    assert wolkvox.report().status_code == 200


def test_closing_the_simulator_ends_whatever_hangs() -> None:
    with Simulator(scripted(agents=5)) as simulator:
        simulator.misbehave(Hang())
        wolkvox = Wolkvox(simulator)
        with ThreadPoolExecutor(1) as pool:
            hanging = pool.submit(wolkvox.report)
            time.sleep(0.1)
            simulator.__exit__(None, None, None)
            with pytest.raises(httpx.TransportError):
                hanging.result(timeout=2)
        wolkvox.http.close()


def test_a_body_can_be_cut_in_the_middle(wolkvox: Wolkvox) -> None:
    wolkvox.simulator.misbehave(Cut(20))

    with wolkvox.http.stream("GET", "information.php?api=agents") as response:
        chunks = response.iter_raw()
        assert next(chunks) == b'{"code": "200", "err'
        with pytest.raises(httpx.RemoteProtocolError):
            next(chunks)
    assert wolkvox.report().status_code == 200


def test_a_body_shorter_than_the_cut_is_cut_in_half(wolkvox: Wolkvox) -> None:
    wolkvox.simulator.misbehave(Cut(1_000_000))

    with pytest.raises(httpx.RemoteProtocolError):
        wolkvox.report()


def test_a_connection_can_be_closed_without_a_byte(wolkvox: Wolkvox) -> None:
    wolkvox.simulator.misbehave(HangUp())

    with pytest.raises(httpx.TransportError):
        wolkvox.report()
    assert wolkvox.centre.spent == 0
    assert wolkvox.report().status_code == 200


def test_a_list_can_be_shorter_than_announced(wolkvox: Wolkvox) -> None:
    wolkvox.simulator.misbehave(Truncate(1))

    body = wolkvox.report().json()

    assert body["msg"] == "3 records were found"
    assert [record["agent_id"] for record in body["data"]] == ["12001"]


def test_maintenance_is_a_403_that_is_not_json(wolkvox: Wolkvox) -> None:
    wolkvox.simulator.misbehave(MAINTENANCE, times=None)
    response = wolkvox.report()
    wolkvox.simulator.clear()

    assert response.status_code == 403
    assert response.text.startswith("<html>")
    assert wolkvox.report().status_code == 200


LOSSES: list[Callable[[Simulator, bool], None]] = [
    lambda simulator, done: simulator.misbehave(Answer(500), after_effect=done),
    lambda simulator, done: simulator.misbehave(Hang(), after_effect=done),
    lambda simulator, done: simulator.misbehave(Cut(30), after_effect=done),
    lambda simulator, done: simulator.misbehave(HangUp(), after_effect=done),
]


@pytest.mark.parametrize("created", [True, False], ids=["created", "not-created"])
@pytest.mark.parametrize("lose", LOSSES, ids=["500", "timeout", "cut", "refused-connection"])
def test_a_creation_whose_answer_is_lost_was_made_or_not(
    wolkvox: Wolkvox, lose: Callable[[Simulator, bool], None], created: bool
) -> None:
    lose(wolkvox.simulator, created)
    wolkvox.http.timeout = httpx.Timeout(0.2)

    with contextlib.suppress(httpx.TransportError):
        assert wolkvox.create().status_code == 500

    assert ("12004" in wolkvox.centre.agents) is created


# the log


def test_the_log_keeps_what_was_asked(wolkvox: Wolkvox) -> None:
    wolkvox.report(agent="12001")
    wolkvox.create()

    first, second = wolkvox.simulator.requests
    assert (first.method, first.path, first.query) == (
        "GET",
        "/api/v2/information.php",
        {"api": "agents", "agent": "12001"},
    )
    assert (first.status, first.at, first.headers["wolkvox-token"]) == (200, MONDAY, "demo-token")
    assert (second.api, second.status) == ("create_agent", 201)
    assert json.loads(second.body) == INES
    assert first.seconds < second.seconds


def test_no_token_and_no_password_shows_in_the_repr_of_the_log(wolkvox: Wolkvox) -> None:
    wolkvox.create()

    shown = repr(wolkvox.simulator.requests)

    assert "create_agent" in shown
    assert "demo-token" not in shown
    assert "Clave#2026" not in shown


def test_many_clients_at_once_lose_nothing(open_wolkvox: Callable[..., Wolkvox]) -> None:
    tokens = [f"token-{number}" for number in range(20)]
    wolkvox = open_wolkvox(token=tokens, licences=50)

    def create(number: int) -> int:
        headers = {"wolkvox-token": tokens[number % 20]}
        body = {**INES, "agent_dni": str(number)}
        while True:
            response = wolkvox.http.post("configuration.php?api=create_agent", json=body, headers=headers)
            if response.status_code != 403:
                return response.status_code

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(create, range(200))) == {201}
    assert len(wolkvox.centre.agents) == 200
    assert wolkvox.centre.spent == 200


# in the foreground


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_serve_says_how_to_use_it_and_stops_when_told() -> None:
    port = free_port()
    program = f"from wolkvox_source.simulator import serve; serve(port={port}, agents=30)"
    root = Path(__file__).parent.parent
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=root,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as server:
        assert server.stdout is not None
        lines = [server.stdout.readline() for _ in range(13)]
        url = f"http://127.0.0.1:{port}"
        headers = {"wolkvox-token": "demo-token"}
        response = httpx.get(f"{url}/api/v2/information.php?api=agents", headers=headers, trust_env=False, verify=False)
        server.send_signal(signal.SIGTERM)
        out, err = server.communicate(timeout=5)

    said = "".join(lines)
    assert len(response.json()["data"]) == 30
    assert f"curl -H 'wolkvox-token: demo-token' '{url}/api/v2/information.php?api=agents'" in said
    assert f"SOURCES__WOLKVOX__BASE_URL={url}" in said
    assert (server.returncode, out.strip().splitlines()[-1]) == (0, "The simulator has stopped.")
    assert re.fullmatch(r"\d\d:\d\d:\d\d GET information\.php agents 200\n", err)


def test_serve_on_a_taken_port_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with Simulator(scripted()) as simulator:
        port = int(simulator.url.rpartition(":")[2])
        with pytest.raises(SystemExit) as stopped:
            serve(port=port)

    assert stopped.value.code == 64
    assert capsys.readouterr().err == f"Port {port} is taken by another program: choose another port.\n"


def test_no_thread_stays_behind() -> None:
    before = threading.active_count()

    with Simulator(scripted(agents=5)) as simulator:
        wolkvox = Wolkvox(simulator)
        wolkvox.report()

    for _ in range(50):
        if threading.active_count() == before:
            break
        time.sleep(0.01)
    assert threading.active_count() == before
    wolkvox.http.close()
