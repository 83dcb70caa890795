-- One row per operation, agent, status and moment at which it began (agent_key, began_at, agent_status).
--
-- The status events that are over, each with the person who held the agent_id then. There are none until the report
-- status_events is asked for.
--
-- operation: the wolkvox customer, as named in the configuration
-- agent_key: operation and agent_id, the key that joins with every other table
-- agent_id: the extension number that wolkvox gave, as text
-- person: counts those who held the id, from 1, as agent_people does; 1 before the first look too
-- agent_name: the agent's name, as the event has it
-- agent_status: the status, in the spelling of the agents report where that has the word too
-- began_at: when the status began, UTC
-- ended_at: when it ended, UTC
with spelled as (
    select operation, upper(agent_status) as word, min(agent_status) as agent_status
    from agent_history
    where agent_status is not null and operation in (select operation from agent_status_events)
    group by operation, upper(agent_status)
),

held as (
    select agent_key, person, held_from, held_to
    from agent_people
    where agent_key in (select agent_key from agent_status_events)
)

select
    e.operation,
    e.agent_key,
    e.agent_id,
    coalesce(h.person, 1) as person,
    e.agent_name,
    coalesce(s.agent_status, e.agent_status) as agent_status,
    e.began_at,
    e.ended_at
from agent_status_events as e
left join spelled as s on s.operation = e.operation and s.word = upper(e.agent_status)
left join held as h
    on h.agent_key = e.agent_key and e.began_at >= h.held_from and (h.held_to is null or e.began_at < h.held_to)
where e.ended_at > e.began_at
