"""A contact centre that lets anybody in twice, and machines from which its agents are made."""

import csv
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from wolkvox_source.provisioning.apply import apply
from wolkvox_source.provisioning.moment import Moment
from wolkvox_source.provisioning.outcomes import provisioning_pipeline
from wolkvox_source.provisioning.plan import Plan
from wolkvox_source.provisioning.planning import plan
from wolkvox_source.provisioning.policy import Policy
from wolkvox_source.provisioning.result import Result
from wolkvox_source.simulator import ContactCentre

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=timezone.utc)


def people(number: int, first: int = 1) -> list[dict[str, Any]]:
    """So many who are wanted."""
    return [{"documento": f"00{n}7001", "nombre": f"PEÑA INÉS {n}"} for n in range(first, first + number)]


class Machine:
    """One machine with a journal, a clock that may be wrong, a file of passwords, and perhaps a warehouse."""

    def __init__(
        self, folder: Path, centre: ContactCentre, boot: str = "a boot", warehouse: Path | None = None
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.centre = centre
        self.boot = boot
        self.warehouse = warehouse
        self.journal = folder / "journal.sqlite"
        self.passwords = folder / "passwords.csv"
        # what an administrator has set the clock to, beyond the time that it is
        self.wrong_by = timedelta(0)
        self.started = centre.now - timedelta(hours=4)

    def moment(self) -> Moment:
        now = self.centre.now
        return Moment((now + self.wrong_by).astimezone(timezone.utc), self.boot, (now - self.started).total_seconds())

    def plan(self, wanted: Any, **policy: Any) -> Plan:
        policy.setdefault("only_creations", True)
        return plan(wanted, policy=Policy(**policy), journal=self.journal, pipeline=self.pipeline, clock=self.moment)

    def apply(self, made: Plan, **options: Any) -> Result:
        usual: dict[str, Any] = {"pace_seconds": 0, "load": self.warehouse is not None, "passwords": self.passwords}
        return apply(made, **{**usual, "pipeline": self.pipeline, "clock": self.moment, **options})

    def run(self, wanted: Any, **policy: Any) -> Result:
        return self.apply(self.plan(wanted, **policy))

    def pipeline(self) -> Any:
        import dlt

        file = self.warehouse or self.folder / "none.duckdb"
        return provisioning_pipeline(dlt.destinations.duckdb(str(file)), pipelines_dir=str(self.folder / "pipelines"))

    def saved(self) -> dict[str, str]:
        """The passwords in the file, by document."""
        if not self.passwords.exists():
            return {}
        with self.passwords.open(encoding="utf-8", newline="") as file:
            return {row["agent_dni"]: row["password"] for row in csv.DictReader(file)}


def holders(centre: ContactCentre, wanted: list[dict[str, Any]]) -> set[int]:
    """How many agents the wanted have, each."""
    counts = Counter(agent.dni for agent in centre.agents.values())
    return {counts[person["documento"]] for person in wanted}


def outcomes(result: Result) -> dict[str, int]:
    return dict(Counter(row.outcome for row in result.rows))
