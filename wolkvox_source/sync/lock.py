"""One run at a time a working folder, which is dlt's and cannot be shared."""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import dlt
from dlt.common.configuration.exceptions import ConfigurationException

from wolkvox_source.errors import WolkvoxError, quote
from wolkvox_source.language import Phrase
from wolkvox_source.private import owner_only
from wolkvox_source.warehouse.lock import file_lock
from wolkvox_source.warehouse.one_transaction import merge_at_once
from wolkvox_source.warehouse.pipeline import Place
from wolkvox_source.warehouse.staging import own_staging

log = logging.getLogger(__name__)


@contextmanager
def working_pipeline(place: Place, notes: list[Phrase]) -> Iterator[dlt.Pipeline]:
    """The pipeline into `place`, whose working folder is this run's alone.

    A folder that a power cut left unreadable is made anew: the warehouse is the memory, so all that goes with it is a
    package that was pending there, and `notes` takes a note about it. Raises a HeldError that names the process
    which holds the folder, and what the pipeline raises.
    """
    place.folder.mkdir(parents=True, exist_ok=True)
    with file_lock(place.folder / f"{place.pipeline_name}.sync.lock", 0.0, "sync_running"):
        try:
            pipeline = _private_pipeline(place)
            # dlt reads the rest of the folder when it is asked what is pending
            pending = pipeline.has_pending_data
            log.debug("working folder %s, packages pending: %s", pipeline.working_dir, pending)
        except (WolkvoxError, ConfigurationException, OSError):
            raise
        except Exception as failure:
            working = place.folder / place.pipeline_name
            if not working.exists():
                raise
            log.info("working folder %s: %r", working, failure)
            shutil.rmtree(working)
            notes.append(Phrase("working_folder", {"folder": str(working), "problem": quote(str(failure))}))
            pipeline = _private_pipeline(place)
        own_staging(pipeline, under_lock=True)
        merge_at_once(pipeline)
        yield pipeline


def _private_pipeline(place: Place) -> dlt.Pipeline:
    """The pipeline; a new working folder is its owner's only, since rows lie in it until they are loaded."""
    with owner_only():
        return place.pipeline()
