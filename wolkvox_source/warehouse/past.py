"""What earlier observations say to the guard: there is no other memory than the warehouse."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from wolkvox_source.reports.catalogue import AGENTS
from wolkvox_source.reports.guard import Past

# a doubt that lasts longer began longer ago than its sentence says
REMEMBERED = timedelta(days=32)

Key = tuple[str, str]
Rows = Callable[..., list[dict[str, Any]]]

# of each operation the latest observation that was accepted, that was accepted in spite of a doubt, and that was not
_JUDGED = """
with judged as (
    select
        operation,
        {observations_report} as report,
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
    select
        *,
        row_number() over (partition by operation, report, accepted, doubted order by observed_at desc) as place
    from judged
)

select operation, report, observed_at, doubt, privacy, accepted, doubted from latest where place = 1
"""

# how often the latest doubt has repeated itself since anything else was observed
_DOUBTED = """
with judged as (
    select
        operation,
        {observations_report} as report,
        observed_at,
        doubt,
        case when outcome in ('changed', 'unchanged') then 1 else 0 end as accepted
    from {observations_table}
    where operation in ({names})
        and observed_at >= %s
        and outcome in ('changed', 'unchanged', 'suspicious', 'empty')
),

latest as (
    select operation, report, max(observed_at) as observed_at from judged group by operation, report
),

doubts as (
    select j.operation, j.report, j.doubt
    from latest as l
    inner join judged as j on j.operation = l.operation and j.report = l.report and j.observed_at = l.observed_at
    where j.accepted = 0 and j.doubt is not null
),

others as (
    select d.operation, d.report, max(j.observed_at) as observed_at
    from doubts as d
    inner join judged as j on j.operation = d.operation and j.report = d.report
    where j.accepted = 1 or j.doubt is null or j.doubt <> d.doubt
    group by d.operation, d.report
)

select d.operation, d.report, d.doubt, count(*) as runs, min(j.observed_at) as since
from doubts as d
inner join judged as j
    on j.operation = d.operation and j.report = d.report and j.doubt = d.doubt and j.accepted = 0
left join others as o on o.operation = d.operation and o.report = d.report
where o.observed_at is null or j.observed_at > o.observed_at
group by d.operation, d.report, d.doubt
"""

_CREATED = """
select operation, agent_id from {provisioned_agents_table}
where operation in ({names}) and agent_id is not null
"""


def pasts(rows: Rows, operations: Sequence[str], now: datetime) -> dict[Key, tuple[Past, str | None]]:
    """For each report and operation its Past, and the privacy setting of its latest accepted observation.

    `rows` answers one of the queries above for some operations.
    """
    found: dict[Key, Past] = {}
    accepted: dict[Key, tuple[datetime, str | None]] = {}
    doubted: dict[Key, datetime] = {}
    for row in rows(_JUDGED, operations, now - REMEMBERED):
        key, at = (row["report"], row["operation"]), row["observed_at"]
        found.setdefault(key, Past())
        if row["accepted"]:
            accepted[key] = max(accepted.get(key, (at, row["privacy"])), (at, row["privacy"]), key=lambda each: each[0])
            if row["doubted"]:
                found[key] = replace(found[key], settled_at=at)
        else:
            doubted[key] = max(at, doubted.get(key, at))
    in_doubt = {key[1] for key, at in doubted.items() if key not in accepted or at > accepted[key][0]}
    for row in rows(_DOUBTED, sorted(in_doubt), now - REMEMBERED) if in_doubt else ():
        key = row["report"], row["operation"]
        found[key] = replace(found[key], doubt=row["doubt"], doubted_runs=row["runs"], doubted_since=row["since"])
    created: dict[Key, set[str]] = {}
    for row in rows(_CREATED, operations):
        created.setdefault((AGENTS.name, row["operation"]), set()).add(row["agent_id"])
    for key, ids in created.items():
        found[key] = replace(found.get(key, Past()), expected=frozenset(ids))
    return {key: (past, accepted.get(key, (None, None))[1]) for key, past in found.items()}
