"""A contact centre that lets anybody in twice, and where a test keeps its files."""

import csv
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from tests.provisioning.machines import NOON
from wolkvox_source.provisioning.apply import apply
from wolkvox_source.provisioning.journal import Journal
from wolkvox_source.provisioning.moment import Moment
from wolkvox_source.provisioning.plan import Plan
from wolkvox_source.provisioning.planning import plan
from wolkvox_source.provisioning.policy import Policy
from wolkvox_source.provisioning.result import Result
from wolkvox_source.simulator import Answer, Simulator

PEOPLE = [{"documento": f"00{n}7001", "nombre": f"PEÑA INÉS {n}"} for n in range(1, 21)]
COUNTS = "select outcome, count(*) from provisioned_agents group by all order by 1"


def moment(at: datetime | Moment) -> Moment:
    """That moment on a machine that started at eight."""
    return at if isinstance(at, Moment) else Moment(at, "a boot", (at - NOON + timedelta(hours=4)).total_seconds())


class Office:
    """A contact centre of three people that lets anybody in twice, and where this test keeps its files."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.centre = simulator.centres[0]
        self.folder = folder
        self.journal = folder / "journal.sqlite"
        self.passwords = folder / "passwords.csv"

    def plan(
        self, people: Any = None, at: datetime | Moment = NOON, operation: str | None = None, **policy: Any
    ) -> Plan:
        rows = PEOPLE if people is None else people
        wanted = Policy(only_creations=True, **policy)
        return plan(rows, operation, policy=wanted, journal=self.journal, clock=lambda: moment(at))

    def run(self, people: Any = None, at: datetime | Moment = NOON, policy: Any = None, **options: Any) -> Result:
        usual = {"pace_seconds": 0, "load": False, "passwords": self.passwords, "clock": lambda: moment(at)}
        return apply(self.plan(people, at, **(policy or {})), **{**usual, **options})

    def holders(self) -> dict[str, int]:
        """How many agents have each wanted document."""
        counts = Counter(agent.dni for agent in self.centre.agents.values())
        return {person["documento"]: counts[person["documento"]] for person in PEOPLE}

    def creations(self) -> int:
        return sum(request.method == "POST" for request in self.simulator.requests)

    def saved(self) -> dict[str, str]:
        """The passwords in the file, by document."""
        with self.passwords.open(encoding="utf-8", newline="") as file:
            return {row["agent_dni"]: row["password"] for row in csv.DictReader(file)}

    def made(self) -> dict[str, str]:
        """The passwords that wolkvox made for the wanted, by document."""
        wanted = {person["documento"] for person in PEOPLE}
        return {agent.dni: agent.password for agent in self.centre.agents.values() if agent.dni in wanted}

    def places_of_passwords(self, *streams: bytes) -> set[str]:
        """Every file of the test, and every stream, that holds any password."""
        secrets = [password.encode() for password in self.made().values()]
        files = {
            str(file.relative_to(self.folder)): file.read_bytes() for file in self.folder.rglob("*") if file.is_file()
        }
        everything = {**files, **{f"stream {number}": stream for number, stream in enumerate(streams)}}
        return {name for name, content in everything.items() if any(secret in content for secret in secrets)}

    def entries(self) -> list[tuple[Any, ...]]:
        with Journal(self.journal) as journal:
            return [(row["agent_dni"], row["outcome"], row["agent_id"]) for row in journal.requests.every()]


def outcomes(result: Result) -> Counter[str]:
    return Counter(row.outcome for row in result.rows)


def recorded(query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect("wolkvox.duckdb") as connection:
        connection.sql("set timezone = 'UTC'; use contact_center")
        return connection.sql(query).fetchall()


def no(status: int, message: str) -> Answer:
    """An answer that says no in the documented shape."""
    error = {400: "BAD REQUEST", 401: "UNAUTHORIZED", 403: "FORBIDDEN"}[status]
    return Answer(status, {"code": str(status), "error": error, "msg": message})
