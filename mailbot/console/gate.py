"""Who may do what, and is it really they: sessions, cookies, the CSRF token and the origin of a form.

Every route names one action and passes authorize(); a test walks the route table. GET never changes anything.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Form, Request
from starlette.exceptions import HTTPException

from mailbot import accounts
from mailbot.accounts import Person, Session
from mailbot.config import Console
from mailbot.console.parts import Parts
from mailbot.store.people import ROLES

EVERYBODY = frozenset(ROLES)
SUPERVISORS = EVERYBODY - {"agent"}
# Action -> the roles that may; None: no log-in needed. An action that is missing here is a KeyError.
RIGHTS: Mapping[str, frozenset[str] | None] = {
    "live": None,
    "static": None,
    "log_in": None,
    "rating.see": None,
    "rating.give": None,
    "log_out": EVERYBODY,
    "queue.see": EVERYBODY,
    "tickets.see": EVERYBODY,
    "ticket.see": EVERYBODY,
    "mail.see": EVERYBODY,
    "aside.see": EVERYBODY,
    "draft.approve": EVERYBODY,
    "draft.override": SUPERVISORS,
    "draft.edit": EVERYBODY,
    "draft.reject": EVERYBODY,
    "draft.write": EVERYBODY,
    "reminders.see": EVERYBODY,
    "ticket.take": EVERYBODY,
    "ticket.assign": EVERYBODY,
    "ticket.note": EVERYBODY,
    "ticket.plan": EVERYBODY,
    "ticket.wait": EVERYBODY,
    "ticket.offer": EVERYBODY,
    "ticket.decline": EVERYBODY,
    "ticket.transfer": EVERYBODY,
    "ticket.task": EVERYBODY,
    "ticket.material": EVERYBODY,
    "ticket.delay": EVERYBODY,
    "ticket.escalate": EVERYBODY,
    "ticket.object": EVERYBODY,
    "ticket.promise": EVERYBODY,
    "ticket.resolve": EVERYBODY,
    "ticket.close": EVERYBODY,
    "ticket.reopen": EVERYBODY,
    "ticket.correct": EVERYBODY,
    "knowledge.see": EVERYBODY,
    "knowledge.gaps": EVERYBODY,
    "learned.see": EVERYBODY,
    "learned.undo": EVERYBODY,
    "customer.see": EVERYBODY,
    "customer.flag": EVERYBODY,
    "ticket.join": EVERYBODY,
    "ticket.merge": EVERYBODY,
    "ticket.unmerge": EVERYBODY,
    "ticket.adopt": EVERYBODY,
    "mail.move": EVERYBODY,
    "mail.retry": EVERYBODY,
    "send.settle": EVERYBODY,
}


class LoginNeededError(Exception):
    """Nobody is logged in; `expired`: somebody was about to do something."""

    def __init__(self, expired: bool) -> None:
        super().__init__("log in first")
        self.expired = expired


def authorize(person: Person | None, action: str) -> bool:
    """May this person do this?"""
    roles = RIGHTS[action]
    return roles is None or (person is not None and person.role in roles)


class See:
    """Dependency of a route that only shows something."""

    def __init__(self, action: str) -> None:
        self.action = action

    def __call__(self, request: Request) -> Session | None:
        session = session_of(request)
        _pass(session, self.action, request)
        return session


@dataclass(frozen=True, slots=True)
class Written:
    """The fields of our forms that hold somebody's own words."""

    text: Annotated[str, Form()] = ""
    result: Annotated[str, Form()] = ""
    plan: Annotated[str, Form()] = ""
    proof: Annotated[str, Form()] = ""
    reason: Annotated[str, Form()] = ""
    instead: Annotated[str, Form()] = ""

    def whole(self) -> str:
        found = (self.text, self.result, self.plan, self.proof, self.reason, self.instead)
        return "\n\n".join(words for words in found if words)


class Act:
    """Dependency of a route that changes something: the form must come from a page of ours."""

    def __init__(self, action: str) -> None:
        self.action = action

    def __call__(
        self,
        request: Request,
        written: Annotated[Written, Depends()],
        csrf: Annotated[str, Form()] = "",
    ) -> Session | None:
        check_origin(request)
        # Browsers forget the fields of a no-store page, so a refusal gives the typed words back.
        request.state.typed = written.whole()
        session = session_of(request)
        _pass(session, self.action, request)
        wanted = session.csrf if session is not None else request.cookies.get(names(request).form, "")
        if not wanted or not hmac.compare_digest(wanted.encode(), csrf.encode()):
            raise HTTPException(403, "csrf")
        return session


class SeeAsStranger(See):
    """The same for a customer's page: whoever is logged in here is a customer there, and sees what they see."""

    def __call__(self, request: Request) -> None:
        request.state.session = None
        super().__call__(request)


class ActAsStranger(Act):
    """The same for a customer's form, by the cookie of the form alone. A refusal finds the choice kept, too."""

    def __call__(  # type: ignore[override]  # FastAPI fills in the fields that each names
        self,
        request: Request,
        csrf: Annotated[str, Form()] = "",
        reason: Annotated[str, Form()] = "",
        score: Annotated[str, Form()] = "",
    ) -> None:
        request.state.session = None
        check_origin(request)
        request.state.chosen = score[:1]
        super().__call__(request, Written(reason=reason), csrf)


def form_token(request: Request) -> str:
    """The token of a form for somebody who has no session: what their cookie says, or a fresh one."""
    token = request.cookies.get(names(request).form, "")
    return token if len(token) >= 32 else secrets.token_urlsafe(32)


def _pass(session: Session | None, action: str, request: Request) -> None:
    person = session.person if session is not None else None
    if authorize(person, action):
        return
    if person is None:
        raise LoginNeededError(expired=request.method == "POST")
    raise HTTPException(403, "right")


def session_of(request: Request) -> Session | None:
    """The session of the request's cookie; looked up once a request."""
    if not hasattr(request.state, "session"):
        parts = parts_of(request)
        token = request.cookies.get(names(request).session, "")
        found = accounts.visitor(parts.engine, token, parts.wall.now()) if token else None
        request.state.session = found
    session: Session | None = request.state.session
    return session


def parts_of(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


@dataclass(frozen=True, slots=True)
class CookieNames:
    """`__Host-` binds a cookie to this host and to https; browsers refuse it over http."""

    session: str
    form: str
    secure: bool


def names(request: Request) -> CookieNames:
    secure = parts_of(request).config.console.public_url.startswith("https:")
    prefix = "__Host-" if secure else ""
    return CookieNames(f"{prefix}mailbot", f"{prefix}mailbot_form", secure)


def hosts(console: Console) -> frozenset[str]:
    """The Host headers we answer to; any other name was pointed at us by somebody else (DNS rebinding)."""
    found = {urlsplit(console.public_url).netloc.rpartition("@")[2].lower(), console.listen.lower()}
    if console.host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::"):  # noqa: S104
        found |= {f"{name}:{console.port}" for name in ("127.0.0.1", "localhost", "[::1]")}
    return frozenset(found)


def check_origin(request: Request) -> None:
    """A form is taken only from our own pages. Browsers that send neither header are none of ours."""
    console = parts_of(request).config.console
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise HTTPException(403, "origin")
    given = request.headers.get("origin") or request.headers.get("referer") or ""
    found = urlsplit(given)
    origin = f"{found.scheme}://{found.netloc}".lower()
    public = urlsplit(console.public_url)
    allowed = {f"{public.scheme}://{public.netloc}".lower(), *(f"http://{host}" for host in hosts(console))}
    if origin not in allowed:
        raise HTTPException(403, "origin")
