"""Answers of wolkvox that could not be loaded when they came, kept beside dlt's working folder until they can."""

import contextlib
import glob
import logging
import os
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wolkvox_source.observation import Answer

_SUFFIX = ".answers"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shelf:
    """Where the answers for one place are kept: files of this user's own beside the folder of its pipeline.

    Attributes:
        folder: the folder that holds dlt's working folders
        name: the pipeline's name
        place: which place they are for, so that they are loaded into no other
    """

    folder: Path
    name: str
    place: str

    def keep(self, answers: Sequence[Answer]) -> None:
        """Write the answers of one run where the next one finds them; says only in the log that it could not."""
        if not answers:
            return
        file = self.folder / f"{self.name}.{answers[0].observed_at:%Y%m%dT%H%M%S%f}{_SUFFIX}"
        unfinished = file.with_name(f"{file.name}.{os.getpid()}")
        try:
            unfinished.touch(mode=0o600)
            with unfinished.open("wb") as writing:
                pickle.dump((self.place, list(answers)), writing)
                writing.flush()
                os.fsync(writing.fileno())
            unfinished.replace(file)
        except OSError as failure:
            log.warning("answers of %s could not be kept: %s", answers[0].observed_at, failure)
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)

    def files(self) -> list[Path]:
        """What earlier runs left, the earliest first."""
        return sorted(self.folder.glob(f"{glob.escape(self.name)}.*{_SUFFIX}"))

    def read(self, file: Path) -> tuple[bool, list[Answer]]:
        """Whether the answers in a file are for this place, and these; none where they cannot be read any more."""
        try:
            # written by `keep` into a folder of this user's own
            place, answers = pickle.loads(file.read_bytes())  # noqa: S301
        except Exception as failure:  # noqa: BLE001 - an older version, or a power cut
            log.warning("answers in %s cannot be read: %r", file, failure)
            return True, []
        return place == self.place, list(answers)
