-- One row per operation, local day and span in which the centre is open (operation, local_day, opens_at).
--
-- The spans of opening_hours on the days of day_parts, by the hours with which each was observed. A night is cut at the
-- midnight of the operation's own calendar, spans that meet are one after the other and never over each other, and a
-- centre without operating hours is open all day. A day on which it is closed has no row.
--
-- operation: the wolkvox customer, as named in the configuration
-- local_day: the date on the operation's own calendar
-- opens_at: when it opens, or the first moment of the day or of the hours then in force, UTC
-- closes_at: when it closes, or the first moment after the day or after these hours, UTC
-- counts_from: opens_at, or the operation's first observation if that is later, UTC
-- counts_to: closes_at, or the latest observation if that is earlier, UTC; before counts_from where nothing counts
-- expected_observations: how many the interval asks for from counts_from to counts_to
with own_days as (
    select distinct operation, hours, day
    from opening_hours
    where day is not null
),

-- a night reaches into the day after the one on which it begins
anchors as (
    select p.*, p.local_day as anchor_day
    from day_parts as p
    where p.hours is not null
    union all
    select p.*, cast(p.local_day - interval '1 day' as date) as anchor_day
    from day_parts as p
    where p.hours is not null
),

spans as (
    select
        a.operation,
        a.local_day,
        a.interval_seconds,
        a.part_from,
        a.part_to,
        a.counts_from,
        a.counts_to,
        (cast(a.anchor_day as timestamp) + h.opens_minute * interval '1 minute') at time zone a.timezone as opens_at,
        (cast(a.anchor_day as timestamp) + h.closes_minute * interval '1 minute') at time zone a.timezone as closes_at
    from anchors as a
    left join own_days as o on o.operation = a.operation and o.hours = a.hours and o.day = a.anchor_day
    inner join opening_hours as h
        on
            h.operation = a.operation
            and h.hours = a.hours
            and h.opens_minute is not null
            and (
                h.day = a.anchor_day
                or (
                    o.day is null
                    -- the first day of 1900 was a Monday
                    and h.weekday = date_diff('day', cast('1900-01-01' as date), a.anchor_day) % 7 + 1
                )
            )
),

within as (
    select
        operation,
        local_day,
        interval_seconds,
        part_from,
        counts_from,
        counts_to,
        greatest(opens_at, part_from) as opens_at,
        least(closes_at, part_to) as closes_at
    from spans
    where opens_at < part_to and closes_at > part_from
),

reached as (
    select
        *,
        max(closes_at) over (
            partition by operation, part_from
            order by opens_at, closes_at rows between unbounded preceding and 1 preceding
        ) as closed_at
    from within
),

apart as (
    select
        operation,
        local_day,
        interval_seconds,
        min(part_from) over (partition by operation, local_day) as day_from,
        counts_from as part_counts_from,
        counts_to as part_counts_to,
        greatest(opens_at, coalesce(closed_at, opens_at)) as opens_at,
        closes_at
    from reached
    where closes_at > coalesce(closed_at, opens_at)
),

-- slots of the interval are counted from the day's first moment, as in day_parts
slots as (
    select
        *,
        greatest(opens_at, part_counts_from) as counts_from,
        least(closes_at, part_counts_to) as counts_to,
        case
            when part_counts_from > opens_at
                then floor(date_diff('second', day_from, part_counts_from) / cast(interval_seconds as double))
            else ceil(date_diff('second', day_from, opens_at) / cast(interval_seconds as double))
        end as first_slot,
        case
            when part_counts_to >= closes_at
                then ceil(date_diff('second', day_from, closes_at) / cast(interval_seconds as double))
            else floor(date_diff('second', day_from, part_counts_to) / cast(interval_seconds as double)) + 1
        end as slots_to
    from apart
)

select
    operation,
    local_day,
    opens_at,
    closes_at,
    counts_from,
    counts_to,
    cast(case when counts_from <= counts_to then greatest(slots_to - first_slot, 0) else 0 end as bigint)
        as expected_observations
from slots
union all
select
    operation,
    local_day,
    part_from as opens_at,
    part_to as closes_at,
    counts_from,
    counts_to,
    expected_observations
from day_parts
where hours is null
