"""The status words that nobody has given a category yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from wolkvox_source.warehouse.asking import Query

_UNMAPPED = """
select operation, agent_status, count(*) as agents from {agents_now}
where status_category = 'unknown' and agent_status is not null
group by operation, agent_status order by operation, agent_status
"""


@dataclass(frozen=True)
class Unmapped:
    """A status word that no category knows, and how many agents are in it."""

    operation: str
    agent_status: str
    agents: int


def unmapped_statuses(query: Query, only: Sequence[str] = ()) -> list[Unmapped]:
    """The status words of agents who are here now that have no category."""
    return [Unmapped(*row) for row in query(_UNMAPPED) if not only or row[0] in only]
