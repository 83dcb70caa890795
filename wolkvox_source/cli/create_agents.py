"""`wolkvox create-agents`: a plan that only creates, and what became of it."""

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from wolkvox_source.cli import options
from wolkvox_source.cli.agents_applied import agreed, carried_out, sentence_for_signals
from wolkvox_source.cli.agents_shown import show_plan, show_result
from wolkvox_source.errors import UsageError
from wolkvox_source.language import Speech

if TYPE_CHECKING:
    from wolkvox_source.provisioning.plan import Plan
    from wolkvox_source.provisioning.policy import Policy


def command(speech: Speech) -> click.Command:
    """`wolkvox create-agents` and its options."""
    return options.command(
        "create-agents",
        run,
        speech,
        [
            click.Argument(["wanted"], metavar=speech.say("metavar_wanted")),
            options.option(speech, "--operation", about="option_operation_to_create", metavar="name"),
            options.flag(speech, "--apply", "carry_out", about="option_apply"),
            options.flag(speech, "--yes", about="option_yes"),
            options.option(speech, "--passwords", about="option_passwords", metavar="file"),
            options.flag(speech, "--accept-empty", about="option_accept_empty"),
            options.flag(speech, "--recreate-gone", about="option_recreate_gone"),
            options.number(speech, "--pace", about="option_pace", metavar="seconds", default=1.0),
            options.number(speech, "--resend-after", about="option_resend_after", metavar="minutes", default=15.0),
            options.option(speech, "--journal", about="option_journal", metavar="file"),
            options.destination(speech),
            options.dataset(speech),
            options.verbose(speech),
        ],
    )


def run(
    speech: Speech, *, wanted: str, carry_out: bool, yes: bool, passwords: str | None, pace: float, **choices: Any
) -> int:
    """Show the plan and, with `--apply`, carry it out; returns the exit code."""
    from wolkvox_source.provisioning.apply import check_passwords

    check_numbers(("--pace", pace), ("--resend-after", choices["resend_after"]))
    with sentence_for_signals():
        made = _made(wanted, choices)
        # before the administrator is asked, and before anything is sent
        begun = check_passwords(made, passwords) if passwords else False
        show_plan(speech, made, pace, passwords, begun)
        if not carry_out:
            print(speech.say("plan_only" if made.creations else "plan_nothing"))
            return made.exit_code
        if made.creations and not yes and not agreed(speech, made):
            print(speech.say("ask_declined"))
            return made.exit_code
    result = carried_out(speech, made, passwords, pace, choices["destination"], choices["dataset"])
    show_result(speech, result)
    return result.exit_code


def _made(wanted: str, choices: dict[str, Any]) -> "Plan":
    from wolkvox_source.provisioning.policy import Policy

    policy = Policy(
        only_creations=True,
        accept_empty=choices["accept_empty"],
        recreate_gone=choices["recreate_gone"],
        resend_after=timedelta(minutes=choices["resend_after"]),
    )
    return planned(wanted, choices, policy)


def planned(wanted: str, choices: dict[str, Any], policy: "Policy") -> "Plan":
    """The plan of a list under `policy`, by the options that both commands have."""
    from wolkvox_source.provisioning.outcomes import provisioning_pipeline
    from wolkvox_source.provisioning.planning import plan

    return plan(
        wanted,
        choices["operation"],
        policy=policy,
        journal=choices["journal"],
        pipeline=lambda: provisioning_pipeline(choices["destination"], choices["dataset"]),
    )


def check_numbers(*options: tuple[str, float]) -> None:
    """Raises a UsageError for an option that is not a number of at least 0, endless or none at all."""
    for option, value in options:
        # a day between two requests, or before one is sent again, is more than an administrator means
        if not (math.isfinite(value) and 0 <= value <= 86_400):
            raise UsageError("bad_number", option=option, least=0)
