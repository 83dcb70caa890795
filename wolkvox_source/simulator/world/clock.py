"""A clock that runs at any speed, or only when it is pushed, and the calendar of the zone that it shows.

Local seconds are counted from the day of the proleptic ordinal 0, as if every day had 86,400 of them; UTC
seconds from 1970.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = 24 * 60 * 60
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc).toordinal() * DAY


class Clock:
    """Starts at a moment and runs `speed` simulated seconds a real second; 0 stands still.

    With `real_at_most` it is the real time as soon as it has caught up with that.
    """

    def __init__(self, start: datetime | None, speed: float, zone: ZoneInfo, *, real_at_most: bool = False) -> None:
        if start is not None and start.tzinfo is None:
            raise ValueError("The clock needs a start with a time zone.")
        if speed < 0:
            raise ValueError("The clock does not run backwards.")
        # kept in UTC: adding to a local time would skip or repeat the hour when summer time changes
        self._start = (start or datetime.now(timezone.utc)).astimezone(timezone.utc)
        self._speed = speed
        self._zone = zone
        self._real_at_most = real_at_most
        self._began = time.monotonic()

    @property
    def now(self) -> datetime:
        """The simulated time, in the centre's time zone."""
        passed = timedelta(seconds=(time.monotonic() - self._began) * self._speed)
        simulated = self._start + passed
        if self._real_at_most:
            simulated = min(simulated, datetime.now(timezone.utc))
        return simulated.astimezone(self._zone)

    def advance(self, step: timedelta) -> None:
        """Step forward."""
        if step < timedelta():
            raise ValueError("The clock does not run backwards.")
        self._start += step


class Calendar:
    """Between local seconds, UTC seconds and times in one zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._offsets = lru_cache(maxsize=1024)(self._offsets_of)

    def utc(self, local: int) -> int:
        """The UTC second of a local one; of one that comes twice, the first."""
        day, second = divmod(local, DAY)
        first, last = self._offsets(day)
        if first == last:
            return local - _EPOCH - first
        return self.second(datetime.fromordinal(day) + timedelta(seconds=second))

    def midnight(self, day: int) -> int | None:
        """The UTC second at which a day begins, None if it has not 24 hours."""
        first, last = self._offsets(day)
        return day * DAY - _EPOCH - first if first == last else None

    def second(self, at: datetime) -> int:
        """The UTC second of a naive local time, which may say by its fold which of two it is."""
        return int(at.replace(tzinfo=self.zone).timestamp())

    def time(self, utc: int) -> datetime:
        """The local time, aware, of a UTC second."""
        return datetime.fromtimestamp(utc, self.zone)

    def _offsets_of(self, day: int) -> tuple[int, int]:
        midnights = (datetime.fromordinal(one).replace(tzinfo=self.zone) for one in (day, day + 1))
        first, last = (round((midnight.utcoffset() or timedelta()).total_seconds()) for midnight in midnights)
        return first, last
