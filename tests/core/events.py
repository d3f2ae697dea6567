"""What happens to tickets, written down briefly: mails already understood, tickets in a state, every event once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from mailbot.core import quoting
from mailbot.core.automail import Automail
from mailbot.core.decision import Decision
from mailbot.core.facts import Fact, Facts
from mailbot.core.mail import Mail, parse
from mailbot.core.promises import Promise
from mailbot.core.threads import Placement
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
    OpenDraft,
    PromiseDue,
    Reopened,
    Resolved,
    SendFailed,
    SendSettled,
    SendUncertain,
    Sent,
    State,
    Taken,
    Ticket,
)
from mailbot.core.triage import Triage
from mailbot.core.trust import Trust
from mailbot.core.understand import Understood

NOW = datetime.fromisoformat("2026-11-23T09:00:00+08:00")
CUSTOMER = "li.ming@mail.example"
HUMAN = Automail("human", True, "yes", "普通来信", 16)
ROBOT = Automail("auto_reply", False, "no", "自动回复", 5)


def understood(
    category: str = "fault",
    topic: str = "malfunction",
    priority: str = "important",
    *,
    sender: str = CUSTOMER,
    judged: Automail = HUMAN,
    trust: str = "unknown",
    orders: tuple[str, ...] = (),
    missing: tuple[str, ...] = (),
) -> Understood:
    mail = parse(f"From: {sender}\r\nSubject: question\r\n\r\nwords\r\n".encode())
    assert isinstance(mail, Mail)
    return Understood(
        mail=mail,
        body=quoting.split(mail.text),
        language="zh",
        automail=judged,
        trust=Trust(trust, "身份验证结果"),  # type: ignore[arg-type]
        facts=Facts(order_numbers=tuple(Fact(order, order) for order in orders)),
        triage=Triage(category, topic, priority, 0.9, "calm", ("依据",), missing),  # type: ignore[arg-type]
    )


def arrived(
    found: Understood | None = None,
    *,
    mail_id: int = 1,
    at: datetime = NOW,
    into: int | None = None,
    quota_free: bool = True,
) -> MailArrived:
    return MailArrived(
        mail_id=mail_id,
        mailbox="support",
        understood=found or understood(),
        placement=Placement(into, "原因"),
        received_at=at,
        quota_free=quota_free,
    )


def bounced(failed: tuple[str, ...] = (CUSTOMER,), kind: str = "reply") -> BounceArrived:
    report = Automail("bounce", False, "no", "退信", 2)
    return BounceArrived(9, understood(judged=report), kind, failed)  # type: ignore[arg-type]


def ticket(state: State = State.PENDING, **over: Any) -> Ticket:
    """A ticket of yesterday with a draft and, by its state, the promises that belong to it."""
    opened = NOW - timedelta(days=1)
    kinds = {State.RESOLVED: ("revisit",), State.CLOSED: ()}.get(state, ("answer", "solve"))
    due = NOW + timedelta(hours=2)
    promises = tuple(Promise(kind, due, "依据", id=n, began_at=opened) for n, kind in enumerate(kinds, start=1))
    done = opened if state in (State.RESOLVED, State.CLOSED) else None
    given: dict[str, Any] = {
        "number": "20261122-0001",
        "mailbox": "support",
        "customer": CUSTOMER,
        "subject": "question",
        "language": "zh",
        "category": "fault",
        "topic": "malfunction",
        "priority": "important",
        "state": state,
        "waiting_on": "us",
        "opened_at": opened,
        "updated_at": opened,
        "promises": promises,
        "drafts": () if done else (draft(),),
        "resolved_at": done,
        "closed_at": opened if state is State.CLOSED else None,
        "version": 3,
        "id": 7,
    }
    return Ticket(**{**given, **over})


def draft(draft_id: int = 5, **over: Any) -> OpenDraft:
    given: dict[str, Any] = {
        "kind": "reply",
        "version": 1,
        "blocked": False,
        "author": "mailbot",
        "mail_id": 1,
    }
    return OpenDraft(draft_id, **{**given, **over})


def sent(kind: str = "reply", asks: bool = False, approved_at: datetime = NOW) -> Sent:
    return Sent(1, kind, asks, "250 ok", approved_at)  # type: ignore[arg-type]


# Every event once, in a form that is allowed wherever the state allows it.
EVENTS: dict[str, Event] = {
    "mail": arrived(mail_id=2, into=7),
    "thanks": arrived(understood("revisit", "thanks", "normal"), mail_id=2, into=7),
    "robot": arrived(understood(judged=ROBOT), mail_id=2, into=7),
    "bounce": bounced(),
    "report": bounced(()),
    "take": Taken("wang"),
    "note": Noted("wang", "已电话联系"),
    "correct": Corrected("wang", "complaint", "quality", "urgent"),
    "write": DraftWritten("wang", "Re: question", "您好"),
    "edit": DraftWritten("wang", "Re: question", "您好", draft_id=5),
    "approve": DraftApproved("wang", 5),
    "reject": DraftRejected("wang", 5, "不合适"),
    "sent": sent(),
    "ack_sent": sent("acknowledgement"),
    "failed": SendFailed(1, 6, "reply", "550 no such user"),
    "ack_failed": SendFailed(1, 6, "acknowledgement", "550 no such user"),
    "uncertain": SendUncertain(1, "没有答复"),
    "settled": SendSettled("wang", True, "客户来电"),
    "overdue": PromiseDue(1),
    "resolve": Resolved("wang", "已更换主板"),
    "reopen": Reopened("wang", "客户来电说仍有异响"),
    "mail_in": MailMoved("wang", 3, True, "20261122-0002"),
    "mail_out": MailMoved("wang", 1, False, "20261122-0002"),
}


def applied(before: Ticket, decision: Decision) -> Ticket:
    """The ticket as it would be loaded after this decision was written: what store/tickets.py does, in memory."""
    if decision.refused is not None:
        return before
    serial = 1 + max((each.id or 0 for each in (*before.promises, *before.drafts)), default=0) + before.version * 100
    settled = {each.promise_id for each in decision.settled}
    promises = [each for each in before.promises if each.id not in settled]
    promises = [replace(each, broken_at=each.due_at) if each.id in decision.overdue else each for each in promises]
    promises += [replace(each, id=serial + n) for n, each in enumerate(decision.promised)]
    ended = {each.draft_id for each in decision.ended if each.state != "open"}
    back = [draft(each.draft_id) for each in decision.ended if each.state == "open"]
    drafts = [each for each in (*before.drafts, *back) if each.id not in ended]
    drafts += [
        draft(serial + 50 + n, kind=each.kind, author=each.author, mail_id=each.mail_id)
        for n, each in enumerate(decision.drafts)
    ]
    return replace(
        decision.ticket,
        id=before.id or 7,
        version=before.version + 1,
        promises=tuple(promises),
        drafts=tuple(drafts),
    )
