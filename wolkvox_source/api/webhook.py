"""One JSON posted to a webhook, within a few seconds whatever it does; its address is a secret."""

import threading
import time
from typing import Any
from urllib.parse import urlsplit

import orjson

from wolkvox_source.api.exchange import FAILURES, problem_of
from wolkvox_source.api.route import connections
from wolkvox_source.api.sockets import Sockets
from wolkvox_source.errors import UnavailableError, WolkvoxError
from wolkvox_source.language import Phrase

SECONDS = 5.0


def post(url: str, content: dict[str, Any], seconds: float = SECONDS) -> None:
    """Post `content` to `url`, once; raises an UnavailableError where no yes came back within `seconds`."""
    failures: list[WolkvoxError] = []

    def attempt() -> None:
        try:
            _post(url, content, seconds)
        except WolkvoxError as error:
            failures.append(error)

    # a name server has its own ideas of how long it may take
    posting = threading.Thread(target=attempt, name="wolkvox-webhook", daemon=True)
    posting.start()
    posting.join(seconds + 1)
    if posting.is_alive():
        raise _failed(url, Phrase("problem_late"))
    if failures:
        raise failures[0]


def _post(url: str, content: dict[str, Any], seconds: float) -> None:
    sockets = Sockets()
    with connections(url, sockets) as pool:
        sockets.begin(time.monotonic() + seconds)
        headers = [(b"Content-Type", b"application/json"), (b"User-Agent", b"dlt-source-wolkvox")]
        try:
            # what the answer says beyond its status is not read
            with pool.stream("POST", url, headers=headers, content=orjson.dumps(content)) as response:
                status = response.status
        except FAILURES as error:
            # the texts of these errors may quote the address
            raise _failed(url, problem_of(error)) from None
    if not 200 <= status < 300:
        raise _failed(url, Phrase("problem_status", {"status": status}))


def _failed(url: str, problem: Phrase) -> UnavailableError:
    return UnavailableError("webhook_failed", host=urlsplit(url).hostname, problem=problem)
