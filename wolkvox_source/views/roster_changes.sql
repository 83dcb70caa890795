-- One row per operation, agent, moment and what happened (agent_key, changed_at, what).
--
-- The agents of an operation's first look are where its story begins, not people who appeared: they have no row.
-- A change is found by the look at changed_at and happened after the look at changed_after. Values are compared with
-- the last known ones: one that becomes known, or is no longer reported, is no change of name, document or
-- permission; an agent_sso is compared as it is, since having none is ordinary. Another person's other name is not a
-- renaming. Where the privacy setting changed, names, users and documents cannot be compared: see agent_people.
--
-- operation: the wolkvox customer, as named in the configuration
-- agent_key: operation and agent_id, the key that joins with every other table
-- agent_id: the extension number that wolkvox gave, as text
-- changed_at: the look that found the change, UTC
-- changed_after: the look before it, which had not; NULL when there was none, UTC
-- what: appeared, vanished, came back, enabled, disabled, renamed, SSO changed or passed to another person
-- value_from: what it was: the enabled flag, the name, the SSO user or the document; NULL for comings and goings
-- value_to: what it became
-- agent_name_before: the name last known before the change; NULL when it appeared
-- agent_name: the name last known after it
with spans as (
    select operation, privacy_span, case when privacy_span > 0 then min(observed_at) end as span_from
    from looks
    group by operation, privacy_span
),

bounded as (
    select *, lead(span_from) over (partition by operation order by privacy_span) as span_to
    from spans
),

-- most agents only ever change their status: the others are few, and only their versions are worth comparing
eventful as (
    select agent_key
    from agent_history
    group by agent_key
    having
        min(agent_name) <> max(agent_name)
        or min(agent_dni) <> max(agent_dni)
        or min(agent_sso) <> max(agent_sso)
        or count(agent_sso) between 1 and count(*) - 1
        or max(case when enabled then 1 end) + max(case when not enabled then 1 end) = 2
        or max(case when not present then 1 end) = 1
),

-- what a changed privacy setting leaves as it was opens no version, and is known under the new one all the same
versions as (
    select
        h.operation,
        h.agent_key,
        greatest(h.valid_from, coalesce(b.span_from, h.valid_from)) as valid_from,
        h.agent_name,
        h.agent_dni,
        h.agent_sso,
        h.enabled,
        h.present,
        p.person,
        p.held_from,
        coalesce(b.privacy_span, 0) as privacy_span
    from agent_history as h
    inner join eventful as e on e.agent_key = h.agent_key
    inner join agent_people as p
        on p.agent_key = h.agent_key and h.valid_from >= p.held_from and (p.held_to is null or h.valid_from < p.held_to)
    left join bounded as b
        on
            b.operation = h.operation
            and (b.span_from is null or h.valid_to is null or h.valid_to > b.span_from)
            and (b.span_to is null or h.valid_from < b.span_to)
),

beside as (
    select
        *,
        lag(agent_name) over (partition by agent_key order by valid_from) as agent_name_before,
        lag(agent_dni) over (partition by agent_key order by valid_from) as agent_dni_before,
        lag(agent_sso) over (partition by agent_key order by valid_from) as agent_sso_before,
        lag(enabled) over (partition by agent_key order by valid_from) as enabled_before,
        lag(present) over (partition by agent_key order by valid_from) as present_before,
        lag(privacy_span) over (partition by agent_key order by valid_from) as privacy_span_before
    from versions
),

-- most versions differ in status alone, and say nothing new here
telling as (
    select *, count(agent_name) over (partition by agent_key, person order by valid_from) as names_known
    from beside
    where
        agent_name is distinct from agent_name_before
        or agent_dni is distinct from agent_dni_before
        or agent_sso is distinct from agent_sso_before
        or enabled is distinct from enabled_before
        or present is distinct from present_before
        or privacy_span is distinct from privacy_span_before
),

named as (
    select *, max(agent_name) over (partition by agent_key, person, names_known) as name_known
    from telling
),

-- what is known of each version, one value a row, with the others that it may be compared with; who is off the roster
-- only has what was known before, under whatever privacy setting that was
known as (
    select agent_key, valid_from, 'present' as kind, cast(present as varchar) as value, 0 as privacy_span, 0 as person
    from named
    union all
    select agent_key, valid_from, 'enabled', cast(enabled as varchar), 0, 0
    from named
    where present and enabled is not null
    union all
    select agent_key, valid_from, 'name', agent_name, privacy_span, person
    from named
    where present and agent_name is not null
    union all
    select agent_key, valid_from, 'SSO', coalesce(agent_sso, ''), privacy_span, 0
    from named
    where present
    union all
    select agent_key, valid_from, 'document', agent_dni, privacy_span, 0
    from named
    where present and agent_dni is not null
),

compared as (
    select
        agent_key,
        valid_from,
        kind,
        value,
        lag(value) over (partition by agent_key, kind, privacy_span, person order by valid_from) as value_before
    from known
),

followed as (
    select
        operation,
        agent_key,
        valid_from,
        person,
        held_from,
        name_known,
        lag(name_known) over (partition by agent_key order by valid_from) as name_known_before
    from named
),

changes as (
    select
        c.agent_key,
        c.valid_from as changed_at,
        case
            when c.kind = 'present' and c.value = 'true' then 'came back'
            when c.kind = 'present' then 'vanished'
            when c.kind = 'enabled' and c.value = 'true' then 'enabled'
            when c.kind = 'enabled' then 'disabled'
            when c.kind = 'name' then 'renamed'
            when c.kind = 'SSO' then 'SSO changed'
            else 'passed to another person'
        end as what,
        case when c.kind <> 'present' then nullif(c.value_before, '') end as value_from,
        case when c.kind <> 'present' then nullif(c.value, '') end as value_to,
        f.name_known_before as agent_name_before,
        f.name_known as agent_name
    from compared as c
    inner join followed as f on f.agent_key = c.agent_key and f.valid_from = c.valid_from
    -- a document is compared here for its value: whether it is another person's is for agent_people to say
    where c.value <> c.value_before and (c.kind <> 'document' or (f.person > 1 and f.held_from = c.valid_from))
    union all
    select
        p.agent_key,
        p.held_from as changed_at,
        'appeared' as what,
        cast(null as varchar) as value_from,
        cast(null as varchar) as value_to,
        cast(null as varchar) as agent_name_before,
        h.agent_name
    from agent_people as p
    inner join agent_history as h on h.agent_key = p.agent_key and h.valid_from = p.held_from
    inner join looks as l on l.operation = p.operation and l.observed_at = p.held_from
    where p.person = 1 and h.present and l.previous_at is not null
)

select
    p.operation,
    c.agent_key,
    p.agent_id,
    c.changed_at,
    l.previous_at as changed_after,
    c.what,
    c.value_from,
    c.value_to,
    c.agent_name_before,
    c.agent_name
from changes as c
inner join agent_people as p on p.agent_key = c.agent_key and p.person = 1
left join looks as l on l.operation = p.operation and l.observed_at = c.changed_at
