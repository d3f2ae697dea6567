"""Which problems are common, and whom to ask for an improvement (001-35, 001-56). Says what the figures say.

A topic is common when it has at least `least` of the tickets opened in the period and either a fifth of them or at
least twice as many as in the period before. Where a topic is not, one responsible side within it may be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mailbot.core.departments import Department
from mailbot.core.figures import CaseRecord, Count, percent
from mailbot.core.period import Period
from mailbot.core.rules import RuleBook
from mailbot.core.summary import opened_in

LEAST = 3
PART = 5  # one in so many tickets
TIMES = 2
EXAMPLES = 5
# What is no customer's case, or the good end of one, is counted among the topics but is no problem.
_NO_CASES = ("other",)
_NO_PROBLEMS = (("revisit", "thanks"), ("revisit", "rating"))

_SIDE_ZH = {"company": "责任在企业", "third_party": "责任在第三方", "customer": "属客户使用不当", "none": "不涉及责任"}
_SIDE_EN = {
    "company": "with the company responsible",
    "third_party": "with a third party responsible",
    "customer": "due to wrong use",
    "none": "with nobody responsible",
}
_ASK_ZH = {
    "company": "查明原因并提出改进",
    "third_party": "与第三方核对原因并提出改进",
    "customer": "检查使用说明和对客户的指引并提出改进",
}
_ASK_EN = {
    "company": "find the cause and propose an improvement",
    "third_party": "clear up the cause with the third party and propose an improvement",
    "customer": "look at the manual and the guidance for customers and propose an improvement",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A common problem. `side`: "" for the whole topic, else the part of it that is this side's responsibility."""

    category: str
    topic: str
    side: str
    count: Count
    percent: float | None  # of the tickets opened in the period
    frequent: bool  # has its fifth of them
    doubled: bool
    department: str  # code; "" when the rules name none
    sides: tuple[tuple[str, int], ...]  # side -> tickets, the most first; "" is not settled yet, and last
    examples: tuple[str, ...]  # ticket numbers
    proposal_zh: str
    proposal_en: str


def common_problems(
    cases: Sequence[CaseRecord], period: Period, book: RuleBook, least: int = LEAST
) -> tuple[Problem, ...]:
    """The common problems of the period, the most frequent first. `cases`: of it and of the one before."""
    opened, before = opened_in(cases, period), opened_in(cases, period.before)
    found: list[Problem] = []
    for category, topic in sorted({(each.category, each.topic) for each in opened}):
        if category in _NO_CASES or (category, topic) in _NO_PROBLEMS:
            continue
        mine = _of(opened, category, topic)
        earlier = _of(before, category, topic)
        if _is_common(len(mine), len(earlier), len(opened), least):
            found.append(_problem(mine, len(earlier), "", len(opened), book))
            continue
        for side in _SIDE_ZH:
            part = [each for each in mine if each.side == side]
            was = sum(each.side == side for each in earlier)
            if _is_common(len(part), was, len(opened), least):
                found.append(_problem(part, was, side, len(opened), book))
    return tuple(sorted(found, key=lambda each: (-each.count.now, each.category, each.topic, each.side)))


def _of(cases: Iterable[CaseRecord], category: str, topic: str) -> list[CaseRecord]:
    return [each for each in cases if (each.category, each.topic) == (category, topic)]


def _is_common(now: int, before: int, whole: int, least: int) -> bool:
    return now >= max(least, 1) and (now * PART >= whole or now >= TIMES * before)


def _problem(cases: Sequence[CaseRecord], before: int, side: str, whole: int, book: RuleBook) -> Problem:
    first, count = cases[0], Count(len(cases), before)
    topic = book.topics.get((first.category, first.topic))
    department = book.departments.get(topic.route) if topic else None
    names = topic.name if topic else {"zh": first.topic, "en": first.topic}
    counted = Counter(each.side for each in cases)
    sides = tuple(sorted(counted.items(), key=lambda item: (item[0] == "", -item[1], item[0])))
    return Problem(
        category=first.category,
        topic=first.topic,
        side=side,
        count=count,
        percent=percent(count.now, whole),
        frequent=count.now * PART >= whole,
        doubled=count.now >= TIMES * before,
        department=department.code if department else "",
        sides=sides,
        examples=tuple(sorted(each.number for each in cases)[:EXAMPLES]),
        proposal_zh=_zh(names, department, side, count, sides),
        proposal_en=_en(names, department, side, count, sides),
    )


Sides = Sequence[tuple[str, int]]


def _zh(names: Mapping[str, str], department: Department | None, side: str, count: Count, sides: Sides) -> str:
    head = f"{names['zh']}中{_SIDE_ZH[side]}的" if side else names["zh"]
    parts = [] if side else [f"{number} 件{_SIDE_ZH.get(each, each)}" for each, number in sides if each]
    open_ = dict(sides).get("", 0)
    split = (f"，其中 {'、'.join(parts)}" if parts else "") + (f"，{open_} 件责任尚未确定" if open_ else "")
    who = department.name["zh"] if department else "相关部门"
    ask = _ASK_ZH.get(side or _most(sides), _ASK_ZH["company"])
    return f"{head} {count.now} 件（上期 {count.before} 件）{split}：请{who}{ask}"


def _en(names: Mapping[str, str], department: Department | None, side: str, count: Count, sides: Sides) -> str:
    of = f" {_SIDE_EN[side]}" if side else ""
    parts = [] if side else [f"{number} {_SIDE_EN.get(each, each)}" for each, number in sides if each]
    if open_ := dict(sides).get("", 0):
        parts.append(f"{open_} not settled yet")
    split = f"; of these {', '.join(parts)}" if parts else ""
    who = department.name["en"] if department else "the department concerned"
    ask = _ASK_EN.get(side or _most(sides), _ASK_EN["company"])
    number = f"{count.now} ticket" + ("" if count.now == 1 else "s")
    return f"{names['en']}{of}: {number} ({count.before} in the period before){split}. To {who}: please {ask}"


def _most(sides: Sides) -> str:
    """The side of more than half of those that are settled; "" when there is none."""
    settled = [(each, number) for each, number in sides if each]
    whole = sum(number for _, number in settled)
    return next((each for each, number in settled if number * 2 > whole), "")
