"""How much of a day was observed by a moment: what the view coverage_daily says, and less once looking has stopped."""

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

# looks that are further apart have a gap between them, as in the view looks
_GAP_INTERVALS = 3.5

# of the day of a moment, which stands in both places; one row a span in which the centre is open
QUERY = """
select c.operation, c.coverage_percent, c.covered_seconds, c.last_look_at, c.interval_seconds,
    case when t.opens_at > c.counts_from then t.opens_at else c.counts_from end as opens_at, t.closes_at
from {coverage_daily} as c
left join {open_times} as t on t.operation = c.operation and t.local_day = c.local_day
where c.day_starts_at <= %s and c.day_ends_at > %s
"""


def coverage(rows: Iterable[tuple[Any, ...]], now: datetime) -> dict[str, float]:
    """The per cent of each operation's open time of today until `now`; `rows` are what `QUERY` brings.

    An operation that was not observed today, or was closed until now, is in none.
    """
    found: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row[1:])
    shares = {name: _share(mine, now) for name, mine in found.items()}
    return {name: round(share, 1) for name, share in shares.items() if share is not None}


def _share(rows: list[tuple[Any, ...]], now: datetime) -> float | None:
    percent, covered, last_look_at, interval, *_ = rows[0]
    if last_look_at is not None and (now - last_look_at).total_seconds() <= _GAP_INTERVALS * interval:
        return None if percent is None else float(percent)
    spans = [(opens, min(closes.astimezone(timezone.utc), now)) for *_, opens, closes in rows if closes is not None]
    seconds = sum(max(0.0, (closes - opens).total_seconds()) for opens, closes in spans)
    return min(100.0, 100.0 * float(covered) / seconds) if seconds else None
