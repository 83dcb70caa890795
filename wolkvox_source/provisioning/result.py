"""What became of a plan."""

from dataclasses import dataclass, field

from wolkvox_source.errors import UnconfirmedError, WolkvoxError, worst
from wolkvox_source.provisioning.actions import ProvisionedAgent
from wolkvox_source.provisioning.wanted import WantedAgent

_SO = frozenset({"created", "done", "confirmed", "exists", "left"})


@dataclass(frozen=True)
class Result:
    """What became of a plan.

    Attributes:
        rows: one for each row of the plan, in the order of the list
        stopped: what kept the rest from being sent, None where nothing did
        unknown_passwords: who was created or edited here, is on the list, and has a password that nobody knows
        record_error: what kept the outcomes from the warehouse; the journal has them for the next run
    """

    operation: str
    rows: tuple[ProvisionedAgent, ...]
    stopped: WolkvoxError | None = None
    unknown_passwords: tuple[WantedAgent, ...] = ()
    record_error: WolkvoxError | None = field(default=None, compare=False)

    @property
    def complete(self) -> bool:
        """Whether everything is as wanted, or left alone."""
        return all(row.outcome in _SO for row in self.rows)

    @property
    def exit_code(self) -> int:
        """0 only if everything is as wanted; else 75 run again, 65 a conflict, 77 refused."""
        codes = [row.exit_code for row in self.rows]
        if self.stopped is not None:
            codes.append(75 if isinstance(self.stopped, UnconfirmedError) else self.stopped.exit_code)
        return worst(*codes)
