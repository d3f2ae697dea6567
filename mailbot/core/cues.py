"""The numbers of a text and the word that stands before each: the nearest cue decides what a number is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mailbot.core.checksums import day
from mailbot.core.patterns import CueKind, OrderPatterns

MOST_TOKENS = 1_000  # numbers looked at in one text; a table of ten thousand numbers is no support mail

NATIONAL = re.compile(r"1[3-9][0-9]{9}")
_DIGIT = re.compile("[0-9]")
_TOKEN = re.compile(r"[0-9A-Za-z_-]*")
_TOKEN_HEAD = re.compile(r"[0-9A-Za-z_-]{1,64}$")
_BROKEN = re.compile(r"[0-9]{2,}(?:[ \n][0-9]{2,}){1,7}(?![0-9A-Za-z_-])")
_LOOSE = re.compile(r"[^\d,.!?;。、\n]{0,14}(?:是|为|:|=|\bis)[ \t\"'(]*")
_LOOSE_CARRIER = re.compile(r"[^\d,.!?;。、\n]{0,6}")
# What may stand between a cue and its number: blanks, marks, little words.
_CLOSE = re.compile(
    r"(?:[\s:=#.,(\[\"'“”‘’|>】」』》《【<→~*-]|号码|号|编号|码|是|为|叫|如下|有|no|nr|num|number|id|is"
    r"|was|are|of)*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Cue:
    kind: CueKind | None = None
    close: bool = False  # right beside the number; else with a few words between


@dataclass(frozen=True, slots=True)
class Token:
    """A run of letters, digits, - and _ with a digit in it, and the cue before it."""

    value: str
    start: int
    end: int
    cue: Cue = Cue()
    hashed: bool = False


def tokens(text: str, taken: bytearray, patterns: OrderPatterns) -> Iterator[Token]:
    position = 0
    for _ in range(MOST_TOKENS):
        digit = _DIGIT.search(text, position)
        if digit is None:
            return
        if taken[digit.start()]:
            position = digit.end()
            continue
        token = _token(text, position, digit.start(), patterns)
        position = max(token.end, digit.end())
        if len(token.value) <= 64 and (len(token.value) >= 5 or (token.hashed and len(token.value) == 4)):
            yield token


def _token(text: str, floor: int, digit: int, patterns: OrderPatterns) -> Token:
    broken = _BROKEN.match(text, digit)
    head = _TOKEN_HEAD.search(text, max(floor, digit - 64), digit)
    start = head.start() if head else digit
    end = _TOKEN.match(text, digit).end()  # type: ignore[union-attr]  # matches the empty string at least
    while start < digit and text[start] in "-_":
        start += 1
    while text[end - 1] in "-_":
        end -= 1
    hashed = start > 0 and text[start - 1] == "#" and text[max(0, start - 2) : start] != "&#"
    token = Token(text[start:end], start, end, Cue(), hashed)
    if broken and start == digit:
        return _mended(token, broken, text, patterns)
    return Token(token.value, start, end, _cue(text, start, patterns), hashed) if end - start >= 4 else token


def _mended(token: Token, broken: re.Match[str], text: str, patterns: OrderPatterns) -> Token:
    """Digits broken by blanks or one line end: a phone by its form, all else only after its cue."""
    cue = _cue(text, token.start, patterns)
    groups = broken[0].replace("\n", " ").split(" ")
    whole = replace(token, value="".join(groups), end=broken.end(), cue=cue)
    one_line = "\n" not in broken[0]
    if one_line and len(groups) <= 3 and min(map(len, groups)) >= 3 and NATIONAL.fullmatch(whole.value):
        return whole
    if cue.kind == "phone" and one_line and re.fullmatch(r"0\d{9,11}|[48]00\d{7}", whole.value):
        return whole
    if cue.kind == "card" and one_line and 15 <= len(whole.value) <= 19:
        return whole
    if cue.kind in ("order_number", "order") and _belong_together(groups, broken[0].count("\n"), patterns):
        return whole
    return replace(token, cue=cue)


def _belong_together(groups: list[str], line_ends: int, patterns: OrderPatterns) -> bool:
    if line_ends > 1 or any(NATIONAL.fullmatch(group) for group in groups):
        return False
    whole = "".join(groups)
    if any(len(group) >= 8 and day(group) for group in groups[1:]):
        return False
    shaped = any(shape.kind == "order" and shape.pattern.fullmatch(whole) for shape in patterns.shapes)
    if shaped and not any(shape.pattern.fullmatch(group) for shape in patterns.shapes for group in groups):
        return True
    even = len({len(group) for group in groups[:-1]}) == 1 and 3 <= len(groups[0]) <= 6 and len(groups[-1]) <= 6
    return even and not line_ends and 8 <= len(whole) <= 24


def _cue(text: str, start: int, patterns: OrderPatterns) -> Cue:
    """The nearest cue before a place, of whatever kind: the nearer word decides."""
    if patterns.cue is None:
        return Cue()
    begin = max(0, start - 30)
    nearest = patterns.cue.last(text, begin, start)
    if nearest is None:
        return Cue()
    kind = patterns.cue_kinds.get(text[nearest[0] : nearest[1]].lower())
    end = nearest[1]
    gap = text[end:start]
    if _CLOSE.fullmatch(gap) and gap.count("\n") <= (2 if ":" in gap else 1):
        return Cue(kind, close=True)
    if kind in ("order_number", "tracking_number", "serial", "model") and _LOOSE.fullmatch(gap):
        return Cue(kind)
    if kind == "carrier" and _LOOSE_CARRIER.fullmatch(gap):
        return Cue(kind)
    return Cue()
