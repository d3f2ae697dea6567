"""One mail: as laid out, its attachments, its bytes; move it to where it belongs. Nothing of it runs or opens."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mailbot.accounts import Session
from mailbot.console import reads
from mailbot.console.files import download
from mailbot.console.gate import Act, See, parts_of
from mailbot.console.page import language_of
from mailbot.console.routes.ticket import Refusal, moved, show
from mailbot.console.safe_html import FRAME_POLICY, frame_page
from mailbot.console.words import Words
from mailbot.core.mail import Mail, attachment_bytes, parse
from mailbot.store import intake

router = APIRouter()
Id = Annotated[int, Path(ge=1, le=2**53)]


@router.get("/mails/{mail_id}/html", dependencies=[Depends(See("mail.see"))])
def html(request: Request, mail_id: Id) -> Response:
    """For the sandboxed frame only; the policy sandboxes it once more when it is opened by itself."""
    raw, mail = _read(request, mail_id)
    if mail is None or not mail.html:
        raise HTTPException(404)
    headers = {
        "Content-Security-Policy": FRAME_POLICY,
        "X-Frame-Options": "SAMEORIGIN",
        "Referrer-Policy": "no-referrer",
    }
    return HTMLResponse(frame_page(mail, raw), headers=headers)


@router.get("/mails/{mail_id}/attachments/{index}", dependencies=[Depends(See("mail.see"))])
def attachment(request: Request, mail_id: Id, index: Annotated[int, Path(ge=0, le=10_000)]) -> Response:
    raw, mail = _read(request, mail_id)
    found = next((each for each in mail.attachments if each.index == index), None) if mail else None
    content = attachment_bytes(raw, index) if found else None
    if found is None or content is None:
        raise HTTPException(404)
    return download(content, found.filename)


@router.get("/mails/{mail_id}/raw", dependencies=[Depends(See("mail.see"))])
def raw(request: Request, mail_id: Id) -> Response:
    return download(_bytes(request, mail_id), f"mail-{mail_id}.eml")


@router.post("/mails/{mail_id}/move")
def move(
    request: Request,
    mail_id: Id,
    visitor: Annotated[Session, Depends(Act("mail.move"))],
    to: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
) -> Response:
    """To the ticket with this number, or to a ticket of its own."""
    with parts_of(request).engine.read() as tx:
        number = reads.mail_place(tx, mail_id)
    if number is None:
        raise HTTPException(404)
    to = to.strip()
    if not to and not new:
        return show(request, visitor, number, Refusal(Words(language_of(request))("refused.no_number")))
    why = moved(request, visitor, mail_id, None if new else to)
    if why is not None:
        return show(request, visitor, number, Refusal(why))
    with parts_of(request).engine.read() as tx:
        target = reads.mail_place(tx, mail_id)
    return RedirectResponse(f"/tickets/{target or number}?done=moved", 303)


def _read(request: Request, mail_id: int) -> tuple[bytes, Mail | None]:
    content = _bytes(request, mail_id)
    mail = parse(content)
    return content, mail if isinstance(mail, Mail) else None


def _bytes(request: Request, mail_id: int) -> bytes:
    with parts_of(request).engine.read() as tx:
        content = intake.content(tx, mail_id)
    if content is None:
        raise HTTPException(404)
    return content
