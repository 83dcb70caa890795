"""The simulator as a program: a lively contact centre until it is stopped from outside."""

from __future__ import annotations

import errno
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta, timezone
from types import FrameType

from .server import Simulator
from .wire.traffic import Request
from .world.centre import ContactCentre

# a clock that is faster than the real one begins so long ago that it has caught up after an hour, and at most a month
_CATCHES_UP_AFTER, _BEHIND_AT_MOST = timedelta(hours=1), timedelta(days=30)

# sysexits' EX_USAGE: another port has to be typed
EX_USAGE = 64

_WORDS = {
    "en": {
        "welcome": """\
A contact centre with {agents} invented agents listens at {url}
Its clock says {now} in {zone}; its token is {token}{catching_up}

See the report:
  {report}

Point a sync at it:
  {settings}

Ctrl-C stops it.""",
        "catching_up": """
It runs {speed:g} times as fast until {until}, when it has caught up with your own clock: a sync is told of nothing that
is still to come, and what happens meanwhile happened days before the sync that sees it.""",
        "stopped": "The simulator has stopped.",
        "taken": "Port {port} is taken by another program: choose another port.",
        "unheard": "Cannot listen at {host}:{port} ({error}): choose another port or host.",
    },
    "es": {
        "welcome": """\
Un centro de contacto con {agents} agentes inventados escucha en {url}
Su reloj dice {now} en {zone}; su token es {token}{catching_up}

Vea el reporte:
  {report}

Apunte una sincronización hacia él:
  {settings}

Ctrl-C lo detiene.""",
        "catching_up": """
Corre {speed:g} veces más rápido hasta las {until}, cuando alcanza al reloj de usted: una sincronización no recibe nada
que esté por venir, y lo que ocurre mientras tanto ocurrió días antes de la sincronización que lo ve.""",
        "stopped": "El simulador se detuvo.",
        "taken": "El puerto {port} lo tiene otro programa: elija otro puerto.",
        "unheard": "No se puede escuchar en {host}:{port} ({error}): elija otro puerto u otra dirección.",
    },
}


def serve(
    port: int = 8420,
    agents: int = 80,
    seed: int = 7,
    speed: float = 1.0,
    host: str = "127.0.0.1",
    language: str = "en",
) -> None:
    """Run a simulator until Ctrl-C or SIGTERM; a port that cannot be had exits with 64.

    What it says is in English, or in Spanish for `es`.
    """
    words = _WORDS[language]
    began = datetime.now(timezone.utc)
    behind = min(max(speed - 1, 0.0) * _CATCHES_UP_AFTER, _BEHIND_AT_MOST)
    centre = ContactCentre(seed=seed, agents=agents, speed=speed, now=began - behind, real_at_most=True)
    with ExitStack() as stack:
        stopped = stack.enter_context(_until_stopped())
        try:
            simulator = stack.enter_context(Simulator(centre, port=port, host=host, access_log=_log))
        except (OSError, OverflowError) as error:
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            said = words["taken" if taken else "unheard"]
            print(said.format(host=host, port=port, error=error), file=sys.stderr)
            raise SystemExit(EX_USAGE) from error
        catching_up = ""
        if behind:
            until = began + behind / (speed - 1)
            catching_up = words["catching_up"].format(speed=speed, until=f"{until.astimezone():%H:%M}")
        print(words["welcome"].format(**_facts(simulator, centre), catching_up=catching_up), flush=True)
        # a wait without an end cannot be interrupted on Windows
        while not stopped.wait(1):
            continue
    print(words["stopped"], flush=True)


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


def _facts(simulator: Simulator, centre: ContactCentre) -> dict[str, object]:
    token = centre.door.tokens[0]
    settings = (
        "export SOURCES__WOLKVOX__SERVER=demo",
        f"export SOURCES__WOLKVOX__TOKEN={token}",
        f"export SOURCES__WOLKVOX__BASE_URL={simulator.url}",
        "wolkvox sync",
    )
    return {
        "agents": len(centre.agents),
        "url": simulator.url,
        "now": f"{centre.now:%Y-%m-%d %H:%M}",
        "zone": centre.now.tzinfo,
        "token": token,
        "report": f"curl -H 'wolkvox-token: {token}' '{simulator.url}/api/v2/information.php?api=agents'",
        "settings": "\n  ".join(settings),
    }


def _log(request: Request) -> None:
    # neither the query's values nor a body: one may hold a token, the other a password
    api = request.api.encode("unicode_escape").decode("ascii")[:40]
    file = request.file.encode("unicode_escape").decode("ascii")[:40]
    print(f"{request.at:%H:%M:%S} {request.method} {file} {api} {request.status or '-'}", file=sys.stderr)
