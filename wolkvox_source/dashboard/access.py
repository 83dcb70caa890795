"""Who may see the page: requests to a name of this machine alone, and with a token only those who have it."""

import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN = "access_token"  # noqa: S105 - the name of a part of the address
_SECONDS_REMEMBERED = 30 * 86400


def names_of_this_machine() -> frozenset[str]:
    """What a browser may call this machine by, beside any of its addresses."""
    return frozenset({"localhost", socket.gethostname().lower(), socket.getfqdn().lower()})


def is_ours(host: str, names: Iterable[str], *, here_only: bool) -> bool:
    """Whether a Host header means this machine: a page of another name that resolves to it has no business here."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name == "localhost" if here_only else name in names
    return address.is_loopback or not here_only


class Guarded:
    """Turns away requests for other hosts, asks for the token where there is one, and says what the page may do.

    The token comes in the address of the first visit; from then on the browser has it in a cookie, so that it
    stands in no address that a reader may copy.
    """

    def __init__(self, app: ASGIApp, *, token: str | None, policy: str, refusal: Callable[[Request], str]) -> None:
        self.app, self.token, self.refusal = app, token, refusal
        self.names = names_of_this_machine()
        # cookies know no ports: each dashboard on this machine has one of its own
        self.cookie = f"wolkvox_{hashlib.sha256((token or '').encode()).hexdigest()[:8]}"
        self.headers = {
            "Content-Security-Policy": f"{policy}; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        answer: Callable[[Scope, Receive, Send], Awaitable[None]] = self._kept_out(Request(scope)) or self.app
        await answer(scope, receive, sending)

    def _kept_out(self, request: Request) -> Response | None:
        """What who may not come in is told; None for the others."""
        if not is_ours(request.headers.get("host", ""), self.names, here_only=self.token is None):
            return PlainTextResponse("Unknown host", status_code=400)
        if self.token is None:
            return None
        given = request.query_params.get(TOKEN)
        if given is not None and self._fits(given):
            rest = [(name, value) for name, value in request.query_params.multi_items() if name != TOKEN]
            there = RedirectResponse(f"{request.url.path}{f'?{urlencode(rest)}' if rest else ''}", status_code=303)
            there.set_cookie(self.cookie, self.token, max_age=_SECONDS_REMEMBERED, httponly=True, samesite="lax")
            return there
        if self._fits(request.cookies.get(self.cookie, "")):
            return None
        return HTMLResponse(self.refusal(request), status_code=403)

    def _fits(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), (self.token or "").encode())
