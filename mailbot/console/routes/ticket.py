"""The ticket's page, and what agents do to a ticket as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Form, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mailbot.accounts import Session
from mailbot.console.gate import Act, See, parts_of
from mailbot.console.page import language_of, now_of, render
from mailbot.console.routes.queue import done_words
from mailbot.console.safe_html import FRAME_SANDBOX
from mailbot.console.thread import page_of
from mailbot.console.words import Words
from mailbot.core.errors import UserError
from mailbot.core.promises import PRIORITIES
from mailbot.core.ticket import Corrected, Event, Noted, Reopened, Resolved, Taken
from mailbot.core.triage import Category, Priority
from mailbot.desk import ConflictError
from mailbot.store import lists

router = APIRouter()
LONGEST_TEXT = 100_000
LONGEST_LINE = 300


@dataclass(frozen=True, slots=True)
class Typed:
    """What an agent typed and must not lose. draft_id 0: a new reply."""

    draft_id: int
    subject: str
    text: str
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not done, with what the agent had typed."""

    why: str
    typed: Typed | None = None
    result: str = ""


@router.get("/tickets/{number}")
def see(
    request: Request, number: str, visitor: Annotated[Session, Depends(See("ticket.see"))], done: str = ""
) -> Response:
    return show(request, visitor, number, done=done)


@router.post("/tickets/{number}/take")
def take(request: Request, number: str, visitor: Annotated[Session, Depends(Act("ticket.take"))]) -> Response:
    return act(request, visitor, number, Taken(visitor.person.name), "taken")


@router.post("/tickets/{number}/note")
def note(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.note"))],
    text: Annotated[str, Form()] = "",
) -> Response:
    return act(request, visitor, number, Noted(visitor.person.name, plain(text)), "noted")


@router.post("/tickets/{number}/resolve")
def resolve(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.resolve"))],
    result: Annotated[str, Form()] = "",
) -> Response:
    return act(request, visitor, number, Resolved(visitor.person.name, plain(result)), "resolved")


@router.post("/tickets/{number}/reopen")
def reopen(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.reopen"))],
    reason: Annotated[str, Form()] = "",
) -> Response:
    return act(request, visitor, number, Reopened(visitor.person.name, one_line(reason)), "reopened")


@router.post("/tickets/{number}/correct")
def correct(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.correct"))],
    topic: Annotated[str, Form()] = "",
    priority: Annotated[str, Form()] = "",
) -> Response:
    """Only what the rules know: a topic of the book, and one of the three priorities."""
    category, _, code = topic.partition("/")
    known = parts_of(request).desk.desktop().office.book.topics.get((category, code))
    if known is None or priority not in PRIORITIES:
        raise HTTPException(400)
    event = Corrected(visitor.person.name, cast(Category, category), code, cast(Priority, priority))
    return act(request, visitor, number, event, "corrected")


@router.post("/tickets/{number}/join")
def join(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.join"))],
    to: Annotated[str, Form()] = "",
) -> Response:
    """Every mail of this ticket moves to the other one; what is moved stays moved when one cannot be."""
    parts = parts_of(request)
    ticket_id = id_of(request, number)
    with parts.engine.read() as tx:
        mail_ids = [row.id for row in lists.mails_of(tx, ticket_id)]
    for mail_id in mail_ids:
        why = moved(request, visitor, mail_id, to)
        if why is not None:
            return show(request, visitor, number, Refusal(why))
    return RedirectResponse(f"/tickets/{to}?done=joined", 303)


def moved(request: Request, visitor: Session, mail_id: int, to: str | None) -> str | None:
    """Move one mail; None when it is done, else why not."""
    parts = parts_of(request)
    try:
        return parts.desk.move_mail(mail_id, to, visitor.person.name, now_of(request)).refused
    except UserError as error:
        return error.remedy
    except ConflictError:
        return Words(language_of(request))("refused.conflict")


def act(request: Request, visitor: Session, number: str, event: Event, done: str) -> Response:
    """Hand an event to the desk: back to the ticket, or the reason why nothing was done."""
    why = handled(request, id_of(request, number), event)
    if why is None:
        return RedirectResponse(f"/tickets/{number}?done={done}", 303)
    return show(request, visitor, number, Refusal(why, result=event.result if isinstance(event, Resolved) else ""))


def handled(request: Request, ticket_id: int, event: Event) -> str | None:
    """None when the desk did it, else why not."""
    try:
        return parts_of(request).desk.handle(ticket_id, event, now_of(request)).refused
    except ConflictError:
        return Words(language_of(request))("refused.conflict")


def show(
    request: Request, visitor: Session, number: str, refusal: Refusal | None = None, *, done: str = ""
) -> HTMLResponse:
    """The ticket's page; a refusal shows in words, with the agent's typing kept."""
    parts = parts_of(request)
    with parts.engine.read() as tx:
        ticket_id = lists.ticket_id_of(tx, number)
        page = page_of(tx, parts.desk, ticket_id, visitor.person.name) if ticket_id is not None else None
    if page is None:
        raise HTTPException(404)
    typed = refusal.typed if refusal else None
    kept = typed is not None and any(draft.id == typed.draft_id for draft in page.drafts)
    return render(
        request,
        "ticket.html",
        409 if refusal else 200,
        page=page,
        topics=topics(request),
        sandbox=FRAME_SANDBOX,
        typed=typed if kept else None,
        new_reply=None if kept else typed,  # its draft is gone: the words go into a new reply
        refused=refusal.why if refusal else "",
        result=refusal.result if refusal else "",
        done=done_words(request, done),
    )


def topics(request: Request) -> Mapping[str, list[tuple[str, str]]]:
    """Category -> its topics as (key, name), in the visitor's language and in the order of the rules."""
    language = language_of(request)
    book = parts_of(request).desk.desktop().office.book
    found: dict[str, list[tuple[str, str]]] = {}
    for topic in book.topics.values():
        category = book.categories.get(topic.category, {}).get(language, topic.category)
        found.setdefault(category, []).append((topic.key, topic.name.get(language, topic.code)))
    return found


def id_of(request: Request, number: str) -> int:
    with parts_of(request).engine.read() as tx:
        found = lists.ticket_id_of(tx, number)
    if found is None:
        raise HTTPException(404)
    return found


def plain(text: str) -> str:
    """Text as typed, with our line ends and without what no database takes."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def one_line(text: str) -> str:
    return " ".join(plain(text).split())[:LONGEST_LINE]
