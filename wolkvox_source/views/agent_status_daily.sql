-- One row per operation, agent, local day and status (agent_key, local_day, agent_status).
--
-- For how long an agent was observed in a status on a day of the operation's own calendar. Only time between
-- looks counts: where two looks (observations with outcome changed or unchanged) are further apart than three
-- intervals of the operation, nobody is said to have done anything. Seconds are observed, not measured: a
-- change is dated at the look that found it, up to one interval late. A status seen for no time has no row.
-- Filter on local_day, and only that day is worked out.
--
-- operation: the wolkvox customer, as named in the configuration
-- local_day: the date on the operation's own calendar; days of 23 and 25 hours are as long as they were
-- agent_key: operation and agent_id, the key that joins with every other table
-- agent_id: the extension number that wolkvox gave, as text
-- agent_name: the name that the report gave the agent last on that day
-- agent_status: the status as wolkvox says it
-- status_category: ready, talking, after-call work, ringing, auxiliary, logged out or unknown, from status_categories
-- is_productive: whether the status counts as productive; NULL when the word is not in status_categories
-- is_paid: whether the status counts as paid; NULL when the word is not in status_categories
-- observed_seconds: time observed in the status on that day, in seconds
-- coverage_percent: share of the day that was looked at, in per cent, from coverage_daily
with looks as (
    select
        o.operation,
        o.observed_at,
        lag(o.observed_at) over (partition by o.operation order by o.observed_at) as previous_at,
        3 * coalesce(s.interval_seconds, 300) as tolerance_seconds
    from observations as o
    left join operations as s on s.operation = o.operation
    where o.outcome in ('changed', 'unchanged')
),

numbered as (
    select
        operation,
        observed_at,
        sum(case when extract(epoch from observed_at - previous_at) <= tolerance_seconds then 0 else 1 end)
            over (partition by operation order by observed_at) as stretch
    from looks
),

stretches as (
    select operation, min(observed_at) as looked_from, max(observed_at) as looked_to
    from numbered
    group by operation, stretch
),

looked as (
    select
        d.operation,
        d.local_day,
        d.coverage_percent,
        greatest(d.day_starts_at, s.looked_from) as looked_from,
        least(d.day_ends_at, s.looked_to) as looked_to
    from coverage_daily as d
    inner join stretches as s
        on s.operation = d.operation and s.looked_from < d.day_ends_at and s.looked_to > d.day_starts_at
),

pieces as (
    select
        l.operation,
        l.local_day,
        l.coverage_percent,
        h.agent_key,
        h.agent_id,
        h.agent_name,
        h.agent_status,
        h.valid_from,
        greatest(h.valid_from, l.looked_from) as piece_from,
        least(coalesce(h.valid_to, l.looked_to), l.looked_to) as piece_to
    from looked as l
    inner join agent_history as h
        on
            h.operation = l.operation
            and h.valid_from < l.looked_to
            and (h.valid_to is null or h.valid_to > l.looked_from)
    where h.present
),

named as (
    select
        operation,
        local_day,
        coverage_percent,
        agent_key,
        agent_id,
        agent_status,
        piece_from,
        piece_to,
        first_value(agent_name) over (partition by operation, local_day, agent_key order by valid_from desc)
            as agent_name
    from pieces
),

totals as (
    select
        operation,
        local_day,
        coverage_percent,
        agent_key,
        agent_id,
        agent_name,
        agent_status,
        translate(
            lower(trim(agent_status)),
            'ÁÀÂÃÄÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÑÇáàâãäéèêëíìîïóòôõöúùûüñç',
            'aaaaaeeeeiiiiooooouuuuncaaaaaeeeeiiiiooooouuuunc'
        ) as word,
        cast(round(sum(extract(epoch from piece_to - piece_from))) as bigint) as observed_seconds
    from named
    group by operation, local_day, coverage_percent, agent_key, agent_id, agent_name, agent_status
),

spellings as (
    select
        operation,
        agent_status,
        category,
        productive,
        paid,
        translate(
            lower(trim(agent_status)),
            'ÁÀÂÃÄÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÑÇáàâãäéèêëíìîïóòôõöúùûüñç',
            'aaaaaeeeeiiiiooooouuuuncaaaaaeeeeiiiiooooouuuunc'
        ) as word
    from status_categories
),

-- a word that is listed twice, with and without its accents, counts once
meanings as (
    select *, row_number() over (partition by operation, word order by agent_status) as rank_of_spelling
    from spellings
)

select
    t.operation,
    t.local_day,
    t.agent_key,
    t.agent_id,
    t.agent_name,
    t.agent_status,
    coalesce(o.category, e.category, 'unknown') as status_category,
    case when o.word is null then e.productive else o.productive end as is_productive,
    case when o.word is null then e.paid else o.paid end as is_paid,
    t.observed_seconds,
    t.coverage_percent
from totals as t
left join meanings as o on o.operation = t.operation and o.word = t.word and o.rank_of_spelling = 1
left join meanings as e on e.operation = '*' and e.word = t.word and e.rank_of_spelling = 1
