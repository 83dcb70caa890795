-- One row per operation and local day on which anybody looked (operation, local_day).
--
-- The roster is counted as the day's last look left it. Connections are those that wolkvox reported as somebody's
-- last one, so a day that nobody looked at may lack some: see coverage_daily. The licences are those configured
-- today, on every row.
--
-- operation: the wolkvox customer, as named in the configuration
-- local_day: the date on the operation's own calendar
-- agents: agents on the roster, each of whom fills a slot, enabled or not
-- enabled_agents: agents whom the report calls enabled
-- disabled_agents: agents whom the report calls disabled, and whose id is free to be used again
-- connected_agents: agents seen to connect on that day
-- connected_agents_30_days: agents seen to connect on that day or the 29 before it, on the roster still or not
-- never_connected_agents: agents on the roster who had not connected once by the end of that day
-- licences: licences of the operation; NULL when not configured
-- slots: named agents that the licences allow; NULL when not configured
-- free_slots: slots that no agent fills, below zero when there are more agents than slots; NULL when not configured
with zones as (
    select distinct o.operation, coalesce(s.timezone, 'America/Bogota') as timezone
    from observations as o
    left join operations as s on s.operation = o.operation
),

first_connections as (
    select agent_key, min(last_use) as connected_at
    from agent_connections
    group by agent_key
),

-- a version adds to the counts when it begins and takes away when it ends: grouped by moment, millions are few
versions_begun as (
    select
        h.operation,
        h.valid_from as counted_at,
        count(*) as agents,
        count(case when h.enabled then 1 end) as enabled_agents,
        count(case when not h.enabled then 1 end) as disabled_agents,
        count(case when f.connected_at is null or h.valid_from < f.connected_at then 1 end) as never_connected_agents
    from agent_history as h
    left join first_connections as f on f.agent_key = h.agent_key
    where h.present
    group by h.operation, h.valid_from
),

versions_ended as (
    select
        h.operation,
        h.valid_to as counted_at,
        -count(*) as agents,
        -count(case when h.enabled then 1 end) as enabled_agents,
        -count(case when not h.enabled then 1 end) as disabled_agents,
        -count(case when f.connected_at is null or h.valid_to <= f.connected_at then 1 end) as never_connected_agents
    from agent_history as h
    left join first_connections as f on f.agent_key = h.agent_key
    where h.present and h.valid_to is not null
    group by h.operation, h.valid_to
),

-- the version during which an agent connected for the first time stops counting as never connected
debuts as (
    select
        h.operation,
        f.connected_at as counted_at,
        cast(0 as bigint) as agents,
        cast(0 as bigint) as enabled_agents,
        cast(0 as bigint) as disabled_agents,
        -count(*) as never_connected_agents
    from agent_history as h
    inner join first_connections as f on f.agent_key = h.agent_key
    where
        h.present
        and h.valid_from < f.connected_at
        and (h.valid_to is null or h.valid_to > f.connected_at)
    group by h.operation, f.connected_at
),

movements as (
    select operation, counted_at, agents, enabled_agents, disabled_agents, never_connected_agents from versions_begun
    union all
    select operation, counted_at, agents, enabled_agents, disabled_agents, never_connected_agents from versions_ended
    union all
    select operation, counted_at, agents, enabled_agents, disabled_agents, never_connected_agents from debuts
),

-- a connection keeps an agent recent for thirty days, or until the next connection takes over
connection_days as (
    select
        operation,
        local_day,
        lead(local_day) over (partition by operation, agent_key order by local_day) as next_day,
        cast(local_day + interval '30 days' as date) as day_thirty
    from agent_connections_daily
),

recency as (
    select operation, local_day, count(*) as connected_agents, count(*) as recent_agents
    from connection_days
    group by operation, local_day
    union all
    select operation, least(coalesce(next_day, day_thirty), day_thirty) as local_day, 0, -count(*)
    from connection_days
    group by operation, least(coalesce(next_day, day_thirty), day_thirty)
),

daily as (
    select
        m.operation,
        cast(m.counted_at at time zone z.timezone as date) as local_day,
        m.agents,
        m.enabled_agents,
        m.disabled_agents,
        m.never_connected_agents,
        0 as connected_agents,
        0 as recent_agents
    from movements as m
    inner join zones as z on z.operation = m.operation
    union all
    select operation, local_day, 0, 0, 0, 0, connected_agents, recent_agents
    from recency
    union all
    select operation, local_day, 0, 0, 0, 0, 0, 0
    from coverage_daily
),

summed as (
    select
        operation,
        local_day,
        sum(agents) as agents,
        sum(enabled_agents) as enabled_agents,
        sum(disabled_agents) as disabled_agents,
        sum(never_connected_agents) as never_connected_agents,
        sum(connected_agents) as connected_agents,
        sum(recent_agents) as recent_agents
    from daily
    group by operation, local_day
),

running as (
    select
        operation,
        local_day,
        sum(agents) over (partition by operation order by local_day) as agents,
        sum(enabled_agents) over (partition by operation order by local_day) as enabled_agents,
        sum(disabled_agents) over (partition by operation order by local_day) as disabled_agents,
        sum(never_connected_agents) over (partition by operation order by local_day) as never_connected_agents,
        connected_agents,
        sum(recent_agents) over (partition by operation order by local_day) as recent_agents
    from summed
)

select
    r.operation,
    r.local_day,
    cast(r.agents as bigint) as agents,
    cast(r.enabled_agents as bigint) as enabled_agents,
    cast(r.disabled_agents as bigint) as disabled_agents,
    cast(r.connected_agents as bigint) as connected_agents,
    cast(r.recent_agents as bigint) as connected_agents_30_days,
    cast(r.never_connected_agents as bigint) as never_connected_agents,
    o.licences,
    o.licences * o.agents_per_licence as slots,
    o.licences * o.agents_per_licence - cast(r.agents as bigint) as free_slots
from running as r
inner join coverage_daily as d on d.operation = r.operation and d.local_day = r.local_day
left join operations as o on o.operation = r.operation
where d.successful_observations > 0
