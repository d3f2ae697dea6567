"""What agents' verdicts may change, without any number crunching: features of a mail, who has the last word, evidence.

The learner itself (mailbot/learner.py) needs numpy; this file needs nothing. Rules come first; the learner takes their
scores as features and starts as the identity on them, so that with no verdict it says what they say.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from mailbot.core.facts import Facts
from mailbot.core.mail import Mail
from mailbot.core.quoting import Body
from mailbot.core.rules import CATEGORIES, PRIORITIES, Match, RuleBook, match, plain_body, plain_subject
from mailbot.core.triage import PRIORITY_NAMES, Category, Priority, Triage, missing_of, triage

BUCKETS = 1 << 15  # of hashed character n-grams; two that fall together cost a little accuracy, never a crash
LONGEST = 2_000  # characters of a mail that are learned from
RIPE = 50  # verdicts before the rules can lose the last word
RIPE_CLASS = 10  # of them for the class in question
LAST = 60  # verdicts about a class that show who knows it better
CALIBRATED = 50  # verdicts before confidence is what was found to be true so often
DISPUTED = 0.49  # the most confidence there is where rules and learner disagree: a person chooses
_RISING = tuple(reversed(PRIORITIES))  # normal, important, urgent
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Lesson:
    """One verdict of an agent with the words it is about; the newest verdict on a mail stands."""

    id: int
    mail_id: int
    subject: str
    words: str
    key: str  # "complaint/quality"
    priority: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A mail as the learner sees it."""

    grams: tuple[int, ...]  # buckets of its character 1-3-grams, rising, each once
    scores: tuple[tuple[str, float], ...]  # what the rules' signs add up to, by "category/topic"
    rules: str  # "category/topic" by the rules
    priority: str  # by the rules
    confidence: float  # of the rules


@dataclass(frozen=True, slots=True)
class Trial:
    """A verdict foreseen before it was learned: the only honest test, since every verdict is new once."""

    truth: str
    rules: str
    learner: str
    sure: float  # the learner's own probability, 0..1
    level: str  # priority: what the agent said
    rules_level: str
    learner_level: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words of the mail and what they weigh; below 0 they speak against."""

    words: str
    weight: float
    learned: bool = False  # else a sign of the rules
    where: str = "body"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the learner makes of a mail. `ripe`: it has seen enough to be heard at all."""

    key: str
    runner_up: str | None
    sure: float  # calibrated where `ripe`
    ripe: bool
    trusted: bool  # for `key` it beats the rules on this company's verdicts
    level: str
    level_trusted: bool  # it may raise the priority
    seen: int  # verdicts with this key


def grams(text: str) -> tuple[int, ...]:
    """The buckets of a text's character 1-3-grams. `text` is masked already."""
    found = {text[at : at + size] for size in (1, 2, 3) for at in range(len(text) - size + 1)}
    return tuple(sorted({bucket(each) for each in found}))


def bucket(gram: str) -> int:
    """Where a gram is counted; the same in every process, unlike hash()."""
    return zlib.crc32(gram.encode("utf-8", "replace")) & (BUCKETS - 1)


def masked(subject: str, words: str, book: RuleBook) -> str:
    """Subject and new words as they are learned: folded, boilerplate cut, every number the same, blanks gone."""
    text = f"{plain_subject(subject, book)}\n{plain_body(words, book)}"
    return _DIGITS.sub("0", " ".join(text.split()))[:LONGEST]


def sample(subject: str, words: str, book: RuleBook, judged: Triage | None = None) -> Sample:
    """A mail's features. `judged`: what the rules made of it, where that is known already."""
    found = match(subject, words, book)
    known = judged or triage(_letter(subject), Body(words, "", "", ()), Facts(), book)
    weighty = () if found.fallback else found.candidates  # a question's tone alone adds nothing to a sum
    return Sample(
        grams=grams(masked(subject, words, book)),
        scores=tuple((f"{one.category}/{one.topic}", one.score) for one in weighty),
        rules=f"{known.category}/{known.topic}",
        priority=known.priority,
        confidence=known.confidence,
    )


def keys_of(book: RuleBook) -> tuple[str, ...]:
    """Every "category/topic" of the book, in the order in which the rules settle a draw."""
    keys = sorted(book.topics, key=lambda key: (CATEGORIES.index(key[0]), key[1]))
    return tuple(f"{category}/{topic}" for category, topic in keys)


def trusted(record: Sequence[Trial], key: str, seen: Mapping[str, int]) -> bool:
    """Has the learner the last word for this class? Only after 50 verdicts in all and 10 in the class, and only where
    it was right when the rules were wrong more often than the other way round, by more than chance: one standard
    error of the difference, and two mails at least, among the last 60 verdicts that had to do with the class.
    """
    if sum(seen.values()) < RIPE or seen.get(key, 0) < RIPE_CLASS:
        return False
    about = [one for one in record if key in (one.truth, one.rules, one.learner)][-LAST:]
    return _better(
        sum(one.learner == one.truth != one.rules for one in about),
        sum(one.rules == one.truth != one.learner for one in about),
    )


def level_trusted(record: Sequence[Trial], level: str) -> bool:
    """May the learner raise a mail to this priority? Told by the last 60 verdicts that it would have raised so."""
    if len(record) < RIPE or sum(one.level == level for one in record) < RIPE_CLASS:
        return False
    raised = [one for one in record if one.learner_level == level and rank(level) > rank(one.rules_level)][-LAST:]
    right = sum(rank(one.level) >= rank(level) for one in raised)
    return _better(right, len(raised) - right)


def _better(wins: int, losses: int) -> bool:
    return wins - losses >= max(2.0, math.sqrt(wins + losses))


def rank(level: str) -> int:
    """normal 0, important 1, urgent 2."""
    return _RISING.index(level)


def calibration(record: Sequence[Trial]) -> tuple[tuple[float, float], ...]:
    """How often the learner was right when it was so sure, as rising steps (from this sureness on, this share).

    Isotonic: neighbours that fall are pooled; each share leans a little to the middle, so that ten hits in ten are
    not called certain. Empty with fewer than 50 verdicts: then confidence is the rules' own.
    """
    if len(record) < CALIBRATED:
        return ()
    pools: list[tuple[float, float, int]] = []  # (lowest sureness, hits, how many)
    for one in sorted(record, key=lambda trial: trial.sure):
        pools.append((one.sure, float(one.learner == one.truth), 1))
        while len(pools) > 1 and pools[-2][1] * pools[-1][2] >= pools[-1][1] * pools[-2][2]:
            (low, hits, many), (_, more, others) = pools[-2:]
            pools[-2:] = [(low, hits + more, many + others)]
    steps = [(low, (hits + 1) / (many + 2)) for low, hits, many in pools]
    best = 0.0
    rising = []
    for low, share in steps:
        best = max(best, share)
        rising.append((low, round(best, 2)))
    return tuple(rising)


def calibrated(sure: float, steps: Sequence[tuple[float, float]]) -> float:
    """The share of right answers at this sureness; without steps the sureness itself."""
    if not steps:
        return sure
    return next((share for low, share in reversed(steps) if sure >= low), steps[0][1])


def second_opinion(first: Triage, opinion: Opinion, mail: Mail, facts: Facts, book: RuleBook) -> Triage:
    """The rules' triage with the agents' verdicts heard. Until they are ripe nothing changes.

    Where both agree, confidence is what was found to be true so often. Where they disagree a person chooses: the
    learner's topic leads only where it has proved better, and confidence stays below a half. The priority is never
    lowered (000-14 to 000-20): a smell of burning beats every verdict.
    """
    if not opinion.ripe:
        return first
    ruled = f"{first.category}/{first.topic}"
    found = first
    if opinion.key == ruled:
        found = replace(first, confidence=opinion.sure)
    elif opinion.trusted and ruled != "other/spam":
        found = _overruled(first, opinion, mail, facts, book)
    elif opinion.seen >= RIPE_CLASS:
        why = f"历史更正: 更像“{name_of(opinion.key, book)}”,与规则不一致,请人工确认类别"
        found = replace(first, confidence=min(first.confidence, DISPUTED), reasons=(*first.reasons, why))
    raised = opinion.level_trusted and rank(opinion.level) > rank(found.priority)
    if not raised or ruled == "other/spam":
        return found
    why = f"历史更正: 类似来信被客服定为{PRIORITY_NAMES[opinion.level]},等级上调"
    return replace(found, priority=cast(Priority, opinion.level), reasons=(*found.reasons, why))


def _overruled(first: Triage, opinion: Opinion, mail: Mail, facts: Facts, book: RuleBook) -> Triage:
    category, _, topic = opinion.key.partition("/")
    known = book.topics.get((category, topic))
    if known is None:
        return first
    usual = known.priority or book.levels[category]
    name, ruled = name_of(opinion.key, book), f"{first.category}/{first.topic}"
    why = (
        f"{name}: 历史更正,客服已将 {opinion.seen} 封类似来信归入此类",
        f"历史更正: 规则原判“{name_of(ruled, book)}”,两者不一致,请人工确认类别",
    )
    return replace(
        first,
        category=cast(Category, category),
        topic=topic,
        priority=cast(Priority, max(first.priority, usual, key=rank)),
        confidence=min(opinion.sure, DISPUTED),
        reasons=(*why, *first.reasons),
        missing=missing_of(known.requires, mail, facts),
        runner_up=ruled,
    )


def name_of(key: str, book: RuleBook) -> str:
    """ "complaint/quality" -> "投诉-产品质量"; codes that the rules do not know stand for themselves."""
    category, _, topic = key.partition("/")
    known = book.topics.get((category, topic))
    first = book.categories.get(category, {}).get("zh", category)
    return f"{first}-{known.name['zh'] if known else topic}"


def signs_for(found: Match, key: str, most: int = 3) -> tuple[Evidence, ...]:
    """The rules' strongest evidence for or against a topic, with its words and signed weight."""
    category = key.partition("/")[0]
    hits = [hit for hit in found.hits if hit.sign.owner in (key, f"{category}/*")]
    if not found.fallback:
        hits = [hit for hit in hits if not hit.sign.fallback]
    best = {hit.words: Evidence(hit.words, hit.sign.weight, where=hit.where) for hit in hits}
    return tuple(sorted(best.values(), key=lambda one: -abs(one.weight))[:most])


def _letter(subject: str) -> Mail:
    """A subject as a mail, for the rules; they look at nothing else of it."""
    return Mail(
        message_id=None,
        from_=None,
        sender=None,
        reply_to=(),
        to=(),
        cc=(),
        subject=subject,
        date=None,
        text="",
        html=None,
        attachments=(),
        in_reply_to=(),
        references=(),
        headers=(),
        report=None,
        returned=None,
        content_type="text/plain",
        problems=(),
    )
