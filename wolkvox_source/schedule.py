"""A resident loop of ticks, for where there is no cron."""

import re
import time
from collections.abc import Callable

_UNITS = {"s": 1, "m": 60, "h": 3600}


def seconds(text: str) -> int:
    """`30s`, `5m` or `1h` as seconds; raises a ValueError for anything else, zero included."""
    match = re.fullmatch(r"(\d+)([smh])", text.strip())
    if not match or int(match[1]) == 0:
        raise ValueError(text)
    return int(match[1]) * _UNITS[match[2]]


def every(interval: int, tick: Callable[[], int]) -> int:
    while True:
        code = tick()
        if code in {77, 78}:
            return code
        time.sleep(interval)
