"""Answers beside what the warehouse holds -> a line in the ledger each, and the rows to load."""

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import pyarrow as pa

from wolkvox_source.errors import (
    ACCEPTED,
    ClockError,
    ConfigurationError,
    SupersededError,
    UnavailableError,
    UnreadableError,
    WolkvoxError,
)
from wolkvox_source.hours import Row
from wolkvox_source.observation.accepting import Tables, accepted
from wolkvox_source.observation.answers import Answer
from wolkvox_source.observation.lines import LEDGER, Observation, failed, hours_of, row_of
from wolkvox_source.reports.catalogue import AGENTS, REPORTS, Report, chosen
from wolkvox_source.settings import Operation
from wolkvox_source.tables import EVERY_TABLE, SCHEMAS
from wolkvox_source.warehouse.current import Current, Wanted

# wolkvox's own are ten, and the narrowest of destinations has room for a thousand
COLUMNS_AT_MOST = 400

_SETTINGS = SCHEMAS["operations"]
_BY_NAME = {report.name: report for report in REPORTS}

log = logging.getLogger(__name__)


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

    @property
    def every_table(self) -> Tables:
        """The rows to load, the ledger's last."""
        return {**self.tables, "observations": self.ledger}

    @classmethod
    def of_empty(cls, tables: Iterable[str]) -> "Decided":
        """No rows at all, for `tables` that are to be made."""
        return cls((), {name: EVERY_TABLE[name].columns.empty_table() for name in tables}, LEDGER.empty_table())


def wanted_before(operations: Iterable[Operation], reports: Sequence[Report] | None = None) -> Wanted | None:
    """What `wanted_for` will say of the answers, as far as it is known before wolkvox answers; None where it is not.

    `reports` takes the place of those that the operations are configured with.
    """
    asked_for = {AGENTS}
    for operation in operations:
        asked_for.update(chosen(operation.asks_for) if reports is None else reports)
    if any(report.kind == "dated" for report in asked_for):
        return None
    return dict.fromkeys(asked_for)


def wanted_for(answers: Iterable[Answer]) -> Wanted:
    """What has to be read of the warehouse to decide on `answers`."""
    wanted: dict[Report, datetime | None] = {AGENTS: None}
    for answer in answers:
        report = _BY_NAME[answer.report]
        begin = answer.window[0] if answer.window else None
        earlier = wanted.get(report)
        wanted[report] = min(begin, earlier) if begin and earlier else begin
    return wanted


def decide(
    operations: Sequence[Operation], answers: Sequence[Answer], held: Current, accept_loss: Collection[str] = ()
) -> Decided:
    """What `answers` mean beside what the warehouse holds now; every answer is of one of `operations`.

    No failure of an operation, or of a report, keeps another from loading.
    """
    by_name = {operation.name: operation for operation in operations}
    observations, parts, ledger = [], [], []
    columns = {name: set(there) for name, there in held.columns.items()}
    doubtful: set[tuple[str, str]] = set()
    for answer in answers:
        operation, report = by_name[answer.operation], _BY_NAME[answer.report]
        observation, tables = _decided(operation, report, answer, held, columns, doubtful, accept_loss)
        if observation.outcome not in ACCEPTED:
            doubtful.add((operation.name, report.name))
        observations.append(observation)
        parts.append(tables)
        # the key is operation, report and time, and a clock that is behind has no time to be noted under
        if held.since(report, operation.name) != answer.observed_at and not isinstance(answer.error, ClockError):
            ledger.append(row_of(operation, observation, _zone(operation, held)))
    # once for an operation, however many reports it has
    parts.extend(_settings(by_name[name], held) for name in dict.fromkeys(answer.operation for answer in answers))
    parts.append({name: EVERY_TABLE[name].columns.empty_table() for name in held.missing})
    tables = {
        name: pa.concat_tables([tables[name] for tables in parts if name in tables], promote_options="default")
        for name in EVERY_TABLE
        if any(name in tables for tables in parts)
    }
    return Decided(tuple(observations), tables, pa.concat_tables([LEDGER.empty_table(), *ledger]))


def _decided(
    operation: Operation,
    report: Report,
    answer: Answer,
    held: Current,
    columns: dict[str, set[str]],
    doubtful: Collection[tuple[str, str]],
    accept_loss: Collection[str],
) -> tuple[Observation, Tables]:
    try:
        last = held.since(report, operation.name)
        if _zone(operation, held) is None:
            raise ConfigurationError("bad_timezone", name=operation.timezone, operation=operation.name)
        if answer.error is None and last is not None:
            # loaded now, an older report would end versions before they began
            raise SupersededError("superseded", operation=operation.name, at=_minute(last))
        if answer.error is None and report.each and (operation.name, report.each[0]) in doubtful:
            raise UnavailableError("report_not_there", operation=operation.name, report=report.each[0])
        observation, tables = accepted(operation, report, answer, held, operation.name in accept_loss)
        _widen(operation, columns, tables)
    except WolkvoxError as error:
        observation, tables = failed(operation, answer, error), {}
    except Exception:
        log.exception("operation %s: its report %s could not be worked on", operation.name, report.name)
        observation = failed(operation, answer, UnreadableError("unworkable", operation=operation.name))
        tables = {}
    begin, end = answer.window or (None, None)
    observation = replace(
        observation,
        report=report.name,
        requests=answer.requests,
        window_from=begin,
        window_to=end,
        duration_seconds=answer.seconds,
    )
    return observation, tables


def _widen(operation: Operation, columns: dict[str, set[str]], tables: Tables) -> None:
    """Add what an operation brings to the `columns` that the tables have; an UnreadableError where that is too much.

    A table is full some day, and then no operation could be loaded any more.
    """
    wider = {name: columns.get(name, set()) | set(table.column_names) for name, table in tables.items()}
    for name, names in wider.items():
        if len(names) > COLUMNS_AT_MOST and len(names) > len(columns.get(name, ())):
            raise UnreadableError("too_many_columns", operation=operation.name, table=name, most=COLUMNS_AT_MOST)
    columns.update(wider)


def _settings(operation: Operation, held: Current) -> Tables:
    """The row of `operations`, which the views need, where it is not in the warehouse as it is."""
    row = {
        "operation": operation.name,
        **{name: getattr(operation, name) for name in _SETTINGS.names if name not in {"operation", "hours"}},
        "hours": hours_of(operation),
    }
    if _zone(operation, held) is None or held.settings.get(operation.name) == {**row, "hours_held": 1}:
        return {}
    tables = {"operations": pa.Table.from_pylist([row], _SETTINGS)}
    if operation.opening is not None:
        key = {"operation": operation.name, "hours": row["hours"]}
        opening = [{**key, "position": n, **each, "day": _day(each)} for n, each in enumerate(operation.opening)]
        tables["opening_hours"] = pa.Table.from_pylist(opening, SCHEMAS["opening_hours"])
    return tables


def _zone(operation: Operation, held: Current) -> str | None:
    """The operation's time zone, None for one on which the warehouse's views would fail."""
    return None if operation.timezone in held.unknown_zones else operation.timezone


def _day(row: Row) -> date | None:
    return date.fromisoformat(row["day"]) if row["day"] else None


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
