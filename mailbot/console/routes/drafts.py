"""What agents do to drafts: approve, save, reject, write. Nothing an agent typed is ever lost by a refusal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Request
from sqlalchemy.engine import Row
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from mailbot.accounts import Session
from mailbot.console import moments, reads
from mailbot.console.gate import Act, parts_of
from mailbot.console.page import language_of
from mailbot.console.routes.ticket import (
    LONGEST_TEXT,
    Refusal,
    Times,
    Typed,
    handled,
    id_of,
    one_line,
    plain,
    show,
    time_typed,
)
from mailbot.console.words import Words
from mailbot.core.pledges import Pledge
from mailbot.core.promises import clock_words
from mailbot.core.ticket import DraftApproved, DraftRejected, DraftWritten, PledgesSet
from mailbot.store import lists
from mailbot.store.tickets import read_pledges

router = APIRouter()
Id = Annotated[int, Path(ge=1, le=2**53)]
Pledges = tuple[Pledge, ...]


@dataclass(frozen=True, slots=True)
class DraftForm:
    """The fields of a draft's form. A blank text is a blank text, never "as it was"."""

    version: Annotated[int, Form()] = -1
    subject: Annotated[str, Form()] = ""
    text: Annotated[str, Form()] = ""
    times: Annotated[str, Form()] = ""  # "1": the form showed the promised times
    keep: Annotated[list[int] | None, Form()] = None  # the rows that are ticked
    at: Annotated[list[str] | None, Form()] = None  # the time of every row
    more_words: Annotated[str, Form()] = ""
    more_at: Annotated[str, Form()] = ""
    override: Annotated[str, Form()] = ""  # a supervisor's reason

    def typed(self, draft_id: int, *, stale: bool = False) -> Typed:
        times = Times(tuple(self.keep or ()), tuple(self.at or ()), one_line(self.more_words), self.more_at)
        return Typed(draft_id, one_line(self.subject), plain(self.text), stale, times if self.times else None)


@router.post("/drafts/{draft_id}/approve")
def approve(
    request: Request,
    draft_id: Id,
    visitor: Annotated[Session, Depends(Act("draft.approve"))],
    form: Annotated[DraftForm, Depends()],
) -> Response:
    """Approve what the agent has on screen: a changed text is saved (and reviewed) first."""
    row = _row(request, draft_id)
    version, refusal = _kept(request, visitor, row, form)
    if refusal is not None:
        return show(request, visitor, row.number, refusal)
    if version != form.version and _row(request, draft_id).blocked:
        why = Words(language_of(request))("refused.saved_blocked")
        return show(request, visitor, row.number, Refusal(why))
    why_not = handled(request, row.ticket_id, DraftApproved(visitor.person.name, draft_id, version))
    if why_not is not None:
        return show(request, visitor, row.number, _refusal(request, row, form, why_not))
    return RedirectResponse(f"/tickets/{row.number}?done=approved", 303)


@router.post("/drafts/{draft_id}/override")
def override(
    request: Request,
    draft_id: Id,
    visitor: Annotated[Session, Depends(Act("draft.override"))],
    form: Annotated[DraftForm, Depends()],
) -> Response:
    """A supervisor sends what is on screen in spite of its findings, and says why."""
    row = _row(request, draft_id)
    reason = one_line(form.override)
    if not reason:
        why = Words(language_of(request))("refused.no_reason")
        return show(request, visitor, row.number, _refusal(request, row, form, why))
    version, refusal = _kept(request, visitor, row, form)
    if refusal is not None:
        return show(request, visitor, row.number, refusal)
    event = DraftApproved(visitor.person.name, draft_id, version, override=reason, supervisor=True)
    why_not = handled(request, row.ticket_id, event)
    if why_not is not None:
        return show(request, visitor, row.number, _refusal(request, row, form, why_not))
    return RedirectResponse(f"/tickets/{row.number}?done=overridden", 303)


@router.post("/drafts/{draft_id}/edit")
def edit(
    request: Request,
    draft_id: Id,
    visitor: Annotated[Session, Depends(Act("draft.edit"))],
    form: Annotated[DraftForm, Depends()],
) -> Response:
    row = _row(request, draft_id)
    _, refusal = _kept(request, visitor, row, form, always=True)
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


def _kept(
    request: Request, visitor: Session, row: Row[Any], form: DraftForm, *, always: bool = False
) -> tuple[int, Refusal | None]:
    """Save what the agent changed, the words and the times; the version it has then, or why not.

    `always`: also words that did not change, as the agent pressed the button for it (and they may be stale).
    """
    typed = form.typed(row.id)
    before = read_pledges(row.pledges)
    chosen, wrong = _chosen(request, typed.times, before)
    if wrong:
        return form.version, Refusal(wrong, typed)
    version, words = form.version, _changed(row, typed)
    if words or (always and chosen == before):
        refusal = _saved(request, visitor, row, form)
        if refusal is not None:
            return version, refusal
        version += 1
        if chosen != before and not _same(read_pledges(_row(request, row.id).pledges), before):
            return version, Refusal(Words(language_of(request))("refused.times_changed"))
    if chosen != before:
        why = handled(request, row.ticket_id, PledgesSet(visitor.person.name, row.id, chosen, version))
        if why is not None:
            return version, _refusal(request, row, form, why)
        version += 1
    return version, None


def _chosen(request: Request, times: Times | None, before: Pledges) -> tuple[Pledges, str]:
    """The times that the agent wants watched, and in words what is wrong with a field."""
    if times is None:
        return before, ""
    zone = parts_of(request).config.company.zone
    found: list[Pledge] = []
    for place, each in enumerate(before):
        if place not in times.keep:
            continue
        typed = times.at[place] if place < len(times.at) else ""
        if typed and typed != moments.field(each.due_at, zone):
            at, wrong = time_typed(request, typed, needed=True)
            if at is None:
                return before, wrong
            because = f"由客服改为 {clock_words(at, parts_of(request).desk.door.hours_of(None))}"
            each = replace(each, due_at=at, because=because)
        found.append(each)
    if times.more_words or times.more_at:
        at, wrong = time_typed(request, times.more_at, needed=True)
        if at is None or not times.more_words:
            return before, wrong or Words(language_of(request))("refused.no_words")
        found.append(Pledge(times.more_words, at, "other", f"由客服填写：“{times.more_words[:60]}”"))
    return tuple(found), ""


def _same(found: Pledges, before: Pledges) -> bool:
    """Do the words still promise the same times?"""
    return [(each.due_at, each.what) for each in found] == [(each.due_at, each.what) for each in before]


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
    return None if why is None else _refusal(request, row, form, why)


def _refusal(request: Request, row: Row[Any], form: DraftForm, why: str) -> Refusal:
    """Why not, with the agent's words and times if they differ from what stands there."""
    stale = form.version != row.version
    typed = form.typed(row.id, stale=stale)
    before = read_pledges(row.pledges)
    if stale:  # the rows on screen were those of another text
        typed = replace(typed, times=None)
    differs = _changed(row, typed) or _chosen(request, typed.times, before) != (before, "")
    return Refusal(why, typed if differs else None)


def _changed(row: Row[Any], typed: Typed) -> bool:
    subject = one_line(row.subject)
    return (typed.subject or subject) != subject or typed.text.rstrip() != plain(row.text).rstrip()


def _row(request: Request, draft_id: int) -> Row[Any]:
    with parts_of(request).engine.read() as tx:
        row = reads.draft_place(tx, draft_id)
    if row is None:
        raise HTTPException(404)
    return row
