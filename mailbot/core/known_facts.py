"""The names of all facts a template may use, and what each is: the table of docs/reference.md. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

REPLY_FACTS: Mapping[str, str] = MappingProxyType(
    {
        "company_name": "our name: 示例电器",
        "hotline": "our telephone number, or empty",
        "ticket_number": "20261123-0001",
        "language": "zh or en",
        "salutation": "尊敬的王女士 / 李明 / 尊敬的客户; Dear Ms Wang / Dear Ann Smith / Dear customer",
        "customer_subject": "the subject of the mail without Re: and 回复:, or empty",
        "quote": "a short phrase in the customer's own words, without quotation marks, or empty",
        "symptom": "what is wrong, in the customer's words, or empty",
        "demand": "the core of the mail as a short phrase: 要求换货, 产品无法开机, wants a refund, or empty",
        "wish": "the action the customer wants: 换货, 退款, a refund, to cancel the order, or empty",
        "product": "the product, or empty",
        "model": "the model, or empty",
        "goods": "product and model in one: 空调 KFR-35GW, or empty",
        "order_number": "the first order number, or empty",
        "order_numbers": "all order numbers, a list",
        "order_sure": "true: the order number is certain; false: a candidate, ask whether it is right",
        "tracking_number": "the first tracking number, or empty",
        "happened_at": "when it happened, as the customer wrote it, or empty",
        "people": "names of people the customer speaks of, a list",
        "has_phone": "true: the mail names a phone number",
        "has_tried": "true: the customer says what was tried already",
        "has_photo": "true: pictures or videos came with the mail",
        "missing": "codes of the facts that are missing, a list: order_number",
        "questions": "questions for exactly what is missing, a list of whole sentences",
        "fault_questions": "the same, and for a fault when, how and what was tried, unless it was said",
        "asks_identity": "true: one of the questions asks for the order number or the registered phone",
        "category": "enquiry, fault, complaint, request, revisit, other",
        "topic": "code of the topic: logistics_progress",
        "topic_name": "the topic as people call it: 物流进度",
        "priority": "urgent, important, normal",
        "response_time": "1小时内 / 4个工作小时内 / 24小时内; within 4 working hours",
        "due_text": "when we answer at the latest: 11月23日（周一）13:00前, or empty",
        "mood": "calm, upset, angry",
        "hazard": "true: something burns, shocks, smokes or leaks",
        "elderly": "true: plain words and short sentences, please",
        "account": "personal, business, vip, or empty: unknown",
        "complex": "true: a long story or several concerns; restate it first",
        "concerns": "what else the mail asks for, besides its topic: a list of topics' names",
        "place": "where it happened, in the customer's words, or empty",
        "tried": "what was tried already, in the customer's words, or empty",
        "extent": "how far it reaches, in the customer's words: 全家都用不了, or empty",
        "knowledge": "sentences of the knowledge base that answer the question, a list; empty: no entry does",
        "knowledge_source": "where they stand: 《售后服务政策》第3条, or empty",
        "knowledge_more": "tips that belong to it, a list",
        "order_known": "true: the order is in the shop's system and the sender's",
        "order_product": "what was ordered, or empty; empty like all of these unless order_known",
        "order_date": "when: 2026年11月2日, or empty",
        "order_state": "how far it is, as the shop's system says, or empty",
        "order_carrier": "who delivers it, or empty",
        "order_tracking": "the parcel's number, or empty",
        "warranty": "in: the warranty holds; over: it has ended; empty: unknown",
        "warranty_until": "until when: 2032年11月2日, or empty",
        "suggested": "words proposed by the drafting help, to be read before approving, or empty",
    }
)
# What a reply says of these when nothing is known.
UNKNOWN: Mapping[str, object] = MappingProxyType(
    {
        "elderly": False,
        "account": "",
        "complex": False,
        "concerns": (),
        "place": "",
        "tried": "",
        "extent": "",
        "knowledge": (),
        "knowledge_source": "",
        "knowledge_more": (),
        "order_known": False,
        "order_product": "",
        "order_date": "",
        "order_state": "",
        "order_carrier": "",
        "order_tracking": "",
        "warranty": "",
        "warranty_until": "",
        "suggested": "",
    }
)
# What mails say that answer no single mail; empty in a reply.
NOTICE_FACTS: Mapping[str, str] = MappingProxyType(
    {
        "problem": "the case in a short phrase: what is wrong, else the wish, else the subject, or empty",
        "news": "what the agent noted for the customer today, a list without full stops: 已联系维修团队，预计明日上门",
        "next_by": "when the customer hears from us next: 11月24日（周二）17:00前, or empty",
        "expected_by": "when a definite answer is expected: 11月26日（周四）18:00前, or empty",
        "answer_by": "when we answer at the latest: 11月9日（周一）11:30前, or empty",
        "resumes_at": "when we work again: 11月9日（周一）09:00, or empty",
        "closed_now": "1: we are outside opening hours; else empty",
        "reason": "why it takes longer, a phrase: 配件缺货，供应商正在调货, or empty",
        "new_by": "the new time: 11月30日（周一）18:00前 / 下周三, or empty",
        "department_name": "the department that has to help: 维修部 (“our logistics colleagues”), or empty",
        "person": "who there, surname and title: 赵工程师, or empty",
        "contact_by": "when that person contacts the customer: 11月24日（周二）12:00前 / 24小时内, or empty",
        "items": "what the customer should send, a list of phrases that say how",
        "cause": "what was found, a phrase: 启动电容损坏, or empty",
        "responsible": "who is responsible: company, third_party, customer, none, or empty",
        "options": "the plans offered, a list of phrases: 免费维修 (“我们可以为您...”)",
        "advantages": "an advantage of each plan, a list as long as `options`",
        "drawbacks": "a drawback of each plan, the same",
        "durations": "how long each plan takes, the same",
        "bases": "what the policy says about each plan, the same",
        "tasks": "what the customer has to do for each plan, one phrase each or empty, the same",
        "steps": "what the customer has to do for the only plan, a list in order",
        "alternative": "what we can do instead of a wish that is declined, a phrase, or empty",
        "result": "what solved it, a phrase for the customer: 已更换排水泵，试机正常, or empty",
        "suggestion": "what the customer suggested, or empty",
        "launch": "when the suggestion is put into practice: 2027年第一季度; March 2027, or empty",
        "score": "5 非常满意, 4 满意, 3 一般, 2 不满意, 1 非常不满意, 0 unknown",
        "score_reason": "why the customer gave that score, in the customer's words, or empty",
        "rating_url": "the page on which the customer rates, or empty",
        "rating_urls": "five pages, for the scores 5 to 1, or an empty list",
        "stop_url": "the page on which the customer ends such mails, or empty",
        "recipient_name": "the agent a reminder goes to, or empty",
        "reminder_lines": "the lines of a reminder: ticket numbers and times, never a customer's data",
        "count": "how many things a reminder names, or 0",
        "urgent": "1: one of them is urgent; else empty",
    }
)
KNOWN_FACTS: Mapping[str, str] = MappingProxyType({**REPLY_FACTS, **NOTICE_FACTS})
_PLANS = ("options", "advantages", "drawbacks", "durations", "bases", "tasks", "steps")
_LISTS = ("news", "items", "rating_urls", "reminder_lines", *_PLANS)
_NUMBERS = ("score", "count")
NOTHING_TO_TELL: Mapping[str, object] = MappingProxyType(
    {name: () if name in _LISTS else 0 if name in _NUMBERS else "" for name in NOTICE_FACTS}
)
# A mail to agents travels like any other: no fact about a customer may stand in it (001-52).
INTERNAL_FACTS: Mapping[str, str] = MappingProxyType(
    {
        name: KNOWN_FACTS[name]
        for name in ("company_name", "language", "recipient_name", "reminder_lines", "count", "urgent")
    }
)
SIGNATURE_FACTS: Mapping[str, str] = MappingProxyType(
    {
        "company_name": "our name",
        "hotline": "our telephone number, or empty",
        "agent_name": "the agent who approves, or empty",
        "agent_number": "the agent's number, or empty",
        "ticket_number": "20261123-0001",
        "language": "zh or en",
    }
)
