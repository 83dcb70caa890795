"""A dataset made again from the archive: the same decisions, by the same code and guard, at the archive's own times."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from wolkvox_source import errors
from wolkvox_source.api.archive import SETTINGS
from wolkvox_source.api.archive_hours import Hour, hours
from wolkvox_source.api.client import said
from wolkvox_source.api.envelope import Payload
from wolkvox_source.api.exchange import Answer as Said
from wolkvox_source.errors import UnreadableError, WolkvoxError, quote
from wolkvox_source.language import restored
from wolkvox_source.observation import Answer, answered, decide
from wolkvox_source.reports.garbage import collecting_later
from wolkvox_source.settings import Operation
from wolkvox_source.sync.replayed import Replayed
from wolkvox_source.warehouse.pipeline import Place
from wolkvox_source.warehouse.transfer import arriving

Line = dict[str, Any]
Advance = Callable[[str], None]


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
    replayed, seen = Replayed(), _Reading({operation.name: operation for operation in configured})
    with collecting_later():
        for hour in hours(url):
            for at, lines in _runs(hour, url):
                _replay_run(replayed, seen, hour, at, lines)
                advance(f"{at:%Y-%m-%d %H:%M}")
    tables = replayed.tables()
    ledger = tables["observations"]
    with arriving(place, f"archive {url}"[:1000]) as arrival:
        for name, rows in tables.items():
            arrival.fill(name, [rows])
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


def _replay_run(replayed: Replayed, reading: "_Reading", hour: Hour, at: datetime, lines: list[Line]) -> None:
    once = {line["operation"]: line for line in reversed(lines)}
    operations = [reading.operation(line) for line in once.values()]
    answers = [reading.answer(operation, hour, line) for operation, line in zip(operations, once.values(), strict=True)]
    held = replayed.current([*once], at)
    decided = decide(operations, answers, held, [name for name, line in once.items() if line["accept_loss"]])
    replayed.take(decided, at)


class _Reading:
    """Reads lines; an answer equal to an operation's last one, under the same settings, is read once."""

    def __init__(self, configured: Mapping[str, Operation]) -> None:
        self._configured = configured
        self._operations: dict[str, tuple[dict[str, Any], Operation]] = {}
        self._answers: dict[str, tuple[object, Answer]] = {}

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

    def answer(self, operation: Operation, hour: Hour, line: Line) -> Answer:
        """What the line's last answer says, as it was understood by this package as it is now."""
        at = datetime.fromisoformat(line["observed_at"])
        last = line["answers"][-1] if line["answers"] else {}
        same = (last.get("body"), last.get("status"), last.get("location"), operation.timezone, str(line["error"]))
        before = self._answers.get(operation.name)
        if before is None or before[0] != same:
            before = same, answered(operation, at, lambda: _payload(hour, line))
            self._answers[operation.name] = before
        return replace(before[1], observed_at=at, seconds=line["seconds"])


def _payload(hour: Hour, line: Line) -> Payload:
    if line["error"]:
        raise _error(line["error"])
    answer = line["answers"][-1]
    return said(Said(answer["status"], hour.bodies[answer["body"]], answer["location"]))


def _error(kept: Mapping[str, Any]) -> WolkvoxError:
    kind = getattr(errors, kept["class"], None)
    facts: dict[str, Any] = restored(kept["facts"])
    if not (isinstance(kind, type) and issubclass(kind, WolkvoxError)):
        kind = UnreadableError
    return kind(kept["reason"], payload_bytes=kept["payload_bytes"], **facts)
