"""A resident loop of runs, for where there is no cron.

Runs stand on the wall clock like cron's: at the multiples of the interval since midnight UTC, after a
first one at once, so that a wrong setting is told now and not in five minutes.
"""

import itertools
import math
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone

from wolkvox_source.errors import quote
from wolkvox_source.language import Phrase

DAY = 86_400
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": DAY}
# a run that would begin later than this is missed, and the next one is on time
_LATE_SECONDS = 5.0
# a clock that an administrator sets is noticed within this time
_LOOK_SECONDS = 1.0
# a terminal tells the whole group of processes, and a wrapper may pass the same signal on
_ECHO_SECONDS = 1.0
# wolkvox or the configuration says no, and will say so until a person changes a setting
_HOPELESS = frozenset({77, 78})
_BROKEN = 70


def seconds(text: str) -> int:
    """`30s`, `5m`, `1h` or `1d` as seconds; raises a ValueError for anything else, zero included."""
    match = re.fullmatch(r"([0-9]{1,9})([smhd])", text.strip())
    if not match or int(match[1]) == 0:
        raise ValueError(text)
    return int(match[1]) * _UNITS[match[2]]


def every(
    interval: int,
    run: Callable[[], int],
    *,
    tell: Callable[[Phrase], None],
    clock: Callable[[], float] = time.time,
    wait: Callable[[float], bool] | None = None,
) -> int:
    """Call `run` every `interval` seconds, a day at most, until it returns 77 or 78, which is returned.

    SIGTERM and Ctrl-C end it too, with 0: at once between two runs, else after the run under way; a second
    Ctrl-C, a second later, raises KeyboardInterrupt. Whatever else a run returns or raises, the next one
    follows. `tell` hears about what was unusual, `clock` is the time in Unix seconds, and `wait`
    waits so many seconds and returns whether to stop.
    """
    if not 0 < interval <= DAY:
        raise ValueError(interval)
    loop = _Loop(interval, run, tell, clock, wait)
    codes: list[int] = []
    # dlt breaks off a load when the main thread hears a signal, so that one only listens
    resident = threading.Thread(target=lambda: codes.append(loop.runs()), name="wolkvox-runs", daemon=True)
    with _stopped_by_signals(loop):
        resident.start()
        while resident.is_alive():
            # a wait without an end cannot be interrupted on Windows
            resident.join(1)
    return codes[0] if codes else _BROKEN


@dataclass
class _Loop:
    """Runs one after another, each in a numbered slot of the wall clock."""

    interval: int
    run: Callable[[], int]
    tell: Callable[[Phrase], None]
    clock: Callable[[], float]
    wait: Callable[[float], bool] | None
    stop: threading.Event = field(default_factory=threading.Event)
    busy: bool = False

    def runs(self) -> int:
        slot: int | None = slot_of(self.clock(), self.interval)
        while slot is not None:
            code = self._one()
            if code in _HOPELESS:
                self.tell(Phrase("schedule_ends", {"code": code}))
                return code
            slot = self._following(slot)
        return 0

    def _one(self) -> int:
        self.busy = True
        try:
            return self.run()
        except Exception as failure:  # noqa: BLE001 - whatever it is, the next run may do better
            self.tell(Phrase("unexpected", {"problem": quote(f"{type(failure).__name__}: {failure}")}))
            return _BROKEN
        finally:
            self.busy = False

    def _following(self, last: int) -> int | None:
        """Wait for the slot after `last` and return it, or None where it is time to stop.

        Slots that cannot be had any more, since a run took long, the machine slept or its clock was set,
        are told.
        """
        while not self.stop.is_set():
            now = self.clock()
            current = slot_of(now, self.interval)
            late = now - begins(current, self.interval) > min(_LATE_SECONDS, self.interval / 2)
            # a clock that is corrected by seconds must not repeat a slot
            if current < last - 1:
                self._say("schedule_clock_back", now, current + 1)
                last = current
            elif current > last:
                following = current + 1 if late else current
                if following > last + 1:
                    self._say("schedule_missed", now, following, count=following - last - 1)
                if not late:
                    return current
                last = current
            pause = min(begins(last + 1, self.interval) - now, _LOOK_SECONDS)
            if (self.wait or self.stop.wait)(max(pause, 0.0)):
                break
        return None

    def _say(self, key: str, now: float, slot: int, **facts: object) -> None:
        self.tell(Phrase(key, {"now": _time(now), "next": _time(begins(slot, self.interval)), **facts}))


def slot_of(moment: float, interval: int) -> int:
    """The number of the slot that a moment falls into; slots are counted anew from each midnight UTC."""
    day, second = divmod(moment, DAY)
    return int(day) * _slots_a_day(interval) + int(second // interval)


def begins(slot: int, interval: int) -> float:
    """When a slot begins, in Unix seconds."""
    day, number = divmod(slot, _slots_a_day(interval))
    return float(day * DAY + number * interval)


def _slots_a_day(interval: int) -> int:
    return -(-DAY // interval)


def _time(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, timezone.utc)


@contextmanager
def _stopped_by_signals(loop: _Loop) -> Iterator[None]:
    """While inside, SIGTERM and Ctrl-C ask the loop to stop; a Ctrl-C after that is a KeyboardInterrupt."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # two signals may interrupt one another between any two steps but not within one
    turn, asked_at = itertools.count(), [math.inf]

    def heard(number: int, _frame: object) -> None:
        if next(turn) == 0:
            asked_at[0] = time.monotonic()
            loop.stop.set()
            if loop.busy:
                loop.tell(Phrase("schedule_stopping"))
        elif number == signal.SIGINT and time.monotonic() - asked_at[0] > _ECHO_SECONDS:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
