"""Weeks of two simulated operations, observed for real into a file: what `wolkvox demo` shows."""

import csv
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from wolkvox_source.settings import Operation
from wolkvox_source.shifts.loading import load_shifts
from wolkvox_source.simulator import MAINTENANCE, ContactCentre, Simulator
from wolkvox_source.sync.history import observe_at_once
from wolkvox_source.sync.run import Run, sync
from wolkvox_source.warehouse.pipeline import Place

HOURS = "mon-sat 06:00-22:00"
_OPENS, _CLOSES, _SUNDAY = time(6), time(22), 6
# the last two days are looked at closely; the weeks before less often, so that a demo takes seconds
OFTEN, SELDOM = timedelta(minutes=10), timedelta(minutes=40)
_OUTAGE = time(10), time(11)
# the first of these in which it is day, so that there are agents to be seen at any time of the world
_ZONES = ("America/Bogota", "Europe/Madrid", "Asia/Manila")
_DAYTIME = range(8, 20)
# who has been away for so long is purged a few days from now
_ALMOST_PURGED = timedelta(days=178)
_HEADINGS = ("agent_id", "weekdays", "day", "valid_from", "valid_to", "start", "end", "breaks")

Advance = Callable[[datetime], None]


def zone_at(now: datetime) -> ZoneInfo:
    """Where the centres are: a zone in which it is day."""
    zones = [*map(ZoneInfo, _ZONES)]
    return next((zone for zone in zones if now.astimezone(zone).hour in _DAYTIME), zones[0])


def moments(now: datetime, days: int) -> list[tuple[datetime, timedelta]]:
    """When the operations are looked at before `now`, and how often at that time; a centre that is closed is not."""
    zone = zone_at(now)
    today = now.astimezone(zone).date()
    opened = [day for back in range(days, -1, -1) if (day := today - timedelta(days=back)).weekday() != _SUNDAY]
    found = []
    for day in opened:
        step = OFTEN if day in opened[-2:] else SELDOM
        at, closes = (datetime.combine(day, each, zone).astimezone(timezone.utc) for each in (_OPENS, _CLOSES))
        while at <= closes and at < now:
            found.append((at, step))
            at += step
    return found


class Weeks:
    """Two contact centres that began `days` days before `now`, of so many agents in all."""

    def __init__(self, *, agents: int, seed: int, days: int, now: datetime) -> None:
        self.now, self.days = now, days
        self.zone = zone_at(now)
        self.moments = moments(now, days)
        fewer = agents // 3
        begins = self.moments[0][0] if self.moments else now
        self.centres = {
            name: ContactCentre(seed=seed + n, agents=size, timezone=self.zone.key, now=begins, token=f"demo-{name}")
            for n, (name, size) in enumerate((("ventas", agents - fewer), ("soporte", fewer)))
        }
        for centre in self.centres.values():
            _send_away(centre, now)
        self.simulator = Simulator(self.centres.values())

    def load(self, place: Place, advance: Advance) -> Run:
        """Observe all of it into an empty place, load the shifts, and observe once more as a sync does."""
        with self.simulator:
            observe_at_once(self._runs(), place, "demo", advance)
            operations = self._operations(OFTEN)
            with TemporaryDirectory() as folder:
                for operation in operations:
                    file = Path(folder) / f"{operation.name}.csv"
                    self._write_shifts(self.centres[operation.name], file)
                    load_shifts(file, operation, place, self.now)
            self._advance(self.now)
            run = sync(place, operations=operations, clock=lambda: self.now)
            advance(self.now)
            return run

    def _runs(self) -> Iterator[tuple[datetime, Sequence[Operation]]]:
        operations = {step: self._operations(step) for step in (OFTEN, SELDOM)}
        outage = self._outage()
        for at, step in self.moments:
            self._advance(at)
            self.simulator.clear()
            if at in outage:
                self.simulator.misbehave(MAINTENANCE, times=None)
            yield at, operations[step]
        self.simulator.clear()

    def _operations(self, step: timedelta) -> list[Operation]:
        return [
            Operation(
                server=name,
                token=centre.door.tokens[0],
                base_url=self.simulator.url,
                timezone=self.zone.key,
                licences=centre.licences,
                interval_seconds=int(step.total_seconds()),
                hours=HOURS,
                requests_at_most=1,
            ).named(name)
            for name, centre in self.centres.items()
        ]

    def _advance(self, at: datetime) -> None:
        for centre in self.centres.values():
            centre.advance(at - centre.now)

    def _outage(self) -> set[datetime]:
        """The observations of the hour in which wolkvox is down, on the last working day before today."""
        today = self.now.astimezone(self.zone).date()
        local = {at: at.astimezone(self.zone) for at, _ in self.moments}
        day = max((each.date() for each in local.values() if each.date() < today), default=None)
        first, last = _OUTAGE
        return {at for at, each in local.items() if each.date() == day and first <= each.time() < last}

    def _write_shifts(self, centre: ContactCentre, file: Path) -> None:
        """The plan as a person would send it: who works on which weekdays, and who is on leave on which days."""
        today = self.now.astimezone(self.zone).date()
        with file.open("w", encoding="utf-8", newline="") as opened:
            rows = csv.DictWriter(opened, _HEADINGS)
            rows.writeheader()
            for shift in centre.shifts():
                if shift.weekday <= _SUNDAY:
                    rows.writerow(
                        {
                            "agent_id": shift.agent_id,
                            "weekdays": shift.weekday,
                            "valid_from": shift.valid_from,
                            "valid_to": shift.valid_until or "",
                            "start": f"{shift.start:%H:%M}",
                            "end": f"{shift.end:%H:%M}",
                            "breaks": f"{shift.break_start:%H:%M}-{shift.break_end:%H:%M}",
                        }
                    )
            for agent_id, day in centre.days_off(today - timedelta(days=self.days), today):
                rows.writerow({"agent_id": agent_id, "day": day})


def _send_away(centre: ContactCentre, now: datetime) -> None:
    """Let one of those who have not come for long be one who is about to be purged at `now`."""
    away = sorted(
        (str(record["last_use"]), str(record["agent_id"]))
        for record in centre.report()
        if record["enabled"] == "yes" and str(record["last_use"])[:10] < f"{_day_of(centre) - timedelta(days=14)}"
    )
    if away:
        centre.set_last_use(away[-1][1], f"{(now - _ALMOST_PURGED).astimezone(centre.now.tzinfo):%Y-%m-%d %H:%M:%S}")


def _day_of(centre: ContactCentre) -> date:
    return centre.now.date()
