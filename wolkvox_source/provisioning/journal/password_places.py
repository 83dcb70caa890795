"""Which files of passwords an operation's unfinished runs began; never what is in them."""

import os
from dataclasses import dataclass
from pathlib import Path

from wolkvox_source.provisioning.journal.entries import Whose
from wolkvox_source.provisioning.journal.file import JournalFile


@dataclass(frozen=True)
class PasswordPlaces:
    """Files by their path and their number on the disk."""

    file: JournalFile

    def remember(self, whose: Whose, path: Path, stat: os.stat_result, alone: bool = True) -> None:
        """Write down that a run of an operation began this file of passwords; `alone` forgets others of its name."""
        token = self.file.fingerprint(whose.token)
        with self.file.writing() as base:
            if alone:
                # the number on the disk of a file that is gone is soon another's
                base.execute("delete from password_places where path = ?", [str(path)])
            place = (str(path), stat.st_dev, stat.st_ino, whose.address, token)
            base.execute("replace into password_places values (?, ?, ?, ?, ?)", place)

    def remembers(self, whose: Whose, path: Path, stat: os.stat_result) -> bool:
        """Whether this very file was begun by a run of an operation that is not finished."""
        return bool(
            self.file.read(
                "select 1 from password_places"
                " where path = ? and device = ? and inode = ? and (address = ? or token = ?)",
                *(str(path), stat.st_dev, stat.st_ino, whose.address, self.file.fingerprint(whose.token)),
            )
        )

    def forget(self, whose: Whose) -> None:
        """Write down that everybody wanted exists, so that no file of passwords is added to any more."""
        with self.file.writing() as base:
            base.execute(
                "delete from password_places where address = ? or token = ?",
                [whose.address, self.file.fingerprint(whose.token)],
            )
