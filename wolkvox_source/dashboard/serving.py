"""The page behind a web server: Starlette, with one address for the page and one for an agent."""

import contextlib
import threading
import time
from collections.abc import Callable
from datetime import date

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from wolkvox_source.clock import utc_now
from wolkvox_source.dashboard import frame, page
from wolkvox_source.dashboard.access import Guarded
from wolkvox_source.dashboard.answers import Answers
from wolkvox_source.dashboard.copy import Asked
from wolkvox_source.dashboard.page import Choice, View
from wolkvox_source.dashboard.words import Words
from wolkvox_source.errors import ConfigurationError, UnavailableError, WolkvoxError
from wolkvox_source.language import LANGUAGES, Language

_LOOK_FOR_A_NEW_COPY_SECONDS = 5


def application(source: Callable[[], Asked], language: Language, choice: Choice, token: str | None) -> Starlette:
    """What uvicorn serves: with a token to who has it, without one to this machine only.

    `source` gives what is to be asked, as it is now; `language` is for readers whose browser asks for none that the
    page speaks.
    """

    def view(request: Request) -> View:
        asked = request.query_params
        chosen = Choice(
            asked.get("operation") or choice.operation,
            _day(asked.get("day")) or choice.day,
            choice.teams,
            choice.too_long,
        )
        return View(Answers(source().query), spoken(request, language), chosen, utc_now(), live=True)

    def whole(request: Request) -> Response:
        try:
            shown = view(request)
        except WolkvoxError as error:
            words = Words(spoken(request, language))
            return HTMLResponse(frame.trouble(words, words.tell(error)), status_code=_status(error))
        return StreamingResponse(page.streamed(shown), media_type="text/html")

    def agent(request: Request) -> Response:
        words = Words(spoken(request, language))
        key = request.query_params.get("key", "")
        try:
            body = view(request).person(key)
        except KeyError:
            return HTMLResponse(frame.trouble(words, words.say("page_no_such_agent", agent=key)), status_code=404)
        except WolkvoxError as error:
            return HTMLResponse(frame.trouble(words, words.tell(error)), status_code=_status(error))
        return HTMLResponse(str(body) if "part" in request.query_params else frame.alone(words, body))

    def refusal(request: Request) -> str:
        words = Words(spoken(request, language))
        return frame.trouble(words, words.say("page_who_are_you"))

    guard = Middleware(Guarded, token=token, policy=frame.policy(), refusal=refusal)
    return Starlette(routes=[Route("/", whole), Route("/agent", agent)], middleware=[guard])


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError("page_bad_day", day=text) from None


def _status(error: WolkvoxError) -> int:
    return 503 if isinstance(error, UnavailableError) else 404


def spoken(request: Request, otherwise: Language) -> Language:
    """The language that the address names, else the one that the browser likes best of those the page speaks."""
    for language in LANGUAGES:
        if request.query_params.get("lang") == language:
            return language
    liked: list[tuple[float, Language]] = []
    for each in request.headers.get("accept-language", "").lower().split(","):
        name, _, quality = each.strip().partition(";q=")
        for language in LANGUAGES:
            if name.partition("-")[0] == language:
                with contextlib.suppress(ValueError):
                    liked.append((float(quality or 1), language))
    # the first of those liked equally, and none that is refused with q=0
    return max(liked, key=lambda each: each[0], default=(1.0, otherwise))[1] if any(q for q, _ in liked) else otherwise


def keep_warm(source: Callable[[], Asked], choice: Choice) -> None:
    """Ask what the page asks whenever there is something new, so that no reader has to wait for it."""

    def warm() -> None:
        known: Asked | None = None
        while True:
            with contextlib.suppress(WolkvoxError):
                asked = source()
                if asked != known:
                    for _ in View(Answers(asked.query), "en", choice, utc_now(), live=True).pieces():
                        pass
                    known = asked
            time.sleep(_LOOK_FOR_A_NEW_COPY_SECONDS)

    threading.Thread(target=warm, daemon=True).start()
