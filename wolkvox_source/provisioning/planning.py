"""A list of wanted agents beside the live report -> a plan; nothing is changed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from wolkvox_source.api.administration import Administration
from wolkvox_source.api.envelope import Payload
from wolkvox_source.errors import ConfigurationError, UnavailableError, UnreadableError, UsageError, WolkvoxError
from wolkvox_source.language import Phrase
from wolkvox_source.provisioning.decisions import (
    ACTIONS,
    PENDING,
    THERE,
    PlannedAgent,
    Policy,
    changed,
    decided,
    disabled,
    minute,
    subject,
)
from wolkvox_source.provisioning.identity import folded_document
from wolkvox_source.provisioning.journal import Journal, Whose, default_journal
from wolkvox_source.provisioning.memory import Memory, remember, told
from wolkvox_source.provisioning.moment import Moment, moment_now
from wolkvox_source.provisioning.outcomes import Kept, PipelineMaker, kept, provisioning_pipeline
from wolkvox_source.provisioning.plan import Plan
from wolkvox_source.provisioning.roster import Listed, Roster, roster
from wolkvox_source.provisioning.skills import Skills, check_known, members, skill_changes, skill_names
from wolkvox_source.provisioning.wanted import DOCUMENT, WantedAgent, WantedList
from wolkvox_source.provisioning.wanted_file import read_wanted
from wolkvox_source.reports.catalogue import AGENTS
from wolkvox_source.reports.changes import changes
from wolkvox_source.reports.guard import judge
from wolkvox_source.reports.snapshot import snapshot
from wolkvox_source.settings import Operation, categories_file, configured_operations, operation_names
from wolkvox_source.warehouse.status_categories import status_categories

REQUESTS_PER_LICENCE = 1000
# a file that is made a little earlier on the second day is of another day all the same
A_DAY = timedelta(hours=20)

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
    now = clock()
    mine = whose(operation)
    if journal.requests.swapped(mine):
        # everybody would be created again, each among the other operation's people
        raise ConfigurationError("tokens_swapped", operation=operation.name, journal=journal.path)
    held = kept(pipeline, operation.name, now.at)
    memory = remember(operation, mine, journal, held, now)
    if held.error is not None and not memory.entries:
        # with an empty journal nobody would be known
        raise UnavailableError("memory_away", problem=held.error.phrase, journal=journal.path)
    with Administration(
        operation.server, operation.token, operation.address, requests_at_most=operation.requests_at_most
    ) as client:
        there = _accepted(client.agents(), operation, memory, held, policy)
        rows = _rows(wanted.agents, there, memory, policy)
        skills, reads = _skills(client, rows, wanted, policy)
    if skills is not None:
        reused = {row.agent for row in rows if row.action == "reuse"}
        of = [row for row in rows if not (row.with_reuse and row.agent in reused)]
        rows += [change for row in of for change in skill_changes(row, skills, policy)]
    absent, leaving = _leaving(wanted.agents, there, memory, mine, policy)
    rows = [_not_twice(row, memory, policy) for row in [*rows, *leaving]]
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


def _accepted(payload: Payload, operation: Operation, memory: Memory, held: Kept, policy: Policy) -> Roster:
    """The roster, where the one guard accepts the report beside everybody who is remembered."""
    seen = snapshot(AGENTS, operation.name, payload.records, operation.timezone, operation.privacy)
    differing = changes(AGENTS, seen.table, held.agents)
    # a report without agents is not one that is a little late
    known = memory.settled_ids(policy.resend_after if payload.records else timedelta(0))
    missing = known - {*seen.table["agent_id"].to_pylist()}
    # who is known is in the journal too; who is a stranger only the warehouse can say
    differing = replace(
        differing,
        known=len(known),
        vanished=len(missing),
        appeared=differing.appeared if differing.known else 0,
    )
    verdict = judge(
        AGENTS,
        operation.name,
        seen,
        differing,
        memory.now.at,
        announced=payload.announced,
        thresholds=operation.thresholds,
    )
    if known and not payload.records:
        # the guard lets a small operation become empty, but then everybody would be created again
        facts = {"operation": operation.name, "what": Phrase(AGENTS.rows), "known": len(known)}
        raise UnreadableError("report_doubtful", problem=Phrase("guard_empty", facts))
    if not verdict.accepted:
        raise UnreadableError("report_doubtful", problem=Phrase(str(verdict.reason), verdict.facts))
    return roster(snapshot(AGENTS, operation.name, payload.records, operation.timezone))


def _rows(agents: Sequence[WantedAgent], there: Roster, memory: Memory, policy: Policy) -> list[PlannedAgent]:
    """What is to be done about each agent, apart from skills."""
    past = {folded_document(agent.agent_dni): found for agent in agents if (found := memory.past(agent))}
    logged_out = _logged_out(memory.operation.name)
    rows: list[PlannedAgent] = []
    for row in decided(agents, there, past, policy, memory.now.at):
        rows.append(row)
        if policy.only_creations:
            continue
        listed = there.by_id.get(row.agent_id or "")
        if row.action in {"exists", "confirmed"} and listed is not None:
            rows += changed(row.agent, listed, policy, logged_out, _half_passed_on(row.agent, listed, memory))
        elif row.action == "reuse" and row.agent.enabled is not False:
            enabled = {"enabled": "no"}, {"enabled": "yes"}
            rows.append(PlannedAgent(row.agent, "enable", row.agent_id, None, {}, *enabled, with_reuse=True))
        elif row.action == "create" and row.agent.enabled is False:
            rows.append(PlannedAgent(row.agent, "disable", None, None, {}, {}, {"enabled": "no"}))
    return rows


def _half_passed_on(agent: WantedAgent, listed: Listed, memory: Memory) -> bool:
    """Whether an agent was given to this person, and is disabled yet."""
    arrival = memory.arrival(agent)
    entries = memory.of(agent)
    if arrival is None or arrival.action != "reuse" or listed.enabled is not False:
        return False
    later = entries[entries.index(arrival) + 1 :] if arrival in entries else []
    return not any(entry.action in {"enable", "disable"} and entry.outcome in {"done", "confirmed"} for entry in later)


def _logged_out(operation: str) -> frozenset[str]:
    """The status words of an operation that say that nobody works as an agent now."""
    rows = status_categories(categories_file())
    return frozenset(
        status.casefold() for status, of, category, _, _ in rows if category == "logged out" and of in {"*", operation}
    )


def _skills(
    client: Administration, rows: Sequence[PlannedAgent], wanted: WantedList, policy: Policy
) -> tuple[Skills | None, int]:
    """The skills that matter and who has them, where a row says something about any; and how many requests it took."""
    passed_on = any(row.action == "reuse" or row.with_reuse for row in rows)
    if policy.only_creations or not (passed_on or any(agent.skills is not None for agent in wanted.agents)):
        return None, 0
    names = skill_names(_whole(client.skills()))
    check_known(wanted.agents, names)
    every = passed_on or policy.exact_skills or any(agent.skills == () for agent in wanted.agents)
    there = Skills(names)
    mentioned = {there.find(each.skill) for agent in wanted.agents for each in agent.skills or ()}
    asked = [skill_id for skill_id in names if every or skill_id in mentioned]
    return Skills(names, {each: members(_whole(client.agents_in_skill(each))) for each in asked}), 1 + len(asked)


def _whole(payload: Payload) -> Sequence[Any]:
    if payload.announced is not None and payload.announced != len(payload.records):
        raise UnreadableError("report_cut", announced=payload.announced, received=len(payload.records))
    return payload.records


def _leaving(
    agents: Sequence[WantedAgent], there: Roster, memory: Memory, mine: Whose, policy: Policy
) -> tuple[tuple[str, ...], list[PlannedAgent]]:
    """Who was created or adopted here and is not in a complete list, by fingerprint, and what is done about each."""
    if not policy.complete:
        return (), []
    wanted = {folded_document(agent.agent_dni) for agent in agents}
    since = memory.journal.absences.since(mine)
    logged_out = _logged_out(memory.operation.name)
    absent: list[str] = []
    rows: list[PlannedAgent] = []
    for document, holders in there.by_document.items():
        fingerprint = memory.journal.fingerprint(document)
        ours = any(entry.outcome in THERE for entry in memory.entries.get(fingerprint, ()))
        if document in wanted or not ours:
            continue
        absent.append(fingerprint)
        for listed in holders:
            person = WantedAgent(0, listed.agent_dni or "", listed.agent_name or "")
            first = since.get(fingerprint)
            if listed.enabled is False:
                continue
            if first is None or memory.now.certainly_since(first) < A_DAY:
                facts = {"at": minute((first or memory.now).at)}
                rows.append(PlannedAgent(person, "left", listed.agent_id, "note_absent_once", facts))
            else:
                rows.append(disabled(person, listed, policy, logged_out, "note_absent"))
    return tuple(absent), rows


def _not_twice(row: PlannedAgent, memory: Memory, policy: Policy) -> PlannedAgent:
    """A row whose very change was asked for so lately that the report need not show it yet is not asked for again."""
    if row.action not in ACTIONS or row.action in {"create", "reuse"}:
        return row
    entry = memory.latest(row.agent, subject(row.action, row.after))
    if (
        entry is None
        or entry.after != told(memory.operation, row.after)
        or entry.outcome not in {None, "unconfirmed", "done", "confirmed"}
    ):
        return row
    waited = memory.waited.get(entry.request_id, timedelta(0))
    if waited >= policy.resend_after:
        return row
    facts = {"at": minute(entry.requested_at), "after": minute(memory.now.at + policy.resend_after - waited)}
    if entry.outcome in PENDING:
        return PlannedAgent(row.agent, "waiting", row.agent_id, "note_waiting", facts, row.before, row.after)
    return PlannedAgent(row.agent, "exists", row.agent_id, "note_change_recent", facts, row.before, row.after)
