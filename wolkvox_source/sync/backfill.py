"""The past of a dated report: read in windows, one after another, and what was read already is not read again."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from wolkvox_source.api.archive import configured_archive
from wolkvox_source.clock import utc_now
from wolkvox_source.errors import ConfigurationError, SupersededError, UsageError
from wolkvox_source.observation import Observation, ask_window, known_before
from wolkvox_source.reports.catalogue import REPORTS, Report
from wolkvox_source.reports.dated import Window, unread
from wolkvox_source.settings import Operation
from wolkvox_source.source import operations_to_observe
from wolkvox_source.sync.loading import Loading, Progress
from wolkvox_source.sync.lock import working_pipeline
from wolkvox_source.sync.recovery import tidy
from wolkvox_source.sync.run import Run, copied, told, views_failure
from wolkvox_source.warehouse.connection import opened
from wolkvox_source.warehouse.lock import dataset_lock
from wolkvox_source.warehouse.pipeline import Place
from wolkvox_source.warehouse.spending import windows_read

DATED = tuple(report.name for report in REPORTS if report.kind == "dated")
# a load of more days than this would take the memory of a small machine, and be lost whole when it is interrupted
DAYS_AT_ONCE = 7
# between two requests, so that another program that uses the token gets in
PAUSE_SECONDS = 1.0

Advance = Callable[[Observation, Window], None]


def backfill(
    place: Place,
    report: str,
    first: date,
    last: date | None = None,
    *,
    only: Sequence[str] = (),
    operations: Sequence[Operation] | None = None,
    clock: Callable[[], datetime] = utc_now,
    advance: Advance = lambda *_: None,
    pause_seconds: float = PAUSE_SECONDS,
) -> Run:
    """Load the days of a dated report from the first to the last, yesterday if left out; never raises, see `Run.error`.

    Each window is loaded before the next is asked for, so that what was interrupted goes on where it was. Nothing is
    asked for beyond `requests_per_day`: the rest waits for another day. `advance` is told each window. `only` limits
    the operations and `operations` takes the place of the configured ones; `clock` gives aware times, a later one each.
    """
    started = time.monotonic()
    run, asked = Progress(), False
    # beside a sync, whose working folder is its own
    place = replace(place, pipelines_dir=str(place.folder / f"{place.pipeline_name}-backfill"))
    try:
        wanted, dated = operations_to_observe(only, (), operations), _dated(report)
        if last is not None and last < first:
            raise UsageError("backfill_backwards", first=str(first), last=str(last))
        with working_pipeline(place, run.notes) as pipeline:
            warehouse = Loading(pipeline, place, run)
            warehouse.recover(wanted)
            for operation in wanted:
                past = _Past(operation, dated, warehouse, clock, advance, pause_seconds)
                asked = past.load(first, last) or asked
            with dataset_lock(pipeline, place.patience), opened(pipeline, place.patience) as client:
                run.error = views_failure(client, run.notes) if asked else None
            tidy(pipeline)
            run.copy = copied(warehouse.file, place.dataset_name) if asked and warehouse.file else None
    except Exception as failure:  # noqa: BLE001 - whatever it is, it ends in a sentence and a code
        run.error = told(failure, place, asked=asked)
    return Run(tuple(run.observations), tuple(run.notes), run.error, run.copy, time.monotonic() - started)


def _dated(name: str) -> Report:
    found = next((report for report in REPORTS if report.name == name), None)
    if found is None or found.kind != "dated":
        raise ConfigurationError("backfill_not_dated", report=name, choices=[*DATED])
    return found


@dataclass
class _Past:
    """The past of one report of one operation."""

    operation: Operation
    report: Report
    warehouse: Loading
    clock: Callable[[], datetime]
    advance: Advance
    pause_seconds: float

    def load(self, first: date, last: date | None) -> bool:
        """Load what was not read yet, until all is or one window cannot be; returns whether anything was asked."""
        windows = self._unread(first, last)
        for number, window in enumerate(windows):
            if number:
                time.sleep(self.pause_seconds)
            observation = self._loaded(window)
            self.advance(observation, window)
            if observation.error is not None:
                # a token that is refused or a budget that is spent is so for the next window too
                break
        return bool(windows)

    def _unread(self, first: date, last: date | None) -> list[Window]:
        zone = self.operation.timezone
        yesterday = self._now().astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
        # a row moves until its day has been over for so long
        settled_after = timedelta(days=self.operation.reread_days - 1)
        with opened(self.warehouse.pipeline, self.warehouse.patience) as client:
            read = windows_read(client, self.operation.name, self.report.name, settled_after)
        return unread(first, min(last or yesterday, yesterday), zone, read, DAYS_AT_ONCE)

    def _loaded(self, window: Window) -> Observation:
        observation = self._once(window)
        # a run may have loaded today's rows meanwhile, and the ledger is in the order of time
        return self._once(window) if isinstance(observation.error, SupersededError) else observation

    def _once(self, window: Window) -> Observation:
        warehouse, wanted, now = self.warehouse, [self.operation], self._now()
        with opened(warehouse.pipeline, warehouse.patience) as client:
            known = known_before(client, wanted, now, [self.report])
        archive = configured_archive(wanted, (), now)
        answer = ask_window(self.operation, self.report, window, now, known, archive)
        with (
            warehouse.kept_on_failure([answer]),
            dataset_lock(warehouse.pipeline, warehouse.patience),
            opened(warehouse.pipeline, warehouse.patience) as client,
        ):
            warehouse.load(client, wanted, [answer], ())
        return warehouse.progress.observations[-1]

    def _now(self) -> datetime:
        return self.clock().astimezone(timezone.utc)
