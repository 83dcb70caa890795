"""A server that says the client's token back to it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from .misbehaviour import READING, Misbehaviour
from .traffic import Answer, Request, forbidden


@dataclass(frozen=True)
class EchoToken(Misbehaviour):
    """The token in a message (403), on an error page (500), or in one more record, which has no agent_id."""

    carries_out = READING
    place: Literal["msg", "page", "record"] = "msg"
    spelling: Literal["plain", "url", "base64"] = "plain"

    def instead(self, answer: Answer, request: Request, /) -> Answer:
        told = self._spelled(request.token)
        if self.place == "msg":
            return forbidden(f"PLEASE VALIDATE TOKEN {told}").answer()
        if self.place == "page":
            page = f"<html><body><h1>Internal Server Error</h1><pre>wolkvox-token: {told}</pre></body></html>"
            return Answer(500, page, {"Content-Type": "text/html; charset=UTF-8"})
        return _with_record(answer, {"agent_id": "", "agent_name": f"TOKEN {told}"})

    def _spelled(self, token: str) -> str:
        if self.spelling == "base64":
            return b64encode(token.encode()).decode()
        return quote(token, safe="") if self.spelling == "url" else token


def _with_record(answer: Answer, record: dict[str, object]) -> Answer:
    if isinstance(answer.content, (bytes, str)) or not isinstance(data := answer.content.get("data"), list):
        return answer
    content = {**answer.content, "msg": f"{len(data) + 1} records were found", "data": [*data, record]}
    return Answer(answer.status, content, answer.headers)
