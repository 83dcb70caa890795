"""One unattended run: ask, then lock, decide, load and publish; a sentence and an exit code."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pyarrow as pa
from dlt.common.configuration.utils import get_resolved_traces

from wolkvox_source.api.archive import configured_archive
from wolkvox_source.errors import (
    HeldError,
    RefusedError,
    UnavailableError,
    WolkvoxError,
    quote,
    worst,
)
from wolkvox_source.language import Phrase
from wolkvox_source.observation import Answer, Listener, Observation, ask, decide
from wolkvox_source.reports.garbage import collecting_later
from wolkvox_source.settings import Operation
from wolkvox_source.source import decided_source, operations_to_observe, utc_now
from wolkvox_source.sync.kept import Shelf
from wolkvox_source.sync.lock import working_pipeline
from wolkvox_source.sync.recovery import left_behind, place_of, recover, remember, tidy
from wolkvox_source.warehouse.connection import duckdb_file, one_thread, opened
from wolkvox_source.warehouse.current import current, observed_since
from wolkvox_source.warehouse.failures import in_words
from wolkvox_source.warehouse.ledger import as_plain, record
from wolkvox_source.warehouse.lock import dataset_lock, is_locked
from wolkvox_source.warehouse.pipeline import Place
from wolkvox_source.warehouse.readers_copy import publish_copy
from wolkvox_source.warehouse.staging import remove_abandoned
from wolkvox_source.warehouse.views import publish_views


@dataclass(frozen=True)
class Run:
    """What came of one run.

    Attributes:
        observations: what was seen of each operation, in the order in which it was seen
        notes: what was recovered, or left as it was
        error: what kept the run, or a part of it after loading, from being done
        copy: the readers' copy, where one was published
        seconds: how long it took
    """

    observations: tuple[Observation, ...] = ()
    notes: tuple[Phrase, ...] = ()
    error: WolkvoxError | None = None
    copy: Path | None = None
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """The worst of the operations and of the tick itself, in sysexits' words."""
        codes = [observation.exit_code for observation in self.observations]
        return worst(*codes, self.error.exit_code if self.error else 0)

    @property
    def hopeless(self) -> bool:
        """Whether every next tick will end like this one until somebody changes a setting."""
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
) -> Run:
    """Observe the configured operations once and load what differs into `place`; never raises, see `Run.error`.

    `only` limits the operations and `operations` takes the place of the configured ones; `accept_loss` names those
    whose report is accepted this once; `clock` gives the aware time of the run; `listener` hears each answer of
    wolkvox from several threads.
    """
    started = time.monotonic()
    run = _Running()
    try:
        wanted = operations_to_observe(only, accept_loss, operations)
        with working_pipeline(place, run.notes) as pipeline, collecting_later():
            warehouse = _Warehouse(pipeline, place)
            warehouse.recover(wanted, run)
            observed_at = clock().astimezone(timezone.utc)
            archive = configured_archive(wanted, accept_loss, observed_at)
            run.answers = ask(wanted, observed_at, warehouse.ahead(wanted, observed_at), listener, archive)
            if archive and archive.problem:
                run.notes.append(archive.problem)
            with warehouse.kept_on_failure(run.answers), dataset_lock(pipeline, place.patience):
                with opened(pipeline, place.patience) as client:
                    warehouse.load(client, wanted, run.answers, accept_loss, run)
                    # the rows are safe by now, so a failure from here on is only said
                    run.error = _views_failure(pipeline, run.notes)
                tidy(pipeline)
                run.copy = _copied(warehouse.file, place.dataset_name) if warehouse.file else None
    except Exception as failure:  # noqa: BLE001 - whatever it is, a run ends in a sentence and a code
        run.error = _told(failure, asked=bool(run.answers))
    finally:
        # dlt lets go of this at the end of its own runs; one that never came to that would keep it for ever
        get_resolved_traces().clear()
    return Run(tuple(run.observations), tuple(run.notes), run.error, run.copy, time.monotonic() - started)


@dataclass
class _Running:
    """What a run has come to so far."""

    answers: list[Answer] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    notes: list[Phrase] = field(default_factory=list)
    error: WolkvoxError | None = None
    copy: Path | None = None


class _Warehouse:
    """The place of a run while it runs."""

    def __init__(self, pipeline: dlt.Pipeline, place: Place) -> None:
        self.pipeline = pipeline
        self.patience = place.patience
        self.file = duckdb_file(pipeline)
        self.shelf = Shelf(place.folder, place.pipeline_name, place_of(pipeline, self.file))

    def recover(self, operations: Sequence[Operation], run: _Running) -> None:
        """Load first what an earlier run left, while wolkvox has not been asked."""
        files = self.shelf.files()
        if not files and not left_behind(self.pipeline):
            return
        with dataset_lock(self.pipeline, self.patience), opened(self.pipeline, self.patience) as client:
            names = [operation.name for operation in operations]
            recover(self.pipeline, client, self.file, names, run.notes)
            for file in files:
                ours, answers = self.shelf.read(file)
                if not ours:
                    run.notes.append(Phrase("answers_foreign", {"at": answers[0].observed_at}))
                    file.unlink()
                    continue
                mine = [answer for answer in answers if answer.operation in names]
                if mine:
                    run.notes.append(self._loaded_late(client, operations, mine))
                file.unlink()
                self.shelf.keep([answer for answer in answers if answer.operation not in names])

    def _loaded_late(self, client: Any, operations: Sequence[Operation], answers: Sequence[Answer]) -> Phrase:
        at = answers[0].observed_at
        try:
            self.load(client, operations, answers, (), _Running())
        except Exception as failure:
            error = in_words(failure)
            if error.at_fault is not None or left_behind(self.pipeline):
                raise
            # what is at fault is in the answers, which would stop every later run
            return Phrase("answers_aborted", {"at": at, "problem": error.phrase})
        return Phrase("answers_finished", {"at": at})

    def ahead(self, operations: Sequence[Operation], now: datetime) -> dict[str, datetime]:
        """The operations that were observed at `now` or later; raises what keeps the warehouse from being read."""
        names = [operation.name for operation in operations]
        try:
            with opened(self.pipeline) as client:
                return observed_since(client, names, now)
        except HeldError:
            if is_locked(self.pipeline):
                # another run is loading, and asking does not wait for it: who has overtaken whom is decided later
                return {}
        with opened(self.pipeline, self.patience) as client:
            return observed_since(client, names, now)

    @contextmanager
    def kept_on_failure(self, answers: Sequence[Answer]) -> Iterator[None]:
        """Keep the answers for the next run where they do not come as far as into a load package."""
        try:
            yield
        except Exception:
            if not left_behind(self.pipeline):
                self.shelf.keep(answers)
            raise

    def load(
        self,
        client: Any,
        operations: Sequence[Operation],
        answers: Sequence[Answer],
        accept_loss: Sequence[str],
        run: _Running,
    ) -> None:
        """Decide on what the warehouse holds now, load it, and then its lines in the ledger."""
        remember(self.pipeline, self.file)
        if self.pipeline.config.restore_from_destination:
            self.pipeline.sync_destination()
        observed_at = answers[0].observed_at
        held = current(client, [operation.name for operation in operations], observed_at)
        decided = decide(operations, answers, held, accept_loss)
        run.observations.extend(decided.observations)
        if decided.tables:
            self.pipeline.extract(decided_source(self.pipeline, decided, observed_at))
            self.pipeline.normalize()
            # what the reports took is free by now, and the destination is about to need as much
            pa.default_memory_pool().release_unused()
            # dlt loads the tables side by side, and more threads would only be in each other's way
            with one_thread(client) if self.file else nullcontext():
                self.pipeline.load()
        record(client, as_plain(decided.ledger))
        remove_abandoned(client)


def _told(failure: Exception, *, asked: bool) -> WolkvoxError:
    """What kept a run from being done, in words; `asked` says whether wolkvox had answered by then."""
    error = in_words(failure)
    if error.at_fault == "connection" and asked:
        error = UnavailableError("load_failed", problem=error.facts["problem"])
    if error is not failure:
        error.__cause__ = failure
    return error


def _views_failure(pipeline: dlt.Pipeline, notes: list[Phrase]) -> WolkvoxError | None:
    """Put the views in place; returns what kept them from it."""
    try:
        notes.extend(publish_views(pipeline))
    except Exception as failure:  # noqa: BLE001 - whatever it is, the rows are loaded
        error = in_words(failure)
        if error is failure:
            return error
        failed = UnavailableError("views_failed", problem=quote(str(error)))
        failed.__cause__ = failure
        return failed
    return None


def _copied(file: Path, dataset_name: str) -> Path:
    try:
        return publish_copy(file, dataset_name)
    except (OSError, duckdb.Error) as failure:
        raise UnavailableError("copy_failed", problem=quote(str(failure))) from failure
