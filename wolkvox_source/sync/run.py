"""One unattended tick: lock, heal, load, publish, exit code."""

import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import dlt
import duckdb
import filelock
import pyarrow as pa
from dlt.common.configuration.exceptions import ConfigurationException
from dlt.common.configuration.utils import get_resolved_traces
from dlt.common.pipeline import get_dlt_pipelines_dir

from wolkvox_source.errors import (
    ConfigurationError,
    HeldError,
    RefusedError,
    UnavailableError,
    WolkvoxError,
    quote,
    worst,
)
from wolkvox_source.language import Phrase
from wolkvox_source.observation import Observation
from wolkvox_source.reports.garbage import collecting_later
from wolkvox_source.settings import Operation, categories_file
from wolkvox_source.source import utc_now, wolkvox
from wolkvox_source.sync.recovery import recover, tidy
from wolkvox_source.warehouse.connection import duckdb_file, in_words, one_thread, opened
from wolkvox_source.warehouse.pipeline import DATASET, PIPELINE, pipeline_into
from wolkvox_source.warehouse.views import publish_copy, refresh_views

# a reader closes a query in seconds; the next tick is five minutes away
WAIT_SECONDS = 30.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """What came of one tick.

    Attributes:
        observations: what was seen of each operation, in the order in which it was seen
        notes: what was recovered
        error: what kept the tick, or a part of it after loading, from being done
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
    destination: Any = "duckdb",
    *,
    only: Sequence[str] = (),
    accept_loss: Sequence[str] = (),
    operations: Sequence[Operation] | None = None,
    clock: Callable[[], datetime] = utc_now,
    listener: Callable[[Observation], None] | None = None,
    pipeline_name: str = PIPELINE,
    dataset_name: str = DATASET,
    pipelines_dir: str | None = None,
    wait_seconds: float = WAIT_SECONDS,
) -> Run:
    """Observe the configured operations once and load what differs; never raises, see `Run.error`.

    `destination` is a name that dlt knows, or a dlt destination; `only` limits the operations and
    `operations` takes the place of the configured ones; `accept_loss` names those whose report is believed
    this once; `clock` gives the aware time of the tick; `listener` hears each observation
    from several threads; `wait_seconds` is how long a held DuckDB file is waited for.
    """
    started = time.monotonic()
    observations: list[Observation] = []
    notes: list[Phrase] = []
    copy: Path | None = None
    error: WolkvoxError | None = None

    def heard(observation: Observation) -> None:
        observations.append(observation)
        if listener:
            listener(observation)

    try:
        source = wolkvox(only=only, accept_loss=accept_loss, operations=operations, clock=clock, listener=heard)
        folder = Path(pipelines_dir or dlt.config.get("pipelines_dir", str) or get_dlt_pipelines_dir())
        with _alone(folder, pipeline_name):
            pipeline = _opened(destination, pipeline_name, dataset_name, folder, notes)
            file = duckdb_file(pipeline)
            with _held(pipeline, wait_seconds):
                recover(pipeline, file, notes)
                if pipeline.config.restore_from_destination:
                    pipeline.sync_destination()
            # wolkvox may take minutes to answer, so the destination is let go meanwhile
            with collecting_later():
                pipeline.extract(source)
                pipeline.normalize()
                # what the reports took is free by now, and the destination is about to need as much
                pa.default_memory_pool().release_unused()
                with _held(pipeline, wait_seconds) as client:
                    # dlt loads the tables side by side, and more threads would only be in each other's way
                    with one_thread(client) if file else nullcontext():
                        pipeline.load()
                    # the rows are safe by now, so a failure from here on is only said
                    error = _views_failure(pipeline)
            tidy(pipeline)
            copy = _copied(file) if file else None
    except Exception as failure:  # noqa: BLE001 - whatever it is, a tick ends in a sentence and a code
        error = in_words(failure)
        if error.at_fault == "connection" and observations:
            error = UnavailableError("load_failed", problem=error.facts["problem"])
        if error is not failure:
            error.__cause__ = failure
    finally:
        # dlt lets go of this at the end of a run; a tick that never came to one would keep it for ever
        get_resolved_traces().clear()
    return Run(tuple(observations), tuple(notes), error, copy, time.monotonic() - started)


@contextmanager
def _alone(folder: Path, pipeline_name: str) -> Iterator[None]:
    """Hold the pipeline's lock; raises an UnavailableError that names the process which holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    holder = folder / f"{pipeline_name}.sync-holder"
    lock = filelock.FileLock(folder / f"{pipeline_name}.sync.lock", blocking=False)
    try:
        lock.acquire()
    except filelock.Timeout:
        who = holder.read_text(encoding="utf-8").strip() if holder.exists() else "?"
        raise HeldError("sync_running", holder=who) from None
    try:
        holder.write_text(f"PID {os.getpid()}, {utc_now():%Y-%m-%d %H:%M:%S} UTC", encoding="utf-8")
        yield
    finally:
        lock.release()


def _opened(destination: Any, pipeline_name: str, dataset_name: str, folder: Path, notes: list[Phrase]) -> dlt.Pipeline:
    """The pipeline, with a new working folder where a power cut left one that cannot be read.

    The warehouse is the memory, so all that goes with the folder is a package that was pending in it.
    """
    try:
        pipeline = pipeline_into(destination, pipeline_name, dataset_name, str(folder))
        # dlt reads the rest of the folder when it is asked what is pending
        pending = pipeline.has_pending_data
    except (WolkvoxError, ConfigurationException, OSError):
        raise
    except Exception as failure:
        working = folder / pipeline_name
        if not working.exists():
            raise
        log.info("working folder %s: %r", working, failure)
        shutil.rmtree(working)
        notes.append(Phrase("working_folder", {"folder": str(working), "problem": quote(str(failure))}))
        return pipeline_into(destination, pipeline_name, dataset_name, str(folder))
    log.debug("working folder %s, packages pending: %s", pipeline.working_dir, pending)
    return pipeline


@contextmanager
def _held(pipeline: dlt.Pipeline, wait_seconds: float) -> Iterator[Any]:
    """Keep the destination open; waits for a DuckDB file that a reader holds, but not for ever."""
    deadline = time.monotonic() + wait_seconds
    with ExitStack() as stack:
        while True:
            try:
                client = stack.enter_context(opened(pipeline))
                break
            except HeldError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.25)
        yield client


def _views_failure(pipeline: dlt.Pipeline) -> WolkvoxError | None:
    """Put the views in place; returns what kept them from it."""
    try:
        refresh_views(pipeline, categories_file())
    except ConfigurationError as failure:
        return failure
    except Exception as failure:  # noqa: BLE001 - whatever it is, the rows are loaded
        failed = UnavailableError("views_failed", problem=quote(str(in_words(failure))))
        failed.__cause__ = failure
        return failed
    return None


def _copied(file: Path) -> Path:
    try:
        return publish_copy(file)
    except (OSError, duckdb.Error) as failure:
        raise UnavailableError("copy_failed", problem=quote(str(failure))) from failure
