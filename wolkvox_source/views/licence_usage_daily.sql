-- One row per operation and local day on which anybody looked (operation, local_day).
--
-- The roster is counted as the day's last look left it. Connections are those that wolkvox reported as somebody's
-- last one, so a day that nobody looked at may lack some: see coverage_daily. The licences are those configured
-- today, on every row. Connections belong to people, as agent_people says.
--
-- operation: the wolkvox customer, as named in the configuration
-- local_day: the date on the operation's own calendar
-- agents: agents on the roster, each of whom fills a slot, enabled or not
-- enabled_agents: agents whom the report calls enabled
-- disabled_agents: agents whom the report calls disabled, and whose id is free to be used again
-- connected_agents: agents seen to connect on that day
-- connected_agents_30_days: agents seen to connect on that day or the 29 before it, on the roster still or not
-- never_connected_agents: agents on the roster of whose person no connection was known to the end of that day
-- licences: licences of the operation; NULL when not configured
-- slots: named agents that the licences allow; NULL when not configured
-- free_slots: slots that no agent fills, below zero when there are more agents than slots; NULL when not configured
with versions as (
    select h.operation, h.enabled, h.valid_from, h.valid_to, p.connected_since
    from agent_history as h
    inner join agent_people as p
        on p.agent_key = h.agent_key and h.valid_from >= p.held_from and (p.held_to is null or h.valid_from < p.held_to)
    where h.present
),

-- a version adds to the counts when it begins and takes away when it ends: grouped by moment, millions are few
turns as (
    select
        operation,
        valid_from as counted_at,
        count(*) as agents,
        count(case when enabled then 1 end) as enabled_agents,
        count(case when not enabled then 1 end) as disabled_agents,
        count(case when connected_since is null or valid_from < connected_since then 1 end) as never_connected_agents
    from versions
    group by operation, valid_from
    union all
    select
        operation,
        valid_to as counted_at,
        -count(*) as agents,
        -count(case when enabled then 1 end) as enabled_agents,
        -count(case when not enabled then 1 end) as disabled_agents,
        -count(case when connected_since is null or valid_to <= connected_since then 1 end) as never_connected_agents
    from versions
    where valid_to is not null
    group by operation, valid_to
),

-- the version during which an agent connected for the first time stops counting as never connected
debuts as (
    select operation, connected_since, -count(*) as never_connected_agents
    from versions
    where valid_from < connected_since and (valid_to is null or valid_to > connected_since)
    group by operation, connected_since
),

-- a day ends with the part of it that holds its last look: where the time zone changed, dates may come again
ends as (
    select d.operation, d.local_day, d.part_to as counted_at
    from coverage_daily as c
    inner join day_parts as d
        on
            d.operation = c.operation
            and d.local_day = c.local_day
            and d.part_from <= c.last_look_at
            and d.part_to > c.last_look_at
),

moments as (
    select
        operation,
        counted_at,
        1 as is_turn,
        cast(null as date) as local_day,
        agents,
        enabled_agents,
        disabled_agents,
        never_connected_agents
    from turns
    union all
    select operation, connected_since, 1, cast(null as date), 0, 0, 0, never_connected_agents
    from debuts
    union all
    select operation, counted_at, 0, local_day, 0, 0, 0, 0
    from ends
),

counted as (
    select
        operation,
        local_day,
        sum(agents) over (
            partition by operation order by counted_at, is_turn rows between unbounded preceding and current row
        ) as agents,
        sum(enabled_agents) over (
            partition by operation order by counted_at, is_turn rows between unbounded preceding and current row
        ) as enabled_agents,
        sum(disabled_agents) over (
            partition by operation order by counted_at, is_turn rows between unbounded preceding and current row
        ) as disabled_agents,
        sum(never_connected_agents) over (
            partition by operation order by counted_at, is_turn rows between unbounded preceding and current row
        ) as never_connected_agents
    from moments
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

connected as (
    select operation, local_day, count(*) as connected_agents, count(*) as recent_agents
    from connection_days
    group by operation, local_day
    union all
    select operation, least(coalesce(next_day, day_thirty), day_thirty), 0, -count(*)
    from connection_days
    group by operation, least(coalesce(next_day, day_thirty), day_thirty)
    union all
    select operation, local_day, 0, 0
    from ends
),

summed as (
    select operation, local_day, sum(connected_agents) as connected_agents, sum(recent_agents) as recent_agents
    from connected
    group by operation, local_day
),

recent as (
    select
        operation,
        local_day,
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
    cast(d.connected_agents as bigint) as connected_agents,
    cast(d.recent_agents as bigint) as connected_agents_30_days,
    cast(r.never_connected_agents as bigint) as never_connected_agents,
    o.licences,
    o.licences * o.agents_per_licence as slots,
    o.licences * o.agents_per_licence - cast(r.agents as bigint) as free_slots
from counted as r
inner join recent as d on d.operation = r.operation and d.local_day = r.local_day
left join operations as o on o.operation = r.operation
where r.local_day is not null
