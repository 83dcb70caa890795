"""Which team an agent belongs to: by a list of the reader's own, else by how the name begins."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wolkvox_source.dashboard.copy import Row
from wolkvox_source.errors import ConfigurationError, quote

# wolkvox's users write the team before the name, as in COM-GÓMEZ or ING-PEÑA
PATTERN = r"([A-ZÑ]{2,5})-"
_AGENT = ("agent_key", "agent_id", "agent_name")


@dataclass(frozen=True)
class Teams:
    """The teams of a contact centre: members by agent_key, agent_id or name, and a pattern for all others."""

    pattern: re.Pattern[str] = field(default_factory=lambda: re.compile(PATTERN))
    members: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, pattern: str | None = None, file: Path | None = None) -> "Teams":
        """Teams by a pattern whose first group is the team, and a CSV with `team` beside the agent's id, key or name.

        Raises a ConfigurationError where either cannot be used.
        """
        try:
            compiled = re.compile(pattern or PATTERN)
        except re.error as error:
            raise ConfigurationError("dashboard_bad_pattern", pattern=pattern, problem=quote(str(error))) from None
        if not compiled.groups:
            raise ConfigurationError("dashboard_bad_pattern", pattern=pattern, problem=quote("( )"))
        return cls(compiled, _members(file) if file else {})

    def team(self, agent: Row) -> str:
        """The agent's team; empty where there is none."""
        for column in _AGENT:
            team = self.members.get(str(agent.get(column)))
            if team:
                return team
        found = self.pattern.match(agent["agent_name"] or "")
        return found.group(1) or "" if found else ""


def _members(file: Path) -> dict[str, str]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError("dashboard_bad_teams", file=file.name, problem=quote(str(error))) from None
    rows = csv.DictReader(lines, delimiter=";" if ";" in (lines or [""])[0] else ",")
    named = [column for column in _AGENT if column in (rows.fieldnames or ())]
    if not named or "team" not in (rows.fieldnames or ()):
        raise ConfigurationError("dashboard_bad_teams", file=file.name, problem=quote(lines[0] if lines else ""))
    return {row[column].strip(): (row["team"] or "").strip() for row in rows for column in named if row[column]}
