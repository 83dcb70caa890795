"""How the simulator misbehaves: lost, late, cut, false and endless answers, over real sockets."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Literal

import httpx
import pytest

from tests.simulated import MONDAY, Opener, Wolkvox, opener, scripted, with_three
from wolkvox_source.simulator import (
    MAINTENANCE,
    Answer,
    Cut,
    Delay,
    EchoToken,
    GzipTwice,
    Hang,
    HangUp,
    Simulator,
    Stream,
    Truncate,
    streams,
)


@pytest.fixture
def open_wolkvox() -> Iterator[Opener]:
    with opener() as opened:
        yield opened


@pytest.fixture
def wolkvox(open_wolkvox: Opener) -> Wolkvox:
    """A centre of three."""
    return with_three(open_wolkvox())


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


def test_a_misbehaviour_can_be_meant_for_one_token(open_wolkvox: Opener) -> None:
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
    given_up = 0
    while given_up < 4:
        # its place is free once the simulator has noticed that nobody waits any more
        with contextlib.suppress(httpx.ReadTimeout):
            assert wolkvox.http.get("information.php?api=agents", timeout=0.05).status_code == 403
            continue
        given_up += 1

    while wolkvox.report().status_code != 200:
        time.sleep(0.01)


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


def test_an_outage_lasts_until_a_time_on_the_centres_clock(wolkvox: Wolkvox) -> None:
    wolkvox.simulator.misbehave(MAINTENANCE, times=None, until=MONDAY + timedelta(hours=1))

    statuses = []
    for _ in range(4):
        statuses.append(wolkvox.report().status_code)
        wolkvox.centre.advance(timedelta(minutes=20))

    assert statuses == [403, 403, 403, 200]


def test_a_list_can_be_short_without_a_word_of_it(wolkvox: Wolkvox) -> None:
    wolkvox.simulator.misbehave(Truncate(2, silently=True))

    body = wolkvox.report().json()

    assert body["msg"] == "2 records were found"
    assert [record["agent_id"] for record in body["data"]] == ["12001", "12002"]


# streams


def line_to(wolkvox: Wolkvox) -> socket.socket:
    """A socket that has asked for the report."""
    host, _, port = wolkvox.simulator.url.removeprefix("http://").partition(":")
    line = socket.create_connection((host, int(port)), timeout=5)
    asked = "GET /api/v2/information.php?api=agents HTTP/1.1\r\nHost: wv\r\nwolkvox-token: demo-token\r\n\r\n"
    line.sendall(asked.encode())
    return line


def read(line: socket.socket, size: int) -> bytes:
    """So many bytes of what a server says."""
    told = b""
    while len(told) < size and (piece := line.recv(size - len(told))):
        told += piece
    return told


def threads_are_down_to(number: int) -> bool:
    """Whether the simulator's threads end, given a few seconds."""
    for _ in range(500):
        if threading.active_count() <= number:
            return True
        time.sleep(0.01)
    return False


ENDLESS = [
    pytest.param(streams.endless_headers, b"HTTP/1.1 200 OK\r\nX-Slow-0: please wait\r\nX-Slow-1: ", id="headers"),
    pytest.param(streams.endless_continue, b"HTTP/1.1 100 Continue\r\n\r\n" * 3, id="continue"),
    pytest.param(streams.endless_chunk_extension, streams.CHUNKED + b"\r\n1;wait=aaaaa", id="chunk-extension"),
    pytest.param(streams.endless_chunks, streams.CHUNKED + b"\r\n" + b"1\r\n \r\n" * 3, id="chunks"),
]


@pytest.mark.parametrize(("pieces", "beginning"), ENDLESS)
def test_an_answer_can_be_without_end_and_stops_when_the_client_leaves(
    wolkvox: Wolkvox, pieces: Callable[[Answer], Iterator[bytes]], beginning: bytes
) -> None:
    wolkvox.simulator.misbehave(Stream(pieces, pause=0.001))
    before = threading.active_count()

    with line_to(wolkvox) as line:
        assert read(line, len(beginning)) == beginning
        assert len(read(line, 20)) == 20

    assert threads_are_down_to(before)
    assert wolkvox.report().status_code == 200


@pytest.mark.parametrize("pause", [0.0, 0.01], ids=["flood", "slow"])
def test_an_answer_without_end_stops_when_the_simulator_closes(pause: float) -> None:
    before = threading.active_count()
    with Simulator(scripted(agents=5)) as simulator:
        simulator.misbehave(Stream(streams.endless_chunks, pause=pause))
        wolkvox = Wolkvox(simulator)
        with line_to(wolkvox) as line:
            read(line, 200)
            simulator.__exit__(None, None, None)
            assert threads_are_down_to(before)
        wolkvox.http.close()


def test_an_answer_without_end_ends_after_so_many_bytes(wolkvox: Wolkvox) -> None:
    wolkvox.simulator.misbehave(Stream(streams.endless_continue, at_most=100_000))

    with line_to(wolkvox) as line:
        assert 100_000 <= len(read(line, 200_000)) < 100_100


def test_trailers_follow_a_whole_body_without_end(wolkvox: Wolkvox) -> None:
    body = wolkvox.report().content
    wolkvox.simulator.misbehave(Stream(streams.endless_trailers, pause=0.001))
    expected = (
        streams.CHUNKED + b"\r\n%x\r\n" % len(body) + body + b"\r\n0\r\nX-Trailer-0: wait\r\nX-Trailer-1: wait\r\n"
    )

    with line_to(wolkvox) as line:
        assert read(line, len(expected)) == expected


@pytest.mark.parametrize(
    "pieces", [streams.empty_gzip_blocks, streams.flood_of_empty_gzip_blocks], ids=["slow", "flood"]
)
def test_compressed_blocks_can_hold_nothing_without_end(
    wolkvox: Wolkvox, pieces: Callable[[Answer], Iterator[bytes]]
) -> None:
    wolkvox.simulator.misbehave(Stream(pieces, at_most=70_000))

    with wolkvox.http.stream("GET", "information.php?api=agents") as response:
        assert response.headers["content-encoding"] == "gzip"
        raw = b""
        with contextlib.suppress(httpx.RemoteProtocolError):
            for piece in response.iter_raw():
                raw += piece

    assert len(raw) > 30_000
    assert zlib.decompressobj(31).decompress(raw) == b""


def test_an_answer_can_be_compressed_twice_and_be_a_thousand_times_its_size(wolkvox: Wolkvox) -> None:
    report = wolkvox.report().content
    wolkvox.simulator.misbehave(GzipTwice(size=4_000_000))

    with wolkvox.http.stream("GET", "information.php?api=agents") as response:
        raw = b"".join(response.iter_raw())

    assert response.headers["content-encoding"] == "gzip, gzip"
    assert len(raw) < 4_000
    assert gzip.decompress(gzip.decompress(raw)) == report + b" " * 4_000_000


def test_a_body_can_drip_until_it_is_whole(wolkvox: Wolkvox) -> None:
    report = wolkvox.report().json()
    wolkvox.simulator.misbehave(Stream(streams.dripping_body, pause=0.0001))

    with wolkvox.http.stream("GET", "information.php?api=agents") as response:
        first = next(raw := response.iter_raw())
        whole = first + b"".join(raw)

    assert len(first) < len(whole)
    assert json.loads(whole) == report


def test_a_change_whose_answer_streams_is_not_made_unless_it_is_said(wolkvox: Wolkvox) -> None:
    for effect in (False, True):
        wolkvox.simulator.misbehave(Stream(streams.endless_continue, at_most=100), after_effect=effect)
        with pytest.raises(httpx.RemoteProtocolError):
            wolkvox.create(agent_dni=f"99{effect:d}")

    assert [agent.dni for agent in wolkvox.centre.agents.values()] == ["1", "2", "3", "991"]


# the token, said back

TOKEN = "t/ken+1==?"
SPELLED = {"plain": TOKEN, "url": "t%2Fken%2B1%3D%3D%3F", "base64": "dC9rZW4rMT09Pw=="}


@pytest.mark.parametrize("spelling", ["plain", "url", "base64"])
@pytest.mark.parametrize(("place", "status"), [("msg", 403), ("page", 500), ("record", 200)])
def test_the_token_can_come_back(
    open_wolkvox: Opener,
    place: Literal["msg", "page", "record"],
    status: int,
    spelling: Literal["plain", "url", "base64"],
) -> None:
    wolkvox = with_three(open_wolkvox(token=TOKEN))
    wolkvox.simulator.misbehave(EchoToken(place, spelling))

    response = wolkvox.http.get("information.php?api=agents", headers={"wolkvox-token": TOKEN})

    assert response.status_code == status
    assert SPELLED[spelling] in response.text
    if place == "record":
        assert response.json()["msg"] == "4 records were found"
        assert response.json()["data"][-1] == {"agent_id": "", "agent_name": f"TOKEN {SPELLED[spelling]}"}
