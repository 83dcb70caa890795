"""A dataset made again from the archive: the same decisions, by the same code and guard, at the archive's own times."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from wolkvox_source import errors
from wolkvox_source.api.archive import SETTINGS
from wolkvox_source.api.archive_hours import Hour, hours
from wolkvox_source.api.client import said, written
from wolkvox_source.api.envelope import Payload
from wolkvox_source.api.exchange import Answer as Said
from wolkvox_source.errors import UnreadableError, WolkvoxError, quote
from wolkvox_source.language import restored
from wolkvox_source.observation import Answer, Reading, decide
from wolkvox_source.reports.catalogue import AGENTS, REPORTS, Report
from wolkvox_source.reports.dated import Window
from wolkvox_source.reports.garbage import collecting_later
from wolkvox_source.settings import Operation
from wolkvox_source.sync.history import fill
from wolkvox_source.sync.replayed import Replayed
from wolkvox_source.warehouse.pipeline import Place

Line = dict[str, Any]
Advance = Callable[[str], None]

_REPORTS = {report.name: report for report in REPORTS}


@dataclass(frozen=True)
class Replay:
    """What was replayed: how many observations of which operations, and the first and last time."""

    observations: int
    operations: tuple[str, ...]
    first: datetime
    last: datetime


def replay(url: str, place: Place, configured: Sequence[Operation] = (), advance: Advance = lambda _: None) -> Replay:
    """Rebuild in `place` what the archive at `url` says; `advance` is told each run.

    Settings are those that were in force, except for the operations in `configured`. Everything is decided before
    anything is loaded: an archive that is not whole raises an UnreadableError and changes nothing, and a place that
    holds data raises a ConfigurationError.
    """
    replayed, seen = Replayed(), _Read({operation.name: operation for operation in configured})
    with collecting_later():
        for hour in hours(url):
            for at, lines in _runs(hour, url):
                _replay_run(replayed, seen, hour, at, lines)
                advance(f"{at:%Y-%m-%d %H:%M}")
    tables = replayed.tables()
    ledger = tables["observations"]
    fill(tables, place, f"archive {url}"[:1000])
    times = sorted(set(ledger["observed_at"].to_pylist()))
    return Replay(len(ledger), tuple(sorted(set(ledger["operation"].to_pylist()))), times[0], times[-1])


def _runs(hour: Hour, url: str) -> Iterator[tuple[datetime, list[Line]]]:
    """The runs of an hour, those that several machines made at one time as one after another."""
    try:
        lines = [*hour.lines()]
        for at, group in groupby(sorted(lines, key=lambda line: line["observed_at"]), lambda line: line["observed_at"]):
            yield datetime.fromisoformat(at), [*group]
    except (ValueError, KeyError, TypeError) as failure:
        raise UnreadableError("archive_cut", file=url, problem=quote(str(failure))) from failure


def _replay_run(replayed: Replayed, reading: "_Read", hour: Hour, at: datetime, lines: list[Line]) -> None:
    once = {(line["operation"], line["report"]): line for line in reversed(lines)}
    # in the order in which they were asked for, since one report may ask about each row of another
    ordered = [once[key] for key in dict.fromkeys((line["operation"], line["report"]) for line in lines)]
    operations = {line["operation"]: reading.operation(line) for line in ordered}
    readings = {name: Reading(operation, at) for name, operation in operations.items()}
    answers = [reading.answer(readings[line["operation"]], hour, line) for line in ordered]
    held = replayed.current([*operations], at)
    accepted = [line["operation"] for line in ordered if line["accept_loss"]]
    replayed.take(decide([*operations.values()], answers, held, accepted), at)


class _Read:
    """Reads lines; an answer equal to an operation's last one, under the same settings, is read once."""

    def __init__(self, configured: Mapping[str, Operation]) -> None:
        self._configured = configured
        self._operations: dict[str, tuple[dict[str, Any], Operation]] = {}
        self._answers: dict[tuple[str, str], tuple[object, Answer]] = {}

    def operation(self, line: Line) -> Operation:
        """The operation with the settings that were in force, or the configured ones."""
        name, settings = line["operation"], line["settings"]
        if name in self._configured:
            return self._configured[name]
        before, operation = self._operations.get(name, ({}, None))
        if operation is None or before != settings:
            operation = Operation()
            for setting in SETTINGS:
                if setting in settings:
                    setattr(operation, setting, settings[setting])
            operation.name = name
            self._operations[name] = settings, operation
        return operation

    def answer(self, reading: Reading, hour: Hour, line: Line) -> Answer:
        """What the line's answers say, as they are understood by this package as it is now."""
        at, report = datetime.fromisoformat(line["observed_at"]), _REPORTS[line["report"]]
        said_then = [(each.get("query"), each["body"], each["status"], each["location"]) for each in line["answers"]]
        same = (said_then, line.get("windows"), reading.operation.timezone, str(line["error"]))
        key = (line["operation"], report.name)
        before = self._answers.get(key)
        if before is None or before[0] != same or report is not AGENTS:
            before = same, _read_again(reading, report, hour, line)
            self._answers[key] = before
        # archives from before requests were counted do not say how many there were
        return replace(before[1], observed_at=at, seconds=line["seconds"], requests=line.get("requests", 1))


def _read_again(reading: Reading, report: Report, hour: Hour, line: Line) -> Answer:
    reading.reader = lambda: nullcontext(_Archived(hour, line))
    if report.kind == "dated":
        times = [(datetime.fromisoformat(first), datetime.fromisoformat(last)) for first, last in line["windows"]]
        return reading.windows(report, [Window(first, last) for first, last in times])
    return reading.answer(report)


@dataclass(frozen=True)
class _Archived:
    """What wolkvox once said, in the place of wolkvox."""

    hour: Hour
    line: Line
    requests: int = 0

    def read(self, _page: str, api: str, /, **query: object) -> Payload:
        """The last answer to what was asked, or what stood in the place of one."""
        answers, asked = self.line["answers"], written({"api": api, **query})
        found = [answer for answer in answers if answer.get("query", asked) == asked]
        failed = _error(self.line["error"]) if self.line["error"] else None
        if not found:
            raise failed or UnreadableError("unworkable", operation=self.line["operation"])
        last = found[-1]
        try:
            return said(Said(last["status"], self.hour.bodies[last["body"]], last["location"]))
        except WolkvoxError as error:
            # what was sent again after it and never answered is the end of it
            raise failed if failed and last is answers[-1] else error from None


def _error(kept: Mapping[str, Any]) -> WolkvoxError:
    kind = getattr(errors, kept["class"], None)
    facts: dict[str, Any] = restored(kept["facts"])
    if not (isinstance(kind, type) and issubclass(kind, WolkvoxError)):
        kind = UnreadableError
    return kind(kept["reason"], payload_bytes=kept["payload_bytes"], **facts)
