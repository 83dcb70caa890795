"""One unattended run: ask, then lock, decide, load and publish; a sentence and an exit code."""

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
from dlt.common.configuration.utils import get_resolved_traces

from wolkvox_source.alerts.telling import tell_once
from wolkvox_source.api.archive import configured_archive
from wolkvox_source.clock import utc_now
from wolkvox_source.errors import (
    LockedError,
    NothingObservedError,
    RefusedError,
    UnavailableError,
    WolkvoxError,
    quote,
    worst,
)
from wolkvox_source.language import Language, Phrase, speak
from wolkvox_source.observation import Listener, Observation, ask
from wolkvox_source.reports.garbage import collecting_later
from wolkvox_source.reports.memory import from_the_system
from wolkvox_source.settings import Operation, alert_webhook
from wolkvox_source.source import operations_to_observe
from wolkvox_source.sync.loading import Loading, Progress
from wolkvox_source.sync.lock import working_pipeline
from wolkvox_source.sync.recovery import tidy
from wolkvox_source.sync.shard import folder_of, part
from wolkvox_source.warehouse.asking import warehouse
from wolkvox_source.warehouse.connection import opened, opened_to_load
from wolkvox_source.warehouse.failures import in_words
from wolkvox_source.warehouse.freshness import freshness
from wolkvox_source.warehouse.lock import dataset_lock
from wolkvox_source.warehouse.pipeline import Place
from wolkvox_source.warehouse.postgres import holders, limit_locks
from wolkvox_source.warehouse.readers_copy import publish_copy
from wolkvox_source.warehouse.views import put_views

# an operation whose last success is older than both is stale, for alerts
_STALE_SECONDS, _STALE_INTERVALS = 900.0, 3.5


@dataclass(frozen=True)
class Run:
    """What came of one run.

    Attributes:
        observations: what was seen of each operation, in the order in which it was seen
        notes: what was recovered, or left as it was
        error: what kept the run, or a part of it after loading, from being done
        copy: the readers' copy, where one was published
        seconds: how long it took
        untold: what kept people from being alerted, which is no failure of the run
    """

    observations: tuple[Observation, ...] = ()
    notes: tuple[Phrase, ...] = ()
    error: WolkvoxError | None = None
    copy: Path | None = None
    seconds: float = 0.0
    untold: WolkvoxError | None = None

    @property
    def exit_code(self) -> int:
        """The worst of the operations and of the run itself, in sysexits' words."""
        codes = [observation.exit_code for observation in self.observations]
        return worst(*codes, self.error.exit_code if self.error else 0)

    @property
    def hopeless(self) -> bool:
        """Whether every next run will end like this one until an administrator changes a setting."""
        if self.error is not None:
            return isinstance(self.error, RefusedError)
        return bool(self.observations) and all(isinstance(each.error, RefusedError) for each in self.observations)


def sync(
    place: Place = Place(),  # noqa: B008 - a frozen value
    *,
    only: Sequence[str] = (),
    accept_loss: Sequence[str] = (),
    operations: Sequence[Operation] | None = None,
    clock: Callable[[], datetime] = utc_now,
    listener: Listener | None = None,
    shard: str | None = None,
    language: Language = "en",
) -> Run:
    """Observe the configured operations once and load what differs into `place`; never raises, see `Run.error`.

    `only` limits the operations and `operations` takes the place of the configured ones; `accept_loss` names those
    whose report is accepted this once; `clock` gives the aware time of the run; `listener` hears each answer of
    wolkvox from several threads. `shard`, such as `2/4`, limits them to the second of four parts of the same size, for
    as many runs at once, on one machine or several. `language` is that of the alerts.
    """
    started = time.monotonic()
    run = Progress()
    wanted: Sequence[Operation] = ()
    try:
        wanted = operations_to_observe(only, accept_loss, operations)
        if shard is not None:
            wanted, place = part(wanted, shard), folder_of(place, shard)
            if not wanted:
                return Run()
        with working_pipeline(place, run.notes) as pipeline, collecting_later(), from_the_system():
            loading = Loading(pipeline, place, run)
            limit_locks(pipeline, place.patience)
            loading.recover(wanted)
            observed_at = clock().astimezone(timezone.utc)
            archive = configured_archive(wanted, accept_loss, observed_at)
            ahead, known = loading.ahead(wanted, observed_at, accept_loss), loading.known(wanted, observed_at)
            with loading.reading(wanted, observed_at) as read:
                run.answers = ask(wanted, observed_at, ahead, listener, archive, known)
            if archive and archive.problem:
                run.notes.append(archive.problem)
            with loading.kept_on_failure(run.answers), dataset_lock(pipeline, place.patience):
                with opened_to_load(pipeline, place.patience) as client:
                    loading.load(client, wanted, run.answers, accept_loss, read)
                    # the rows are safe by now, so a failure from here on is only said
                    run.error = views_failure(client, run.notes)
                tidy(pipeline)
                run.copy = copied(loading.file, place.dataset_name) if loading.file else None
    except Exception as failure:  # noqa: BLE001 - whatever it is, a run ends in a sentence and a code
        run.error = told(failure, place, asked=bool(run.answers))
    finally:
        # dlt lets go of this at the end of its own runs; one that never came to that would keep it for ever
        get_resolved_traces().clear()
    untold = _untold(place, wanted, clock, language) if wanted else None
    return Run(tuple(run.observations), tuple(run.notes), run.error, run.copy, time.monotonic() - started, untold)


def _untold(
    place: Place, operations: Sequence[Operation], clock: Callable[[], datetime], language: Language
) -> WolkvoxError | None:
    """Alert people of what is new for the worse, and of its end; returns what kept it from that."""
    try:
        url = alert_webhook()
        if url is None:
            return None
        now = clock().astimezone(timezone.utc)
        stale_after = {each.name: max(_STALE_SECONDS, _STALE_INTERVALS * each.interval_seconds) for each in operations}
        with warehouse(place.destination, place.pipeline_name, place.dataset_name) as query:
            found = freshness(query, now, _STALE_SECONDS, [*stale_after])
        tell_once(url, found, stale_after.__getitem__, place, now, speak(language))
    except NothingObservedError:
        return None
    except Exception as failure:  # noqa: BLE001 - whatever it is, the rows are loaded
        return in_words(failure)
    return None


def told(failure: Exception, place: Place, *, asked: bool) -> WolkvoxError:
    """What kept a run from being done, in words; `asked` says whether wolkvox had answered by then."""
    error = in_words(failure)
    if isinstance(error, LockedError):
        # they who held the lock hold it still, or there would be nobody to name
        with contextlib.suppress(Exception), opened(place.pipeline()) as client:
            error.facts["holder"] = holders(client)
    if error.at_fault == "connection" and asked:
        error = UnavailableError("load_failed", problem=error.facts["problem"])
    if error is not failure:
        error.__cause__ = failure
    return error


def views_failure(client: Any, notes: list[Phrase]) -> WolkvoxError | None:
    """Put the views in place; returns what kept them from it."""
    try:
        notes.extend(put_views(client))
    except Exception as failure:  # noqa: BLE001 - whatever it is, the rows are loaded
        error = in_words(failure)
        if error is failure:
            return error
        failed = UnavailableError("views_failed", problem=quote(str(error)))
        failed.__cause__ = failure
        return failed
    return None


def copied(file: Path, dataset_name: str) -> Path:
    try:
        return publish_copy(file, dataset_name)
    except (OSError, duckdb.Error) as failure:
        raise UnavailableError("copy_failed", problem=quote(str(failure))) from failure
