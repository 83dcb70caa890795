"""What is known before wolkvox is asked, and what it answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from wolkvox_source.api.envelope import Payload
from wolkvox_source.errors import WolkvoxError
from wolkvox_source.reports.catalogue import AGENTS
from wolkvox_source.reports.snapshot import Snapshot


@dataclass(frozen=True)
class Known:
    """What the warehouse knows before wolkvox is asked.

    Attributes:
        spent: for each operation how many requests of its own day were made already; None where nobody can say
        last_observed_at: for each report and operation when a dated report was accepted last
    """

    spent: Mapping[str, int] | None = field(default_factory=dict)
    last_observed_at: Mapping[tuple[str, str], datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What came of asking one operation for one report: the report, or the error that stands in the place of one.

    `payload` says what wolkvox said, without the records, and of several answers what they said together; `seen` is
    the report; `window` holds the first and last moment of a dated one. Nothing in it is secret, so that an answer
    that cannot be loaded may be kept on disk.
    """

    operation: str
    observed_at: datetime
    seconds: float = 0.0
    payload: Payload | None = None
    seen: Snapshot | None = None
    error: WolkvoxError | None = None
    report: str = AGENTS.name
    requests: int = 0
    window: tuple[datetime, datetime] | None = None


Listener = Callable[[Answer], None]
