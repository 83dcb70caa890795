"""Operations are asked, and what they answer is decided on: a line in the ledger each, and the rows to load."""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import pyarrow as pa

from wolkvox_source.api import exchange
from wolkvox_source.api.archive import Archive
from wolkvox_source.api.client import WolkvoxClient
from wolkvox_source.api.envelope import Payload
from wolkvox_source.errors import ClockError, Outcome, SupersededError, UnreadableError, WolkvoxError
from wolkvox_source.hours import Row, name_of
from wolkvox_source.language import stored
from wolkvox_source.reports.catalogue import AGENTS, Report
from wolkvox_source.reports.changes import Changes, changes
from wolkvox_source.reports.columns import TIMESTAMP
from wolkvox_source.reports.guard import Verdict, judge
from wolkvox_source.reports.snapshot import Snapshot, snapshot
from wolkvox_source.settings import Operation
from wolkvox_source.tables import SCHEMAS
from wolkvox_source.warehouse.current import Current

# a roster takes wolkvox about a second, so this many keep 1,000 operations within a minute
SIDE_BY_SIDE = 32
# wolkvox's own are ten, and the narrowest of destinations has room for a thousand
COLUMNS_AT_MOST = 400
# wolkvox says a line; whatever is longer need not stand in the ledger every five minutes
_MESSAGE_LENGTH = 500

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Observation:
    """One attempt to look at one operation, whatever came of it: a row of the table `observations`.

    `message` is what wolkvox said; `reason` and `facts` are those of the sentence that says why the report was not
    accepted, or is not there; `doubt` is a digest of what was suspicious, the same as long as that repeats itself.
    `error` is not a column: it is what kept the report from us. Numbers are None where there was no report.
    """

    operation: str
    observed_at: datetime
    outcome: Outcome
    http_status: int | None = None
    code: str | None = None
    message: str | None = None
    reason: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict, hash=False)
    doubt: str | None = None
    announced_records: int | None = None
    received_records: int | None = None
    rejected_records: int | None = None
    unparsed_values: int | None = None
    appeared: int | None = None
    vanished: int | None = None
    changed: int | None = None
    payload_bytes: int = 0
    duration_seconds: float = 0.0
    error: WolkvoxError | None = field(default=None, repr=False, compare=False)

    @property
    def exit_code(self) -> int:
        """What `wolkvox sync` makes of it, in sysexits' words."""
        if self.error is not None:
            return self.error.exit_code
        return 0 if self.outcome in {"changed", "unchanged"} else 65


@dataclass(frozen=True)
class Answer:
    """What came of asking one operation once: its report, or the error that stands in the place of one.

    `payload` says what wolkvox said, without the records; `seen` is the report. Nothing in it is secret, so that an
    answer that cannot be loaded may be kept on disk.
    """

    operation: str
    observed_at: datetime
    seconds: float = 0.0
    payload: Payload | None = None
    seen: Snapshot | None = None
    error: WolkvoxError | None = None


_LEDGER, _REJECTED, _SETTINGS = SCHEMAS["observations"], SCHEMAS["rejected_records"], SCHEMAS["operations"]

Tables = dict[str, pa.Table]
Listener = Callable[[Answer], None]


@dataclass(frozen=True)
class Decided:
    """What the answers mean beside what the warehouse holds.

    Attributes:
        observations: one an answer, in the answers' order
        tables: the rows to load, one Arrow table a name, the ledger's left out
        ledger: the rows of `observations`, which are true once the others are loaded
    """

    observations: tuple[Observation, ...]
    tables: Tables
    ledger: pa.Table

    @classmethod
    def of_empty(cls, tables: Iterable[str]) -> "Decided":
        """No rows at all, for `tables` that are to be made."""
        return cls((), {name: SCHEMAS[name].empty_table() for name in tables}, _LEDGER.empty_table())


def ask(
    operations: Sequence[Operation],
    observed_at: datetime,
    ahead: Mapping[str, datetime] | None = None,
    listener: Listener | None = None,
    archive: Archive | None = None,
) -> list[Answer]:
    """Ask every operation at the time `observed_at`, side by side, those that share a token one after another.

    `ahead` holds, for each operation that the warehouse knows to have been observed at this time or later, when: it
    is not asked. `listener` is told each Answer as soon as it is there, from several threads, and `archive` keeps
    what wolkvox answered. Raises nothing: what goes wrong is the answer of the operation.
    """
    by_token: dict[str, list[Operation]] = {}
    for operation in operations:
        by_token.setdefault(operation.token, []).append(operation)
    not_before = ahead or {}

    def in_turn(sharers: list[Operation]) -> list[Answer]:
        return [_told(_answer(each, observed_at, not_before.get(each.name), archive), listener) for each in sharers]

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


def _answer(operation: Operation, observed_at: datetime, last: datetime | None, archive: Archive | None) -> Answer:
    started = time.monotonic()
    heard: list[exchange.Answer] = []

    def read() -> Payload:
        if last is not None:
            # two observations at one time, or history that runs backwards, could not be told apart later
            raise ClockError("clock_went_back", now=_minute(observed_at), last=_minute(last))
        with WolkvoxClient(
            operation.server,
            operation.token,
            operation.address,
            requests_at_most=operation.requests_at_most,
            listener=heard.append if archive else None,
        ) as client:
            return client.agents()

    answer = replace(answered(operation, observed_at, read), seconds=time.monotonic() - started)
    # a clock that is behind leaves no row anywhere
    if archive and not isinstance(answer.error, ClockError):
        # what an answer means is read from it again
        unanswered = answer.error if answer.payload is None and answer.error and answer.error.status is None else None
        archive.keep(operation, AGENTS.name, heard, unanswered, answer.seconds)
    return answer


def answered(operation: Operation, observed_at: datetime, read: Callable[[], Payload]) -> Answer:
    """The report that `read` brings, or the error that stands in the place of one; raises nothing."""
    payload, seen, error = None, None, None
    try:
        payload = read()
        seen = snapshot(AGENTS, operation.name, payload.records, operation.timezone, operation.privacy)
        payload = replace(payload, records=())
    except WolkvoxError as failure:
        error = failure
    except Exception:
        log.exception("operation %s: its report could not be worked on", operation.name)
        error = UnreadableError("unworkable", operation=operation.name)
    return Answer(operation.name, observed_at, payload=payload, seen=seen, error=error)


def _told(answer: Answer, listener: Listener | None) -> Answer:
    if listener:
        try:
            listener(answer)
        except Exception:
            # what was answered is loaded, whether or not anybody could be told
            log.exception("operation %s: the listener failed", answer.operation)
    return answer


def decide(
    operations: Sequence[Operation], answers: Sequence[Answer], held: Current, accept_loss: Collection[str] = ()
) -> Decided:
    """What `answers` mean beside what the warehouse holds now; every answer is of one of `operations`.

    No operation's failure keeps another from loading.
    """
    by_name = {operation.name: operation for operation in operations}
    observations, parts, ledger = [], [], []
    columns = {name: set(there) for name, there in held.columns.items()}
    for answer in answers:
        operation, last = by_name[answer.operation], held.observed_since.get(answer.operation)
        observation, tables = _decided(operation, answer, held, columns, answer.operation in accept_loss)
        observations.append(observation)
        parts.append({**tables, **_settings(operation, held)})
        # the key is operation and time, and a clock that is behind has no time to be noted under
        if last != answer.observed_at and not isinstance(answer.error, ClockError):
            ledger.append(_ledger(operation, observation))
    parts.append({name: schema.empty_table() for name, schema in SCHEMAS.items() if name in held.missing})
    tables = {
        name: pa.concat_tables([tables[name] for tables in parts if name in tables], promote_options="default")
        for name in SCHEMAS
        if any(name in tables for tables in parts)
    }
    return Decided(tuple(observations), tables, pa.concat_tables([_LEDGER.empty_table(), *ledger]))


def _decided(
    operation: Operation, answer: Answer, held: Current, columns: dict[str, set[str]], accept_loss: bool
) -> tuple[Observation, Tables]:
    try:
        last = held.observed_since.get(operation.name)
        if answer.error is None and last is not None:
            # loaded now, an older report would end versions before they began
            raise SupersededError("superseded", operation=operation.name, at=_minute(last))
        observation, tables = _accepted(operation, answer, held, accept_loss)
        _widen(operation, columns, tables)
    except WolkvoxError as error:
        observation, tables = _failed(operation, answer, error), {}
    except Exception:
        log.exception("operation %s: its report could not be worked on", operation.name)
        observation = _failed(operation, answer, UnreadableError("unworkable", operation=operation.name))
        tables = {}
    return replace(observation, duration_seconds=answer.seconds), tables


def _widen(operation: Operation, columns: dict[str, set[str]], tables: Tables) -> None:
    """Add what an operation brings to the `columns` that the tables have; an UnreadableError where that is too much.

    A table is full some day, and then no operation could be loaded any more.
    """
    wider = {name: columns.get(name, set()) | set(table.column_names) for name, table in tables.items()}
    for name, names in wider.items():
        if len(names) > COLUMNS_AT_MOST and len(names) > len(columns.get(name, ())):
            raise UnreadableError("too_many_columns", operation=operation.name, table=name, most=COLUMNS_AT_MOST)
    columns.update(wider)


def _accepted(operation: Operation, answer: Answer, held: Current, accept_loss: bool) -> tuple[Observation, Tables]:
    if answer.error is not None or answer.payload is None or answer.seen is None:
        raise answer.error or UnreadableError("unworkable", operation=operation.name)
    observed_at, payload, seen = answer.observed_at, answer.payload, answer.seen
    differing = changes(AGENTS, seen.table, held.of(AGENTS, operation.name))
    verdict = judge(
        AGENTS,
        operation.name,
        seen,
        differing,
        observed_at,
        announced=payload.announced,
        past=held.past(operation.name, operation.privacy.in_force),
        thresholds=operation.thresholds,
        accept_loss=accept_loss,
    )
    observation = _observation(operation, observed_at, payload, seen, differing, verdict)
    if not verdict.accepted:
        return observation, {}
    tables = {
        **_tables(AGENTS, differing, observed_at),
        "rejected_records": _rejected(operation, observed_at, seen, held),
    }
    return observation, {name: table for name, table in tables.items() if len(table)}


def _tables(report: Report, found: Changes, observed_at: datetime) -> Tables:
    """The rows of the report's own tables."""
    tables: Tables = {}
    if report.current:
        tables[report.current] = found.rows
    if report.history:
        tables[report.history] = found.versions
    if report.moments:
        first = pa.array([observed_at] * len(found.moments), TIMESTAMP)
        tables[report.moments[0]] = found.moments.append_column("first_observed_at", first)
    return tables


def _observation(
    operation: Operation,
    observed_at: datetime,
    payload: Payload,
    seen: Snapshot,
    differing: Changes,
    verdict: Verdict,
) -> Observation:
    return Observation(
        operation=operation.name,
        observed_at=observed_at,
        outcome=verdict.outcome,
        http_status=payload.status,
        # "" is NULL here as everywhere, whatever the destination makes of it
        code=payload.code or None,
        message=_kept(payload.message),
        reason=verdict.reason,
        facts=verdict.facts,
        doubt=verdict.doubt,
        announced_records=payload.announced,
        received_records=seen.received,
        rejected_records=len(seen.rejected),
        unparsed_values=seen.unparsed,
        appeared=differing.appeared,
        vanished=differing.vanished,
        changed=differing.changed,
        payload_bytes=payload.size,
    )


def _failed(operation: Operation, answer: Answer, error: WolkvoxError) -> Observation:
    return Observation(
        operation=operation.name,
        observed_at=answer.observed_at,
        outcome=error.outcome,
        http_status=error.status,
        code=error.code or None,
        message=_kept(error.message),
        reason=error.reason,
        facts=error.facts,
        payload_bytes=error.payload_bytes,
        error=error,
    )


def _ledger(operation: Operation, observation: Observation) -> pa.Table:
    """The row of `observations`, with the settings that it was made with: those of today may be others tomorrow."""
    row = {name: getattr(observation, name, None) for name in _LEDGER.names}
    row["facts"] = stored(observation.facts) if observation.reason else None
    row.update(timezone=operation.timezone, interval_seconds=operation.interval_seconds, hours=_hours(operation))
    row["privacy"] = operation.privacy.in_force
    return pa.Table.from_pylist([row], _LEDGER)


def _kept(message: str | None) -> str | None:
    """What is stored of wolkvox's own words; "" is NULL here as everywhere."""
    return message[:_MESSAGE_LENGTH] if message else None


def _rejected(operation: Operation, observed_at: datetime, seen: Snapshot, held: Current) -> pa.Table:
    """The rejected records, where they are not those that the warehouse has already from the last time."""
    pairs = sorted((rejected.reason, rejected.record) for rejected in seen.rejected)
    if pairs == sorted(held.rejected.get(operation.name, [])):
        return _REJECTED.empty_table()
    rows = [
        {
            "operation": operation.name,
            "observed_at": observed_at,
            "position": rejected.position,
            "reason": rejected.reason,
            "record": rejected.record,
        }
        for rejected in seen.rejected
    ]
    return pa.Table.from_pylist(rows, _REJECTED)


def _settings(operation: Operation, held: Current) -> Tables:
    """The row of `operations`, which the views need, where it is not in the warehouse as it is."""
    row = {
        "operation": operation.name,
        **{name: getattr(operation, name) for name in _SETTINGS.names if name not in {"operation", "hours"}},
        "hours": _hours(operation),
    }
    if held.settings.get(operation.name) == {**row, "hours_held": 1}:
        return {}
    tables = {"operations": pa.Table.from_pylist([row], _SETTINGS)}
    if operation.opening is not None:
        key = {"operation": operation.name, "hours": row["hours"]}
        opening = [{**key, "position": n, **each, "day": _day(each)} for n, each in enumerate(operation.opening)]
        tables["opening_hours"] = pa.Table.from_pylist(opening, SCHEMAS["opening_hours"])
    return tables


def _hours(operation: Operation) -> str | None:
    """How the tables name the operating hours; None for a centre that is always open."""
    return None if operation.opening is None else name_of(operation.opening)


def _day(row: Row) -> date | None:
    return date.fromisoformat(row["day"]) if row["day"] else None


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
