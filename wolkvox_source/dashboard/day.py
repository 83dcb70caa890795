"""One operation's day: when it was looked at, and how many agents were in each status category from when on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from wolkvox_source.dashboard.answers import Answers
from wolkvox_source.dashboard.copy import Row

Span = tuple[datetime, datetime]
Count = dict[str, int]

# as in the views: looks further apart leave a gap between them
GAP_INTERVALS = 3.5
_HOUR = timedelta(hours=1)
_FEWEST_HOURS = 5


@dataclass(frozen=True)
class Day:
    """What is known of an operation's day; without a row of coverage nothing is."""

    operation: Row
    local_day: date
    coverage: Row | None
    looked: tuple[Span, ...] = ()
    stretches: tuple[tuple[tuple[datetime, Count], ...], ...] = ()
    seconds: tuple[tuple[str, int], ...] = ()
    failures: tuple[Row, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.operation["timezone"])

    @property
    def name(self) -> str:
        return str(self.operation["operation"])

    @property
    def reach(self) -> Span:
        """The part of the day that counts: from the operation's first observation to its latest one."""
        starts_at, ends_at = bounds(self.local_day, self.zone)
        return max(starts_at, self.operation["first_at"]), min(ends_at, self.operation["last_at"])

    @property
    def axis(self) -> Span:
        """The whole hours around what counts, five of them at least."""
        starts_at, ends_at = bounds(self.local_day, self.zone)
        first, last = self.reach
        begins = starts_at + (first - starts_at) // _HOUR * _HOUR
        ends = min(ends_at, starts_at - (starts_at - last) // _HOUR * _HOUR)
        if ends - begins < _FEWEST_HOURS * _HOUR:
            ends = min(ends_at, begins + _FEWEST_HOURS * _HOUR)
            begins = max(starts_at, ends - _FEWEST_HOURS * _HOUR)
        return begins, ends

    @property
    def gaps(self) -> list[Span]:
        """The times within reach in which nobody looked."""
        reached, last = self.reach
        found = []
        for start, end in self.looked:
            if start > reached:
                found.append((reached, start))
            reached = end
        return [*found, (reached, last)] if last > reached else found

    def at(self, moment: datetime) -> Count | None:
        """How many agents were in each category at a moment; None where nobody looked."""
        for stretch in self.stretches:
            if stretch[0][0] <= moment < stretch[-1][0]:
                return [count for began, count in stretch if began <= moment][-1]
        return None

    def was_looked_at(self, start: datetime, end: datetime) -> bool:
        return any(start < looked_to and looked_from < end for looked_from, looked_to in self.looked)


def bounds(local_day: date, zone: ZoneInfo) -> Span:
    """The first moment of a local day and that of the next one."""
    midnight = datetime.combine(local_day, datetime.min.time())
    return tuple(  # type: ignore[return-value]
        (midnight + timedelta(days=days)).replace(tzinfo=zone).astimezone(ZoneInfo("UTC")) for days in (0, 1)
    )


def day(answers: Answers, operation: Row, local_day: date, now: datetime) -> Day:
    """The day of one operation, as the answers have it at the time `now`."""
    coverage = next(
        (
            row
            for row in answers.coverage(local_day, now)
            if row["local_day"] == local_day and row["operation"] == operation["operation"]
        ),
        None,
    )
    if coverage is None:
        return Day(operation, local_day, None)
    name, starts_at, ends_at = operation["operation"], coverage["day_starts_at"], coverage["day_ends_at"]
    tolerance = timedelta(seconds=GAP_INTERVALS * operation["interval_seconds"])
    looks = answers.looks(name, starts_at - tolerance, ends_at + tolerance)
    looked = tuple(_stretches(looks, tolerance, starts_at, ends_at))
    statuses = [row for row in answers.statuses([local_day]) if row["operation"] == name]
    categories = {row["agent_status"]: row["status_category"] for row in statuses}
    seconds: dict[str, int] = {}
    for row in statuses:
        seconds[row["status_category"]] = seconds.get(row["status_category"], 0) + row["observed_seconds"]
    steps = [*_steps(answers.moves(name, starts_at, ends_at), categories)]
    return Day(
        operation,
        local_day,
        coverage,
        looked,
        tuple(tuple(_counted(steps, *span)) for span in looked),
        tuple(seconds.items()),
        tuple(answers.failures(name, starts_at, ends_at)),
    )


def _stretches(looks: list[datetime], tolerance: timedelta, starts_at: datetime, ends_at: datetime) -> Iterator[Span]:
    """From when to when the day was looked at, without a break longer than `tolerance`."""
    begun = 0
    for place, look in enumerate(looks):
        if place + 1 == len(looks) or looks[place + 1] - look > tolerance:
            looked_from, looked_to = max(looks[begun], starts_at), min(look, ends_at)
            if looked_from <= looked_to:
                yield looked_from, looked_to
            begun = place + 1


def _steps(moves: Iterable[Row], categories: dict[str | None, str]) -> Iterator[tuple[datetime, Count]]:
    """How many agents were in each category, from each moment at which that changed."""
    counts: Count = {}
    moments: dict[datetime, Count] = {}
    for move in moves:
        # a status that was seen by one observation only lasted no time, and has no row in agent_status_daily
        category = categories.get(move["agent_status"], "unknown")
        counts[category] = counts.get(category, 0) + move["agents"]
        moments[move["moment"]] = {name: agents for name, agents in counts.items() if agents}
    yield from moments.items()


def _counted(
    steps: Iterable[tuple[datetime, Count]], start: datetime, end: datetime
) -> Iterator[tuple[datetime, Count]]:
    """How many were in each category from each moment of a stretch on; its end closes it."""
    current: Count = {}
    within = []
    for moment, count in steps:
        if moment <= start:
            current = count
        elif moment < end:
            within.append((moment, count))
    yield start, current
    yield from within
    yield end, within[-1][1] if within else current
