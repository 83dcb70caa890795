"""What goes over the wire: a request that arrived, and an answer that leaves."""

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
    """A status and a body: an object that becomes JSON, or bytes as they are."""

    status: int
    content: Mapping[str, object] | bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """The bytes to send."""
        if isinstance(self.content, bytes):
            return self.content
        # a lone surrogate that a test put in a name becomes a question mark, as in PHP
        return json.dumps(self.content, ensure_ascii=False).encode("utf-8", "replace")

    def encoded(self) -> Answer:
        """The same answer with its body already bytes."""
        return Answer(self.status, self.body(), self.headers)

    def with_records(self, records: int) -> Answer:
        """The same answer with only so many records, still announcing all of them."""
        data = None if isinstance(self.content, bytes) else self.content.get("data")
        if isinstance(self.content, bytes) or not isinstance(data, list):
            return self
        return Answer(self.status, {**self.content, "data": data[:records]}, self.headers)
