"""`wolkvox agents`: a list beside the operation, as a plan, and the plan carried out."""

import dataclasses
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wolkvox_source.cli import options
from wolkvox_source.cli.agents_applied import agreed, carried_out, sentence_for_signals
from wolkvox_source.cli.agents_shown import show_plan, show_result
from wolkvox_source.cli.create_agents import check_numbers, planned
from wolkvox_source.errors import UsageError
from wolkvox_source.language import Speech

if TYPE_CHECKING:
    from wolkvox_source.provisioning.plan import Plan

# what a plan that differs from what is wanted ends with, where the command line asks for it
DRIFT = 2


def command(speech: Speech) -> click.Command:
    """`wolkvox agents` and what it can do."""
    wanted = click.Argument(["wanted"], metavar=speech.say("metavar_wanted"))
    out = options.option(speech, "--out", about="option_plan_out", metavar="file")
    drift = options.flag(speech, "--detailed-exitcode", about="option_detailed_exitcode")
    yes = options.flag(speech, "--yes", about="option_yes")
    passwords = options.option(speech, "--passwords", about="option_passwords", metavar="file")
    plan_ = options.command("agents-plan", _plan, speech, [wanted, *_choices(speech), out, drift, *_place(speech)])
    apply_ = options.command(
        "agents-apply", _apply, speech, [wanted, *_choices(speech), yes, passwords, *_place(speech)]
    )
    file = click.Argument(["file"], metavar=speech.say("metavar_file"))
    template = options.command("agents-template", _template, speech, [file, options.verbose(speech)])
    return options.group("agents", speech, {"plan": plan_, "apply": apply_, "template": template})


def _choices(speech: Speech) -> list[click.Parameter]:
    """What a plan may do."""
    counts = [
        options.option(speech, f"--accept-{what}", about=about, metavar="number", type=int)
        for what, about in (
            ("disable", "option_accept_disable"),
            ("reuse", "option_accept_reuse"),
            ("reset", "option_accept_reset"),
        )
    ]
    return [
        options.option(speech, "--operation", about="option_operation_of_agents", metavar="name"),
        options.flag(speech, "--reset-passwords", about="option_reset_passwords"),
        options.flag(speech, "--now", about="option_now"),
        options.option(speech, "--skills", about="option_skills", type=click.Choice(["add", "exact"]), default="add"),
        options.option(
            speech, "--mode", about="option_mode", type=click.Choice(["partial", "complete"]), default="partial"
        ),
        *counts,
        options.flag(speech, "--accept-empty", about="option_accept_empty"),
        options.flag(speech, "--recreate-gone", about="option_recreate_gone"),
        options.number(speech, "--pace", about="option_pace", metavar="seconds", default=1.0),
        options.number(speech, "--resend-after", about="option_resend_after", metavar="minutes", default=15.0),
        options.option(speech, "--journal", about="option_journal", metavar="file"),
    ]


def _place(speech: Speech) -> list[click.Parameter]:
    return [options.destination(speech), options.dataset(speech), options.verbose(speech)]


def _plan(speech: Speech, *, wanted: str, out: str | None, detailed_exitcode: bool, **choices: Any) -> int:
    """Show the plan, keep it in a file where one is named, and say by the exit code whether anything differs."""
    from wolkvox_source.provisioning.plan_file import save_plan

    with sentence_for_signals():
        made = _made(wanted, choices)
        show_plan(speech, made, choices["pace"], None, False)
        if out:
            save_plan(made, out)
            print(speech.say("plan_saved", path=Path(out).absolute()))
        made.check_many()
    if made.exit_code == 0 and detailed_exitcode and made.drift:
        return DRIFT
    return made.exit_code


def _apply(speech: Speech, *, wanted: str, yes: bool, passwords: str | None, **choices: Any) -> int:
    """Show the plan, ask, and carry it out; a plan from a file is carried out as it was read."""
    from wolkvox_source.provisioning.apply import check_passwords
    from wolkvox_source.provisioning.plan_file import is_plan, read_plan

    with sentence_for_signals():
        if is_plan(wanted):
            made = read_plan(wanted)
            counts = {name: choices[name] for name in ("accept_disable", "accept_reuse", "accept_reset")}
            given = {name: count for name, count in counts.items() if count is not None}
            made = dataclasses.replace(made, policy=dataclasses.replace(made.policy, **given))
        else:
            made = _made(wanted, choices)
        made.check_many()
        begun = check_passwords(made, passwords) if passwords else False
        show_plan(speech, made, choices["pace"], passwords, begun)
        if not made.actions:
            print(speech.say("plan_nothing_differs"))
        elif not yes and not agreed(speech, made):
            print(speech.say("ask_declined"))
            return made.exit_code
    result = carried_out(speech, made, passwords, choices["pace"], choices["destination"], choices["dataset"])
    show_result(speech, result)
    return result.exit_code


def _template(speech: Speech, *, file: str) -> int:
    """Write an empty list with its headings and three invented people."""
    from wolkvox_source.provisioning.wanted_file import write_template

    try:
        write_template(Path(file))
    except FileExistsError:
        raise UsageError("template_exists", path=file) from None
    except OSError as error:
        raise UsageError("template_unwritable", path=file, problem=error.strerror) from None
    print(speech.say("template_written", path=Path(file).absolute()))
    return 0


def _made(wanted: str, choices: dict[str, Any]) -> "Plan":
    from wolkvox_source.provisioning.policy import Policy

    check_numbers(("--pace", choices["pace"]), ("--resend-after", choices["resend_after"]))
    policy = Policy(
        resend_after=timedelta(minutes=choices["resend_after"]),
        recreate_gone=choices["recreate_gone"],
        accept_empty=choices["accept_empty"],
        reset_passwords=choices["reset_passwords"],
        now=choices["now"],
        exact_skills=choices["skills"] == "exact",
        complete=choices["mode"] == "complete",
        accept_disable=choices["accept_disable"],
        accept_reuse=choices["accept_reuse"],
        accept_reset=choices["accept_reset"],
    )
    return planned(wanted, choices, policy)
