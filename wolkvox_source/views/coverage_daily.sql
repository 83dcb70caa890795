-- One row per operation and local day (operation, local_day), whether or not anybody looked that day.
--
-- How much of the day was seen. Read it before any other daily number: what was not looked at is not zero.
-- A look is an observation that succeeded (outcome changed or unchanged). Two looks further apart than three
-- intervals of the operation leave a gap between them that counts as not covered.
-- The first day begins at the first observation; the last day ends at the latest one, whatever came of it.
-- If observing stops altogether the days stop too: agents_now.observed_at says how fresh things are.
--
-- operation: the wolkvox customer, as named in the configuration
-- local_day: the date on the operation's own calendar
-- day_starts_at: the local midnight that begins the day, UTC
-- day_ends_at: the local midnight that ends it, 23, 24 or 25 hours later, UTC
-- expected_observations: observations that the operation's interval asks for, in the part of the day that counts
-- observations: observations made, whatever came of them
-- successful_observations: observations that succeeded, which are the looks
-- coverage_percent: share of the day's seconds that lie between looks close enough together, in per cent
-- longest_gap_seconds: the longest time without a look within the day, in seconds
-- changed_percent: share of the observations made that succeeded and brought changes, in per cent
-- unchanged_percent: share that succeeded and brought none, in per cent
-- suspicious_percent: share that were answered but not believed, in per cent
-- empty_percent: share that were answered with no records where there had been some, in per cent
-- refused_percent: share that wolkvox refused, in per cent
-- unavailable_percent: share that got no answer, or were told to come later, in per cent
-- unreadable_percent: share whose answer could not be read, in per cent
with attempts as (
    select
        o.operation,
        o.observed_at,
        o.outcome,
        coalesce(s.timezone, 'America/Bogota') as timezone,
        coalesce(s.interval_seconds, 300) as interval_seconds,
        cast(o.observed_at at time zone coalesce(s.timezone, 'America/Bogota') as date) as local_day
    from observations as o
    left join operations as s on s.operation = o.operation
),

looks as (
    select
        operation,
        local_day,
        observed_at,
        lag(observed_at) over (partition by operation order by observed_at) as previous_at,
        3 * interval_seconds as tolerance_seconds
    from attempts
    where outcome in ('changed', 'unchanged')
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

spans as (
    select
        operation,
        timezone,
        interval_seconds,
        min(observed_at) as first_at,
        max(observed_at) as last_at,
        min(local_day) as first_day,
        max(local_day) as last_day
    from attempts
    group by operation, timezone, interval_seconds
),

digits as (
    select n from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as d (n)
),

-- every destination counts to ten thousand days in this way, and none agrees with another on a shorter one
numbers as (
    select a.n + 10 * b.n + 100 * c.n + 1000 * d.n as n
    from digits as a
    cross join digits as b
    cross join digits as c
    cross join digits as d
),

calendar as (
    select
        s.operation,
        s.timezone,
        s.interval_seconds,
        s.first_at,
        s.last_at,
        cast(s.first_day + n.n * interval '1 day' as date) as local_day
    from spans as s
    inner join numbers as n on cast(s.first_day + n.n * interval '1 day' as date) <= s.last_day
),

midnights as (
    select
        operation,
        local_day,
        interval_seconds,
        first_at,
        last_at,
        cast(local_day as timestamp) at time zone timezone as day_starts_at,
        cast(local_day + interval '1 day' as timestamp) at time zone timezone as day_ends_at
    from calendar
),

days as (
    select
        operation,
        local_day,
        interval_seconds,
        day_starts_at,
        day_ends_at,
        greatest(day_starts_at, first_at) as counts_from,
        least(day_ends_at, last_at) as counts_to,
        -- the latest observation is itself expected, and ends its day
        case when last_at < day_ends_at then 1 else 0 end as closing_observation
    from midnights
),

covered as (
    select
        d.operation,
        d.local_day,
        sum(extract(epoch from least(d.counts_to, s.looked_to) - greatest(d.counts_from, s.looked_from)))
            as covered_seconds
    from days as d
    inner join stretches as s
        on s.operation = d.operation and s.looked_from < d.counts_to and s.looked_to > d.counts_from
    group by d.operation, d.local_day
),

spaced as (
    select
        operation,
        local_day,
        observed_at,
        lag(observed_at) over (partition by operation, local_day order by observed_at) as previous_that_day
    from looks
),

rhythm as (
    select
        operation,
        local_day,
        min(observed_at) as first_look_at,
        max(observed_at) as last_look_at,
        max(extract(epoch from observed_at - previous_that_day)) as longest_between_seconds
    from spaced
    group by operation, local_day
),

outcomes as (
    select
        operation,
        local_day,
        count(*) as observations,
        count(case when outcome = 'changed' then 1 end) as changed,
        count(case when outcome = 'unchanged' then 1 end) as unchanged,
        count(case when outcome = 'suspicious' then 1 end) as suspicious,
        count(case when outcome = 'empty' then 1 end) as empty,
        count(case when outcome = 'refused' then 1 end) as refused,
        count(case when outcome = 'unavailable' then 1 end) as unavailable,
        count(case when outcome = 'unreadable' then 1 end) as unreadable
    from attempts
    group by operation, local_day
)

select
    d.operation,
    d.local_day,
    d.day_starts_at,
    d.day_ends_at,
    cast(round(extract(epoch from d.counts_to - d.counts_from) / d.interval_seconds) as bigint)
        + d.closing_observation as expected_observations,
    coalesce(o.observations, 0) as observations,
    coalesce(o.changed + o.unchanged, 0) as successful_observations,
    cast(
        100.0 * coalesce(c.covered_seconds, 0) / nullif(extract(epoch from d.counts_to - d.counts_from), 0) as double
    ) as coverage_percent,
    cast(round(greatest(
        coalesce(extract(epoch from r.first_look_at - d.counts_from), extract(epoch from d.counts_to - d.counts_from)),
        coalesce(r.longest_between_seconds, 0),
        coalesce(extract(epoch from d.counts_to - r.last_look_at), 0)
    )) as bigint) as longest_gap_seconds,
    cast(100.0 * o.changed / o.observations as double) as changed_percent,
    cast(100.0 * o.unchanged / o.observations as double) as unchanged_percent,
    cast(100.0 * o.suspicious / o.observations as double) as suspicious_percent,
    cast(100.0 * o.empty / o.observations as double) as empty_percent,
    cast(100.0 * o.refused / o.observations as double) as refused_percent,
    cast(100.0 * o.unavailable / o.observations as double) as unavailable_percent,
    cast(100.0 * o.unreadable / o.observations as double) as unreadable_percent
from days as d
left join outcomes as o on o.operation = d.operation and o.local_day = d.local_day
left join rhythm as r on r.operation = d.operation and r.local_day = d.local_day
left join covered as c on c.operation = d.operation and c.local_day = d.local_day
