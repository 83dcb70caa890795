"""The app behind a web server: marimo's, and before it the page as it is, since marimo takes seconds to begin.

Needs marimo, which brings starlette and uvicorn.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from datetime import date
from pathlib import Path

import marimo
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount

from wolkvox_source.dashboard.answers import Copy, utc_now
from wolkvox_source.dashboard.page import SEARCH, View, style
from wolkvox_source.errors import WolkvoxError
from wolkvox_source.language import Language

_LOOK_FOR_A_NEW_COPY_SECONDS = 15
# marimo begins when its page has ended, so that is not put off for ever
_FIRST_PAGE_SECONDS = 4
_OPENING = """
<style>.wv-first { position: fixed; inset: 0; overflow: auto; z-index: 10; }</style>
<div class="wv-page wv-first"><main>
"""
# the page lies over marimo's until marimo has drawn its last section; should it never, the page is there to read
_CLOSING = """
</main></div>
<script>
new MutationObserver((_, seen) => {
  if (!document.querySelector('#root #changes')) return;
  seen.disconnect();
  document.querySelector('.wv-first').remove();
}).observe(document.body, {childList: true, subtree: true});
</script>
"""


def application(app: Path, file: Path, language: Language, token: str | None) -> Starlette:
    """What uvicorn serves: with a token to whoever has it, without one to this machine only."""
    served = marimo.create_asgi_app(quiet=True, token=token).with_app(path="", root=str(app)).build()
    # a page of another name that resolves to this machine has no business here
    here = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    first = Middleware(BaseHTTPMiddleware, dispatch=_with_first_page(file, language))
    return Starlette(routes=[Mount("/", served)], middleware=[first] if token else [here, first])


def _with_first_page(
    file: Path, language: Language
) -> Callable[[Request, Callable[[Request], Awaitable[Response]]], Awaitable[Response]]:
    async def with_first_page(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        # a login page is not the app's, and gets nothing
        if request.url.path != "/" or response.status_code != 200:
            return response
        # what starlette hands a middleware is a stream, whatever its type says
        html = b"".join([chunk async for chunk in response.body_iterator]).decode()  # type: ignore[attr-defined]
        page = _streamed(html, _parts(file, language, request.query_params))
        return StreamingResponse(page, media_type="text/html", headers={"Cache-Control": "no-store"})

    return with_first_page


async def _streamed(html: str, parts: Iterator[str]) -> AsyncIterator[str]:
    """marimo's page with ours at the top of its body, part by part as each is answered."""
    head, body, rest = html.partition("<body>")
    yield head + body
    until = time.monotonic() + _FIRST_PAGE_SECONDS
    opened = False
    with contextlib.suppress(asyncio.TimeoutError):
        while part := await asyncio.wait_for(asyncio.to_thread(next, parts, ""), until - time.monotonic()):
            yield part if opened else _OPENING + part
            opened = True
    yield (f"{_CLOSING}<script>{SEARCH}</script>" if opened else "") + rest


def _parts(file: Path, language: Language, asked: Mapping[str, str]) -> Iterator[str]:
    # the app itself says what is wrong
    with contextlib.suppress(WolkvoxError, ValueError):
        day = date.fromisoformat(asked["day"]) if "day" in asked else None
        spoken: Language = "es" if asked.get("lang", language) == "es" else "en"
        view = View(Copy.at(file), spoken, asked.get("operation"), day)
        yield style() + view.title() + view.freshness(utc_now())
        yield from view.everything()


def keep_warm(file: Path) -> None:
    """Ask what the page opens with whenever there is a new copy, so that nobody has to wait for it."""

    def warm() -> None:
        while True:
            with contextlib.suppress(WolkvoxError):
                list(View(Copy.at(file), "en").everything())
            time.sleep(_LOOK_FOR_A_NEW_COPY_SECONDS)

    threading.Thread(target=warm, daemon=True).start()
