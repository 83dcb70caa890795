"""The journal's requests, loaded into the warehouse for every machine to know."""

from pathlib import Path

import filelock

from wolkvox_source.provisioning.journal import Journal, default_journal
from wolkvox_source.provisioning.outcomes import PipelineMaker, provisioning_pipeline, record
from wolkvox_source.warehouse.failures import in_words


def load_record(journal: str | Path | None = None, pipeline: PipelineMaker = provisioning_pipeline) -> int:
    """Load what the journal remembers into `provisioned_agents`, all of it, and return how many rows that is.

    Merging the same rows again changes nothing, so a warehouse that was away, replaced or dropped is whole after.
    Raises a WolkvoxError where the warehouse does not take them.
    """
    path = Path(journal) if journal else default_journal()
    with Journal(path) as open_journal, filelock.FileLock(f"{path}.lock", mode=0o600):
        requests = open_journal.requests.every()
        if requests:
            try:
                record(requests, pipeline())
            except Exception as error:
                raise in_words(error) from error
    return len(requests)
