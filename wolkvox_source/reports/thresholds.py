"""How much of a report may be odd at once before the guard does not accept it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Thresholds:
    """How much may be odd at once; each is the setting `guard_<name>`, a number and the share beside it."""

    vanished_agents: int = 5
    vanished_share: float = 0.20
    rejected_records: int = 5
    rejected_share: float = 0.05
    duplicate_share: float = 0.50
    appeared_agents: int = 5
    appeared_share: float = 1.0
    replaced_agents: int = 5
    replaced_share: float = 0.20
    emptied_agents: int = 5
    emptied_share: float = 0.95
    constant_agents: int = 5
    constant_share: float = 0.95
    moved_back_agents: int = 5
    moved_back_share: float = 0.20
    future_agents: int = 5
    future_share: float = 0.20
    accept_after_runs: int | None = None
