"""A plan of agents as a person reads it, and what became of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wolkvox_source.cli.agents_table import show_table, visible
from wolkvox_source.cli.terminal import complain, mark
from wolkvox_source.language import Speech

if TYPE_CHECKING:
    from wolkvox_source.provisioning.plan import Plan
    from wolkvox_source.provisioning.result import Result

# which say by themselves what was asked for
_TELLING = frozenset({"created", "confirmed", "exists", "conflict", "left"})


def show_plan(speech: Speech, plan: "Plan", pace_seconds: float, passwords: str | None, begun: bool) -> None:
    """The plan and what carrying it out takes; `begun` says that the file of passwords is an unfinished run's."""
    people = len({row.agent for row in plan.rows})
    show_table(
        speech,
        speech.say("plan_title", operation=plan.operation, wanted=people, listed=plan.listed),
        [(row.agent, row.action, row.agent_id, _note(speech, row)) for row in plan.rows],
        "column_plan",
    )
    if plan.unused:
        print(speech.say("plan_unused", columns=visible(", ".join(plan.unused))))
    print(speech.say("plan_journal", path=plan.journal))
    if plan.elsewhere:
        print(mark(speech.say("plan_elsewhere", count=plan.elsewhere), "yellow"))
    if plan.memory_error is not None:
        print(mark(speech.say("plan_memory_away", problem=plan.memory_error.phrase), "yellow"))
    creations = len(plan.creations)
    if plan.slots_left is not None and creations:
        key = "plan_slots" if creations <= plan.slots_left else "plan_no_slots"
        print(mark(speech.say(key, left=plan.slots_left, wanted=creations), "green" if key == "plan_slots" else "red"))
    if plan.actions:
        _show_cost(speech, plan, pace_seconds, passwords, begun)


def _show_cost(speech: Speech, plan: "Plan", pace_seconds: float, passwords: str | None, begun: bool) -> None:
    """What carrying a plan out takes, and where its passwords go."""
    key = "plan_cost" if plan.daily_budget is None else "plan_cost_of"
    span = plan.span(pace_seconds)
    print(speech.say(key, count=plan.requests, budget=plan.daily_budget), speech.say("plan_span", span=span), sep="; ")
    if not plan.listed:
        print(mark(speech.say("report_empty", operation=plan.operation), "yellow"))
    if plan.passwords and passwords:
        print(speech.say("plan_passwords_begun" if begun else "plan_passwords", path=Path(passwords).absolute()))
    elif plan.passwords:
        print(mark(speech.say("plan_discarded"), "yellow"))


def show_result(speech: Speech, result: "Result") -> None:
    """What became of a plan, what stopped it, and whose password nobody knows."""
    show_table(
        speech,
        speech.say("result_title", operation=result.operation),
        [(row.agent, row.outcome, row.agent_id, _what(speech, row)) for row in result.rows],
        "column_outcome",
    )
    if result.stopped is not None:
        complain(speech.tell(result.stopped))
    if result.record_error is not None:
        complain(speech.say("record_failed", problem=result.record_error.phrase), "yellow")
    if result.unknown_passwords:
        names = visible(", ".join(agent.agent_name or agent.agent_dni for agent in result.unknown_passwords[:20]))
        complain(speech.say("result_passwords_unknown", count=len(result.unknown_passwords), names=names), "yellow")
    else:
        print(speech.say("result_passwords_known"))
    _show_end(speech, result)


def _show_end(speech: Speech, result: "Result") -> None:
    """Whether everything is as wanted, and whether running it again would help."""
    missing = {row.agent for row in result.rows if row.exit_code}
    if missing:
        people = len({row.agent for row in result.rows})
        # a conflict is the same however often the command is run
        again = any(row.exit_code and row.outcome != "conflict" for row in result.rows)
        key = "result_incomplete" if again else "result_conflicts"
        complain(speech.say(key, count=len(missing), wanted=people))
    else:
        print(mark(speech.say("result_complete"), "green"))


def _note(speech: Speech, row: Any) -> str:
    """Why a row is as it is, in the reader's language; empty where the outcome says it all."""
    return speech.say(row.reason, **row.facts) if row.reason else ""


def _what(speech: Speech, row: Any) -> str:
    """What an outcome is the outcome of, where one person may have several, and the note."""
    words = [_note(speech, row)]
    if row.outcome not in _TELLING and row.action != row.outcome:
        words.insert(0, speech.say(f"word_{row.action}"))
    return ": ".join(filter(None, words))
