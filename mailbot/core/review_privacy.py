"""Whose is what a draft says: recipients, addresses, numbers and names, all measured by what the ticket knows.

Other people's data are found by exclusion: every address, number or order in the draft that is not in
Context.allowed is foreign. So agents register a new number on the ticket first, and no other slips out.
core/ids.py is not used for that: it finds what is surely an order; here all that might be one must be found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailbot.core.checksums import identity, luhn
from mailbot.core.patterns import OrderPatterns
from mailbot.core.review_facts import MAX_READ, Context, DraftText, Finding, plain
from mailbot.core.tone import unquoted


def header_lines(draft: DraftText, context: Context) -> Iterator[Finding]:
    for value in (draft.subject, *draft.to, *draft.cc):
        if re.search("[\x00\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", value):
            yield Finding("header", "block", "主题或收件人中含有换行，可能是在伪造邮件头，请删除", value[:60])


def empty(draft: DraftText, context: Context) -> Iterator[Finding]:
    if not any(character.isalnum() for character in draft.text):
        yield Finding("empty", "block", "正文是空的")
    if not any(character.isalnum() for character in draft.subject):
        yield Finding("empty", "block", "主题是空的")


def recipients(draft: DraftText, context: Context) -> Iterator[Finding]:
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


_FOREIGN = {
    "address": "含有不属于本工单的邮箱地址，可能是别的客户的；确属本客户的，请先登记到工单",
    "phone": "含有不属于本工单的电话号码，可能是别的客户的；确属本客户的，请先登记到工单",
    "order": "含有不属于本工单的订单号，可能是别的客户的；确属本客户的，请先登记到工单",
    "ticket": "含有别的工单编号，请核对",
}


def foreign_values(draft: DraftText, context: Context) -> Iterator[Finding]:
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


def identity_numbers(draft: DraftText, context: Context) -> Iterator[Finding]:
    # The customer's own number is no exception: mail is a postcard.
    text = plain(f"{draft.subject}\n{draft.text}")
    for found in _ID_CARD.finditer(text):
        if identity(found[0]):
            yield Finding("id_card", "block", "含有身份证号码，请删去", f"{found[0][:4]}…{found[0][-2:]}")
    for found in _CARD.finditer(text):
        digits = re.sub("[ -]", "", found[0])
        # Luhn alone passes a tenth of all order numbers; so only with a word for cards shortly before.
        if _CARD_CUE.search(text[max(0, found.start() - 15) : found.start()]) and luhn(digits):
            yield Finding("bank_card", "block", "含有银行卡号，请删去", f"{digits[:4]}…{digits[-2:]}")


# -- Names and products: what is said of this customer must be theirs --

_GREETED = re.compile(
    r"(?:尊敬的|亲爱的)[ ]?([\u4e00-\u9fff]{1,6}?)(先生|女士|小姐|太太|老师)|"
    r"^[ ]{0,4}([\u4e00-\u9fff]{1,4}?)(先生|女士|小姐|太太)?[，, ]{0,2}(?:您|你|早上|上午|下午|晚上)好|"
    r"^[ ]{0,4}(?:Dear|Hello|Hi) (?:(Mr|Ms|Mrs|Miss|"
    r"Dr)\b\.? ?)?([A-Z][A-Za-z'’-]{1,30}(?: [A-Z][A-Za-z'’-]{1,30}){0,2})",
    re.MULTILINE,
)
_NOBODY = re.compile("客户|顾客|用户|朋友|买家|家长|会员|亲|customer|sir|madam|there|all|friend|team", re.IGNORECASE)
_HE, _SHE = ("先生", "Mr"), ("女士", "小姐", "太太", "Ms", "Mrs", "Miss")
_TITLE = re.compile(r"(先生|女士|小姐|太太)$|^(Mr|Ms|Mrs|Miss)\b")


def names(draft: DraftText, context: Context) -> Iterator[Finding]:
    """000-45: the draft greets another person, or a woman as a man. Names in another script are not compared."""
    found = _GREETED.search(draft.text[:300])
    if found is None:
        return
    named = found[1] or found[3] or found[6] or ""
    titled = found[2] or found[4] or found[5] or ""
    known = context.customer_name.strip()
    in_name = _TITLE.search(known)
    known_title = context.customer_title or (in_name[0] if in_name else "")
    bare = _TITLE.sub("", known).strip(" .")
    if _sexes(titled, known_title):
        yield Finding("name", "warn", f"称呼写的是“{titled}”，已知客户是“{known_title}”，请核对", found[0][:40])
    if bare and named and not _NOBODY.search(named) and not _same_name(named, bare):
        yield Finding("name", "warn", f"称呼写的是“{named}”，已知客户是“{bare}”，请核对", found[0][:40])


def _sexes(one: str, other: str) -> bool:
    return (one in _HE and other in _SHE) or (one in _SHE and other in _HE)


def _same_name(one: str, other: str) -> bool:
    """Could these two be one person? A surname is enough; different scripts tell nothing."""
    if one.isascii() != other.isascii():
        return True
    if one.isascii():
        return bool({*one.lower().split()} & {*other.lower().split()})
    return one[0] == other[0] or one in other or other in one


def products(draft: DraftText, context: Context) -> Iterator[Finding]:
    """000-11: a product or a model of the catalogue that nobody named on this ticket, in place of one that was."""
    patterns = context.catalogue
    if patterns is None:
        return
    own = plain("\n".join((context.customer_words, *context.known_texts))[:MAX_READ])
    text = unquoted(plain(draft.text[:MAX_READ]))
    theirs, ours = _catalogued(own, patterns), _catalogued(text, patterns)
    # Beside the customer's own product others may be named: a list, a comparison, what goes with it.
    if theirs and not theirs.keys() & ours.keys() and len(ours) <= _MOST_OTHERS:
        named = "、".join(theirs.values())
        for words in ours.values():
            yield Finding("product", "warn", f"写的是“{words}”，客户说的是“{named}”，请核对", words)
    if patterns.model_words is None:
        return
    models = {_model(each[0]) for each in patterns.model_words.finditer(own)}
    for found in patterns.model_words.finditer(text) if models else ():
        if _model(found[0]) not in models:
            message = f"写的是型号 {found[0]}，客户的型号是 {'、'.join(sorted(models))}，请核对"
            yield Finding("product", "warn", message, found[0])


_MOST_PRODUCTS = 20
_MOST_OTHERS = 2  # more are a list


def _catalogued(text: str, patterns: OrderPatterns) -> dict[str, str]:
    """Products of the catalogue that a text names: name -> the words, as written."""
    found: dict[str, str] = {}
    if patterns.product_words is None:
        return found
    by_word = {word.lower(): each.name for each in patterns.products for word in (each.name, *each.aliases)}
    at = 0
    for _ in range(_MOST_PRODUCTS):
        span = patterns.product_words.first(text, at, min(len(text), at + 2_000))
        if span is None:
            at += 2_000
            if at >= len(text):
                break
            continue
        words = text[slice(*span)]
        found.setdefault(by_word.get(words.lower(), words), words)
        at = span[1]
    return found


def _model(written: str) -> str:
    return written.partition("/")[0].upper()


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
    ("phone", re.compile(r"(?<![0-9A-Za-z])(?<![0-9]\.)(?:\+?86[ -]?)?1[3-9][0-9](?:[ -]?[0-9]{4}){2}(?![0-9A-Za-z])")),
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
    normal = plain(text)
    taken = bytearray(len(normal))
    for kind, pattern in _TOKENS:
        for found in pattern.finditer(normal):
            group = 1 if pattern.groups else 0
            start, end = found.span(group)
            if any(taken[start:end]) or not _is_token(found[group]):
                continue
            taken[start:end] = b"\1" * (end - start)
            cue = kind == "order" and _TRACKING_CUE.search(normal[max(0, start - 20) : start])
            order_cue = re.search("订单[^\n]{0,6}$", normal[max(0, start - 10) : start])
            yield ("tracking" if cue and not order_cue else kind), _compared(kind, found[group]), found[group]


def _is_token(written: str) -> bool:
    return "@" in written or any(character.isdigit() for character in written)


def _compared(kind: str, written: str) -> str:
    if kind == "address":
        return _folded(written).rstrip(".")
    bare = re.sub(r"[\s+-]", "", written).casefold()
    return bare.removeprefix("86") if kind == "phone" and len(bare) > 11 else bare


def _folded(address: str) -> str:
    return address.strip().casefold()


def known_values(texts: Iterable[str]) -> frozenset[str]:
    """All addresses, phones, order and ticket numbers in these texts, as review() compares them.

    For Context.allowed: subjects, texts and addresses of this ticket's mails, its notes and registered facts,
    its number, and the company's own texts (hotline, mailbox addresses, signature).
    """
    return frozenset(value for text in texts for _, value, _ in _tokens(text))
