"""The parts of the journal, in one file."""

from pathlib import Path
from types import TracebackType

from dlt.common.pipeline import get_dlt_pipelines_dir

from wolkvox_source.provisioning.journal.absences import Absences
from wolkvox_source.provisioning.journal.claims import JournalClaims
from wolkvox_source.provisioning.journal.file import JournalFile
from wolkvox_source.provisioning.journal.password_places import PasswordPlaces
from wolkvox_source.provisioning.journal.requests import Requests
from wolkvox_source.provisioning.journal.sightings import Sightings


def default_journal() -> Path:
    """Where the journal is unless said otherwise: in dlt's folder of pipelines, which `dlt` itself leaves alone."""
    return Path(get_dlt_pipelines_dir()) / "wolkvox_create_agents.sqlite"


class Journal:
    """The journal at `path`, made if it never was; a context manager that closes it.

    Raises a ConfigurationError where the file cannot be had, or was there and is gone, and an UnavailableError where
    it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = JournalFile(path)
        self.requests = Requests(self._file)
        self.claims = JournalClaims(self._file)
        self.sightings = Sightings(self._file)
        self.absences = Absences(self._file)
        self.password_places = PasswordPlaces(self._file)

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def fingerprint(self, text: str) -> str:
        """What a folded document, or a token, is recognised by."""
        return self._file.fingerprint(text)
