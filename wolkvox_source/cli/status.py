"""`wolkvox status`: how fresh each operation's data is, for a person and for any monitor."""

import argparse
import json
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from wolkvox_source.cli.terminal import mark, redacted
from wolkvox_source.errors import WolkvoxError
from wolkvox_source.language import say

if TYPE_CHECKING:
    from wolkvox_source.warehouse.freshness import Freshness, Unmapped

_STALE = 75


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `wolkvox status`."""
    parser.add_argument("--destination", default="duckdb", help="where the data is, a destination of dlt; duckdb")
    parser.add_argument("--operation", action="append", default=[], metavar="NAME", help="only this one; repeatable")
    parser.add_argument("--max-age", default="15m", metavar="15m", help="older than this is stale: exit code 75; 15m")
    parser.add_argument("--pipeline", default="wolkvox", metavar="NAME", help="name of the dlt pipeline; wolkvox")
    parser.add_argument(
        "--dataset", default="contact_center", metavar="NAME", help="schema of the data; contact_center"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    parser.add_argument("--verbose", action="store_true", help="print the traceback of what failed, without secrets")


def run(args: argparse.Namespace, now: datetime | None = None) -> int:
    """Tell how fresh the data is at `now`; returns 75 where any operation's last success is too old."""
    from wolkvox_source.sync.loop import seconds
    from wolkvox_source.warehouse.freshness import freshness, unmapped_statuses, warehouse

    now = now or datetime.now(timezone.utc)
    try:
        limit = seconds(args.max_age)
    except ValueError:
        print(say("bad_interval", value=args.max_age), file=sys.stderr)
        return 64
    try:
        with warehouse(args.destination, args.pipeline, args.dataset) as query:
            found = freshness(query, now, limit, args.operation)
            unmapped = unmapped_statuses(query, args.operation)
    except WolkvoxError as error:
        if args.json:
            print(json.dumps({"exit_code": error.exit_code, "error": str(error)}, ensure_ascii=False))
        else:
            print(mark(str(error), "red"), file=sys.stderr)
        if args.verbose:
            sys.stderr.write(redacted("".join(traceback.format_exception(error))))
        return error.exit_code
    code = 0 if all(each.fresh for each in found if each.configured) else _STALE
    if args.json:
        print(json.dumps(_as_object(code, now, limit, found, unmapped), ensure_ascii=False, default=datetime.isoformat))
    else:
        _tell(found, unmapped, now, args.max_age)
    return code


def _tell(found: "Sequence[Freshness]", unmapped: "Sequence[Unmapped]", now: datetime, limit: str) -> None:
    from wolkvox_source.warehouse.freshness import sentences

    for each in found:
        colour = "green" if each.fresh else "red" if each.configured else "yellow"
        for sentence in sentences(each, now, limit):
            print(mark(sentence, colour))
    for word in unmapped:
        print(mark(say("status_unmapped", **asdict(word)), "yellow"))


def _as_object(
    code: int, now: datetime, limit: int, found: "Sequence[Freshness]", unmapped: "Sequence[Unmapped]"
) -> dict[str, Any]:
    return {
        "exit_code": code,
        "checked_at": now,
        "max_age_seconds": limit,
        "operations": [{**asdict(each), "coverage_percent": each.coverage_percent} for each in found],
        "unmapped_statuses": [asdict(word) for word in unmapped],
    }
