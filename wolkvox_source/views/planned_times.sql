-- One row per operation, agent, local day and stretch of planned work (agent_key, local_day, part).
--
-- What planned_shifts means for the days from the operation's first observation to its latest one: a break ends a
-- stretch, and a night belongs to the day on which it begins. An agent whom the plan names by the document is the one
-- who has it now, a present one before others; a document that no agent has is left out. Where an agent is planned by
-- agent_id and by the document on one day, the agent_id counts.
-- A day with hours of its own in opening_hours, as holidays have, goes before the plan of its weekday: where the centre
-- is closed all day nothing is planned, and else no more than the time in which it is open. A row of the plan for that
-- very day goes before the holiday.
--
-- operation: the wolkvox customer, as named in the configuration
-- local_day: the date on the operation's own calendar
-- agent_key: operation and agent_id, the key that joins with every other table
-- agent_id: the extension number that wolkvox gave, as text
-- part: counts the day's stretches, from 1
-- planned_from: when the stretch is to begin, UTC
-- planned_to: when it is to end, UTC
with calendar as (
    select
        operation,
        local_day,
        timezone,
        hours,
        row_number() over (partition by operation, local_day order by part_from desc) as recency
    from day_parts
),

own_days as (
    select operation, hours, day, opens_minute, closes_minute
    from opening_hours
    where day is not null
),

people as (
    select
        operation,
        agent_dni,
        agent_id,
        row_number() over (
            partition by operation, agent_dni order by case when present then 0 else 1 end, agent_id
        ) as preference
    from agents
    where agent_dni is not null
),

planned as (
    select
        s.operation,
        c.local_day,
        c.timezone,
        coalesce(s.agent_id, p.agent_id) as agent_id,
        case when s.agent_id is null then 1 else 0 end as by_document,
        case when o.opens_minute > s.starts_minute then o.opens_minute else s.starts_minute end as starts_minute,
        case when o.closes_minute < s.ends_minute then o.closes_minute else s.ends_minute end as ends_minute
    from planned_shifts as s
    inner join calendar as c
        on
            c.operation = s.operation
            and c.recency = 1
            and c.local_day >= s.valid_from
            and (s.valid_to is null or c.local_day <= s.valid_to)
            -- the first day of 1900 was a Monday
            and (s.weekday is null or s.weekday = date_diff('day', cast('1900-01-01' as date), c.local_day) % 7 + 1)
    left join people as p on p.operation = s.operation and p.agent_dni = s.agent_dni and p.preference = 1
    left join own_days as o
        on o.operation = s.operation and o.hours = c.hours and o.day = c.local_day and s.weekday is not null
    where
        s.replaced_at is null
        and (o.day is null or (o.opens_minute < s.ends_minute and o.closes_minute > s.starts_minute))
),

preferred as (
    select *, min(by_document) over (partition by operation, agent_id, local_day) as first_choice
    from planned
    where agent_id is not null
)

select
    operation,
    local_day,
    operation || ':' || agent_id as agent_key,
    agent_id,
    row_number() over (partition by operation, agent_id, local_day order by starts_minute, ends_minute) as part,
    (cast(local_day as timestamp) + starts_minute * interval '1 minute') at time zone timezone as planned_from,
    (cast(local_day as timestamp) + ends_minute * interval '1 minute') at time zone timezone as planned_to
from preferred
where by_document = first_choice
