-- One row per operation and status word that its agents have had (operation, agent_status).
--
-- What a word means is looked up in status_categories without regard to case and accents, the operation's own
-- meaning before the one for all. Categories are applied to the past too: a changed one re-cuts all that was.
--
-- operation: the wolkvox customer, as named in the configuration
-- agent_status: the status as wolkvox says it
-- status_category: ready, talking, after-call work, ringing, auxiliary, logged out or unknown, from status_categories
-- is_productive: whether the status counts as productive; NULL when the word is not in status_categories
-- is_paid: whether the status counts as paid; NULL when the word is not in status_categories
with said as (
    select operation, agent_status
    from agent_history
    where agent_status is not null
    union
    select operation, agent_status
    from agent_status_events
    where agent_status is not null
),

words as (
    select
        operation,
        agent_status,
        translate(
            lower(trim(agent_status)),
            'ÁÀÂÃÄÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÑÇáàâãäéèêëíìîïóòôõöúùûüñç',
            'aaaaaeeeeiiiiooooouuuuncaaaaaeeeeiiiiooooouuuunc'
        ) as word
    from said
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

-- the operation's own comes first, and of two spellings of one word one counts
ranked as (
    select
        w.operation,
        w.agent_status,
        s.category,
        s.productive,
        s.paid,
        row_number() over (
            partition by w.operation, w.agent_status
            order by case when s.operation = w.operation then 0 else 1 end, s.agent_status
        ) as preference
    from words as w
    left join spellings as s on s.word = w.word and (s.operation = w.operation or s.operation = '*')
)

select
    operation,
    agent_status,
    coalesce(category, 'unknown') as status_category,
    productive as is_productive,
    paid as is_paid
from ranked
where preference = 1
