"""wolkvox's reports over HTTP: what is asked for, how often again, and how long it may take."""

import email.utils
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import TypeVar

import tenacity

from wolkvox_source.api import token_lock
from wolkvox_source.api.envelope import Payload, read_payload
from wolkvox_source.api.exchange import Answer, Exchange
from wolkvox_source.api.refusals import refusal
from wolkvox_source.errors import RefusedError, WolkvoxError, quote

# wolkvox gives up after 60 s, so an answer comes a little later at the latest
ANSWER_SECONDS = 65.0
CONNECT_SECONDS = 15.0
REQUESTS_AT_MOST = 3
SECONDS_AT_MOST = 180.0

_Client = TypeVar("_Client", bound="WolkvoxClient")


class WolkvoxClient:
    """wolkvox's reports of one operation; a context manager that closes its connections. It changes nothing.

    `base_url` is `https://wv{server}.wolkvox.com` if left out. A read that failed for a passing reason is
    sent again, `requests_at_most` times in all, after `first_wait_seconds` and then twice as long each time,
    with jitter. `answer_seconds` bounds one request from connecting to its last byte, `seconds_at_most` a read
    with its retries. `listener` is told each answer as it came, the token left out.

    Every report raises a RefusedError, an UnavailableError or an UnreadableError where there is none.
    """

    def __init__(
        self,
        server: str,
        token: str,
        base_url: str | None = None,
        *,
        requests_at_most: int = REQUESTS_AT_MOST,
        answer_seconds: float = ANSWER_SECONDS,
        connect_seconds: float = CONNECT_SECONDS,
        first_wait_seconds: float = 2.0,
        seconds_at_most: float = SECONDS_AT_MOST,
        listener: Callable[[Answer], None] | None = None,
    ) -> None:
        # a secret that was read from a file often ends in a new line
        self._token = token.strip()
        self._requests_at_most = requests_at_most
        self._answer_seconds = answer_seconds
        self._first_wait = first_wait_seconds
        self._seconds_at_most = seconds_at_most
        self._listener = listener
        self._exchange = Exchange(base_url or f"https://wv{server}.wolkvox.com", self._token, connect_seconds)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._exchange.address!r})"

    def __enter__(self: _Client) -> _Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exchange.close()

    @property
    def requests(self) -> int:
        """How many requests went out, retries too; each that wolkvox answered costs one of the day's budget."""
        return self._exchange.requests

    def read(self, page: str, api: str, **query: object) -> Payload:
        """The report `api` of a page such as `information.php`; no rows are an empty Payload.

        A datetime in `query` is written in the 14 digits of wolkvox's dates, and None is left out.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_worth_a_retry),
            stop=tenacity.stop_after_attempt(self._requests_at_most)
            | tenacity.stop_before_delay(self._seconds_at_most),
            wait=self._wait,
            reraise=True,
        )
        give_up_at = time.monotonic() + self._seconds_at_most
        return retrying(lambda: self._read_once(page, api, query, give_up_at))

    def agents(self, agent_id: str | None = None) -> Payload:
        """The roster, or the one agent of it; https://www.wolkvox.com/en/apis-v2-2/5-agents/."""
        # the filter's name is `agent`, not `agent_id`, in wolkvox's own Postman collection
        return self.read("information.php", "agents", agent=agent_id or None)

    def skills(self) -> Payload:
        """The skills: skill_id, skill_name, skill_description, last_use."""
        return self.read("information.php", "skills")

    def agents_in_skill(self, skill_id: str) -> Payload:
        """The agents of a skill: agent_id, agent_name, last_use, expertise."""
        return self.read("information.php", "agents_in_skill", skill_id=skill_id)

    def live(self) -> Payload:
        """What every agent does now, for how many seconds, and the day's counters."""
        return self.read("real_time.php", "agents")

    def sessions(self, begin: datetime, end: datetime) -> Payload:
        """Logins and logouts per agent and day, 31 days at most; both times are the operation's own."""
        return self.read("reports_manager.php", "agent_7", date_ini=begin, date_end=end)

    def status_events(self, begin: datetime, end: datetime) -> Payload:
        """Every status of every agent, 31 days at most; both times are the operation's own."""
        return self.read("reports_manager.php", "agent_14", date_ini=begin, date_end=end)

    def token_info(self) -> Payload:
        """The daily budget, one record; the request itself costs one. Not retried."""
        return self._read_once("information.php", "token_info", {}, time.monotonic() + self._seconds_at_most)

    def _read_once(self, page: str, api: str, query: dict[str, object], give_up_at: float) -> Payload:
        with self._holding_token(give_up_at) as answer_by:
            answer = self._exchange.ask("GET", page, _written({"api": api, **query}), min(answer_by, give_up_at))
        if self._listener:
            self._listener(answer)
        return said(answer)

    @contextmanager
    def _holding_token(self, give_up_at: float) -> Iterator[float]:
        """Hold the token; yields the monotonic time by which an answer must be whole."""
        with token_lock.holding(self._token, give_up_at - time.monotonic(), self._seconds_at_most):
            yield time.monotonic() + self._answer_seconds

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, WolkvoxError) and error.retry_after is not None:
            return error.retry_after
        jitter = tenacity.wait_random(0, self._first_wait)
        return (tenacity.wait_exponential(multiplier=self._first_wait, max=60) + jitter)(state)


def said(answer: Answer) -> Payload:
    """What the answer to a read says; raises what a report does where it brings none."""
    status = answer.status
    if 300 <= status < 400 and answer.location is not None:
        raise RefusedError("redirected", status=status, quoted=quote(answer.location))
    if status >= 500 or status in {403, 429}:
        failure = refusal(status, answer.body)
        failure.retry_after = _seconds(answer.retry_after)
        raise failure
    return read_payload(status, answer.body)


def _is_worth_a_retry(error: BaseException) -> bool:
    return isinstance(error, WolkvoxError) and error.retryable


def _written(query: dict[str, object]) -> dict[str, str]:
    return {
        name: f"{value:%Y%m%d%H%M%S}" if isinstance(value, datetime) else str(value)
        for name, value in query.items()
        if value is not None
    }


def _seconds(retry_after: str | None) -> float | None:
    """A Retry-After header in seconds, whether it says seconds or a date."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        moment = email.utils.parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    return max(0.0, moment.timestamp() - time.time())
