"""The operations in parts, for several machines that share the work."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace

from wolkvox_source.errors import UsageError
from wolkvox_source.settings import Operation
from wolkvox_source.warehouse.pipeline import Place


def part(operations: Sequence[Operation], shard: str) -> list[Operation]:
    """The operations of `shard`, such as `2/4`, the second of four parts of the same size, give or take one.

    They are dealt out by a hash of their names, so that one more operation moves few others to another part. Raises a
    UsageError for a shard that there cannot be.
    """
    number, parts = _read(shard)
    dealt = sorted(operations, key=lambda each: hashlib.sha256(each.name.encode()).digest())
    mine = {each.name for each in dealt[(number - 1) * len(dealt) // parts : number * len(dealt) // parts]}
    return [operation for operation in operations if operation.name in mine]


def folder_of(place: Place, shard: str) -> Place:
    """The same place with a working folder of the shard's own, so that all may run on one machine at once."""
    number, parts = _read(shard)
    return replace(place, pipelines_dir=str(place.folder / f"{place.pipeline_name}-shard-{number}-of-{parts}"))


def _read(shard: str) -> tuple[int, int]:
    read = re.fullmatch(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})", shard.strip())
    if not read or int(read[1]) > int(read[2]):
        raise UsageError("bad_shard", value=shard)
    return int(read[1]), int(read[2])
