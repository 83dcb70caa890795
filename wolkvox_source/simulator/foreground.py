"""The simulator as a program: a lively contact centre until somebody stops it."""

from __future__ import annotations

import errno
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

from .server import Simulator
from .wire.traffic import Request
from .world.centre import ContactCentre

# sysexits' EX_USAGE: another port has to be typed
EX_USAGE = 64


def serve(
    port: int = 8420,
    agents: int = 80,
    seed: int = 7,
    speed: float = 1.0,
    host: str = "127.0.0.1",
) -> None:
    """Run a simulator until Ctrl-C or SIGTERM; a port that cannot be had exits with 64."""
    centre = ContactCentre(seed=seed, agents=agents, speed=speed)
    with ExitStack() as stack:
        stopped = stack.enter_context(_until_stopped())
        try:
            simulator = stack.enter_context(Simulator(centre, port=port, host=host, access_log=_log))
        except (OSError, OverflowError) as error:
            print(_cannot_listen(error, host, port), file=sys.stderr)
            raise SystemExit(EX_USAGE) from error
        print(_welcome(simulator, centre), flush=True)
        # a wait without an end cannot be interrupted on Windows
        while not stopped.wait(1):
            continue
    print("The simulator has stopped.", flush=True)


@contextmanager
def _until_stopped() -> Iterator[threading.Event]:
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _welcome(simulator: Simulator, centre: ContactCentre) -> str:
    token = centre.door.tokens[0]
    return f"""\
A contact centre with {len(centre.agents)} invented agents listens at {simulator.url}
Its clock says {centre.now:%Y-%m-%d %H:%M} in {centre.now.tzinfo}; its token is {token}

See the report:
  curl -H 'wolkvox-token: {token}' '{simulator.url}/api/v2/information.php?api=agents'

Point a sync at it:
  export SOURCES__WOLKVOX__SERVER=demo
  export SOURCES__WOLKVOX__TOKEN={token}
  export SOURCES__WOLKVOX__BASE_URL={simulator.url}
  wolkvox sync

Ctrl-C stops it."""


def _cannot_listen(error: OSError | OverflowError, host: str, port: int) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program: choose another port."
    return f"Cannot listen at {host}:{port} ({error}): choose another port or host."


def _log(request: Request) -> None:
    # neither the query's values nor a body: one may hold a token, the other a password
    api = request.api.encode("unicode_escape").decode("ascii")[:40]
    file = request.file.encode("unicode_escape").decode("ascii")[:40]
    print(f"{request.at:%H:%M:%S} {request.method} {file} {api} {request.status or '-'}", file=sys.stderr)
