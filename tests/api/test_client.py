"""The client on real sockets: what it sends, when it asks again, how long it waits, and what it never tells."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from tests.api.talking import spoken
from tests.worlds import TOKEN
from wolkvox_source.api.administration import Administration
from wolkvox_source.api.client import WolkvoxClient
from wolkvox_source.errors import RefusedError, UnavailableError, UnreadableError, WolkvoxError
from wolkvox_source.simulator import MAINTENANCE, Answer, ContactCentre, Cut, Hang, HangUp, Simulator

FORBIDDEN_PAGE = "<html><body><h1>Forbidden</h1></body></html>"
CROWDED = {"code": "403", "error": "FORBIDDEN", "msg": "EXCEEDS THE LIMIT OF SIMULTANEOUS REQUESTS PER TOKEN (2)"}


@contextmanager
def seconds(at_least: float) -> Iterator[None]:
    """Whether at least so many seconds pass."""
    started = time.monotonic()
    yield
    assert at_least <= time.monotonic() - started


def apis(simulator: Simulator) -> list[str]:
    return [request.api for request in simulator.requests]


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


Asking = Callable[[WolkvoxClient], Any]
DAY = datetime(2026, 3, 2), datetime(2026, 3, 2, 23, 59, 59)


@pytest.mark.parametrize(
    ("read", "page", "query"),
    [
        (lambda client: client.skills(), "information.php", {"api": "skills"}),
        (
            lambda client: client.agents_in_skill("4001"),
            "information.php",
            {"api": "agents_in_skill", "skill_id": "4001"},
        ),
        (lambda client: client.live(), "real_time.php", {"api": "agents"}),
        (
            lambda client: client.sessions(*DAY),
            "reports_manager.php",
            {"api": "agent_7", "date_ini": "20260302000000", "date_end": "20260302235959"},
        ),
        (
            lambda client: client.status_events(*DAY),
            "reports_manager.php",
            {"api": "agent_14", "date_ini": "20260302000000", "date_end": "20260302235959"},
        ),
        (
            lambda client: client.read("information.php", "audit_log", date_ini=DAY[0], date_end=None),
            "information.php",
            {"api": "audit_log", "date_ini": "20260302000000"},
        ),
    ],
    ids=["skills", "agents in skill", "live", "sessions", "status events", "any other"],
)
def test_every_report_is_asked_for_as_documented(
    simulator: Simulator, ask: Callable[..., WolkvoxClient], read: Asking, page: str, query: dict[str, str]
) -> None:
    simulator.misbehave(Answer(200, {"code": 200, "error": None, "msg": "1 records were found", "data": [{"a": "1"}]}))

    assert read(ask()).records == [{"a": "1"}]

    (request,) = simulator.requests
    assert (request.method, request.path, request.query) == ("GET", f"/api/v2/{page}", query)


def test_a_dated_report_without_rows_is_no_records_whatever_it_says(ask: Callable[..., WolkvoxClient]) -> None:
    payload = ask().status_events(*DAY)

    assert (payload.status, payload.message, payload.records) == (404, "Validate dates entered", [])


def test_a_client_for_reports_has_no_verb_that_changes_anything() -> None:
    verbs = {name for name in vars(Administration) if not name.startswith("_")}

    assert len(verbs) == 7
    assert not any(hasattr(WolkvoxClient, verb) for verb in verbs)


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

    with seconds(1.0):
        ask().agents()

    assert len(simulator.requests) == 2


@pytest.mark.long
def test_retry_after_may_be_a_date(simulator: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    soon = datetime.now(timezone.utc) + timedelta(seconds=2)
    simulator.misbehave(Answer(503, headers={"Retry-After": format_datetime(soon, usegmt=True)}))

    with seconds(0.9):
        ask().agents()


@pytest.mark.parametrize("date", ["Mon, 02 Mar 2020 12:00:00 GMT", "0"], ids=["long past", "at once"])
def test_retry_after_may_be_over(simulator: Simulator, ask: Callable[..., WolkvoxClient], date: str) -> None:
    simulator.misbehave(Answer(503, headers={"Retry-After": date}))

    # without what the answer says, the wait would be longer than its patience
    ask(first_wait_seconds=60, seconds_at_most=30).agents()

    assert len(simulator.requests) == 2


@pytest.mark.parametrize("said", ["soon", "", "-1", "²", "1.5", "Fri, 99 Zzz 20260 99:99:99"])
def test_a_retry_after_that_says_nothing_is_passed_over(
    simulator: Simulator, ask: Callable[..., WolkvoxClient], said: str
) -> None:
    simulator.misbehave(Answer(503, headers={"Retry-After": said}))

    ask().agents()

    assert len(simulator.requests) == 2


@pytest.mark.parametrize("said", ["3600", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"], ids=["hour", "ages", "9999"])
def test_a_retry_after_beyond_all_patience_is_left_to_the_next_run(
    simulator: Simulator, ask: Callable[..., WolkvoxClient], said: str
) -> None:
    simulator.misbehave(Answer(503, headers={"Retry-After": said}), times=None)

    with pytest.raises(UnavailableError) as raised:
        ask().agents()

    assert raised.value.reason == "server_error"
    assert len(simulator.requests) == 1


def test_waits_grow(simulator: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    simulator.misbehave(Answer(500), times=None)

    with pytest.raises(UnavailableError):
        ask(first_wait_seconds=0.2, requests_at_most=3).agents()

    first, second, third = (request.seconds for request in simulator.requests)
    assert second - first >= 0.2
    assert third - second >= 0.4


def test_a_read_with_its_retries_has_one_end(simulator: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    simulator.misbehave(Hang(), times=None)

    with pytest.raises(UnavailableError):
        ask(answer_seconds=1.0, seconds_at_most=1.1, requests_at_most=5).agents()

    assert len(simulator.requests) <= 2


def test_a_client_asks_on_after_a_failure(simulator: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    simulator.misbehave(Cut(5))
    client = ask(requests_at_most=1)
    with pytest.raises(UnavailableError):
        client.agents()

    assert client.agents().status == 404


# what is never told


def test_no_log_shows_a_token_or_a_password(
    simulator: Simulator, administer: Callable[..., Administration], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpcore", "filelock", "wolkvox_source"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    simulator.misbehave(Answer(500))

    administer().agents()
    created = administer().create_agent("0010203", "PEÑA  INÉS")

    assert len(caplog.records) > 10
    shown = caplog.text + repr([vars(record) for record in caplog.records])
    assert TOKEN not in shown
    assert created.password not in shown


@pytest.mark.parametrize("misbehave", [one.values[0] for one in PASSING], ids=[one.id for one in PASSING])
def test_no_failure_tells_the_token(
    simulator: Simulator, ask: Callable[..., WolkvoxClient], misbehave: Misbehave
) -> None:
    misbehave(simulator, None)

    with pytest.raises(WolkvoxError) as raised:
        ask(answer_seconds=0.2, requests_at_most=1).agents()

    assert TOKEN not in spoken(raised.value)
