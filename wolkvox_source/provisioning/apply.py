"""Carries out a plan, each agent once.

    from wolkvox_source.provisioning.apply import apply, plan

    wanted = plan("people.csv", operation="ventas")
    result = apply(wanted, passwords="passwords.csv")

What makes it once: the intent is on the disk before wolkvox is asked and the outcome after, one run at a time
holds an operation, the report is read again once it is held, and an answer that is not clear stops the run.
"""

import functools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal, Optional

import dlt
import filelock
from dlt.common.destination.exceptions import DestinationTerminalException

from wolkvox_source.api.client import ANSWER_SECONDS, WolkvoxClient
from wolkvox_source.errors import (
    ConfigurationError,
    RefusedError,
    UnavailableError,
    UnconfirmedError,
    UnreadableError,
    UsageError,
    WolkvoxError,
    worst,
)
from wolkvox_source.language import say
from wolkvox_source.provisioning.decisions import Past, PlannedAgent, Report, planned
from wolkvox_source.provisioning.identity import folded_document
from wolkvox_source.provisioning.journal import Journal, default_journal
from wolkvox_source.provisioning.outcomes import provisioning_pipeline, record
from wolkvox_source.provisioning.passwords import PasswordFile, check_file
from wolkvox_source.provisioning.wanted import DOCUMENT, WantedAgent, WantedList, is_password_heading
from wolkvox_source.provisioning.wanted_file import read_wanted
from wolkvox_source.settings import Operation, configured_operations
from wolkvox_source.warehouse.connection import in_words

# wolkvox's reports refresh about every ten minutes, so somebody absent for longer was not created
RESEND_AFTER = timedelta(minutes=15)
PACE_SECONDS = 1.0
REQUESTS_PER_LICENCE = 1000

_EXISTING = frozenset({"created", "confirmed", "exists"})
# what every row after this one would meet too: the token, the address, the method
_HOPELESS = frozenset({401, 403, 404, 405})
_EXIT_CODES = {"refused": 77, "conflict": 65, "unconfirmed": 75, "waiting": 75, "not_sent": 75}

Outcome = Literal["created", "confirmed", "exists", "refused", "unconfirmed", "conflict", "waiting", "not_sent"]
Step = Literal["wanted", "intended", "answered", "saved", "settled"]
PipelineMaker = Callable[[], dlt.Pipeline]
OnStep = Callable[[Step, WantedAgent], None]


def utc_now() -> datetime:
    """This machine's clock."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Plan:
    """What is to be done about each wanted agent of one operation.

    Attributes:
        operation: its name in the configuration
        rows: one for each wanted agent, in the order of the list
        listed: how many agents the report lists
        slots_left: how many can still be created, None where `licences` is not configured
        daily_budget: how many requests the operation may make a day, None likewise
        unused: headings of the list that mean nothing here
        journal: the file that remembers what was asked for
        resend_after: how long somebody must stay absent before an unanswered request is sent again
    """

    operation: str
    rows: tuple[PlannedAgent, ...]
    listed: int
    slots_left: int | None
    daily_budget: int | None
    unused: tuple[str, ...]
    journal: Path
    resend_after: timedelta = RESEND_AFTER

    @property
    def creations(self) -> tuple[PlannedAgent, ...]:
        """The rows for which wolkvox will be asked."""
        return tuple(row for row in self.rows if row.action == "create")

    @property
    def requests(self) -> int:
        """What carrying it out costs of the daily budget: the report once more, and one for each creation."""
        return 1 + len(self.creations)

    @property
    def exit_code(self) -> int:
        """0 where nothing keeps it from being carried out whole, 65 where a person has to look."""
        return 65 if any(row.action == "conflict" for row in self.rows) else 0


@dataclass(frozen=True)
class ProvisionedAgent:
    """What became of one wanted agent; `error` is what wolkvox or the network said against it."""

    agent: WantedAgent
    outcome: Outcome
    agent_id: str | None = None
    message: str = ""
    error: WolkvoxError | None = field(default=None, repr=False, compare=False)

    @property
    def exit_code(self) -> int:
        """0 where the agent exists; a refusal that may pass, such as a spent budget, is 75 and not 77."""
        if self.outcome == "refused" and self.error is not None:
            return self.error.exit_code
        return _EXIT_CODES.get(self.outcome, 0)


@dataclass(frozen=True)
class Result:
    """What became of a plan.

    Attributes:
        rows: one for each wanted agent, in the order of the list
        stopped: what kept the rest from being sent, None where nothing did
        record_error: what kept the outcomes from the warehouse; the journal has them for the next run
    """

    operation: str
    rows: tuple[ProvisionedAgent, ...]
    stopped: WolkvoxError | None = None
    record_error: WolkvoxError | None = field(default=None, compare=False)

    @property
    def exit_code(self) -> int:
        """0 only if every wanted agent exists; else 75 run again, 65 a conflict, 77 refused."""
        codes = [row.exit_code for row in self.rows]
        if self.stopped is not None:
            codes.append(75 if isinstance(self.stopped, UnconfirmedError) else self.stopped.exit_code)
        return worst(*codes)


def plan(
    wanted: str | Path | WantedList | Iterable[Mapping[str, Any]],
    operation: str | None = None,
    *,
    journal: str | Path | None = None,
    resend_after: timedelta = RESEND_AFTER,
    clock: Callable[[], datetime] = utc_now,
) -> Plan:
    """What to do about each agent of a roster, beside the live report; costs one request and changes nothing.

    `wanted` is a file (CSV, Parquet, JSON, Excel) or rows; `operation` may be left out where there is one.
    Raises a WantedError with every problem of the list before wolkvox is asked, an UnreadableError where
    the report is not to be believed, and what `WolkvoxClient.agents` raises.
    """
    chosen = _operation(operation)
    wanted = (
        wanted
        if isinstance(wanted, WantedList)
        else read_wanted(wanted, document=chosen.document_pattern or DOCUMENT, only_creations=True)
    )
    with Journal(Path(journal) if journal else default_journal()) as open_journal:
        return _plan(wanted, chosen, open_journal, resend_after, clock)


def apply(
    plan: Plan,
    *,
    passwords: str | Path | None = None,
    pace_seconds: float = PACE_SECONDS,
    accept_empty: bool = False,
    pipeline: PipelineMaker = provisioning_pipeline,
    load: bool = True,
    stop: threading.Event | None = None,
    on_step: OnStep | None = None,
    answer_seconds: float = ANSWER_SECONDS,
    clock: Callable[[], datetime] = utc_now,
) -> Result:
    """Create the agents of a plan, one at a time and `pace_seconds` apart; what exists by now is left alone.

    Args:
        passwords: the file that the new passwords go to, made new; without it they are discarded
        accept_empty: whether a report without any agents is believed
        pipeline: makes the dlt pipeline that loads the outcomes, once they are there
        load: whether they are loaded now; the next run loads what the journal has
        stop: stops between two agents once it is set
        on_step: told each step of each agent

    Raises an UnavailableError, naming the process, where another run holds the operation.
    """
    operation = _operation(plan.operation)
    with Journal(plan.journal) as journal, journal.exclusively(operation.name, clock()):
        run = _Run(operation, journal, pace_seconds, stop or threading.Event(), on_step, answer_seconds, clock)
        fresh = _plan(WantedList(tuple(row.agent for row in plan.rows)), operation, journal, plan.resend_after, clock)
        if fresh.creations and not fresh.listed and not accept_empty:
            raise UnreadableError("report_empty", operation=operation.name)
        # nobody is created whom the plan, to which a person may have said yes, did not name
        rows = run.carry_out(fresh.rows, {row.agent for row in plan.creations}, Path(passwords) if passwords else None)
        result = Result(operation.name, rows, run.stopped)
        if all(row.outcome in _EXISTING for row in rows):
            journal.forget_files(operation.name)
    if not load:
        return result
    try:
        load_record(plan.journal, pipeline)
    except WolkvoxError as error:
        return replace(result, record_error=error)
    return result


def check_passwords(plan: Plan, path: str | Path) -> bool:
    """Whether the file was begun by an unfinished run of this operation and will be added to.

    Nothing is checked where nobody is to be created. Raises a ConfigurationError where anything else is in its place.
    """
    if not plan.creations:
        return False
    with Journal(plan.journal) as journal:
        return check_file(Path(path), functools.partial(journal.remembers_file, plan.operation))


def _operation(name: str | None) -> Operation:
    operations = configured_operations((name,) if name else ())
    if len(operations) > 1:
        known = ", ".join(operation.name for operation in operations)
        raise UsageError("which_operation", known=known)
    return operations[0]


def _plan(
    wanted: WantedList, operation: Operation, journal: Journal, resend_after: timedelta, clock: Callable[[], datetime]
) -> Plan:
    # before the request: whoever is created after it may be missing from the report
    taken_at = clock()
    with WolkvoxClient(
        operation.server, operation.token, operation.address, requests_at_most=operation.requests_at_most
    ) as client:
        payload = client.agents()
    report = Report(payload.records, payload.announced, taken_at)
    latest = journal.latest(operation.name)
    if latest and not report.records and any(entry.outcome in _EXISTING for entry in latest.values()):
        raise UnreadableError("report_vanished", operation=operation.name)
    past: dict[str, Past] = {}
    for agent in wanted.agents:
        document = folded_document(agent.agent_dni)
        if entry := latest.get(journal.fingerprint(document)):
            past[document] = Past(*entry)
    slots = None if operation.licences is None else operation.licences * operation.agents_per_licence
    return Plan(
        operation=operation.name,
        rows=planned(wanted.agents, report, past, resend_after),
        listed=len(report.records),
        slots_left=None if slots is None else max(0, slots - len(report.records)),
        daily_budget=None if operation.licences is None else operation.licences * REQUESTS_PER_LICENCE,
        unused=wanted.unused,
        journal=journal.path,
        resend_after=resend_after,
    )


@dataclass
class _Run:
    """The tools of one run, and what stopped it."""

    operation: Operation
    journal: Journal
    pace_seconds: float
    stop: threading.Event
    on_step: OnStep | None
    answer_seconds: float
    clock: Callable[[], datetime]
    stopped: WolkvoxError | None = None
    file: PasswordFile | None = None
    asked: bool = False

    def carry_out(
        self, rows: Iterable[PlannedAgent], approved: set[WantedAgent], passwords: Path | None
    ) -> tuple[ProvisionedAgent, ...]:
        self._note_existing(rows)
        needed = any(row.action == "create" and row.agent in approved for row in rows)
        with self._saving(passwords, needed):
            return tuple(self._become(row, row.agent in approved) for row in rows)

    def _note_existing(self, rows: Iterable[PlannedAgent]) -> None:
        existing = [
            (self._fingerprint(row.agent), self._protected(row.agent), row.agent_id)
            for row in rows
            if row.action == "exists"
        ]
        self.journal.note_existing(self.operation.name, existing, self.clock())

    @contextmanager
    def _saving(self, passwords: Path | None, needed: bool) -> Iterator[None]:
        """Have the file of passwords open, where somebody will be created or an unfinished run began it."""
        begun = passwords is not None and self._is_begun(passwords, needed)
        if passwords is None or not (begun or needed):
            yield
            return
        with PasswordFile(passwords, begun) as self.file:
            if not begun:
                self.journal.remember_file(self.operation.name, passwords.absolute(), self.file.stat)
            yield

    def _is_begun(self, passwords: Path, needed: bool) -> bool:
        try:
            return check_file(passwords, functools.partial(self.journal.remembers_file, self.operation.name))
        except ConfigurationError:
            if needed:
                raise
            return False

    def _become(self, row: PlannedAgent, approved: bool) -> ProvisionedAgent:
        if row.action == "confirmed":
            message = self._about_confirmed(row)
            self.journal.confirm(self.operation.name, self._fingerprint(row.agent), row.agent_id, message)
            return ProvisionedAgent(row.agent, "confirmed", row.agent_id, message)
        if row.action != "create":
            return ProvisionedAgent(row.agent, row.action, row.agent_id, row.note)
        if not approved:
            return ProvisionedAgent(row.agent, "not_sent", None, say("message_not_in_plan"))
        if self.asked and self.stopped is None:
            self.stop.wait(self.pace_seconds)
        if self.stopped is not None or self.stop.is_set():
            return ProvisionedAgent(row.agent, "not_sent", None, say("message_not_sent"))
        self.asked = True
        return self._create(row.agent)

    def _create(self, agent: WantedAgent) -> ProvisionedAgent:
        """Ask wolkvox for one agent, between two entries in the journal."""
        self._step("wanted", agent)
        request_id = self.journal.intend(
            self.operation.name, self._fingerprint(agent), self._protected(agent), self.clock()
        )
        self._step("intended", agent)
        agent_id, message, refused = None, "", None
        outcome: Outcome
        try:
            agent_id, message = self._ask(agent)
            outcome = "created"
        except UnconfirmedError as error:
            outcome, message, self.stopped = "unconfirmed", str(error), error
        except (RefusedError, UnavailableError) as error:
            outcome, message, refused = "refused", self._discreet(error), error
            if isinstance(error, UnavailableError) or error.status in _HOPELESS:
                self.stopped = error
        self.journal.settle(request_id, outcome, agent_id, message)
        self._step("settled", agent)
        return ProvisionedAgent(agent, outcome, agent_id, message, refused)

    def _ask(self, agent: WantedAgent) -> tuple[str, str]:
        """The id of the new agent, whose password is saved by then, and what to know about it."""
        # a connection of its own: one kept open may break after sending, and nobody could tell
        with WolkvoxClient(
            self.operation.server, self.operation.token, self.operation.address, answer_seconds=self.answer_seconds
        ) as client:
            created = client.create_agent(agent.agent_dni, agent.agent_name, agent.agent_sso, agent.agent_pass)
        self._step("answered", agent)
        if self.file is None:
            return created.agent_id, "" if agent.agent_pass else say("message_discarded")
        try:
            # before the journal's outcome, so that a crash between the two loses no password
            self.file.add(created.agent_id, agent.agent_dni, agent.agent_name, created.password)
        except UnavailableError as error:
            self.stopped = error
            return created.agent_id, say("message_password_lost")
        self._step("saved", agent)
        return created.agent_id, "" if created.password else say("message_no_password")

    def _about_confirmed(self, row: PlannedAgent) -> str:
        if row.agent.agent_pass:
            return say("message_confirmed")
        if self.file is not None and self.file.holds(row.agent_id):
            return say("message_confirmed_saved")
        return say("message_password_unknown")

    def _fingerprint(self, agent: WantedAgent) -> str:
        return self.journal.fingerprint(folded_document(agent.agent_dni))

    def _protected(self, agent: WantedAgent) -> str | None:
        """The document as the operation's privacy setting lets it be kept, the same as in the table `agents`."""
        privacy = self.operation.privacy
        protection = privacy.of("agent_dni")
        if protection == "drop":
            return None
        return agent.agent_dni if protection == "keep" else privacy.hashed(agent.agent_dni)

    def _discreet(self, error: WolkvoxError) -> str:
        """The sentence of an error; where people are protected, without wolkvox's words, which may name them."""
        kept = all(protection == "keep" for protection in self.operation.privacy.protections.values())
        return str(error) if kept else say(error.reason, **{**error.facts, "quoted": "…"})

    def _step(self, step: Step, agent: WantedAgent) -> None:
        if self.on_step:
            self.on_step(step, agent)


def load_record(journal: str | Path | None = None, pipeline: PipelineMaker = provisioning_pipeline) -> int:
    """Load what the journal remembers into `provisioned_agents`, all of it, and return how many rows that is.

    Merging the same rows again changes nothing, so a warehouse that was away, replaced or dropped is whole after.
    Raises a WolkvoxError where the warehouse does not take them.
    """
    path = Path(journal) if journal else default_journal()
    with Journal(path) as open_journal, filelock.FileLock(f"{path}.lock", mode=0o600):
        requests = open_journal.requests()
        if requests:
            try:
                record(requests, pipeline())
            except Exception as error:
                raise in_words(error) from error
    return len(requests)


@dlt.destination(
    name="wolkvox_create_agents",
    batch_size=10_000,
    loader_file_format="typed-jsonl",
    naming_convention="direct",
    skip_dlt_columns_and_tables=True,
    max_table_nesting=0,
    loader_parallelism_strategy="sequential",
)
def create_agents(
    items: Any,
    table: Any,
    operation: Optional[str] = None,  # noqa: UP045, dlt resolves this one on Python 3.10
    passwords: Optional[str] = None,  # noqa: UP045, dlt resolves this one on Python 3.10
    journal: Optional[str] = None,  # noqa: UP045, dlt resolves this one on Python 3.10
    pace_seconds: float = PACE_SECONDS,
    accept_empty: bool = False,
) -> None:
    """A dlt destination that creates the agents whom a pipeline's rows want, through the same journal.

    The outcomes are loaded by the next `apply` or `load_record`. A row that carries a password is refused, since
    dlt has written it to files by then. Whatever keeps an agent from existing fails the load, and the same
    pipeline run again goes on with the others: dlt never sends a row twice by itself.
    """
    rows = [dict(item) for item in items]
    try:
        for heading in {heading for row in rows for heading in row}:
            if is_password_heading(heading):
                raise RefusedError("sink_password", heading=heading, table=table["name"])
        wanted = plan(rows, operation, journal=journal)
        result = apply(wanted, passwords=passwords, pace_seconds=pace_seconds, accept_empty=accept_empty, load=False)
    except WolkvoxError as error:
        raise DestinationTerminalException(str(error)) from error
    if result.exit_code:
        unfinished = [row for row in result.rows if row.outcome not in _EXISTING]
        first = unfinished[0]
        raise DestinationTerminalException(
            say(
                "sink_unfinished", count=len(unfinished), wanted=len(rows), outcome=first.outcome, message=first.message
            )
        )
