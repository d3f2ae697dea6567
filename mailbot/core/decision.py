"""What was decided about a ticket: a value with its reasons. The desk writes it; nothing here acts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from mailbot.core.promises import Promise, PromiseState
from mailbot.core.threads import Link
from mailbot.core.ticket import DraftKind, Ticket

MACHINE = "mailbot"  # who did it, when no person did


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


@dataclass(frozen=True, slots=True)
class Decision:
    """All that changes, at once. `refused`: why nothing does."""

    ticket: Ticket
    journal: tuple[Entry, ...] = ()
    promised: tuple[Promise, ...] = ()
    settled: tuple[Settled, ...] = ()
    overdue: tuple[int, ...] = ()  # promises that broke but are still owed
    drafts: tuple[DraftWanted, ...] = ()
    edited: tuple[int, DraftWanted] | None = None  # an open draft gets an agent's text
    ended: tuple[DraftEnd, ...] = ()
    approve: tuple[int, str] | None = None  # draft to pin and put into the outbox, and who approved it
    linked: tuple[Link, ...] = ()
    note: tuple[str, str] | None = None  # author, text
    use_quota: bool = False  # the acknowledgement uses up the address's quota
    refused: str | None = None

    def plus(self, *entries: Entry) -> Decision:
        """The same decision with more lines in the journal."""
        return replace(self, journal=(*self.journal, *entries))


def superseded_replies(ticket: Ticket, who: str, why: str) -> tuple[DraftEnd, ...]:
    """The end of every open reply draft: another takes its place."""
    return tuple(DraftEnd(draft.id, "superseded", who, why) for draft in ticket.drafts if draft.kind == "reply")


def ended_revisit(ticket: Ticket) -> tuple[Settled, ...]:
    """The end of an owed revisit: the problem is open again."""
    return tuple(
        Settled(promise.id, "withdrawn", "问题重新打开")
        for promise in ticket.promises
        if promise.kind == "revisit" and promise.id is not None
    )
