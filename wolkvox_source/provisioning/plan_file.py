"""A plan as a file of its own, to be read by a person, kept, and applied as it is; never a password."""

import dataclasses
import json
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from wolkvox_source.errors import ConfigurationError, UsageError
from wolkvox_source.language import restored, stored
from wolkvox_source.provisioning.plan import Plan
from wolkvox_source.provisioning.planned import PlannedAgent
from wolkvox_source.provisioning.policy import Policy
from wolkvox_source.provisioning.wanted import WantedAgent, WantedSkill

FORMAT = "wolkvox plan 1"


def save_plan(plan: Plan, path: str | Path) -> None:
    """Write a plan into a new file of mode 0600.

    Raises a UsageError where there is a file already or the list brings passwords, and a ConfigurationError where none
    can be written.
    """
    if any(row.agent.agent_pass for row in plan.passwords):
        # others would be set, and those of the list handed out to people
        raise UsageError("plan_no_passwords", path=path)
    rows = [
        {
            **dataclasses.asdict(dataclasses.replace(row, agent=dataclasses.replace(row.agent, agent_pass=""))),
            "facts": stored(row.facts),
            "before": dict(row.before),
            "after": dict(row.after),
        }
        for row in plan.rows
    ]
    policy = {**dataclasses.asdict(plan.policy), "resend_after": plan.policy.resend_after.total_seconds()}
    content = {
        "format": FORMAT,
        "operation": plan.operation,
        "policy": policy,
        "listed": plan.listed,
        "slots_left": plan.slots_left,
        "daily_budget": plan.daily_budget,
        "reads": plan.reads,
        "unused": plan.unused,
        "journal": str(plan.journal.absolute()),
        "rows": rows,
    }
    try:
        number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except FileExistsError:
        raise UsageError("plan_exists", path=path) from None
    except OSError as error:
        raise ConfigurationError("plan_unwritable", path=path, problem=error.strerror) from error
    with os.fdopen(number, "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(number)


def is_plan(path: str | Path) -> bool:
    """Whether a file is a plan, and not a list of agents."""
    try:
        with Path(path).open(encoding="utf-8") as file:
            return FORMAT in file.read(200)
    except (OSError, UnicodeError):
        return False


def read_plan(path: str | Path) -> Plan:
    """The plan in a file. Raises a UsageError where the file is none, or was changed into one that is none."""
    try:
        content: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
        policy = {**content["policy"], "resend_after": timedelta(seconds=content["policy"]["resend_after"])}
        return Plan(
            operation=content["operation"],
            rows=tuple(_row(row) for row in content["rows"]),
            policy=Policy(**policy),
            listed=content["listed"],
            slots_left=content["slots_left"],
            daily_budget=content["daily_budget"],
            reads=content["reads"],
            unused=tuple(content["unused"]),
            journal=Path(content["journal"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError("plan_unreadable", path=path) from error


def _row(row: Mapping[str, Any]) -> PlannedAgent:
    agent = {**row["agent"]}
    if agent["skills"] is not None:
        agent["skills"] = tuple(WantedSkill(**skill) for skill in agent["skills"])
    return PlannedAgent(**{**row, "agent": WantedAgent(**agent), "facts": restored(row["facts"])})
