"""What the console calls the codes of the core, in Chinese and English: from the core's own names where it has both."""

from __future__ import annotations

from collections.abc import Mapping

from mailbot.core.journal import (
    ACCOUNT_NAMES,
    JOURNAL_NAMES,
    LEVEL_NAMES,
    MAIL_NAMES,
    PLEDGE_NAMES,
    STANDING_NAMES,
    WAITING_NAMES,
    Names,
)
from mailbot.core.promises import KIND_NAMES
from mailbot.core.ticket import SIDE_NAMES

_KINDS = {
    "answer": "First answer",
    "start": "Begin work",
    "confirm": "Confirm take-over",
    "plan": "First plan",
    "solve": "Solution",
    "progress": "Progress mail",
    "material": "Customer's material",
    "department": "Department's answer",
    "pledge": "Promised in a mail",
    "revisit": "Revisit",
    "feedback": "Awaiting rating",
    "care": "Care visit",
    "suggestion": "Word on a suggestion",
}
_SIDES = {
    "company": "the company",
    "third_party": "a third party",
    "customer": "misuse by the customer",
    "none": "does not apply",
}


def _under(group: str, names: Names, zh: str = "{}", en: str = "{}") -> dict[str, tuple[str, str]]:
    return {f"{group}.{code}": (zh.format(one), en.format(other)) for code, (one, other) in names.items()}


CODE_WORDS: Mapping[str, tuple[str, str]] = {
    "priority.urgent": ("紧急", "Urgent"),
    "priority.important": ("重要", "Important"),
    "priority.normal": ("一般", "Normal"),
    "state.pending": ("待处理", "Pending"),
    "state.in_progress": ("处理中", "In progress"),
    "state.escalated": ("需升级", "Escalated"),
    "state.resolved": ("已解决", "Resolved"),
    "state.closed": ("已关闭", "Closed"),
    "mood.upset": ("情绪不满", "upset"),
    "mood.angry": ("情绪激动", "angry"),
    "send.queued": ("等待发送", "queued"),
    "send.sending": ("正在发送", "being sent"),
    "send.sent": ("已发送", "sent"),
    "send.failed": ("发送失败", "failed"),
    "send.uncertain": ("是否送达不明", "uncertain"),
    "fact.order_number": ("订单号", "Order"),
    "fact.tracking_number": ("运单号", "Tracking number"),
    "fact.phone": ("电话", "Phone"),
    "fact.product": ("产品", "Product"),
    "fact.model": ("型号", "Model"),
    "fact.serial": ("序列号", "Serial number"),
    "fact.happened_at": ("发生时间", "Happened"),
    "fact.symptom": ("问题现象", "Symptom"),
    "fact.demand": ("客户诉求", "Demand"),
    "fact.photo": ("照片或视频", "Photo or video"),
    "fact.people": ("涉及人员", "Staff named"),
    "fact.name": ("称呼", "Name"),
    "fact.place": ("地点", "Place"),
    "fact.tried": ("已做过的尝试", "Already tried"),
    "fact.extent": ("影响范围", "How far it reaches"),
    "fact.account": ("账户类型", "Kind of account"),
    "fact.elderly": ("年长客户", "Elderly customer"),
    "kind.human": ("普通来信", "person"),
    "kind.bounce": ("退信", "bounce"),
    "kind.auto_reply": ("自动回复", "auto-reply"),
    "kind.bulk": ("群发邮件", "bulk mail"),
    "kind.loop": ("循环邮件", "loop"),
    "kind.unreadable": ("无法解析", "unreadable"),
    # templates that speak of the ticket as a whole
    "template.transfer": ("告知转交", "Transfer told"),
    "template.delay": ("告知延期", "Delay told"),
    "template.material": ("请客户补充", "Material wanted"),
    "template.material_reminder": ("再请客户补充", "Material, again"),
    "template.solution": ("提出方案", "Solution offered"),
    "template.decline": ("说明不能满足", "Wish declined"),
    "template.closing": ("处理结果", "Result told"),
    "template.suggestion_adopted": ("建议已采纳", "Suggestion adopted"),
    "template.revisit_invitation": ("回访邀请", "Revisit"),
    "template.revisit_reminder": ("回访提醒", "Revisit, again"),
    "template.rating_thanks": ("感谢评价", "Thanks for rating"),
    "template.care": ("关怀回访", "Care visit"),
    **{f"promise.{code}": (name, _KINDS.get(code, code)) for code, name in KIND_NAMES.items()},
    **{f"side.{code}": (name, _SIDES.get(code, code)) for code, name in SIDE_NAMES.items()},
    **_under("entry", JOURNAL_NAMES),
    **_under("send", MAIL_NAMES),
    **_under("draft", MAIL_NAMES, "{}草稿", "{} draft"),
    **_under("waiting", WAITING_NAMES, "等待{}", "waiting for {}"),
    **_under("standing", STANDING_NAMES),
    **_under("level", LEVEL_NAMES),
    **_under("pledge", PLEDGE_NAMES),
    **_under("account", ACCOUNT_NAMES),
}
