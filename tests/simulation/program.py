"""What the shop asks of a program, whichever it is: the whole one (whole.py) or the core on paper (paper.py)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from mailbot.clock import Clock as Time
from mailbot.core.decision import Decision
from mailbot.core.hours import Hours
from mailbot.core.threads import Placement
from mailbot.core.ticket import Event, MailArrived, PromiseDue
from mailbot.core.understand import Understood
from mailbot.shelf import Shelf

AGENTS = ("wang", "zhao", "chen", "liu", "sun", "zhou")
BOSS = "boss"
CARRIER = "carrier"
BATCH = 50


class PowerCutError(BaseException):
    """The program is gone, here and now."""


class Moment(Time):
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self.at = start

    def now(self) -> datetime:
        return self.at

    def move_to(self, moment: datetime) -> None:
        self.at = moment


@dataclass
class Fuse:
    """Blows at the n-th place it passes."""

    left: int = 0

    def passing(self) -> None:
        if self.left:
            self.left -= 1
            if not self.left:
                raise PowerCutError


@dataclass(frozen=True, slots=True)
class Stepped:
    """One step of a promise that was done and committed."""

    promise_id: int
    planned: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Came:
    """A mail of a customer that went through the door."""

    mail_id: int
    ticket_id: int
    received_at: datetime
    taken_at: datetime
    wants: bool  # it wants an answer


@dataclass
class Record:
    """What the test saw besides what stands in the database."""

    steps: list[Stepped] = field(default_factory=list)
    mails: list[Came] = field(default_factory=list)
    off: list[tuple[datetime, datetime]] = field(default_factory=list)
    evenings: dict[datetime, list[int]] = field(default_factory=dict)  # five o'clock -> tickets open then
    case_at: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)  # ticket, round -> category, topic
    bare: list[str] = field(default_factory=list)  # tickets that were seen owing nothing
    refusals: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    cuts: int = 0
    moments: int = 0

    def handled(self, event: Event, decision: Decision, now: datetime) -> None:
        """An event went through the door, and what it changed is committed."""
        # A step put off, because a reply is going out at this moment, changes nothing but when to look again.
        if isinstance(event, PromiseDue) and decision != Decision(decision.ticket, stepped=decision.stepped):
            self.steps += [Stepped(event.promise_id, each.stepped_at, now) for each in decision.stepped]
        if decision.refused is not None:
            self.refusals[f"{type(event).__name__}: {decision.refused}"] += 1


@dataclass(frozen=True, slots=True)
class Incoming:
    """A letter as it lies in the mailbox, understood."""

    number: int
    content: bytes
    understood: Understood
    customer: str
    received_at: datetime
    into: int | None  # the ticket it belongs to; None: a new one
    owner: str | None  # whom a new ticket goes to

    def event(self, mail_id: int, quota_free: bool) -> MailArrived:
        return MailArrived(
            mail_id=mail_id,
            mailbox="support",
            understood=self.understood,
            placement=Placement(self.into, "回复了该工单中的邮件" if self.into else "新问题"),
            received_at=self.received_at,
            quota_free=quota_free,
            owner=self.owner,
            routed="按话题分派" if self.owner else "",
        )

    def row(self, taken_in_at: datetime) -> dict[str, Any]:
        """Of the table mail."""
        return {
            "mailbox": "support",
            "folder": "INBOX",
            "uidvalidity": 1,
            "uid": self.number,
            "received_at": self.received_at,
            "taken_in_at": taken_in_at,
            "size": len(self.content),
            "partial": False,
            "raw_sha256": self.digest,
            "body_sha256": self.digest,
            "state": "done",
            "attempts": 1,
            "sender": self.customer,
            "message_id": f"<s{self.number}@mail.example>",
        }

    @property
    def digest(self) -> str:
        return f"{self.number:064d}"


@dataclass(frozen=True, slots=True)
class Fate:
    """What the receiving server says to one mail."""

    state: Literal["sent", "queued", "failed"]
    words: str
    again: datetime | None = None  # of "queued"


@dataclass(frozen=True, slots=True)
class World:
    """What both programs stand in."""

    shelf: Shelf
    hours: Hours
    time: Moment
    fuse: Fuse
    record: Record


class Program(Protocol):
    """Everything that lives in memory; a restart throws it away. Each act is a transaction of its own."""

    def staff(self, rows: list[dict[str, Any]]) -> None:
        """These people work here, and the supervisor approves every automatic template."""

    def take_in(self, letter: Incoming) -> tuple[int, Decision]:
        """The id of the mail's row, and what was decided about it."""

    def handle(self, ticket_id: int, event: Event) -> Decision: ...

    def settle(self, outbox_id: int, sent: bool, who: str) -> None:
        """A person says how a send ended that was cut off."""

    def promises(self) -> int:
        """The clock: do every step that is due; how many."""

    def reminders(self) -> int:
        """The clock: gather reminders into mails; how many."""

    def carry(self, fate: Callable[[int], Fate]) -> tuple[int, list[int]]:
        """Claim, DATA, and the server's word by the number of the attempt: how many, and which were taken."""

    def tell(self) -> int:
        """Tell the tickets how their sends ended; how many."""

    def recover(self) -> None:
        """After a start: free what the last program had claimed."""

    def see(self, sql: str, *values: object) -> list[Any]:
        """A look at the rows that costs next to nothing."""

    def rows(self, sql: str) -> list[Mapping[str, Any]]:
        """The same, by the columns' names."""

    def close(self) -> None: ...
