"""A snapshot and its changes -> believe it or not, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wolkvox_source.errors import Outcome

# "records downloadable per consumption" in every edition of the documentation
CEILING = 60_000


@dataclass(frozen=True)
class Thresholds:
    """How much may go missing at once: a share counts only beyond the number beside it."""

    vanished_agents: int = 5
    vanished_share: float = 0.20
    rejected_records: int = 5
    rejected_share: float = 0.05


@dataclass(frozen=True)
class Verdict:
    """Whether a report is accepted; `reason` and `facts` are those of the sentence that says why not."""

    outcome: Outcome
    reason: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict, hash=False)

    @property
    def accepted(self) -> bool:
        return self.outcome in {"changed", "unchanged"}


def judge(
    operation: str,
    *,
    announced: int | None,
    received: int,
    rejected: int,
    known: int,
    vanished: int,
    differing: int,
    emptied: tuple[str, ...],
    thresholds: Thresholds,
    accept_loss: bool = False,
) -> Verdict:
    """Whether a report of `received` records is believable beside the `known` agents present before.

    `announced` is the N of "N records were found" (None where it was not said), `rejected` the records
    without a row, `vanished` the known agents who are missing, `differing` the agents who appeared, vanished
    or changed, `emptied` the columns that lost every value. `accept_loss` believes it all the same.
    """
    accepted = Verdict("changed" if differing else "unchanged")
    if accept_loss:
        return accepted
    about: dict[str, object] = {"operation": operation}
    if received == 0 and known:
        return Verdict("empty", "guard_empty", {**about, "known": known})
    if announced is not None and announced != received:
        reason, facts = "guard_announced", {"announced": announced, "received": received}
    elif received == CEILING:
        reason, facts = "guard_ceiling", {"received": received}
    elif _beyond(vanished, known, thresholds.vanished_agents, thresholds.vanished_share):
        reason, facts = "guard_vanished", {"vanished": vanished, "known": known}
    elif _beyond(rejected, received, thresholds.rejected_records, thresholds.rejected_share):
        reason, facts = "guard_rejected", {"rejected": rejected, "received": received}
    elif emptied:
        return Verdict("suspicious", "guard_emptied", {**about, "column": [*emptied], "received": received})
    else:
        return accepted
    return Verdict("suspicious", reason, {**about, **facts})


def _beyond(part: int, whole: int, number: int, share: float) -> bool:
    return part > number and part > share * whole
