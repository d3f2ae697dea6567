"""What agents do to drafts: approve, save, reject, write. Nothing an agent typed is ever lost by a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Request
from sqlalchemy.engine import Row
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from mailbot.accounts import Session
from mailbot.console import reads
from mailbot.console.gate import Act, parts_of
from mailbot.console.page import language_of
from mailbot.console.routes.ticket import LONGEST_TEXT, Refusal, Typed, handled, id_of, one_line, plain, show
from mailbot.console.words import Words
from mailbot.core.ticket import DraftApproved, DraftRejected, DraftWritten
from mailbot.store import lists

router = APIRouter()
Id = Annotated[int, Path(ge=1, le=2**53)]


@dataclass(frozen=True, slots=True)
class DraftForm:
    """The fields of a draft's form. A blank text is a blank text, never "as it was"."""

    version: Annotated[int, Form()] = -1
    subject: Annotated[str, Form()] = ""
    text: Annotated[str, Form()] = ""

    def typed(self, draft_id: int, *, stale: bool = False) -> Typed:
        return Typed(draft_id, one_line(self.subject), plain(self.text), stale)


@router.post("/drafts/{draft_id}/approve")
def approve(
    request: Request,
    draft_id: Id,
    visitor: Annotated[Session, Depends(Act("draft.approve"))],
    form: Annotated[DraftForm, Depends()],
) -> Response:
    """Approve what the agent has on screen: a changed text is saved (and reviewed) first."""
    row = _row(request, draft_id)
    version = form.version
    if _changed(row, form.typed(draft_id)):
        refusal = _saved(request, visitor, row, form)
        if refusal is not None:
            return show(request, visitor, row.number, refusal)
        version += 1
        if _row(request, draft_id).blocked:
            why = Words(language_of(request))("refused.saved_blocked")
            return show(request, visitor, row.number, Refusal(why))
    why_not = handled(request, row.ticket_id, DraftApproved(visitor.person.name, draft_id, version))
    if why_not is not None:
        return show(request, visitor, row.number, _refusal(row, form, why_not))
    return RedirectResponse(f"/tickets/{row.number}?done=approved", 303)


@router.post("/drafts/{draft_id}/edit")
def edit(
    request: Request,
    draft_id: Id,
    visitor: Annotated[Session, Depends(Act("draft.edit"))],
    form: Annotated[DraftForm, Depends()],
) -> Response:
    row = _row(request, draft_id)
    refusal = _saved(request, visitor, row, form)
    if refusal is not None:
        return show(request, visitor, row.number, refusal)
    return RedirectResponse(f"/tickets/{row.number}?done=saved", 303)


@router.post("/drafts/{draft_id}/reject")
def reject(
    request: Request,
    draft_id: Id,
    visitor: Annotated[Session, Depends(Act("draft.reject"))],
    reason: Annotated[str, Form()] = "",
) -> Response:
    row = _row(request, draft_id)
    why = handled(request, row.ticket_id, DraftRejected(visitor.person.name, draft_id, one_line(reason)))
    if why is not None:
        return show(request, visitor, row.number, Refusal(why))
    return RedirectResponse(f"/tickets/{row.number}?done=rejected", 303)


@router.post("/tickets/{number}/reply")
def write(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("draft.write"))],
    form: Annotated[DraftForm, Depends()],
) -> Response:
    """An agent's own reply, to be approved like any other."""
    ticket_id = id_of(request, number)
    typed = form.typed(0)
    if len(typed.text) > LONGEST_TEXT:
        return show(request, visitor, number, Refusal(Words(language_of(request))("refused.too_long"), typed))
    with parts_of(request).engine.read() as tx:
        customer = reads.customer_of(tx, ticket_id)
        mails = [row.id for row in lists.mails_of(tx, ticket_id) if row.sender == customer]
    answers = mails[-1] if mails else None
    event = DraftWritten(visitor.person.name, typed.subject, typed.text, answers)
    why = handled(request, ticket_id, event)
    if why is not None:
        return show(request, visitor, number, Refusal(why, typed))
    return RedirectResponse(f"/tickets/{number}?done=written", 303)


def _saved(request: Request, visitor: Session, row: Row[Any], form: DraftForm) -> Refusal | None:
    typed = form.typed(row.id)
    if len(typed.text) > LONGEST_TEXT:
        return Refusal(Words(language_of(request))("refused.too_long"), typed)
    event = DraftWritten(
        visitor.person.name,
        typed.subject or row.subject,
        typed.text,
        draft_id=row.id,
        seen_version=form.version,
    )
    why = handled(request, row.ticket_id, event)
    return None if why is None else _refusal(row, form, why)


def _refusal(row: Row[Any], form: DraftForm, why: str) -> Refusal:
    """Why not, with the agent's words if they differ from what stands there."""
    typed = form.typed(row.id, stale=form.version != row.version)
    return Refusal(why, typed if _changed(row, typed) else None)


def _changed(row: Row[Any], typed: Typed) -> bool:
    subject = one_line(row.subject)
    return (typed.subject or subject) != subject or typed.text.rstrip() != plain(row.text).rstrip()


def _row(request: Request, draft_id: int) -> Row[Any]:
    with parts_of(request).engine.read() as tx:
        row = reads.draft_place(tx, draft_id)
    if row is None:
        raise HTTPException(404)
    return row
