"""The outermost layer: which hosts we answer to, how big a form may be, and the headers of every answer.

Written as plain functions that hand awaitables on, so that the console has no async code of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_FORM = 1024 * 1024
OPEN_PATHS = frozenset({"/livez", "/readyz"})  # probes come by any name and learn nothing

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
# Referrer-Policy same-origin and not no-referrer: under the latter browsers send "Origin: null" with our own
# forms (Fetch standard, "append a request Origin header"), and the origin check would be worth nothing.
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Armour:
    """ASGI middleware; a header that the answer has already is left as it is."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http":
            return self._app(scope, receive, send)

        def dressed(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            return send(message)

        refused = self._refusal(scope)
        if refused is not None:
            return refused(scope, receive, dressed)
        return self._app(scope, receive, dressed)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        if headers.get("host", "").lower() not in self._hosts and scope["path"] not in OPEN_PATHS:
            return PlainTextResponse("This is not the address of this console.\n", 421)
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            return None
        length = headers.get("content-length", "")
        if not length.isascii() or not length.isdigit():
            return PlainTextResponse("Send the length of the form.\n", 411)
        if int(length[:20]) > LARGEST_FORM:
            return PlainTextResponse("This form is too large.\n", 413)
        return None
