-- One row per operation and document for which an agent was asked (operation, agent_dni).
--
-- Where the privacy setting drops documents, requests cannot be told to be for one person, and each has a row.
-- The latest request for each document, beside what the latest accepted report says of that agent: found by
-- agent_id where wolkvox gave one, or else by document, which takes documents kept as they are and not hashed.
--
-- operation: the wolkvox customer, as named in the configuration
-- agent_dni: the identity document that the roster file gave
-- agent_id: the extension number that wolkvox gave, or with which the report lists the document; NULL while unknown
-- agent_key: operation and agent_id, the key that joins with every other table; NULL while agent_id is
-- agent_name: the name in the report; NULL when never seen there
-- requested_at: when the agent was last asked for, UTC
-- outcome: what came of it, as recorded: created, confirmed, exists, refused, unconfirmed
-- message: what wolkvox said, or what to do next
-- created: whether wolkvox has made the agent at our request, which is outcome created or confirmed
-- seen_in_report: whether a report has listed the agent
-- on_roster: whether the latest accepted report lists it
-- ever_connected: whether a connection of who holds the id now is known, as agent_people says
-- last_connection_at: the last connection that wolkvox reports, UTC
with requests as (
    select
        operation,
        agent_dni,
        agent_id,
        requested_at,
        outcome,
        message,
        row_number() over (
            partition by operation, coalesce(agent_dni, request_id) order by requested_at desc, agent_id
        ) as recency
    from provisioned_agents
),

-- several ids can carry one document: one on the roster before one off it, then the last one used
holders as (
    select
        operation,
        agent_dni,
        agent_id,
        row_number() over (
            partition by operation, agent_dni
            order by
                case when present then 0 else 1 end,
                case when last_use is null then 1 else 0 end,
                last_use desc,
                agent_id
        ) as preference
    from agents
    where agent_dni is not null
),

identified as (
    select
        r.operation,
        r.agent_dni,
        coalesce(r.agent_id, h.agent_id) as agent_id,
        r.requested_at,
        r.outcome,
        r.message
    from requests as r
    left join holders as h on h.operation = r.operation and h.agent_dni = r.agent_dni and h.preference = 1
    where r.recency = 1
)

select
    i.operation,
    i.agent_dni,
    i.agent_id,
    i.operation || ':' || i.agent_id as agent_key,
    a.agent_name,
    i.requested_at,
    i.outcome,
    i.message,
    coalesce(i.outcome in ('created', 'confirmed'), false) as created,
    a.agent_key is not null as seen_in_report,
    coalesce(a.present, false) as on_roster,
    p.connected_since is not null as ever_connected,
    a.last_use as last_connection_at
from identified as i
left join agents as a on a.operation = i.operation and a.agent_id = i.agent_id
left join agent_people as p on p.agent_key = a.agent_key and p.held_to is null
