"""What the requests of a day may still be spent on: the agents report is the last to go without."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from wolkvox_source.errors import UnavailableError
from wolkvox_source.reports.catalogue import AGENTS, Report
from wolkvox_source.settings import Operation


def midnight(moment: datetime, zone: str) -> datetime:
    """The first moment of the operation's day that `moment` falls into; the vendor counts a budget a day."""
    return moment.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass
class Budget:
    """The requests of one operation's day: how many are left, and how many of these the agents report still needs.

    `left` is None where the setting `requests_per_day` is left out.
    """

    operation: str
    most: int | None
    left: int | None
    kept: int

    def check(self, report: Report, requests: int = 1) -> None:
        """Raise an UnavailableError where so many requests more would be too many."""
        if self.left is None:
            return
        if requests > self.left - (0 if report is AGENTS else self.kept):
            spent = "requests_spent" if report is AGENTS else "requests_kept"
            raise UnavailableError(spent, operation=self.operation, report=report.name, most=self.most)

    def spend(self, requests: int) -> None:
        """Count requests that were made."""
        if self.left is not None:
            self.left -= requests


def budget_of(operation: Operation, observed_at: datetime, spent: int | None) -> Budget:
    """What is left of the day after `spent` requests; where nobody can say how many, only the agents are asked for."""
    most = operation.requests_per_day
    if most is None:
        return Budget(operation.name, None, None, 0)
    tomorrow = midnight(midnight(observed_at, operation.timezone) + timedelta(hours=36), operation.timezone)
    runs = int((tomorrow - observed_at).total_seconds()) // operation.interval_seconds
    if spent is None:
        return Budget(operation.name, most, 1, 1)
    return Budget(operation.name, most, most - spent, runs if AGENTS.name in operation.asks_for else 0)
