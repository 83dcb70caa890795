"""What an earlier run left behind: finished, set aside, or tidied away."""

import logging
import re
import shutil
from pathlib import Path

import dlt

from wolkvox_source.errors import quote
from wolkvox_source.language import Phrase
from wolkvox_source.warehouse.connection import check_reachable, in_words

_DESTINATION = "wolkvox_destination"
_PASSING = re.compile("[0-9a-f]{16}")

log = logging.getLogger(__name__)


def recover(pipeline: dlt.Pipeline, file: Path | None, notes: list[Phrase]) -> None:
    """Finish the load package that an earlier run left, or set it aside if it cannot be loaded.

    dlt would otherwise load it in place of this tick's rows and throw those away. A package that was made for
    another destination is not loaded into this one, whose `file` is None where it is not DuckDB. `notes` takes
    what was done. Raises what the destination raises where it is at fault.
    """
    place = _place(pipeline, file)
    if pipeline.has_pending_data:
        extracted, normalized = pipeline.list_extracted_load_packages(), pipeline.list_normalized_load_packages()
        for package in set(extracted).intersection(normalized):
            # killed between the two, dlt would make again of the one what it has in the other, and fail
            shutil.rmtree(Path(pipeline.working_dir) / "normalize" / "extracted" / package)
        named = ", ".join(sorted({*extracted, *normalized})) or "?"
        if _remembered(pipeline) not in {None, place}:
            _set_aside(pipeline)
            notes.append(Phrase("pending_foreign", {"package": named}))
        else:
            notes.append(_finished(pipeline, named))
    if _remembered(pipeline) != place:
        pipeline.set_local_state_val(_DESTINATION, place)


def _finished(pipeline: dlt.Pipeline, named: str) -> Phrase:
    for attempt in (1, 2):
        try:
            pipeline.normalize()
            for package in pipeline.list_normalized_load_packages():
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
    shutil.rmtree(package / ".pending_transitions", ignore_errors=True)
    (package / "applied_schema_updates.json").unlink(missing_ok=True)
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
    """Forget the packages that are loaded: a year of ticks is a million files, with people's names in them."""
    working = Path(pipeline.working_dir)
    for load_id in pipeline.list_completed_load_packages():
        package = working / "load" / "loaded" / load_id
        # a package that was set aside stays, for whoever wants to know why
        if not any((package / "failed_jobs").glob("*")):
            shutil.rmtree(package, ignore_errors=True)
    for unfinished in [*working.rglob("*")]:
        # dlt writes under such a name until what it writes is whole
        if _PASSING.fullmatch(unfinished.name):
            shutil.rmtree(unfinished) if unfinished.is_dir() else unfinished.unlink(missing_ok=True)


def _place(pipeline: dlt.Pipeline, file: Path | None) -> str:
    """The destination without its secrets: its file, or its database and dlt's hash of its host."""
    if file is None:
        config = pipeline.destination_client().config
        database = getattr(getattr(config, "credentials", None), "database", None)
        return f"{config.fingerprint()} {database} {pipeline.dataset_name}"
    return f"{file} {pipeline.dataset_name}"


def _remembered(pipeline: dlt.Pipeline) -> str | None:
    try:
        return str(pipeline.get_local_state_val(_DESTINATION))
    except KeyError:
        return None
