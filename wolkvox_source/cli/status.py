"""`wolkvox status`: how fresh each operation's data is, for a person and for any monitor."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from wolkvox_source.cli import options
from wolkvox_source.cli.terminal import complain, mark, print_object
from wolkvox_source.clock import utc_now
from wolkvox_source.errors import UnavailableError, UsageError
from wolkvox_source.language import Speech, stored

if TYPE_CHECKING:
    from wolkvox_source.warehouse.freshness import Freshness
    from wolkvox_source.warehouse.pipeline import Place
    from wolkvox_source.warehouse.unmapped import Unmapped

_STALE = 75


def command(speech: Speech) -> click.Command:
    """`wolkvox status` and its options."""
    return options.command(
        "status",
        run,
        speech,
        [
            *options.place(speech),
            options.operations(speech),
            options.flag(speech, "--all", "everything", about="option_all"),
            options.option(speech, "--max-age", about="option_max_age", metavar="interval", default="15m"),
            options.option(speech, "--webhook", about="option_webhook", metavar="address"),
            options.as_json(speech),
            options.verbose(speech),
        ],
    )


def run(
    speech: Speech,
    *,
    destination: str,
    pipeline: str,
    dataset: str,
    operation: Sequence[str],
    everything: bool,
    max_age: str,
    webhook: str | None,
    as_json: bool,
    now: datetime | None = None,
) -> int:
    """Tell how fresh the data is at `now`; returns 75 where any operation's last success is too old."""
    from wolkvox_source.warehouse.asking import warehouse
    from wolkvox_source.warehouse.freshness import freshness
    from wolkvox_source.warehouse.pipeline import Place
    from wolkvox_source.warehouse.unmapped import unmapped_statuses

    now = now or utc_now()
    limit = options.seconds(max_age)
    url = _address(webhook)
    with warehouse(destination, pipeline, dataset) as query:
        found = freshness(query, now, limit, operation)
        unmapped = unmapped_statuses(query, operation)
    code = 0 if all(each.fresh for each in found if each.configured) else _STALE
    if as_json:
        print_object(_as_object(code, now, limit, found, unmapped))
    else:
        _tell(speech, found, unmapped, now, limit, everything)
    if url:
        _alert(speech, url, found, limit, Place(destination, pipeline, dataset), now)
    return code


def _address(webhook: str | None) -> str | None:
    """Where to post alerts: what was typed, or else the setting."""
    from wolkvox_source.settings import alert_webhook, is_webhook

    if webhook is None:
        return alert_webhook()
    if not is_webhook(webhook):
        # it is a secret even where it cannot be used
        raise UsageError("bad_webhook")
    return webhook


def _alert(speech: Speech, url: str, found: "Sequence[Freshness]", limit: int, place: "Place", now: datetime) -> None:
    """Post what is new; a webhook that fails is told, and says nothing about how fresh the data is."""
    from wolkvox_source.alerts.telling import tell_once

    try:
        tell_once(url, found, lambda _: limit, place, now, speech)
    except UnavailableError as error:
        complain(speech.tell(error))


def _tell(
    speech: Speech,
    found: "Sequence[Freshness]",
    unmapped: "Sequence[Unmapped]",
    now: datetime,
    limit: int,
    everything: bool,
) -> None:
    from wolkvox_source.warehouse.freshness_told import phrases

    shown = [each for each in found if everything or each.configured]
    for each in shown:
        colour = "green" if each.fresh else "red" if each.configured else "yellow"
        for phrase in phrases(each, now, timedelta(seconds=limit)):
            print(mark(speech.tell(phrase), colour))
    names = {each.operation for each in shown}
    for word in unmapped:
        if word.operation in names:
            print(mark(speech.say("status_unmapped", **_counted(word)), "yellow"))
    if hidden := [each.operation for each in found if each.operation not in names]:
        print(mark(speech.say("status_hidden", count=len(hidden), operations=hidden), "yellow"))


def _counted(word: "Unmapped") -> dict[str, Any]:
    return {"operation": word.operation, "agent_status": word.agent_status, "count": word.agents}


def _as_object(
    code: int, now: datetime, limit: int, found: "Sequence[Freshness]", unmapped: "Sequence[Unmapped]"
) -> dict[str, Any]:
    return {
        "exit_code": code,
        "checked_at": now,
        "max_age_seconds": limit,
        "operations": [{**asdict(each), "facts": json.loads(stored(each.facts))} for each in found],
        "unmapped_statuses": [asdict(word) for word in unmapped],
    }
