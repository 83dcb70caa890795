"""What the warehouse knows before wolkvox is asked: what was spent today, and which days of dated reports were read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dlt.destinations.sql_client import SqlClientBase

from wolkvox_source.observation.answers import Known
from wolkvox_source.observation.budget import midnight
from wolkvox_source.reports.catalogue import Report, chosen
from wolkvox_source.settings import Operation
from wolkvox_source.warehouse.spending import last_read, spent_since


def known_before(
    client: SqlClientBase[Any], operations: Sequence[Operation], now: datetime, reports: Sequence[Report] | None = None
) -> Known:
    """What is known of `operations` at `now`; nothing is read for those that need not know it."""
    spent: dict[str, int] = {}
    for operation in operations:
        if operation.requests_per_day is not None:
            spent.update(spent_since(client, operation.name, midnight(now, operation.timezone), now))
    dated = [
        operation.name
        for operation in operations
        if any(report.kind == "dated" for report in (chosen(operation.asks_for) if reports is None else reports))
    ]
    return Known(spent, last_read(client, dated) if dated else {})
