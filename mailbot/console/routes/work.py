"""What an agent does to move a ticket on: take, note, plan, whose turn, escalate, objection, promises, category."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Form, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from mailbot.accounts import Session
from mailbot.console.gate import Act, parts_of
from mailbot.console.routes.ticket import Kept, Refusal, act, id_of, one_line, plain, show, time_typed
from mailbot.core.journal import WAITING_NAMES
from mailbot.core.promises import PRIORITIES
from mailbot.core.ticket import (
    Corrected,
    Escalated,
    Noted,
    Objected,
    Planned,
    PromiseEnded,
    Taken,
    Waiting,
    WaitingOn,
)
from mailbot.core.triage import Category, Priority
from mailbot.store import tickets

router = APIRouter()
Id = Annotated[int, Path(ge=1, le=2**53)]


@router.post("/tickets/{number}/take")
def take(request: Request, number: str, visitor: Annotated[Session, Depends(Act("ticket.take"))]) -> Response:
    return act(request, visitor, number, Taken(visitor.person.name), "taken")


@router.post("/tickets/{number}/note")
def note(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.note"))],
    text: Annotated[str, Form()] = "",
    for_customer: Annotated[str, Form()] = "",
) -> Response:
    event = Noted(visitor.person.name, plain(text), for_customer == "1")
    kept = Kept("note", {"text": plain(text), "for_customer": for_customer})
    return act(request, visitor, number, event, "news" if event.for_customer else "noted", kept)


@router.post("/tickets/{number}/plan")
def plan(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.plan"))],
    text: Annotated[str, Form()] = "",
    by: Annotated[str, Form()] = "",
) -> Response:
    kept = Kept("plan", {"text": plain(text), "by": by})
    ready_by, wrong = time_typed(request, by)
    if wrong:
        return show(request, visitor, number, Refusal(wrong, kept=kept))
    return act(request, visitor, number, Planned(visitor.person.name, plain(text), ready_by), "planned", kept)


@router.post("/tickets/{number}/waiting")
def waiting(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.wait"))],
    turn: Annotated[str, Form()] = "",
) -> Response:
    if turn not in WAITING_NAMES:
        raise HTTPException(400)
    event = Waiting(visitor.person.name, cast(WaitingOn, turn))
    return act(request, visitor, number, event, "waiting", Kept("waiting", {"turn": turn}))


@router.post("/tickets/{number}/escalate")
def escalate(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.escalate"))],
    text: Annotated[str, Form()] = "",
) -> Response:
    event = Escalated(visitor.person.name, plain(text))
    return act(request, visitor, number, event, "escalated", Kept("escalate", {"text": plain(text)}))


@router.post("/tickets/{number}/object")
def object_(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.object"))],
    text: Annotated[str, Form()] = "",
    plan: Annotated[str, Form()] = "",
) -> Response:
    """002-29: the customer does not accept what we offered."""
    event = Objected(visitor.person.name, plain(text), plain(plan))
    kept = Kept("object", {"text": plain(text), "plan": plain(plan)})
    return act(request, visitor, number, event, "objected", kept)


@router.post("/tickets/{number}/promises/{promise_id}/end")
def end_promise(
    request: Request,
    number: str,
    promise_id: Id,
    visitor: Annotated[Session, Depends(Act("ticket.promise"))],
    how: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """By hand: it is done, or not owed any more; the core says which kinds may end so."""
    if how not in ("done", "drop"):
        raise HTTPException(400)
    event = PromiseEnded(visitor.person.name, promise_id, how == "done", one_line(reason))
    return act(request, visitor, number, event, "ended", Kept(f"end-{promise_id}", {"reason": one_line(reason)}))


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
    with parts_of(request).engine.read() as tx:
        found = tickets.load(tx, id_of(request, number))
    same = found is not None and (found.category, found.topic, found.priority) == (category, code, priority)
    return act(request, visitor, number, event, "confirmed" if same else "corrected")
