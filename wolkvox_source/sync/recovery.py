"""What an earlier run left behind: finished, set aside, or tidied away."""

import logging
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dlt
from dlt.destinations.sql_client import SqlClientBase

from wolkvox_source.errors import quote
from wolkvox_source.language import Phrase
from wolkvox_source.source import OPERATIONS
from wolkvox_source.warehouse.connection import check_reachable
from wolkvox_source.warehouse.current import current
from wolkvox_source.warehouse.failures import in_words

_DESTINATION = "wolkvox_destination"
_PASSING = re.compile("[0-9a-f]{16}")

log = logging.getLogger(__name__)


def left_behind(pipeline: dlt.Pipeline) -> bool:
    """Whether an earlier run left a package that is not loaded."""
    return bool(pipeline.has_pending_data)


def recover(
    pipeline: dlt.Pipeline,
    client: SqlClientBase[Any],
    file: Path | None,
    operations: Sequence[str],
    notes: list[Phrase],
) -> None:
    """Finish the load package that an earlier run left, or set it aside if it cannot be loaded any more.

    dlt would otherwise load it in place of this run's rows and throw those away. A package that was made for
    another destination is not loaded into this one, whose `file` is None where it is not DuckDB; neither is one
    that another run has overtaken: its `operations`, where it does not name them itself, have been observed since.
    `notes` takes a note about what was done. Raises what the destination raises where it is at fault.
    """
    if not pipeline.has_pending_data:
        return
    extracted, normalized = pipeline.list_extracted_load_packages(), pipeline.list_normalized_load_packages()
    for package in set(extracted).intersection(normalized):
        # killed between the two, dlt would make again of the one what it has in the other, and fail
        shutil.rmtree(Path(pipeline.working_dir) / "normalize" / "extracted" / package)
    named = ", ".join(sorted({*extracted, *normalized})) or "?"
    if remembered(pipeline) not in {None, place_of(pipeline, file)}:
        _set_aside(pipeline)
        notes.append(Phrase("pending_foreign", {"package": named}))
    else:
        notes.append(_finished(pipeline, client, operations, named))


def remember(pipeline: dlt.Pipeline, file: Path | None) -> None:
    """Note in the working folder which place what is made there is for."""
    place = place_of(pipeline, file)
    if remembered(pipeline) != place:
        pipeline.set_local_state_val(_DESTINATION, place)


def _finished(pipeline: dlt.Pipeline, client: SqlClientBase[Any], operations: Sequence[str], named: str) -> Phrase:
    for attempt in (1, 2):
        try:
            pipeline.normalize()
            packages = pipeline.list_normalized_load_packages()
            if any(_overtaken(pipeline, client, package, operations) for package in packages):
                _set_aside(pipeline)
                return Phrase("pending_overtaken", {"package": named})
            for package in packages:
                _begin_again(Path(pipeline.working_dir) / "load" / "normalized" / package)
            pipeline.load()
            return Phrase("pending_finished", {"package": named})
        except Exception as failure:
            check_reachable(pipeline)
            error = in_words(failure)
            if error.at_fault == "place":
                raise
            problem = quote(str(error.facts.get("problem", error)).strip("“”"))
            log.info("load package %s failed, attempt %s: %s", named, attempt, problem)
    _set_aside(pipeline)
    return Phrase("pending_aborted", {"package": named, "problem": problem})


def _overtaken(pipeline: dlt.Pipeline, client: SqlClientBase[Any], package: str, operations: Sequence[str]) -> bool:
    """Whether any operation of a package has been observed, and loaded, later than the package was made."""
    state: Any = pipeline.get_load_package_state(package)
    names = sorted(state.get(OPERATIONS) or operations)
    made_at = state["created_at"]
    return any(last > made_at for last in current(client, names, made_at).observed_since.values())


def _begin_again(package: Path) -> None:
    """Make all of a load package's own jobs new, as they were when it was normalised.

    dlt would go on where it was killed, and where that was between a commit and dlt's note of it, it puts the
    same rows into its staging table twice, and from there into ours. From the beginning it empties the staging
    tables first, and our tables take the same rows as often as they come.
    """
    for job in [
        *package.glob("started_jobs/*.*"),
        *package.glob("completed_jobs/*.*"),
        *package.glob("new_jobs/*.sql"),
    ]:
        if job.suffix in {".sql", ".exception"}:
            job.unlink()
        elif not job.name.startswith("_dlt"):
            job.rename(package / "new_jobs" / job.name)
    for noted in package.glob(".pending_transitions/*"):
        noted.unlink()
    (package / "applied_schema_updates.json").unlink(missing_ok=True)
    completed = package / "package_completed.json"
    # killed while it put a loaded package away, dlt would refuse to put it away again
    if completed.exists() and "aborted" not in completed.read_text(encoding="utf-8"):
        completed.unlink()
    updates = package / "schema_updates.json"
    if not updates.exists():
        updates.write_text("{}", encoding="utf-8")


def _set_aside(pipeline: dlt.Pipeline) -> None:
    """Give up what is pending, and the whole working folder where not even that can be done with it."""
    try:
        pipeline.abort_packages()
    except Exception as failure:  # noqa: BLE001 - a package that is broken breaks dlt where it likes
        log.info("pending packages could not be aborted: %r", failure)
        pipeline.drop()
        pipeline.config.restore_from_destination = True


def tidy(pipeline: dlt.Pipeline) -> None:
    """Forget the packages that are loaded: a year of runs is a million files, with people's names in them."""
    working = Path(pipeline.working_dir)
    for load_id in pipeline.list_completed_load_packages():
        package = _loaded(pipeline, load_id)
        # a package that was set aside stays, for them who want to know why
        if not any((package / "failed_jobs").glob("*")):
            shutil.rmtree(package, ignore_errors=True)
    for unfinished in [*working.rglob("*")]:
        # dlt writes under such a name until what it writes is whole
        if _PASSING.fullmatch(unfinished.name):
            shutil.rmtree(unfinished) if unfinished.is_dir() else unfinished.unlink(missing_ok=True)


def _loaded(pipeline: dlt.Pipeline, package: str) -> Path:
    return Path(pipeline.working_dir) / "load" / "loaded" / package


def place_of(pipeline: dlt.Pipeline, file: Path | None) -> str:
    """The destination without its secrets: its file, or its database and dlt's hash of its host."""
    if file is None:
        config = pipeline.destination_client().config
        database = getattr(getattr(config, "credentials", None), "database", None)
        return f"{config.fingerprint()} {database} {pipeline.dataset_name}"
    return f"{file} {pipeline.dataset_name}"


def remembered(pipeline: dlt.Pipeline) -> str | None:
    try:
        return str(pipeline.get_local_state_val(_DESTINATION))
    except KeyError:
        return None
