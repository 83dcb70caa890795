"""Who was not in the complete lists, and since when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from wolkvox_source.provisioning.journal.entries import Whose
from wolkvox_source.provisioning.journal.file import JournalFile
from wolkvox_source.provisioning.moment import Moment


@dataclass(frozen=True)
class Absences:
    """People of an operation, by fingerprint, whom its complete lists do not name."""

    file: JournalFile

    def note(self, whose: Whose, fingerprints: Iterable[str], now: Moment) -> None:
        """Write down who is not in a complete list, and forget who is again."""
        absent = set(fingerprints)
        with self.file.writing() as base:
            there = self.since(whose)
            base.executemany(
                "delete from absences where address = ? and fingerprint = ?",
                [(whose.address, each) for each in there.keys() - absent],
            )
            base.executemany(
                "insert into absences (fingerprint, address, since, boot, uptime) values (?, ?, ?, ?, ?)",
                [(each, whose.address, now.at.isoformat(), now.boot, now.uptime) for each in absent - there.keys()],
            )

    def since(self, whose: Whose) -> dict[str, Moment]:
        """Since when each person was not in the complete lists, by fingerprint."""
        rows = self.file.read("select fingerprint, since, boot, uptime from absences where address = ?", whose.address)
        return {
            each: Moment(datetime.fromisoformat(since), boot or "", uptime or 0) for each, since, boot, uptime in rows
        }
