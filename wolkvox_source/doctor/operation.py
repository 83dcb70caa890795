"""One operation, from its server up to its report."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from wolkvox_source.doctor.finding import Finding
from wolkvox_source.doctor.reachability import reach
from wolkvox_source.errors import ConfigurationError, RefusedError, UnreadableError, WolkvoxError
from wolkvox_source.language import Phrase
from wolkvox_source.reports.catalogue import AGENTS, chosen
from wolkvox_source.reports.snapshot import snapshot

if TYPE_CHECKING:
    from wolkvox_source.api.client import WolkvoxClient
    from wolkvox_source.api.envelope import Payload
    from wolkvox_source.settings import Operation

# clocks differ by seconds, time zones by a quarter of an hour and up to a day
_AHEAD_AT_LEAST, _AHEAD_AT_MOST = timedelta(minutes=5), timedelta(hours=26)


def reached(operation: "Operation") -> Finding:
    """That the operation's server opens its port; raises an UnavailableError where it does not."""
    found = reach(operation.address)
    facts = {
        "operation": operation.name,
        "host": found.host,
        "port": found.port,
        "address": found.address,
        "took": f"{found.seconds * 1000:.0f} ms",
    }
    if found.behind:
        return Finding("ok", Phrase("doctor_reached_proxy", {**facts, "behind": found.behind}))
    return Finding("ok", Phrase("doctor_reached", facts))


def budget(operation: "Operation", client: "WolkvoxClient", now: datetime) -> Finding:
    """Whether the token is accepted, and what is left of the day's requests where wolkvox tells; one request."""
    try:
        records = client.token_info().records
    except WolkvoxError as error:
        # a server without this report says so in one of these ways; the agents report will tell the rest
        if not (isinstance(error, UnreadableError) or (isinstance(error, RefusedError) and error.status in {400, 404})):
            raise
        records = []
    left, limit = (_number(records, name) for name in ("available_consumption_options", "token_limit"))
    if left is None or limit is None:
        return Finding("note", Phrase("doctor_budget_unknown", {"operation": operation.name}))
    here = now.astimezone(ZoneInfo(operation.timezone))
    midnight = (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    runs = int((midnight - here).total_seconds() // operation.interval_seconds)
    # of how many skills each asks the warehouse knows, which comes later
    needed = runs * sum(each.each is None for each in chosen(operation.asks_for))
    facts = {"operation": operation.name, "left": left, "limit": limit, "needed": needed}
    if left >= needed:
        return Finding("ok", Phrase("doctor_budget", facts))
    return Finding("note", Phrase("doctor_budget_short", facts))


def _number(records: Sequence[Any], name: str) -> int | None:
    record = records[0] if records and isinstance(records[0], dict) else {}
    try:
        return int(str(record.get(name)).replace(",", "").strip())
    except ValueError:
        return None


def report(operation: "Operation", payload: "Payload", now: datetime) -> Iterator[Finding]:
    """That the report says what it announces, and its times are possible."""
    _known_zone(operation)
    seen = snapshot(AGENTS, operation.name, payload.records, operation.timezone, operation.privacy)
    if payload.announced is not None and payload.announced != seen.received:
        raise UnreadableError("doctor_announced", announced=payload.announced, count=seen.received)
    about = {"operation": operation.name, "count": seen.received}
    if not seen.received:
        yield Finding("note", Phrase("doctor_empty", about))
    elif payload.announced is None:
        yield Finding("ok", Phrase("doctor_report_unannounced", about))
    else:
        yield Finding("ok", Phrase("doctor_report", {**about, "announced": payload.announced}))
    if seen.rejected:
        yield Finding("note", Phrase("doctor_rejected", {**about, "count": len(seen.rejected)}))
    yield _times(operation, seen.table, now)


def _known_zone(operation: "Operation") -> None:
    """Refuse a zone that Python finds, in the folders that it is told of, and Arrow does not."""
    try:
        pc.assume_timezone(pa.scalar(0, pa.timestamp("s")), operation.timezone)
    except pa.ArrowInvalid:
        raise ConfigurationError("bad_timezone", name=operation.timezone, operation=operation.name) from None


def _times(operation: "Operation", agents: pa.Table, now: datetime) -> Finding:
    """Whether the latest connection is possible in the operation's time zone, beside the time that it is there."""
    zone = ZoneInfo(operation.timezone)
    possible = agents.filter(pc.less(agents["last_use"], pa.scalar(now + _AHEAD_AT_MOST)))
    latest = pc.max(possible["last_use"]).as_py()
    facts: dict[str, Any] = {"operation": operation.name, "zone": operation.timezone, "here": now.astimezone(zone)}
    if latest is None:
        return Finding("note", Phrase("doctor_no_times", facts))
    facts["latest"] = latest.astimezone(zone)
    if latest - now > _AHEAD_AT_LEAST:
        raise ConfigurationError("doctor_timezone", **facts)
    return Finding("ok", Phrase("doctor_times", facts))
