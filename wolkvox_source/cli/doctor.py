"""`wolkvox doctor`: what is wrong, told line by line; the examination itself is in `wolkvox_source.doctor`."""

import sys
import traceback
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from wolkvox_source.cli import options
from wolkvox_source.cli.terminal import mark, print_object
from wolkvox_source.doctor.examination import REQUESTS_AT_MOST, Examination
from wolkvox_source.doctor.finding import Finding
from wolkvox_source.errors import worst
from wolkvox_source.language import Phrase, Speech

_COLOURS = {"ok": "green", "note": "yellow", "fail": "red"}


def command(speech: Speech) -> click.Command:
    """`wolkvox doctor` and its options."""
    return options.command(
        "doctor",
        run,
        speech,
        [
            *options.place(speech),
            options.operations(speech),
            options.as_json(speech),
            options.flag(speech, "--verbose", about="option_verbose"),
        ],
    )


def run(
    speech: Speech,
    *,
    destination: str,
    pipeline: str,
    dataset: str,
    operation: Sequence[str],
    as_json: bool,
    verbose: bool,
    now: datetime | None = None,
) -> int:
    """Examine and tell; returns the exit code that a sync would have, the worst of what was found."""
    examination = Examination(destination, operation, pipeline, dataset, now)
    if not as_json:
        print(speech.say("doctor_begins", requests=REQUESTS_AT_MOST))
    findings: list[Finding] = []
    for finding in examination.findings():
        findings.append(finding)
        if not as_json:
            _print(finding, speech)
    if verbose and examination.failure:
        sys.stderr.write("".join(traceback.format_exception(examination.failure)))
    code = worst(*(finding.exit_code for finding in findings))
    if as_json:
        told = [_as_object(finding, speech) for finding in findings]
        print_object({"exit_code": code, "requests": examination.requests, "findings": told})
    else:
        print(speech.say("doctor_sick" if code else "doctor_well", requests=examination.requests))
    return code


def _print(finding: Finding, speech: Speech) -> None:
    word = speech.say(f"doctor_{finding.state}")
    print(f"{mark(f'{word:<5}', _COLOURS[finding.state])} {speech.tell(finding.phrase)}", flush=True)
    for detail in _details(finding, speech):
        print(f"        {detail}", flush=True)


def _details(finding: Finding, speech: Speech) -> list[str]:
    return [speech.tell(detail) if isinstance(detail, Phrase) else detail for detail in finding.details]


def _as_object(finding: Finding, speech: Speech) -> dict[str, Any]:
    return {
        "state": finding.state,
        "reason": finding.phrase.reason,
        "sentence": speech.tell(finding.phrase),
        "details": _details(finding, speech),
        "exit_code": finding.exit_code,
    }
