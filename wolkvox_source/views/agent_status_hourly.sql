-- One row per operation, agent, person, hour and status (agent_key, person, hour_from, local_hour, agent_status).
--
-- For how long an agent was observed in a status within an hour of the operation's own clock: the sum of four quarters
-- in agent_status_quarter_hourly, whose words hold here. An hour that the clocks repeat has two rows, and so has one in
-- which the operation got another time zone.
-- Filter on local_day.
--
-- operation: the wolkvox customer, as named in the configuration
-- hour_from: the first moment of the hour, UTC
-- local_day: the date on the operation's own calendar
-- local_hour: the hour on the operation's own clock, 0 to 23
-- agent_key: operation and agent_id, the key that joins with every other table
-- agent_id: the extension number that wolkvox gave, as text
-- person: counts those who held the id, from 1, as agent_people does
-- agent_status: the status as wolkvox says it
-- status_category: ready, talking, after-call work, ringing, auxiliary, logged out or unknown, from status_categories
-- is_productive: whether the status counts as productive; NULL when the word is not in status_categories
-- is_paid: whether the status counts as paid; NULL when the word is not in status_categories
-- observed_seconds: time observed in the status within the hour, in seconds
select
    operation,
    hour_from,
    local_day,
    local_hour,
    agent_key,
    agent_id,
    person,
    agent_status,
    status_category,
    is_productive,
    is_paid,
    cast(sum(observed_seconds) as bigint) as observed_seconds
from agent_status_quarter_hourly
group by
    operation,
    hour_from,
    local_day,
    local_hour,
    agent_key,
    agent_id,
    person,
    agent_status,
    status_category,
    is_productive,
    is_paid
