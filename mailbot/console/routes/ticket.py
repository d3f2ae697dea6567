"""The ticket's page, and what every act of an agent on it shares: the desk's answer, and the typing that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mailbot.accounts import Session
from mailbot.console import moments
from mailbot.console.gate import See, parts_of
from mailbot.console.page import department_names, language_of, now_of, render
from mailbot.console.routes.queue import done_words
from mailbot.console.safe_html import FRAME_SANDBOX
from mailbot.console.thread import page_of
from mailbot.console.words import Words
from mailbot.console.words_codes import CODE_WORDS
from mailbot.core.endings import CAUSED
from mailbot.core.errors import UserError
from mailbot.core.ratings import SCORE_NAMES
from mailbot.core.rules import FACTS
from mailbot.core.solutions import MOST_PLANS
from mailbot.core.ticket import Event
from mailbot.desk import ConflictError
from mailbot.store import customers, lists

router = APIRouter()
LONGEST_TEXT = 100_000
LONGEST_LINE = 300


@dataclass(frozen=True, slots=True)
class Times:
    """The rows of promised times as an agent left them: which are ticked, and every field as typed."""

    keep: tuple[int, ...] = ()
    at: tuple[str, ...] = ()
    more_words: str = ""
    more_at: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """What an agent typed and must not lose. draft_id 0: a new reply. `times` None: the form showed none."""

    draft_id: int
    subject: str
    text: str
    stale: bool = False
    times: Times | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """The fields of one of the page's forms as they were typed; the form stands open again with them."""

    form: str
    fields: Mapping[str, str]

    def value(self, form: str, field: str, otherwise: str = "") -> str:
        return self.fields.get(field, otherwise) if form == self.form else otherwise


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not done, with what the agent had typed."""

    why: str
    typed: Typed | None = None
    kept: Kept | None = None


@router.get("/tickets/{number}")
def see(
    request: Request, number: str, visitor: Annotated[Session, Depends(See("ticket.see"))], done: str = ""
) -> Response:
    return show(request, visitor, number, done=done)


def moved(request: Request, visitor: Session, mail_id: int, to: str | None) -> str | None:
    """Move one mail; None when it is done, else why not."""
    parts = parts_of(request)
    try:
        return parts.desk.move_mail(mail_id, to, visitor.person.name, now_of(request)).refused
    except UserError as error:
        return error.remedy
    except ConflictError:
        return Words(language_of(request))("refused.conflict")


def act(request: Request, visitor: Session, number: str, event: Event, done: str, kept: Kept | None = None) -> Response:
    """Hand an event to the desk: back to the ticket, or the reason why nothing was done with the form as it was."""
    why = handled(request, id_of(request, number), event)
    if why is None:
        return RedirectResponse(f"/tickets/{number}?done={done}", 303)
    return show(request, visitor, number, Refusal(why, kept=kept))


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
    book = parts.desk.desktop().office.book
    now = now_of(request)
    with parts.engine.read() as tx:
        ticket_id = lists.ticket_id_of(tx, number)
        page = page_of(tx, parts.desk, ticket_id, visitor.person.name, now) if ticket_id is not None else None
        others = customers.others_open(tx, page.ticket.customer, ticket_id) if page and ticket_id else 0
    if page is None:
        raise HTTPException(404)
    typed = refusal.typed if refusal else None
    kept = typed is not None and any(draft.id == typed.draft_id for draft in page.drafts)
    return render(
        request,
        "ticket.html",
        409 if refusal else 200,
        page=page,
        others=others,
        topics=topics(request),
        sandbox=FRAME_SANDBOX,
        typed=typed if kept else None,
        new_reply=None if kept else typed,  # its draft is gone: the words go into a new reply
        refused=refusal.why if refusal else "",
        form=(refusal.kept if refusal else None) or Kept("", {}),
        departments=department_names(request),
        persons={code: each.person for code, each in book.departments.items()},
        scores={score: names[language_of(request)] for score, names in SCORE_NAMES.items()},
        askable=FACTS,
        plans=book.policy.suiting(page.ticket.category, page.ticket.topic),
        most_plans=MOST_PLANS,
        template_names=CODE_WORDS,
        caused=page.ticket.category in CAUSED and page.ticket.topic != "suggestion",
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


def time_typed(request: Request, text: str, *, needed: bool = False) -> tuple[datetime | None, str]:
    """A field of time as UTC, and in words what is wrong with it; an empty one is None, and wrong if it is needed."""
    t = Words(language_of(request))
    if not text.strip():
        return None, t("refused.no_time") if needed else ""
    found = moments.from_field(text, parts_of(request).config.company.zone)
    return found, "" if found is not None else t("refused.bad_time")
