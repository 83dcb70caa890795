"""Operations are asked for their reports, side by side; those that share a token one after another."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from wolkvox_source.api import exchange
from wolkvox_source.api.archive import Archive
from wolkvox_source.api.client import WolkvoxClient
from wolkvox_source.api.envelope import Payload
from wolkvox_source.errors import ClockError, UnavailableError, UnreadableError, WolkvoxError
from wolkvox_source.observation.answers import Answer, Known, Listener
from wolkvox_source.observation.budget import Budget, budget_of
from wolkvox_source.reports.catalogue import Report, chosen
from wolkvox_source.reports.dated import Window, due
from wolkvox_source.reports.snapshot import Snapshot, snapshot, together
from wolkvox_source.reports.suspicions import CEILING
from wolkvox_source.settings import Operation

# a roster takes wolkvox about a second, so this many keep 1,000 operations within a minute
SIDE_BY_SIDE = 32

log = logging.getLogger(__name__)

Read = Callable[[WolkvoxClient], tuple[Payload, Snapshot]]


def ask(
    operations: Sequence[Operation],
    observed_at: datetime,
    ahead: Mapping[str, datetime] | None = None,
    listener: Listener | None = None,
    archive: Archive | None = None,
    known: Known = Known(),  # noqa: B008 - a frozen value
    reports: Sequence[Report] | None = None,
) -> list[Answer]:
    """Ask every operation for each of its reports at the time `observed_at`, side by side.

    `ahead` holds, for each operation that the warehouse knows to have been observed at this time or later, when: it
    is not asked. `listener` is told each Answer as soon as it is there, from several threads, and `archive` keeps
    what wolkvox answered. `reports` takes the place of those that the operations are configured with. Raises nothing:
    what goes wrong is the answer of the operation, and no report keeps another from being asked for.
    """
    by_token: dict[str, list[Operation]] = {}
    for operation in operations:
        by_token.setdefault(operation.token, []).append(operation)

    def in_turn(sharers: list[Operation]) -> list[Answer]:
        answers = []
        for each in sharers:
            asking = _Asking(each, observed_at, (ahead or {}).get(each.name), listener, archive, known)
            wanted = chosen(each.asks_for) if reports is None else reports
            answers += [asking.answer(report) for report in wanted]
        return answers

    pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="wolkvox")
    try:
        answers = [answer for group in pool.map(in_turn, by_token.values()) for answer in group]
    except BaseException:
        # Ctrl-C does not wait for a server that hangs
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    if archive:
        archive.close()
    return answers


def ask_window(operation: Operation, report: Report, window: Window, observed_at: datetime, known: Known) -> Answer:
    """Ask an operation for one window of a dated report; raises nothing."""
    asking = _Asking(operation, observed_at, None, None, None, known)
    return asking.told(report, lambda client: asking.dated(report, client, [window]), [window])


@dataclass
class _Asking:
    """One operation of one run."""

    operation: Operation
    observed_at: datetime
    last: datetime | None
    listener: Listener | None
    archive: Archive | None
    known: Known

    def __post_init__(self) -> None:
        spent = None if self.known.spent is None else self.known.spent.get(self.operation.name, 0)
        self.budget: Budget = budget_of(self.operation, self.observed_at, spent)
        # the ids of each report that was read, for those which ask about each of them
        self.ids: dict[str, list[str]] = {}

    def answer(self, report: Report) -> Answer:
        """What the operation answers."""
        if report.kind == "dated":
            last = self.known.last_observed_at.get((report.name, self.operation.name))
            windows = due(self.observed_at, self.operation.timezone, self.operation.reread_days, last)
            return self.told(report, lambda client: self.dated(report, client, windows), windows)
        if report.each is None:
            return self.told(report, lambda client: self._whole(report, client))
        return self.told(report, lambda client: self._each(report, client))

    def told(self, report: Report, read: Read, windows: Sequence[Window] = ()) -> Answer:
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
            self.archive.keep(self.operation, report.name, heard, unanswered, answer.seconds)
        if self.listener:
            try:
                self.listener(answer)
            except Exception:
                # what was answered is loaded, whether or not anybody could be told
                log.exception("operation %s: the listener failed", answer.operation)
        return answer

    def _read(self, report: Report, read: Read, heard: list[exchange.Answer]) -> Answer:
        name, made = self.operation.name, 0
        payload, seen, error = None, None, None
        try:
            if self.last is not None:
                # two observations at one time, or history that runs backwards, could not be told apart later
                raise ClockError("clock_went_back", now=_minute(self.observed_at), last=_minute(self.last))
            self.budget.check(report)
            with self._client(heard) as client:
                try:
                    payload, seen = read(client)
                finally:
                    made = client.requests
            payload = replace(payload, records=())
        except WolkvoxError as failure:
            error = failure
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

    def _asked(self, report: Report, client: WolkvoxClient, **query: object) -> Payload:
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

    def _whole(self, report: Report, client: WolkvoxClient) -> tuple[Payload, Snapshot]:
        payload = self._asked(report, client)
        seen = self._snapshot(report, payload)
        self.ids[report.name] = seen.table[report.ids[0].name].to_pylist()
        return payload, seen

    def _each(self, report: Report, client: WolkvoxClient) -> tuple[Payload, Snapshot]:
        """A report that is asked for once for each row of another; it is whole or not there at all."""
        parent, name = report.each or ("", "")
        if parent not in self.ids:
            raise UnavailableError("report_not_there", operation=self.operation.name, report=parent)
        ids = self.ids[parent]
        self.budget.check(report, len(ids))
        parts = []
        for each in ids:
            payload = self._asked(report, client, **{name: each})
            parts.append((payload, self._snapshot(report, payload, {name: each})))
        return self._together(report, parts)

    def dated(self, report: Report, client: WolkvoxClient, windows: Sequence[Window]) -> tuple[Payload, Snapshot]:
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
