"""The envelope around a report's records, and what stands in for it where there are none."""

from __future__ import annotations

from ..wire.traffic import Answer, not_found
from ..world.centre import ContactCentre

Record = dict[str, object]

# invented words: public clients saw the status 404 for an empty report, not this message
NOTHING_FOUND = not_found("NO RECORDS WERE FOUND")
# seen in public clients: a dated report without rows, and a report that this server does not have
NOTHING_THERE = not_found("Validate dates entered")


def found(centre: ContactCentre, records: list[Record], *, empty_status: int = 404) -> Answer:
    """The records that there are, or so many of them as the vendor sends at once."""
    if not records and empty_status == 404:
        raise NOTHING_FOUND
    # whether the vendor says so, or cuts in silence, is not public; silence is what a client must survive
    sent = records[: centre.ceiling]
    message = f"{len(sent)} records were found"
    return Answer(200, {"code": centre.code, "error": None, "msg": message, "data": sent})
