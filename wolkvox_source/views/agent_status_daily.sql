-- One row per operation, agent, person, local day and status (agent_key, person, local_day, agent_status).
--
-- For how long an agent was observed in a status on a day of the operation's own calendar. Only time between
-- looks without a gap counts: see looks. Seconds are observed, not measured: a change is dated at the look that
-- found it, up to one interval late. A status seen for less than a second has no row. When an agent_id passes to
-- another person on a day, each has rows of their own: see agent_people.
-- Where the report status_events is asked for, the status events that are over take the place of what was observed in
-- their time, on days before the first observation too: see agent_status_intervals.
-- Filter on local_day, and only that day is worked out.
-- Categories are those of today; what a look was made with is kept with it, and a changed setting re-cuts nothing.
--
-- operation: the wolkvox customer, as named in the configuration
-- local_day: the date on the operation's own calendar; days of 23 and 25 hours are as long as they were
-- agent_key: operation and agent_id, the key that joins with every other table
-- agent_id: the extension number that wolkvox gave, as text
-- agent_name: the name that the report gave the person last on that day
-- agent_status: the status as wolkvox says it
-- status_category: ready, talking, after-call work, ringing, auxiliary, logged out or unknown, from status_categories
-- is_productive: whether the status counts as productive; NULL when the word is not in status_categories
-- is_paid: whether the status counts as paid; NULL when the word is not in status_categories
-- observed_seconds: time observed in the status on that day, in whole seconds that add up to those of the intervals
-- coverage_percent: share of the day that was looked at, in per cent, from coverage_daily; NULL on a day of events alone
-- person: counts those who held the id, from 1, as agent_people does
-- source: events where wolkvox reported the status itself, observations where it was found by looking, or both
with stretches as (
    select operation, stretch, min(observed_at) as stretch_from, max(observed_at) as stretch_to
    from looks
    group by operation, stretch
),

looked as (
    select
        d.operation,
        d.local_day,
        d.part_to,
        greatest(d.part_from, s.stretch_from) as looked_from,
        least(d.part_to, s.stretch_to) as looked_to
    from day_parts as d
    inner join stretches as s
        on s.operation = d.operation and s.stretch_from < d.part_to and s.stretch_to >= d.part_from
),

-- a version that the last look found lasted no time that we know of, but has the latest name
observed as (
    select
        l.operation,
        l.local_day,
        h.agent_key,
        h.agent_id,
        p.person,
        h.agent_status,
        h.agent_name,
        h.valid_from as named_at,
        greatest(h.valid_from, l.looked_from) as piece_from,
        least(coalesce(h.valid_to, l.looked_to), l.looked_to) as piece_to,
        'observations' as source
    from looked as l
    inner join agent_history as h
        on
            h.operation = l.operation
            and h.valid_from <= l.looked_to
            and h.valid_from < l.part_to
            and (h.valid_to is null or h.valid_to > l.looked_from)
    inner join agent_people as p
        on p.agent_key = h.agent_key and h.valid_from >= p.held_from and (p.held_to is null or h.valid_from < p.held_to)
    where h.present
),

digits as (
    select n from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as d (n)
),

zoned as (
    select x.*, coalesce(o.timezone, 'America/Bogota') as timezone
    from agent_exact_statuses as x
    left join operations as o on o.operation = x.operation
),

-- the days of an event, ten at most
dated as (
    select z.*, cast(cast(z.began_at at time zone z.timezone as date) + d.n * interval '1 day' as date) as local_day
    from zoned as z
    inner join digits as d
        on
            cast(cast(z.began_at at time zone z.timezone as date) + d.n * interval '1 day' as date)
            <= cast(z.ended_at at time zone z.timezone as date)
),

midnights as (
    select
        *,
        cast(local_day as timestamp) at time zone timezone as midnight,
        cast(local_day + interval '1 day' as timestamp) at time zone timezone as next_midnight
    from dated
),

-- where the clocks go back to midnight it comes twice, and the first one begins the day
told as (
    select
        operation,
        local_day,
        agent_key,
        agent_id,
        person,
        agent_status,
        agent_name,
        began_at as named_at,
        greatest(
            began_at,
            case
                when cast((midnight - interval '1 hour') at time zone timezone as date) = local_day
                    then midnight - interval '1 hour'
                else midnight
            end
        ) as piece_from,
        least(
            ended_at,
            case
                when cast((next_midnight - interval '1 hour') at time zone timezone as date) > local_day
                    then next_midnight - interval '1 hour'
                else next_midnight
            end
        ) as piece_to,
        'events' as source
    from midnights
),

all_of_them as (
    select * from observed
    union all
    select * from told
),

named as (
    select
        operation,
        local_day,
        agent_key,
        agent_id,
        person,
        agent_status,
        piece_from,
        piece_to,
        source,
        first_value(agent_name) over (
            partition by operation, local_day, agent_key, person
            order by case when agent_name is null then 1 else 0 end, named_at desc
        ) as agent_name
    from all_of_them
),

with_events as (
    select distinct agent_key
    from agent_status_events
    where ended_at > began_at
),

-- of what was observed of an agent with events, what lies in the gaps between them
pieces as (
    select
        n.operation,
        n.local_day,
        n.agent_key,
        n.agent_id,
        n.person,
        n.agent_name,
        n.agent_status,
        n.source,
        date_diff(
            'second',
            greatest(n.piece_from, coalesce(g.gap_from, n.piece_from)),
            least(n.piece_to, coalesce(g.gap_to, n.piece_to))
        ) as piece_seconds
    from named as n
    left join with_events as e on e.agent_key = n.agent_key and n.source = 'observations'
    left join agent_event_gaps as g
        on
            g.agent_key = e.agent_key
            and (g.gap_from is null or g.gap_from < n.piece_to)
            and (g.gap_to is null or g.gap_to > n.piece_from)
    where e.agent_key is null or g.agent_key is not null
),

totals as (
    select
        operation,
        local_day,
        agent_key,
        agent_id,
        person,
        agent_name,
        agent_status,
        sum(piece_seconds) as observed_seconds,
        case when min(source) = max(source) then min(source) else 'both' end as source
    from pieces
    where piece_seconds > 0
    group by operation, local_day, agent_key, agent_id, person, agent_name, agent_status
)

select
    t.operation,
    t.local_day,
    t.agent_key,
    t.agent_id,
    t.agent_name,
    t.agent_status,
    coalesce(m.status_category, 'unknown') as status_category,
    m.is_productive,
    m.is_paid,
    cast(t.observed_seconds as bigint) as observed_seconds,
    c.coverage_percent,
    t.person,
    t.source
from totals as t
left join coverage_daily as c on c.operation = t.operation and c.local_day = t.local_day
left join status_meanings as m on m.operation = t.operation and m.agent_status = t.agent_status
