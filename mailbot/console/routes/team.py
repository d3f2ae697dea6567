"""What needs others: another owner, a department, the customer's material, more time, a suggestion taken up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from mailbot.accounts import Session
from mailbot.console.gate import Act, parts_of
from mailbot.console.routes.ticket import Kept, Refusal, act, one_line, plain, show, time_typed
from mailbot.core.rules import FACTS
from mailbot.core.ticket import Adopted, Assigned, Delayed, MaterialWanted, TaskDone, Transferred
from mailbot.store import people

router = APIRouter()
Id = Annotated[int, Path(ge=1, le=2**53)]
_COMMAS = re.compile(r"[,\uff0c\u3001;\uff1b\n]")


@router.post("/tickets/{number}/assign")
def assign(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.assign"))],
    to: Annotated[str, Form()] = "",
) -> Response:
    """To an agent who may work."""
    with parts_of(request).engine.read() as tx:
        known = {each.name for each in people.staff(tx)}
    if to not in known:
        raise HTTPException(400)
    return act(request, visitor, number, Assigned(visitor.person.name, to), "assigned", Kept("assign", {"to": to}))


@dataclass(frozen=True, slots=True)
class TransferForm:
    """The fields of the form; `tell` "1": the customer hears who will be in touch."""

    department: Annotated[str, Form()] = ""
    text: Annotated[str, Form()] = ""
    person: Annotated[str, Form()] = ""
    by: Annotated[str, Form()] = ""
    tell: Annotated[str, Form()] = ""

    def kept(self) -> Kept:
        fields = {"department": self.department, "text": plain(self.text), "person": one_line(self.person)}
        return Kept("transfer", fields | {"by": self.by, "tell": self.tell})


@router.post("/tickets/{number}/transfer")
def transfer(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.transfer"))],
    form: Annotated[TransferForm, Depends()],
) -> Response:
    """002-22 to 002-24: a department gets a task; the ticket keeps its owner."""
    due_by, wrong = time_typed(request, form.by)
    if wrong:
        return show(request, visitor, number, Refusal(wrong, kept=form.kept()))
    tell = form.tell == "1"
    event = Transferred(
        visitor.person.name, form.department, plain(form.text), one_line(form.person), due_by, tell=tell
    )
    return act(request, visitor, number, event, "transferred_told" if tell else "transferred", form.kept())


@router.post("/tickets/{number}/tasks/{promise_id}/answer")
def answer(
    request: Request,
    number: str,
    promise_id: Id,
    visitor: Annotated[Session, Depends(Act("ticket.task"))],
    text: Annotated[str, Form()] = "",
) -> Response:
    """The department's word, as an agent heard it."""
    event = TaskDone(visitor.person.name, promise_id, plain(text))
    return act(request, visitor, number, event, "answered", Kept(f"task-{promise_id}", {"text": plain(text)}))


@router.post("/tickets/{number}/material")
def material(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.material"))],
    items: Annotated[list[str] | None, Form()] = None,
    text: Annotated[str, Form()] = "",
) -> Response:
    """002-27: exactly what is missing, by the facts we know of and in the agent's own words."""
    ticked = tuple(each for each in items or () if each in FACTS)
    others = tuple(each.strip() for each in _COMMAS.split(plain(text)) if each.strip())
    event = MaterialWanted(visitor.person.name, (*ticked, *others))
    return act(
        request, visitor, number, event, "wanted", Kept("material", {"items": " ".join(ticked), "text": plain(text)})
    )


@router.post("/tickets/{number}/delay")
def delay(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.delay"))],
    text: Annotated[str, Form()] = "",
    by: Annotated[str, Form()] = "",
) -> Response:
    """Told early, with the reason and the new time (001-22, 004-24)."""
    kept = Kept("delay", {"text": plain(text), "by": by})
    new_by, wrong = time_typed(request, by, needed=True)
    if new_by is None:
        return show(request, visitor, number, Refusal(wrong, kept=kept))
    return act(request, visitor, number, Delayed(visitor.person.name, plain(text), new_by), "delayed", kept)


@router.post("/tickets/{number}/adopt")
def adopt(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.adopt"))],
    text: Annotated[str, Form()] = "",
    launch: Annotated[str, Form()] = "",
) -> Response:
    """002-35: the customer whose suggestion it was is told."""
    event = Adopted(visitor.person.name, plain(text), one_line(launch))
    kept = Kept("adopt", {"text": plain(text), "launch": one_line(launch)})
    return act(request, visitor, number, event, "adopted", kept)
