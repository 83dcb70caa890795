"""A snapshot and its changes -> believe it or not, and why."""

from dataclasses import dataclass

from wolkvox_source.errors import Outcome
from wolkvox_source.language import say

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
    """Whether to believe a report; `reason` is the sentence that says why not, else empty."""

    outcome: Outcome
    reason: str = ""

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
    if received == 0 and known:
        return Verdict("empty", say("guard_empty", operation=operation, known=known))
    if announced is not None and announced != received:
        reason = say("guard_announced", operation=operation, announced=announced, received=received)
    elif received == CEILING:
        reason = say("guard_ceiling", operation=operation, received=received)
    elif _beyond(vanished, known, thresholds.vanished_agents, thresholds.vanished_share):
        reason = say("guard_vanished", operation=operation, vanished=vanished, known=known)
    elif _beyond(rejected, received, thresholds.rejected_records, thresholds.rejected_share):
        reason = say("guard_rejected", operation=operation, rejected=rejected, received=received)
    elif emptied:
        reason = say("guard_emptied", operation=operation, column=", ".join(emptied), received=received)
    else:
        return accepted
    return Verdict("suspicious", reason)


def _beyond(part: int, whole: int, number: int, share: float) -> bool:
    return part > number and part > share * whole
