"""What waits for a person outside the tickets: mails set aside or held, sends that failed or ended unknown."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mailbot.accounts import Session
from mailbot.console import reads
from mailbot.console.gate import Act, See, parts_of
from mailbot.console.page import language_of, now_of, render
from mailbot.console.routes.queue import done_words
from mailbot.console.words import Words
from mailbot.desk import ConflictError
from mailbot.store import intake, lists

router = APIRouter()
Id = Annotated[int, Path(ge=1, le=2**53)]


@router.get("/aside")
def aside(request: Request, visitor: Annotated[Session, Depends(See("aside.see"))], done: str = "") -> HTMLResponse:
    return _show(request, done=done)


@router.post("/mails/{mail_id}/retry")
def retry(
    request: Request,
    mail_id: Id,
    visitor: Annotated[Session, Depends(Act("mail.retry"))],
    as_human: Annotated[str, Form()] = "0",
) -> Response:
    """Back onto the line; `as_human`: the agent says that a person wrote it."""
    with parts_of(request).engine.write() as tx:
        if lists.mail_row(tx, mail_id) is None:
            raise HTTPException(404)
        done = intake.try_again(tx, mail_id, as_human == "1")
    if not done:
        return _show(request, refused="refused.retried")
    return RedirectResponse("/aside?done=retried", 303)


@router.post("/sends/{outbox_id}/settle")
def settle(
    request: Request,
    outbox_id: Id,
    visitor: Annotated[Session, Depends(Act("send.settle"))],
    sent: Annotated[str, Form()] = "",
) -> Response:
    """A person says how an uncertain send ended; anything but a plain yes or no changes nothing."""
    if sent not in ("0", "1"):
        raise HTTPException(400)
    parts = parts_of(request)
    with parts.engine.read() as tx:
        if reads.send_place(tx, outbox_id) is None:
            raise HTTPException(404)
    try:
        done = parts.desk.settle(outbox_id, sent == "1", visitor.person.name, now_of(request))
    except ConflictError:
        return _show(request, refused="refused.conflict")
    if not done:
        return _show(request, refused="refused.settled")
    return RedirectResponse("/aside?done=settled", 303)


def _show(request: Request, *, done: str = "", refused: str = "") -> HTMLResponse:
    with parts_of(request).engine.read() as tx:
        return render(
            request,
            "aside.html",
            409 if refused else 200,
            uncertain=lists.sends_in(tx, ("uncertain",)),
            failed=lists.sends_in(tx, ("failed",)),
            aside=lists.mails_in(tx, ("aside",)),
            held=lists.mails_in(tx, ("held",)),
            done=done_words(request, done),
            refused=Words(language_of(request))(refused) if refused else "",
        )
