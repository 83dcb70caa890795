"""The warehouse, from the place itself up to the latest observation in it."""

import contextlib
import errno
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dlt
from dlt.common.pipeline import get_dlt_pipelines_dir

from wolkvox_source.doctor.finding import Finding
from wolkvox_source.errors import ConfigurationError, NothingObservedError, UnavailableError, quote
from wolkvox_source.language import Phrase
from wolkvox_source.settings import Operation
from wolkvox_source.warehouse.asking import warehouse
from wolkvox_source.warehouse.connection import check_reachable, duckdb_file, patiently
from wolkvox_source.warehouse.failures import in_words
from wolkvox_source.warehouse.freshness import freshness
from wolkvox_source.warehouse.freshness_told import phrases
from wolkvox_source.warehouse.pipeline import pipeline_into
from wolkvox_source.warehouse.zones import unknown_to

_SPARE_BYTES = 100_000_000
_DISK_FULL = errno.ENOSPC


def place(destination: str, pipeline_name: str, dataset_name: str, wait_seconds: float) -> Finding:
    """That the destination can be written to; raises an error in words where it cannot."""
    with tempfile.TemporaryDirectory(prefix="wolkvox-") as elsewhere:
        pipeline = pipeline_into(destination, pipeline_name, dataset_name, elsewhere)
        file = duckdb_file(pipeline)
        return _file(pipeline, file, wait_seconds) if file else _schema(pipeline, destination)


def zones(
    destination: str, pipeline_name: str, dataset_name: str, operations: Sequence[Operation]
) -> Iterator[Finding]:
    """Each operation whose time zone the destination does not know: its syncs are refused."""
    with tempfile.TemporaryDirectory(prefix="wolkvox-") as elsewhere:
        pipeline = pipeline_into(destination, pipeline_name, dataset_name, elsewhere)
        unknown = unknown_to(pipeline, {operation.timezone for operation in operations})
    for operation in operations:
        if operation.timezone in unknown:
            problem = Phrase("bad_timezone", {"name": operation.timezone, "operation": operation.name})
            facts = {"operation": operation.name, "problem": problem}
            yield Finding("fail", Phrase("doctor_failed", facts), exit_code=ConfigurationError.exit_code)


def pending(destination: str, pipeline_name: str, dataset_name: str) -> Finding:
    """What an earlier run left in the pipeline's working folder, which is only looked at."""
    folder = Path(dlt.config.get("pipelines_dir", str) or get_dlt_pipelines_dir())
    if not (folder / pipeline_name).exists():
        return Finding("ok", Phrase("doctor_no_pending"))
    try:
        pipeline = pipeline_into(destination, pipeline_name, dataset_name, str(folder))
        packages = [*pipeline.list_extracted_load_packages(), *pipeline.list_normalized_load_packages()]
    except Exception as failure:  # noqa: BLE001 - a folder that is broken breaks dlt where it likes
        problem = quote(f"{type(failure).__name__}: {failure}")
        return Finding("note", Phrase("doctor_folder", {"folder": str(folder / pipeline_name), "problem": problem}))
    if packages:
        return Finding("note", Phrase("doctor_pending", {"packages": packages}))
    return Finding("ok", Phrase("doctor_no_pending"))


def latest(
    destination: str, pipeline_name: str, dataset_name: str, operations: Sequence[Operation], now: datetime
) -> Iterator[Finding]:
    """How fresh the data of each operation is; older than three intervals is worth a note."""
    try:
        with warehouse(destination, pipeline_name, dataset_name) as query:
            for operation in operations:
                limit = 3 * operation.interval_seconds
                (each,) = freshness(query, now, limit, [operation.name])
                for phrase in phrases(each, now, timedelta(seconds=limit)):
                    yield Finding("ok" if each.fresh else "note", phrase)
    except NothingObservedError as error:
        yield Finding("note", error.phrase)


def _file(pipeline: dlt.Pipeline, file: Path, wait_seconds: float) -> Finding:
    """That DuckDB's file and folder can be written, that nobody holds it, and that the disk has room."""
    try:
        # it has no name, so nothing of it stays
        with tempfile.TemporaryFile(dir=file.parent):
            free = shutil.disk_usage(file.parent).free
    except OSError as error:
        full = error.errno == _DISK_FULL
        kind = UnavailableError if full else ConfigurationError
        raise kind("disk_full" if full else "destination_unwritable", problem=quote(str(error))) from error
    size = file.stat().st_size if file.exists() else 0
    facts: dict[str, Any] = {"file": str(file.absolute()), "size": _megabytes(size), "free": _megabytes(free)}
    if free < size + _SPARE_BYTES:
        raise UnavailableError("doctor_little_room", **facts)
    if not file.exists():
        return Finding("ok", Phrase("doctor_new_file", facts))
    # a sync that holds it is waited for a little
    patiently(lambda: _write_and_take_back(pipeline), wait_seconds)
    return Finding("ok", Phrase("doctor_file", facts))


def _schema(pipeline: dlt.Pipeline, destination: str) -> Finding:
    check_reachable(pipeline)
    facts = {"destination": destination, "dataset": pipeline.dataset_name}
    if pipeline.destination is None or not pipeline.destination.capabilities().supports_ddl_transactions:
        return Finding("note", Phrase("doctor_place_untried", facts))
    _write_and_take_back(pipeline)
    return Finding("ok", Phrase("doctor_place", facts))


class _TakeBackError(Exception):
    """Ends a transaction in which nothing was meant to stay."""


def _write_and_take_back(pipeline: dlt.Pipeline) -> None:
    try:
        with contextlib.suppress(_TakeBackError), pipeline.sql_client() as client, client.begin_transaction():
            if not client.has_dataset():
                client.create_dataset()
            client.execute_sql(f"CREATE TABLE {client.make_qualified_table_name('wolkvox_doctor')} (n INTEGER)")
            raise _TakeBackError
    except Exception as failure:
        raise in_words(failure) from failure


def _megabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
