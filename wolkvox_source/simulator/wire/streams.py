"""Answers that never end, or hardly move: byte by byte, and whatever HTTP lets a server say in between.

Each function takes the answer that would have been sent and yields what goes down the socket instead, piece
by piece; `Stream` writes them with a pause after each. https://www.rfc-editor.org/rfc/rfc9112 has the grammar.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from .misbehaviour import READING, Misbehaviour
from .sockets import Line
from .traffic import Answer, Request

CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
# a stored deflate block of nothing: five bytes on the wire that unpack to none
EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"


@dataclass(frozen=True)
class Stream(Misbehaviour):
    """Raw bytes on the line, a pause of so many seconds after each piece.

    It ends when they do, when the client or the simulator goes away, after `at_most` bytes or ten minutes.
    """

    carries_out = READING
    pieces: Callable[[Answer], Iterable[bytes]]
    pause: float = 0.0
    at_most: int = 256 * 1024 * 1024

    def send(self, line: Line, answer: Answer, /) -> None:
        line.stream(self.pieces(answer), self.pause, self.at_most)


@dataclass(frozen=True)
class GzipTwice(Misbehaviour):
    """The answer and so many bytes of blanks, compressed twice: a few kilobytes that unpack to `size`."""

    carries_out = READING
    size: int = 64 * 1024 * 1024

    def instead(self, answer: Answer, _request: Request, /) -> Answer:
        bomb = gzip.compress(gzip.compress(answer.body() + b" " * self.size, 6))
        return Answer(answer.status, bomb, {**answer.headers, "Content-Encoding": "gzip, gzip"})


def endless_headers(_answer: Answer) -> Iterator[bytes]:
    """A byte of headers at a time, and always one more header."""
    yield b"HTTP/1.1 200 OK\r\n"
    for number in count():
        for byte in f"X-Slow-{number}: please wait\r\n".encode():
            yield bytes([byte])


def endless_continue(_answer: Answer) -> Iterator[bytes]:
    """100 Continue, and again."""
    while True:
        yield b"HTTP/1.1 100 Continue\r\n\r\n"


def endless_chunk_extension(_answer: Answer) -> Iterator[bytes]:
    """The size of a chunk, and an extension of it that does not end."""
    yield CHUNKED + b"\r\n1;wait="
    while True:
        yield b"a"


def endless_trailers(answer: Answer) -> Iterator[bytes]:
    """The whole body, its end, and trailers after it."""
    body = answer.body()
    yield CHUNKED + b"\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n"
    for number in count():
        yield f"X-Trailer-{number}: wait\r\n".encode()


def endless_chunks(_answer: Answer) -> Iterator[bytes]:
    """A body of blanks that does not end."""
    yield CHUNKED + b"\r\n"
    while True:
        yield b"1\r\n \r\n"


def empty_gzip_blocks(_answer: Answer) -> Iterator[bytes]:
    """A compressed body that goes on and on and unpacks to nothing."""
    return _gzip(EMPTY_BLOCK)


def flood_of_empty_gzip_blocks(_answer: Answer) -> Iterator[bytes]:
    """The same, 64 kB at a time."""
    return _gzip(EMPTY_BLOCK * 13_107)


def dripping_body(answer: Answer) -> Iterator[bytes]:
    """The answer as it is, its body a byte at a time."""
    body = answer.body()
    head = f"HTTP/1.1 {answer.status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    yield head.encode()
    for byte in body:
        yield bytes([byte])


def _gzip(blocks: bytes) -> Iterator[bytes]:
    # the ten bytes that begin every gzip file
    yield CHUNKED + b"Content-Encoding: gzip\r\n\r\na\r\n" + gzip.compress(b"")[:10] + b"\r\n"
    while True:
        yield b"%x\r\n" % len(blocks) + blocks + b"\r\n"
