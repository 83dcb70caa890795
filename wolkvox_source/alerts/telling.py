"""What is new of operations is posted, and remembered once it arrived."""

from collections.abc import Callable, Sequence
from datetime import datetime

from wolkvox_source.alerts.decision import Alert, alerts
from wolkvox_source.alerts.memory import memory
from wolkvox_source.alerts.message import message
from wolkvox_source.api.webhook import post
from wolkvox_source.language import Speech
from wolkvox_source.warehouse.freshness import Freshness
from wolkvox_source.warehouse.pipeline import Place


def tell_once(
    url: str,
    found: Sequence[Freshness],
    limit_of: Callable[[str], float],
    place: Place,
    now: datetime,
    speech: Speech,
) -> list[Alert]:
    """Post to `url` what nobody was told yet of the operations in `found`; returns it.

    `limit_of` gives the age in seconds that makes an operation stale; one that is no longer configured never is.
    Raises an UnavailableError where it did not arrive, and then it is news the next time too.
    """
    mine = [each for each in found if each.configured]
    with memory(place) as remembered:
        news = [*alerts(((each, limit_of(each.operation)) for each in mine), remembered.told())]
        if news:
            post(url, message(news, now, speech))
            remembered.remember(news, now)
    return news
