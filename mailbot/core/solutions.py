"""What follows when a solution is offered to the customer, or a wish is declined (003-16 to 003-19, 004-15 to 004-23).

The policy says what may be offered and how much; the words come from its phrases, so every offer has its basis.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from mailbot.core.decision import Decision, DraftWanted, Entry, More
from mailbot.core.office import Office
from mailbot.core.policy import Plan, Policy
from mailbot.core.settling import machines_replies, refused, worked
from mailbot.core.ticket import SIDE_NAMES, STATE_NAMES, Declined, SolutionOffered, Ticket, after

MOST_PLANS = 4  # more nobody can choose between
_BEFORE_CAUSE = re.compile(
    r"(?:是因为|由于|因为|原因(?:是|在于)|是|the cause (?:is|was)\s|because(?: of)?\s)", re.IGNORECASE
)
_BEFORE_WISH = re.compile(
    r"(?:(?:客户|顾客|用户|对方|您)?(?:要求|希望|想要|提出|想)|(?:the )?customer (?:wants?|asks? for|"
    r"demands?)\s|(?:wants?|asked for)\s)",
    re.IGNORECASE,
)
_STOPS = " \t,，。；;、:："


def offered(ticket: Ticket, event: SolutionOffered, office: Office, now: datetime) -> Decision:
    """A mail with the cause and one plan or several, what they take, how long and on what basis."""
    cause = _phrase(event.cause, _BEFORE_CAUSE)
    state = after(ticket.state, "work")
    if state is None:
        return refused(ticket, f"工单{STATE_NAMES[ticket.state]},不能再提方案;如需继续处理请先重新打开")
    if not cause:
        return refused(ticket, "请写明核实到的原因,客户需要知道")
    if event.side and event.side not in SIDE_NAMES:
        return refused(ticket, f"责任方不对;可选:{'、'.join(SIDE_NAMES)}")
    policy = office.book.policy
    codes, amounts = tuple(dict.fromkeys(event.plans)), dict(event.sums)
    if why := _not_allowed(ticket, codes, policy) or _wrong_sums(codes, amounts, policy) or excessive(cause, policy):
        return refused(ticket, why)
    plans = tuple(policy.plans[code] for code in codes)
    side = 0 if ticket.language == "zh" else 1
    told = _told(plans, amounts, side)
    more: tuple[tuple[str, More], ...] = (("cause", cause), ("responsible", event.side), *told)
    names = " 或 ".join(plan.called(0, amounts.get(plan.code)) for plan in plans)
    reasons = (f"原因:{cause}", f"方案:{names}", *([f"责任方:{SIDE_NAMES[event.side]}"] if event.side else []))
    changed, settled = worked(ticket, event.agent, now)
    return Decision(
        replace(changed, plan=names, state=state, owner=ticket.owner or event.agent),
        (Entry("offered", event.agent, reasons),),
        settled=settled,
        drafts=(DraftWanted("reply", "solution", ticket.language, None, asks=True, more=more),),
        ended=machines_replies(ticket, event.agent, "改为向客户提出方案"),
    )


def declined(ticket: Ticket, event: Declined, office: Office, now: datetime) -> Decision:
    """003-19: why a wish cannot be met, and what can be done instead; nothing that sharpens the tone."""
    wish, reason = _phrase(event.wish, _BEFORE_WISH), _phrase(event.reason, _BEFORE_CAUSE)
    alternative = _phrase(event.alternative)
    state = after(ticket.state, "work")
    if state is None:
        return refused(ticket, f"工单{STATE_NAMES[ticket.state]},没有待答复的要求;如需继续处理请先重新打开")
    if not wish or not reason:
        return refused(ticket, "请写明客户的要求,以及不能满足的原因")
    if why := excessive(alternative, office.book.policy):
        return refused(ticket, why)
    more: tuple[tuple[str, More], ...] = (("wish", wish), ("reason", reason), ("alternative", alternative))
    reasons = (f"不能满足:{wish}", f"原因:{reason}", *([f"可以提供:{alternative}"] if alternative else []))
    changed, settled = worked(ticket, event.agent, now)
    wanted = DraftWanted("reply", "decline", ticket.language, None, asks=bool(alternative), more=more)
    return Decision(
        replace(changed, state=state, owner=ticket.owner or event.agent),
        (Entry("declined", event.agent, reasons),),
        settled=settled,
        drafts=(wanted,),
        ended=machines_replies(ticket, event.agent, "改为说明不能满足的原因"),
    )


def excessive(text: str, policy: Policy) -> str:
    """Why a text that offers more than the standard is refused, or "" (004-22)."""
    return "".join(_above(each.plan, each.amount) for each in policy.too_much(text)[:1])


def _not_allowed(ticket: Ticket, codes: tuple[str, ...], policy: Policy) -> str:
    """Why these plans cannot be offered here; it lists those that can (003-16)."""
    suiting = policy.suiting(ticket.category, ticket.topic)
    choice = "、".join(f"{plan.name[0]}({plan.code})" for plan in suiting) or "没有;请先更正工单的类别"
    if not codes:
        return f"请至少选一个方案;可选:{choice}"
    if len(codes) > MOST_PLANS:
        return f"一次最多给客户 {MOST_PLANS} 个方案,多了不好选"
    for code in codes:
        if code not in policy.plans:
            return f"政策里没有这个方案:{code};可选:{choice}"
        if policy.plans[code] not in suiting:
            return f"按公司政策,“{policy.plans[code].name[0]}”不适用于这类问题;可选:{choice}"
    return ""


def _wrong_sums(codes: tuple[str, ...], amounts: Mapping[str, int], policy: Policy) -> str:
    for code, amount in amounts.items():
        if code not in codes:
            return f"金额写给了没有选的方案:{code}"
        plan = policy.plans[code]
        if plan.most is None:
            return f"“{plan.name[0]}”不带金额"
        if amount <= 0:
            return f"“{plan.name[0]}”的金额须大于 0"
        if amount > plan.most:
            return _above(plan, amount)
    return ""


def _above(plan: Plan, amount: int) -> str:
    return (
        f"{amount} 元超出补偿标准:“{plan.name[0]}”最多 {plan.most} 元;"
        "请改在标准以内,确需更多的先请主管放宽 rules/policy.toml 的标准"
    )


def _told(plans: tuple[Plan, ...], amounts: Mapping[str, int], side: int) -> tuple[tuple[str, More], ...]:
    """The plans in the customer's language, one list for each thing said; the steps of a single plan one by one."""
    joint = ("；", "; ")[side]
    return (
        ("options", tuple(plan.called(side, amounts.get(plan.code)) for plan in plans)),
        ("advantages", tuple(plan.pros[side] for plan in plans)),
        ("drawbacks", tuple(plan.cons[side] for plan in plans)),
        ("durations", tuple(plan.time[side] for plan in plans)),
        ("bases", tuple(plan.basis[side] for plan in plans)),
        ("tasks", tuple(joint.join(plan.steps[side]) for plan in plans)),
        ("steps", plans[0].steps[side] if len(plans) == 1 else ()),
    )


def _phrase(text: str, before: re.Pattern[str] | None = None) -> str:
    """An agent's words as the part of a sentence that the template finishes."""
    line = " ".join(text.split()).strip(_STOPS)
    rest = before.sub("", line, count=1) if before is not None and before.match(line) else line
    return rest.strip(_STOPS) or line
