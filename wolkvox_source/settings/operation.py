"""One operation's settings, and what follows from them."""

import re
from dataclasses import fields
from typing import Optional

from dlt.common.configuration import configspec
from dlt.common.configuration.specs import BaseConfiguration
from dlt.common.typing import TSecretStrValue

from wolkvox_source.hours import Row
from wolkvox_source.reports.catalogue import PERSONAL_COLUMNS
from wolkvox_source.reports.privacy import Privacy, Protection
from wolkvox_source.reports.thresholds import Thresholds
from wolkvox_source.settings.checks import check
from wolkvox_source.settings.opening import opening_rows

# `0010` as people write it who look at wolkvox's address
_ADDRESS_OF_SERVER = re.compile(r"(?:https?://)?wv([\w-]+)\.wolkvox\.com(?:[:/].*)?|wv(\d[\w-]*)", re.IGNORECASE)


@configspec
class Operation(BaseConfiguration):
    """One wolkvox customer. Its repr shows no value, and so no token."""

    server: str = None  # type: ignore[assignment]
    """The number in wolkvox's address, `0010` of wv0010.wolkvox.com."""
    token: TSecretStrValue = None  # type: ignore[assignment]
    """The operation's token for wolkvox's API."""
    timezone: str = "America/Bogota"
    """The IANA zone of the times that wolkvox prints for this operation."""
    base_url: Optional[str] = None
    """Where the API is, `https://wv{server}.wolkvox.com` if left out."""
    licences: Optional[int] = None
    """How many licences the operation has, for the view of free slots."""
    agents_per_licence: int = 10
    """Named agents per licence: 10 on a shared server, 50 on a dedicated one."""
    interval_seconds: int = 300
    """How often the operation is meant to be observed, for coverage and gaps, in seconds."""
    hours: Optional[str] = None
    """When the centre is open, on its own clock, such as `mon-fri 06:30-19:30; sat 08:00-14:00`; always if left out."""
    holidays: Optional[str] = None
    """A CSV of days on which it is closed, or has other hours."""
    document_pattern: Optional[str] = None
    """The regular expression of a whole identity document, for lists of wanted agents; a wide one if left out."""
    requests_at_most: int = 3
    """How often one observation may be asked for when wolkvox fails; each request costs the daily budget."""
    reports: Optional[list[str]] = None
    """What to ask for: agents, live, skills, sessions, status_events; agents alone if left out."""
    requests_per_day: Optional[int] = None
    """How many requests the day may cost; the agents report is the last to go without."""
    reread_days: int = 2
    """How many days of a dated report may still move, today being one of them."""
    guard_vanished_agents: int = Thresholds.vanished_agents
    guard_vanished_share: float = Thresholds.vanished_share
    guard_rejected_records: int = Thresholds.rejected_records
    guard_rejected_share: float = Thresholds.rejected_share
    guard_duplicate_share: float = Thresholds.duplicate_share
    guard_appeared_agents: int = Thresholds.appeared_agents
    guard_appeared_share: float = Thresholds.appeared_share
    guard_replaced_agents: int = Thresholds.replaced_agents
    guard_replaced_share: float = Thresholds.replaced_share
    guard_emptied_agents: int = Thresholds.emptied_agents
    guard_emptied_share: float = Thresholds.emptied_share
    guard_constant_agents: int = Thresholds.constant_agents
    guard_constant_share: float = Thresholds.constant_share
    guard_moved_back_agents: int = Thresholds.moved_back_agents
    guard_moved_back_share: float = Thresholds.moved_back_share
    guard_future_agents: int = Thresholds.future_agents
    guard_future_share: float = Thresholds.future_share
    """More than this number and more than this share of agents or records at once are suspicious."""
    guard_accept_after_runs: Optional[int] = Thresholds.accept_after_runs
    """After how many runs a suspicion that repeats itself unchanged is accepted by itself; never if left out."""
    privacy_agent_name: Protection = "keep"
    privacy_agent_dni: Protection = "keep"
    privacy_agent_sso: Protection = "keep"
    privacy_destination: Protection = "keep"
    privacy_telephone: Protection = "keep"
    """What becomes of each personal column before anything is written: keep, hash or drop."""
    privacy_key: Optional[TSecretStrValue] = None
    """The secret under which `hash` works."""

    def named(self, name: str) -> "Operation":
        """This operation under `name`, checked; raises a ConfigurationError that names the wrong setting."""
        self.name = name
        self.server = server_number(self.server)
        # a secret that was read from a file often ends in a new line
        self.token = self.token.strip()
        check(self)
        self.opening = opening_rows(name, self.hours, self.holidays)
        return self

    @property
    def opening(self) -> list[Row] | None:
        """When the centre is open, as `hours.py` has it; None for one that always is."""
        return self.__dict__.get("_opening")

    @opening.setter
    def opening(self, rows: list[Row] | None) -> None:
        self.__dict__["_opening"] = rows

    @property
    def address(self) -> str:
        """Where the API is, without a slash at the end."""
        return (self.base_url or f"https://wv{self.server}.wolkvox.com").rstrip("/")

    @property
    def asks_for(self) -> list[str]:
        """The reports to ask for."""
        return ["agents"] if self.reports is None else [str(name) for name in self.reports]

    @property
    def thresholds(self) -> Thresholds:
        return Thresholds(**{each.name: getattr(self, f"guard_{each.name}") for each in fields(Thresholds)})

    @property
    def privacy(self) -> Privacy:
        protections = {column: getattr(self, f"privacy_{column}") for column in PERSONAL_COLUMNS}
        return Privacy(protections, (self.privacy_key or "").encode())


def server_number(server: str) -> str:
    """`0010` of `0010`, of `wv0010` and of `https://wv0010.wolkvox.com`; anything else as it is."""
    address = _ADDRESS_OF_SERVER.fullmatch(server.strip())
    return address[1] or address[2] if address else server.strip()
