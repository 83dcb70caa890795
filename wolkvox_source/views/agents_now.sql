-- One row per operation and agent who is on the roster now (operation, agent_id).
--
-- Now is the operation's latest look, an observation with outcome changed or unchanged: observed_at. Nothing here
-- reads the clock of the machine, so compare observed_at with the present moment to know how fresh a row is.
-- A status is known since the look that first found it, or since looking began again after a gap: two looks
-- further apart than three intervals of the operation. A change lies between two looks, so both are given.
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
-- status_since: the first look that found this person in this status without interruption, UTC
-- status_seconds: from status_since to observed_at, in seconds: the status has lasted at least this
-- status_changed_after: the last look that had not found the status; NULL when no change was seen to begin it, UTC
-- status_seconds_at_most: from status_changed_after to observed_at, in seconds; NULL when it may be any time
-- last_connection_at: the last connection that wolkvox reports, UTC; NULL when never connected or not readable
-- days_since_last_use: dates on the operation's calendar from the last connection to observed_at, 0 is the same day
-- days_until_purge: days left until six months after the last connection; below zero when overdue
-- never_connected: whether wolkvox reports no connection at all
-- dormant: whether the last connection is 30 days old or more; false for who never connected
-- purge_soon: whether 30 days or fewer are left until the purge; false for who never connected
-- free_to_reuse: whether the agent is disabled, so that the id can be given to somebody else
-- observed_at: the latest look at the operation, UTC; the row is true as of then
with looks as (
    select
        o.operation,
        o.observed_at,
        lag(o.observed_at) over (partition by o.operation order by o.observed_at) as previous_at,
        3 * coalesce(s.interval_seconds, 300) as tolerance_seconds
    from observations as o
    left join operations as s on s.operation = o.operation
    where o.outcome in ('changed', 'unchanged')
),

-- since when we have been looking without a gap
watches as (
    select
        operation,
        max(observed_at) as observed_at,
        max(case when extract(epoch from observed_at - previous_at) <= tolerance_seconds then null else observed_at end)
            as looked_from
    from looks
    group by operation
),

-- one pass over the history: when the agent was last somebody else, somewhere else, or in another status
spells as (
    select
        a.agent_key,
        coalesce(
            max(
                case
                    when
                        not h.present
                        or h.agent_status is distinct from a.agent_status
                        or h.agent_dni is distinct from a.agent_dni
                        then h.valid_to
                end
            ),
            min(h.valid_from)
        ) as spell_from
    from agents as a
    inner join agent_history as h on h.agent_key = a.agent_key
    where a.present
    group by a.agent_key
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
        translate(
            lower(trim(a.agent_status)),
            'ÁÀÂÃÄÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÑÇáàâãäéèêëíìîïóòôõöúùûüñç',
            'aaaaaeeeeiiiiooooouuuuncaaaaaeeeeiiiiooooouuuunc'
        ) as word,
        case
            when s.spell_from < w.looked_from then w.looked_from
            when s.spell_from >= w.looked_from then s.spell_from
        end as status_since,
        l.previous_at as status_changed_after,
        a.last_use as last_connection_at,
        a.last_use is null and (a.last_use_raw is null or substr(a.last_use_raw, 1, 10) = '0000-00-00') as never_connected,
        w.observed_at,
        cast(w.observed_at at time zone coalesce(o.timezone, 'America/Bogota') as date) as observed_day,
        cast(a.last_use at time zone coalesce(o.timezone, 'America/Bogota') as date) as last_use_day
    from agents as a
    left join operations as o on o.operation = a.operation
    left join watches as w on w.operation = a.operation
    left join spells as s on s.agent_key = a.agent_key
    left join looks as l
        on l.operation = a.operation and l.observed_at = s.spell_from and s.spell_from >= w.looked_from
    where a.present
),

counted as (
    select
        *,
        date_diff('day', last_use_day, observed_day) as days_since_last_use,
        date_diff('day', observed_day, cast(last_use_day + interval '6 months' as date)) as days_until_purge
    from roster
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
meanings as (
    select *, row_number() over (partition by operation, word order by agent_status) as rank_of_spelling
    from spellings
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
    coalesce(o.category, e.category, 'unknown') as status_category,
    case when o.word is null then e.productive else o.productive end as is_productive,
    case when o.word is null then e.paid else o.paid end as is_paid,
    c.status_since,
    cast(round(extract(epoch from c.observed_at - c.status_since)) as bigint) as status_seconds,
    c.status_changed_after,
    cast(round(extract(epoch from c.observed_at - c.status_changed_after)) as bigint) as status_seconds_at_most,
    c.last_connection_at,
    c.days_since_last_use,
    c.days_until_purge,
    c.never_connected,
    coalesce(c.days_since_last_use >= 30, false) as dormant,
    coalesce(c.days_until_purge <= 30, false) as purge_soon,
    coalesce(not c.enabled, false) as free_to_reuse,
    c.observed_at
from counted as c
left join meanings as o on o.operation = c.operation and o.word = c.word and o.rank_of_spelling = 1
left join meanings as e on e.operation = '*' and e.word = c.word and e.rank_of_spelling = 1
