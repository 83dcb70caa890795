"""How fresh the data of an operation is, as sentences."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from wolkvox_source.errors import ACCEPTED
from wolkvox_source.language import Phrase
from wolkvox_source.warehouse.freshness import Freshness


def phrases(each: Freshness, now: datetime, limit: timedelta) -> Iterator[Phrase]:
    """What there is to say of one operation, the most important first; `limit` is the age that is too old."""
    facts: dict[str, object] = {"operation": each.operation, "limit": limit}
    if each.age_seconds is not None:
        facts |= {"age": timedelta(seconds=each.age_seconds), "at": each.last_success_at}
    if each.last_observed_at is None:
        yield Phrase("status_never", facts)
        return
    succeeded = each.last_success_at is not None
    if not each.configured:
        yield Phrase("status_not_configured" if succeeded else "status_not_configured_never", facts)
        return
    failing = each.outcome not in ACCEPTED
    if each.fresh:
        yield Phrase("status_fresh", facts)
    elif not succeeded:
        yield Phrase("status_no_success", facts)
    else:
        yield Phrase("status_failing" if failing else "status_stopped", facts)
    if failing:
        why = Phrase(each.reason, each.facts) if each.reason else each.message or ""
        attempt = {"attempt": now - each.last_observed_at, "outcome": Phrase(f"outcome_{each.outcome}"), "message": why}
        yield Phrase("status_last", {**facts, **attempt})
    if each.coverage_percent is not None:
        yield Phrase("status_coverage", {"operation": each.operation, "percent": f"{each.coverage_percent:.0f}"})
