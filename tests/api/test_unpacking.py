"""Bodies: one compression at most, whole, and never more than is documented."""

import gzip
import zlib
from collections.abc import Callable, Iterable

import pytest

from wolkvox_source.api import unpacking
from wolkvox_source.api.client import WolkvoxClient
from wolkvox_source.api.unpacking import unpacked
from wolkvox_source.errors import UnreadableError
from wolkvox_source.language import speak
from wolkvox_source.simulator import Answer, GzipTwice, Simulator

BODY = b'{"data": [{"agent_id": "1"}]}' * 1000


def pieces(body: bytes, size: int) -> Iterable[bytes]:
    return [body[at : at + size] for at in range(0, len(body), size)]


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("encodings", ["", "identity", " Identity , "])
def test_a_body_that_is_not_compressed_is_as_it_is(encodings: str, size: int) -> None:
    assert unpacked(pieces(BODY, size), encodings) == BODY


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("encodings", ["gzip", "x-gzip", "GZip", "identity, gzip"])
def test_a_compressed_body_is_unpacked_whatever_its_pieces(encodings: str, size: int) -> None:
    assert unpacked(pieces(gzip.compress(BODY), size), encodings) == BODY


def test_no_body_is_none_whatever_its_encoding() -> None:
    assert unpacked([], "gzip") == b""


@pytest.mark.parametrize("encodings", ["gzip, gzip", "gzip,gzip,gzip", "deflate", "br", "zstd", "gzip, br", "z" * 500])
def test_what_was_not_asked_for_is_refused_before_it_is_unpacked(encodings: str) -> None:
    def never() -> Iterable[bytes]:
        raise AssertionError("the body was read")
        yield b""

    with pytest.raises(UnreadableError) as raised:
        unpacked(never(), encodings)

    assert "it is encoded as “" in str(raised.value)
    assert "está codificado como “" in speak("es").tell(raised.value)
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"not gzip", id="something else"),
        pytest.param(zlib.compress(BODY), id="zlib's own format"),
        pytest.param(gzip.compress(BODY)[:-1], id="cut"),
        pytest.param(gzip.compress(BODY)[:9], id="cut in its beginning"),
        pytest.param(gzip.compress(BODY) + b"x", id="something after it"),
        pytest.param(gzip.compress(BODY) + gzip.compress(BODY), id="another after it"),
        pytest.param(gzip.compress(BODY)[:-8] + bytes(8), id="a wrong checksum"),
    ],
)
@pytest.mark.parametrize("size", [1, 100_000])
def test_a_body_that_is_not_compressed_as_it_says_is_told_as_such(body: bytes, size: int) -> None:
    with pytest.raises(UnreadableError) as raised:
        unpacked(pieces(body, size), "gzip")

    assert "(it is not compressed as it says;" in str(raised.value)


@pytest.mark.parametrize("encodings", ["", "gzip"])
def test_a_body_may_be_as_large_as_is_documented_and_no_larger(monkeypatch: pytest.MonkeyPatch, encodings: str) -> None:
    monkeypatch.setattr(unpacking, "LARGEST_ANSWER", len(BODY))

    def sent(body: bytes) -> Iterable[bytes]:
        return pieces(gzip.compress(body) if encodings else body, 100)

    assert unpacked(sent(BODY), encodings) == BODY
    with pytest.raises(UnreadableError) as raised:
        unpacked(sent(BODY + b" "), encodings)

    assert raised.value.reason == "too_large"


def test_an_answer_that_was_compressed_twice_is_refused_over_a_socket(
    simulator: Simulator, ask: Callable[..., WolkvoxClient]
) -> None:
    simulator.misbehave(GzipTwice())

    with pytest.raises(UnreadableError) as raised:
        ask().agents()

    assert str(raised.value) == (
        "wolkvox answered something that is not a report (it is encoded as “gzip, gzip”, and gzip was asked for; it "
        "begins “”): nothing was loaded; if it repeats, send this line to wolkvox support."
    )
    assert simulator.requests[0].headers["accept-encoding"] == "gzip"


def test_an_answer_that_was_compressed_is_read(simulator: Simulator, ask: Callable[..., WolkvoxClient]) -> None:
    body = gzip.compress(b'{"code": "200", "msg": "1 records were found", "data": [{"agent_id": "12001"}]}')
    simulator.misbehave(Answer(200, body, {"Content-Encoding": "gzip"}))

    assert ask().agents().records == [{"agent_id": "12001"}]
