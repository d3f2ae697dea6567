"""What mails say that answer no single mail: progress, delay, transfer, revisit; and what a reminder to agents says.

Pure. The ticket says what is known; what the office did, and when it goes on, the caller adds. Nothing is guessed:
what is not known is empty, and the template leaves it out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from mailbot.core.facts import Fact, Facts
from mailbot.core.known_facts import KNOWN_FACTS, NOTHING_TO_TELL, UNKNOWN
from mailbot.core.reply import bare_subject
from mailbot.core.ticket import Ticket
from mailbot.core.wording import (
    QUOTE_LENGTH,
    USUAL_ANSWER,
    Occasion,
    clip,
    due_text,
    goods_of,
    is_hazard,
    moment_text,
    one_line,
    salutation,
    usable_quote,
    wish_in,
    within,
)

More = Mapping[str, str | int | datetime | tuple[str, ...]]

MAX_PHRASE = 500  # characters of one thing an agent noted
MAX_PHRASES = 20
MAX_QUOTED = 120  # characters of a phrase that stands between quotation marks

# Words of people that a template ends with a full stop of its own.
_PHRASES = ("news", "items", "reason", "result", "launch", "cause", "wish", "alternative")
_QUOTED = ("problem", "suggestion", "score_reason")  # stand between quotation marks
_STOPS = " \t,，。;；、:："


def notice_facts(ticket: Ticket, occasion: Occasion, more: More) -> dict[str, object]:
    """All of KNOWN_FACTS from the ticket, then `more` over it.

    Datetimes in `more` bear the zone they are told in: under `..._by` they become `11月23日（周一）13:00前`,
    else `11月9日（周一）09:00`. Agents' phrases lose their line breaks and their last full stop.
    """
    language = "zh" if occasion.language == "zh" else "en"
    facts = _facts(ticket)
    orders = tuple(one_line(each.value) for each in facts.order_numbers[:5])
    demand = clip(facts.demand.value if facts.demand else "", QUOTE_LENGTH[language])
    symptom = clip(facts.symptom.value if facts.symptom else "", QUOTE_LENGTH[language])
    wish = wish_in(demand, language)
    subject = one_line(bare_subject(ticket.subject))[:150].rstrip()
    made: dict[str, object] = {
        **NOTHING_TO_TELL,
        **UNKNOWN,
        "elderly": bool(facts.elderly) if occasion.elderly is None else occasion.elderly,
        "account": occasion.account or (facts.account.value if facts.account else ""),
        "company_name": occasion.company_name,
        "hotline": occasion.hotline,
        "ticket_number": occasion.ticket_number,
        "language": language,
        "salutation": salutation(facts, language),
        "customer_subject": subject,
        "quote": "",
        "symptom": symptom,
        "demand": demand,
        "wish": wish,
        "product": clip(facts.product.value if facts.product else "", 40),
        "model": clip(facts.model.value if facts.model else "", 40),
        "goods": goods_of(facts),
        "order_number": next(iter(orders), ""),
        "order_numbers": orders,
        "order_sure": bool(orders),
        "tracking_number": next((one_line(each.value) for each in facts.tracking_numbers), ""),
        "happened_at": clip(facts.happened_at.value if facts.happened_at else "", 40),
        "people": (),
        "has_phone": bool(facts.phones),
        "has_tried": False,
        "has_photo": False,
        "missing": ticket.missing,
        "questions": (),
        "fault_questions": (),
        "asks_identity": False,
        "category": ticket.category,
        "topic": ticket.topic,
        "topic_name": occasion.topic_name,
        "priority": ticket.priority,
        "response_time": occasion.response_time or within(*USUAL_ANSWER[ticket.priority], language),
        "due_text": due_text(occasion.due_at, language),
        "mood": ticket.mood,
        "hazard": is_hazard(ticket.priority, f"{subject}\n{symptom}"),
        "problem": _problem((symptom, _telling(subject), demand, wish), language),
    }
    return made | {name: _told(name, value, language) for name, value in more.items()}


def reminder_facts(company_name: str, language: str, more: More) -> dict[str, object]:
    """All of KNOWN_FACTS for a mail to an agent: nothing of any customer, only what `more` says (001-52)."""
    side = "zh" if language == "zh" else "en"
    empty: dict[str, object] = {**dict.fromkeys(KNOWN_FACTS, ""), **NOTHING_TO_TELL}
    made = empty | {"company_name": company_name, "language": side}
    return made | {name: _told(name, value, side) for name, value in more.items()}


# -- What the customer should send --

_MATERIAL: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "order_number": (
            "订单编号（在下单短信或“我的订单”里可以找到），直接写在回信里",
            "your order number (it stands in the order confirmation), written in your reply",
        ),
        "tracking_number": (
            "快递单号（在物流短信或包裹面单上可以找到），直接写在回信里",
            "the tracking number (it stands on the parcel label or in the carrier's message), written in your reply",
        ),
        "phone": (
            "方便接听的手机号码，直接写在回信里",
            "a phone number on which we can reach you, written in your reply",
        ),
        "product": (
            "产品名称，直接写在回信里；不确定的话，拍一张产品照片作为附件发来也可以",
            "the name of the product, written in your reply, or a photo of it attached",
        ),
        "model": (
            "产品型号（一般印在机身铭牌或包装盒上），写在回信里，或拍下铭牌作为附件发来",
            "the model (on the type plate or the box), written in your reply, or a photo of the type plate attached",
        ),
        "serial": (
            "产品序列号（一般印在机身铭牌或包装盒上），写在回信里，或拍下铭牌作为附件发来",
            "the serial number (on the type plate or the box), written in your reply, or a photo of it attached",
        ),
        "happened_at": (
            "问题发生的大致时间，直接写在回信里",
            "roughly when it happened, written in your reply",
        ),
        "symptom": (
            "问题的具体表现（什么时候出现、是一直这样还是偶尔这样），直接写在回信里",
            "what exactly happens, and whether always or only now and then, written in your reply",
        ),
        "demand": (
            "您希望我们怎样处理，用一两句话写在回信里就可以",
            "how you would like us to settle this, in a sentence or two in your reply",
        ),
        "photo": (
            "故障部位的照片或一小段视频，直接作为附件回复本邮件",
            "a few photos or a short video of the fault, attached to your reply to this e-mail",
        ),
        "proof": (
            "购买凭证（发票、小票或订单截图都可以）的照片，直接作为附件回复本邮件",
            "a photo of your proof of purchase (invoice, receipt or order page), attached to your reply to this e-mail",
        ),
        "people": (
            "当时为您服务的同事的姓名或工号，写在回信里；不记得也没有关系，告诉我们大致时间就可以",
            "the name of the colleague who served you, or roughly when it was, written in your reply",
        ),
        "name": ("您的称呼，直接写在回信里", "your name, written in your reply"),
    }
)


def material_items(missing: tuple[str, ...], language: str) -> tuple[str, ...]:
    """For each fact code what to send and how (002-27), as a phrase without a full stop; unknown codes say nothing."""
    side = 0 if language == "zh" else 1
    return tuple(_MATERIAL[code][side] for code in dict.fromkeys(missing) if code in _MATERIAL)


# -- From rows to words --


def _facts(ticket: Ticket) -> Facts:
    """The ticket's pairs as facts; what was said first stands."""
    said: dict[str, list[Fact]] = {}
    for code, value in ticket.facts:
        said.setdefault(code, []).append(Fact(value, value))

    def first(code: str) -> Fact | None:
        return next(iter(said.get(code, ())), None)

    return Facts(
        order_numbers=tuple(said.get("order_number", ())),
        tracking_numbers=tuple(said.get("tracking_number", ())),
        phones=tuple(said.get("phone", ())),
        product=first("product"),
        model=first("model"),
        happened_at=first("happened_at"),
        symptom=first("symptom"),
        demand=first("demand"),
        customer_name=first("name"),
        account=first("account"),
        elderly=first("elderly"),
    )


def _telling(subject: str) -> str:
    """A subject that says what the mail is about; "咨询" and "Question" do not."""
    return subject if len(subject) >= (4 if re.search("[\u4e00-\u9fff]", subject) else 8) else ""


def _problem(choices: tuple[str, ...], language: str) -> str:
    """The first that may stand in a mail between quotation marks: no contact data, no link."""
    usable = (clip(each, QUOTE_LENGTH[language]) for each in choices if usable_quote(each))
    return next((each for each in usable if each), "")


def _told(name: str, value: str | int | datetime | tuple[str, ...], language: str) -> object:
    if isinstance(value, datetime):
        return due_text(value, language) if name.endswith("_by") else moment_text(value, language)
    if name in _QUOTED and isinstance(value, str):
        return clip(value, MAX_QUOTED)
    if name not in _PHRASES:
        return value
    if isinstance(value, tuple):
        lines = (_phrase(line) for each in value for line in each.splitlines())
        return tuple(line for line in lines if line)[:MAX_PHRASES]
    return _phrase(value) if isinstance(value, str) else value


def _phrase(text: str) -> str:
    """One line, without marks before and the full stop after; the template sets its own. An ellipsis stays."""
    line = one_line(text[:MAX_PHRASE]).strip(_STOPS)
    line = re.sub(r"(?<!\.)\.$", "", line)
    return line.rstrip("！!")
