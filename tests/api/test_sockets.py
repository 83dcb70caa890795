"""Answers that never end: each is given up at its time, whatever it drips, and holds nobody else up."""

import gzip
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.api.talking import server
from tests.worlds import LONG, Clock, Warehouse, run_once
from wolkvox_source.api import sockets, unpacking
from wolkvox_source.api.administration import Administration
from wolkvox_source.api.client import WolkvoxClient
from wolkvox_source.errors import UnavailableError, UnconfirmedError, UnreadableError
from wolkvox_source.simulator import ContactCentre, Simulator, Stream, streams

ENDLESS = [
    streams.endless_headers,
    streams.endless_continue,
    streams.endless_chunk_extension,
    streams.endless_trailers,
    streams.endless_chunks,
    streams.empty_gzip_blocks,
    streams.dripping_body,
]
FLOODS = [streams.endless_continue, streams.endless_chunks, streams.flood_of_empty_gzip_blocks]


def name(pieces: Any) -> str:
    return str(pieces.__name__).replace("_", " ")


@pytest.mark.parametrize("pieces", ENDLESS, ids=name)
def test_an_answer_that_drips_is_given_up_at_its_time(
    simulator: Simulator, centre: ContactCentre, ask: Callable[..., WolkvoxClient], pieces: Any
) -> None:
    centre.hire("GÓMEZ ANA", "51", "")
    simulator.misbehave(Stream(pieces, 0.02), times=None)

    with pytest.raises(UnavailableError) as raised:
        ask(answer_seconds=0.3, requests_at_most=1).agents()

    assert str(raised.value) == (
        "The connection to 127.0.0.1 broke before the answer was whole (no whole answer in time): the next run tries "
        "again."
    )


@pytest.mark.parametrize("pieces", FLOODS, ids=name)
def test_an_answer_that_floods_is_given_up_at_its_time(
    simulator: Simulator, ask: Callable[..., WolkvoxClient], pieces: Any
) -> None:
    simulator.misbehave(Stream(pieces, at_most=10**12), times=None)

    with pytest.raises(UnavailableError) as raised:
        ask(answer_seconds=0.5, requests_at_most=1).agents()

    assert "(no whole answer in time)" in str(raised.value)


@pytest.mark.parametrize("pieces", FLOODS, ids=name)
def test_bytes_that_unpack_to_nothing_are_counted_too(
    simulator: Simulator, ask: Callable[..., WolkvoxClient], monkeypatch: pytest.MonkeyPatch, pieces: Any
) -> None:
    monkeypatch.setattr(sockets, "LARGEST_ANSWER", 50_000)
    monkeypatch.setattr(sockets, "_AROUND_IT", 10_000)
    simulator.misbehave(Stream(pieces, at_most=10**12), times=None)

    with pytest.raises(UnreadableError) as raised:
        ask(answer_seconds=60, seconds_at_most=60).agents()

    assert raised.value.reason == "too_large"


@pytest.mark.parametrize("pieces", ENDLESS[:2], ids=name)
def test_a_change_whose_answer_drips_is_unconfirmed(administer: Callable[..., Administration], pieces: Any) -> None:
    def talk(line: socket.socket) -> None:
        # the simulator carries nothing out that it drips at
        # slowly, so that no limit on the length of headers is reached before the time is over
        for piece in pieces(None):
            line.sendall(piece)
            time.sleep(0.001)

    with server(talk) as url, pytest.raises(UnconfirmedError) as raised:
        administer(url=url, answer_seconds=0.3).create_agent("52", "ANA")

    assert "(no whole answer in time)" in str(raised.value)


# the documented ceiling takes seconds to send
MEGABYTES = 256 if LONG else 16


def as_it_is(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[")
    for _ in range(MEGABYTES + 14):
        line.sendall(b" " * 2**20)


def compressed(line: socket.socket) -> None:
    body = gzip.compress(b" " * ((MEGABYTES + 14) * 2**20), compresslevel=1)
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


@pytest.mark.parametrize("talk", [as_it_is, compressed], ids=["as it is", "compressed"])
def test_an_answer_is_not_read_past_its_ceiling(
    ask: Callable[..., WolkvoxClient], monkeypatch: pytest.MonkeyPatch, talk: Callable[[socket.socket], None]
) -> None:
    for module in (sockets, unpacking):
        monkeypatch.setattr(module, "LARGEST_ANSWER", MEGABYTES * 2**20)

    with server(talk) as url, pytest.raises(UnreadableError) as raised:
        ask(url=url, answer_seconds=60, seconds_at_most=60).agents()

    assert str(raised.value) == (
        f"wolkvox's answer passed {MEGABYTES} MB, the documented ceiling, and was not read further: nothing was "
        "loaded; ask wolkvox support what the report holds."
    )


def test_the_ceiling_is_the_documented_one() -> None:
    assert sockets.LARGEST_ANSWER == 256 * 1024 * 1024


# beside other operations


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """wolkvox gives up after a minute, and so do we; here it is a second."""
    monkeypatch.setitem(WolkvoxClient.__init__.__kwdefaults__, "answer_seconds", 1.0)


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """Two operations behind one address, `good` and `slow`."""
    centres = [ContactCentre(agents=3, seed=seed, token=f"token-of-{seed}", lively=False) for seed in (1, 2)]
    with Simulator(centres) as simulator:
        monkeypatch.setenv("SOURCES__WOLKVOX__OPERATIONS", '["good", "slow"]')
        for seed, operation in ((1, "GOOD"), (2, "SLOW")):
            monkeypatch.setenv(f"SOURCES__WOLKVOX__{operation}__SERVER", "demo")
            monkeypatch.setenv(f"SOURCES__WOLKVOX__{operation}__BASE_URL", simulator.url)
            monkeypatch.setenv(f"SOURCES__WOLKVOX__{operation}__TOKEN", f"token-of-{seed}")
        monkeypatch.setenv("SOURCES__WOLKVOX__REQUESTS_AT_MOST", "1")
        yield simulator


@pytest.mark.long
@pytest.mark.parametrize("pieces", [streams.endless_headers, streams.flood_of_empty_gzip_blocks], ids=name)
def test_an_operation_that_drips_keeps_neither_the_other_nor_the_next_run_waiting(
    two: Simulator, impatient: None, duckdb_warehouse: Warehouse, clock: Clock, pieces: Any
) -> None:
    two.misbehave(Stream(pieces, 0.001, at_most=10**12), token="token-of-2", times=None)

    first, second = run_once(duckdb_warehouse, clock), run_once(duckdb_warehouse, clock)

    for run in (first, second):
        assert run.error is None
        assert run.exit_code == 75
        assert {one.operation: one.reason for one in run.observations} == {"good": None, "slow": "interrupted"}
    assert duckdb_warehouse.rows("select operation, count(*) from agents group by all") == [("good", 3)]
    assert duckdb_warehouse.rows("select operation, outcome from observations order by observed_at, operation") == [
        ("good", "changed"),
        ("slow", "unavailable"),
        ("good", "unchanged"),
        ("slow", "unavailable"),
    ]
