-- One row per operation, agent, person, quarter of an hour and status (agent_key, person, quarter_from, agent_status).
--
-- For how long an agent was observed in a status within a quarter of an hour. Only time between looks without a gap
-- counts, and a change is dated at the look that found it: see agent_status_intervals, of which this is the cut.
-- Quarters are those of the clock in UTC, which are those of every zone's own clock, and one in which the operation got
-- another time zone is told by the one before. Filter on quarter_from.
--
-- operation: the wolkvox customer, as named in the configuration
-- quarter_from: the first moment of the quarter of an hour, UTC
-- hour_from: the first moment of its hour on the operation's own clock, UTC
-- local_day: the date of that moment on the operation's own calendar
-- local_hour: the hour of that moment on the operation's own clock, 0 to 23
-- agent_key: operation and agent_id, the key that joins with every other table
-- agent_id: the extension number that wolkvox gave, as text
-- person: counts those who held the id, from 1, as agent_people does
-- agent_status: the status as wolkvox says it
-- status_category: ready, talking, after-call work, ringing, auxiliary, logged out or unknown, from status_categories
-- is_productive: whether the status counts as productive; NULL when the word is not in status_categories
-- is_paid: whether the status counts as paid; NULL when the word is not in status_categories
-- observed_seconds: time observed in the status within the quarter, in seconds
with digits as (
    select n from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as d (n)
),

numbers as (
    select a.n + 10 * b.n + 100 * c.n + 1000 * d.n as n
    from digits as a
    cross join digits as b
    cross join digits as c
    cross join digits as d
),

-- the longest day of 25 hours, and the quarters of its first hour that are before it
few as (
    select n
    from numbers
    where n < 104
),

-- settings may change in the midst of a quarter, which is theirs with whom it began
observed as (
    select
        d.operation,
        d.local_day,
        d.timezone,
        date_trunc('hour', d.part_from) + n.n * interval '15 minutes' as quarter_from
    from day_parts as d
    inner join few as n
        on
            date_trunc('hour', d.part_from) + n.n * interval '15 minutes' >= d.part_from
            and date_trunc('hour', d.part_from) + n.n * interval '15 minutes' < d.part_to
),

looked_at as (
    select operation, min(part_from) as first_at, max(part_to) as last_at
    from day_parts
    where operation in (select operation from agent_status_events)
    group by operation
),

told as (
    select
        e.operation,
        coalesce(o.timezone, 'America/Bogota') as timezone,
        date_trunc('hour', min(e.began_at)) as told_from,
        max(e.ended_at) as told_to
    from agent_status_events as e
    left join operations as o on o.operation = e.operation
    where e.ended_at > e.began_at
    group by e.operation, o.timezone
),

-- the quarters of status events from before the first observation, and from after the latest
beyond as (
    select
        t.operation,
        t.timezone,
        t.told_from + d.n * interval '24 hours' + n.n * interval '15 minutes' as quarter_from
    from told as t
    inner join numbers as d on t.told_from + d.n * interval '24 hours' < t.told_to
    inner join few as n on n.n < 96
    left join looked_at as l on l.operation = t.operation
    where
        l.operation is null
        or t.told_from + d.n * interval '24 hours' + n.n * interval '15 minutes' < l.first_at
        or t.told_from + d.n * interval '24 hours' + n.n * interval '15 minutes' >= l.last_at
),

quarters as (
    select operation, local_day, timezone, quarter_from, quarter_from + interval '15 minutes' as quarter_to
    from observed
    union all
    select
        operation,
        cast(quarter_from at time zone timezone as date) as local_day,
        timezone,
        quarter_from,
        quarter_from + interval '15 minutes' as quarter_to
    from beyond
)

select
    q.operation,
    q.quarter_from,
    q.quarter_from
    - cast(extract(minute from q.quarter_from at time zone q.timezone) as bigint) * interval '1 minute' as hour_from,
    q.local_day,
    cast(extract(hour from q.quarter_from at time zone q.timezone) as bigint) as local_hour,
    i.agent_key,
    i.agent_id,
    i.person,
    i.agent_status,
    i.status_category,
    i.is_productive,
    i.is_paid,
    cast(
        sum(date_diff('second', greatest(i.interval_from, q.quarter_from), least(i.interval_to, q.quarter_to))) as bigint
    ) as observed_seconds
from quarters as q
inner join agent_status_intervals as i
    on i.operation = q.operation and i.interval_from < q.quarter_to and i.interval_to > q.quarter_from
group by
    q.operation,
    q.quarter_from,
    q.local_day,
    q.timezone,
    i.agent_key,
    i.agent_id,
    i.person,
    i.agent_status,
    i.status_category,
    i.is_productive,
    i.is_paid
having sum(date_diff('second', greatest(i.interval_from, q.quarter_from), least(i.interval_to, q.quarter_to))) > 0
