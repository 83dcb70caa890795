-- One row per successful observation (operation, observed_at), with the stretch of looks that it belongs to.
--
-- A look is an observation with outcome changed or unchanged. Two looks of which the later comes more than 3.5
-- intervals after the other, in whole seconds and of the shorter interval that one of them was made with, have a gap
-- between them, and nobody knows what happened there. Looks without a gap between them are one stretch.
--
-- operation: the wolkvox customer, as named in the configuration
-- observed_at: when the operation was looked at, UTC
-- previous_at: the look before it; NULL for the operation's first, UTC
-- stretch: counts the operation's stretches, from 1
-- stretch_from: the first look of the stretch, UTC
-- stretch_to: the last look of the stretch, UTC
-- local_day: the date of the look on the operation's own calendar
-- timezone: the IANA zone of the operation's calendar
-- interval_seconds: how often the operation was meant to be observed, in seconds
-- privacy_span: how often the privacy setting had changed: values of two spans cannot be compared
with spaced as (
    select
        operation,
        observed_at,
        local_day,
        timezone,
        interval_seconds,
        privacy,
        lag(observed_at) over (partition by operation order by observed_at) as previous_at,
        lag(interval_seconds) over (partition by operation order by observed_at) as previous_interval_seconds,
        lag(privacy) over (partition by operation order by observed_at) as previous_privacy
    from observation_settings
    where outcome in ('changed', 'unchanged')
),

numbered as (
    select
        operation,
        observed_at,
        local_day,
        timezone,
        interval_seconds,
        previous_at,
        count(
            case
                when
                    -- in whole numbers, 3.5 intervals
                    2 * date_diff('second', previous_at, observed_at)
                    <= 7 * least(interval_seconds, previous_interval_seconds)
                    then null
                else 1
            end
        ) over (partition by operation order by observed_at) as stretch,
        count(case when privacy <> previous_privacy then 1 end)
            over (partition by operation order by observed_at) as privacy_span
    from spaced
)

select
    operation,
    observed_at,
    previous_at,
    stretch,
    min(observed_at) over (partition by operation, stretch) as stretch_from,
    max(observed_at) over (partition by operation, stretch) as stretch_to,
    local_day,
    timezone,
    interval_seconds,
    privacy_span
from numbered
