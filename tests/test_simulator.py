"""The simulator over plain HTTP: what it answers, whom it refuses, and what it remembers."""

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
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.simulated import INES, MONDAY, Opener, Wolkvox, opener, refused, scripted, with_three
from wolkvox_source.simulator import Hang, Simulator, serve


@pytest.fixture
def open_wolkvox() -> Iterator[Opener]:
    with opener() as opened:
        yield opened


@pytest.fixture
def wolkvox(open_wolkvox: Opener) -> Wolkvox:
    """A centre of three."""
    return with_three(open_wolkvox())


@contextlib.contextmanager
def under_way(wolkvox: Wolkvox, *tokens: str) -> Iterator[None]:
    """A request of each of these tokens has been let in and has no answer yet."""
    wolkvox.simulator.misbehave(Hang(), times=len(tokens))

    def ask(token: str) -> None:
        with contextlib.suppress(httpx.TransportError):
            wolkvox.http.get("information.php?api=agents", headers={"wolkvox-token": token})

    with ThreadPoolExecutor(len(tokens)) as pool:
        for number, token in enumerate(tokens, start=1):
            pool.submit(ask, token)
            while wolkvox.centre.spent < number:
                time.sleep(0.001)
        yield
        wolkvox.simulator.__exit__(None, None, None)


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
def test_a_success_spells_its_code_as_the_server_likes(open_wolkvox: Opener, code: str | int) -> None:
    wolkvox = open_wolkvox(code=code)
    wolkvox.centre.hire()

    assert wolkvox.report().json()["code"] == code


def test_one_agent_can_be_asked_for(wolkvox: Wolkvox) -> None:
    body = wolkvox.report(agent="12002").json()

    assert body["msg"] == "1 records were found"
    assert [record["agent_name"] for record in body["data"]] == ["NÚÑEZ  LUIS"]


def test_an_unknown_agent_is_not_found(wolkvox: Wolkvox) -> None:
    assert refused(wolkvox.report(agent="99999")) == (404, "404", "NOT FOUND", "NO RECORDS WERE FOUND")


def test_an_empty_report_is_not_found(open_wolkvox: Opener) -> None:
    assert open_wolkvox().report().status_code == 404


def test_an_empty_report_can_be_an_empty_list(open_wolkvox: Opener) -> None:
    response = open_wolkvox(empty_status=200).report()

    assert response.status_code == 200
    assert response.json() == {"code": "200", "error": None, "msg": "0 records were found", "data": []}


def test_an_api_can_be_absent_from_this_server(open_wolkvox: Opener) -> None:
    wolkvox = open_wolkvox(absent_apis={"skills"})

    assert refused(wolkvox.information("skills")) == (404, "404", "NOT FOUND", "Validate dates entered")


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
    open_wolkvox: Opener,
) -> None:
    wolkvox = open_wolkvox(agents=5, licences=1, token=("demo-token", "other-token"))
    wolkvox.centre.spend(998)

    assert wolkvox.report().status_code == 200
    wolkvox.http.headers["wolkvox-token"] = "other-token"
    assert wolkvox.report().status_code == 200
    assert refused(wolkvox.report()) == (403, "403", "FORBIDDEN", "TOKEN LIMIT EXCEEDED")
    assert wolkvox.centre.spent == 1000


def test_the_budget_begins_again_at_local_midnight(open_wolkvox: Opener) -> None:
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


def test_token_info_counts_itself(open_wolkvox: Opener) -> None:
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


def test_a_third_request_at_once_is_refused_while_the_two_before_it_wait(wolkvox: Wolkvox) -> None:
    with under_way(wolkvox, "demo-token", "demo-token"):
        third = wolkvox.report()

    assert refused(third) == (
        403,
        "403",
        "FORBIDDEN",
        "EXCEEDS THE LIMIT OF SIMULTANEOUS REQUESTS PER TOKEN (2)",
    )


def test_a_strict_server_refuses_the_second_at_once(open_wolkvox: Opener) -> None:
    wolkvox = open_wolkvox(agents=5, simultaneous=1)

    with under_way(wolkvox, "demo-token"):
        assert wolkvox.report().status_code == 403


def test_who_asks_in_turn_is_never_one_too_many(open_wolkvox: Opener) -> None:
    wolkvox = open_wolkvox(agents=5, simultaneous=1)

    assert {wolkvox.report().status_code for _ in range(200)} == {200}


def test_tokens_do_not_stand_in_each_others_way(open_wolkvox: Opener) -> None:
    wolkvox = open_wolkvox(agents=5, token=["a", "b", "demo-token"])

    with under_way(wolkvox, "a", "b", "a", "b"):
        assert wolkvox.report().status_code == 200


def test_the_token_chooses_the_centre(open_wolkvox: Opener) -> None:
    wolkvox = open_wolkvox(scripted(agents=3, token="one"), scripted(agents=5, token="two"))

    for token, expected in (("one", 3), ("two", 5)):
        wolkvox.http.headers["wolkvox-token"] = token
        assert len(wolkvox.report().json()["data"]) == expected


def test_two_centres_cannot_share_a_token() -> None:
    with pytest.raises(ValueError, match="share a token"):
        Simulator([scripted(), scripted()])


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


def test_many_clients_at_once_lose_nothing(open_wolkvox: Opener) -> None:
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
