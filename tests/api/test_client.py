"""The client on real sockets: what it sends, when it asks again, how long it waits, and what it never tells."""

import gzip
import itertools
import json
import logging
import re
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from wolkvox_source.api.client import WolkvoxClient
from wolkvox_source.api.envelope import CreatedAgent
from wolkvox_source.errors import (
    RefusedError,
    UnavailableError,
    UnconfirmedError,
    UnreadableError,
    WolkvoxError,
)
from wolkvox_source.simulator import MAINTENANCE, Answer, ContactCentre, Cut, Delay, Hang, HangUp, Simulator

TOKEN = "demo-token"
PACKAGE = Path(__file__).parents[2]
PASSWORD = "Clave#2026"
CREATE = {"agent_dni": "0010203", "agent_name": "PEÑA  INÉS"}
FORBIDDEN_PAGE = "<html><body><h1>Forbidden</h1></body></html>"
CROWDED = {"code": "403", "error": "FORBIDDEN", "msg": "EXCEEDS THE LIMIT OF SIMULTANEOUS REQUESTS PER TOKEN (2)"}


@pytest.fixture
def ask(simulator: Simulator) -> Iterator[Callable[..., WolkvoxClient]]:
    """Clients of the simulator that hardly wait between two requests."""
    clients: list[WolkvoxClient] = []

    def client(token: str = TOKEN, url: str | None = None, **options: Any) -> WolkvoxClient:
        patience = {"first_wait_seconds": 0.01, "answer_seconds": 5.0, "seconds_at_most": 10.0, **options}
        clients.append(WolkvoxClient("demo", token, url or simulator.url, **patience))
        return clients[-1]

    yield client
    for one in clients:
        one.__exit__(None, None, None)


@contextmanager
def server(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that reads one request of each connection and then does what no simulator would."""

    def serve() -> None:
        while True:
            try:
                line, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=attend, args=(line,), daemon=True).start()

    def attend(line: socket.socket) -> None:
        with line:
            line.recv(65_536)
            try:
                talk(line)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


@contextmanager
def seconds(at_least: float, at_most: float) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert at_least <= time.monotonic() - started < at_most


def apis(simulator: Simulator) -> list[str]:
    return [request.api for request in simulator.requests]


def spoken(error: WolkvoxError) -> str:
    """Everything that a person or a log may get to see of an error."""
    return "".join(traceback.format_exception(error)) + str(error) + repr(error) + repr(vars(error))


# what is sent


def test_the_report_is_asked_for_as_documented(
    simulator: Simulator, centre: ContactCentre, ask: Callable[..., WolkvoxClient]
) -> None:
    centre.hire("PEÑA  INÉS", "0010203", "ipena")

    payload = ask().agents()

    assert (payload.status, payload.code, payload.message, payload.announced) == (200, "200", "1 records were found", 1)
    assert payload.records == [
        {
            "agent_id": "12001",
            "agent_name": "PEÑA  INÉS",
            "agent_dni": "0010203",
            "agent_status": "Logout",
            "last_use": "",
            "agent_sso": "ipena",
            "enabled": "yes",
        }
    ]
    (request,) = simulator.requests
    assert (request.method, request.path, request.query) == ("GET", "/api/v2/information.php", {"api": "agents"})
    assert request.headers["wolkvox-token"] == TOKEN
    assert request.body == b""
    assert TOKEN not in request.path


def test_one_agent_is_asked_for_by_the_filter_agent(
    simulator: Simulator, centre: ContactCentre, ask: Callable[..., WolkvoxClient]
) -> None:
    centre.hire("GÓMEZ ANA", "51", "")
    centre.hire("NÚÑEZ LUIS", "52", "")

    payload = ask().agents("12002")

    assert [record["agent_id"] for record in payload.records] == ["12002"]
    assert simulator.requests[0].query == {"api": "agents", "agent": "12002"}


def test_an_agent_who_does_not_exist_is_no_records(ask: Callable[..., WolkvoxClient]) -> None:
    payload = ask().agents("99999")

    assert (payload.status, payload.records) == (404, [])


def test_the_budget_is_one_record(simulator: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    (record,) = ask().token_info().records

    assert record["all_token_today"] == "1"
    assert (simulator.requests[0].path, simulator.requests[0].query) == (
        "/api/v2/information.php",
        {"api": "token_info"},
    )


@pytest.mark.parametrize(
    ("base_url", "address"),
    [
        (None, "https://wv0010.wolkvox.com/api/v2/"),
        ("http://127.0.0.1:8420", "http://127.0.0.1:8420/api/v2/"),
        ("http://127.0.0.1:8420/", "http://127.0.0.1:8420/api/v2/"),
        ("https://proxy.example/wolkvox", "https://proxy.example/wolkvox/api/v2/"),
    ],
)
def test_a_client_shows_its_address_and_nothing_else(base_url: str | None, address: str) -> None:
    with WolkvoxClient("0010", TOKEN, base_url) as client:
        assert repr(client) == f"WolkvoxClient('{address}')"


def test_white_space_around_a_token_is_not_sent(simulator: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    ask(f" {TOKEN}\n").agents()

    assert simulator.requests[0].token == TOKEN


# asking again

Misbehave = Callable[[Simulator, int | None], None]

PASSING: list[Any] = [
    pytest.param(lambda simulator, times: simulator.misbehave(Answer(500), times=times), "server_error", id="500"),
    pytest.param(
        lambda simulator, times: simulator.misbehave(Answer(502, FORBIDDEN_PAGE), times=times), "server_error", id="502"
    ),
    pytest.param(lambda simulator, times: simulator.misbehave(Answer(429), times=times), "server_error", id="429"),
    pytest.param(lambda simulator, times: simulator.misbehave(Answer(408), times=times), "server_error", id="408"),
    pytest.param(
        lambda simulator, times: simulator.misbehave(Answer(403, CROWDED), times=times), "too_many_at_once", id="crowd"
    ),
    pytest.param(lambda simulator, times: simulator.misbehave(Cut(5), times=times), "interrupted", id="cut"),
    pytest.param(lambda simulator, times: simulator.misbehave(HangUp(), times=times), "unreachable", id="hung up on"),
    pytest.param(lambda simulator, times: simulator.misbehave(Hang(), times=times), "unreachable", id="hangs"),
]


@pytest.mark.parametrize(("misbehave", "key"), PASSING)
def test_what_may_pass_is_asked_for_again(
    simulator: Simulator,
    centre: ContactCentre,
    ask: Callable[..., WolkvoxClient],
    misbehave: Misbehave,
    key: str,
) -> None:
    centre.hire("GÓMEZ ANA", "51", "")
    misbehave(simulator, 2)

    payload = ask(answer_seconds=0.5 if key == "unreachable" else 5.0).agents()

    assert [record["agent_id"] for record in payload.records] == ["12001"]
    assert apis(simulator) == ["agents"] * 3


@pytest.mark.parametrize("at_most", [1, 3])
@pytest.mark.parametrize(("misbehave", "key"), PASSING)
def test_what_does_not_pass_is_asked_for_so_many_times_in_all(
    simulator: Simulator, ask: Callable[..., WolkvoxClient], misbehave: Misbehave, key: str, at_most: int
) -> None:
    misbehave(simulator, None)

    with pytest.raises(UnavailableError) as raised:
        ask(answer_seconds=0.2 if key == "unreachable" else 5.0, requests_at_most=at_most).agents()

    assert raised.value.reason == key
    assert len(simulator.requests) == at_most


@pytest.mark.parametrize(
    ("misbehave", "error", "key"),
    [
        pytest.param(
            lambda s: s.misbehave(Answer(400, {"code": 400}), times=None), RefusedError, "bad_request", id="400"
        ),
        pytest.param(lambda s: s.misbehave(Answer(401, {"code": 401}), times=None), RefusedError, "no_token", id="401"),
        pytest.param(
            lambda s: s.misbehave(Answer(403, {"msg": "PLEASE VALIDATE TOKEN"}), times=None),
            RefusedError,
            "bad_token",
            id="token",
        ),
        pytest.param(lambda s: s.centres[0].spend(10**6), UnavailableError, "budget_spent", id="budget"),
        pytest.param(lambda s: s.misbehave(MAINTENANCE, times=None), UnavailableError, "maintenance", id="maintenance"),
        pytest.param(
            lambda s: s.misbehave(Answer(404, FORBIDDEN_PAGE), times=None), RefusedError, "not_wolkvox", id="404 HTML"
        ),
        pytest.param(lambda s: s.misbehave(Answer(405), times=None), RefusedError, "bad_request", id="405"),
        pytest.param(lambda s: s.misbehave(Answer(304), times=None), RefusedError, "redirected", id="304"),
        pytest.param(
            lambda s: s.misbehave(Answer(200, FORBIDDEN_PAGE), times=None), UnreadableError, "unreadable", id="HTML"
        ),
        pytest.param(lambda s: s.misbehave(Answer(200, b""), times=None), UnreadableError, "unreadable", id="empty"),
        pytest.param(
            lambda s: s.misbehave(Answer(200, b"not gzip", headers={"Content-Encoding": "gzip"}), times=None),
            UnreadableError,
            "unreadable",
            id="broken compression",
        ),
    ],
)
def test_what_cannot_pass_costs_one_request(
    simulator: Simulator,
    ask: Callable[..., WolkvoxClient],
    misbehave: Callable[[Simulator], None],
    error: type[WolkvoxError],
    key: str,
) -> None:
    misbehave(simulator)

    with pytest.raises(WolkvoxError) as raised:
        ask().agents()

    assert (type(raised.value), raised.value.reason) == (error, key)
    assert len(simulator.requests) == 1


@pytest.mark.parametrize(("token", "key"), [("another-token", "bad_token"), ("", "no_token")])
def test_a_token_that_is_not_accepted_costs_one_request(
    simulator: Simulator, ask: Callable[..., WolkvoxClient], token: str, key: str
) -> None:
    with pytest.raises(RefusedError) as raised:
        ask(token).agents()

    assert raised.value.reason == key
    assert len(simulator.requests) == 1


def test_the_budget_is_not_asked_for_twice(simulator: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    simulator.misbehave(Answer(500), times=None)

    with pytest.raises(UnavailableError):
        ask().token_info()

    assert apis(simulator) == ["token_info"]


# how long it waits


@pytest.mark.parametrize(("status", "body"), [(503, b""), (403, CROWDED)], ids=["503", "403 simultaneous"])
def test_retry_after_is_waited_for(
    simulator: Simulator, ask: Callable[..., WolkvoxClient], status: int, body: Any
) -> None:
    simulator.misbehave(Answer(status, body, headers={"Retry-After": "1"}))

    with seconds(1.0, 5):
        ask().agents()

    assert len(simulator.requests) == 2


def test_retry_after_may_be_a_date(simulator: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    soon = datetime.now(timezone.utc) + timedelta(seconds=2)
    simulator.misbehave(Answer(503, headers={"Retry-After": format_datetime(soon, usegmt=True)}))

    with seconds(0.9, 8):
        ask().agents()


@pytest.mark.parametrize("date", ["Mon, 02 Mar 2020 12:00:00 GMT", "0"], ids=["long past", "at once"])
def test_retry_after_may_be_over(simulator: Simulator, ask: Callable[..., WolkvoxClient], date: str) -> None:
    simulator.misbehave(Answer(503, headers={"Retry-After": date}))

    with seconds(0, 4):
        ask(first_wait_seconds=5).agents()


@pytest.mark.parametrize("said", ["soon", "", "-1", "²", "1.5", "Fri, 99 Zzz 20260 99:99:99"])
def test_a_retry_after_that_says_nothing_is_passed_over(
    simulator: Simulator, ask: Callable[..., WolkvoxClient], said: str
) -> None:
    simulator.misbehave(Answer(503, headers={"Retry-After": said}))

    with seconds(0, 5):
        ask().agents()

    assert len(simulator.requests) == 2


@pytest.mark.parametrize("said", ["3600", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"], ids=["hour", "ages", "9999"])
def test_a_retry_after_beyond_all_patience_is_left_to_the_next_run(
    simulator: Simulator, ask: Callable[..., WolkvoxClient], said: str
) -> None:
    simulator.misbehave(Answer(503, headers={"Retry-After": said}), times=None)

    with seconds(0, 5), pytest.raises(UnavailableError) as raised:
        ask().agents()

    assert raised.value.reason == "server_error"
    assert len(simulator.requests) == 1


def test_waits_grow(simulator: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    simulator.misbehave(Answer(500), times=None)

    with pytest.raises(UnavailableError):
        ask(first_wait_seconds=0.2, requests_at_most=3).agents()

    first, second, third = (request.seconds for request in simulator.requests)
    assert 0.2 <= second - first < 2
    assert 0.4 <= third - second < 2


def test_a_read_with_its_retries_has_one_end(simulator: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    simulator.misbehave(Hang(), times=None)

    with seconds(0.9, 1.9), pytest.raises(UnavailableError):
        ask(answer_seconds=1.0, seconds_at_most=1.1, requests_at_most=5).agents()


def drip(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(100):
        line.sendall(b" ")
        time.sleep(0.02)


def test_an_answer_that_drips_is_not_waited_for(ask: Callable[..., WolkvoxClient]) -> None:
    with server(drip) as url, seconds(0.3, 1.8), pytest.raises(UnavailableError) as raised:
        ask(url=url, answer_seconds=0.3, requests_at_most=1).agents()

    assert str(raised.value) == (
        "The connection to 127.0.0.1 broke before the answer was whole (no whole answer in time): the next run tries "
        "again."
    )


# what the network says


def test_a_port_where_nobody_listens_may_be_the_allow_list(ask: Callable[..., WolkvoxClient]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

    with pytest.raises(UnavailableError) as raised:
        ask(url=url).agents()

    assert str(raised.value) == (
        "No connection to 127.0.0.1 ([Errno 111] Connection refused): if the address is right, this machine's IP "
        "address may not be on the operation's allow-list; add it in wolkvox Manager."
    )


def test_silence_may_be_the_allow_list(simulator: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    simulator.misbehave(Hang())

    with pytest.raises(UnavailableError) as raised:
        ask(answer_seconds=0.2, requests_at_most=1).agents()

    assert str(raised.value) == (
        "No connection to 127.0.0.1 (no whole answer in time): if the address is right, this machine's IP address may "
        "not be on the operation's allow-list; add it in wolkvox Manager."
    )


def test_a_full_queue_of_connections_may_be_the_allow_list(ask: Callable[..., WolkvoxClient]) -> None:
    # a backlog that is full makes Linux drop what else arrives, as a firewall does
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for line in (first, second):
            line.setblocking(False)
            line.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"

        with seconds(0.2, 4), pytest.raises(UnavailableError) as raised:
            ask(url=url, connect_seconds=0.3, requests_at_most=1).agents()

    assert str(raised.value).startswith("No connection to 127.0.0.1 (it does not answer): if the address is right")


def test_a_host_that_does_not_exist_is_named(ask: Callable[..., WolkvoxClient]) -> None:
    with pytest.raises(UnavailableError) as raised:
        ask(url="https://wv0000.wolkvox.invalid").agents()

    assert str(raised.value) == (
        "There is no server named wv0000.wolkvox.invalid: check `server` and `base_url`, and this machine's connection "
        "to the internet."
    )


def test_a_server_that_speaks_something_else_is_quoted_shortly(ask: Callable[..., WolkvoxClient]) -> None:
    with server(lambda line: line.sendall(b"z" * 5000 + b"\r\n\r\n")) as url, pytest.raises(UnavailableError) as raised:
        ask(url=url, requests_at_most=1).agents()

    assert raised.value.reason == "unreachable"
    assert max(map(len, re.findall("z+", str(raised.value)))) <= 80


def test_a_client_asks_on_after_a_failure(simulator: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    simulator.misbehave(Cut(5))
    client = ask(requests_at_most=1)
    with pytest.raises(UnavailableError):
        client.agents()

    assert client.agents().status == 404


def stream(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[")
    megabyte = b" " * 2**20
    for _ in range(270):
        line.sendall(megabyte)


def compress(line: socket.socket) -> None:
    body = gzip.compress(b" " * (270 * 2**20), compresslevel=1)
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


@pytest.mark.parametrize("talk", [stream, compress], ids=["as it is", "compressed"])
def test_an_answer_is_not_read_past_256_mb(
    ask: Callable[..., WolkvoxClient], talk: Callable[[socket.socket], None]
) -> None:
    with server(talk) as url, pytest.raises(UnreadableError) as raised:
        ask(url=url, answer_seconds=20, seconds_at_most=20).agents()

    assert str(raised.value) == (
        "wolkvox's answer passed 256 MB, the documented ceiling, and was not read further: nothing was loaded; ask "
        "wolkvox support what the report holds."
    )


# redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("create", [False, True], ids=["read", "creation"])
def test_a_redirect_is_not_followed_so_the_token_stays_here(
    simulator: Simulator, ask: Callable[..., WolkvoxClient], status: int, create: bool
) -> None:
    with Simulator(ContactCentre(agents=1, token=TOKEN, lively=False)) as elsewhere:
        simulator.misbehave(
            Answer(status, headers={"Location": f"{elsewhere.url}/api/v2/information.php?api=agents"}), times=None
        )

        with pytest.raises(WolkvoxError) as raised:
            ask().create_agent(**CREATE) if create else ask().agents()

        assert elsewhere.requests == []
    assert len(simulator.requests) == 1
    if create:
        assert isinstance(raised.value, UnconfirmedError)
    else:
        assert raised.value.reason == "redirected"
        assert f"sent the request on to another address (“{elsewhere.url}/api/v2/information.php?" in str(raised.value)


# one request at a time


@pytest.fixture
def strict() -> Iterator[Simulator]:
    """A simulator that refuses a second request of a token while the first is under way."""
    tokens = ("one", "two")
    with Simulator(ContactCentre(agents=1, licences=9, token=tokens, lively=False, simultaneous=1)) as running:
        yield running


def starts(simulator: Simulator) -> list[float]:
    return sorted(request.seconds for request in simulator.requests)


def statuses(simulator: Simulator) -> list[int | None]:
    return [request.status for request in simulator.requests]


def test_threads_with_one_token_take_turns(strict: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    strict.misbehave(Delay(0.1), times=None)

    with ThreadPoolExecutor(5) as pool:
        clients = [ask("one", strict.url) for _ in range(5)]
        assert all(payload.records for payload in pool.map(lambda client: client.agents(), clients))

    assert statuses(strict) == [200] * 5
    times = starts(strict)
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) >= 0.1


def test_a_client_that_threads_share_takes_turns(strict: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    strict.misbehave(Delay(0.05), times=None)
    client = ask("one", strict.url)

    with ThreadPoolExecutor(4) as pool:
        assert all(payload.records for payload in pool.map(lambda _: client.agents(), range(4)))

    assert statuses(strict) == [200] * 4


def test_processes_with_one_token_take_turns(strict: Simulator) -> None:
    strict.misbehave(Delay(0.1), times=None)
    script = (
        "import sys\n"
        "from wolkvox_source.api.client import WolkvoxClient\n"
        "with WolkvoxClient('demo', 'one', sys.argv[1], requests_at_most=1) as client:\n"
        "    assert client.agents().records and client.agents().records\n"
    )

    processes = [
        subprocess.Popen([sys.executable, "-c", script, strict.url], cwd=PACKAGE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]

    assert [process.communicate(timeout=20)[1] for process in processes] == ["", "", ""]
    assert statuses(strict) == [200] * 6
    times = starts(strict)
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) >= 0.1


def test_two_tokens_are_used_side_by_side(strict: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    strict.misbehave(Delay(0.8), times=None)

    with ThreadPoolExecutor(2) as pool:
        clients = [ask("one", strict.url), ask("two", strict.url)]
        assert all(payload.records for payload in pool.map(lambda client: client.agents(), clients))

    first, second = starts(strict)
    assert second - first < 0.8


@pytest.mark.parametrize("create", [False, True], ids=["read", "creation"])
def test_a_token_that_stays_in_use_is_not_used(
    strict: Simulator, ask: Callable[..., WolkvoxClient], create: bool
) -> None:
    strict.misbehave(Delay(1.0))
    other = ask("one", strict.url)
    client = ask("one", strict.url, seconds_at_most=0.2)

    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(other.agents)
        while not strict.requests:
            time.sleep(0.01)
        with seconds(0.2, 5), pytest.raises(UnavailableError) as raised:
            client.create_agent(**CREATE) if create else client.agents()
        assert under_way.result().records

    assert raised.value.reason == "token_in_use"
    assert apis(strict) == ["agents"]


# creating an agent


def test_a_creation_is_sent_as_documented(
    simulator: Simulator, centre: ContactCentre, ask: Callable[..., WolkvoxClient]
) -> None:
    created = ask().create_agent("0010203", "PEÑA  INÉS", "ipena", PASSWORD)

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


def test_without_a_password_wolkvox_makes_one_up(simulator: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    created = ask().create_agent(**CREATE)

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
    ask: Callable[..., WolkvoxClient],
    misbehave: Callable[[Simulator, bool], None],
    happened: bool,
) -> None:
    misbehave(simulator, happened)

    with pytest.raises(UnconfirmedError) as raised:
        ask(answer_seconds=0.3).create_agent(**CREATE, agent_pass=PASSWORD)

    assert apis(simulator) == ["create_agent"]
    assert len(centre.agents) == happened
    assert PASSWORD not in spoken(raised.value)
    assert str(raised.value).startswith("It is not known whether wolkvox created the agent (")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"agent_pass": "weak"}, "(HTTP 400, “BAD REQUEST THE PASSWORD DOES NOT MEET THE SECURITY POLICY”)"),
        ({"agent_name": ""}, "(HTTP 400, “BAD REQUEST SOME PARAMETERS ARE REQUIRED”)"),
    ],
    ids=["weak password", "no name"],
)
def test_a_clear_no_is_refused_and_sent_once(
    simulator: Simulator, ask: Callable[..., WolkvoxClient], given: dict[str, str], said: str
) -> None:
    with pytest.raises(RefusedError) as raised:
        ask().create_agent(**{**CREATE, **given})

    assert str(raised.value) == f"wolkvox did not create the agent {said}: correct this row of the roster."
    assert len(simulator.requests) == 1


def test_a_no_that_repeats_the_password_does_not_tell_it(
    simulator: Simulator, ask: Callable[..., WolkvoxClient]
) -> None:
    simulator.misbehave(Answer(400, {"code": 400, "error": "BAD REQUEST", "msg": f"{PASSWORD} IS TOO WEAK"}))

    with pytest.raises(RefusedError) as raised:
        ask().create_agent(**CREATE, agent_pass=PASSWORD)

    assert "(HTTP 400, “BAD REQUEST … IS TOO WEAK”)" in str(raised.value)
    assert PASSWORD not in spoken(raised.value)


def test_a_creation_beyond_the_budget_is_for_later(
    simulator: Simulator, centre: ContactCentre, ask: Callable[..., WolkvoxClient]
) -> None:
    centre.spend(10**6)

    with pytest.raises(UnavailableError) as raised:
        ask().create_agent(**CREATE)

    assert raised.value.reason == "budget_spent"
    assert len(simulator.requests) == 1


@pytest.mark.parametrize("host", ["127.0.0.1:9", "wv0000.wolkvox.invalid"], ids=["refused", "no such host"])
def test_a_creation_that_was_never_sent_is_for_later(ask: Callable[..., WolkvoxClient], host: str) -> None:
    with pytest.raises(UnavailableError) as raised:
        ask(url=f"http://{host}").create_agent(**CREATE)

    assert raised.value.reason in {"unreachable", "no_such_host"}


# what is never told


def test_no_log_shows_a_token_or_a_password(
    simulator: Simulator, ask: Callable[..., WolkvoxClient], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "filelock", "wolkvox_source"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    simulator.misbehave(Answer(500))

    ask().agents()
    created = ask().create_agent(**CREATE)

    assert len(caplog.records) > 10
    shown = caplog.text + repr([vars(record) for record in caplog.records])
    assert TOKEN not in shown
    assert created.password not in shown


@pytest.mark.parametrize("token", ["s3cr3t-token", "s3cr3t\0token", "s3cr3t\ntoken", "s3cr3tñ"], ids=ascii)
@pytest.mark.parametrize("create", [False, True], ids=["read", "creation"])
def test_no_error_tells_the_token(ask: Callable[..., WolkvoxClient], token: str, create: bool) -> None:
    client = ask(token)

    with pytest.raises(WolkvoxError) as raised:
        client.create_agent(**CREATE) if create else client.agents()

    assert "s3cr3t" not in spoken(raised.value) + repr(client)


@pytest.mark.parametrize("misbehave", [one.values[0] for one in PASSING], ids=[one.id for one in PASSING])
def test_no_failure_tells_the_token(
    simulator: Simulator, ask: Callable[..., WolkvoxClient], misbehave: Misbehave
) -> None:
    misbehave(simulator, None)

    with pytest.raises(WolkvoxError) as raised:
        ask(answer_seconds=0.2, requests_at_most=1).agents()

    assert TOKEN not in spoken(raised.value)
