-- One row per observation (operation, observed_at), whatever came of it, with the settings it was made with.
--
-- A setting that changes later leaves the past as it is. Observations from before the settings were kept with them
-- have those that the operation has today, so a change re-cuts these; hours they had none.
--
-- operation: the wolkvox customer, as named in the configuration
-- observed_at: when wolkvox was asked, UTC
-- outcome: changed, unchanged, suspicious, empty, refused, unavailable or unreadable
-- timezone: the IANA zone of the operation's calendar
-- interval_seconds: how often the operation was meant to be observed, in seconds
-- privacy: what became of each personal column; NULL for observations from before this was kept
-- local_day: the date of the observation on the operation's own calendar
-- hours: the operating hours, as opening_hours names them; NULL where the centre is always open
with settled as (
    select
        o.operation,
        o.observed_at,
        o.outcome,
        coalesce(o.timezone, s.timezone, 'America/Bogota') as timezone,
        coalesce(o.interval_seconds, s.interval_seconds, 300) as interval_seconds,
        o.privacy,
        o.hours
    from observations as o
    left join operations as s on s.operation = o.operation
)

select
    operation,
    observed_at,
    outcome,
    timezone,
    interval_seconds,
    privacy,
    cast(observed_at at time zone timezone as date) as local_day,
    hours
from settled
