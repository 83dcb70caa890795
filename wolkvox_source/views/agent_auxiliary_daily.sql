-- One row per operation, agent, person, local day and auxiliary status (agent_key, person, local_day, agent_status).
--
-- For how long an agent was observed in each auxiliary status, the reason, on a day of the operation's own calendar,
-- and what share that is of the time observed logged in. See agent_status_daily, whose words hold here.
--
-- operation: the wolkvox customer, as named in the configuration
-- local_day: the date on the operation's own calendar
-- agent_key: operation and agent_id, the key that joins with every other table
-- agent_id: the extension number that wolkvox gave, as text
-- agent_name: the name that the report gave the person last on that day
-- person: counts those who held the id, from 1, as agent_people does
-- agent_status: the auxiliary status as wolkvox says it
-- observed_seconds: time observed in the status on that day, in seconds
-- present_seconds: time observed in any status but one that is logged out or that no category knows, in seconds
-- auxiliary_percent: share of the present seconds, in per cent
-- coverage_percent: share of the day that was looked at, in per cent, from coverage_daily
with shared as (
    select
        *,
        sum(case when status_category in ('logged out', 'unknown') then 0 else observed_seconds end)
            over (partition by agent_key, person, local_day) as present_seconds
    from agent_status_daily
)

select
    operation,
    local_day,
    agent_key,
    agent_id,
    agent_name,
    person,
    agent_status,
    observed_seconds,
    cast(present_seconds as bigint) as present_seconds,
    cast(100.0 * observed_seconds / present_seconds as double) as auxiliary_percent,
    coverage_percent
from shared
where status_category = 'auxiliary'
