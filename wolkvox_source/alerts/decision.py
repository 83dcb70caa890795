"""How an operation is, and what of it is news."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from wolkvox_source.errors import ACCEPTED
from wolkvox_source.warehouse.freshness import Freshness

State = Literal["well", "stale", "suspicious", "refused"]

# what an outcome says by itself; one that is not here says nothing until the operation is stale
_STATE_OF: dict[str, State] = {"refused": "refused", "suspicious": "suspicious", "empty": "suspicious"}


@dataclass(frozen=True)
class Told:
    """The state of an operation of which people were told last, and when they were."""

    state: str
    told_at: datetime


@dataclass(frozen=True)
class Alert:
    """What is new of an operation.

    Attributes:
        state: how it is now
        since: the observation that says so, or the last success of one that is stale; None without any
    """

    operation: str
    state: State
    since: datetime | None


def alerts(found: Iterator[tuple[Freshness, float]], told: Mapping[str, Told]) -> Iterator[Alert]:
    """What of the operations in `found`, each with the age in seconds that makes it stale, was not told yet."""
    for each, limit in found:
        state = state_of(each, limit)
        before = told.get(each.operation)
        if state is None or state == (before.state if before else "well"):
            continue
        if state == "stale" and before and before.state != "well":
            # people know already that it brings nothing, and why
            continue
        if state == "well" and before and not _is_later(each.last_success_at, before.told_at):
            # another limit, and nothing else, makes it fresh: it did not recover
            continue
        yield Alert(each.operation, state, each.last_success_at if state == "stale" else each.last_observed_at)


def state_of(each: Freshness, limit: float) -> State | None:
    """How an operation is; None where its latest observation failed in a way that may pass."""
    said = _STATE_OF.get(each.outcome or "")
    if said:
        return said
    if each.open_age_seconds is None or each.open_age_seconds > limit:
        return "stale"
    return "well" if each.outcome in ACCEPTED else None


def _is_later(moment: datetime | None, than: datetime) -> bool:
    return moment is not None and moment > than
