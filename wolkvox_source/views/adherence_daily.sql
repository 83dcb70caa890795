-- One row per operation, agent and local day with planned work (agent_key, local_day).
--
-- How many of the planned seconds, breaks left out, the agent was observed in a fitting status: one whose category is
-- ready, talking, after-call work or ringing. A change lies between two looks, and time between two stretches of looks
-- was not observed, so the fitting seconds have bounds: at least those between looks of which both found a fitting
-- status, at most all planned seconds but those between looks of which both found another one. Planned time that is
-- still to come after the latest observation does not count yet.
-- Categories are those of today; a status that no category knows may have been fitting.
--
-- operation: the wolkvox customer, as named in the configuration
-- local_day: the date on the operation's own calendar on which the work begins
-- agent_key: operation and agent_id, the key that joins with every other table
-- agent_id: the extension number that wolkvox gave, as text
-- planned_seconds: planned work of the day up to the operation's latest observation, in seconds
-- covered_seconds: how many of them lie between looks close enough together
-- coverage_percent: share of the planned seconds that lie between such looks, in per cent
-- fitting_seconds_at_least: planned seconds for which a fitting status is known
-- fitting_seconds_at_most: planned seconds for which it is not known that there was none
-- adherence_percent_at_least: share of the planned seconds, in per cent
-- adherence_percent_at_most: share of the planned seconds, in per cent
with latest as (
    select operation, max(observed_at) as latest_at
    from observation_settings
    group by operation
),

begun as (
    select
        p.operation,
        p.local_day,
        p.agent_key,
        p.agent_id,
        p.part,
        p.planned_from,
        least(p.planned_to, l.latest_at) as planned_to
    from planned_times as p
    inner join latest as l on l.operation = p.operation and l.latest_at > p.planned_from
),

totals as (
    select
        operation,
        local_day,
        agent_key,
        agent_id,
        sum(date_diff('second', planned_from, planned_to)) as planned_seconds
    from begun
    group by operation, local_day, agent_key, agent_id
),

stretches as (
    select distinct operation, stretch, stretch_from, stretch_to
    from looks
),

covered as (
    select
        b.agent_key,
        b.local_day,
        sum(
            date_diff('second', greatest(b.planned_from, s.stretch_from), least(b.planned_to, s.stretch_to))
        ) as covered_seconds
    from begun as b
    inner join stretches as s
        on s.operation = b.operation and s.stretch_from < b.planned_to and s.stretch_to > b.planned_from
    group by b.agent_key, b.local_day
),

followed as (
    select
        operation,
        agent_key,
        case when status_category in ('ready', 'talking', 'after-call work', 'ringing') then 1 else 0 end as fits,
        interval_from,
        interval_to,
        ended_by,
        lead(interval_from) over (partition by operation, agent_key order by interval_from) as next_from,
        lead(case when status_category in ('ready', 'talking', 'after-call work', 'ringing') then 1 else 0 end)
            over (partition by operation, agent_key order by interval_from) as next_fits
    from agent_status_intervals
    where status_category <> 'unknown'
),

-- between two fitting statuses in a row nothing else was seen; between one that fits and one that does not, either was
known as (
    select
        f.operation,
        f.agent_key,
        f.fits,
        f.interval_from,
        case
            when f.ended_by <> 'change' then f.interval_to
            when f.next_from = f.interval_to and f.next_fits = f.fits then f.interval_to
            else l.previous_at
        end as known_to
    from followed as f
    left join looks as l on l.operation = f.operation and l.observed_at = f.interval_to
),

seen as (
    select
        b.agent_key,
        b.local_day,
        k.fits,
        sum(
            date_diff('second', greatest(b.planned_from, k.interval_from), least(b.planned_to, k.known_to))
        ) as seconds
    from begun as b
    inner join known as k
        on
            k.operation = b.operation
            and k.agent_key = b.agent_key
            and k.interval_from < b.planned_to
            and k.known_to > b.planned_from
    group by b.agent_key, b.local_day, k.fits
)

select
    t.operation,
    t.local_day,
    t.agent_key,
    t.agent_id,
    cast(t.planned_seconds as bigint) as planned_seconds,
    cast(coalesce(c.covered_seconds, 0) as bigint) as covered_seconds,
    cast(100.0 * coalesce(c.covered_seconds, 0) / nullif(t.planned_seconds, 0) as double) as coverage_percent,
    cast(coalesce(f.seconds, 0) as bigint) as fitting_seconds_at_least,
    cast(t.planned_seconds - coalesce(o.seconds, 0) as bigint) as fitting_seconds_at_most,
    cast(100.0 * coalesce(f.seconds, 0) / nullif(t.planned_seconds, 0) as double) as adherence_percent_at_least,
    cast(
        100.0 * (t.planned_seconds - coalesce(o.seconds, 0)) / nullif(t.planned_seconds, 0) as double
    ) as adherence_percent_at_most
from totals as t
left join covered as c on c.agent_key = t.agent_key and c.local_day = t.local_day
left join seen as f on f.agent_key = t.agent_key and f.local_day = t.local_day and f.fits = 1
left join seen as o on o.agent_key = t.agent_key and o.local_day = t.local_day and o.fits = 0
