-- One row per operation, agent and uninterrupted observed status (agent_key, interval_from).
--
-- An interval begins at the look that first found the status and ends at the look that first found another one,
-- or at the last look before a gap: two looks (observations with outcome changed or unchanged) further apart
-- than three intervals of the operation break it, for nobody knows what happened between them. The interval that
-- is still open reaches to the latest look and not to the present moment. When an agent_id passes to another
-- person (its document changes) a new interval begins. An agent who is off the roster has none.
-- For averages, leave out the intervals whose changed_after is NULL or whose end is a gap or open: part is missing.
--
-- operation: the wolkvox customer, as named in the configuration
-- agent_key: operation and agent_id, the key that joins with every other table
-- agent_id: the extension number that wolkvox gave, as text
-- agent_name: the agent's name when the interval began
-- agent_status: the status as wolkvox says it
-- status_category: ready, talking, after-call work, ringing, auxiliary, logged out or unknown, from status_categories
-- is_productive: whether the status counts as productive; NULL when the word is not in status_categories
-- is_paid: whether the status counts as paid; NULL when the word is not in status_categories
-- interval_from: the first look that found the status, UTC
-- interval_to: the look that found it gone, or the last one before a gap, or the latest one, UTC
-- observed_seconds: from interval_from to interval_to, in seconds; 0 when it was seen by a single look
-- changed_after: the last look that had not found it; NULL when no change was seen to begin it, UTC
-- changed_before: the look that had, so that the change lies between the two; NULL when no change was seen, UTC
-- ended_by: change (to another status or person, or off the roster), gap (nobody looked), or open (still so)
with looks as (
    select
        o.operation,
        o.observed_at,
        lag(o.observed_at) over (partition by o.operation order by o.observed_at) as previous_at,
        max(o.observed_at) over (partition by o.operation) as latest_at,
        3 * coalesce(s.interval_seconds, 300) as tolerance_seconds
    from observations as o
    left join operations as s on s.operation = o.operation
    where o.outcome in ('changed', 'unchanged')
),

numbered as (
    select
        operation,
        observed_at,
        previous_at,
        latest_at,
        sum(case when extract(epoch from observed_at - previous_at) <= tolerance_seconds then 0 else 1 end)
            over (partition by operation order by observed_at) as stretch
    from looks
),

placed as (
    select
        operation,
        observed_at,
        previous_at,
        latest_at,
        max(observed_at) over (partition by operation, stretch) as looked_to
    from numbered
),

stretches as (
    select operation, latest_at, min(observed_at) as looked_from, looked_to
    from placed
    group by operation, latest_at, looked_to
),

compared as (
    select
        operation,
        agent_key,
        agent_id,
        agent_name,
        agent_status,
        present,
        valid_from,
        valid_to,
        case
            when
                lag(valid_to) over (partition by operation, agent_key order by valid_from) = valid_from
                and lag(present) over (partition by operation, agent_key order by valid_from) = present
                and lag(agent_status) over (partition by operation, agent_key order by valid_from)
                is not distinct from agent_status
                and lag(agent_dni) over (partition by operation, agent_key order by valid_from)
                is not distinct from agent_dni
                then 0
            else 1
        end as begins,
        case
            when
                lead(valid_from) over (partition by operation, agent_key order by valid_from) = valid_to
                and lead(present) over (partition by operation, agent_key order by valid_from) = present
                and lead(agent_status) over (partition by operation, agent_key order by valid_from)
                is not distinct from agent_status
                and lead(agent_dni) over (partition by operation, agent_key order by valid_from)
                is not distinct from agent_dni
                then 0
            else 1
        end as ends
    from agent_history
),

-- what is left of a spell of several versions is its first and its last, next to each other
edges as (
    select
        operation,
        agent_key,
        agent_id,
        agent_name,
        agent_status,
        begins,
        valid_from as spell_from,
        case
            when ends = 1 then valid_to
            else lead(valid_to) over (partition by operation, agent_key order by valid_from)
        end as spell_to
    from compared
    where present and (begins = 1 or ends = 1)
),

spells as (
    select
        e.operation,
        e.agent_key,
        e.agent_id,
        e.agent_name,
        e.agent_status,
        e.spell_from,
        e.spell_to,
        p.previous_at,
        p.latest_at,
        p.looked_to
    from edges as e
    left join placed as p on p.operation = e.operation and p.observed_at = e.spell_from
    where e.begins = 1
),

seen as (
    select
        operation,
        agent_key,
        agent_id,
        agent_name,
        agent_status,
        spell_to,
        latest_at,
        looked_to,
        spell_from as interval_from,
        previous_at as changed_after,
        case when previous_at is not null then spell_from end as changed_before
    from spells
    where looked_to is not null
    union all
    select
        s.operation,
        s.agent_key,
        s.agent_id,
        s.agent_name,
        s.agent_status,
        s.spell_to,
        r.latest_at,
        r.looked_to,
        r.looked_from as interval_from,
        null as changed_after,
        null as changed_before
    from spells as s
    inner join stretches as r
        on
            r.operation = s.operation
            and r.looked_from > s.spell_from
            and (s.spell_to is null or r.looked_from < s.spell_to)
    where s.looked_to is null or s.spell_to is null or s.spell_to > s.looked_to
),

closed as (
    select
        *,
        least(coalesce(spell_to, looked_to), looked_to) as interval_to,
        case when spell_to <= looked_to then 'change' when looked_to = latest_at then 'open' else 'gap' end as ended_by
    from seen
),

status_words as (
    select
        operation,
        agent_status,
        translate(
            lower(trim(agent_status)),
            'ÁÀÂÃÄÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÑÇáàâãäéèêëíìîïóòôõöúùûüñç',
            'aaaaaeeeeiiiiooooouuuuncaaaaaeeeeiiiiooooouuuunc'
        ) as word
    from (select distinct operation, agent_status from agent_history) as h
),

spellings as (
    select
        operation,
        agent_status,
        category,
        productive,
        paid,
        translate(
            lower(trim(agent_status)),
            'ÁÀÂÃÄÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÑÇáàâãäéèêëíìîïóòôõöúùûüñç',
            'aaaaaeeeeiiiiooooouuuuncaaaaaeeeeiiiiooooouuuunc'
        ) as word
    from status_categories
),

-- a word that is listed twice, with and without its accents, counts once
ranked as (
    select *, row_number() over (partition by operation, word order by agent_status) as rank_of_spelling
    from spellings
),

meanings as (
    select
        w.operation,
        w.agent_status,
        coalesce(o.category, e.category, 'unknown') as status_category,
        case when o.word is null then e.productive else o.productive end as is_productive,
        case when o.word is null then e.paid else o.paid end as is_paid
    from status_words as w
    left join ranked as o on o.operation = w.operation and o.word = w.word and o.rank_of_spelling = 1
    left join ranked as e on e.operation = '*' and e.word = w.word and e.rank_of_spelling = 1
)

select
    c.operation,
    c.agent_key,
    c.agent_id,
    c.agent_name,
    c.agent_status,
    coalesce(m.status_category, 'unknown') as status_category,
    m.is_productive,
    m.is_paid,
    c.interval_from,
    c.interval_to,
    cast(round(extract(epoch from c.interval_to - c.interval_from)) as bigint) as observed_seconds,
    c.changed_after,
    c.changed_before,
    c.ended_by
from closed as c
left join meanings as m on m.operation = c.operation and m.agent_status = c.agent_status
