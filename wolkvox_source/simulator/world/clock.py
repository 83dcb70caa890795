"""A clock that runs at any speed, or only when it is pushed."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo


class Clock:
    """Starts at a moment and runs `speed` simulated seconds a real second; 0 stands still."""

    def __init__(self, start: datetime | None, speed: float, zone: ZoneInfo) -> None:
        if start is not None and start.tzinfo is None:
            raise ValueError("The clock needs a start with a time zone.")
        if speed < 0:
            raise ValueError("The clock does not run backwards.")
        # kept in UTC: adding to a local time would skip or repeat the hour when summer time changes
        self._start = (start or datetime.now(timezone.utc)).astimezone(timezone.utc)
        self._speed = speed
        self._zone = zone
        self._began = time.monotonic()

    @property
    def now(self) -> datetime:
        """The simulated time, in the centre's time zone."""
        passed = timedelta(seconds=(time.monotonic() - self._began) * self._speed)
        return (self._start + passed).astimezone(self._zone)

    def advance(self, step: timedelta) -> None:
        """Step forward."""
        if step < timedelta():
            raise ValueError("The clock does not run backwards.")
        self._start += step
