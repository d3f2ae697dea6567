"""What a customer is offered, and what is declined: both only draft a mail, which waits for approval as all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from mailbot.accounts import Session
from mailbot.console.gate import Act
from mailbot.console.page import language_of
from mailbot.console.routes.ticket import Kept, Refusal, act, plain, show
from mailbot.console.words import Words
from mailbot.core.ticket import SIDE_NAMES, Declined, Side, SolutionOffered

router = APIRouter()
_MOST_DIGITS = 8


@dataclass(frozen=True, slots=True)
class OfferForm:
    """The fields of the form. `sum_of` and `sums` go side by side: a plan's code and its field of yuan, as typed."""

    text: Annotated[str, Form()] = ""
    plans: Annotated[list[str] | None, Form()] = None  # codes of those that are ticked
    sum_of: Annotated[list[str] | None, Form()] = None
    sums: Annotated[list[str] | None, Form()] = None
    side: Annotated[str, Form()] = ""

    def amounts(self) -> dict[str, str]:
        """Code -> what its field says, for those that are not blank."""
        pairs = zip(self.sum_of or (), self.sums or (), strict=False)
        return {code: typed.strip() for code, typed in pairs if typed.strip()}

    def responsible(self) -> Side:
        return cast(Side, self.side if self.side in SIDE_NAMES else "")

    def kept(self) -> Kept:
        sums = {f"sum-{code}": typed for code, typed in self.amounts().items()}
        fields = {"text": plain(self.text), "plans": " ".join(self.plans or ()), "side": self.responsible()}
        return Kept("offer", fields | sums)


@router.post("/tickets/{number}/offer")
def offer(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.offer"))],
    form: Annotated[OfferForm, Depends()],
) -> Response:
    """003-16, 004-15: the cause, and one plan or several that the policy allows here; the core measures the sums."""
    amounts = form.amounts()
    if not all(typed.isascii() and typed.isdigit() and len(typed) <= _MOST_DIGITS for typed in amounts.values()):
        why = Words(language_of(request))("refused.bad_sum")
        return show(request, visitor, number, Refusal(why, kept=form.kept()))
    sums = tuple((code, int(typed)) for code, typed in amounts.items())
    event = SolutionOffered(visitor.person.name, plain(form.text), tuple(form.plans or ()), sums, form.responsible())
    return act(request, visitor, number, event, "offered", form.kept())


@router.post("/tickets/{number}/decline")
def decline(
    request: Request,
    number: str,
    visitor: Annotated[Session, Depends(Act("ticket.decline"))],
    text: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    instead: Annotated[str, Form()] = "",
) -> Response:
    """003-19: a wish that cannot be met, why, and what can be done instead."""
    event = Declined(visitor.person.name, plain(text), plain(reason), plain(instead))
    kept = Kept("decline", {"text": plain(text), "reason": plain(reason), "instead": plain(instead)})
    return act(request, visitor, number, event, "declined", kept)
