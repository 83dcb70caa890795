"""When something happened, by a clock that can be set and by one that cannot."""

import functools
import platform
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from wolkvox_source.clock import utc_now


@dataclass(frozen=True)
class Moment:
    """A moment on this machine.

    `at` is its clock, aware, which an administrator may set; `uptime` is in seconds since the machine started, sleep
    included where it tells, and says how long ago something was within the same `boot`.
    """

    at: datetime
    boot: str
    uptime: float

    def certainly_since(self, then: "Moment") -> timedelta:
        """How long ago another moment was, by the clock, and no longer than the machine has been running since."""
        by_clock = self.at - then.at
        if then.boot != self.boot or then.uptime > self.uptime:
            return by_clock
        return min(by_clock, timedelta(seconds=self.uptime - then.uptime))


def moment_now() -> Moment:
    """The moment that it is."""
    # a laptop's lid may be closed for longer than a report takes to refresh
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    uptime = time.monotonic() if clock is None else time.clock_gettime(clock)
    return Moment(utc_now(), _boot(), uptime)


@functools.cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        # elsewhere a start shows by its smaller uptime
        return platform.node() or "?"
