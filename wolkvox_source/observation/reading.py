"""One operation of one run, read report by report: one request, or one for each row of another report, or windows."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from wolkvox_source.api import exchange
from wolkvox_source.api.archive import Archive
from wolkvox_source.api.client import WolkvoxClient
from wolkvox_source.api.envelope import Payload
from wolkvox_source.errors import ClockError, UnavailableError, UnreadableError, WolkvoxError
from wolkvox_source.observation.answers import Answer, Known, Listener
from wolkvox_source.observation.budget import Budget, budget_of
from wolkvox_source.reports.catalogue import Report
from wolkvox_source.reports.dated import Window, due
from wolkvox_source.reports.snapshot import Snapshot, snapshot, together
from wolkvox_source.reports.suspicions import CEILING
from wolkvox_source.settings import Operation

log = logging.getLogger(__name__)


class Reader(Protocol):
    """What answers: wolkvox, or an archive of what it once said."""

    @property
    def requests(self) -> int:
        """How many requests went out."""

    def read(self, page: str, api: str, /, **query: object) -> Payload:
        """The report `api` of a page."""


# wolkvox's answers about a token are of all that it may ask for
_OF_THE_TOKEN = frozenset({401, 403})

Read = Callable[[Reader], tuple[Payload, Snapshot]]


@dataclass
class Reading:
    """One operation of one run.

    Attributes:
        last: when the warehouse knows it to have been observed, where that is at this time or later
        reader: what answers in place of wolkvox
    """

    operation: Operation
    observed_at: datetime
    last: datetime | None = None
    listener: Listener | None = None
    archive: Archive | None = None
    known: Known = field(default_factory=Known)
    reader: Callable[[], AbstractContextManager[Reader]] | None = None

    def __post_init__(self) -> None:
        spent = None if self.known.spent is None else self.known.spent.get(self.operation.name, 0)
        self.budget: Budget = budget_of(self.operation, self.observed_at, spent)
        # what was read, for the reports which ask about each row of another
        self.seen: dict[str, Snapshot] = {}
        # what is so for every report: no request leaves this machine, or the token is refused
        self.hopeless: WolkvoxError | None = None

    def answer(self, report: Report) -> Answer:
        """What the operation answers."""
        if report.kind == "dated":
            last = self.known.last_observed_at.get((report.name, self.operation.name))
            return self.windows(
                report, due(self.observed_at, self.operation.timezone, self.operation.reread_days, last)
            )
        if report.each is None:
            return self._told(report, lambda client: self._whole(report, client))
        return self._told(report, lambda client: self._each(report, client))

    def windows(self, report: Report, windows: Sequence[Window]) -> Answer:
        """What the operation answers for some windows of a dated report."""
        return self._told(report, lambda client: self._dated(report, client, windows), windows)

    def _told(self, report: Report, read: Read, windows: Sequence[Window] = ()) -> Answer:
        """Ask, tell the listener, and keep the answers in the archive."""
        started = time.monotonic()
        heard: list[exchange.Answer] = []
        answer = self._read(report, read, heard)
        span = [moment for window in windows for moment in window.utc(self.operation.timezone)]
        window = (min(span), max(span)) if span else None
        answer = replace(answer, seconds=time.monotonic() - started, window=window)
        # a clock that is behind leaves no row anywhere
        if self.archive and not isinstance(answer.error, ClockError):
            # what an answer means is read from it again
            failed = answer.error
            unanswered = failed if answer.payload is None and failed and failed.status is None else None
            asked_for = [(each.first, each.last) for each in windows]
            self.archive.keep(
                self.operation, report.name, heard, unanswered, answer.seconds, answer.requests, asked_for
            )
        if self.listener:
            try:
                self.listener(answer)
            except Exception:
                # what was answered is loaded, whether or not the listener could be told
                log.exception("operation %s: the listener failed", answer.operation)
        return answer

    def _read(self, report: Report, read: Read, heard: list[exchange.Answer]) -> Answer:
        name, made = self.operation.name, 0
        payload, seen, error = None, None, None
        try:
            if self.last is not None:
                # two observations at one time, or history that runs backwards, could not be told apart later
                raise ClockError(
                    "clock_went_back", operation=name, now=_minute(self.observed_at), last=_minute(self.last)
                )
            if self.hopeless:
                raise self.hopeless
            self.budget.check(report)
            with self.reader() if self.reader else self._client(heard) as client:
                try:
                    payload, seen = read(client)
                finally:
                    made = client.requests
            payload = replace(payload, records=())
        except WolkvoxError as failure:
            error = failure
            refused = failure.status in _OF_THE_TOKEN and not failure.retryable
            self.hopeless = failure if failure.unsent or refused else None
        except Exception:
            log.exception("operation %s: its report %s could not be worked on", name, report.name)
            error = UnreadableError("unworkable", operation=name)
        return Answer(name, self.observed_at, 0.0, payload, seen, error, report.name, made)

    def _client(self, heard: list[exchange.Answer]) -> WolkvoxClient:
        operation = self.operation
        most = operation.requests_at_most
        return WolkvoxClient(
            operation.server,
            operation.token,
            operation.address,
            requests_at_most=most if self.budget.left is None else max(1, min(most, self.budget.left)),
            listener=heard.append if self.archive else None,
        )

    def _asked(self, report: Report, client: Reader, **query: object) -> Payload:
        """The answer to one request, and its retries, paid for."""
        before = client.requests
        try:
            return client.read(report.page, report.api, **query)
        finally:
            self.budget.spend(client.requests - before)

    def _snapshot(self, report: Report, payload: Payload, given: Mapping[str, str] | None = None) -> Snapshot:
        operation = self.operation
        return snapshot(
            report,
            operation.name,
            payload.records,
            operation.timezone,
            operation.privacy,
            observed_at=self.observed_at,
            given=given,
        )

    def _whole(self, report: Report, client: Reader) -> tuple[Payload, Snapshot]:
        payload = self._asked(report, client)
        self.seen[report.name] = self._snapshot(report, payload)
        return payload, self.seen[report.name]

    def _each(self, report: Report, client: Reader) -> tuple[Payload, Snapshot]:
        """A report that is asked for once for each row of another; it is whole or not there at all."""
        parent, name = report.each or ("", "")
        if parent not in self.seen:
            raise UnavailableError("report_not_there", operation=self.operation.name, report=parent)
        ids = self.seen[parent].table[name].to_pylist()
        self.budget.check(report, len(ids))
        parts = []
        for each in ids:
            payload = self._asked(report, client, **{name: each})
            parts.append((payload, self._snapshot(report, payload, {name: each})))
        return self._together(report, parts)

    def _dated(self, report: Report, client: Reader, windows: Sequence[Window]) -> tuple[Payload, Snapshot]:
        """The rows of some windows; one that is cut is asked for in halves."""
        left, parts = [*reversed(windows)], []
        self.budget.check(report, len(left))
        while left:
            window = left.pop()
            self.budget.check(report)
            payload = self._asked(report, client, date_ini=window.first, date_end=window.last)
            if len(payload.records) < CEILING:
                parts.append((payload, self._snapshot(report, payload)))
                continue
            try:
                first, second = window.halves()
            except ValueError:
                raise UnreadableError("window_full", operation=self.operation.name, at=window.first) from None
            left += [second, first]
        return self._together(report, parts)

    def _together(self, report: Report, parts: list[tuple[Payload, Snapshot]]) -> tuple[Payload, Snapshot]:
        """What several answers say as one: their counts added up."""
        if not parts:
            nothing = Payload(200, "", "", (), None, 0)
            return nothing, self._snapshot(report, nothing)
        last = parts[-1][0]
        announced = sum(seen.received if said.announced is None else said.announced for said, seen in parts)
        size = sum(payload.size for payload, _ in parts)
        found = together(report, [seen for _, seen in parts])
        return replace(last, announced=announced, size=size, message=last.message if len(parts) == 1 else ""), found


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
