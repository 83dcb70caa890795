"""How long ago requests certainly were, by what this machine's own uptime says."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from wolkvox_source.provisioning.journal.file import JournalFile
from wolkvox_source.provisioning.moment import Moment


@dataclass(frozen=True)
class Sightings:
    """When each request was first seen since this machine started."""

    file: JournalFile

    def waited(self, request_ids: Iterable[str], now: Moment) -> dict[str, timedelta]:
        """How long ago each request certainly was; one never seen since this machine started is seen now.

        A clock may be set, and another machine's is another; what this machine's own uptime says is certain.
        """
        seen = dict(self.file.read("select request_id, uptime from sightings where boot = ?", now.boot))
        spans: dict[str, timedelta] = {}
        fresh: list[tuple[str, str, float]] = []
        for request_id in request_ids:
            uptime = seen.get(request_id)
            if uptime is None or uptime > now.uptime:
                fresh.append((request_id, now.boot, now.uptime))
                uptime = now.uptime
            spans[request_id] = timedelta(seconds=now.uptime - uptime)
        with self.file.writing() as base:
            base.executemany("replace into sightings values (?, ?, ?)", fresh)
        return spans
