"""One look at one operation -> what is now known of it: its line in the ledger and the rows to load."""

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from datetime import datetime

import pyarrow as pa

from wolkvox_source.api.client import WolkvoxClient
from wolkvox_source.api.envelope import Payload
from wolkvox_source.errors import Outcome, UnavailableError, UnreadableError, WolkvoxError
from wolkvox_source.language import stored
from wolkvox_source.reports.changes import Changes, changes
from wolkvox_source.reports.garbage import collecting_later
from wolkvox_source.reports.guard import Verdict, judge
from wolkvox_source.reports.snapshot import TIMESTAMP, Snapshot, snapshot
from wolkvox_source.settings import Operation
from wolkvox_source.tables import SCHEMAS
from wolkvox_source.warehouse.current import Current

# a roster takes wolkvox about a second, so this many keep 1,000 operations within a minute
SIDE_BY_SIDE = 32
# wolkvox says a line; whatever is longer need not stand in the ledger every five minutes
_MESSAGE_LENGTH = 500

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Observation:
    """One attempt to look at one operation, whatever came of it: a row of the table `observations`.

    `message` is what wolkvox said; `reason` and `facts` are those of the sentence that says why the report was not
    accepted, or is not there. `error` is not a column: it is what kept the report from us. Numbers are None where
    there was no report.
    """

    operation: str
    observed_at: datetime
    outcome: Outcome
    http_status: int | None = None
    code: str | None = None
    message: str | None = None
    reason: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict, hash=False)
    announced_records: int | None = None
    received_records: int | None = None
    rejected_records: int | None = None
    unparsed_values: int | None = None
    appeared: int | None = None
    vanished: int | None = None
    changed: int | None = None
    payload_bytes: int = 0
    duration_seconds: float = 0.0
    error: WolkvoxError | None = field(default=None, repr=False, compare=False)

    @property
    def exit_code(self) -> int:
        """What `wolkvox sync` makes of it, in sysexits' words."""
        if self.error is not None:
            return self.error.exit_code
        return 0 if self.outcome in {"changed", "unchanged"} else 65


_LEDGER, _REJECTED, _SETTINGS = SCHEMAS["observations"], SCHEMAS["rejected_records"], SCHEMAS["operations"]

Tables = dict[str, pa.Table]
Listener = Callable[[Observation], None]


def observe(
    operations: Sequence[Operation],
    held: Current,
    observed_at: datetime,
    accept_loss: Collection[str] = (),
    listener: Listener | None = None,
) -> Tables:
    """Look at every operation at the tick `observed_at`; returns the rows to load, one Arrow table a name.

    Operations are asked side by side, those that share a token one after another. `listener` is told each
    Observation as soon as it is made, from several threads. No operation's failure keeps another from loading.
    """
    by_token: dict[str, list[Operation]] = {}
    for operation in operations:
        by_token.setdefault(operation.token, []).append(operation)

    def in_turn(sharers: list[Operation]) -> list[Tables]:
        return [
            _observed(operation, held, observed_at, operation.name in accept_loss, listener) for operation in sharers
        ]

    with collecting_later(), ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="wolkvox") as pool:
        parts = [tables for group in pool.map(in_turn, by_token.values()) for tables in group]
    parts.append({name: schema.empty_table() for name, schema in SCHEMAS.items() if name in held.missing})
    return {
        name: pa.concat_tables([tables[name] for tables in parts if name in tables], promote_options="default")
        for name in SCHEMAS
        if any(name in tables for tables in parts)
    }


def _observed(
    operation: Operation, held: Current, observed_at: datetime, accept_loss: bool, listener: Listener | None
) -> Tables:
    started = time.monotonic()
    tables: Tables = {}
    last = held.observed_since.get(operation.name)
    try:
        if last is not None:
            # two observations at one time, or history that runs backwards, could not be told apart later
            raise UnavailableError("clock_went_back", now=_minute(observed_at), last=_minute(last))
        observation, tables = _accepted(operation, held, observed_at, accept_loss)
    except WolkvoxError as error:
        observation = _failed(operation, observed_at, error)
    except Exception:
        log.exception("operation %s: its report could not be worked on", operation.name)
        observation = _failed(operation, observed_at, UnreadableError("unworkable", operation=operation.name))
    values = {f.name: getattr(observation, f.name) for f in fields(Observation)}
    observation = Observation(**{**values, "duration_seconds": time.monotonic() - started})
    if last is None:
        tables["observations"] = _ledger(operation, observation)
        tables.update(_settings(operation, held))
    if listener:
        try:
            listener(observation)
        except Exception:
            # what was observed is loaded, whether or not anybody could be told
            log.exception("operation %s: the listener failed", operation.name)
    return tables


def _accepted(
    operation: Operation, held: Current, observed_at: datetime, accept_loss: bool
) -> tuple[Observation, Tables]:
    with WolkvoxClient(
        operation.server, operation.token, operation.address, requests_at_most=operation.requests_at_most
    ) as client:
        payload = client.agents()
    seen = snapshot(operation.name, payload.records, operation.timezone, operation.privacy)
    differing = changes(seen.table, held.of(operation.name))
    verdict = judge(
        operation.name,
        announced=payload.announced,
        received=seen.received,
        rejected=len(seen.rejected),
        known=differing.known,
        vanished=differing.vanished,
        differing=differing.appeared + differing.vanished + differing.changed,
        emptied=differing.emptied,
        thresholds=operation.thresholds,
        accept_loss=accept_loss,
    )
    observation = _observation(operation, observed_at, payload, seen, differing, verdict)
    if not verdict.accepted:
        return observation, {}
    tables = {
        "agents": differing.agents,
        "agent_history": differing.versions,
        "agent_connections": differing.connections.append_column(
            "first_observed_at", pa.array([observed_at] * len(differing.connections), TIMESTAMP)
        ),
        "rejected_records": _rejected(operation, observed_at, seen, held),
    }
    return observation, {name: table for name, table in tables.items() if len(table)}


def _observation(
    operation: Operation,
    observed_at: datetime,
    payload: Payload,
    seen: Snapshot,
    differing: Changes,
    verdict: Verdict,
) -> Observation:
    return Observation(
        operation=operation.name,
        observed_at=observed_at,
        outcome=verdict.outcome,
        http_status=payload.status,
        # "" is NULL here as everywhere, whatever the destination makes of it
        code=payload.code or None,
        message=_kept(payload.message),
        reason=verdict.reason,
        facts=verdict.facts,
        announced_records=payload.announced,
        received_records=seen.received,
        rejected_records=len(seen.rejected),
        unparsed_values=seen.unparsed,
        appeared=differing.appeared,
        vanished=differing.vanished,
        changed=differing.changed,
        payload_bytes=payload.size,
    )


def _failed(operation: Operation, observed_at: datetime, error: WolkvoxError) -> Observation:
    return Observation(
        operation=operation.name,
        observed_at=observed_at,
        outcome=error.outcome,
        http_status=error.status,
        code=error.code or None,
        message=_kept(error.message),
        reason=error.reason,
        facts=error.facts,
        payload_bytes=error.payload_bytes,
        error=error,
    )


def _ledger(operation: Operation, observation: Observation) -> pa.Table:
    """The row of `observations`, with the settings that it was made with: those of today may be others tomorrow."""
    row = {name: getattr(observation, name, None) for name in _LEDGER.names}
    row["facts"] = stored(observation.facts) if observation.reason else None
    row.update(timezone=operation.timezone, interval_seconds=operation.interval_seconds)
    row["privacy"] = operation.privacy.in_force
    return pa.Table.from_pylist([row], _LEDGER)


def _kept(message: str | None) -> str | None:
    """What is stored of wolkvox's own words; "" is NULL here as everywhere."""
    return message[:_MESSAGE_LENGTH] if message else None


def _rejected(operation: Operation, observed_at: datetime, seen: Snapshot, held: Current) -> pa.Table:
    """The rejected records, where they are not those that the warehouse has already from the last time."""
    pairs = sorted((rejected.reason, rejected.record) for rejected in seen.rejected)
    if pairs == sorted(held.rejected.get(operation.name, [])):
        return _REJECTED.empty_table()
    rows = [
        {
            "operation": operation.name,
            "observed_at": observed_at,
            "position": rejected.position,
            "reason": rejected.reason,
            "record": rejected.record,
        }
        for rejected in seen.rejected
    ]
    return pa.Table.from_pylist(rows, _REJECTED)


def _settings(operation: Operation, held: Current) -> Tables:
    """The row of `operations`, which the views need, where it is not in the warehouse as it is."""
    row = {
        "operation": operation.name,
        **{name: getattr(operation, name) for name in _SETTINGS.names if name != "operation"},
    }
    return {} if held.settings.get(operation.name) == row else {"operations": pa.Table.from_pylist([row], _SETTINGS)}


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
