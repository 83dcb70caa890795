-- One row per operation, local day and the settings then in force (operation, local_day, part_from).
--
-- A day is one part, unless the time zone, the interval or the operating hours changed on it. Days run from the operation's first
-- observation to its latest one, whether or not anybody looked.
--
-- operation: the wolkvox customer, as named in the configuration
-- local_day: the date on the operation's own calendar
-- timezone: the IANA zone of the operation's calendar
-- interval_seconds: how often the operation was meant to be observed, in seconds
-- part_from: the first moment of the local day, or the observation with which the settings changed, UTC
-- part_to: the first moment of the next day, or the observation with which the settings changed, UTC
-- counts_from: part_from, or the operation's first observation if that is later, UTC
-- counts_to: part_to, or the operation's latest observation if that is earlier, UTC
-- expected_observations: how many the interval asks for from counts_from to counts_to, open or not
-- hours: the operating hours, as opening_hours names them; NULL where the centre is always open
with compared as (
    select
        operation,
        observed_at,
        local_day,
        timezone,
        interval_seconds,
        hours,
        case
            when
                lag(timezone) over (partition by operation order by observed_at) = timezone
                and lag(interval_seconds) over (partition by operation order by observed_at) = interval_seconds
                and lag(coalesce(hours, '')) over (partition by operation order by observed_at) = coalesce(hours, '')
                then null
            else 1
        end as begins
    from observation_settings
),

numbered as (
    select *, count(begins) over (partition by operation order by observed_at) as span
    from compared
),

spans as (
    select
        operation,
        span,
        timezone,
        interval_seconds,
        hours,
        min(observed_at) as first_at,
        max(observed_at) as last_at,
        min(local_day) as first_day
    from numbered
    group by operation, span, timezone, interval_seconds, hours
),

followed as (
    select *, lead(first_at) over (partition by operation order by span) as next_at
    from spans
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
    select f.*, cast(f.first_day + n.n * interval '1 day' as date) as local_day
    from followed as f
    inner join numbers as n
        on
            cast(f.first_day + n.n * interval '1 day' as date)
            <= cast(coalesce(f.next_at, f.last_at) at time zone f.timezone as date)
),

midnights as (
    select
        *,
        cast(local_day as timestamp) at time zone timezone as midnight,
        cast(local_day + interval '1 day' as timestamp) at time zone timezone as next_midnight
    from calendar
),

-- where the clocks go back to midnight it comes twice, and the first one begins the day
days as (
    select
        *,
        case
            when cast((midnight - interval '1 hour') at time zone timezone as date) = local_day
                then midnight - interval '1 hour'
            else midnight
        end as day_from,
        case
            when cast((next_midnight - interval '1 hour') at time zone timezone as date) > local_day
                then next_midnight - interval '1 hour'
            else next_midnight
        end as day_to
    from midnights
),

parts as (
    select
        *,
        case when span = 1 then day_from else greatest(day_from, first_at) end as part_from,
        least(day_to, coalesce(next_at, day_to)) as part_to,
        greatest(day_from, first_at) as counts_from,
        least(day_to, coalesce(next_at, last_at)) as counts_to
    from days
),

-- the slots of the interval are counted from the day's first moment
slots as (
    select
        *,
        floor(date_diff('second', day_from, counts_from) / cast(interval_seconds as double)) as first_slot,
        case
            -- a day that goes on has all slots that begin in it
            when counts_to = day_to
                then ceil(date_diff('second', day_from, day_to) / cast(interval_seconds as double))
            -- the observation with which the settings changed counts for those after it
            when next_at is not null
                then floor(date_diff('second', day_from, counts_to) / cast(interval_seconds as double))
            -- the latest observation is itself expected
            else floor(date_diff('second', day_from, counts_to) / cast(interval_seconds as double)) + 1
        end as slots_to
    from parts
)

select
    operation,
    local_day,
    timezone,
    interval_seconds,
    part_from,
    part_to,
    counts_from,
    counts_to,
    cast(slots_to - first_slot as bigint) as expected_observations,
    hours
from slots
where part_from < part_to
