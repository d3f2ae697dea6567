"""The console as one ASGI application: routes, error pages, the layer of headers around everything."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response

from mailbot.console.armour import Armour
from mailbot.console.gate import LoginNeededError, hosts
from mailbot.console.page import Pages, language_of, render
from mailbot.console.parts import Parts
from mailbot.console.routes import (
    aside,
    customer,
    drafts,
    ends,
    entrance,
    knowledge,
    learned,
    mails,
    queue,
    rating,
    reminders,
    solutions,
    team,
    ticket,
    work,
)
from mailbot.console.words import WORDS, Words

__all__ = ["Parts", "create_app"]


def create_app(parts: Parts) -> FastAPI:
    """The console. Another part may add to it: `app.state.pages.add(...)` and `app.include_router(...)`."""
    app = FastAPI(
        title="mailbot",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        middleware=[Middleware(Armour, hosts=hosts(parts.config.console))],
    )
    app.state.parts = parts
    app.state.pages = Pages()
    for part in (
        entrance,
        queue,
        ticket,
        work,
        solutions,
        team,
        ends,
        drafts,
        mails,
        aside,
        reminders,
        knowledge,
        learned,
        customer,
        rating,
    ):
        app.include_router(part.router)
    app.add_exception_handler(LoginNeededError, _login_needed)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _broken)
    return app


def _login_needed(request: Request, error: Exception) -> Response:
    if isinstance(error, LoginNeededError) and error.expired:
        return entrance.door(request, "/", "expired", status=401)
    return entrance.to_login(request)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _page(request, error.status_code, "_right" if error.detail == "right" else "_more")


def _invalid(request: Request, error: Exception) -> Response:
    """A path or a field that cannot be meant: an id that is no number leads to no page."""
    assert isinstance(error, RequestValidationError)
    in_path = any(each["loc"][0] == "path" for each in error.errors())
    return _page(request, 404 if in_path else 400)


def _broken(request: Request, error: Exception) -> Response:
    """The error itself is raised on and logged; the page tells nothing of it, and asks no database."""
    request.state.session = None
    return _page(request, 500)


def _page(request: Request, status: int, more: str = "_more") -> Response:
    if request.url.path.startswith(rating.PREFIX):
        return rating.trouble(request, status)
    t = Words(language_of(request))
    code = status if f"error.{status}" in WORDS else 400
    key = f"error.{code}{more}" if f"error.{code}{more}" in WORDS else f"error.{code}_more"
    return render(request, "error.html", status, heading=t(f"error.{code}"), more=t(key))
