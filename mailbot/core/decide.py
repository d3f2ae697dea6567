"""(Ticket, Event, Office, now) -> Decision. Decides only; the desk writes what was decided.

The same input always gives the same decision, and an event that is not allowed changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from mailbot.core import acts, arrival
from mailbot.core.decision import MACHINE, Decision, DraftEnd, Entry, Settled
from mailbot.core.office import Office
from mailbot.core.ticket import (
    BounceArrived,
    Corrected,
    DraftApproved,
    DraftRejected,
    DraftWritten,
    Event,
    MailArrived,
    MailMoved,
    Noted,
    PromiseDue,
    Reopened,
    Resolved,
    SendFailed,
    SendSettled,
    SendUncertain,
    Sent,
    Taken,
    Ticket,
    after,
)


def decide(ticket: Ticket, event: Event, office: Office, now: datetime) -> Decision:
    """What follows from this event for this ticket."""
    match event:
        case MailArrived():
            return arrival.mail_arrived(ticket, event, office, now)
        case BounceArrived():
            return arrival.bounce_arrived(ticket, event, office, now)
        case Taken():
            return acts.taken(ticket, event, now)
        case Noted():
            return acts.noted(ticket, event, now)
        case Corrected():
            return acts.corrected(ticket, event, office, now)
        case Resolved():
            return acts.resolved(ticket, event, office, now)
        case Reopened():
            return acts.reopened(ticket, event, office, now)
        case MailMoved():
            return acts.mail_moved(ticket, event, office, now)
        case DraftWritten():
            return acts.draft_written(ticket, event, now)
        case DraftApproved():
            return acts.draft_approved(ticket, event, now)
        case DraftRejected():
            return acts.draft_rejected(ticket, event, now)
        case PromiseDue():
            return acts.promise_due(ticket, event, now)
        case Sent():
            return _sent(ticket, event, office, now)
        case SendFailed():
            return _send_failed(ticket, event, now)
        case SendUncertain():
            entry = Entry("uncertain", MACHINE, (event.why, "不会自动重发,请人工确认是否送达"))
            return Decision(replace(ticket, updated_at=now), (entry,))
        case SendSettled():
            words = "确认已送达" if event.sent else "决定重新发送"
            return Decision(replace(ticket, updated_at=now), (Entry("settled", event.who, (words, event.proof)),))
        case _:
            assert_never(event)


def _sent(ticket: Ticket, event: Sent, office: Office, now: datetime) -> Decision:
    """The answer is given: its promise is kept (or was broken and is done late).

    A mail that came after the approval is not answered by it: it is promised an answer of its own.
    """
    entry = Entry("sent", MACHINE, (event.how,))
    changed = replace(ticket, updated_at=now)
    if event.kind == "acknowledgement":
        return Decision(changed, (entry,))
    settled = tuple(
        Settled(promise.id, "kept" if promise.broken_at is None else "broken", "已回复客户")
        for promise in ticket.promises
        if promise.kind == "answer" and promise.id is not None
    )
    unanswered = ticket.asked_at if ticket.asked_at and ticket.asked_at > event.approved_at else None
    changed = replace(
        changed,
        state=after(ticket.state, "sent") or ticket.state,
        waiting_on="customer" if not unanswered and (event.asks or ticket.resolved_at) else "us",
    )
    promised = (office.promise("answer", ticket.priority, unanswered),) if unanswered and settled else ()
    return Decision(changed, (entry,), settled=settled, promised=promised)


def _send_failed(ticket: Ticket, event: SendFailed, now: datetime) -> Decision:
    """Refused for good: the words go back to the agents as a draft; the answer is still owed."""
    changed = replace(ticket, updated_at=now)
    if event.kind == "acknowledgement":
        return Decision(changed, (Entry("failed", MACHINE, (event.why,)),))
    return Decision(
        replace(changed, waiting_on="us"),
        (Entry("failed", MACHINE, (event.why, "回复退回为草稿,请核对地址后重新处理")),),
        ended=(DraftEnd(event.draft_id, "open", MACHINE, event.why),),
    )
