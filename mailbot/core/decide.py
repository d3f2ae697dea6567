"""(Ticket, Event, Office, now) -> Decision. Decides only; the desk writes what was decided.

The same input always gives the same decision, and an event that is not allowed changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from mailbot.core import acts, arrival, endings, replies, revisits, solutions, teamwork, timekeeping
from mailbot.core.decision import MACHINE, Decision, Entry
from mailbot.core.office import Office
from mailbot.core.ticket import (
    Adopted,
    Assigned,
    BounceArrived,
    Closed,
    Corrected,
    Declined,
    Delayed,
    DraftApproved,
    DraftRejected,
    DraftSuggested,
    DraftWritten,
    Escalated,
    Event,
    MailArrived,
    MailMoved,
    MaterialWanted,
    Merged,
    Noted,
    Objected,
    OptedOut,
    Planned,
    PledgesSet,
    PromiseDue,
    PromiseEnded,
    Rated,
    Reopened,
    Resolved,
    SendFailed,
    SendSettled,
    SendUncertain,
    Sent,
    SolutionOffered,
    Taken,
    TaskDone,
    Ticket,
    Transferred,
    Unmerged,
    Waiting,
)


def decide(ticket: Ticket, event: Event, office: Office, now: datetime) -> Decision:
    """What follows from this event for this ticket."""
    match event:
        case MailArrived():
            return arrival.mail_arrived(ticket, event, office, now)
        case BounceArrived():
            return arrival.bounce_arrived(ticket, event, office, now)
        case PromiseDue():
            return timekeeping.promise_due(ticket, event, office, now)
        case DraftWritten() | DraftSuggested() | PledgesSet() | DraftApproved() | DraftRejected():
            return _about_a_draft(ticket, event, office, now)
        case Sent() | SendFailed() | SendUncertain() | SendSettled():
            return _about_a_send(ticket, event, office, now)
        case Assigned() | Transferred() | TaskDone() | Delayed() | MaterialWanted() | Objected():
            return _together(ticket, event, office, now)
        case SolutionOffered():
            return solutions.offered(ticket, event, office, now)
        case Declined():
            return solutions.declined(ticket, event, office, now)
        case Resolved() | Reopened() | Closed() | Rated() | OptedOut() | Adopted() | Merged() | Unmerged():
            return _ending(ticket, event, office, now)
        case _:
            return _acting(ticket, event, office, now)


def _acting(
    ticket: Ticket,
    event: Taken | Noted | Corrected | Planned | Waiting | Escalated | PromiseEnded | MailMoved,
    office: Office,
    now: datetime,
) -> Decision:
    match event:
        case Taken():
            return acts.taken(ticket, event, office, now)
        case Noted():
            return acts.noted(ticket, event, office, now)
        case Corrected():
            return acts.corrected(ticket, event, office, now)
        case Planned():
            return acts.planned(ticket, event, office, now)
        case Waiting():
            return acts.waiting(ticket, event, office, now)
        case Escalated():
            return acts.escalated(ticket, event, now)
        case PromiseEnded():
            return acts.promise_ended(ticket, event, office, now)
        case MailMoved():
            return acts.mail_moved(ticket, event, office, now)
        case _:
            assert_never(event)


def _together(
    ticket: Ticket,
    event: Assigned | Transferred | TaskDone | Delayed | MaterialWanted | Objected,
    office: Office,
    now: datetime,
) -> Decision:
    match event:
        case Assigned():
            return teamwork.assigned(ticket, event, office, now)
        case Transferred():
            return teamwork.transferred(ticket, event, office, now)
        case TaskDone():
            return teamwork.task_done(ticket, event, now)
        case Delayed():
            return teamwork.delayed(ticket, event, now)
        case MaterialWanted():
            return teamwork.material_wanted(ticket, event, now)
        case Objected():
            return teamwork.objected(ticket, event, office, now)
        case _:
            assert_never(event)


def _ending(
    ticket: Ticket,
    event: Resolved | Reopened | Closed | Rated | OptedOut | Adopted | Merged | Unmerged,
    office: Office,
    now: datetime,
) -> Decision:
    match event:
        case Resolved():
            return endings.resolved(ticket, event, office, now)
        case Reopened():
            return endings.reopened(ticket, event, office, now)
        case Closed():
            return endings.closed(ticket, event, now)
        case Merged():
            return endings.merged(ticket, event, now)
        case Unmerged():
            return endings.unmerged(ticket, event, office, now)
        case Rated():
            return revisits.rated(ticket, event, office, now)
        case OptedOut():
            return revisits.opted_out(ticket, event, now)
        case Adopted():
            return revisits.adopted(ticket, event, now)
        case _:
            assert_never(event)


def _about_a_draft(
    ticket: Ticket,
    event: DraftWritten | DraftSuggested | PledgesSet | DraftApproved | DraftRejected,
    office: Office,
    now: datetime,
) -> Decision:
    match event:
        case DraftWritten():
            return replies.draft_written(ticket, event, now)
        case DraftSuggested():
            return replies.draft_suggested(ticket, event)
        case PledgesSet():
            return replies.pledges_set(ticket, event, office, now)
        case DraftApproved():
            return replies.draft_approved(ticket, event, now)
        case DraftRejected():
            return replies.draft_rejected(ticket, event, now)
        case _:
            assert_never(event)


def _about_a_send(
    ticket: Ticket, event: Sent | SendFailed | SendUncertain | SendSettled, office: Office, now: datetime
) -> Decision:
    match event:
        case Sent():
            return replies.sent(ticket, event, office, now)
        case SendFailed():
            return replies.send_failed(ticket, event, now)
        case SendUncertain():
            entry = Entry("uncertain", MACHINE, (event.why, "不会自动重发,请人工确认是否送达"))
            return Decision(replace(ticket, updated_at=now), (entry,))
        case SendSettled():
            words = "确认已送达" if event.sent else "决定重新发送"
            return Decision(replace(ticket, updated_at=now), (Entry("settled", event.who, (words, event.proof)),))
        case _:
            assert_never(event)
