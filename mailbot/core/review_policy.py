"""What a draft may promise of the company's policy: sums within the standard, figures and words that are published."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from mailbot.core.checks import fold
from mailbot.core.review_facts import MAX_READ, Context, DraftText, Finding, clauses, plain, sentences, written
from mailbot.core.tone import unquoted


def compensation(draft: DraftText, context: Context) -> Iterator[Finding]:
    """004-22: sums above the compensation standard."""
    for text in (draft.subject, draft.text):
        for each in context.policy.too_much(text) if context.policy else ():
            message = (
                f"金额 {each.amount} 元超出补偿标准（“{each.plan.name[0]}”最多 {each.plan.most} 元），请改在标准以内"
            )
            yield Finding("compensation", "block", message, each.words)


def forbidden(draft: DraftText, context: Context) -> Iterator[Finding]:
    """000-31: words that the owner keeps inside the company. What a customer said is quoted, and passes."""
    if context.checks is None:
        return
    text = fold(unquoted(written(draft, context)))
    for each in context.checks.forbidden:
        for found in each.words.find(text):
            yield Finding("forbidden", each.level, f"“{found[0]}”：{each.message}", found[0])


_NUMBER = r"(?:[0-9]{1,6}(?:\.[0-9]{1,2})?|[一二两三四五六七八九十百半]{1,4})"
_FIGURE = re.compile(
    rf"({_NUMBER}) ?(个?年|周年|个月|[天日]|周|星期|元|块钱|块|%|％|折|倍|years?\b|months?\b|days?\b|weeks?\b|yuan\b)|"
    r"百分之([0-9]{1,3}|[一二三四五六七八九十百]{1,4})|([0-9]{1,3})-(day|month|year)\b",
    re.IGNORECASE,
)
_POLICY_WORD = re.compile(
    r"保修|质保|三包|包修|包退|包换|退货|换货|退换|赔偿|赔付|补偿|无理由|"
    r"\bwarrant(?:y|ies)\b|\bguarantee[ds]?\b|\breturns?\b|\bexchanges?\b|\bcompensat\w{1,6}\b",
    re.IGNORECASE,
)
# A time in which we do a thing is a pledge (pledges.py); a date and the customer's own time are no policy.
_NO_POLICY = re.compile(
    r"我们(?:会|将|在)|(?:会|将)在|给您|为您|帮您|您(?:已|提到|说)|已经|预计|办好|办完|工作日|[0-9]月|号|"
    r"寄[出回到]|收到|到账|安排|上门|联系|回复|答复|\bwe(?:'ll| will)\b|\bworking days?\b|\bago\b|"
    r"\bwithin\b.{0,30}\breceiv",
    re.IGNORECASE,
)
_NEXT = 14  # characters between the figure and the word it belongs to
_UNITS = {
    "年": "年", "个年": "年", "周年": "年", "year": "年", "个月": "月", "month": "月",
    "天": "天", "日": "天", "day": "天",
    "周": "周", "星期": "周", "week": "周", "元": "元", "块": "元", "块钱": "元", "yuan": "元",
    "%": "%", "折": "折", "倍": "倍",
}  # fmt: skip
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}

Figure = tuple[float, str]


def policy_figures(draft: DraftText, context: Context) -> Iterator[Finding]:
    """000-31, 000-47: years, days, sums and percentages of a policy that no published text and no mail holds."""
    if not context.policy_texts:
        return
    own = plain("\n".join((context.customer_words[:MAX_READ], *context.known_texts))[: 2 * MAX_READ])
    known = {figure for figure, _ in _figures(own)}.union(*map(_published, context.policy_texts))
    most = max((plan.most or 0 for plan in context.policy.plans.values()), default=0) if context.policy else 0
    for sentence in sentences(unquoted(plain(draft.text[:MAX_READ]))):
        for clause in clauses(sentence):
            for figure, found in _figures(clause):
                if figure in known or not _of_policy(clause, found):
                    continue
                if figure[1] == "元" and figure[0] <= most:
                    continue  # a plan within the standard: compensation() measures it
                message = f"“{found[0].strip()}”在公布的政策和来信里都找不到，请核对政策原文"
                yield Finding("policy_figure", "warn", message, clause.strip()[:60])


@lru_cache(maxsize=4096)  # the sentences of the rules, over and over
def _published(text: str) -> frozenset[Figure]:
    return frozenset(figure for figure, _ in _figures(plain(text[:MAX_READ])))


def _of_policy(clause: str, figure: re.Match[str]) -> bool:
    near = clause[max(0, figure.start() - _NEXT) : figure.end() + _NEXT]
    return bool(_POLICY_WORD.search(near)) and not _NO_POLICY.search(clause)


def _figures(text: str) -> Iterator[tuple[Figure, re.Match[str]]]:
    for found in _FIGURE.finditer(text):
        if found[3]:
            value, unit = _value(found[3]), "%"
        elif found[4]:
            value, unit = float(found[4]), _UNITS[found[5].lower()]
        else:
            value, unit = _value(found[1]), _UNITS[found[2].lower().rstrip("s")]
        if unit == "月" and value % 12 == 0:  # 24 months are two years
            value, unit = value / 12, "年"
        if unit == "周":
            value, unit = value * 7, "天"
        yield (value, unit), found


def _value(written: str) -> float:
    """12, "十二", "一百", "半": what people write before a unit."""
    if written[0].isdigit():
        return float(written)
    if "半" in written:
        return 0.5
    total, last = 0, 0
    for character in written:
        if character in "十百":
            total += (last or 1) * (10 if character == "十" else 100)
            last = 0
        else:
            last = _DIGITS[character]
    return float(total + last)
