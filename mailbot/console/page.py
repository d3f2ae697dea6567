"""A template and its facts -> an answer. Knows languages, clocks and static files; nothing about tickets."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote

from fastapi import Request
from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from mailbot.console import moments, reads
from mailbot.console.armour import HEADERS
from mailbot.console.gate import names, parts_of, session_of
from mailbot.console.words import LANGUAGES, Words, choose
from mailbot.core.rules import RuleBook

HERE = Path(__file__).parent
LANGUAGE_COOKIE = "mailbot_lang"
YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file of static/, held in memory; its mark in the address changes with its bytes."""

    content: bytes
    content_type: str
    mark: str


class Pages:
    """The templates and static files; `add` lets another part (the demo) bring its own."""

    def __init__(self) -> None:
        self.files: dict[str, StaticFile] = {}
        self._folders: list[BaseLoader] = []
        self.environment = Environment(
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self.add(HERE / "pages", HERE / "static")

    def add(self, pages: Path, static: Path | None = None) -> None:
        """Further templates (they may extend base.html) and static files."""
        self._folders.append(FileSystemLoader(pages))
        self.environment.loader = ChoiceLoader(self._folders)
        for path in sorted(static.iterdir()) if static else ():
            content = path.read_bytes()
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            self.files[path.name] = StaticFile(content, kind, hashlib.sha256(content).hexdigest()[:12])

    def static(self, name: str) -> str:
        """The address of a static file."""
        return f"/static/{name}?v={self.files[name].mark}"


def render(
    request: Request, template: str, status: int = 200, headers: Mapping[str, str] | None = None, **facts: object
) -> HTMLResponse:
    """A page in the visitor's language. Works for visitors who are not logged in, too."""
    parts = parts_of(request)
    pages: Pages = request.app.state.pages
    language = language_of(request)
    now, zone = parts.clock.now(), parts.config.company.zone
    book = parts.desk.desktop().office.book
    session = session_of(request)
    form_token = session.csrf if session else getattr(request.state, "form_token", "")
    standing: dict[str, object] = {
        "t": Words(language),
        "lang": language,
        "other_lang": next(one for one in LANGUAGES if one != language),
        "path": request.url.path if request.method == "GET" else "",  # a form's address is no page
        "session": session,
        "csrf": form_token,
        "kept": getattr(request.state, "typed", "") if status in (401, 403) else "",
        "company": parts.config.company.name,
        "now": now,
        "static": pages.static,
        "when": lambda at: moments.short(at, now, zone, language),
        "exactly": partial(moments.full, zone=zone),
        "iso": lambda at: at.isoformat(timespec="seconds"),
        "countdown": lambda at: moments.countdown(at, now, language),
        "field_time": partial(moments.field, zone=zone),
        "topic_name": partial(topic_name, book, language),
        "customer_page": customer_page,
        **(_for_agents(request, now) if session else {}),
    }
    html = pages.environment.get_template(template).render(**standing, **facts)
    answer = HTMLResponse(html, status, headers={**HEADERS, **(headers or {})})
    if request.query_params.get("lang") in LANGUAGES:
        answer.set_cookie(
            LANGUAGE_COOKIE, language, max_age=YEAR, samesite="lax", httponly=True, secure=names(request).secure
        )
    return answer


def _for_agents(request: Request, now: datetime) -> dict[str, object]:
    """What the frame tells those who are logged in: reminders that wait, and a calendar with a gap."""
    parts = parts_of(request)
    with parts.engine.read() as tx:
        waiting = reads.reminders_waiting(tx)
    year = parts.desk.door.hours_of(None).unknown_year(now)
    this = now.astimezone(parts.config.company.zone).year
    t = Words(language_of(request))
    calendar = t("calendar.this" if year == this else "calendar.next", year=year) if year is not None else ""
    return {"reminders_waiting": waiting, "calendar_gap": calendar}


def department_names(request: Request) -> Mapping[str, str]:
    """Code -> name of every department, in the visitor's language and in the order of the rules."""
    departments = parts_of(request).desk.desktop().office.book.departments
    return {code: each.name[language_of(request)] for code, each in departments.items()}


def topic_name(book: RuleBook, language: str, category: str, topic: str) -> str:
    """ "投诉 · 物流破损" in the visitor's language; codes that the rules do not know stand for themselves."""
    first = book.categories.get(category, {}).get(language, category)
    second = book.topics.get((category, topic))
    return f"{first} · {second.name.get(language, topic)}" if second else first


def customer_page(address: str) -> str:
    """The page of the customer who writes from this address, whatever stands in it."""
    return f"/customers/{quote(address, safe='@')}"


def language_of(request: Request) -> str:
    return choose(
        request.query_params.get("lang"),
        request.cookies.get(LANGUAGE_COOKIE),
        request.headers.get("accept-language", ""),
    )


def now_of(request: Request) -> datetime:
    """The moment by the tickets' clock."""
    return parts_of(request).clock.now()
