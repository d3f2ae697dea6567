"""Which number in a mail is what: order, tracking, phone, card, serial, date ... Each span is claimed once.

Numbers look alike (an 11-digit order and a mobile phone, the 12 digits of two carriers), so the rules stand
in a fixed order and the first that claims a number keeps it. Never raises.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from mailbot.core.checksums import day, identity, luhn, s10, ups
from mailbot.core.cues import NATIONAL, Cue, Token, tokens
from mailbot.core.patterns import OrderPatterns, Shape

Kind = Literal[
    "order", "tracking", "phone", "hotline", "serial", "model", "card", "identity", "payment", "ticket",
    "date", "amount", "foreign", "link", "address",
]  # fmt: skip

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_DIGIT = re.compile("[0-9]")
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"'\u3000-\u303f\u4e00-\u9fff]+", re.IGNORECASE)
_BARE_LINK = re.compile(r"\b[A-Za-z0-9-]{1,40}(?:\.[A-Za-z0-9-]{1,40}){1,4}/[^\s<>\"'\u3000-\u303f\u4e00-\u9fff]*")
_LOCAL = re.compile(r"[A-Za-z0-9_.+%-]{1,64}$")
_DOMAIN = re.compile(r"[A-Za-z0-9.-]{1,255}")
_PLUS_PHONE = re.compile(r"\+[1-9](?:[ ()-]{0,2}[0-9]){6,14}(?![0-9A-Za-z])")
_BRACKET_PHONE = re.compile(r"\((?:0\d{2,3}\) ?\d{3,4}[ -]?\d{4}|\d{3}\) ?\d{3}-\d{4})(?![0-9A-Za-z-])")
_MOBILE = re.compile(r"(?:(?:00)?86-?)?(1[3-9]\d-?\d{4}-?\d{4})")
_LANDLINE = re.compile(r"0\d{2,3}-\d{3,4}-?\d{4}(?:-\d{1,6})?")
_CUED_PHONE = re.compile(r"0\d{9,11}|[2-9]\d{6,7}|\d{3}-\d{3}-\d{4}|\d{3,4}-\d{4}")
_HOTLINE = re.compile(r"[48]00(?:-?\d{3}-?\d{4}|-\d{4}-\d{3})")
_IDENTITY = re.compile(r"[1-9]\d{16}[0-9Xx]")
_TICKET = re.compile(r"20\d{6}-\d{4}")
_GLUED_CUE = re.compile(r"([A-Za-z]{2,12})[-_]?(\d[0-9A-Za-z_-]{4,})")
_FILE = re.compile(r"\.(?:jpe?g|png|gif|bmp|heic|webp|pdf|docx?|xlsx?|mp[34]|mov|avi|zip|rar|txt|eml)\b", re.IGNORECASE)
_MONEY_BEFORE = re.compile(r"(?:[¥$€£]|rmb|cny|usd|eur|gbp)\s?$", re.IGNORECASE)
_UNIT_BEHIND = re.compile(
    r"\s?(?:元|块|圆|万|美元|人民币|rmb|cny|usd|eur|dollars?|yuan|台|个|件(?!号)|次|天|小时|分钟|公里|毫安"
    r"|积分|mah\b|kg\b|ml\b"
    r"|km\b|w\b|v\b|pcs\b|pieces\b|units?\b|days?\b|hours?\b|points?\b|%)",
    re.IGNORECASE,
)
_LIST = re.compile(r"(?:[ \t]*(?:[,、;/|&+]|和|及|与|跟|还有|以及|\band\b|\bor\b|\bplus\b)[ \t#]*){1,2}", re.IGNORECASE)
_NEW_ITEM = re.compile(r"[ \t]*[,;、]?\n[ \t*•·-]*(?:\d[.)、][ \t]*)?")
_CARRIER_LENGTHS = frozenset({10, 12, 13, 14, 15})
_COLOUR = re.compile(r"(?:颜色|色号|色|colou?r|background)\W{0,3}#$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Claim:
    """One number with its kind; text[start:end] is `words`."""

    kind: Kind
    value: str
    words: str
    start: int
    end: int
    sure: bool = True


def _claim(token: Token, kind: Kind, value: str | None = None, *, sure: bool = True) -> Claim:
    return Claim(kind, token.value if value is None else value, "", token.start, token.end, sure)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a rule may look at beside the token itself."""

    text: str
    patterns: OrderPatterns
    last: Claim | None  # the claim of the token before


_Rule = Callable[[Token, _Scene], Claim | None]


def plain(text: str) -> str:
    """NFKC without the characters nobody sees: the form in which numbers are looked for and given."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))


def claims(text: str, patterns: OrderPatterns) -> tuple[Claim, ...]:
    """Every number of a plain() text that something is known about, in the order of the text."""
    if _DIGIT.search(text) is None:
        return ()
    found: list[Claim] = []
    taken = bytearray(len(text))
    for read in (_links, _addresses, _plus_phones, _bracket_phones):
        for claim in tuple(read(text, patterns)):
            if not any(taken[claim.start : claim.end]):
                taken[claim.start : claim.end] = b"\1" * (claim.end - claim.start)
                found.append(claim)
    last: Claim | None = None
    for token in tokens(text, taken, patterns):
        scene = _Scene(text, patterns, last)
        last = None
        for rule in RULES:
            last = rule(token, scene)
            if last is not None:
                break
        if last is not None:
            found.append(last)
    found.sort(key=lambda claim: claim.start)
    return tuple(claim if claim.words else replace(claim, words=text[claim.start : claim.end]) for claim in found)


# --- links, addresses and phones of several pieces ---


def _links(text: str, patterns: OrderPatterns) -> Iterator[Claim]:
    if "/" not in text and "www." not in text.lower():
        return
    end = 0
    for pattern in (_LINK, _BARE_LINK):
        for match in pattern.finditer(text):
            if match.start() < end and pattern is _BARE_LINK:
                continue
            if pattern is _BARE_LINK and not re.search("[A-Za-z]", match[0].split("/")[0]):
                continue  # 12.50/3 is no link
            yield from _link(match[0], match.start(), patterns)
            end = match.end() if pattern is _LINK else end


def _link(words: str, start: int, patterns: OrderPatterns) -> Iterator[Claim]:
    ids = list(patterns.url_order.finditer(words)) if patterns.url_order else []
    position = 0
    for found in ids:
        if not _DIGIT.search(found[1]):
            continue
        yield Claim("link", words[position : found.start(1)], "", start + position, start + found.start(1))
        yield Claim("order", found[1], "", start + found.start(1), start + found.end(1))
        position = found.end(1)
    if position < len(words):
        yield Claim("link", words[position:], "", start + position, start + len(words))


def _addresses(text: str, _: OrderPatterns) -> Iterator[Claim]:
    position = text.find("@")
    for _round in range(200):
        if position < 0:
            return
        local = _LOCAL.search(text, max(0, position - 64), position)
        domain = _DOMAIN.match(text, position + 1)
        if local and domain:
            yield Claim("address", text[local.start() : domain.end()], "", local.start(), domain.end())
        position = text.find("@", position + 1)


def _plus_phones(text: str, _: OrderPatterns) -> Iterator[Claim]:
    if "+" not in text:
        return
    for match in _PLUS_PHONE.finditer(text):
        number = "+" + "".join(_digits(match[0]))
        home = number.removeprefix("+86")
        if number.startswith("+86") and NATIONAL.fullmatch(home):
            yield Claim("phone", home, "", match.start(), match.end())
        elif _exists(number):
            yield Claim("phone", number, "", match.start(), match.end())


def _exists(number: str) -> bool:
    # Imported late: the metadata costs 40 ms, and few customers write a country code that is not +86.
    import phonenumbers

    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


def _bracket_phones(text: str, _: OrderPatterns) -> Iterator[Claim]:
    if "(" not in text:
        return
    for match in _BRACKET_PHONE.finditer(text):
        yield Claim("phone", "".join(_digits(match[0])), "", match.start(), match.end())


def _digits(text: str) -> list[str]:
    return _DIGIT.findall(text)


# --- the rules ---


def _hidden(token: Token, scene: _Scene) -> Claim | None:
    """Masked numbers (138****8000), names of files and pieces of decimals are no numbers of ours."""
    text, start, end = scene.text, token.start, token.end
    before, behind = text[start - 1 : start], text[end : end + 1]
    masked = (before == "*" and text[max(0, start - 2) : start] == "**") or text[end : end + 2] in (
        "**",
        "XX",
        "xx",
    )
    entity = text[max(0, start - 2) : start] == "&#"
    decimal = (behind == "." and text[end + 1 : end + 2].isdigit() and token.value.isdigit()) or (
        before == "." and text[max(0, start - 2) : start - 1].isdigit()
    )
    if masked or entity or decimal or (behind == "." and _FILE.match(text, end)):
        return _claim(token, "foreign")
    return None


def _own_prefix_cue(token: Token, scene: _Scene) -> Claim | None:
    """IMEI123456789012345, SN12345678, No12345678: the cue is glued to its number."""
    match = _GLUED_CUE.fullmatch(token.value)
    if match is None:
        return None
    word = match[1].lower()
    kind = scene.patterns.cue_kinds.get(word)
    if kind == "serial":
        return _claim(token, "serial", match[2])
    if kind == "foreign":
        return _claim(token, "foreign")
    numbered = word in ("no", "nr", "id") and token.cue.kind in ("order_number", "order")
    if kind in ("order_number", "order") or numbered:
        return _claim(token, "order", match[2])
    return None


def _foreign(token: Token, scene: _Scene) -> Claim | None:
    match token.cue:
        case Cue(kind="serial"):
            return _claim(token, "serial", sure=token.cue.close)
        case Cue(kind="model"):
            whole = re.compile(r"[0-9A-Za-z_/()-]{1,40}").match(scene.text, token.start)
            value = whole[0].rstrip("-_/(") if whole else token.value
            if value.endswith(")") and "(" not in value:
                value = value.rstrip(")")
            return replace(_claim(token, "model", value), end=token.start + len(value))
        case Cue(kind="foreign", close=True):
            return _claim(token, "foreign")
        case Cue(kind="card", close=True) if len(token.value) >= 8:
            return _claim(token, "card")
        case _:
            return None


def _identity(token: Token, scene: _Scene) -> Claim | None:
    if token.cue.kind in ("order_number", "order") or _IDENTITY.fullmatch(token.value) is None:
        return None
    return _claim(token, "identity") if identity(token.value) else None


def _bank_card(token: Token, scene: _Scene) -> Claim | None:
    value = token.value
    if not (value.isdigit() and 15 <= len(value) <= 19) or token.cue.kind in ("order_number", "order"):
        return None
    near = scene.text[max(0, token.start - 20) : token.start] + " " + scene.text[token.end : token.end + 12]
    return (
        _claim(token, "card") if re.search(r"卡|银行|\bcard\b|\bbank\b", near, re.IGNORECASE) and luhn(value) else None
    )


def _payment(token: Token, scene: _Scene) -> Claim | None:
    return _claim(token, "payment") if len(token.value) == 28 and token.value.isdigit() else None


def _dashed_order(token: Token, scene: _Scene) -> Claim | None:
    return _by_shape(token, scene, "order", early=True)


def _ticket(token: Token, scene: _Scene) -> Claim | None:
    if token.cue.kind in ("order_number", "order") or _TICKET.fullmatch(token.value) is None:
        return None
    return _claim(token, "ticket") if day(token.value[:8]) else None


def _phone(token: Token, scene: _Scene) -> Claim | None:
    value = token.value
    mobile = _MOBILE.fullmatch(value)
    # 13 digits that begin with 86 are an order or a parcel when a word says so.
    if mobile and (token.cue.kind in (None, "phone") or len(value.replace("-", "")) == 11):
        return _claim(token, "phone", mobile[1].replace("-", ""))
    if _HOTLINE.fullmatch(value) and ("-" in value or token.cue.kind not in ("order_number", "order")):
        return _claim(token, "hotline")
    # Amazon's 026-1234567-1234567 and its like were claimed before.
    if _LANDLINE.fullmatch(value) and token.cue.kind not in ("order_number", "tracking_number"):
        return _claim(token, "phone")
    if token.cue.kind == "phone" and token.cue.close and _CUED_PHONE.fullmatch(value):
        return _claim(token, "phone")
    return None


def _tracking_shape(token: Token, scene: _Scene) -> Claim | None:
    return _by_shape(token, scene, "tracking", early=False)


def _tracking_cue(token: Token, scene: _Scene) -> Claim | None:
    value, cue = token.value, token.cue
    enough = sum(character.isdigit() for character in value) >= 6
    if cue.kind == "tracking_number" and 8 <= len(value) <= 34 and enough:
        return _claim(token, "tracking", sure=cue.close)
    if not (value.isdigit() and len(value) in _CARRIER_LENGTHS):
        return None
    if cue.kind == "carrier":
        return _claim(token, "tracking", sure=cue.close)
    if cue.kind in ("order_number", "order"):
        return None
    behind = scene.patterns.tracking_behind
    if behind is not None and behind.match(scene.text, token.end):
        return _claim(token, "tracking")
    return _claim(token, "tracking") if _listed(token, scene, "tracking") else None


def _day_or_amount(token: Token, scene: _Scene) -> Claim | None:
    text, value = scene.text, token.value
    if day(value):
        # "订单号 20261123" may be a number that begins its series with the day.
        return (
            _claim(token, "order", sure=False)
            if token.cue == Cue("order_number", close=True)
            else _claim(token, "date")
        )
    if not value.isdigit():
        return None
    if _MONEY_BEFORE.search(text, max(0, token.start - 5), token.start) or _UNIT_BEHIND.match(text, token.end):
        return _claim(token, "amount")
    return None


def _order_shape(token: Token, scene: _Scene) -> Claim | None:
    if token.hashed:
        colour = _COLOUR.search(scene.text, max(0, token.start - 16), token.start)
        if colour or scene.text[token.end : token.end + 1] == ";":
            return _claim(token, "foreign")
        hashed = replace(token, value=f"#{token.value}")
        if claim := _by_shape(hashed, scene, "order", early=False):
            return replace(claim, value=token.value, start=token.start - 1)
    return _by_shape(token, scene, "order", early=False)


def _order_cue(token: Token, scene: _Scene) -> Claim | None:
    digits = sum(character.isdigit() for character in token.value)
    if len(token.value) < 5 or digits < 3 or len(token.value) > 40:
        return None
    if token.cue.kind == "order_number":
        return _claim(token, "order", sure=token.cue.close)
    if digits < 4 or token.cue.kind not in (None, "order"):
        return None
    if token.cue.close:
        return _claim(token, "order")
    behind = scene.patterns.order_behind
    if behind is not None and behind.match(scene.text, token.end):
        return _claim(token, "order")
    return _claim(token, "order") if _listed(token, scene, "order") else None


# Order is the law here. Each rule sees only what the rules above it left.
RULES: tuple[_Rule, ...] = (
    _hidden,
    _own_prefix_cue,
    _foreign,  # before all shapes: "税号 91...", "IMEI 86..." have the shapes of orders
    _payment,
    _identity,  # before the 18 digits of an order
    _bank_card,
    _dashed_order,  # before phones: 026-1234567-1234567 begins like a landline
    _ticket,
    _phone,  # before any cue: an 11-digit 1[3-9] after 订单 is a phone
    _tracking_shape,
    _tracking_cue,
    _day_or_amount,
    _order_shape,
    _order_cue,
)


def _by_shape(token: Token, scene: _Scene, kind: Literal["order", "tracking"], *, early: bool) -> Claim | None:
    for shape in scene.patterns.shapes:
        wanted = shape.kind == kind and shape.before_phones is early
        if wanted and shape.pattern.fullmatch(token.value) and _passes(shape, token.value):
            return _claim(token, kind)
    return None


def _listed(token: Token, scene: _Scene, kind: Kind) -> bool:
    """Does the token go on with a list that the claim before it began?"""
    last = scene.last
    if last is None or last.kind != kind or token.start - last.end > 12:
        return False
    gap = scene.text[last.end : token.start]
    # On a new line only what looks like its neighbour; prose goes on with all sorts of numbers.
    same = len(last.value) == len(token.value) and last.value.isdigit() == token.value.isdigit()
    return _LIST.fullmatch(gap) is not None or (same and _NEW_ITEM.fullmatch(gap) is not None)


def _passes(shape: Shape, value: str) -> bool:
    match shape.check:
        case "date6":
            return day("20" + value[:6])
        case "date8":
            digits = "".join(_digits(value))
            return day(digits[:8])
        case "s10":
            return s10(value)
        case "ups":
            return ups(value)
        case _:
            return True
