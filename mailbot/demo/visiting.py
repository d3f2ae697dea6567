"""A customer's browser in a story: opens links out of our mails on the real console, and presses the button.

Only addresses of the demo's own console are opened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import unescape
from http.cookiejar import CookieJar
from types import TracebackType
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

from mailbot.demo.stage import Untold
from mailbot.demo.world import World

SECONDS = 10.0
_FORM = re.compile(r'<form method="post" action="(/r/[^"]{1,300})"')
_TOKEN = re.compile(r'name="csrf" value="([^"]{1,200})"')
_HEADING = re.compile(r"<h1[^>]{0,100}>(.{1,200}?)</h1>", re.DOTALL)


class Visitor:
    """Runs the console while it is looked at; keeps its cookies."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stop: Callable[[], None] = lambda: None
        self._open = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar())).open

    def __enter__(self) -> Visitor:
        # Imported here: most stories need no web framework.
        from mailbot.console.server import serve

        app = self._world.app
        self._stop = serve(app.config, app.engine, app.desk, app.clock)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def look(self, link: str) -> None:
        """GET and HEAD, as programs do that follow links."""
        for method in ("HEAD", "GET"):
            self._page(Request(self._ours(link), method=method))  # noqa: S310 (our own console)

    def rate(self, link: str, score: str, reason: str) -> str:
        """What the page says after the button was pressed."""
        return self.press(link, {"score": score, "reason": reason})

    def press(self, link: str, fields: Mapping[str, str] | None = None) -> str:
        """Open the page and send its form with these fields; its heading afterwards."""
        page = self._page(Request(self._ours(link)))  # noqa: S310
        action, token = _FORM.search(page), _TOKEN.search(page)
        if action is None or token is None:
            return _heading(page)
        public = self._world.app.config.console.public_url
        data = urlencode({**(fields or {}), "csrf": unescape(token[1])}).encode()
        request = Request(public + unescape(action[1]), data, {"Origin": public})  # noqa: S310
        return _heading(self._page(request))

    def _page(self, request: Request) -> str:
        try:
            with self._open(request, timeout=SECONDS) as answer:
                return str(answer.read().decode())
        except HTTPError as error:
            with error:
                return error.read().decode()

    def _ours(self, link: str) -> str:
        console = self._world.app.config.console
        if urlsplit(link).netloc != console.listen:
            raise Untold(f"not an address of our console: {link}")
        return link


def _heading(page: str) -> str:
    found = _HEADING.search(page)
    return unescape(re.sub(r"<[^>]{0,200}>", "", found[1])).strip() if found else "a page without a heading"
