"""What a text says about nobody: names, numbers and addresses replaced by neutral words. Pure; never raises.

Rather too much than too little: what is masked in vain makes a worse suggestion, what is not masked has left the
house. Works on ids.plain(), so that a number in full-width digits or with invisible characters is the same number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mailbot.core import ids, persons
from mailbot.core.patterns import OrderPatterns
from mailbot.core.ticket import Ticket
from mailbot.core.understand import Understood

MOST = 4_000  # characters of a text that are masked and kept; the rest is cut off
NAMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "customer": ("客户", "customer"),
        "person": ("人名", "person"),
        "order": ("订单", "order"),
        "tracking": ("运单", "parcel"),
        "ticket": ("工单", "ticket"),
        "serial": ("序列号", "serial"),
        "phone": ("电话", "phone"),
        "mail": ("邮箱", "mail"),
        "link": ("网址", "link"),
        "identity": ("证件", "identity"),
        "card": ("银行卡", "card"),
        "address": ("地址", "address"),
        "number": ("号码", "number"),
    }
)

Legend = tuple[tuple[str, str], ...]  # token, and what stood there as written


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is known to be somebody's. `kind`: a key of NAMES."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Masked:
    text: str
    legend: Legend


def secrets_of(ticket: Ticket, understood: Understood | None) -> tuple[Secret, ...]:
    """Everything the ticket and its mail know by name or number."""
    found = [Secret("ticket", ticket.number), Secret("mail", ticket.customer)]
    kinds = {"order_number": "order", "tracking_number": "tracking", "phone": "phone", "serial": "serial"}
    kinds |= {"name": "customer", "people": "person"}
    found += [Secret(kinds[code], value) for code, value in ticket.facts if code in kinds]
    if understood is None:
        return tuple(found)
    facts, sender = understood.facts, understood.mail.from_
    for kind, values in (
        ("order", facts.order_numbers),
        ("tracking", facts.tracking_numbers),
        ("phone", facts.phones),
        ("person", facts.people),
    ):
        found += [Secret(kind, each) for fact in values for each in (fact.value, fact.words)]
    for kind, fact in (("customer", facts.customer_name), ("serial", facts.serial)):
        found += [Secret(kind, each) for each in ((fact.value, fact.words) if fact else ())]
    if sender is not None:
        found += [Secret("mail", sender.address), Secret("customer", sender.name)]
    return tuple(found)


def masked(text: str, secrets: Iterable[Secret], patterns: OrderPatterns, language: str = "zh") -> Masked:
    """The text without anything that tells who it is about; the legend says what each token stands for."""
    mask = _Mask(language)
    rest = _cut(ids.plain(text))
    rest = mask.over(_known(secrets), rest)
    for claim in reversed(ids.claims(rest, patterns)):
        if kind := _CLAIMED.get(claim.kind):
            rest = f"{rest[: claim.start]}{mask.token(kind, claim.words)}{rest[claim.end :]}"
    for kind, pattern in _PATTERNS:
        rest = mask.over([(kind, pattern)], rest)
    return Masked(rest, tuple(mask.legend))


def _cut(text: str) -> str:
    """At most MOST characters, and never half a name or number at the end."""
    if len(text) <= MOST:
        return text
    ends = [found.end() for found in re.finditer(r"[\s。，！？；,!?;]", text[MOST - 300 : MOST])]
    return text[: MOST - 300 + ends[-1]] if ends else text[: MOST - 300]


_CLAIMED = {
    "order": "order",
    "tracking": "tracking",
    "phone": "phone",
    "hotline": "phone",
    "serial": "serial",
    "card": "card",
    "identity": "identity",
    "payment": "number",
    "ticket": "ticket",
    "foreign": "number",
    "link": "link",
    "address": "mail",
}


class _Mask:
    """Gives out tokens: the same words, the same token."""

    def __init__(self, language: str) -> None:
        self._at = 0 if language == "zh" else 1
        self._tokens: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}
        self.legend: list[tuple[str, str]] = []

    def token(self, kind: str, words: str) -> str:
        key = kind, _folded(words)
        if key not in self._tokens:
            self._counts[kind] = number = self._counts.get(kind, 0) + 1
            letters = _LETTERS[self._at]
            self._tokens[key] = f"[{NAMES[kind][self._at]}{letters[(number - 1) % len(letters)]}]"
            self.legend.append((self._tokens[key], words))
        return self._tokens[key]

    def over(self, found: Iterable[tuple[str, re.Pattern[str]]], text: str) -> str:
        for kind, pattern in found:
            text = pattern.sub(self._put(kind), text)
        return text

    def _put(self, kind: str) -> Callable[[re.Match[str]], str]:
        def put(match: re.Match[str]) -> str:
            # A token is no number, no name and no address: what is masked stays masked.
            if _TOKEN.search(match[0]):
                parts = _TOKEN.split(match[0])
                marks = [*_TOKEN.findall(match[0]), ""]
                words = (self.token(kind, each) if _ALNUM.search(each) else each for each in parts)
                return "".join(f"{word}{mark}" for word, mark in zip(words, marks, strict=True))
            return self.token(kind, match[0])

        return put


_LETTERS = ("甲乙丙丁戊己庚辛壬癸", "ABCDEFGHIJ")  # no digits: what looks like a number is masked once more
_TOKEN = re.compile(r"\[[^\[\]\s]{1,12}[甲乙丙丁戊己庚辛壬癸A-J]\]")
_ALNUM = re.compile(r"\w")


def _folded(words: str) -> str:
    return re.sub(r"[\s\-()]", "", words).casefold()


# -- What is known --


def _known(secrets: Iterable[Secret]) -> Iterator[tuple[str, re.Pattern[str]]]:
    """A pattern for every value, the longest first, so that no part of one is left over."""
    values: dict[str, str] = {}
    for secret in secrets:
        plain = ids.plain(secret.value).strip()[:200]
        values.setdefault(plain, secret.kind)
        if secret.kind in ("customer", "person"):
            for part in _name_parts(plain):
                values.setdefault(part, secret.kind)
    for value in sorted(values, key=len, reverse=True):
        if pattern := _literal(value):
            yield values[value], pattern


def _name_parts(name: str) -> Iterator[str]:
    """李明 is also 李先生, and Ann Smith is Ann, and Ms Smith."""
    if re.search("[\u4e00-\u9fff]", name):
        bare = re.sub("先生|女士|小姐|太太|师傅|经理", "", name)
        yield bare
        for surname in {bare[:1], bare[:2] if len(bare) > 2 else bare[:1]}:
            yield from (f"{surname}{title}" for title in _TITLES if surname)
        if len(bare) == 3:
            yield bare[1:]  # 小明 of 李小明
        return
    yield from (part for part in re.split(r"[\s.,]+", name) if len(part) > 1)


_TITLES = ("先生", "女士", "小姐", "太太", "师傅", "经理", "阿姨", "叔叔", "老师")


def _literal(value: str) -> re.Pattern[str] | None:
    """Finds the value however it is spaced: 138-0013 8000 is 13800138000."""
    characters = [each for each in value if not each.isspace() and each not in "-()"]
    if len(characters) < 2:
        return None
    body = r"[\s\-()]{0,3}".join(map(re.escape, characters))
    before = r"(?<![A-Za-z0-9])" if characters[0].isascii() and characters[0].isalnum() else ""
    after = r"(?![A-Za-z0-9])" if characters[-1].isascii() and characters[-1].isalnum() else ""
    return re.compile(f"{before}{body}{after}", re.IGNORECASE)


# -- What looks like it --

_HAN = "\u4e00-\u9fff"
_ROOM = r"(?:号楼|号院|号|弄|栋|幢|座|单元|室|户|层|楼|#)"
_DIGITS_ZH = "零〇一二两三四五六七八九十百幺"
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("mail", re.compile(r"[^\s@,;，；。<>\[\]]{1,80}@[^\s@,;，；。<>\[\]]{1,120}")),
    ("link", re.compile(r"(?:https?://|www\.)[^\s<>\[\]，。；]{1,300}", re.IGNORECASE)),
    # After a word that announces it, whatever stands there.
    ("address", re.compile(r"(?<=地址|住址|住在|家住|寄到|寄往|送到)[是为在:：\s]{0,3}[^，。；;,\n]{4,60}")),
    (
        "address",
        re.compile(
            rf"[{_HAN}]{{2,7}}(?:省|自治区|市)[{_HAN}]{{1,8}}(?:市|区|县|州)(?:[{_HAN}]{{1,8}}(?:镇|乡|街道|村|区))?"
            rf"(?:[{_HAN}A-Za-z0-9]{{1,14}}(?:路|街|道|巷|弄|村|小区|花园|苑|大厦|公寓))?"
            rf"(?:[A-Za-z0-9{_DIGITS_ZH}\-]{{1,6}}{_ROOM}){{0,5}}[0-9]{{0,5}}"
        ),
    ),
    (
        "address",
        re.compile(
            rf"[{_HAN}A-Za-z]{{1,14}}(?:路|街|大道|巷|胡同|弄|村|小区|花园|苑|大厦|公寓)\s?"
            rf"(?:[0-9]{{1,5}}|[{_DIGITS_ZH}A-Za-z]{{1,4}}(?={_ROOM})){_ROOM}?"
            rf"(?:[A-Za-z0-9{_DIGITS_ZH}\-]{{1,6}}{_ROOM}){{0,4}}[0-9-]{{0,5}}"
        ),
    ),
    ("address", re.compile(rf"[0-9{_DIGITS_ZH}]{{1,4}}(?:号楼|栋|幢|单元)[0-9A-Za-z{_DIGITS_ZH}单元室户号\-]{{1,12}}")),
    (
        "address",
        re.compile(
            r"\b[0-9]{1,5}[A-Za-z]?,? (?:[A-Z][A-Za-z'.-]{1,20} ){1,4}"
            r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Way|Court|Ct|Square|Close|Terrace|Place|Boulevard|Blvd)\b"
            r"(?:,? (?:Apt|Apartment|Flat|Unit|Suite)\.? ?[0-9A-Za-z]{1,6})?"
        ),
    ),
    ("address", re.compile(r"\b[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}\b")),
    ("person", re.compile(rf"{persons.SURNAME}[{_HAN}]{{0,2}}?(?:先生|女士|小姐|太太|师傅|经理)")),
    (
        "person",
        re.compile(rf"(?:我叫|我是|姓名|收货人|联系人|收件人)[是为:：\s]{{0,2}}{persons.SURNAME}[{_HAN}]{{1,2}}"),
    ),
    ("person", re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr)\.? [A-Z][A-Za-z'-]{1,20}(?: [A-Z][A-Za-z'-]{1,20})?")),
    ("person", re.compile(r"(?i:my name is|this is) [A-Z][A-Za-z'-]{1,20}(?: [A-Z][A-Za-z'-]{1,20}){1,2}")),
    # Codes with four digits or more, and every longer number: whatever it is, no answer needs it.
    ("number", re.compile(r"(?<![A-Za-z0-9])(?=(?:[A-Za-z_-]{0,20}[0-9]){4})[A-Za-z0-9][A-Za-z0-9_-]{4,60}")),
    ("number", re.compile(r"[0-9](?:[ \-./()]{0,2}[0-9]){4,60}")),
    ("number", re.compile(r"(?:[零〇一二三四五六七八九幺][ \-]?){6,60}")),
)
