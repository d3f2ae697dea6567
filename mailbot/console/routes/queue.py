"""The queue of drafts to approve, and the list of tickets."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse

from mailbot.accounts import Session
from mailbot.console import views
from mailbot.console.gate import See, parts_of
from mailbot.console.page import language_of, now_of, render
from mailbot.console.words import WORDS, Words
from mailbot.store import lists

router = APIRouter()
STATES = {
    "open": ("pending", "in_progress", "escalated"),
    "all": (),
    **{code: (code,) for code in ("pending", "in_progress", "escalated", "resolved", "closed")},
}


@router.get("/")
def queue(request: Request, visitor: Annotated[Session, Depends(See("queue.see"))], done: str = "") -> HTMLResponse:
    with parts_of(request).engine.read() as tx:
        return render(
            request,
            "queue.html",
            rows=views.queue(tx),
            counts=lists.counts(tx, now_of(request)),
            trouble=[row for row in lists.health_rows(tx) if in_trouble(row)],
            names=views.agents(tx),
            done=done_words(request, done),
        )


@router.get("/tickets")
def tickets(
    request: Request,
    visitor: Annotated[Session, Depends(See("tickets.see"))],
    state: str = "open",
    owner: str = "",
) -> HTMLResponse:
    state = state if state in STATES else "open"
    with parts_of(request).engine.read() as tx:
        return render(
            request,
            "tickets.html",
            rows=views.tickets(tx, STATES[state], owner or None),
            names=views.agents(tx),
            state=state,
            owner=owner,
        )


def in_trouble(row: object) -> bool:
    """Did this loop or mailbox fail after it last went well?"""
    ok_at, error_at = getattr(row, "ok_at", None), getattr(row, "error_at", None)
    return error_at is not None and (ok_at is None or error_at > ok_at)


def done_words(request: Request, code: str) -> str:
    """What was just done, in words; only codes of ours say anything."""
    return Words(language_of(request))(f"done.{code}") if f"done.{code}" in WORDS else ""
