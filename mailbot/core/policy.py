"""What the company may offer and how much: rules/policy.toml as values (003-16, 004-15, 004-22).

A plan is what customers can be offered: a repair, a refund, a coupon. Nothing here decides which is right for a case;
it says which may be offered there, and whether a sum is within the compensation standard.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from mailbot.core.errors import UserError
from mailbot.core.rulefile import Table
from mailbot.core.sums import sums
from mailbot.core.tone import unquoted

WHERE = "rules/policy.toml"
MAX_TEXT = 50_000  # characters of a text in which sums are looked for
MAX_FOUND = 10
_LONGEST = 200  # characters of a phrase: it stands in one line of a mail
_STOPS = " \t,，。;；、.!！"
_MARK = "{sum}"

Pair = tuple[str, str]  # Chinese, English


@dataclass(frozen=True, slots=True)
class Plan:
    """One thing a customer can be offered, in the words of both languages; phrases without a full stop."""

    code: str
    name: Pair  # ends 我们可以为您..., "We can offer you ..."
    words: tuple[str, ...]  # as agents call it, both languages, in small letters
    pros: Pair
    cons: Pair
    time: Pair
    basis: Pair
    for_: tuple[str, ...] = ()  # categories and "category/topic"; empty: everything
    steps: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())  # what the customer has to do
    most: int | None = None  # yuan without a supervisor's word; None: the plan is no sum
    with_sum: Pair = ("", "")  # the name with {sum} in it

    def suits(self, category: str, topic: str) -> bool:
        return not self.for_ or category in self.for_ or f"{category}/{topic}" in self.for_

    def called(self, side: int, amount: int | None = None) -> str:
        """Its name in Chinese (0) or English (1), with the sum where there is one."""
        return self.name[side] if amount is None else self.with_sum[side].replace(_MARK, str(amount))


@dataclass(frozen=True, slots=True)
class TooMuch:
    """A sum in a text that is above the standard."""

    plan: Plan
    amount: int
    words: str  # the clause it stands in


@dataclass(frozen=True, slots=True)
class Policy:
    """All plans by code, in the order of the file."""

    plans: Mapping[str, Plan] = field(default_factory=dict)

    def suiting(self, category: str, topic: str) -> tuple[Plan, ...]:
        """What may be offered for this topic (003-16)."""
        return tuple(plan for plan in self.plans.values() if plan.suits(category, topic))

    def named_in(self, text: str) -> tuple[Plan, ...]:
        """The plans that an agent's own text speaks of."""
        plain = _plain(text)
        return tuple(plan for plan in self.plans.values() if any(word in plain for word in plan.words))

    def too_much(self, text: str) -> tuple[TooMuch, ...]:
        """The sums that a text offers above the standard (004-22).

        What the customer asked for, what is refused, a price, and a sum from which a coupon can be used are no offers.
        """
        plain = unquoted(_plain(text))
        found = dict.fromkeys(each for sentence in _SENTENCES.split(plain) for each in self._of_sentence(sentence))
        return tuple(found)[:MAX_FOUND]

    def _of_sentence(self, sentence: str) -> Iterator[TooMuch]:
        start = 0
        for clause in _CLAUSES.split(sentence):
            at = sentence.index(clause, start)
            start = at + len(clause)
            if _NO_OFFER.search(clause) and not _AGREED.search(clause):
                continue
            for each in islice(sums(clause), MAX_SUMS):
                if _BEFORE.search(clause[max(0, each.start - 24) : each.start]) or _AFTER.match(clause, each.end):
                    continue
                window = (max(0, each.start - _BESIDE), each.end + _BESIDE)
                plan = self._nearest(clause[slice(*window)], each.start - window[0], each.end - window[0])
                if plan is None:  # 给您补偿,一共500元
                    plan = self._nearest(sentence[max(0, at - _REACH) : at], _REACH, _REACH)
                if plan is not None and plan.most is not None and each.amount > plan.most:
                    yield TooMuch(plan, each.amount, clause.strip()[:80])

    def _nearest(self, text: str, start: int, end: int) -> Plan | None:
        """The plan whose word stands nearest to a sum at this place; the longer word where two are as near."""
        near: list[tuple[int, int, Plan]] = []
        for plan in self.plans.values():
            for word in plan.words:
                for found in re.finditer(re.escape(word), text):
                    far = start - found.end() if found.end() <= start else found.start() - end
                    near.append((max(0, far), -len(word), plan))
        return min(near, key=lambda each: each[:2])[2] if near else None


_BESIDE = 60  # characters on either side of a sum that say what it is for
MAX_SUMS = 50  # of one clause that are looked at
_REACH = 20  # characters before a clause with a bare sum that may say what it is for
_SENTENCES = re.compile(r"[。!?;\n]|\.(?=\s|$)")
_CLAUSES = re.compile(r",(?![0-9]{3}(?![0-9]))|、")
_NO_OFFER = re.compile(
    r"[您你]们?(?:之前|来信|信中|这次|原来)?(?:所)?(?:希望|要求|提出|提到|想要?|期望|期待|说|问)|客户(?:希望|"
    r"要求|提出|坚持|想要?)|"
    r"无法|不能|未能|难以|不予|没(?:有)?法|做不到|超出|最多只|标准(?:是|为|最高|上限)|"
    r"\byou (?:have )?(?:ask|want|request|demand|mention|wish|hope|would like|suggest)|customer (?:wants|asks|"
    r"demands)|\bcannot\b|\bcan't\b|\bunable\b|\bnot able\b|"
    r"\bnot (?:pay|offer|compensate|refund)"
)
_AGREED = re.compile(
    r"同意|答应|按[您你]|满足[您你]|批准|照付|如[您你]所|\bagree|\bhappy to|\bwill (?:pay|give|refund|"
    r"compensate)|\bas you asked"
)
_BEFORE = re.compile(
    r"(?:(?:每|购物|消费|订单)?满|(?<!不)(?<!不会)(?:超过|高于)|原价|售价|定价|单价|标价|市场价|"
    r"orders? (?:over|above|of)|minimum (?:spend|order)(?: of)?|priced? (?:at|of)|which costs?)(?:是|为|:)?\s?$"
)
_AFTER = re.compile(
    r"(?:及|或)?以上的?(?:订单|商品|产品|可用|时)|\s?(?:起|可)用|的(?:订单|商品|产品|空调|冰箱|洗衣机|手机|"
    r"电脑)|的?\s?[0-9]{1,3}(?:\.[0-9])?\s?%|的百分之|\s?or more"
)


def read_policy(text: str, topics: Collection[str], where: str = WHERE) -> Policy:
    """Read rules/policy.toml, a table for each plan. `topics`: every category and "category/topic" there is."""
    plans = {code: _read(table, code, topics) for code, table in Table.parse(where, text).coded()}
    if not plans:
        raise UserError(where, "", "there is no plan; copy this file from the defaults")
    return Policy(plans)


def _read(table: Table, code: str, topics: Collection[str]) -> Plan:
    for_ = table.texts("for", None)
    for key in for_:
        if key not in topics:
            raise table.wrong("for", f"{key!r} is no category and no topic; write one like complaint/quality")
    most = _most(table)
    plan = Plan(
        code=code,
        name=_pair(table, "name"),
        words=_words(table),
        pros=_pair(table, "pros"),
        cons=_pair(table, "cons"),
        time=_pair(table, "time"),
        basis=_pair(table, "basis"),
        for_=for_,
        steps=_steps(table),
        most=most,
        with_sum=_with_sum(table, most),
    )
    table.close()
    return plan


def _pair(table: Table, key: str) -> Pair:
    if not table.has(key):
        raise table.wrong(key, f'missing; write {key} = {{ zh = "...", en = "..." }}')
    both = table.table(key)
    pair = (_phrase(both, "zh"), _phrase(both, "en"))
    both.close()
    return pair


def _phrase(table: Table, key: str) -> str:
    return _checked(table, key, table.line(key))


def _checked(table: Table, key: str, text: str) -> str:
    phrase = text.strip().strip(_STOPS)
    if not phrase or len(phrase) > _LONGEST or not phrase.isprintable():
        raise table.wrong(key, f"write one line of at most {_LONGEST} characters")
    return phrase


def _words(table: Table) -> tuple[str, ...]:
    both = table.table("words")
    found = tuple(_plain(word) for word in (*both.texts("zh"), *both.texts("en")))
    both.close()
    if not found:
        raise table.wrong("words", 'missing; write words = { zh = ["..."], en = ["..."] }')
    return found


def _steps(table: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    both = table.table("steps")
    zh, en = (tuple(_checked(both, key, step) for step in both.texts(key)) for key in ("zh", "en"))
    both.close()
    if len(zh) != len(en):
        raise table.wrong("steps", "has not as many steps in zh as in en; write each in both")
    return zh, en


def _most(table: Table) -> int | None:
    if not table.has("most"):
        return None
    most = table.take("most", float)
    if most <= 0 or most != int(most):
        raise table.wrong(
            "most", f"is {most:g}; write a whole number of yuan, or leave it out where the plan is no sum"
        )
    return int(most)


def _with_sum(table: Table, most: int | None) -> Pair:
    if most is None:
        if table.has("with_sum"):
            raise table.wrong("with_sum", "is for plans with a sum; add most = 50, or leave this out")
        return ("", "")
    pair = _pair(table, "with_sum")
    for language, name in zip(("zh", "en"), pair, strict=True):
        if name.count(_MARK) != 1:
            raise table.wrong(f"with_sum.{language}", f"write {_MARK} where the sum stands, once")
    return pair


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text[:MAX_TEXT]).lower()
