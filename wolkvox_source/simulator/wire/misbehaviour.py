"""What a server does to its clients besides answering: values to hand to `Simulator.misbehave`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from .sockets import Line
from .traffic import Answer, Request

EVERYTHING, READING, NOTHING = ("GET", "POST", "PUT", "DELETE", "PATCH"), ("GET",), ()

# the vendor's help says 403 during its backups; the text of the body is not public
MAINTENANCE = Answer(
    403,
    b"<html><head><title>403 Forbidden</title></head><body><h1>Forbidden</h1></body></html>\n",
    {"Content-Type": "text/html; charset=UTF-8"},
)


class Misbehaviour:
    """What happens to one request; as it stands, nothing but its answer.

    `carries_out` names the methods that have their effect in the world although their answer is lost
    or replaced; `silent` says that no answer leaves, and the line is closed.
    """

    carries_out: ClassVar[Collection[str]] = EVERYTHING
    silent: ClassVar[bool] = False

    def instead(self, answer: Answer, _request: Request, /) -> Answer:
        """The answer that leaves."""
        return answer

    def hold(self, line: Line, /) -> None:
        """Let time pass while the token is busy."""

    def send(self, line: Line, answer: Answer, /) -> None:
        """Send the answer."""
        line.send(answer)


@dataclass(frozen=True)
class Replaced(Misbehaviour):
    """Another answer: what an `Answer` becomes that is handed to `Simulator.misbehave`."""

    carries_out = NOTHING
    answer: Answer

    def instead(self, _answer: Answer, _request: Request, /) -> Answer:
        return self.answer


@dataclass(frozen=True)
class Delay(Misbehaviour):
    """Carry the request out, and answer late."""

    seconds: float

    def hold(self, line: Line, /) -> None:
        line.wait(self.seconds)


@dataclass(frozen=True)
class Hang(Misbehaviour):
    """Accept the request and never answer, until the client or the simulator goes away."""

    carries_out = NOTHING
    silent = True

    def hold(self, line: Line, /) -> None:
        line.wait_until_gone()


@dataclass(frozen=True)
class HangUp(Misbehaviour):
    """Close the connection without a byte."""

    carries_out = NOTHING
    silent = True


@dataclass(frozen=True)
class Cut(Misbehaviour):
    """Cut the connection after so many bytes of the body, or halfway through a shorter one."""

    carries_out = READING
    after_bytes: int = 100

    def send(self, line: Line, answer: Answer, /) -> None:
        line.send(answer, cut_after=self.after_bytes)


@dataclass(frozen=True)
class Truncate(Misbehaviour):
    """Send only so many records, while the message still announces all of them; or, `silently`, only these."""

    records: int
    silently: bool = False

    def instead(self, answer: Answer, _request: Request, /) -> Answer:
        if isinstance(answer.content, (bytes, str)) or not isinstance(data := answer.content.get("data"), list):
            return answer
        changed = {**answer.content, "data": data[: self.records]}
        if self.silently:
            changed["msg"] = f"{len(data[: self.records])} records were found"
        return Answer(answer.status, changed, answer.headers)
