"""Log in, log out, the static files, and the two probes. All that a stranger may reach."""

from __future__ import annotations

import re
import secrets
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from mailbot import accounts
from mailbot.accounts import Session
from mailbot.console.gate import Act, See, names, parts_of
from mailbot.console.page import Pages, render

router = APIRouter()
LOCAL_PATH = re.compile(r"/(?:[A-Za-z0-9_][A-Za-z0-9_/.-]{0,200})?(?:\?[A-Za-z0-9_=&.%-]{0,300})?")


@router.api_route("/livez", methods=["GET", "HEAD"], dependencies=[Depends(See("live"))])
def livez() -> PlainTextResponse:
    return PlainTextResponse("ok\n")


@router.api_route("/readyz", methods=["GET", "HEAD"], dependencies=[Depends(See("live"))])
def readyz(request: Request) -> PlainTextResponse:
    """Does the database answer? Says no more than that."""
    trouble = parts_of(request).engine.ping()
    return PlainTextResponse("ready\n") if trouble is None else PlainTextResponse("not ready\n", 503)


@router.get("/static/{name}", dependencies=[Depends(See("static"))])
def static(request: Request, name: str) -> Response:
    """A file out of memory: a path can lead nowhere else."""
    pages: Pages = request.app.state.pages
    file = pages.files.get(name)
    if file is None:
        raise HTTPException(404)
    # With its mark in the address a file never changes under that address.
    lasting = request.query_params.get("v") == file.mark
    cache = "public, max-age=31536000, immutable" if lasting else "no-cache"
    return Response(file.content, media_type=file.content_type, headers={"Cache-Control": cache})


@router.get("/login")
def login_page(
    request: Request,
    visitor: Annotated[Session | None, Depends(See("log_in"))],
    next: str = "/",  # noqa: A002
) -> Response:
    if visitor is not None:
        return RedirectResponse(local(next), 303)
    return door(request, local(next))


@router.post("/login")
def login(
    request: Request,
    visitor: Annotated[Session | None, Depends(Act("log_in"))],
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """A new session with a new token; the one before, if any, ends."""
    parts = parts_of(request)
    address = request.client.host if request.client else ""
    opened = accounts.log_in(parts.engine, name, password, address, parts.wall.now())
    if opened is None:
        return door(request, local(next), why="refused", name=name[:80], status=401)
    cookies = names(request)
    if visitor is not None:
        accounts.log_out(parts.engine, request.cookies.get(cookies.session, ""))
    answer = RedirectResponse(local(next), 303)
    answer.set_cookie(cookies.session, opened.token, path="/", httponly=True, samesite="lax", secure=cookies.secure)
    answer.delete_cookie(cookies.form, path="/", httponly=True, samesite="lax", secure=cookies.secure)
    return answer


@router.post("/logout")
def logout(request: Request, visitor: Annotated[Session, Depends(Act("log_out"))]) -> Response:
    cookies = names(request)
    accounts.log_out(parts_of(request).engine, request.cookies.get(cookies.session, ""))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(cookies.session, path="/", httponly=True, samesite="lax", secure=cookies.secure)
    return answer


def door(
    request: Request,
    next_: str,
    why: Literal["", "refused", "expired"] = "",
    name: str = "",
    status: int = 200,
) -> Response:
    """The log-in page. Its form carries the token of a cookie, as there is no session yet to carry one."""
    cookies = names(request)
    token = request.cookies.get(cookies.form, "")
    if len(token) < 32:
        token = secrets.token_urlsafe(32)
    request.state.form_token = token
    request.state.session = None
    answer = render(request, "login.html", status, next=next_, name=name, why=why)
    answer.set_cookie(cookies.form, token, path="/", httponly=True, samesite="lax", secure=cookies.secure)
    return answer


def local(path: str) -> str:
    """A path of ours to go on to; whatever else it might be leads to the start."""
    return path if LOCAL_PATH.fullmatch(path) else "/"


def to_login(request: Request) -> RedirectResponse:
    """Off to the log-in page and back here afterwards."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/login?{urlencode({'next': path})}" if local(path) != "/" else "/login", 303)
