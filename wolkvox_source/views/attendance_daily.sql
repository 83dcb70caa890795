-- One row per operation, agent and local day with planned work, or with a connection outside it (agent_key, local_day).
--
-- Who came, when, and who did not, from the operation's first planned day on. Times are known between two looks, so
-- they have bounds: see planned_presence. Nothing is said that was not observed: an agent is absent only where all of
-- the planned time was looked at, without a gap, and neither a status nor a connection says otherwise.
-- Lateness is that of an agent who came. Who has not come yet is in missing_now.
-- Categories are those of today.
--
-- operation: the wolkvox customer, as named in the configuration
-- local_day: the date on the operation's own calendar on which the work begins
-- agent_key: operation and agent_id, the key that joins with every other table
-- agent_id: the extension number that wolkvox gave, as text
-- attendance: present, absent, awaited (not seen, and the work is not over), not observed, or not planned
-- planned_start_at: when the day's first stretch of work is to begin; NULL when not planned, UTC
-- planned_end_at: when its last one is to end; NULL when not planned, UTC
-- arrived_after: the last look before; NULL where the agent was there four hours before the work already, UTC
-- arrived_by: the first look that found the agent there, or a connection; NULL where neither did, UTC
-- late_seconds_at_least: from planned_start_at to arrived_after, 0 when that is earlier; NULL when not present
-- late_seconds_at_most: from planned_start_at to arrived_by, 0 when that is earlier; NULL when not present
-- left_after: the last look that found the agent there, or a connection; NULL while the work is not over, UTC
-- left_by: the first look after; NULL where none was in the four hours after the work, UTC
-- left_early_seconds_at_least: from left_by to planned_end_at, 0 when that is earlier; NULL while it is not over
-- left_early_seconds_at_most: from left_after to planned_end_at, 0 when that is earlier; NULL while it is not over
with judged as (
    select
        *,
        case
            when arrived_by <= planned_end_at and left_after >= planned_start_at then 'present'
            when perhaps_from is not null and perhaps_from <= planned_end_at then 'not observed'
            when covered_from is null and latest_look_at >= planned_start_at then 'not observed'
            when covered_to >= planned_end_at then 'absent'
            when latest_look_at is null or covered_to < latest_look_at then 'not observed'
            else 'awaited'
        end as attendance,
        case when latest_look_at >= planned_end_at then 1 else 0 end as is_over
    from planned_presence
),

unplanned as (
    select
        c.operation,
        c.local_day,
        c.agent_key,
        c.agent_id,
        c.first_connection_at
    from agent_connections_daily as c
    inner join (select operation, min(local_day) as first_day from planned_times group by operation) as o
        on o.operation = c.operation and c.local_day >= o.first_day
    left join planned_presence as p
        on
            p.operation = c.operation
            and p.agent_key = c.agent_key
            and (
                p.local_day = c.local_day
                or (
                    c.first_connection_at >= p.planned_start_at - interval '4 hours'
                    and c.first_connection_at <= p.planned_end_at + interval '4 hours'
                )
            )
    where p.agent_key is null
)

select
    operation,
    local_day,
    agent_key,
    agent_id,
    attendance,
    planned_start_at,
    planned_end_at,
    case when attendance = 'present' then arrived_after end as arrived_after,
    case when attendance = 'present' then arrived_by end as arrived_by,
    case
        when attendance = 'present'
            then greatest(0, date_diff('second', planned_start_at, coalesce(arrived_after, planned_start_at)))
    end as late_seconds_at_least,
    case
        when attendance = 'present' then greatest(0, date_diff('second', planned_start_at, arrived_by))
    end as late_seconds_at_most,
    case when attendance = 'present' and is_over = 1 then left_after end as left_after,
    case when attendance = 'present' and is_over = 1 then left_by end as left_by,
    case
        when attendance = 'present' and is_over = 1
            then greatest(0, date_diff('second', coalesce(left_by, planned_end_at), planned_end_at))
    end as left_early_seconds_at_least,
    case
        when attendance = 'present' and is_over = 1
            then greatest(0, date_diff('second', left_after, planned_end_at))
    end as left_early_seconds_at_most
from judged
union all
select
    operation,
    local_day,
    agent_key,
    agent_id,
    'not planned' as attendance,
    null as planned_start_at,
    null as planned_end_at,
    null as arrived_after,
    first_connection_at as arrived_by,
    null as late_seconds_at_least,
    null as late_seconds_at_most,
    null as left_after,
    null as left_by,
    null as left_early_seconds_at_least,
    null as left_early_seconds_at_most
from unplanned
