"""One agent, and the record that the report shows of them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Agent:
    """Whoever answers at one extension number.

    `last_use` is the text that the report shows, in the vendor's local time. `extra` holds fields of
    this one record that differ from what the agent is, or that no edition documents.
    """

    agent_id: str
    name: str
    dni: str
    sso: str = ""
    status: str = "Logout"
    last_use: str = ""
    enabled: bool = True
    password: str = field(default="", repr=False)
    extra: dict[str, object] = field(default_factory=dict)
    # what drives this person's days; None: nothing moves them but a script
    luck: int | None = field(default=None, repr=False, compare=False)
    # the local second at which they next do something by themselves
    until: int = field(default=0, repr=False, compare=False)

    def record(self, fields: int) -> dict[str, object]:
        """The record of an edition with 5, 6 or 7 fields, every value text."""
        record: dict[str, object] = {
            "agent_id": self.agent_id,
            "agent_name": self.name,
            "agent_dni": self.dni,
            "agent_status": self.status,
            "last_use": self.last_use,
        }
        # agent_sso, then enabled, joined later editions of the vendor's page "5. Agents"
        if fields > 5:
            record["agent_sso"] = self.sso
        if fields > 6:
            record["enabled"] = "yes" if self.enabled else "no"
        if self.extra:
            record |= self.extra
        return record
