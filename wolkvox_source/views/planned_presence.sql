-- One row per operation, agent and local day with planned work (agent_key, local_day).
--
-- The first and the last time that an agent was there for the day's planned work, each between two bounds. There is an
-- agent whose status has a category other than logged out; a status that no category knows proves neither, and an agent
-- off the roster is not there. A stay counts that reaches into the planned time, from four hours before it on at most
-- and not from before the planned work of an earlier day; so does a connection within the planned time.
--
-- operation: the wolkvox customer, as named in the configuration
-- local_day: the date on the operation's own calendar on which the work begins
-- agent_key: operation and agent_id, the key that joins with every other table
-- agent_id: the extension number that wolkvox gave, as text
-- planned_start_at: when the day's first stretch of work is to begin, UTC
-- planned_end_at: when its last one is to end, UTC
-- latest_look_at: the operation's latest look; NULL without one, UTC
-- covered_from: the first look of the stretch in which the planned work begins; NULL where nobody looked then, UTC
-- covered_to: the last look of that stretch; NULL where nobody looked then, UTC
-- arrived_after: the last look before the stay or connection; NULL where none was in those four hours, UTC
-- arrived_by: the first look that found the agent there, or a connection; NULL where neither did, UTC
-- perhaps_from: the first look that found the agent there or in a status that no category knows; NULL without, UTC
-- left_after: the last look that found the agent there, or a connection; NULL where neither did, UTC
-- left_by: the first look after the stay or connection, at most four hours after the planned work; else NULL, UTC
with shifts as (
    select
        operation,
        local_day,
        agent_key,
        agent_id,
        min(planned_from) as planned_start_at,
        max(planned_to) as planned_end_at
    from planned_times
    group by operation, local_day, agent_key, agent_id
),

windows as (
    select
        *,
        greatest(
            planned_start_at - interval '4 hours',
            coalesce(
                lag(planned_end_at) over (partition by operation, agent_key order by planned_start_at),
                planned_start_at - interval '4 hours'
            )
        ) as window_from,
        least(
            planned_end_at + interval '4 hours',
            coalesce(
                lead(planned_start_at) over (partition by operation, agent_key order by planned_start_at),
                planned_end_at + interval '4 hours'
            )
        ) as window_to
    from shifts
),

stretches as (
    select distinct operation, stretch, stretch_from, stretch_to
    from looks
),

latest as (
    select operation, max(observed_at) as latest_look_at
    from looks
    group by operation
),

here as (
    select
        i.operation,
        i.agent_key,
        case when i.status_category = 'unknown' then 0 else 1 end as certain,
        i.interval_from,
        i.interval_to,
        case when i.ended_by = 'change' then l.previous_at else i.interval_to end as found_to,
        case
            when lag(i.interval_to) over (partition by i.operation, i.agent_key order by i.interval_from)
                = i.interval_from
                then null
            else 1
        end as begins
    from agent_status_intervals as i
    left join looks as l on l.operation = i.operation and l.observed_at = i.interval_to
    where i.status_category <> 'logged out'
),

numbered as (
    select *, count(begins) over (partition by operation, agent_key order by interval_from) as stay
    from here
),

stays as (
    select
        operation,
        agent_key,
        min(interval_from) as stay_from,
        max(interval_to) as stay_to,
        max(found_to) as found_to,
        min(case when certain = 1 then interval_from end) as certain_from,
        max(case when certain = 1 then found_to end) as certain_to
    from numbered
    group by operation, agent_key, stay
),

seen as (
    select
        w.agent_key,
        w.local_day,
        min(greatest(s.stay_from, w.window_from)) as perhaps_from,
        max(s.found_to) as perhaps_to,
        min(case when s.certain_from is not null then greatest(s.certain_from, w.window_from) end) as seen_by,
        max(s.certain_to) as seen_to
    from windows as w
    inner join stays as s
        on
            s.operation = w.operation
            and s.agent_key = w.agent_key
            and s.stay_from <= w.planned_end_at
            and s.stay_to >= w.planned_start_at
    group by w.agent_key, w.local_day
),

connected as (
    select w.agent_key, w.local_day, min(c.last_use) as first_use, max(c.last_use) as last_use
    from windows as w
    inner join agent_connections as c
        on
            c.operation = w.operation
            and c.agent_key = w.agent_key
            and c.last_use >= w.planned_start_at
            and c.last_use <= w.planned_end_at
    group by w.agent_key, w.local_day
),

-- greatest and least leave out NULLs in some destinations and not in others
bounds as (
    select
        w.operation,
        w.local_day,
        w.agent_key,
        w.agent_id,
        w.planned_start_at,
        w.planned_end_at,
        w.window_from,
        w.window_to,
        least(coalesce(s.seen_by, c.first_use), coalesce(c.first_use, s.seen_by)) as arrived_by,
        least(coalesce(s.perhaps_from, c.first_use), coalesce(c.first_use, s.perhaps_from)) as perhaps_from,
        greatest(coalesce(s.seen_to, c.last_use), coalesce(c.last_use, s.seen_to)) as left_after,
        greatest(coalesce(s.perhaps_to, c.last_use), coalesce(c.last_use, s.perhaps_to)) as perhaps_to
    from windows as w
    left join seen as s on s.agent_key = w.agent_key and s.local_day = w.local_day
    left join connected as c on c.agent_key = w.agent_key and c.local_day = w.local_day
),

around as (
    select
        b.agent_key,
        b.local_day,
        max(case when l.observed_at < b.perhaps_from then l.observed_at end) as look_before,
        min(case when l.observed_at > b.perhaps_to then l.observed_at end) as look_after
    from bounds as b
    inner join looks as l
        on l.operation = b.operation and l.observed_at >= b.window_from and l.observed_at <= b.window_to
    group by b.agent_key, b.local_day
)

select
    b.operation,
    b.local_day,
    b.agent_key,
    b.agent_id,
    b.planned_start_at,
    b.planned_end_at,
    t.latest_look_at,
    s.stretch_from as covered_from,
    s.stretch_to as covered_to,
    a.look_before as arrived_after,
    b.arrived_by,
    b.perhaps_from,
    b.left_after,
    a.look_after as left_by
from bounds as b
left join around as a on a.agent_key = b.agent_key and a.local_day = b.local_day
left join latest as t on t.operation = b.operation
left join stretches as s
    on s.operation = b.operation and s.stretch_from <= b.planned_start_at and s.stretch_to >= b.planned_start_at
