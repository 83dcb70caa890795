"""`wolkvox doctor`: what is wrong, told line by line; the examination itself is in `wolkvox_source.doctor`."""

import sys
import traceback
from collections.abc import Iterable, Sequence
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
            options.flag(speech, "--data", "of_data", about="option_data"),
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
    of_data: bool,
    as_json: bool,
    verbose: bool,
    now: datetime | None = None,
) -> int:
    """Examine and tell; returns the exit code that a sync would have, the worst of what was found.

    With `of_data` the tables are examined, and wolkvox is not asked.
    """
    if of_data:
        from wolkvox_source.doctor.data import examine

        return _told(speech, examine(destination, pipeline, dataset, now), as_json, ("data_sick", "data_well"))
    examination = Examination(destination, operation, pipeline, dataset, now)
    if not as_json:
        print(speech.say("doctor_begins", requests=REQUESTS_AT_MOST))
    code = _told(speech, examination.findings(), as_json, ("doctor_sick", "doctor_well"), examination)
    if verbose and examination.failure:
        sys.stderr.write("".join(traceback.format_exception(examination.failure)))
    return code


def _told(
    speech: Speech,
    findings: Iterable[Finding],
    as_json: bool,
    ends: tuple[str, str],
    examination: Examination | None = None,
) -> int:
    """Tell each finding as soon as it is made, and last that something is wrong or nothing; returns the exit code."""
    found: list[Finding] = []
    for finding in findings:
        found.append(finding)
        if not as_json:
            print_finding(finding, speech)
    code = worst(*(finding.exit_code for finding in found))
    requests = examination.requests if examination else 0
    if as_json:
        told = [_as_object(finding, speech) for finding in found]
        print_object({"exit_code": code, "requests": requests, "findings": told})
    else:
        sick, well = ends
        print(speech.say(sick if code else well, requests=requests))
    return code


def print_finding(finding: Finding, speech: Speech) -> None:
    """A finding on a line, and what belongs to it below."""
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
