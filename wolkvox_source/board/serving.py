"""The app behind a web server: marimo's, and before it the page as it is, since marimo takes seconds to begin.

Needs marimo, which brings starlette and uvicorn.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from pathlib import Path

import marimo
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount

from wolkvox_source.board.answers import Copy, utc_now
from wolkvox_source.board.page import View, page_body, style
from wolkvox_source.errors import WolkvoxError
from wolkvox_source.sentences import Language

_LOOK_FOR_A_NEW_COPY_SECONDS = 15
_WAIT_FOR_THE_FIRST_PAGE_SECONDS = 0.7
# the page lies over marimo's until marimo has drawn its last section; should it never, the page is there to read
_FIRST_PAGE = """<body>
<style>.wv-first {{ position: fixed; inset: 0; overflow: auto; z-index: 10; }}</style>
{style}<div class="wv-page wv-first"><main>{body}</main></div>
<script>
new MutationObserver((_, seen) => {{
  if (!document.querySelector('#root #changes')) return;
  seen.disconnect();
  document.querySelector('.wv-first').remove();
}}).observe(document.body, {{childList: true, subtree: true}});
</script>
"""


def application(app: Path, file: Path, language: Language, token: str | None) -> Starlette:
    """What uvicorn serves: with a token to whoever has it, without one to this machine only."""
    served = marimo.create_asgi_app(quiet=True, token=token).with_app(path="", root=str(app)).build()
    # a page of another name that resolves to this machine has no business here
    here = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"])
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
        with contextlib.suppress(WolkvoxError, ValueError, asyncio.TimeoutError):
            body = await asyncio.wait_for(
                asyncio.to_thread(_body, file, language, request.query_params), _WAIT_FOR_THE_FIRST_PAGE_SECONDS
            )
            html = html.replace("<body>", _FIRST_PAGE.format(style=style(), body=body), 1)
        return Response(html, media_type="text/html", headers={"Cache-Control": "no-store"})

    return with_first_page


def _body(file: Path, language: Language, asked: Mapping[str, str]) -> str:
    spoken: Language = "es" if asked.get("lang", language) == "es" else "en"
    day = date.fromisoformat(asked["day"]) if "day" in asked else None
    return page_body(View(Copy.at(file), spoken, asked.get("operation"), day), utc_now())


def keep_warm(file: Path) -> None:
    """Ask what the page opens with whenever there is a new copy, so that nobody has to wait for it."""

    def warm() -> None:
        while True:
            with contextlib.suppress(WolkvoxError):
                View(Copy.at(file), "en").everything()
            time.sleep(_LOOK_FOR_A_NEW_COPY_SECONDS)

    threading.Thread(target=warm, daemon=True).start()
