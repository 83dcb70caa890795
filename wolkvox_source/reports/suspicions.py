"""What speaks against a full list, and what its measures have in common.

A share counts only beyond the number beside it, so that small operations may do what they like.
"""

import hashlib
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from wolkvox_source.reports.catalogue import Report

# "records downloadable per consumption" in every edition of the documentation
CEILING = 60_000


@dataclass(frozen=True)
class Suspicion:
    """Why a report is not accepted: the sentence's reason and facts, and what it is about.

    `doubt` is a digest of the latter: the same thing is suspicious from run to run.
    """

    reason: str
    facts: dict[str, object]
    about: list[object] = field(default_factory=list)

    @property
    def doubt(self) -> str:
        return hashlib.blake2b(repr([self.reason, *self.about]).encode(), digest_size=8).hexdigest()


def beyond(part: int, whole: int, number: int, share: float) -> bool:
    """Whether a part is more than a number and more than a share of the whole."""
    return part > number and part > share * whole


def keys_of(report: Report, rows: pa.Table) -> list[object]:
    """The keys of rows, in order."""
    return sorted(rows[report.key].to_pylist())


def surely(flags: pa.ChunkedArray) -> pa.ChunkedArray:
    """The flags, where what is not known is not so."""
    return pc.fill_null(flags, False)


def how_many(flags: pa.ChunkedArray) -> int:
    """How many of the flags are true."""
    return pc.sum(flags).as_py() or 0
