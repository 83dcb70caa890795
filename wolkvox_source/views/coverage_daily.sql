-- One row per operation and local day (operation, local_day), whether or not anybody looked that day.
--
-- How much of the day's operating hours was seen; the view open_times has them, and a centre without any is always
-- open. Read it before any other daily number: what was not looked at is not zero. A day on which it is closed has no
-- coverage, and expects nothing.
-- The view looks has the looks (observations with outcome changed or unchanged) and says where there is a gap
-- between them, which counts as not covered. Intervals and time zones are those that each look was made with.
-- The first day begins at the first observation; the last day ends at the latest one, whatever came of it.
-- Nothing here reads a clock, so days stop when observing does. For the coverage of today at a moment of your own take
-- coverage_percent while the moment is within 3.5 intervals of last_look_at, and after that divide covered_seconds by
-- the seconds of open_times from counts_from to the moment; a day without a row has none.
--
-- operation: the wolkvox customer, as named in the configuration
-- local_day: the date on the operation's own calendar
-- day_starts_at: the first moment of the day, UTC
-- day_ends_at: the first moment of the next one, 23, 24 or 25 hours later, UTC
-- expected_observations: observations that the operation's interval asks for, in the open part of what counts
-- observations: observations made, whatever came of them
-- successful_observations: observations that succeeded, which are the looks
-- coverage_percent: share of the day's open seconds that lie between looks close enough together, in per cent
-- longest_gap_seconds: the longest open time of the day without a look, in seconds
-- changed_percent: share of the observations made that succeeded and brought changes, in per cent
-- unchanged_percent: share that succeeded and brought none, in per cent
-- suspicious_percent: share that were answered but not accepted, in per cent
-- empty_percent: share that were answered with no records where there had been some, in per cent
-- refused_percent: share that wolkvox refused, in per cent
-- unavailable_percent: share that got no answer, or were told to come later, in per cent
-- unreadable_percent: share whose answer could not be read, in per cent
-- counts_from: day_starts_at, or the operation's first observation if that is later, UTC
-- counts_to: day_ends_at, or the operation's latest observation if that is earlier, UTC
-- covered_seconds: open seconds from counts_from to counts_to that lie between looks close enough together
-- last_look_at: the day's last look; NULL without one, UTC
-- interval_seconds: how often the operation was meant to be observed, in seconds; the shortest where it changed
-- open_seconds: seconds from counts_from to counts_to in which the centre is open
with days as (
    select
        operation,
        local_day,
        min(part_from) as day_starts_at,
        max(part_to) as day_ends_at,
        min(counts_from) as counts_from,
        max(counts_to) as counts_to,
        min(interval_seconds) as interval_seconds
    from day_parts
    group by operation, local_day
),

opened as (
    select
        operation,
        local_day,
        sum(date_diff('second', counts_from, counts_to)) as open_seconds,
        sum(expected_observations) as expected_observations
    from open_times
    where counts_from <= counts_to
    group by operation, local_day
),

stretches as (
    select operation, stretch, min(observed_at) as stretch_from, max(observed_at) as stretch_to
    from looks
    group by operation, stretch
),

covered as (
    select
        d.operation,
        d.local_day,
        sum(
            date_diff('second', greatest(d.counts_from, s.stretch_from), least(d.counts_to, s.stretch_to))
        ) as covered_seconds
    from open_times as d
    inner join stretches as s
        on s.operation = d.operation and s.stretch_from < d.counts_to and s.stretch_to > d.counts_from
    group by d.operation, d.local_day
),

last_looks as (
    select operation, local_day, max(observed_at) as last_look_at
    from looks
    group by operation, local_day
),

-- a span that begins where another one ends, since settings changed there, goes on with it
spans as (
    select
        operation,
        local_day,
        counts_from,
        counts_to,
        case
            when lag(counts_to) over (partition by operation, local_day order by counts_from) = counts_from then 0
            else 1
        end as begins
    from open_times
    where counts_from < counts_to
),

numbered as (
    select
        *,
        sum(begins) over (
            partition by operation, local_day order by counts_from rows between unbounded preceding and current row
        ) as span
    from spans
),

whole as (
    select operation, local_day, min(counts_from) as counts_from, max(counts_to) as counts_to
    from numbered
    group by operation, local_day, span
),

-- the looks of each open span, its beginning and its end
moments as (
    select t.operation, t.local_day, t.counts_from, l.observed_at as moment
    from whole as t
    inner join looks as l
        on
            l.operation = t.operation
            and l.local_day = t.local_day
            and l.observed_at > t.counts_from
            and l.observed_at < t.counts_to
    union all
    select operation, local_day, counts_from, counts_from as moment
    from whole
    union all
    select operation, local_day, counts_from, counts_to as moment
    from whole
),

spaced as (
    select
        operation,
        local_day,
        date_diff('second', lag(moment) over (partition by operation, counts_from order by moment), moment)
            as gap_seconds
    from moments
),

gaps as (
    select operation, local_day, max(gap_seconds) as longest_gap_seconds
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
    from observation_settings
    group by operation, local_day
)

select
    d.operation,
    d.local_day,
    d.day_starts_at,
    d.day_ends_at,
    cast(coalesce(t.expected_observations, 0) as bigint) as expected_observations,
    coalesce(o.observations, 0) as observations,
    coalesce(o.changed + o.unchanged, 0) as successful_observations,
    cast(100.0 * coalesce(c.covered_seconds, 0) / nullif(t.open_seconds, 0) as double) as coverage_percent,
    coalesce(g.longest_gap_seconds, 0) as longest_gap_seconds,
    cast(100.0 * o.changed / o.observations as double) as changed_percent,
    cast(100.0 * o.unchanged / o.observations as double) as unchanged_percent,
    cast(100.0 * o.suspicious / o.observations as double) as suspicious_percent,
    cast(100.0 * o.empty / o.observations as double) as empty_percent,
    cast(100.0 * o.refused / o.observations as double) as refused_percent,
    cast(100.0 * o.unavailable / o.observations as double) as unavailable_percent,
    cast(100.0 * o.unreadable / o.observations as double) as unreadable_percent,
    d.counts_from,
    d.counts_to,
    cast(coalesce(c.covered_seconds, 0) as bigint) as covered_seconds,
    r.last_look_at,
    d.interval_seconds,
    cast(coalesce(t.open_seconds, 0) as bigint) as open_seconds
from days as d
left join outcomes as o on o.operation = d.operation and o.local_day = d.local_day
left join last_looks as r on r.operation = d.operation and r.local_day = d.local_day
left join opened as t on t.operation = d.operation and t.local_day = d.local_day
left join gaps as g on g.operation = d.operation and g.local_day = d.local_day
left join covered as c on c.operation = d.operation and c.local_day = d.local_day
