-- One row per operation and agent who is on the roster now (operation, agent_id).
--
-- Now is the operation's latest look, an observation with outcome changed or unchanged: observed_at. Nothing here
-- reads the clock of the machine, so compare observed_at with the present moment to know how fresh a row is.
-- A status is known since the look that first found it, or since looking began again after a gap: see looks. A
-- change lies between two looks, so both are given.
-- Where the report live is asked for and says the same word, at a look that found the status or at a later one, the
-- status began to the second when that says, and the two bounds are one. A live report from before, or one that tells
-- of a later status than the latest look, says nothing.
-- wolkvox removes an agent who has not connected for six months; who left the roster has no row here.
--
-- operation: the wolkvox customer, as named in the configuration
-- agent_key: operation and agent_id, the key that joins with every other table
-- agent_id: the extension number that wolkvox gave, as text; it can pass to another person
-- agent_name: the agent's name
-- agent_dni: the agent's identity document
-- agent_sso: the agent's network user for single sign-on
-- enabled: whether the agent may connect; NULL when the report does not say
-- agent_status: the status as wolkvox says it
-- status_category: ready, talking, after-call work, ringing, auxiliary, logged out or unknown, from status_categories
-- is_productive: whether the status counts as productive; NULL when the word is not in status_categories
-- is_paid: whether the status counts as paid; NULL when the word is not in status_categories
-- status_since: the first look that found this person in this status without interruption, or when it began, UTC
-- status_seconds: from the second of status_since to that of observed_at: the status has lasted at least this
-- status_changed_after: the last look that had not found the status, or when it began; NULL when no change was seen, UTC
-- status_seconds_at_most: from status_changed_after to observed_at, likewise; NULL when it may be any time
-- last_connection_at: the last connection that wolkvox reports, UTC; NULL when never connected or not readable
-- days_since_last_use: dates on the operation's calendar from the last connection to observed_at, 0 is the same day
-- days_until_purge: days left until six months after the last connection; below zero when overdue
-- never_connected: whether no connection of this person is known, not even one whose date cannot be read
-- dormant: whether the last connection is 30 days old or more; false for who never connected
-- purge_soon: whether 30 days or fewer are left until the purge; false for who never connected
-- free_to_reuse: whether the agent is disabled, so that the id can be given to somebody else
-- observed_at: the latest look at the operation, UTC; the row is true as of then
-- person: counts those who held the id, from 1, as agent_people does
-- source: live where the live report says when the status began, observations where it was found by looking
with latest as (
    select operation, observed_at, stretch_from, timezone
    from (
        select *, max(observed_at) over (partition by operation) as latest_at
        from looks
    ) as l
    where observed_at = latest_at
),

-- one pass over the history: when the person last came, was away, or was in another status
spells as (
    select
        a.operation,
        a.agent_key,
        p.person,
        p.connected_since,
        case when p.person > 1 then p.held_from end as passed_on_at,
        greatest(
            p.held_from,
            coalesce(
                max(case when not h.present or h.agent_status is distinct from a.agent_status then h.valid_to end),
                p.held_from
            )
        ) as spell_from
    from agents as a
    inner join agent_people as p on p.agent_key = a.agent_key and p.held_to is null
    inner join agent_history as h on h.agent_key = a.agent_key
    where a.present
    group by a.operation, a.agent_key, p.person, p.connected_since, p.held_from
),

-- found_at is the look that found the status, unless that was before a gap
placed as (
    select
        s.*,
        coalesce(case when s.spell_from >= n.stretch_from then s.spell_from end, n.stretch_from) as found_since,
        case when s.spell_from >= n.stretch_from then s.spell_from end as found_at
    from spells as s
    left join latest as n on n.operation = s.operation
),

live_looks as (
    select operation, max(observed_at) as live_at
    from observations
    where report = 'live' and outcome in ('changed', 'unchanged')
    group by operation
),

-- when the live report says that the status began, not before a look that had not found it
lived as (
    select
        s.agent_key,
        greatest(v.status_since, coalesce(l.previous_at, s.passed_on_at, v.status_since)) as began_at
    from placed as s
    inner join latest as n on n.operation = s.operation
    inner join agents as a on a.agent_key = s.agent_key
    inner join agent_live as v on v.agent_key = s.agent_key and v.valid_to is null and v.present
    inner join live_looks as e on e.operation = s.operation and e.live_at >= s.found_since
    left join looks as l on l.operation = s.operation and l.observed_at = s.found_at
    where upper(v.agent_status) = upper(a.agent_status) and v.status_since <= n.observed_at
),

roster as (
    select
        a.operation,
        a.agent_key,
        a.agent_id,
        a.agent_name,
        a.agent_dni,
        a.agent_sso,
        a.enabled,
        a.agent_status,
        s.person,
        coalesce(v.began_at, s.found_since) as status_since,
        coalesce(v.began_at, l.previous_at) as status_changed_after,
        case when v.began_at is null then 'observations' else 'live' end as source,
        a.last_use as last_connection_at,
        s.connected_since is null as never_connected,
        n.observed_at,
        cast(n.observed_at at time zone n.timezone as date) as observed_day,
        cast(a.last_use at time zone coalesce(n.timezone, o.timezone, 'America/Bogota') as date) as last_use_day
    from agents as a
    left join latest as n on n.operation = a.operation
    left join operations as o on o.operation = a.operation
    left join placed as s on s.agent_key = a.agent_key
    left join lived as v on v.agent_key = a.agent_key
    left join looks as l on l.operation = a.operation and l.observed_at = s.found_at
    where a.present
),

counted as (
    select
        *,
        date_diff('day', last_use_day, observed_day) as days_since_last_use,
        date_diff('day', observed_day, cast(last_use_day + interval '6 months' as date)) as days_until_purge
    from roster
)

select
    c.operation,
    c.agent_key,
    c.agent_id,
    c.agent_name,
    c.agent_dni,
    c.agent_sso,
    c.enabled,
    c.agent_status,
    coalesce(m.status_category, 'unknown') as status_category,
    m.is_productive,
    m.is_paid,
    c.status_since,
    date_diff('second', c.status_since, c.observed_at) as status_seconds,
    c.status_changed_after,
    date_diff('second', c.status_changed_after, c.observed_at) as status_seconds_at_most,
    c.last_connection_at,
    c.days_since_last_use,
    c.days_until_purge,
    c.never_connected,
    coalesce(c.days_since_last_use >= 30, false) as dormant,
    coalesce(c.days_until_purge <= 30, false) as purge_soon,
    coalesce(not c.enabled, false) as free_to_reuse,
    c.observed_at,
    c.person,
    c.source
from counted as c
left join status_meanings as m on m.operation = c.operation and m.agent_status = c.agent_status
