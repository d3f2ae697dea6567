"""What was learned from agents' verdicts: the list, class by class, and the way back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mailbot.accounts import Session
from mailbot.console import views
from mailbot.console.gate import Act, See, parts_of
from mailbot.console.page import language_of, now_of, render
from mailbot.console.routes.queue import done_words
from mailbot.console.words import Words
from mailbot.core.learning import RIPE, RIPE_CLASS
from mailbot.store import verdicts

router = APIRouter()
Id = Annotated[int, Path(ge=1, le=2**53)]


@router.get("/learned")
def see(request: Request, visitor: Annotated[Session, Depends(See("learned.see"))], done: str = "") -> HTMLResponse:
    return _show(request, done=done)


@router.post("/learned/{verdict_id}/undo")
def undo(request: Request, verdict_id: Id, visitor: Annotated[Session, Depends(Act("learned.undo"))]) -> Response:
    """Nothing is learned from this verdict any more; its ticket stays as it is."""
    with parts_of(request).engine.write() as tx:
        if not verdicts.exists(tx, verdict_id):
            raise HTTPException(404)
        done = verdicts.undo(tx, verdict_id, now_of(request))
    if not done:
        return _show(request, refused="refused.unlearned")
    return RedirectResponse("/learned?done=unlearned", 303)


def _show(request: Request, *, done: str = "", refused: str = "") -> HTMLResponse:
    parts = parts_of(request)
    learned = parts.desk.door.learned
    with parts.engine.read() as tx:
        mark = verdicts.mark(tx)
        return render(
            request,
            "learned.html",
            409 if refused else 200,
            rows=verdicts.listed(tx),
            standing=mark.rows - mark.undone,
            standings=learned.standings() if learned else (),
            names=views.agents(tx),
            ripe=RIPE,
            ripe_class=RIPE_CLASS,
            done=done_words(request, done),
            refused=Words(language_of(request))(refused) if refused else "",
        )
