"""A list of wanted agents beside the live report -> a plan; nothing is changed."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from wolkvox_source.api.administration import Administration
from wolkvox_source.errors import ConfigurationError, UnavailableError, UsageError, WolkvoxError
from wolkvox_source.provisioning.accepted import accepted_roster
from wolkvox_source.provisioning.doubts import DOCUMENT
from wolkvox_source.provisioning.journal import Journal, Whose, default_journal
from wolkvox_source.provisioning.leaving import leaving
from wolkvox_source.provisioning.memory import Memory, remember
from wolkvox_source.provisioning.moment import Moment, moment_now
from wolkvox_source.provisioning.outcomes import Kept, PipelineMaker, kept, provisioning_pipeline
from wolkvox_source.provisioning.plan import Plan
from wolkvox_source.provisioning.policy import Policy
from wolkvox_source.provisioning.rows import not_twice, planned_rows
from wolkvox_source.provisioning.skill_reports import skills_there
from wolkvox_source.provisioning.skills import all_skill_changes
from wolkvox_source.provisioning.wanted import WantedList
from wolkvox_source.provisioning.wanted_file import read_wanted
from wolkvox_source.settings import Operation, categories_file, configured_operations, operation_names
from wolkvox_source.warehouse.status_categories import status_categories

REQUESTS_PER_LICENCE = 1000

Clock = Callable[[], Moment]
Wanted = str | Path | WantedList | Iterable[Mapping[str, Any]]


def plan(
    wanted: Wanted,
    operation: str | None = None,
    *,
    policy: Policy | None = None,
    journal: str | Path | None = None,
    pipeline: PipelineMaker = provisioning_pipeline,
    clock: Clock = moment_now,
) -> Plan:
    """What to do about each agent of a list, beside the live report; changes nothing, and costs a request or a few.

    `wanted` is a file (CSV, Parquet, JSON, Excel) or rows; `operation` may be left out where there is one; `pipeline`
    makes the dlt pipeline into the warehouse that is read beside the journal. Raises a WantedError with every problem
    of the list before wolkvox is asked, an UnreadableError where the report is not accepted, and what
    `WolkvoxClient.agents` raises.
    """
    policy = policy or Policy()
    chosen = chosen_operation(operation)
    if not isinstance(wanted, WantedList):
        pattern = chosen.document_pattern or DOCUMENT
        wanted = read_wanted(wanted, document=pattern, only_creations=policy.only_creations)
    with Journal(Path(journal) if journal else default_journal()) as opened:
        return made_plan(wanted, chosen, opened, policy, pipeline, clock)


def chosen_operation(name: str | None) -> Operation:
    """The operation of that name, or the only one. Raises a UsageError where there are several to choose from."""
    operations = configured_operations((name,) if name else ())
    if len(operations) > 1:
        known = ", ".join(operation.name for operation in operations)
        raise UsageError("which_operation", known=known)
    return operations[0]


def whose(operation: Operation) -> Whose:
    """Which requests of a journal are this operation's."""
    tokens, names = [], []
    for name in operation_names():
        if name != operation.name:
            names.append(name)
            try:
                tokens += [each.token for each in configured_operations((name,))]
            except WolkvoxError:
                # another operation need not be complete for this one to be planned
                continue
    return Whose(operation.name, operation.address, operation.token, frozenset(tokens), frozenset(names))


def made_plan(
    wanted: WantedList,
    operation: Operation,
    journal: Journal,
    policy: Policy,
    pipeline: PipelineMaker,
    clock: Clock,
) -> Plan:
    """The plan of a list that is checked, with a journal that is open."""
    # before the request: an agent created after it may be missing from the report
    mine, now = whose(operation), clock()
    held, memory = _remembered(operation, mine, journal, pipeline, now)
    with Administration(
        operation.server, operation.token, operation.address, requests_at_most=operation.requests_at_most
    ) as client:
        there = accepted_roster(client.agents(), operation, memory, held, policy)
        logged_out = logged_out_words(operation.name)
        rows = planned_rows(wanted.agents, there, memory, policy, logged_out)
        skills, reads = skills_there(client, rows, wanted, policy)
    if skills is not None:
        rows += all_skill_changes(rows, skills, policy)
    absent, gone = leaving(wanted.agents, there, memory, mine, policy, logged_out)
    rows = [not_twice(row, memory, policy) for row in [*rows, *gone]]
    slots = None if operation.licences is None else operation.licences * operation.agents_per_licence
    return Plan(
        operation=operation.name,
        rows=tuple(sorted(rows, key=lambda row: row.agent.line)),
        policy=policy,
        listed=len(there.by_id),
        slots_left=None if slots is None else max(0, slots - len(there.by_id)),
        daily_budget=None if operation.licences is None else operation.licences * REQUESTS_PER_LICENCE,
        reads=1 + reads,
        unused=wanted.unused,
        journal=journal.path,
        elsewhere=sum(map(len, memory.elsewhere.values())),
        memory_error=held.error,
        absent=absent,
    )


def _remembered(
    operation: Operation, mine: Whose, journal: Journal, pipeline: PipelineMaker, now: Moment
) -> tuple[Kept, Memory]:
    """What the warehouse has, and what it and the journal remember; raises where that would be nobody by mistake."""
    if journal.requests.swapped(mine):
        # everybody would be created again, each among the other operation's people
        raise ConfigurationError("tokens_swapped", operation=operation.name, journal=journal.path)
    held = kept(pipeline, operation.name, now.at)
    memory = remember(operation, mine, journal, held, now)
    if held.error is not None and not memory.entries:
        # with an empty journal nobody would be known
        raise UnavailableError("memory_away", problem=held.error.phrase, journal=journal.path)
    return held, memory


def logged_out_words(operation: str) -> frozenset[str]:
    """The status words of an operation that say that nobody works as an agent now."""
    rows = status_categories(categories_file())
    return frozenset(
        status.casefold() for status, of, category, _, _ in rows if category == "logged out" and of in {"*", operation}
    )
