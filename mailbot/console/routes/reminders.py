"""What agents are to be told, and were told lately: the same rows that the clock gathers into mails."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse

from mailbot.accounts import Session
from mailbot.console import views
from mailbot.console.gate import See, parts_of
from mailbot.console.page import department_names, now_of, render

router = APIRouter()


@router.get("/reminders")
def reminders(request: Request, visitor: Annotated[Session, Depends(See("reminders.see"))]) -> HTMLResponse:
    person = visitor.person
    with parts_of(request).engine.read() as tx:
        audiences = views.audiences(tx, person.name, person.role, now_of(request))
        names = views.agents(tx)
    return render(request, "reminders.html", audiences=audiences, names=names, departments=department_names(request))
