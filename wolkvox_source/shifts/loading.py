"""A file of shifts into the table `planned_shifts`, each load a version."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dlt
import pyarrow as pa

from wolkvox_source.errors import UnavailableError, quote
from wolkvox_source.language import Phrase
from wolkvox_source.settings import Operation
from wolkvox_source.shifts.planned import Shift, checked
from wolkvox_source.shifts.reading import ShiftsError, read_lines
from wolkvox_source.shifts.unknown import not_on_the_roster
from wolkvox_source.shifts.versions import differences, plans
from wolkvox_source.tables import BESIDE
from wolkvox_source.warehouse.catalogue import relations_of
from wolkvox_source.warehouse.connection import duckdb_file, opened_to_load
from wolkvox_source.warehouse.failures import in_words
from wolkvox_source.warehouse.lock import dataset_lock
from wolkvox_source.warehouse.pipeline import Place, pipeline_into
from wolkvox_source.warehouse.readers_copy import publish_copy
from wolkvox_source.warehouse.staging import own_staging, remove_abandoned
from wolkvox_source.warehouse.views import publish_views

TABLE = "planned_shifts"


@dataclass(frozen=True)
class Loaded:
    """What a load did: how many agents the file plans, and how many rows it added to the plan and replaced in it."""

    agents: int
    added: int
    replaced: int
    notes: tuple[Phrase, ...] = ()


def load_shifts(file: Path, operation: Operation, place: Place, now: datetime) -> Loaded:
    """Check every row of a file, then load the plan of its agents from `now`'s day on.

    Raises a ShiftsError that names every problem with its line before anything is opened, and what keeps the
    warehouse from being loaded, in words.
    """
    told = checked(read_lines(file), file)
    shifts = _protected(told, operation, file)
    # as the file names them: a hash would tell its reader nothing
    names = {kept.agent: each.agent[1] for kept, each in zip(shifts, told, strict=True)}
    try:
        # a pipeline of its own, so that what it leaves pending is never loaded, or thrown away, by a sync
        pipeline = pipeline_into(
            place.destination,
            f"{place.pipeline_name}_shifts",
            place.dataset_name,
            str(place.folder),
            file_name=place.pipeline_name,
        )
        with dataset_lock(pipeline, place.patience):
            return _load(pipeline, shifts, names, operation, now, place.patience)
    except Exception as failure:
        raise in_words(failure) from failure


def _load(
    pipeline: dlt.Pipeline,
    shifts: list[Shift],
    names: Mapping[tuple[str, str], str],
    operation: Operation,
    now: datetime,
    patience: float,
) -> Loaded:
    own_staging(pipeline, under_lock=True)
    # the file has what a package that is pending has, and dlt would load that in place of this one
    if pipeline.has_pending_data:
        pipeline.abort_packages()
    today = now.astimezone(ZoneInfo(operation.timezone)).date()
    wanted = plans(shifts, operation.name, today)
    file = duckdb_file(pipeline)
    with opened_to_load(pipeline, patience) as client:
        rows = differences(_in_force(client, operation.name), wanted, today, now)
        if rows:
            _merge(pipeline, rows)
            remove_abandoned(client)
        unknown = not_on_the_roster(client, operation.name, names)
    notes = [*unknown, *publish_views(pipeline)]
    if file is not None:
        try:
            publish_copy(file, pipeline.dataset_name)
        except OSError as failure:
            raise UnavailableError("copy_failed", problem=quote(str(failure))) from failure
    replaced = sum(row["replaced_at"] is not None for row in rows)
    return Loaded(len(wanted), len(rows) - replaced, replaced, tuple(notes))


def _in_force(client: Any, operation: str) -> list[dict[str, Any]]:
    if TABLE not in relations_of(client):
        return []
    columns = BESIDE[TABLE].names
    query = (
        f"select {', '.join(columns)} from {client.make_qualified_table_name(TABLE)}"  # noqa: S608
        " where replaced_at is null and operation = %s"
    )
    return [dict(zip(columns, row, strict=True)) for row in client.execute_sql(query, operation) or ()]


def _merge(pipeline: dlt.Pipeline, rows: list[dict[str, Any]]) -> None:
    supported = pipeline.destination.capabilities().supported_merge_strategies or () if pipeline.destination else ()
    disposition: Any = {
        "disposition": "merge",
        "strategy": "upsert" if "upsert" in supported else "delete-insert",
    }
    table = pa.Table.from_pylist(rows, BESIDE[TABLE])
    pipeline.run([table], table_name=TABLE, primary_key="shift_id", write_disposition=disposition)


def _protected(shifts: list[Shift], operation: Operation, file: Path) -> list[Shift]:
    """The shifts with their documents as the privacy setting wants them, as they are in `agents`."""
    protection = operation.privacy.of("agent_dni")
    by_document = [shift for shift in shifts if shift.agent[0] == "agent_dni"]
    if protection == "keep" or not by_document:
        return shifts
    if protection == "drop":
        raise ShiftsError("shifts_documents_dropped", path=file, operation=operation.name)
    return [
        Shift(
            shift.line,
            ("agent_dni", operation.privacy.hashed(shift.agent[1])) if shift in by_document else shift.agent,
            shift.weekdays,
            shift.valid_from,
            shift.valid_to,
            shift.stretches,
        )
        for shift in shifts
    ]


def write_template(path: Path) -> None:
    """Write a new CSV file with every heading and invented shifts; raises an OSError where it cannot be.

    Excel opens it with its accents and, where it expects one, in the columns of the semicolon.
    """
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows(_TEMPLATE)


# a week, a night, a shift of Saturdays that ends with the year, a day that differs, and a free one
_TEMPLATE = (
    ("agent_id", "documento", "dias", "dia", "desde", "hasta", "inicio", "fin", "descansos"),
    ("12001", "", "lun-vie", "", "2026-03-02", "", "08:00", "17:00", "12:30-13:30"),
    ("", "1020304050", "lun, mié, vie", "", "2026-03-02", "2026-06-30", "22:00", "06:00", "02:00-02:30"),
    ("12001", "", "sáb", "", "2026-03-02", "2026-12-31", "08:00", "12:00", ""),
    ("12001", "", "", "2026-03-19", "", "", "10:00", "16:00", ""),
    ("12001", "", "", "2026-04-03", "", "", "", "", ""),
)
