-- One row per agent who is planned at the operation's latest look and not there (agent_key).
--
-- As of looked_at: nothing here reads a clock, and an operation of which no look came later says nothing newer. There
-- is an agent whose status has a category other than logged out; who is in a status that no category knows is in no
-- row. Breaks are no planned work. How long at least: from the planned beginning of the stretch, the first look that
-- did not find the agent, or the first look after a gap, whichever is latest.
--
-- operation: the wolkvox customer, as named in the configuration
-- agent_key: operation and agent_id, the key that joins with every other table
-- agent_id: the extension number that wolkvox gave, as text
-- planned_start_at: when the stretch of work was to begin, UTC
-- planned_end_at: when it is to end, UTC
-- missing_since: since when at least, UTC
-- missing_seconds_at_least: from missing_since to looked_at
-- looked_at: the operation's latest look, UTC
with latest as (
    select l.operation, l.observed_at as looked_at, l.stretch_from
    from looks as l
    inner join (select operation, max(observed_at) as last_at from looks group by operation) as t
        on t.operation = l.operation and t.last_at = l.observed_at
),

-- the last time that an agent was there, or may have been, in the stretch of looks that goes on
here as (
    select
        i.operation,
        i.agent_key,
        max(case when i.ended_by = 'open' then 1 else 0 end) as is_here,
        max(i.interval_to) as gone_since
    from agent_status_intervals as i
    inner join latest as t on t.operation = i.operation and i.interval_to >= t.stretch_from
    where i.status_category <> 'logged out'
    group by i.operation, i.agent_key
),

missing as (
    select
        p.operation,
        p.agent_key,
        p.agent_id,
        p.planned_from,
        p.planned_to,
        t.looked_at,
        greatest(p.planned_from, t.stretch_from, coalesce(h.gone_since, t.stretch_from)) as missing_since
    from planned_times as p
    inner join latest as t on t.operation = p.operation and p.planned_from <= t.looked_at and p.planned_to > t.looked_at
    left join here as h on h.operation = p.operation and h.agent_key = p.agent_key
    where coalesce(h.is_here, 0) = 0
)

select
    operation,
    agent_key,
    agent_id,
    planned_from as planned_start_at,
    planned_to as planned_end_at,
    missing_since,
    date_diff('second', missing_since, looked_at) as missing_seconds_at_least,
    looked_at
from missing
