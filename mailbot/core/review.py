"""A draft against the review points: what must stop it, what an agent should look at twice.

Pure. Reads the draft as the customer would get it; never mends it. A "block" finding means: not to be sent as
it stands. Other people's data are found by exclusion: every address, number or order in the draft that is not
in Context.allowed is foreign. So agents register a new number on the ticket first, and no other slips out.
core/ids.py is not used for that: it finds what is surely an order; here all that might be one must be found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from mailbot.core.checksums import identity, luhn
from mailbot.core.language import detect
from mailbot.core.policy import Policy
from mailbot.core.tone import harsh_words

Level = Literal["block", "warn"]

MAX_TEXT = 200_000  # characters that are looked at; reply.py refuses longer ones
MAX_FINDINGS = 50


@dataclass(frozen=True, slots=True)
class DraftText:
    """What would go out: the text with its signature, without the quoted mail below."""

    subject: str
    text: str
    to: tuple[str, ...]  # addresses only
    cc: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What the draft is measured by. `allowed` is made by known_values()."""

    customer: str  # the ticket's customer, an address
    sender: str | None  # From of the mail answered, an address
    reply_to: tuple[str, ...] = ()  # of that mail
    language: str = "zh"  # of that mail
    allowed: frozenset[str] = frozenset()
    customer_words: str = ""  # all texts of the customer on this ticket
    policy: Policy | None = None  # the compensation standard


@dataclass(frozen=True, slots=True)
class Finding:
    check: str  # code: "placeholder"
    level: Level
    message: str  # Chinese, as agents see it
    excerpt: str = ""


def review(draft: DraftText, context: Context) -> tuple[Finding, ...]:
    """All findings, those that block first; the same fault in the same words once."""
    found: dict[Finding, None] = {}
    for check in CHECKS:
        for finding in check(draft, context):
            found[finding] = None
    ordered = sorted(found, key=lambda each: each.level != "block")  # stable: order of CHECKS within a level
    return tuple(ordered[:MAX_FINDINGS])


def known_values(texts: Iterable[str]) -> frozenset[str]:
    """All addresses, phones, order and ticket numbers in these texts, as review() compares them.

    For Context.allowed: subjects, texts and addresses of this ticket's mails, its notes and registered facts,
    its number, and the company's own texts (hotline, mailbox addresses, signature).
    """
    return frozenset(value for text in texts for _, value, _ in _tokens(text))


# -- Checks --


def _header_lines(draft: DraftText, context: Context) -> Iterator[Finding]:
    for value in (draft.subject, *draft.to, *draft.cc):
        if re.search("[\x00\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", value):
            yield Finding("header", "block", "主题或收件人中含有换行，可能是在伪造邮件头，请删除", value[:60])


def _empty(draft: DraftText, context: Context) -> Iterator[Finding]:
    if not any(character.isalnum() for character in draft.text):
        yield Finding("empty", "block", "正文是空的")
    if not any(character.isalnum() for character in draft.subject):
        yield Finding("empty", "block", "主题是空的")


def _recipients(draft: DraftText, context: Context) -> Iterator[Finding]:
    known = {_folded(each) for each in (context.customer, context.sender or "") if each}
    to, cc = [_folded(each) for each in draft.to], [_folded(each) for each in draft.cc]
    if not known.intersection(to):
        message = "收件人既不是来信人，也不是本工单的客户"
        yield Finding("recipient", "block", message, ", ".join(draft.to)[:120])
    for address in dict.fromkeys(each for each in to if each not in known):
        yield Finding("recipient", "warn", "收件人中有来信人以外的人，请确认", address)
    for address in dict.fromkeys(each for each in cc if each not in known):
        yield Finding("recipient", "warn", "抄送给了来信人以外的人，请确认可以让对方看到本邮件", address)
    for address in dict.fromkeys(_folded(each) for each in context.reply_to):
        if address not in known:
            message = "来信要求把回复发到另一个地址，请核实是否为客户本人"
            yield Finding("recipient", "warn", message, address)


_BLANKS = (
    "姓名|姓氏|称呼|先生/女士|订单号|订单编号|单号|物流单号|快递单号|产品|产品名称|产品型号|型号|故障|具体故障描述|问题|问题描述|"
    "问题简述|问题核心|具体问题|具体信息|具体原因|具体方案|具体时间|具体权益|时间|日期|金额|部门|相关部门|负责人|负责人姓氏|"
    "企业名称|公司名称|工号|客服工号|客服姓名|诉求|建议|方案|方案A|方案B|结果说明|上线时间|地址|电话|手机号|链接|"
    "name|your name|customer name|order number|order no|product|model|date|time|amount|company|company name|"
    "agent|agent name|phone|address|link|department|insert[^\\]\\n]{0,20}"
)
# Forms a person leaves to be filled in. Each alternative is bounded, so that a hostile draft costs nothing.
_PLACEHOLDER = re.compile(
    r"\{\{|\}\}|\{%|%\}|"
    rf"[\[［【<＜](?:{_BLANKS})[\]］】>＞]|"
    r"[\[［][\u4e00-\u9fff]{1,12}[\]］]|"
    r"(?<![A-Za-z0-9Ｘ×])[XxＸ×]{3,}(?![A-Za-z0-9Ｘ×])|"
    r"(?<![A-Za-z0-9])[XＸ×]{1,2}(?=\s?(?:先生|女士|月|日|天|元|小时|部门|工程师|同事))|"
    r"某某|[*＊](?=先生|女士|同事)|先生/女士|女士/先生|_{3,}|＿{2,}|待填|待补充|\bTODO\b|\bTBD\b",
    re.IGNORECASE,
)


def _placeholders(draft: DraftText, context: Context) -> Iterator[Finding]:
    own_words = _plain(context.customer_words)
    for text in (draft.subject, draft.text):
        for found in _PLACEHOLDER.finditer(_plain(text)):
            if found[0] not in own_words:  # the customer may well have written "[急]"
                message = "还有没填写的内容，请补上或删去"
                yield Finding("placeholder", "block", message, _around(found))


_LANGUAGES = {"zh": "中文", "en": "英文", "ja": "日文", "ko": "韩文"}


def _language(draft: DraftText, context: Context) -> Iterator[Finding]:
    written = detect(draft.text[:4000], context.language)
    if written != context.language:
        theirs, ours = (_LANGUAGES.get(each, each) for each in (context.language, written))
        yield Finding("language", "warn", f"客户用{theirs}来信，回复却是{ours}")


_FOREIGN = {
    "address": "含有不属于本工单的邮箱地址，可能是别的客户的；确属本客户的，请先登记到工单",
    "phone": "含有不属于本工单的电话号码，可能是别的客户的；确属本客户的，请先登记到工单",
    "order": "含有不属于本工单的订单号，可能是别的客户的；确属本客户的，请先登记到工单",
    "ticket": "含有别的工单编号，请核对",
}


def _foreign_values(draft: DraftText, context: Context) -> Iterator[Finding]:
    for text in (draft.subject, draft.text):
        for kind, value, written in _tokens(text):
            if value in context.allowed:
                continue
            if kind == "tracking":
                message = "物流单号不在本工单的邮件里，请确认是寄给这位客户的包裹"
                yield Finding("foreign_tracking", "warn", message, written)
            else:
                yield Finding(f"foreign_{kind}", "block", _FOREIGN[kind], written)


_ID_CARD = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{5}(?:19|20)[0-9]{9}[0-9Xx](?![0-9A-Za-z])")
_CARD = re.compile(r"(?<![0-9A-Za-z])[0-9](?:[ -]?[0-9]){14,18}(?![0-9A-Za-z])")
_CARD_CUE = re.compile(r"银行卡|信用卡|储蓄卡|卡号|账号|帐号|账户|\bcard\b|\baccount\b", re.IGNORECASE)


def _identity_numbers(draft: DraftText, context: Context) -> Iterator[Finding]:
    # The customer's own number is no exception: mail is a postcard.
    text = _plain(f"{draft.subject}\n{draft.text}")
    for found in _ID_CARD.finditer(text):
        if identity(found[0]):
            yield Finding("id_card", "block", "含有身份证号码，请删去", f"{found[0][:4]}…{found[0][-2:]}")
    for found in _CARD.finditer(text):
        digits = re.sub("[ -]", "", found[0])
        # Luhn alone passes a tenth of all order numbers; so only with a word for cards shortly before.
        if _CARD_CUE.search(text[max(0, found.start() - 15) : found.start()]) and luhn(digits):
            yield Finding("bank_card", "block", "含有银行卡号，请删去", f"{digits[:4]}…{digits[-2:]}")


def _tone(draft: DraftText, context: Context) -> Iterator[Finding]:
    for message, words in harsh_words(_plain(draft.text)):
        yield Finding("tone", "warn", message, words)


def _compensation(draft: DraftText, context: Context) -> Iterator[Finding]:
    for text in (draft.subject, draft.text):
        for each in context.policy.too_much(text) if context.policy else ():
            message = (
                f"金额 {each.amount} 元超出补偿标准（“{each.plan.name[0]}”最多 {each.plan.most} 元），请改在标准以内"
            )
            yield Finding("compensation", "block", message, each.words)


Check = Callable[[DraftText, Context], Iterator[Finding]]
CHECKS: tuple[Check, ...] = (
    _header_lines,  # before all: a forged header reaches people that no other check knows of
    _empty,
    _recipients,
    _identity_numbers,
    _foreign_values,  # 000-30
    _placeholders,  # 000-25
    _compensation,  # 004-22
    _language,
    _tone,  # 001-49, 004-08
)


# -- Numbers and addresses in a text --

_TOKENS: tuple[tuple[str, re.Pattern[str]], ...] = (
    # The first that claims a span keeps it: an address may contain a phone, a ticket number is no order.
    (
        "address",
        re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,200}+@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}"),
    ),
    ("ticket", re.compile(r"(?<![0-9A-Za-z-])20[0-9]{6}-[0-9]{4}(?![0-9A-Za-z-])")),
    (
        "tracking",
        re.compile(r"(?<![0-9A-Za-z])(?:SF|YT|JT|ZTO|STO|JDVA|JDV|JD|DPK|1Z|YD|EMS)[0-9A-Z]{9,16}(?![0-9A-Za-z])"),
    ),
    (
        "order",
        re.compile(r"(?<![0-9A-Za-z-])(?:[0-9]{6}-[0-9]{15}|[0-9]{3}-[0-9]{7}-[0-9]{7})(?![0-9A-Za-z-])"),
    ),
    ("phone", re.compile(r"(?<![0-9A-Za-z])(?:\+?86[ -]?)?1[3-9][0-9](?:[ -]?[0-9]{4}){2}(?![0-9A-Za-z])")),
    (
        "phone",
        re.compile(r"(?<![0-9A-Za-z-])(?:[48]00[ -]?[0-9]{3}[ -]?[0-9]{4}|0[0-9]{2,3}-[0-9]{7,8})(?![0-9A-Za-z])"),
    ),
    ("phone", re.compile(r"(?<![0-9A-Za-z])\+[1-9][0-9]{0,2}(?:[ -]?[0-9]{2,4}){2,5}(?![0-9A-Za-z])")),
    ("order", re.compile(r"(?<![0-9A-Za-z-])[A-Za-z]{1,5}-?[0-9]{8,24}(?![0-9A-Za-z-])")),
    ("order", re.compile(r"(?<![0-9A-Za-z.-])[0-9]{9,28}(?![0-9A-Za-z-])")),
    (
        "order",
        re.compile(r"(?:订单(?:编?号)?|order(?: number| no\.?)?)[ :#是为]{0,3}([0-9A-Za-z-]{5,30})", re.IGNORECASE),
    ),
)
_TRACKING_CUE = re.compile(
    r"(?:快递|物流|运单|单号|顺丰|圆通|中通|申通|韵达|京东|邮政|tracking|parcel)[^\n]{0,12}$", re.IGNORECASE
)


def _tokens(text: str) -> Iterator[tuple[str, str, str]]:
    """(kind, value to compare, as written) of everything that could be somebody's."""
    plain = _plain(text)
    taken = bytearray(len(plain))
    for kind, pattern in _TOKENS:
        for found in pattern.finditer(plain):
            group = 1 if pattern.groups else 0
            start, end = found.span(group)
            if any(taken[start:end]) or not _is_token(found[group]):
                continue
            taken[start:end] = b"\1" * (end - start)
            cue = kind == "order" and _TRACKING_CUE.search(plain[max(0, start - 20) : start])
            order_cue = re.search("订单[^\n]{0,6}$", plain[max(0, start - 10) : start])
            yield ("tracking" if cue and not order_cue else kind), _compared(kind, found[group]), found[group]


def _is_token(written: str) -> bool:
    return "@" in written or any(character.isdigit() for character in written)


def _compared(kind: str, written: str) -> str:
    if kind == "address":
        return _folded(written).rstrip(".")
    bare = re.sub(r"[\s+-]", "", written).casefold()
    return bare.removeprefix("86") if kind == "phone" and len(bare) > 11 else bare


def _plain(text: str) -> str:
    """NFKC, without characters of no width: what the eye reads as 138… is found as 138…"""
    normal = unicodedata.normalize("NFKC", text[:MAX_TEXT])
    return re.sub("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]", "", normal)


def _folded(address: str) -> str:
    return address.strip().casefold()


def _around(found: re.Match[str]) -> str:
    return found.string[max(0, found.start() - 8) : found.end() + 8].replace("\n", " ").strip()
