"""What was decided about a ticket: a value with its reasons. The desk writes it; nothing here acts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from mailbot.core.pledges import Pledge
from mailbot.core.promises import Promise, PromiseState
from mailbot.core.threads import Link
from mailbot.core.ticket import DraftKind, Rated, Ticket

MACHINE = "mailbot"  # who did it, when no person did
SUPERVISORS = "supervisors"  # an audience of reminders; others are "agent:NAME" and "department:CODE"

More = str | int | datetime | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal. `reasons`: Chinese, as agents see them."""

    what: str  # "mail", "draft", "approved", ... : stable codes, shown by their Chinese names
    who: str  # an agent's name, or "mailbot"
    reasons: tuple[str, ...] = ()
    mail_id: int | None = None


@dataclass(frozen=True, slots=True)
class DraftWanted:
    """A draft to render from a template, or an agent's own text (template None)."""

    kind: DraftKind
    template: str | None
    language: str
    mail_id: int | None  # the mail it answers
    author: str = "mailbot"
    subject: str = ""
    text: str = ""
    asks: bool = False  # it asks the customer for something
    more: tuple[tuple[str, More], ...] = ()  # facts for the template that only this decision knows


@dataclass(frozen=True, slots=True)
class Settled:
    """A promise that is open no more."""

    promise_id: int
    state: PromiseState
    reason: str


@dataclass(frozen=True, slots=True)
class DraftEnd:
    draft_id: int
    state: Literal["approved", "rejected", "superseded", "open"]  # open: a failed send gives it back
    who: str
    reason: str = ""
    override: str = ""  # approved in spite of what blocked it, and why


@dataclass(frozen=True, slots=True)
class Note:
    author: str
    text: str
    for_customer: bool = False


@dataclass(frozen=True, slots=True)
class Reminder:
    """What somebody here is to be told, once. Names no customer: it leaves by mail (001-52)."""

    audience: str
    level: Literal["soon", "last", "overdue", "assigned", "escalated", "unhappy", "answered"]
    text: str  # Chinese
    urgent: bool = False  # also when nobody is at work
    due_at: datetime | None = None
    promise_id: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """All that changes, at once. `refused`: why nothing does."""

    ticket: Ticket
    journal: tuple[Entry, ...] = ()
    promised: tuple[Promise, ...] = ()
    settled: tuple[Settled, ...] = ()
    stepped: tuple[Promise, ...] = ()  # open promises after a step: its moment, the next one, broken or not
    reminders: tuple[Reminder, ...] = ()
    drafts: tuple[DraftWanted, ...] = ()
    edited: tuple[int, DraftWanted] | None = None  # an open draft gets an agent's text
    pledges: tuple[int, str, tuple[Pledge, ...]] | None = None  # draft, agent, the times it promises
    ended: tuple[DraftEnd, ...] = ()
    approve: tuple[int, str] | None = None  # draft to pin and put into the outbox, and who approved it
    linked: tuple[Link, ...] = ()
    note: Note | None = None
    rated: Rated | None = None
    opted_out: Literal["link", "mail"] | None = None
    use_quota: bool = False  # the acknowledgement uses up the address's quota
    refused: str | None = None

    def plus(self, *entries: Entry) -> Decision:
        """The same decision with more lines in the journal."""
        return replace(self, journal=(*self.journal, *entries))
