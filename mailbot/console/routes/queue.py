"""The queue of drafts to approve, and the list of tickets."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse

from mailbot.accounts import Session
from mailbot.console import finding, views
from mailbot.console.gate import See, parts_of
from mailbot.console.page import department_names, language_of, now_of, render
from mailbot.console.words import WORDS, Words
from mailbot.core.journal import WAITING_NAMES
from mailbot.store import lists
from mailbot.store.search import QUERY_LONGEST

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

    state: str = ""
    owner: str = ""
    waiting: str = ""
    department: str = ""
    due: str = ""
    q: str = ""  # words to look for in mails, then in tickets of every state
    before: str = ""  # id of a mail: only older ones are looked at

    def known(self, departments: Collection[str]) -> Filter:
        words = self.q.strip()[:QUERY_LONGEST]
        return Filter(
            self.state if self.state in STATES else "all" if words else "open",
            self.owner,
            self.waiting if self.waiting in WAITING_NAMES else "",
            self.department if self.department in departments else "",
            self.due if self.due in ("overdue", "today") else "",
            words,
            self.before if words and re.fullmatch("[0-9]{1,18}", self.before) else "",
        )

    def address(self, **over: str) -> str:
        """The list with some of this changed."""
        said = {each.name: getattr(self, each.name) for each in fields(self)} | over
        return f"/tickets?{urlencode({name: value for name, value in said.items() if value})}"


@router.get("/tickets")
def tickets(
    request: Request,
    visitor: Annotated[Session, Depends(See("tickets.see"))],
    asked: Annotated[Filter, Depends()],
) -> HTMLResponse:
    parts, now = parts_of(request), now_of(request)
    zone = parts.config.company.zone
    book = parts.desk.desktop().office.book
    chosen = asked.known(book.departments)
    due_by = {"overdue": now, "today": views.end_of_day(now, zone)}.get(chosen.due)
    wanted = lists.Wanted(STATES[chosen.state], chosen.owner or None, chosen.waiting, chosen.department, due_by)
    older: int | None = None
    with parts.engine.read() as tx:
        names = views.agents(tx)
        if chosen.q:
            asked_for = finding.Asked(chosen.q, int(chosen.before) if chosen.before else None, book.simplified)
            rows, older = finding.tickets(tx, asked_for, wanted, now, zone)
        else:
            rows = views.tickets(tx, wanted, now, zone)
    quick = {
        "filter.open": Filter("open"),
        "filter.mine": Filter("open", owner=visitor.person.name),
        "filter.overdue": Filter(state="all", due="overdue"),
        "filter.today": Filter(state="all", due="today"),
        "filter.customer": Filter("open", waiting="customer"),
    }
    departments = department_names(request)
    return render(
        request,
        "tickets.html",
        rows=rows,
        names=names,
        chosen=chosen,
        quick=quick,
        departments=departments,
        older=older,
    )


def in_trouble(row: object) -> bool:
    """Did this loop or mailbox fail after it last went well?"""
    ok_at, error_at = getattr(row, "ok_at", None), getattr(row, "error_at", None)
    return error_at is not None and (ok_at is None or error_at > ok_at)


def done_words(request: Request, code: str) -> str:
    """What was just done, in words; only codes of ours say anything."""
    return Words(language_of(request))(f"done.{code}") if f"done.{code}" in WORDS else ""
