"""The ticket, and every event that can happen to it. Its states and their table stand in states.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mailbot.core.pledges import Pledge
from mailbot.core.promises import Case, Promise
from mailbot.core.states import STATE_NAMES as STATE_NAMES
from mailbot.core.states import TRANSITIONS as TRANSITIONS
from mailbot.core.states import State as State
from mailbot.core.states import after as after
from mailbot.core.threads import Placement
from mailbot.core.triage import Category, Priority
from mailbot.core.understand import Understood

WaitingOn = Literal["us", "customer", "department"]
DraftKind = Literal["reply", "acknowledgement", "holding", "progress", "revisit"]
# 004-12; none: nobody is to blame for a question.
Side = Literal["", "company", "third_party", "customer", "none"]
SIDE_NAMES = {"company": "企业", "third_party": "第三方", "customer": "客户使用不当", "none": "不涉及"}


@dataclass(frozen=True, slots=True)
class OpenDraft:
    """A draft that waits for a person."""

    id: int
    kind: DraftKind
    version: int
    blocked: bool  # has a finding of level block
    author: str  # "mailbot", or the agent who wrote or changed it
    mail_id: int | None  # the mail it answers
    blocks: tuple[str, ...] = ()  # the checks (review_table.py) whose findings block it


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """A mail to the customer that is approved and whose end the ticket does not know yet."""

    kind: DraftKind
    approved_at: datetime


@dataclass(frozen=True, slots=True)
class Ticket:
    """One customer's one problem, as loaded: with its open promises, its open drafts and what is on its way."""

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
    department: str = ""  # code of the one that usually has to help
    asked_at: datetime | None = None  # when we last learned of a mail that wants an answer
    handled_at: datetime | None = None  # when somebody first worked on it
    written_at: datetime | None = None  # when the customer last had a mail of ours
    hush: str = ""  # why no automatic mail goes to this customer; empty: it may
    plan: str | None = None
    news: tuple[str, ...] = ()  # what agents noted for the customer on the day of news_at
    news_at: datetime | None = None
    result: str | None = None  # what solved it
    side: Side = ""
    proof: str = ""  # how we know that it works (001-28)
    resolved_at: datetime | None = None
    revisited_at: datetime | None = None  # when we asked, since it was resolved
    score: int | None = None  # 1 to 5, of the present round
    score_reason: str = ""
    merged_into: str | None = None  # number of the ticket that has its mails
    concerns: tuple[tuple[str, str], ...] = ()  # (category, topic) of what else its mails ask for
    opted_out: bool = False  # this customer wants no revisit mails
    account: str = ""  # what agents know of the customer: personal, business, vip; empty: unknown
    elderly: bool | None = None  # the same; None: what the mails say counts
    closed_at: datetime | None = None
    promises: tuple[Promise, ...] = ()
    drafts: tuple[OpenDraft, ...] = ()
    on_its_way: tuple[OnItsWay, ...] = ()
    version: int = 0
    id: int | None = None

    @property
    def case(self) -> Case:
        """What its limits depend on."""
        return Case(self.priority, self.category, self.topic)


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
    owner: str | None = None  # whom the departments' file gives a new ticket to
    routed: str = ""  # why: Chinese


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
class Assigned:
    """Somebody gives the ticket to an agent, who has to confirm it (001-12 to 001-16)."""

    agent: str
    to: str


@dataclass(frozen=True, slots=True)
class Noted:
    agent: str
    text: str
    for_customer: bool = False  # the next progress mail tells it


@dataclass(frozen=True, slots=True)
class Corrected:
    """An agent set category, topic or priority right (000-13)."""

    agent: str
    category: Category
    topic: str
    priority: Priority


@dataclass(frozen=True, slots=True)
class Planned:
    """The owner has a plan (001-17). `ready_by`: when it is to be done."""

    agent: str
    plan: str
    ready_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Transferred:
    """A department has to do something; the ticket keeps its owner (002-22 to 002-24). One sub-task (001-15)."""

    agent: str
    department: str  # code
    task: str
    person: str = ""  # surname and title, as the customer is told: 赵工程师
    due_by: datetime | None = None  # None: by the rules
    tell: bool = True  # draft the mail that tells the customer (002-23)


@dataclass(frozen=True, slots=True)
class TaskDone:
    """The department's word is here."""

    agent: str
    promise_id: int
    result: str


@dataclass(frozen=True, slots=True)
class Delayed:
    """Blocked: escalated early, and the customer is told the reason and the new time (001-22, 001-23, 004-24)."""

    agent: str
    reason: str
    new_by: datetime


@dataclass(frozen=True, slots=True)
class MaterialWanted:
    """The customer has to supply something (002-27). Fact codes, or what it is in the customer's language."""

    agent: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Whose turn it is."""

    agent: str
    on: WaitingOn


@dataclass(frozen=True, slots=True)
class Escalated:
    agent: str
    reason: str


@dataclass(frozen=True, slots=True)
class Objected:
    """The customer does not accept the plan: another one, or the final opinion and escalation (002-29)."""

    agent: str
    demand: str
    plan: str = ""


@dataclass(frozen=True, slots=True)
class SolutionOffered:
    """Checked, and here is what we can do: a mail with the cause and one plan or several to choose from (004-15)."""

    agent: str
    cause: str  # what was found, a phrase in the customer's language
    plans: tuple[str, ...]  # codes of rules/policy.toml
    sums: tuple[tuple[str, int], ...] = ()  # code, yuan
    side: Side = ""  # who is responsible


@dataclass(frozen=True, slots=True)
class Declined:
    """A wish that cannot be met: why, and what can be done instead (003-19). Phrases in the customer's language."""

    agent: str
    wish: str
    reason: str
    alternative: str = ""


@dataclass(frozen=True, slots=True)
class PromiseEnded:
    """An agent ends a promise by hand: done, or not owed any more (then with a reason)."""

    agent: str
    promise_id: int
    done: bool
    reason: str = ""


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
class DraftSuggested:
    """The drafting help proposes words for the free part of this version of a draft."""

    draft_id: int
    seen_version: int
    template: str  # of that version, as its language
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class PledgesSet:
    """An agent says which times a draft promises, instead of those found in its text."""

    agent: str
    draft_id: int
    pledges: tuple[Pledge, ...]
    seen_version: int | None = None


@dataclass(frozen=True, slots=True)
class DraftApproved:
    agent: str
    draft_id: int
    seen_version: int | None = None  # what the agent had on screen; None: whatever is there now
    override: str = ""  # why it goes out in spite of what blocks it; a supervisor's word only
    supervisor: bool = False  # does the agent have that right?


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
    template: str | None = None
    pledges: tuple[Pledge, ...] = ()
    sent_at: datetime | None = None  # None: now


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
    """The moment has come for a promise's next step (core/ladder.py)."""

    promise_id: int


@dataclass(frozen=True, slots=True)
class Resolved:
    """What solved it, who was responsible (004-12), and how we know that it works (001-28)."""

    agent: str
    result: str
    side: Side = ""
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Reopened:
    agent: str
    reason: str


@dataclass(frozen=True, slots=True)
class Closed:
    """An agent closes it; `reason`: for what is no customer's case at all."""

    agent: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rated:
    """The customer's answer to a revisit. `round_`: of a rating link, epoch seconds of the resolution it was for."""

    score: int
    reason: str
    how: Literal["link", "mail"]
    round_: int | None = None
    mail_id: int | None = None


@dataclass(frozen=True, slots=True)
class OptedOut:
    """The customer wants no more revisit mails."""

    how: Literal["link", "mail"]
    mail_id: int | None = None


@dataclass(frozen=True, slots=True)
class Adopted:
    """A suggestion is taken up, and the customer is told (002-35). `launch`: when it comes, in words."""

    agent: str
    suggestion: str
    launch: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """This ticket's mails are in another one now."""

    agent: str
    into: str  # number


@dataclass(frozen=True, slots=True)
class Unmerged:
    """This ticket has its mails back."""

    agent: str
    answered: bool  # none of them wants an answer any more


@dataclass(frozen=True, slots=True)
class MailMoved:
    """An agent moved a mail between two tickets; `into`: this ticket got it."""

    agent: str
    mail_id: int
    into: bool
    other: str  # number of the other ticket
    answered: bool = False  # the mail needs no answer any more
    facts: tuple[tuple[str, str], ...] = ()  # what the other ticket knew, when it is merged into this one


Event = (
    MailArrived
    | BounceArrived
    | Taken
    | Assigned
    | Noted
    | Corrected
    | Planned
    | Transferred
    | TaskDone
    | Delayed
    | MaterialWanted
    | Waiting
    | Escalated
    | Objected
    | SolutionOffered
    | Declined
    | PromiseEnded
    | DraftWritten
    | DraftSuggested
    | PledgesSet
    | DraftApproved
    | DraftRejected
    | Sent
    | SendFailed
    | SendUncertain
    | SendSettled
    | PromiseDue
    | Resolved
    | Reopened
    | Closed
    | Rated
    | OptedOut
    | Adopted
    | Merged
    | Unmerged
    | MailMoved
)
