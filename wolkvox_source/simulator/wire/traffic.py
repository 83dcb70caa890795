"""What goes over the wire: a request that arrived, an answer that leaves, a refusal that becomes one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Request:
    """One line of the simulator's log.

    `headers` have lower-case names; they and the body stay out of the repr, for the token and the
    passwords in them. `at` is the centre's clock, `seconds` the real time since the simulator opened.
    `status` is None until there is an answer, and for ever when there is none.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    at: datetime
    seconds: float
    status: int | None = None

    @property
    def api(self) -> str:
        """The name after `api=`, empty when there is none."""
        return self.query.get("api", "")

    @property
    def file(self) -> str:
        """The last part of the path, such as information.php."""
        return self.path.rpartition("/")[2]

    @property
    def token(self) -> str:
        """The header wolkvox-token, empty when there is none."""
        return self.headers.get("wolkvox-token", "")


@dataclass(frozen=True)
class Answer:
    """A status and a body: an object that becomes JSON, or text or bytes as they are."""

    status: int
    content: Mapping[str, object] | bytes | str = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """The bytes to send."""
        if isinstance(self.content, bytes):
            return self.content
        if isinstance(self.content, str):
            return self.content.encode()
        # a lone surrogate that a test put in a name becomes a question mark, as in PHP
        return json.dumps(self.content, ensure_ascii=False).encode("utf-8", "replace")

    def encoded(self) -> Answer:
        """The same answer with its body already bytes."""
        return Answer(self.status, self.body(), self.headers)


class Refusal(Exception):  # noqa: N818, it is an answer and not a fault
    """A request that wolkvox does not carry out: a status, the word for it, and a message."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(status, error, message)
        self.status, self.error, self.message = status, error, message

    def answer(self, like: str | int = "") -> Answer:
        """The answer, its code a number or text as the server spells its codes."""
        code = self.status if isinstance(like, int) else str(self.status)
        content: dict[str, object] = {"code": code, "error": self.error, "msg": self.message, "data": []}
        return Answer(self.status, content)


def missing_parameters() -> Refusal:
    """Something that the vendor requires was not sent."""
    return Refusal(400, "BAD REQUEST", "SOME PARAMETERS ARE REQUIRED")


def bad_request(message: str) -> Refusal:
    """Something was sent that cannot be; the vendor publishes no such words, so each message is invented."""
    return Refusal(400, "BAD REQUEST", message)


def forbidden(message: str) -> Refusal:
    """The one status that the vendor has for tokens, budgets and crowds."""
    return Refusal(403, "FORBIDDEN", message)


def not_found(message: str) -> Refusal:
    """There is no such thing here, or nothing of it."""
    return Refusal(404, "NOT FOUND", message)
