-- One row per operation, agent and local day with a connection (agent_key, local_day).
--
-- wolkvox reports the last connection only: two that fall between the same two looks are seen as one, and a
-- day that nobody looked at until the agent had connected again leaves no trace. So these are the connections
-- seen, and the counts are the fewest that there can have been. Names are left to agents and agent_history, for
-- an agent_id can pass to another person. The calendar is that of the observation which found the connection.
--
-- operation: the wolkvox customer, as named in the configuration
-- local_day: the date of the connection on the operation's own calendar
-- agent_key: operation and agent_id, the key that joins with every other table
-- agent_id: the extension number that wolkvox gave, as text
-- first_connection_at: the first connection seen on that day, UTC
-- last_connection_at: the last connection seen on that day, UTC
-- connections: how many were seen
with dated as (
    select
        c.operation,
        c.agent_key,
        c.agent_id,
        c.last_use,
        cast(c.last_use at time zone coalesce(s.timezone, o.timezone, 'America/Bogota') as date) as local_day
    from agent_connections as c
    left join observation_settings as s on s.operation = c.operation and s.observed_at = c.first_observed_at
    left join operations as o on o.operation = c.operation
    where c.last_use is not null
)

select
    operation,
    local_day,
    agent_key,
    agent_id,
    min(last_use) as first_connection_at,
    max(last_use) as last_connection_at,
    count(distinct last_use) as connections
from dated
group by operation, local_day, agent_key, agent_id
