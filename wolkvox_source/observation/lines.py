"""A line in the ledger: what came of asking one operation for one report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from wolkvox_source.errors import ACCEPTED, Outcome, UnreadableError, WolkvoxError
from wolkvox_source.hours import name_of
from wolkvox_source.language import stored
from wolkvox_source.observation.answers import Answer
from wolkvox_source.reports.changes import Changes
from wolkvox_source.reports.guard import Verdict
from wolkvox_source.settings import Operation
from wolkvox_source.tables import SCHEMAS

LEDGER = SCHEMAS["observations"]
# wolkvox says a line; whatever is longer need not stand in the ledger every five minutes
_MESSAGE_LENGTH = 500


@dataclass(frozen=True)
class Observation:
    """One attempt to observe one report of one operation, whatever came of it: a row of the table `observations`.

    `message` is what wolkvox said; `reason` and `facts` are those of the sentence that says why the report was not
    accepted, or is not there; `doubt` is a digest of what was suspicious, the same as long as that repeats itself.
    `error` is not a column: it is what kept the report from us. Numbers are None where there was no report.
    """

    operation: str
    observed_at: datetime
    outcome: Outcome
    http_status: int | None = None
    code: str | None = None
    message: str | None = None
    reason: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict, hash=False)
    doubt: str | None = None
    announced_records: int | None = None
    received_records: int | None = None
    rejected_records: int | None = None
    unparsed_values: int | None = None
    appeared: int | None = None
    vanished: int | None = None
    changed: int | None = None
    payload_bytes: int = 0
    requests: int = 0
    window_from: datetime | None = None
    window_to: datetime | None = None
    duration_seconds: float = 0.0
    report: str = "agents"
    error: WolkvoxError | None = field(default=None, repr=False, compare=False)

    @property
    def exit_code(self) -> int:
        """What `wolkvox sync` makes of it, in sysexits' words."""
        if self.error is not None:
            return self.error.exit_code
        return 0 if self.outcome in ACCEPTED else 65


def judged(operation: Operation, answer: Answer, found: Changes, verdict: Verdict) -> Observation:
    """The line of a report that came, whether it is accepted or not."""
    payload, seen = answer.payload, answer.seen
    if payload is None or seen is None:
        raise UnreadableError("unworkable", operation=operation.name)
    return Observation(
        operation=operation.name,
        observed_at=answer.observed_at,
        outcome=verdict.outcome,
        http_status=payload.status,
        # "" is NULL here as everywhere, whatever the destination makes of it
        code=payload.code or None,
        message=_kept(payload.message),
        reason=verdict.reason,
        facts=verdict.facts,
        doubt=verdict.doubt,
        announced_records=payload.announced,
        received_records=seen.received,
        rejected_records=len(seen.rejected),
        unparsed_values=seen.unparsed,
        appeared=found.appeared,
        vanished=found.vanished,
        changed=found.changed,
        payload_bytes=payload.size,
    )


def failed(operation: Operation, answer: Answer, error: WolkvoxError) -> Observation:
    """The line of a report that did not come."""
    return Observation(
        operation=operation.name,
        observed_at=answer.observed_at,
        outcome=error.outcome,
        http_status=error.status,
        code=error.code or None,
        message=_kept(error.message),
        reason=error.reason,
        facts=error.facts,
        payload_bytes=error.payload_bytes,
        error=error,
    )


def row_of(operation: Operation, observation: Observation, zone: str | None) -> pa.Table:
    """The row of `observations`, with the settings that it was made with: those of today may be others tomorrow."""
    row = {name: getattr(observation, name, None) for name in LEDGER.names}
    row["facts"] = stored(observation.facts) if observation.reason else None
    row.update(timezone=zone, interval_seconds=operation.interval_seconds, hours=hours_of(operation))
    row["privacy"] = operation.privacy.in_force
    return pa.Table.from_pylist([row], LEDGER)


def hours_of(operation: Operation) -> str | None:
    """How the tables name the operating hours; None for a centre that is always open."""
    return None if operation.opening is None else name_of(operation.opening)


def _kept(message: str | None) -> str | None:
    """What is stored of wolkvox's own words; "" is NULL here as everywhere."""
    return message[:_MESSAGE_LENGTH] if message else None
