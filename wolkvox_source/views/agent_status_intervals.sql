-- One row per operation, agent and uninterrupted observed status (agent_key, interval_from).
--
-- An interval begins at the look that first found the status and ends at the look that first found another one,
-- or at the last look before a gap, for nobody knows what happened in one: see looks. The interval that is still
-- open reaches to the latest look and not to the present moment. When an agent_id passes to another person a new
-- interval begins: see agent_people. An agent who is off the roster has none.
-- For averages keep those that both began and ended by a change: of the others a part is missing.
-- Categories are those of today; what a look was made with is kept with it, and a changed setting re-cuts nothing.
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
-- observed_seconds: from the second of interval_from to that of interval_to; 0 when it was seen by a single look
-- changed_after: the last look that had not found it; NULL when no change was seen to begin it, UTC
-- changed_before: the look that had, so that the change lies between the two; NULL when no change was seen, UTC
-- ended_by: change (to another status or person, or off the roster), gap (nobody looked), or open (still so)
-- began_by: change (from another status or person, or on to the roster), gap (nobody had looked), or start (of looking)
-- person: counts those who held the id, from 1, as agent_people does
with stretches as (
    select
        operation,
        stretch,
        min(observed_at) as stretch_from,
        max(observed_at) as stretch_to
    from looks
    group by operation, stretch
),

placed as (
    select *, max(stretch_to) over (partition by operation) as latest_at
    from stretches
),

pieces as (
    select
        h.operation,
        h.agent_key,
        h.agent_id,
        p.person,
        h.agent_name,
        h.agent_status,
        h.valid_from,
        h.valid_to,
        s.stretch,
        s.stretch_from,
        s.stretch_to,
        s.latest_at,
        greatest(h.valid_from, s.stretch_from) as piece_from,
        least(coalesce(h.valid_to, s.stretch_to), s.stretch_to) as piece_to
    from agent_history as h
    inner join placed as s
        on
            s.operation = h.operation
            and s.stretch_to >= h.valid_from
            and (h.valid_to is null or s.stretch_from < h.valid_to)
    inner join agent_people as p
        on p.agent_key = h.agent_key and h.valid_from >= p.held_from and (p.held_to is null or h.valid_from < p.held_to)
    where h.present
),

compared as (
    select
        *,
        lag(stretch) over (partition by operation, agent_key order by piece_from) as stretch_before,
        case
            when
                lag(person) over (partition by operation, agent_key order by piece_from) = person
                and lag(agent_status) over (partition by operation, agent_key order by piece_from)
                is not distinct from agent_status
                -- a version that is still open can only be before itself
                and coalesce(lag(valid_to) over (partition by operation, agent_key order by piece_from), valid_from)
                >= valid_from
                then 1
            else 0
        end as goes_on
    from pieces
),

numbered as (
    select
        *,
        case when goes_on = 1 and stretch_before = stretch then 0 else 1 end as begins,
        count(case when goes_on = 1 and stretch_before = stretch then null else 1 end)
            over (partition by operation, agent_key order by piece_from) as interval_number
    from compared
),

intervals as (
    select
        operation,
        agent_key,
        agent_id,
        person,
        agent_status,
        stretch,
        stretch_from,
        max(case when begins = 1 then agent_name end) as agent_name,
        max(case when begins = 1 then goes_on end) as went_on,
        min(piece_from) as interval_from,
        max(piece_to) as interval_to,
        case
            when count(valid_to) = count(*) and max(valid_to) <= max(stretch_to) then 'change'
            when max(stretch_to) = max(latest_at) then 'open'
            else 'gap'
        end as ended_by
    from numbered
    group by operation, agent_key, agent_id, person, agent_status, stretch, stretch_from, interval_number
)

select
    i.operation,
    i.agent_key,
    i.agent_id,
    i.agent_name,
    i.agent_status,
    coalesce(m.status_category, 'unknown') as status_category,
    m.is_productive,
    m.is_paid,
    i.interval_from,
    i.interval_to,
    date_diff('second', i.interval_from, i.interval_to) as observed_seconds,
    case when i.went_on = 0 then l.previous_at end as changed_after,
    case when i.went_on = 0 and l.previous_at is not null then i.interval_from end as changed_before,
    i.ended_by,
    case when i.interval_from > i.stretch_from then 'change' when i.stretch = 1 then 'start' else 'gap' end as began_by,
    i.person
from intervals as i
left join looks as l on l.operation = i.operation and l.observed_at = i.interval_from
left join status_meanings as m on m.operation = i.operation and m.agent_status = i.agent_status
