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
from mailbot.core.pledges import Pledge
from mailbot.core.promises import Promise
from mailbot.core.threads import Placement
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
    OpenDraft,
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
    State,
    Taken,
    TaskDone,
    Ticket,
    Transferred,
    Unmerged,
    Waiting,
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
    kinds = {State.RESOLVED: ("revisit",), State.CLOSED: ()}.get(state, ("answer", "solve", "progress"))
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
        "result": "已更换" if done else None,
        "handled_at": done,
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
    "assign": Assigned("zhou", "wang"),
    "news": Noted("wang", "已联系维修团队,预计明日上门", for_customer=True),
    "plan": Planned("wang", "更换主板"),
    "transfer": Transferred("wang", "technical", "检测主板", "赵工程师"),
    "task_done": TaskDone("wang", 93, "主板批次有缺陷"),
    "delay": Delayed("wang", "配件缺货", NOW + timedelta(days=2)),
    "material": MaterialWanted("wang", ("photo", "购买凭证")),
    "wait": Waiting("wang", "customer"),
    "escalate": Escalated("wang", "客户情绪激动"),
    "object": Objected("wang", "全额退款"),
    "object_plan": Objected("wang", "不想等维修", "改为换新"),
    "offer": SolutionOffered("wang", "主板电容损坏", ("repair", "exchange"), side="company"),
    "decline": Declined("wang", "全额退款", "签收已超过七天", "免费维修"),
    "end_promise": PromiseEnded("wang", 94, True),
    "suggest": DraftSuggested(5, 1, "fault", "zh", "您把现象讲得这样细，我们看得很明白。"),
    "pledges": PledgesSet("wang", 5, (Pledge("今天联系您", NOW + timedelta(hours=3), "contact", "回信承诺"),)),
    "resolve": Resolved("wang", "已更换主板", "company", "试机正常"),
    "close": Closed("wang"),
    "rate_well": Rated(5, "", "link"),
    "rate_badly": Rated(1, "还是响", "link"),
    "opt_out": OptedOut("link"),
    "adopt": Adopted("wang", "说明书加上图示", "明年三月"),
    "merge": Merged("wang", "20261122-0002"),
    "unmerge": Unmerged("wang", False),
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
    stepped = {each.id: each for each in decision.stepped}
    promises = [stepped.get(each.id, each) for each in promises]
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
