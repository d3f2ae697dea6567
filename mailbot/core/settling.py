"""Small decisions that many others are made of: promises that end, drafts that give way, people to tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import get_args

from mailbot.core.decision import MACHINE, SUPERVISORS, Decision, DraftEnd, Settled
from mailbot.core.office import Office
from mailbot.core.promises import KIND_NAMES, Promise, PromiseState
from mailbot.core.ticket import DraftKind, Ticket

AFTERWARDS = ("revisit", "feedback", "care")  # owed once a ticket is resolved
_DONE_AT_ITS_HOUR = ("progress", "feedback")  # the mail of five o'clock leaves at five; silence is no breach
NOT_A_REPLY: tuple[DraftKind, ...] = ("acknowledgement", "holding", "progress")


def refused(ticket: Ticket, why: str) -> Decision:
    """Nothing changes, and why."""
    return Decision(ticket, refused=why)


def owed(ticket: Ticket, kind: str) -> Promise | None:
    """The open promise of this kind that falls due first."""
    return min((each for each in ticket.promises if each.kind == kind), key=lambda each: each.due_at, default=None)


def not_owed(ticket: Ticket, kinds: Iterable[str]) -> tuple[str, ...]:
    """Those of these kinds of which nothing is open."""
    return tuple(kind for kind in kinds if owed(ticket, kind) is None)


def pledged(ticket: Ticket, party: str) -> tuple[Promise, ...]:
    """The open pledges of this sort: "answer", "plan" ..."""
    return tuple(each for each in ticket.promises if each.kind == "pledge" and each.party == party)


def by_id(ticket: Ticket, promise_id: int) -> Promise | None:
    return next((each for each in ticket.promises if each.id == promise_id), None)


def kept(promise: Promise, at: datetime) -> PromiseState:
    """How a promise ends that is done at this moment; the clock need not have noticed that it is late."""
    in_time = promise.broken_at is None and (at <= promise.due_at or promise.kind in _DONE_AT_ITS_HOUR)
    return "kept" if in_time else "broken"


def done(ticket: Ticket, kinds: Iterable[str], reason: str, at: datetime) -> tuple[Settled, ...]:
    """Every open promise of these kinds is done at this moment."""
    kinds = tuple(kinds)
    return tuple(
        Settled(each.id, kept(each, at), reason)
        for each in ticket.promises
        if each.kind in kinds and each.id is not None
    )


def withdrawn(ticket: Ticket, kinds: Iterable[str], reason: str) -> tuple[Settled, ...]:
    """No open promise of these kinds is owed any more."""
    kinds = tuple(kinds)
    return tuple(
        Settled(each.id, "withdrawn", reason) for each in ticket.promises if each.kind in kinds and each.id is not None
    )


def worked(ticket: Ticket, who: str, now: datetime) -> tuple[Ticket, tuple[Settled, ...]]:
    """Somebody works on it: begun (001-47) and confirmed (001-16)."""
    changed = replace(ticket, handled_at=ticket.handled_at or now, updated_at=now)
    return changed, done(ticket, ("start", "confirm"), f"{who} 已开始处理", now)


def plan_wanted(ticket: Ticket, office: Office, now: datetime) -> tuple[Promise, ...]:
    """Whoever has the ticket owes a first plan (001-17), unless there is one or it is owed already."""
    if ticket.plan is not None or owed(ticket, "plan") is not None:
        return ()
    return office.promises(("plan",), ticket.case, now)


def all_superseded(ticket: Ticket, who: str, why: str) -> tuple[DraftEnd, ...]:
    """The end of every open draft."""
    return superseded(ticket, get_args(DraftKind), who, why)


def superseded(
    ticket: Ticket, kinds: Iterable[DraftKind], who: str, why: str, author: str | None = None
) -> tuple[DraftEnd, ...]:
    """The end of every open draft of these kinds (by this author): another takes its place."""
    kinds = tuple(kinds)
    return tuple(
        DraftEnd(draft.id, "superseded", who, why)
        for draft in ticket.drafts
        if draft.kind in kinds and author in (None, draft.author)
    )


def superseded_replies(ticket: Ticket, who: str, why: str) -> tuple[DraftEnd, ...]:
    return superseded(ticket, ("reply",), who, why)


def machines_replies(ticket: Ticket, who: str, why: str) -> tuple[DraftEnd, ...]:
    """The end of the reply drafts that no person has touched."""
    return superseded(ticket, ("reply",), who, why, author=MACHINE)


def owner_of(ticket: Ticket) -> str:
    """Whom a reminder about this ticket goes to: its owner, else the supervisors."""
    return f"agent:{ticket.owner}" if ticket.owner else SUPERVISORS


def about(ticket: Ticket, promise: Promise, words: str) -> str:
    """ "20261123-0001 首次回复: 15 分钟后到期": one line of a reminder, without a word of the customer's."""
    return f"{ticket.number} {KIND_NAMES[promise.kind]}:{words}"


def is_urgent(ticket: Ticket) -> bool:
    return ticket.priority == "urgent"
