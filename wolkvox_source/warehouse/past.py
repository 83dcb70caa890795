"""What earlier observations say to the guard: there is no other memory than the warehouse."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from wolkvox_source.reports.guard import Past

# a doubt that lasts longer began longer ago than its sentence says
REMEMBERED = timedelta(days=32)

Rows = Callable[..., list[dict[str, Any]]]

# of each operation the latest observation that was accepted, that was accepted in spite of a doubt, and that was not
_JUDGED = """
with judged as (
    select
        operation,
        observed_at,
        doubt,
        privacy,
        case when outcome in ('changed', 'unchanged') then 1 else 0 end as accepted,
        case when doubt is null then 0 else 1 end as doubted
    from {observations_table}
    where operation in ({names})
        and observed_at >= %s
        and outcome in ('changed', 'unchanged', 'suspicious', 'empty')
),

latest as (
    select *, row_number() over (partition by operation, accepted, doubted order by observed_at desc) as place
    from judged
)

select operation, observed_at, doubt, privacy, accepted, doubted from latest where place = 1
"""

# how often the latest doubt has repeated itself since anything else was observed
_DOUBTED = """
with judged as (
    select operation, observed_at, doubt, case when outcome in ('changed', 'unchanged') then 1 else 0 end as accepted
    from {observations_table}
    where operation in ({names})
        and observed_at >= %s
        and outcome in ('changed', 'unchanged', 'suspicious', 'empty')
),

latest as (
    select operation, max(observed_at) as observed_at from judged group by operation
),

doubts as (
    select j.operation, j.doubt
    from latest as l
    inner join judged as j on j.operation = l.operation and j.observed_at = l.observed_at
    where j.accepted = 0 and j.doubt is not null
),

others as (
    select d.operation, max(j.observed_at) as observed_at
    from doubts as d
    inner join judged as j on j.operation = d.operation
    where j.accepted = 1 or j.doubt is null or j.doubt <> d.doubt
    group by d.operation
)

select d.operation, d.doubt, count(*) as runs, min(j.observed_at) as since
from doubts as d
inner join judged as j on j.operation = d.operation and j.doubt = d.doubt and j.accepted = 0
left join others as o on o.operation = d.operation
where o.observed_at is null or j.observed_at > o.observed_at
group by d.operation, d.doubt
"""

_CREATED = """
select operation, agent_id from {provisioned_agents_table}
where operation in ({names}) and agent_id is not null
"""


def pasts(rows: Rows, operations: Sequence[str], now: datetime) -> dict[str, tuple[Past, str | None]]:
    """For each operation its Past, and the privacy setting of its latest accepted observation.

    `rows` answers one of the queries above, its tables named `{<name>_table}`, for some operations.
    """
    found: dict[str, Past] = {name: Past() for name in operations}
    accepted: dict[str, tuple[datetime, str | None]] = {}
    doubted: dict[str, datetime] = {}
    for row in rows(_JUDGED, operations, now - REMEMBERED):
        name, at = row["operation"], row["observed_at"]
        if row["accepted"]:
            accepted[name] = max(
                accepted.get(name, (at, row["privacy"])), (at, row["privacy"]), key=lambda each: each[0]
            )
            if row["doubted"]:
                found[name] = replace(found[name], settled_at=at)
        else:
            doubted[name] = max(at, doubted.get(name, at))
    in_doubt = [name for name, at in doubted.items() if name not in accepted or at > accepted[name][0]]
    for row in rows(_DOUBTED, in_doubt, now - REMEMBERED) if in_doubt else ():
        found[row["operation"]] = replace(
            found[row["operation"]], doubt=row["doubt"], doubted_runs=row["runs"], doubted_since=row["since"]
        )
    created: dict[str, set[str]] = {}
    for row in rows(_CREATED, operations):
        created.setdefault(row["operation"], set()).add(row["agent_id"])
    return {
        name: (replace(past, expected=frozenset(created.get(name, ()))), accepted.get(name, (None, None))[1])
        for name, past in found.items()
    }
