"""What wolkvox answers: every api that the simulator knows, and the refusals around them.

Texts are the vendor's where its page https://wolkvox.com/en/api-response-codes has them; the others
are invented, and say so. See the vendor's pages "Information" and "Configuration" for the bodies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..wire.traffic import Answer, Refusal, Request
from ..world.centre import ContactCentre
from . import configuration, information, real_time, reports_manager
from .envelope import NOTHING_THERE

MISSING_TOKEN = Refusal(401, "UNAUTHORIZED", "PLEASE ENTER THE WOLKVOX-TOKEN")
UNKNOWN_API = Refusal(400, "BAD REQUEST", "THE API YOU WANT TO CONSULT DOES NOT EXIST")
# invented words: the vendor's sister product lists 405 without a text
WRONG_METHOD = Refusal(405, "METHOD NOT ALLOWED", "METHOD NOT ALLOWED")
NOT_FOUND = Answer(
    404,
    b"<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>\n",
    {"Content-Type": "text/html; charset=UTF-8"},
)


class Route(NamedTuple):
    """The one method of an api, and what it does."""

    method: str
    answer: Callable[[ContactCentre, Request], Answer]


ROUTES: Mapping[str, Mapping[str, Route]] = {
    "information.php": {
        "agents": Route("GET", information.agents),
        "skills": Route("GET", information.skills),
        "agents_in_skill": Route("GET", information.agents_in_skill),
        "token_info": Route("GET", information.token_info),
        "audit_log": Route("GET", reports_manager.nothing),
    },
    "real_time.php": {"agents": Route("GET", real_time.agents)},
    "reports_manager.php": {
        **{f"agent_{number}": Route("GET", reports_manager.nothing) for number in range(1, 17)},
        "agent_7": Route("GET", reports_manager.agent_7),
        "agent_14": Route("GET", reports_manager.agent_14),
    },
    "configuration.php": {
        "create_agent": Route("POST", configuration.create_agent),
        "edit_agent": Route("PUT", configuration.edit_agent),
        "enable_agent": Route("PUT", configuration.enable_agent),
        "disable_agent": Route("PUT", configuration.disable_agent),
        "create_skill": Route("POST", configuration.create_skill),
        "edit_skill": Route("PUT", configuration.edit_skill),
        "add_agents_skill": Route("POST", configuration.add_agents_skill),
        "remove_agents_skill": Route("DELETE", configuration.remove_agents_skill),
    },
}


def answer(centre: ContactCentre, request: Request) -> Answer:
    """Carry a request out in the world and say what came of it."""
    file = ROUTES.get(request.file)
    if file is None or request.path != f"/api/v2/{request.file}":
        return NOT_FOUND
    try:
        return _route(centre, file, request).answer(centre, request)
    except Refusal as refusal:
        return refusal.answer(centre.code)


def _route(centre: ContactCentre, file: Mapping[str, Route], request: Request) -> Route:
    route = file.get(request.api)
    if route is None:
        raise UNKNOWN_API
    if request.api in centre.absent_apis:
        raise NOTHING_THERE
    if request.method != route.method:
        raise WRONG_METHOD
    return route
