-- One row per operation, agent, person, local day and status (agent_key, person, local_day, agent_status).
--
-- For how long an agent was observed in a status on a day of the operation's own calendar. Only time between
-- looks without a gap counts: see looks. Seconds are observed, not measured: a change is dated at the look that
-- found it, up to one interval late. A status seen for less than a second has no row. When an agent_id passes to
-- another person on a day, each has rows of their own: see agent_people.
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
-- coverage_percent: share of the day that was looked at, in per cent, from coverage_daily
-- person: counts those who held the id, from 1, as agent_people does
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
pieces as (
    select
        l.operation,
        l.local_day,
        h.agent_key,
        h.agent_id,
        p.person,
        h.agent_status,
        first_value(h.agent_name) over (
            partition by l.operation, l.local_day, h.agent_key, p.person
            order by case when h.agent_name is null then 1 else 0 end, h.valid_from desc
        ) as agent_name,
        date_diff(
            'second',
            greatest(h.valid_from, l.looked_from),
            least(coalesce(h.valid_to, l.looked_to), l.looked_to)
        ) as piece_seconds
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

totals as (
    select
        operation,
        local_day,
        agent_key,
        agent_id,
        person,
        agent_name,
        agent_status,
        sum(piece_seconds) as observed_seconds
    from pieces
    group by operation, local_day, agent_key, agent_id, person, agent_name, agent_status
    having sum(piece_seconds) > 0
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
    t.person
from totals as t
inner join coverage_daily as c on c.operation = t.operation and c.local_day = t.local_day
left join status_meanings as m on m.operation = t.operation and m.agent_status = t.agent_status
