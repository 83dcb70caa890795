"""What a DuckDB file holds, read while wolkvox answers: good for as long as nobody has written to the file since.

To read what a roster of 60,000 is compared with takes as long as wolkvox's answer does, and needs the other core.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import dlt

from wolkvox_source.warehouse.connection import duckdb_file, opened
from wolkvox_source.warehouse.current import Current, Wanted, current

# the time and the size of the file and of its log, None where there is none
Stamp = tuple[tuple[int, int] | None, ...]
# what there is of the reports that are wanted, read with a client of the destination unless it is known
Reader = Callable[[Any, Wanted], Current]

log = logging.getLogger(__name__)


@contextmanager
def read_meanwhile(
    pipeline: dlt.Pipeline, operations: Sequence[str], now: datetime, wanted: Wanted | None, zones: Mapping[str, str]
) -> Iterator[Reader]:
    """Read what `current` says of `operations` beside what the block does, and let go of the file.

    Yields what gives it to the one who holds the file by then: as it was read, or read again where that is out of
    date, or was not `wanted`, or could not be read. Of every other destination nothing is read before, since none of
    them says in passing whether it was written to.
    """

    def read(client: Any, wanted: Wanted) -> Current:
        return current(client, operations, now, wanted, zones)

    file = duckdb_file(pipeline)
    if wanted is None or file is None or not file.exists():
        yield read
        return
    with ThreadPoolExecutor(1, thread_name_prefix="wolkvox-meanwhile") as pool:
        readings = [pool.submit(_read, pipeline, file, lambda client: read(client, wanted))]

        def held(client: Any, asked_for: Wanted) -> Current:
            # given once, and not kept beside what was made of it
            known = _still_so(file, readings.pop()) if readings and asked_for == wanted else None
            return known or read(client, asked_for)

        yield held


def stamp(file: Path) -> Stamp:
    """What differs once anything was written to a DuckDB file, of which to read a byte would let go of its lock."""
    return tuple(_time_and_size(each) for each in (file, file.with_name(f"{file.name}.wal")))


def _read(pipeline: dlt.Pipeline, file: Path, read: Callable[[Any], Current]) -> tuple[Stamp, Current]:
    with opened(pipeline) as client:
        # what another connection of this process commits from here on may be in what is read, or not
        before = stamp(file)
        return before, read(client)


def _still_so(file: Path, reading: "Future[tuple[Stamp, Current]]") -> Current | None:
    try:
        before, found = reading.result()
    except Exception as failure:  # noqa: BLE001 - whatever it is, who reads it now will meet it again
        log.debug("not read while wolkvox answered: %r", failure)
        return None
    return found if stamp(file) == before else None


def _time_and_size(file: Path) -> tuple[int, int] | None:
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size
