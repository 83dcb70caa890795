-- One row per operation, agent and uninterrupted observed status (agent_key, interval_from).
--
-- An interval begins at the look that first found the status and ends at the look that first found another one,
-- or at the last look before a gap, for nobody knows what happened in one: see looks. The interval that is still
-- open reaches to the latest look and not to the present moment. When an agent_id passes to another person a new
-- interval begins: see agent_people. An agent who is off the roster has none.
-- Where the report status_events is asked for, the status events that are over take the place of what was observed in
-- their time: they begin and end to the second, and the short ones are there too. Of what was observed beside them
-- only what lies between looks that no event covers remains; between an event and such a look nobody knows.
-- Where the report live is asked for, the bounds of a change are the second in which it says that the status began.
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
-- changed_after: the last look that had not found it, or when it began; NULL when no change was seen to begin it, UTC
-- changed_before: the look that had, or when it began, so that the change lies between the two; NULL likewise, UTC
-- ended_by: change (to another status or person, or off the roster), gap (nobody looked), open (still so), or events
-- began_by: change (from another status or person, or on to the roster), gap (nobody had looked), start, or events
-- person: counts those who held the id, from 1, as agent_people does
-- source: events where wolkvox reported the status itself, observations where it was found by looking
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
),

with_events as (
    select distinct agent_key
    from agent_status_events
    where ended_at > began_at
),

-- of an agent with events what lies in the gaps between them; of every other agent all
remaining as (
    select
        i.operation,
        i.agent_key,
        i.agent_id,
        i.person,
        i.agent_name,
        i.agent_status,
        i.stretch,
        i.stretch_from,
        i.went_on,
        i.interval_from as observed_from,
        i.interval_to as observed_to,
        greatest(i.interval_from, coalesce(g.gap_from, i.interval_from)) as interval_from,
        least(i.interval_to, coalesce(g.gap_to, i.interval_to)) as interval_to,
        i.ended_by
    from intervals as i
    left join with_events as e on e.agent_key = i.agent_key
    left join agent_event_gaps as g
        on
            g.agent_key = i.agent_key
            and (g.gap_from is null or g.gap_from < i.interval_to or g.gap_from = i.interval_from)
            and (g.gap_to is null or g.gap_to > i.interval_from or g.gap_to = i.interval_to)
    where e.agent_key is null or g.agent_key is not null
),

-- when the live report of the same look says that the status began
lived as (
    select agent_key, valid_from as look_at, upper(agent_status) as word, status_since
    from agent_live
    where present and status_since is not null
),

observed as (
    select
        r.operation,
        r.agent_key,
        r.agent_id,
        r.agent_name,
        r.agent_status,
        r.interval_from,
        r.interval_to,
        case
            when r.went_on = 0 and r.interval_from = r.observed_from then coalesce(v.status_since, l.previous_at)
        end as changed_after,
        case
            when r.went_on = 0 and r.interval_from = r.observed_from and l.previous_at is not null
                then coalesce(v.status_since, r.interval_from)
        end as changed_before,
        case when r.interval_to < r.observed_to then 'events' else r.ended_by end as ended_by,
        case
            when r.interval_from > r.observed_from then 'events'
            when r.interval_from > r.stretch_from then 'change'
            when r.stretch = 1 then 'start'
            else 'gap'
        end as began_by,
        r.person,
        'observations' as source
    from remaining as r
    left join looks as l on l.operation = r.operation and l.observed_at = r.interval_from
    left join lived as v
        on
            v.agent_key = r.agent_key
            and v.look_at = r.interval_from
            and v.word = upper(r.agent_status)
            and v.status_since >= l.previous_at
            and v.status_since <= r.interval_from
),

told as (
    select
        operation,
        agent_key,
        agent_id,
        agent_name,
        agent_status,
        began_at as interval_from,
        ended_at as interval_to,
        began_at as changed_after,
        began_at as changed_before,
        'change' as ended_by,
        'change' as began_by,
        person,
        'events' as source
    from agent_exact_statuses
),

all_of_them as (
    select * from observed
    union all
    select * from told
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
    i.changed_after,
    i.changed_before,
    i.ended_by,
    i.began_by,
    i.person,
    i.source
from all_of_them as i
left join status_meanings as m on m.operation = i.operation and m.agent_status = i.agent_status
