"""A contact centre on your own machine, with people, shifts and a wolkvox-shaped HTTP face.

It shares no code with the rest of the package: a fake built from the parser that it tests would
agree with every bug in it. Every person in it is invented.

- `ContactCentre`: the world: agents, a clock, and verbs that make things happen
- `Agent`: one of them; `StatusEvent`, `Session`, `Shift`: what truly happened, and what was planned
- `Simulator`: centres behind real sockets, and misbehaviour on request
- `Answer`, `Cut`, `Delay`, `EchoToken`, `GzipTwice`, `Hang`, `HangUp`, `MAINTENANCE`, `Truncate`: how it
  can misbehave; `Stream` with one of `streams`: answers that never end
- `Request`: one line of the simulator's log
- `serve`: the simulator in the foreground, for people without an account
"""

from .foreground import serve
from .server import Simulator
from .wire import streams
from .wire.echo import EchoToken
from .wire.misbehaviour import MAINTENANCE, Cut, Delay, Hang, HangUp, Truncate
from .wire.streams import GzipTwice, Stream
from .wire.traffic import Answer, Request
from .world.centre import ContactCentre
from .world.people import Agent
from .world.truth import Session, Shift, StatusEvent

__all__ = [
    "MAINTENANCE",
    "Agent",
    "Answer",
    "ContactCentre",
    "Cut",
    "Delay",
    "EchoToken",
    "GzipTwice",
    "Hang",
    "HangUp",
    "Request",
    "Session",
    "Shift",
    "Simulator",
    "StatusEvent",
    "Stream",
    "Truncate",
    "serve",
    "streams",
]
