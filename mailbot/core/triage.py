"""Mail + RuleBook -> category, topic, priority, mood, what is missing; each with its reasons.

Only the new words and the subject count, never the quoted history: what we wrote ourselves says nothing about what
the customer wants. Nothing here raises because of a mail.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import Literal, cast

from mailbot.core.facts import Facts
from mailbot.core.mail import Mail
from mailbot.core.quoting import Body
from mailbot.core.rules import MOODS, NOTHING, Candidate, Match, RuleBook, match, reason

Category = Literal["enquiry", "fault", "complaint", "request", "revisit", "other"]
Priority = Literal["urgent", "important", "normal"]
Mood = Literal["calm", "upset", "angry"]

MOST_REASONS = 3  # pieces of evidence shown for the topic
PRIORITY_NAMES = {"urgent": "紧急", "important": "重要", "normal": "一般"}
MOOD_NAMES = {"angry": "情绪激动", "upset": "情绪不满"}
_DOUBT = 1.5  # a score of this much is as good as a coin
_GUESS = 0.3  # confidence of a mere question cue
_NOTHING = 0.2  # confidence when nothing speaks at all


@dataclass(frozen=True, slots=True)
class Concern:
    """What a mail asks for besides its topic, and the words that say so."""

    category: str
    topic: str
    words: str


@dataclass(frozen=True, slots=True)
class Triage:
    category: Category
    topic: str
    priority: Priority
    confidence: float  # 0..1
    mood: Mood
    reasons: tuple[str, ...]  # Chinese, as agents see them: "投诉: 正文含 '要投诉你们'"
    missing: tuple[str, ...] = ()  # fact codes the topic requires and the mail lacks: "order_number"
    runner_up: str | None = None  # "category/topic" of the second best
    concerns: tuple[Concern, ...] = ()


def triage(mail: Mail, body: Body, facts: Facts, book: RuleBook) -> Triage:
    """What a mail is about, how urgent it is and in what mood it was written, by the rules alone."""
    found = match(mail.subject, body.new, book)
    best = found.candidates[0] if found.candidates else None
    category, topic = (best.category, best.topic) if best else NOTHING
    if best is None or found.fallback:
        category, topic = _topic_of_alarm(found, book) or (category, topic)
    mood, mood_reasons = _mood(found, book)
    priority, priority_reasons = _priority(found, (category, topic), book)
    known = book.topics.get((category, topic))
    return Triage(
        category=cast(Category, category),
        topic=topic,
        priority=priority,
        confidence=confidence(found),
        mood=mood,
        reasons=(*_topic_reasons(best, found), *priority_reasons, *mood_reasons),
        missing=missing_of(known.requires if known else (), mail, facts),
        runner_up=_name(found.candidates[1]) if len(found.candidates) > 1 else None,
        concerns=_concerns(body.new, (category, topic), found, book) if len(found.candidates) > 1 else (),
    )


def confidence(found: Match) -> float:
    """How sure the rules are, 0..1: strength times lead.

    Strength grows with the best score s as s / (s + 1.5): one plain wish (6) gives 0.80, a single symptom (3) 0.67.
    Lead is 1 when nothing else was found, 0.5 when another category scored as much; a rival topic of the same
    category costs half of that, since template and department are mostly the same. A mere question cue is 0.3,
    nothing at all 0.2. Confidence never sends anything by itself.
    """
    if not found.candidates:
        return _NOTHING
    if found.fallback:
        return _GUESS
    best = found.candidates[0]
    strength = best.score / (best.score + _DOUBT)
    lead = 1.0
    for rival in found.candidates[1:]:
        cost = 0.5 if rival.category != best.category else 0.25
        lead = min(lead, 1.0 - cost * rival.score / best.score)
    return round(strength * lead, 2)


MOST_CONCERNS = 3
_PLAIN = 4.0  # a score that one clear wish or question reaches
_SENTENCE = re.compile(r"[。!?！？;；\n]+|(?<=[a-z])\.\s")
# Questions and small errands stand beside anything. A wish for money or goods beside a fault or a complaint is
# the same case and its demand, no second concern.
_APART = ("invoice", "logistics_progress")  # of two questions, these are never one and the same
_ERRANDS = (("request", "account_change"), ("request", "cancel"), ("fault", "suggestion"))


def _concerns(text: str, lead: tuple[str, str], found: Match, book: RuleBook) -> tuple[Concern, ...]:
    """What else the mail asks for, sentence by sentence; never what only colours the leading concern."""
    rivals = {(each.category, each.topic) for each in found.candidates} - {lead}
    if not any(stands_beside(each, lead) for each in rivals):
        return ()
    concerns: dict[tuple[str, str], Concern] = {}
    for sentence in islice(filter(None, map(str.strip, _SENTENCE.split(text[:4000]))), 12):
        one = match("", sentence, book)
        best = one.candidates[0] if one.candidates and not one.fallback else None
        if best is None or best.score < _PLAIN or not stands_beside((best.category, best.topic), lead):
            continue
        concerns.setdefault(
            (best.category, best.topic), Concern(best.category, best.topic, " ".join(sentence.split())[:80])
        )
    return tuple(concerns.values())[:MOST_CONCERNS]


def stands_beside(other: tuple[str, str], lead: tuple[str, str]) -> bool:
    """Is this topic a concern of its own beside the leading one?"""
    if other == lead:
        return False
    asks = other[0] == "enquiry" and (lead[0] != "enquiry" or other[1] in _APART)
    return asks or other in _ERRANDS


def _topic_of_alarm(found: Match, book: RuleBook) -> tuple[str, str] | None:
    """A danger told without any word for a fault is still a fault, whatever the sentence sounds like."""
    alarms = (book.alarms.get(hit.sign.owner.removeprefix("alarm/")) for hit in found.hits)
    return next((alarm.topic for alarm in alarms if alarm and alarm.topic), None)


def _topic_reasons(best: Candidate | None, found: Match) -> tuple[str, ...]:
    if best is None:
        return ("未识别: 没有规则与来信相符,请人工判断",)
    if found.fallback:
        why = "仅凭提问语气归为咨询" if best.category == "enquiry" else "没有明确的规则相符,仅凭语气判断"
        return (*best.reasons[:1], f"{why},请人工确认")
    return best.reasons[:MOST_REASONS]


def _priority(found: Match, topic: tuple[str, str], book: RuleBook) -> tuple[Priority, tuple[str, ...]]:
    """The category's usual level, raised by an alarm or by an angry complaint (000-14 to 000-20)."""
    category, code = topic
    alarms = []
    for hit in found.hits:
        kind, _, alarm_code = hit.sign.owner.partition("/")
        alarm = book.alarms.get(alarm_code) if kind == "alarm" else None
        if alarm and (not alarm.only or category in alarm.only or f"{category}/{code}" in alarm.only):
            alarms.append(reason(f"紧急-{alarm.name}", hit))
    if alarms and not _settled(found, topic):
        return "urgent", tuple(dict.fromkeys(alarms))[:MOST_REASONS]
    if category == "complaint" and _furious(found):
        return "urgent", ("紧急-强烈投诉: 投诉且情绪激动",)
    known = book.topics.get(topic)
    level = (known.priority if known else None) or book.levels[category]
    name = known.name["zh"] if known and known.priority else book.categories[category]["zh"]
    return cast(Priority, level), (f"{PRIORITY_NAMES[level]}: {name}的常规等级",)


def _settled(found: Match, topic: tuple[str, str]) -> bool:
    """Is a danger told of here no danger of ours any more, or never was one?

    An advertisement that threatens a hazard is still an advertisement. A thank-you or a score that tells of last
    year's leak is settled, unless something says that the trouble is there. One word of doubt makes it an alarm.
    """
    if topic == ("other", "spam"):
        return True
    if topic == NOTHING:
        return bool(found.candidates) and not found.fallback
    doubt = any(each.category == "fault" or each.topic == "still_broken" for each in found.candidates)
    return topic in (("revisit", "thanks"), ("revisit", "rating")) and not doubt


def _furious(found: Match) -> bool:
    """A strong complaint (000-15): two signs of anger, or one with two of displeasure. One angry word is none."""
    angry, upset = (sum(hit.sign.owner == f"mood/{mood}" for hit in found.hits) for mood in MOODS)
    return angry >= 2 or (angry == 1 and upset >= 2)


def _mood(found: Match, book: RuleBook) -> tuple[Mood, tuple[str, ...]]:
    """The hardest mood whose words add up; repetition and shouting count as words do."""
    for mood in MOODS:
        hits = [hit for hit in found.hits if hit.sign.owner == f"mood/{mood}"]
        if hits and sum(hit.sign.weight for hit in hits) >= book.moods[mood]:
            strongest = max(hits, key=lambda hit: hit.sign.weight)
            return cast(Mood, mood), (reason(MOOD_NAMES[mood], strongest),)
    if any(hit.sign.owner == "mood/angry" for hit in found.hits):
        return "upset", ()
    return "calm", ()


def missing_of(required: tuple[str, ...], mail: Mail, facts: Facts) -> tuple[str, ...]:
    """The facts of `required` that the mail lacks."""
    present = {
        "order_number": bool(facts.order_numbers),
        "tracking_number": bool(facts.tracking_numbers),
        "phone": bool(facts.phones),
        "product": facts.product is not None or facts.model is not None,
        "model": facts.model is not None,
        "serial": facts.serial is not None,
        "happened_at": facts.happened_at is not None,
        "symptom": facts.symptom is not None,
        "demand": facts.demand is not None,
        "photo": any(one.content_type.lower().startswith(("image/", "video/")) for one in mail.attachments),
        "people": bool(facts.people),
        "name": facts.customer_name is not None or bool(mail.from_ and mail.from_.name),
    }
    return tuple(fact for fact in required if not present[fact])


def _name(candidate: Candidate) -> str:
    return f"{candidate.category}/{candidate.topic}"
