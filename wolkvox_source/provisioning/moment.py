"""When something happened, by a clock that can be set and by one that cannot."""

import functools
import platform
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path


@dataclass(frozen=True)
class Moment:
    """A moment on this machine.

    `at` is its clock, aware, which somebody may set; `uptime` is in seconds since the machine started, sleep included
    where it tells, and says how long ago something was within the same `boot`.
    """

    at: datetime
    boot: str
    uptime: float


def moment_now() -> Moment:
    """The moment that it is."""
    # a laptop's lid may be closed for longer than a report takes to refresh
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    uptime = time.monotonic() if clock is None else time.clock_gettime(clock)
    return Moment(datetime.now(timezone.utc), _boot(), uptime)


@functools.cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        # elsewhere a start shows by its smaller uptime
        return platform.node() or "?"
