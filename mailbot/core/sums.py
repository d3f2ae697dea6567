"""Sums of money in a text, in Chinese and English. Pure; reads, never raises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

_FIGURES = r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,3}(?![0-9])|[0-9]{1,9})(?:\.[0-9]{1,2}(?![0-9]))?"
_NUMERALS = r"[零〇一二两三四五六七八九十百千万]{1,12}"
# 块 counts pieces as well: only where money follows, or nothing.
_YUAN = (
    r"(?:元(?![旦件素器宵月年老])|圆(?=[整，。,.;；\s]|$)|块(?=钱|[，。！？,.!?;；、）)\s吧]|$|的?(?:优惠|补偿|"
    r"代金|红包|券|赔偿|退款|话费))|"
    r"\s?(?:rmb|cny|yuan|usd|eur|gbp|hkd|dollars?|euros?|pounds?)\b|人民币|美元|欧元|港币|英镑)"
)
_SUM = re.compile(
    rf"(?:(?:[¥$€£]|(?<![a-z])(?:rmb|cny|usd|eur|gbp|hkd)|"
    rf"人民币)\s?(?P<after>{_FIGURES})\s?(?P<scale1>[百千万kw](?![a-z]))?)|"
    rf"(?<![0-9.,])(?P<before>{_FIGURES})\s?(?P<scale2>[百千万kw])?\s?[多余几]?\s?{_YUAN}|"
    rf"(?<![零〇一二两三四五六七八九十百千万])(?P<words>{_NUMERALS})[多余几]?{_YUAN}",
    re.IGNORECASE,
)
_SCALES = {"百": 100, "千": 1000, "万": 10_000, "k": 1000, "w": 10_000}
_DIGITS = {each: number for number, each in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum as written; another currency's counts as if it were yuan, of which it is worth no less."""

    amount: int  # rounded up
    start: int
    end: int


def sums(text: str) -> Iterator[Sum]:
    """Every sum in a text that was made plain by NFKC."""
    for found in _SUM.finditer(text):
        figures = found["after"] or found["before"]
        if figures:
            scale = _SCALES.get((found["scale1"] or found["scale2"] or "").lower(), 1)
            amount = ceil(float(figures.replace(",", "")) * scale)
        else:
            amount = numeral(found["words"])
        yield Sum(amount, found.start(), found.end())


def numeral(words: str) -> int:
    """一千二百 -> 1200, 两万 -> 20000, 五百五 -> 550; nonsense gives some number."""
    total = section = digit = 0
    unit = 1
    for each in words:
        if each in _DIGITS:
            digit = _DIGITS[each] if not (digit and unit == 1) else digit * 10 + _DIGITS[each]
            unit = 1 if each in "零〇" else unit
            continue
        unit = {"十": 10, "百": 100, "千": 1000, "万": 10_000}[each]
        if unit == 10_000:
            total, section, digit = (total + section + digit) * unit, 0, 0
        else:
            section, digit = section + (digit or 1) * unit, 0
    # 五百五: what follows a unit without a 零 counts in the next smaller one.
    return total + section + digit * (unit // 10 if unit >= 100 and digit else 1)
