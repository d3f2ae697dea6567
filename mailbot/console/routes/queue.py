"""The queue of drafts to approve, and the list of tickets."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse

from mailbot.accounts import Session
from mailbot.console import views
from mailbot.console.gate import See, parts_of
from mailbot.console.page import department_names, language_of, now_of, render
from mailbot.console.words import WORDS, Words
from mailbot.core.journal import WAITING_NAMES
from mailbot.store import lists

router = APIRouter()
STATES = {
    "open": ("pending", "in_progress", "escalated"),
    "all": (),
    **{code: (code,) for code in ("pending", "in_progress", "escalated", "resolved", "closed")},
}


@router.get("/")
def queue(request: Request, visitor: Annotated[Session, Depends(See("queue.see"))], done: str = "") -> HTMLResponse:
    now = now_of(request)
    with parts_of(request).engine.read() as tx:
        rows, counts, names = views.queue(tx, now), lists.counts(tx, now), views.agents(tx)
        trouble = [row for row in lists.health_rows(tx) if in_trouble(row)]
    done = done_words(request, done)
    return render(request, "queue.html", rows=rows, counts=counts, trouble=trouble, names=names, done=done)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which tickets to list, as the address says; a code that is not known narrows nothing."""

    state: str = "open"
    owner: str = ""
    waiting: str = ""
    department: str = ""
    due: str = ""

    def known(self, departments: Collection[str]) -> Filter:
        return Filter(
            self.state if self.state in STATES else "open",
            self.owner,
            self.waiting if self.waiting in WAITING_NAMES else "",
            self.department if self.department in departments else "",
            self.due if self.due in ("overdue", "today") else "",
        )

    def address(self, **over: str) -> str:
        """The list with some of this changed."""
        return f"/tickets?{urlencode({each.name: getattr(self, each.name) for each in fields(self)} | over)}"


@router.get("/tickets")
def tickets(
    request: Request,
    visitor: Annotated[Session, Depends(See("tickets.see"))],
    asked: Annotated[Filter, Depends()],
) -> HTMLResponse:
    parts, now = parts_of(request), now_of(request)
    zone = parts.config.company.zone
    chosen = asked.known(parts.desk.desktop().office.book.departments)
    due_by = {"overdue": now, "today": views.end_of_day(now, zone)}.get(chosen.due)
    wanted = lists.Wanted(STATES[chosen.state], chosen.owner or None, chosen.waiting, chosen.department, due_by)
    with parts.engine.read() as tx:
        rows, names = views.tickets(tx, wanted, now, zone), views.agents(tx)
    quick = {
        "filter.open": Filter(),
        "filter.mine": Filter(owner=visitor.person.name),
        "filter.overdue": Filter(state="all", due="overdue"),
        "filter.today": Filter(state="all", due="today"),
        "filter.customer": Filter(waiting="customer"),
    }
    departments = department_names(request)
    return render(request, "tickets.html", rows=rows, names=names, chosen=chosen, quick=quick, departments=departments)


def in_trouble(row: object) -> bool:
    """Did this loop or mailbox fail after it last went well?"""
    ok_at, error_at = getattr(row, "ok_at", None), getattr(row, "error_at", None)
    return error_at is not None and (ok_at is None or error_at > ok_at)


def done_words(request: Request, code: str) -> str:
    """What was just done, in words; only codes of ours say anything."""
    return Words(language_of(request))(f"done.{code}") if f"done.{code}" in WORDS else ""
