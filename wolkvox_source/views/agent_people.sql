-- One row per agent and person who is known to have held the id (agent_key, person).
--
-- An agent_id passes to another person when its document is another than the last one known. A document that becomes
-- known, or is no longer reported, is nobody new. Where the privacy setting changed, documents from before and after
-- cannot be compared, and nobody is said to have come.
-- A connection belongs to the person of whom the look that first found it spoke. A date that cannot be read, or that
-- wolkvox still reports from the person before, makes the person one who has connected from held_from on.
--
-- operation: the wolkvox customer, as named in the configuration
-- agent_key: operation and agent_id, the key that joins with every other table
-- agent_id: the extension number that wolkvox gave, as text
-- person: counts those who held the id, from 1; of no meaning outside agent_key
-- held_from: the look that first found the person, UTC
-- held_to: the look that found another one; NULL for who holds the id now, or held it last, UTC
-- connected_since: when the person is first known to have connected; NULL for who never has, UTC
with spans as (
    select operation, privacy_span, case when privacy_span > 0 then min(observed_at) end as span_from
    from looks
    group by operation, privacy_span
),

bounded as (
    select *, lead(span_from) over (partition by operation order by privacy_span) as span_to
    from spans
),

-- an id that only ever showed one document has been one person
doubtful as (
    select agent_key
    from agent_history
    group by agent_key
    having min(agent_dni) <> max(agent_dni)
),

-- what a changed privacy setting leaves as it was opens no version, and is known under the new one all the same
documented as (
    select
        h.operation,
        h.agent_key,
        h.agent_id,
        greatest(h.valid_from, coalesce(b.span_from, h.valid_from)) as valid_from,
        h.agent_dni,
        -- a hash has 32 characters and no document has, which tells them apart where the setting was not kept yet
        lag(h.agent_dni) over (
            partition by h.agent_key, coalesce(b.privacy_span, 0), case when length(h.agent_dni) = 32 then 1 else 0 end
            order by h.valid_from
        ) as agent_dni_before
    from agent_history as h
    inner join doubtful as d on d.agent_key = h.agent_key
    left join bounded as b
        on
            b.operation = h.operation
            and (b.span_from is null or h.valid_to is null or h.valid_to > b.span_from)
            and (b.span_to is null or h.valid_from < b.span_to)
    -- a version of who is off the roster only repeats what was known, under whatever privacy setting that was
    where h.present and h.agent_dni is not null
),

begun as (
    select operation, agent_key, agent_id, min(valid_from) as held_from
    from agent_history
    group by operation, agent_key, agent_id
    union all
    select operation, agent_key, agent_id, valid_from as held_from
    from documented
    where agent_dni <> agent_dni_before
),

people as (
    select
        operation,
        agent_key,
        agent_id,
        row_number() over (partition by agent_key order by held_from) as person,
        held_from,
        lead(held_from) over (partition by agent_key order by held_from) as held_to
    from begun
),

connected as (
    select p.agent_key, p.person, min(c.last_use) as connected_since
    from people as p
    inner join agent_connections as c
        on
            c.agent_key = p.agent_key
            and c.first_observed_at >= p.held_from
            and (p.held_to is null or c.first_observed_at < p.held_to)
    group by p.agent_key, p.person
)

select
    p.operation,
    p.agent_key,
    p.agent_id,
    p.person,
    p.held_from,
    p.held_to,
    case
        when c.connected_since is not null then c.connected_since
        when
            p.held_to is null
            and (a.last_use is not null or substr(a.last_use_raw, 1, 10) <> '0000-00-00')
            then p.held_from
    end as connected_since
from people as p
left join connected as c on c.agent_key = p.agent_key and c.person = p.person
left join agents as a on a.agent_key = p.agent_key
