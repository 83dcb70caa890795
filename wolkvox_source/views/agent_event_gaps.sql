-- One row per operation, agent with status events, and gap between them (agent_key, gap_from, gap_to).
--
-- In a gap it is the observations that say what the agent did: see agent_status_intervals. It runs from the first look
-- after an event to the last look before the next one, since what is between an event and a look nobody saw.
--
-- operation: the wolkvox customer, as named in the configuration
-- agent_key: operation and agent_id, the key that joins with every other table
-- gap_from: the first look after the event before; NULL for what is before the first event, UTC
-- gap_to: the last look before the next event; NULL for what is after the latest event, UTC
with ordered as (
    select
        operation,
        agent_key,
        began_at,
        ended_at,
        max(ended_at) over (
            partition by operation, agent_key order by began_at, ended_at rows between unbounded preceding and 1 preceding
        ) as busy_to
    from agent_status_events
    where ended_at > began_at
),

free as (
    select operation, agent_key, busy_to as free_from, began_at as free_to
    from ordered
    where busy_to is null or busy_to < began_at
    union all
    select operation, agent_key, max(ended_at) as free_from, null as free_to
    from ordered
    group by operation, agent_key
),

numbered as (
    select *, row_number() over (partition by operation, agent_key order by coalesce(free_to, free_from), free_from) as gap
    from free
),

-- the looks of operations that have events at all, and the ends of the gaps among them
moments as (
    select operation, observed_at as moment, observed_at as look_at, null as agent_key, null as gap, 0 as is_end
    from observation_settings
    where outcome in ('changed', 'unchanged') and operation in (select operation from agent_status_events)
    union all
    select operation, free_from as moment, null as look_at, agent_key, gap, 0 as is_end
    from numbered
    where free_from is not null
    union all
    select operation, free_to as moment, null as look_at, agent_key, gap, 1 as is_end
    from numbered
    where free_to is not null
),

placed as (
    select
        operation,
        agent_key,
        gap,
        is_end,
        min(look_at) over (
            partition by operation order by moment range between current row and unbounded following
        ) as look_after,
        max(look_at) over (
            partition by operation order by moment range between unbounded preceding and current row
        ) as look_before
    from moments
),

bounded as (
    select
        n.operation,
        n.agent_key,
        n.free_from,
        n.free_to,
        max(case when p.is_end = 0 then p.look_after end) as gap_from,
        max(case when p.is_end = 1 then p.look_before end) as gap_to
    from numbered as n
    inner join placed as p on p.operation = n.operation and p.agent_key = n.agent_key and p.gap = n.gap
    group by n.operation, n.agent_key, n.gap, n.free_from, n.free_to
)

select operation, agent_key, gap_from, gap_to
from bounded
where
    (free_from is null or gap_from is not null)
    and (free_to is null or gap_to is not null)
    and (gap_from is null or gap_to is null or gap_from <= gap_to)
