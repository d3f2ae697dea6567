"""How a ticket ends, and how it begins again: resolve, close, reopen, merge, un-merge, join."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from mailbot.accounts import Session
from mailbot.console.gate import Act, parts_of
from mailbot.console.page import language_of, now_of
from mailbot.console.routes.ticket import Kept, Refusal, act, id_of, moved, one_line, plain, show
from mailbot.console.words import Words
from mailbot.core.decision import Decision
from mailbot.core.errors import UserError
from mailbot.core.ticket import SIDE_NAMES, Closed, Reopened, Resolved, Side
from mailbot.desk import ConflictError
from mailbot.store import lists

router = APIRouter()


@router.post("/tickets/{number}/resolve")
def resolve(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.resolve"))],
    result: Annotated[str, Form()] = "",
    side: Annotated[str, Form()] = "",
    proof: Annotated[str, Form()] = "",
) -> Response:
    """What solved it, who was responsible, and how we know that it works."""
    side = side if side in SIDE_NAMES else ""
    event = Resolved(visitor.person.name, plain(result), cast(Side, side), plain(proof))
    kept = Kept("resolve", {"result": plain(result), "side": side, "proof": plain(proof)})
    return act(request, visitor, number, event, "resolved", kept)


@router.post("/tickets/{number}/close")
def close(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.close"))],
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Through the gate of 001-54, or for what is no customer's case at all."""
    event = Closed(visitor.person.name, one_line(reason))
    return act(request, visitor, number, event, "closed", Kept("close", {"reason": one_line(reason)}))


@router.post("/tickets/{number}/reopen")
def reopen(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.reopen"))],
    reason: Annotated[str, Form()] = "",
) -> Response:
    event = Reopened(visitor.person.name, one_line(reason))
    return act(request, visitor, number, event, "reopened", Kept("reopen", {"reason": one_line(reason)}))


@router.post("/tickets/{number}/merge")
def merge(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.merge"))],
    to: Annotated[str, Form()] = "",
) -> Response:
    """All its mails go into another ticket of the same customer."""
    id_of(request, number)
    to = one_line(to)
    desk, now = parts_of(request).desk, now_of(request)
    why = _tried(request, lambda: desk.merge(number, to, visitor.person.name, now))
    if why is not None:
        return show(request, visitor, number, Refusal(why, kept=Kept("merge", {"to": to})))
    return RedirectResponse(f"/tickets/{to}?done=merged", 303)


@router.post("/tickets/{number}/unmerge")
def unmerge(request: Request, number: str, visitor: Annotated[Session, Depends(Act("ticket.unmerge"))]) -> Response:
    id_of(request, number)
    desk, now = parts_of(request).desk, now_of(request)
    why = _tried(request, lambda: desk.unmerge(number, visitor.person.name, now))
    if why is not None:
        return show(request, visitor, number, Refusal(why))
    return RedirectResponse(f"/tickets/{number}?done=unmerged", 303)


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


def _tried(request: Request, do: Callable[[], Decision]) -> str | None:
    """None when the desk did it, else why not."""
    try:
        return do().refused
    except UserError as error:
        return error.remedy
    except ConflictError:
        return Words(language_of(request))("refused.conflict")
