"""The report's records -> the roster: who is there, found by whatever a list of wanted agents names.

Nothing here talks or keeps anything. What a record means is said by `reports.snapshot`, as for a sync.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wolkvox_source.errors import UnreadableError
from wolkvox_source.provisioning.identity import cleaned, folded_document
from wolkvox_source.reports.snapshot import Snapshot


@dataclass(frozen=True)
class Listed:
    """One agent as the report has it; what it does not say is None."""

    agent_id: str
    agent_name: str | None
    agent_dni: str | None
    agent_sso: str | None
    agent_status: str | None
    enabled: bool | None

    @property
    def facts(self) -> dict[str, object]:
        """What a sentence about this agent names."""
        names = ("agent_id", "agent_name", "agent_dni", "agent_sso")
        return {name: getattr(self, name) or "" for name in names}


@dataclass(frozen=True)
class Roster:
    """Who is on the roster. Raises an UnreadableError where the report may hide an agent."""

    agents: Sequence[Listed]
    by_id: dict[str, Listed] = field(default_factory=dict, init=False, repr=False)
    by_document: dict[str, list[Listed]] = field(default_factory=dict, init=False, repr=False)
    by_sso: dict[str, Listed] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        for agent in self.agents:
            self.by_id.setdefault(agent.agent_id, agent)
            if agent.agent_dni:
                self.by_document.setdefault(folded_document(agent.agent_dni), []).append(agent)
            if agent.agent_sso:
                self.by_sso.setdefault(agent.agent_sso.casefold(), agent)
        if self.agents and not self.by_document:
            raise UnreadableError("report_no_documents", received=len(self.agents))

    @property
    def disabled(self) -> list[Listed]:
        """The agents who may not work, and hold their slot all the same."""
        return [agent for agent in self.by_id.values() if agent.enabled is False]


def roster(seen: Snapshot) -> Roster:
    """The roster of a snapshot in which every personal column was kept.

    Of two records with one agent_id both count: either may be the person of a list.
    """
    agents = [_listed(row) for row in seen.table.to_pylist()]
    for rejected in seen.rejected:
        record = json.loads(rejected.record)
        if not isinstance(record, dict) or not cleaned(record.get("agent_id")):
            raise UnreadableError("report_odd")
        agents.append(_listed({name: cleaned(value) or None for name, value in record.items() if name != "enabled"}))
    return Roster(tuple(agents))


def _listed(row: Mapping[str, Any]) -> Listed:
    return Listed(
        str(row["agent_id"]),
        row.get("agent_name"),
        row.get("agent_dni"),
        row.get("agent_sso"),
        row.get("agent_status"),
        row.get("enabled"),
    )
