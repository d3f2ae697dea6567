"""The demo's own pages beside the console: everybody's mail, and the clock. Only the demo serves them.

No log-in; forms are taken from our own pages only, as in the console. Nothing here touches a ticket: customers
write by SMTP, and the clock only moves.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import sqlalchemy as sa
from fastapi import APIRouter, Depends, FastAPI, Form, Query, Request
from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, PrefixLoader
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mailbot.console import page as console
from mailbot.console.gate import check_origin
from mailbot.console.page import Pages, language_of, render
from mailbot.core.hours import Hours
from mailbot.demo import letters, mails
from mailbot.demo.letters import Letter
from mailbot.demo.travel import Clockwork
from mailbot.demo.words import speaker
from mailbot.demo.world import SUPPORT, Received, World
from mailbot.store.tables import journal, promise, ticket

HERE = Path(__file__).parent
COOKIE = "mailbot_demo"
ADDRESS = re.compile(r"[A-Za-z0-9._+-]{1,60}@(?:[a-z0-9-]{1,40}\.){1,3}(?:example|test)")
LONGEST_TEXT = 20_000
SHOWN = 60
SHOWN_JOURNAL = 200
REFRESH_SECONDS = 4
TRAVEL_SECONDS = 1  # between looks at a clock that is on its way
# The inbox is shown inside the customers' page, and refreshes there without touching what is being written.
FRAMED: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; frame-ancestors 'self'; "
        "base-uri 'none'"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}
# A mail's HTML in its own frame, as a mail program shows it: nothing is fetched, nothing runs.
SHOWN_HTML: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'; base-uri 'none'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}


def _ours(request: Request, csrf: Annotated[str, Form()] = "") -> None:
    """The form must come from a page of ours, and from the visitor it was given to."""
    check_origin(request)
    wanted = request.cookies.get(COOKIE, "")
    if not wanted or not hmac.compare_digest(wanted.encode(), csrf.encode()):
        raise HTTPException(403, "csrf")


OURS = [Depends(_ours)]
router = APIRouter()


def add_demo(app: FastAPI, world: World, clockwork: Clockwork) -> None:
    """Add the pages to the console, and a bar that leads to them on top of every page of it."""
    pages: Pages = app.state.pages
    app.state.world = world
    app.state.clockwork = clockwork
    pages.add(HERE / "pages", HERE / "static")
    loaders: list[BaseLoader] = [
        FileSystemLoader(HERE / "pages"),  # its base.html stands before the console's, and extends it
        PrefixLoader({"console": FileSystemLoader(console.HERE / "pages")}),
    ]
    if pages.environment.loader is not None:
        loaders.append(pages.environment.loader)
    pages.environment.loader = ChoiceLoader(loaders)
    pages.environment.globals["demo_words"] = speaker
    app.include_router(router)


@router.get("/demo")
def customers(
    request: Request,
    as_: Annotated[str, Query(alias="as")] = "",
    sent: bool = False,
) -> Response:
    """Write as a customer, with that customer's inbox below."""
    known = (*mails.customers(), *_world(request).colleagues())
    address = as_.strip().lower() if ADDRESS.fullmatch(as_.strip().lower()) else known[0][1]
    name = next((name for name, each in known if each == address), "")
    return _customers(request, {"address": address, "name": name, "subject": "", "text": ""}, sent=sent)


@router.post("/demo/write", dependencies=OURS)
def write(
    request: Request,
    name: Annotated[str, Form()] = "",
    address: Annotated[str, Form()] = "",
    subject: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
) -> Response:
    """A new mail, from whoever the visitor wants to be."""
    typed = {
        "name": " ".join(name.split())[:60],
        "address": address.strip().lower(),
        "subject": " ".join(subject.split())[:200],
        "text": text[:LONGEST_TEXT],
    }
    if not ADDRESS.fullmatch(typed["address"]) or typed["address"] == SUPPORT:
        return _customers(request, typed, wrong="wrong.address")
    if not typed["text"].strip() and not typed["subject"]:
        return _customers(request, typed, wrong="wrong.text")
    sender = (typed["name"], typed["address"])
    return _send(request, Letter(sender, SUPPORT, typed["subject"], _lines(typed["text"]), _local_now(request)))


@router.post("/demo/example", dependencies=OURS)
def example(request: Request, code: Annotated[str, Form()] = "") -> Response:
    """One of the examples, as its own customer (or machine) sends it."""
    sample = mails.EXAMPLES.get(code)
    if sample is None:
        raise HTTPException(404)
    _world(request).post(mails.letter(sample, _local_now(request)), sample.address)
    return _to_inbox(sample.address)


@router.get("/demo/inbox")
def inbox(request: Request, as_: Annotated[str, Query(alias="as")] = "") -> Response:
    """What a customer has received, newest first; comes again by itself."""
    received = _world(request).inbox(as_) if ADDRESS.fullmatch(as_) else []
    rows = list(reversed(received))[:SHOWN]
    return _render(request, "demo-inbox.html", rows=rows, address=as_, refresh=REFRESH_SECONDS, headers=FRAMED)


@router.get("/demo/mail/{index}")
def read(
    request: Request,
    index: int,
    as_: Annotated[str, Query(alias="as")] = "",
    style: str = "gmail",
) -> Response:
    """One mail as its customer reads it, with an answer begun below as that customer's client begins it."""
    received = _received(request, as_, index)
    chosen = style if style in letters.STYLES else letters.STYLES[0]
    original = received.mail
    moment = (original.date or _local_now(request)).astimezone(_hours(request).zone)
    return _render(
        request,
        "demo-mail.html",
        address=as_,
        index=index,
        mail=original,
        parts=_linked(original.text.strip(), _world(request).app.config.console.public_url),
        styles=letters.STYLES,
        style=chosen,
        subject=letters.answer_subject(original, chosen),
        quoted="\n\n\n" + letters.quoted(original, chosen, moment),
    )


@router.get("/demo/mail/{index}/html")
def read_html(request: Request, index: int, as_: Annotated[str, Query(alias="as")] = "") -> Response:
    """The HTML twin of a mail; its links open outside the frame."""
    html = _received(request, as_, index).mail.html
    if html is None:
        raise HTTPException(404)
    return HTMLResponse(html.replace("<head>", '<head><base target="_blank">', 1), headers=dict(SHOWN_HTML))


@router.post("/demo/mail/{index}", dependencies=OURS)
def answer(
    request: Request,
    index: int,
    address: Annotated[str, Form()] = "",
    style: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
) -> Response:
    """The answer, in the thread, with whatever the visitor made of the quoted words."""
    original = _received(request, address, index).mail
    chosen = style if style in letters.STYLES else letters.STYLES[0]
    known = {each: name for name, each in (*mails.customers(), *_world(request).colleagues())}
    return _send(
        request,
        Letter(
            sender=(known.get(address, ""), address),
            to=SUPPORT,
            subject=letters.answer_subject(original, chosen),
            text=_lines(text[: 2 * LONGEST_TEXT]),
            date=_local_now(request),
            style=chosen,
            in_reply_to=original.message_id or "",
            references=original.references,
        ),
    )


@router.get("/demo/clock")
def clock(request: Request) -> Response:
    """The time, where it can be moved to, what happened since it was, and what falls due next."""
    world, now = _world(request), _local_now(request)
    clockwork = _clockwork(request)
    journey = clockwork.journey
    with world.app.engine.read() as tx:
        happened = _journal_since(tx, journey.began_at) if journey else []
        due = tx.execute(
            sa.select(promise.c.kind, promise.c.due_at, promise.c.because, ticket.c.number, ticket.c.subject)
            .join(ticket, ticket.c.id == promise.c.ticket_id)
            .where(promise.c.state == "open", promise.c.broken_at.is_(None))
            .order_by(promise.c.due_at)
            .limit(8)
        ).all()
    return _render(
        request,
        "demo-clock.html",
        moments=moments(_hours(request), now),
        journey=journey,
        under_way=clockwork.under_way,
        share=journey.share(now) if journey else 1.0,
        refresh=TRAVEL_SECONDS,
        happened=happened,
        due=due,
    )


@router.post("/demo/clock", dependencies=OURS)
def move(request: Request, to: Annotated[str, Form()] = "") -> Response:
    """Set out for a later moment; the page shows how far the clock has come. One journey at a time."""
    moment = moments(_hours(request), _local_now(request)).get(to)
    if moment is None:
        raise HTTPException(404)
    _clockwork(request).set_out(moment)
    return RedirectResponse("/demo/clock", 303)


def moments(hours: Hours, now: datetime) -> dict[str, datetime]:
    """Where the clock can be moved to. `now` is in the company's zone; every moment lies after it."""
    evening = datetime.combine(now.date(), clock_time(17), now.tzinfo)
    while evening <= now or not hours.is_working_day(evening.date()):
        evening += timedelta(days=1)
    midnight = datetime.combine(now.date() + timedelta(days=1), clock_time(0), now.tzinfo)
    return {
        "evening": evening,
        "morning": hours.next_open(midnight).astimezone(hours.zone),
        "days": hours.add_working_days(now, 3).astimezone(hours.zone),
    }


def _journal_since(tx: sa.Connection, moment: datetime) -> list[Any]:
    query = (
        sa.select(journal.c.at, journal.c.what, journal.c.reasons, ticket.c.number, ticket.c.subject)
        .join(ticket, ticket.c.id == journal.c.ticket_id)
        .where(journal.c.at >= moment)
    )
    return list(tx.execute(query.order_by(journal.c.id.desc()).limit(SHOWN_JOURNAL)))


def _customers(request: Request, typed: Mapping[str, str], *, sent: bool = False, wrong: str = "") -> Response:
    return _render(
        request,
        "demo-customers.html",
        status=400 if wrong else 200,
        typed=typed,
        customers=mails.customers(),
        colleagues=_world(request).colleagues(),
        examples=tuple(mails.EXAMPLES),
        sent=sent,
        wrong=wrong,
    )


def _render(
    request: Request, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **facts: object
) -> Response:
    """A page with the demo's words and the token of its forms."""
    token = request.cookies.get(COOKIE, "")
    if len(token) < 32:
        token = secrets.token_urlsafe(32)
    words = speaker(language_of(request))
    answer = render(request, template, status, headers, d=words, demo_csrf=token, **facts)
    answer.set_cookie(COOKIE, token, path="/demo", httponly=True, samesite="strict")
    return answer


def _send(request: Request, letter: Letter) -> Response:
    _world(request).post(letters.write(letter), letter.sender[1])
    return _to_inbox(letter.sender[1])


def _to_inbox(address: str) -> RedirectResponse:
    return RedirectResponse(f"/demo?{urlencode({'as': address, 'sent': 1})}", 303)


def _received(request: Request, address: str, index: int) -> Received:
    found = _world(request).inbox(address) if ADDRESS.fullmatch(address) else []
    received = next((each for each in found if each.index == index), None)
    if received is None:
        raise HTTPException(404)
    return received


def _linked(text: str, public_url: str) -> list[tuple[str, bool]]:
    """The text in pieces; those that are links to our own console are marked, as mail programs make them links."""
    pieces = re.split(rf"({re.escape(public_url)}/[\w./?=&-]{{1,300}})", text)
    return [(piece, n % 2 == 1) for n, piece in enumerate(pieces) if piece]


def _lines(text: str) -> str:
    """Browsers send CRLF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _world(request: Request) -> World:
    world: World = request.app.state.world
    return world


def _clockwork(request: Request) -> Clockwork:
    clockwork: Clockwork = request.app.state.clockwork
    return clockwork


def _hours(request: Request) -> Hours:
    return _world(request).app.desk.door.hours_of(None)


def _local_now(request: Request) -> datetime:
    return _world(request).clock.now().astimezone(_hours(request).zone)
