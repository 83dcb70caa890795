"""A snapshot and its changes -> accept it or not, and why."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wolkvox_source.errors import ACCEPTED, Outcome
from wolkvox_source.language import Phrase
from wolkvox_source.reports.catalogue import Report
from wolkvox_source.reports.changes import Changes
from wolkvox_source.reports.snapshot import Snapshot
from wolkvox_source.reports.suspicions import Suspicion
from wolkvox_source.reports.suspicious_columns import emptied, future, moved_back, of_one_value, replaced
from wolkvox_source.reports.suspicious_numbers import appeared, counted, rejected, vanished, vanished_lately
from wolkvox_source.reports.thresholds import Thresholds

# what is the same for so long is told as such
_SETTLES_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Past:
    """What the warehouse says of a report's earlier observations.

    Attributes:
        doubt: what the latest ones were not accepted for, as a digest; None where the latest was accepted
        doubted_runs: how many in a row were not accepted for that
        doubted_since: when the first of them was made
        settled_at: when a suspicious report was accepted last
        comparable: the columns whose values were kept as they are kept now, None for all of them
        expected: the ids that were created in wolkvox by us
    """

    doubt: str | None = None
    doubted_runs: int = 0
    doubted_since: datetime | None = None
    settled_at: datetime | None = None
    comparable: Collection[str] | None = None
    expected: Collection[str] = ()


@dataclass(frozen=True)
class Verdict:
    """Whether a report is accepted.

    `reason` and `facts` are those of the sentence that says why not, or why it is accepted all the same; `doubt` is a
    digest of what is suspicious, the same from run to run as long as it repeats itself.
    """

    outcome: Outcome
    reason: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    doubt: str | None = None

    @property
    def accepted(self) -> bool:
        return self.outcome in ACCEPTED


def judge(
    report: Report,
    operation: str,
    seen: Snapshot,
    found: Changes,
    observed_at: datetime,
    *,
    announced: int | None = None,
    past: Past = Past(),
    thresholds: Thresholds = Thresholds(),  # noqa: B008
    accept_loss: bool = False,
) -> Verdict:
    """Whether a full list is to be accepted beside what was known before; the one guard of the package.

    `announced` is the N of "N records were found", None where it was not said. `accept_loss` accepts it all the same.
    """
    accepted: Outcome = "changed" if found.appeared or found.vanished or found.changed else "unchanged"
    suspicion = next(_suspicions(report, seen, found, observed_at, announced, past, thresholds), None)
    if suspicion is None:
        return Verdict(accepted)
    outcome: Outcome = "empty" if seen.received == 0 and found.known else "suspicious"
    again = past.doubt == suspicion.doubt
    runs = past.doubted_runs + 1 if again else 1
    since = past.doubted_since if again and past.doubted_since else observed_at
    facts = {"operation": operation, "what": Phrase(report.rows), **suspicion.facts}
    enough = thresholds.accept_after_runs is not None and runs >= thresholds.accept_after_runs
    if accept_loss or enough:
        why = {"operation": operation, "runs": runs, "problem": Phrase(suspicion.reason, facts)}
        reason = "guard_accepted" if accept_loss else "guard_accepted_after"
        return Verdict(accepted, reason, why, suspicion.doubt)
    if observed_at - since >= _SETTLES_AFTER:
        since_text = since.strftime("%Y-%m-%d %H:%M UTC")
        repeated = {"operation": operation, "runs": runs, "since": since_text}
        return Verdict(
            outcome, "guard_repeated", {**repeated, "problem": Phrase(suspicion.reason, facts)}, suspicion.doubt
        )
    return Verdict(outcome, suspicion.reason, facts, suspicion.doubt)


def _suspicions(
    report: Report,
    seen: Snapshot,
    found: Changes,
    observed_at: datetime,
    announced: int | None,
    past: Past,
    thresholds: Thresholds,
) -> Iterator[Suspicion]:
    """What speaks against a report, the plainest first."""
    yield from counted(report, seen, found, announced, thresholds)
    if report.kind == "dated" or not report.complete:
        yield from rejected(report, seen, thresholds)
        return
    yield from vanished(report, found, thresholds)
    yield from rejected(report, seen, thresholds)
    yield from appeared(report, seen, found, past.expected, thresholds)
    yield from replaced(report, seen, found, past.comparable, thresholds)
    yield from emptied(report, seen, found, thresholds)
    yield from of_one_value(report, seen, found, thresholds)
    yield from future(report, seen, observed_at, thresholds)
    yield from moved_back(report, seen, found, thresholds)
    # what was accepted by a person is no loss any more
    begin = observed_at - timedelta(days=1)
    begin = max(begin, past.settled_at) if past.settled_at else begin
    yield from vanished_lately(report, found, begin, thresholds)
