-- One row per operation and document for which an agent was asked (operation, agent_dni).
--
-- Where the privacy setting drops documents, requests cannot be told to be for one person, and each has a row.
-- The latest request for each document, beside what the latest accepted report says of that agent: found by
-- agent_id where wolkvox gave one, or else by document, which takes documents kept as they are and not hashed.
--
-- operation: the wolkvox customer, as named in the configuration
-- agent_dni: the identity document that the list of wanted agents gave
-- agent_id: the extension number that wolkvox gave, or with which the report lists the document; NULL while unknown
-- agent_key: operation and agent_id, the key that joins with every other table; NULL while agent_id is
-- agent_name: the name in the report; NULL when never seen there
-- requested_at: when the agent was last asked for, UTC
-- outcome: what came of it, as recorded: created, confirmed, exists, done, refused, unconfirmed
-- message: what wolkvox itself said, where it may be kept
-- created: whether wolkvox has made the agent at our request, which is a create whose outcome is created or confirmed
-- seen_in_report: whether a report has listed the agent
-- on_roster: whether the latest accepted report lists it
-- ever_connected: whether a connection of who holds the id now is known, as agent_people says
-- last_connection_at: the last connection that wolkvox reports, UTC
-- action: how the agent came: create, reuse (a disabled agent given to this person), exists (there already)
-- reason: the stable key of what to know about the outcome; NULL where there is nothing
-- password_known: whether somebody has the password that was set last; NULL where none was set from here
-- last_action: what was last asked for this person: one of the above, or enable, edit, add_skill, remove_skill, disable
-- last_action_at: when that was asked, UTC
-- last_outcome: what came of it, as recorded: done besides the outcomes above
with asked as (
    select
        operation,
        agent_dni,
        coalesce(agent_dni, request_id) as person,
        agent_id,
        requested_at,
        outcome,
        message,
        coalesce(action, 'create') as action,
        reason,
        password_known
    from provisioned_agents
    -- what was only claimed for another machine to see was not asked
    where outcome not in ('claimed', 'withdrawn')
),

requests as (
    select
        *,
        row_number() over (partition by operation, person order by requested_at desc, agent_id) as recency
    from asked
    where action in ('create', 'reuse', 'exists')
),

latest_actions as (
    select
        *,
        row_number() over (partition by operation, person order by requested_at desc, agent_id) as recency
    from asked
    where action <> 'exists'
),

passwords as (
    select
        *,
        row_number() over (partition by operation, person order by requested_at desc, agent_id) as recency
    from asked
    where password_known is not null and outcome in ('created', 'confirmed', 'done')
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
        r.message,
        r.action,
        r.reason,
        w.password_known,
        l.action as last_action,
        l.requested_at as last_action_at,
        l.outcome as last_outcome
    from requests as r
    left join holders as h on h.operation = r.operation and h.agent_dni = r.agent_dni and h.preference = 1
    left join latest_actions as l on l.operation = r.operation and l.person = r.person and l.recency = 1
    left join passwords as w on w.operation = r.operation and w.person = r.person and w.recency = 1
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
    coalesce(i.outcome in ('created', 'confirmed') and i.action = 'create', false) as created,
    a.agent_key is not null as seen_in_report,
    coalesce(a.present, false) as on_roster,
    p.connected_since is not null as ever_connected,
    a.last_use as last_connection_at,
    i.action,
    i.reason,
    i.password_known,
    i.last_action,
    i.last_action_at,
    i.last_outcome
from identified as i
left join agents as a on a.operation = i.operation and a.agent_id = i.agent_id
left join agent_people as p on p.agent_key = a.agent_key and p.held_to is null
