-- One row per operation, agent, moment and what happened (agent_key, changed_at, what).
--
-- The agents of an operation's first look are where its story begins, not people who appeared: they have no row.
-- A change is found by the look at changed_at and happened after the look at changed_after. A value that becomes
-- known, or is no longer reported, is not a change of name, document or permission; an agent_sso is, since having
-- none is ordinary. A changed document is another person, and so their other name is not a renaming.
--
-- operation: the wolkvox customer, as named in the configuration
-- agent_key: operation and agent_id, the key that joins with every other table
-- agent_id: the extension number that wolkvox gave, as text
-- changed_at: the look that found the change, UTC
-- changed_after: the look before it, which had not; NULL when there was none, UTC
-- what: appeared, vanished, came back, enabled, disabled, renamed, SSO changed or passed to another person
-- value_from: what it was: the enabled flag, the name, the SSO user or the document; NULL for comings and goings
-- value_to: what it became
-- agent_name_before: the agent's name before the change; NULL when it appeared
-- agent_name: the agent's name after it
with looks as (
    select
        operation,
        observed_at,
        lag(observed_at) over (partition by operation order by observed_at) as previous_at
    from observations
    where outcome in ('changed', 'unchanged')
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

versions as (
    select
        operation,
        agent_key,
        agent_id,
        valid_from,
        agent_name,
        agent_dni,
        agent_sso,
        enabled,
        present,
        lag(valid_from) over (partition by agent_key order by valid_from) as valid_from_before,
        lag(agent_name) over (partition by agent_key order by valid_from) as agent_name_before,
        lag(agent_dni) over (partition by agent_key order by valid_from) as agent_dni_before,
        lag(agent_sso) over (partition by agent_key order by valid_from) as agent_sso_before,
        lag(enabled) over (partition by agent_key order by valid_from) as enabled_before,
        lag(present) over (partition by agent_key order by valid_from) as present_before
    from agent_history
    where agent_key in (select agent_key from eventful)
),

firsts as (
    select operation, agent_key, min(valid_from) as valid_from
    from agent_history
    group by operation, agent_key
),

arrivals as (
    select
        h.operation,
        h.agent_key,
        h.agent_id,
        h.valid_from as changed_at,
        l.previous_at as changed_after,
        h.agent_name
    from firsts as f
    inner join agent_history as h on h.agent_key = f.agent_key and h.valid_from = f.valid_from
    inner join looks as l on l.operation = f.operation and l.observed_at = f.valid_from
    where h.present and l.previous_at is not null
),

kinds as (
    select what
    from (
        values
        ('vanished'),
        ('came back'),
        ('enabled'),
        ('disabled'),
        ('renamed'),
        ('SSO changed'),
        ('passed to another person')
    ) as k (what)
),

changes as (
    select
        v.operation,
        v.agent_key,
        v.agent_id,
        v.valid_from as changed_at,
        l.previous_at as changed_after,
        k.what,
        case
            when k.what in ('enabled', 'disabled') then cast(v.enabled_before as varchar)
            when k.what = 'renamed' then v.agent_name_before
            when k.what = 'SSO changed' then v.agent_sso_before
            when k.what = 'passed to another person' then v.agent_dni_before
        end as value_from,
        case
            when k.what in ('enabled', 'disabled') then cast(v.enabled as varchar)
            when k.what = 'renamed' then v.agent_name
            when k.what = 'SSO changed' then v.agent_sso
            when k.what = 'passed to another person' then v.agent_dni
        end as value_to,
        v.agent_name_before,
        v.agent_name
    from versions as v
    cross join kinds as k
    left join looks as l on l.operation = v.operation and l.observed_at = v.valid_from
    where
        v.valid_from_before is not null
        and case k.what
            when 'vanished' then v.present_before and not v.present
            when 'came back' then v.present and not v.present_before
            when 'enabled' then v.enabled and not v.enabled_before
            when 'disabled' then v.enabled_before and not v.enabled
            when 'renamed'
                then v.agent_name <> v.agent_name_before and v.agent_dni is not distinct from v.agent_dni_before
            when 'SSO changed' then v.agent_sso is distinct from v.agent_sso_before
            when 'passed to another person' then v.agent_dni <> v.agent_dni_before
        end
)

select
    operation,
    agent_key,
    agent_id,
    changed_at,
    changed_after,
    'appeared' as what,
    cast(null as varchar) as value_from,
    cast(null as varchar) as value_to,
    cast(null as varchar) as agent_name_before,
    agent_name
from arrivals
union all
select
    operation,
    agent_key,
    agent_id,
    changed_at,
    changed_after,
    what,
    value_from,
    value_to,
    agent_name_before,
    agent_name
from changes
