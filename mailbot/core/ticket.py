"""The ticket: its five states, its events and the one table of transitions; all that concerns states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from mailbot.core.promises import Promise
from mailbot.core.threads import Placement
from mailbot.core.triage import Category, Priority
from mailbot.core.understand import Understood


class State(StrEnum):
    """处理进度 of 002-44: exactly these five."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    CLOSED = "closed"


STATE_NAMES = {
    State.PENDING: "待处理",
    State.IN_PROGRESS: "处理中",
    State.ESCALATED: "需升级",
    State.RESOLVED: "已解决",
    State.CLOSED: "已关闭",
}

WaitingOn = Literal["us", "customer", "department"]
DraftKind = Literal["reply", "acknowledgement"]


@dataclass(frozen=True, slots=True)
class OpenDraft:
    """A draft that waits for a person."""

    id: int
    kind: DraftKind
    version: int
    blocked: bool  # has a finding of level block
    author: str  # "mailbot", or the agent who wrote or changed it
    mail_id: int | None  # the mail it answers


@dataclass(frozen=True, slots=True)
class Ticket:
    """One customer's one problem, as loaded: with its open promises and open drafts only."""

    number: str
    mailbox: str
    customer: str  # address
    subject: str
    language: str
    category: Category
    topic: str
    priority: Priority
    state: State
    waiting_on: WaitingOn
    opened_at: datetime
    updated_at: datetime
    owner: str | None = None
    mood: str = "calm"
    confidence: float = 0.0
    missing: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()  # fact code, value; several of one code are several pairs
    asked_at: datetime | None = None  # when we last learned of a mail that wants an answer
    result: str | None = None  # what solved it
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    promises: tuple[Promise, ...] = ()
    drafts: tuple[OpenDraft, ...] = ()
    version: int = 0
    id: int | None = None


# ---- events: everything that can happen to a ticket ----


@dataclass(frozen=True, slots=True)
class MailArrived:
    """A mail that belongs to this ticket (or opens it)."""

    mail_id: int
    mailbox: str
    understood: Understood
    placement: Placement
    received_at: datetime  # by the clock of the mailbox's server
    quota_free: bool  # this address may get an acknowledgement now (one in 24 h)


@dataclass(frozen=True, slots=True)
class BounceArrived:
    """A delivery report about a mail we sent for this ticket."""

    mail_id: int
    understood: Understood
    kind: DraftKind  # of our mail that it speaks of
    failed: tuple[str, ...]  # addresses that will not get it; empty: delayed or delivered


@dataclass(frozen=True, slots=True)
class Taken:
    agent: str


@dataclass(frozen=True, slots=True)
class Noted:
    agent: str
    text: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """An agent set category, topic or priority right (000-13)."""

    agent: str
    category: Category
    topic: str
    priority: Priority


@dataclass(frozen=True, slots=True)
class DraftWritten:
    """An agent wrote a reply of their own: a new draft, or a new text for an open one."""

    agent: str
    subject: str
    text: str
    mail_id: int | None = None  # the mail it answers
    draft_id: int | None = None
    seen_version: int | None = None


@dataclass(frozen=True, slots=True)
class DraftApproved:
    agent: str
    draft_id: int
    seen_version: int | None = None  # what the agent had on screen; None: whatever is there now


@dataclass(frozen=True, slots=True)
class DraftRejected:
    agent: str
    draft_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The receiving server took the mail, or proof of it was found."""

    outbox_id: int
    kind: DraftKind
    asks: bool  # the mail asks the customer for something
    how: str
    approved_at: datetime


@dataclass(frozen=True, slots=True)
class SendFailed:
    outbox_id: int
    draft_id: int
    kind: DraftKind
    why: str


@dataclass(frozen=True, slots=True)
class SendUncertain:
    outbox_id: int
    why: str


@dataclass(frozen=True, slots=True)
class SendSettled:
    """A person, or proof, ended an uncertain send: it did arrive, or it is sent again."""

    who: str
    sent: bool
    proof: str


@dataclass(frozen=True, slots=True)
class PromiseDue:
    promise_id: int


@dataclass(frozen=True, slots=True)
class Resolved:
    agent: str
    result: str


@dataclass(frozen=True, slots=True)
class Reopened:
    agent: str
    reason: str


@dataclass(frozen=True, slots=True)
class MailMoved:
    """An agent moved a mail between two tickets; `into`: this ticket got it."""

    agent: str
    mail_id: int
    into: bool
    other: str  # number of the other ticket


Event = (
    MailArrived
    | BounceArrived
    | Taken
    | Noted
    | Corrected
    | DraftWritten
    | DraftApproved
    | DraftRejected
    | Sent
    | SendFailed
    | SendUncertain
    | SendSettled
    | PromiseDue
    | Resolved
    | Reopened
    | MailMoved
)

# ---- the table: (state, what happens) -> state. What is not in it is refused and changes nothing. ----

P, I, E, R, C = State.PENDING, State.IN_PROGRESS, State.ESCALATED, State.RESOLVED, State.CLOSED  # noqa: E741

TRANSITIONS: dict[tuple[State, str], State] = {
    (P, "mail"): P,
    (I, "mail"): I,
    (E, "mail"): E,
    (R, "mail"): I,  # the customer writes again: it was not solved (001-55)
    (C, "mail"): I,
    (R, "thanks"): R,  # a thank-you does not reopen
    (C, "thanks"): C,
    (P, "take"): I,
    (I, "take"): I,
    (E, "take"): E,  # stays visible as escalated until it is answered
    (P, "sent"): I,
    (I, "sent"): I,
    (E, "sent"): I,
    (R, "sent"): R,
    (C, "sent"): C,
    (P, "overdue"): E,
    (I, "overdue"): E,
    (E, "overdue"): E,
    (R, "overdue"): R,
    (P, "resolve"): R,
    (I, "resolve"): R,
    (E, "resolve"): R,
    (R, "reopen"): I,
    (C, "reopen"): I,
}


def after(state: State, happening: str) -> State | None:
    """The state after this happening, or None when it is not allowed in this state."""
    return TRANSITIONS.get((state, happening))
