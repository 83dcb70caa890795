-- One row per operation, agent and local day with a session that began on it (agent_key, local_day).
--
-- Who came when, and for how long, as wolkvox's own report of sessions says. The logout of somebody who is still
-- connected moves on with each report, so that of today's is when the agent was last known to be connected.
-- There are none until the report sessions is asked for.
--
-- operation: the wolkvox customer, as named in the configuration
-- local_day: the date of the login on the operation's own calendar
-- agent_key: operation and agent_id, the key that joins with every other table
-- agent_id: the extension number that wolkvox gave, as text
-- agent_name: the agent's name, as the day's latest session has it
-- first_login_at: when the first session began, UTC
-- last_logout_at: when the latest session ended, or was last known to go on; NULL when no report says so, UTC
-- connected_seconds: the time connected, as wolkvox counts it, in seconds
-- sessions: how many there were
with placed as (
    select
        s.operation,
        cast(s.login_at at time zone coalesce(o.timezone, 'America/Bogota') as date) as local_day,
        s.agent_key,
        s.agent_id,
        s.agent_name,
        s.login_at,
        s.logout_at,
        coalesce(s.login_time, date_diff('second', s.login_at, s.logout_at)) as session_seconds
    from agent_sessions as s
    left join operations as o on o.operation = s.operation
    where s.login_at is not null
),

named as (
    select
        *,
        first_value(agent_name) over (
            partition by operation, agent_key, local_day
            order by case when agent_name is null then 1 else 0 end, login_at desc
        ) as latest_name
    from placed
)

select
    operation,
    local_day,
    agent_key,
    agent_id,
    latest_name as agent_name,
    min(login_at) as first_login_at,
    max(logout_at) as last_logout_at,
    cast(sum(session_seconds) as bigint) as connected_seconds,
    count(*) as sessions
from named
group by operation, local_day, agent_key, agent_id, latest_name
