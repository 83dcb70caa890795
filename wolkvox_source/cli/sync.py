"""`wolkvox sync`: one tick, or one every few minutes, told to a person, a log or a program."""

import argparse
import contextlib
import json
import sys
import traceback
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from wolkvox_source.cli.terminal import is_terminal, mark, progress, redacted
from wolkvox_source.language import say, stored
from wolkvox_source.reports.garbage import collecting_later

if TYPE_CHECKING:
    from wolkvox_source.observation import Observation
    from wolkvox_source.sync.run import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `wolkvox sync`."""
    parser.add_argument(
        "--destination", default="duckdb", help="where to load, a destination of dlt; duckdb if left out"
    )
    parser.add_argument("--operation", action="append", default=[], metavar="NAME", help="only this one; repeatable")
    parser.add_argument(
        "--accept-loss",
        action="append",
        default=[],
        metavar="OPERATION",
        help="believe this operation's report this once, whatever the guard says; repeatable",
    )
    parser.add_argument("--every", metavar="5m", help="go on for ever, with a tick every so often (30s, 5m, 1h)")
    parser.add_argument("--pipeline", default="wolkvox", metavar="NAME", help="name of the dlt pipeline; wolkvox")
    parser.add_argument(
        "--dataset", default="contact_center", metavar="NAME", help="schema to load into; contact_center"
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing where all is well")
    parser.add_argument("--json", action="store_true", help="print one JSON object a tick, for programs")
    parser.add_argument("--verbose", action="store_true", help="print the traceback and dlt's log, without secrets")


def run(args: argparse.Namespace) -> int:
    """One tick, or many with `--every`; returns the exit code."""
    from wolkvox_source.sync.loop import DAY, every, seconds

    if args.every is None:
        return one_run(args).exit_code
    try:
        interval = seconds(args.every)
    except ValueError:
        print(say("bad_interval", value=args.every), file=sys.stderr)
        return 64
    if interval > DAY:
        print(say("interval_too_long", value=args.every), file=sys.stderr)
        return 64
    if not args.quiet:
        _warn(say("schedule_begins", interval=args.every))
    return every(interval, lambda: _code_for_the_loop(one_run(args)), tell=_warn)


def _code_for_the_loop(tick: "Run") -> int:
    """77 and 78 end the loop, so one refused operation among others that load must not say so."""
    return tick.exit_code if tick.hopeless or tick.exit_code not in {77, 78} else 65


def one_run(args: argparse.Namespace) -> "Run":
    """Observe, load and tell what came of it."""
    with collecting_later(), progress(shown=not args.quiet and not args.json) as advance:
        from wolkvox_source.sync.run import sync

        tick = sync(
            args.destination,
            only=args.operation,
            accept_loss=args.accept_loss,
            pipeline_name=args.pipeline,
            dataset_name=args.dataset,
            listener=lambda observation: advance(observation.operation),
        )
    if args.json:
        print(json.dumps(as_object(tick), ensure_ascii=False, default=str), flush=True)
    else:
        tell(tick, quiet=args.quiet)
    if args.verbose and tick.error is not None:
        sys.stderr.write(redacted("".join(traceback.format_exception(tick.error))))
    return tick


def tell(tick: "Run", *, quiet: bool = False) -> None:
    """One line per operation and per sentence; what needs a human goes to stderr."""
    for observation in sorted(tick.observations, key=lambda each: each.operation):
        if observation.exit_code:
            print(mark(f"{_line(observation)}  {_sentence(observation)}", "red"), file=sys.stderr, flush=True)
        elif not quiet:
            print(mark(_line(observation), "green"), flush=True)
    if not quiet:
        for note in tick.notes:
            print(mark(_dated(note), "yellow"), flush=True)
    if tick.error is not None:
        print(mark(_dated(str(tick.error)), "red"), file=sys.stderr, flush=True)


def _sentence(observation: "Observation") -> str:
    return say(observation.reason, **observation.facts) if observation.reason else observation.message or ""


def _warn(sentence: str) -> None:
    # a log that cannot be written must not end the ticks
    with contextlib.suppress(OSError, ValueError):
        print(mark(_dated(redacted(sentence)), "yellow"), file=sys.stderr, flush=True)


def _dated(sentence: str) -> str:
    """The sentence with the time before it, where it is for a log."""
    return sentence if is_terminal() else f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ} {sentence}"


def _line(observation: "Observation") -> str:
    line = f"{observation.observed_at:%Y-%m-%dT%H:%M:%SZ} {observation.operation} {observation.outcome}"
    if observation.received_records is not None:
        numbers = {
            "records": observation.received_records,
            "appeared": observation.appeared,
            "vanished": observation.vanished,
            "changed": observation.changed,
        }
        line += "".join(f" {name}={number}" for name, number in numbers.items())
    return f"{line} {observation.duration_seconds:.1f}s"


def as_object(tick: "Run") -> dict[str, Any]:
    """The tick for a program: plain values, times in ISO 8601."""
    from wolkvox_source.tables import SCHEMAS

    observations = [
        {name: getattr(observation, name) for name in SCHEMAS["observations"].names}
        for observation in tick.observations
    ]
    for observation in observations:
        observation["observed_at"] = observation["observed_at"].isoformat()
        observation["facts"] = json.loads(stored(observation["facts"]))
    return {
        "exit_code": tick.exit_code,
        "seconds": round(tick.seconds, 3),
        "observations": observations,
        "notes": list(tick.notes),
        "error": None if tick.error is None else str(tick.error),
        "copy": None if tick.copy is None else str(tick.copy),
    }
