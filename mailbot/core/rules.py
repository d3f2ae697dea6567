"""Text of the rule files -> RuleBook; match(subject, text) -> Match with reasons. Every topic is data.

The owner's mistakes in a file are UserErrors with a remedy; a book that was read is valid, frozen and picklable.
Nothing here reads a file: the texts come in, keyed by their path below rules/.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from mailbot.core.checks import Checks, read_checks
from mailbot.core.departments import Department, read_departments
from mailbot.core.errors import UserError
from mailbot.core.facts import OrderPatterns, read_patterns
from mailbot.core.knowledge import Knowledge, read_knowledge
from mailbot.core.limits import read_limits
from mailbot.core.policy import Policy, read_policy
from mailbot.core.promises import Limits
from mailbot.core.rulefile import CODE, Table
from mailbot.core.signs import Hit, Sign, SignSet, Where, compile_signs, fault_of, find, fold

# The order decides between equal scores: what needs a person most comes first, what was only asked comes last.
CATEGORIES = ("complaint", "request", "revisit", "fault", "enquiry", "other")
PRIORITIES = ("urgent", "important", "normal")
MOODS = ("angry", "upset")
FACTS = (
    "order_number",
    "tracking_number",
    "phone",
    "product",
    "model",
    "serial",
    "happened_at",
    "symptom",
    "demand",
    "photo",
    "people",
    "name",
)
NOTHING = ("other", "none")  # the topic of a mail for which nothing speaks
_WHOLE = "*"  # the "topic" of signs that speak for a whole category


@dataclass(frozen=True, slots=True)
class Topic:
    """One file of rules/categories/: what a mail can be about."""

    category: str
    code: str
    name: Mapping[str, str]  # "zh" and "en"
    template: str
    route: str  # code of the department that usually has to help
    requires: tuple[str, ...] = ()
    at_least: float = 0.0  # a lower score does not count
    priority: str | None = None  # instead of the category's
    where: str = ""  # the file, for messages

    @property
    def key(self) -> str:
        return f"{self.category}/{self.code}"


@dataclass(frozen=True, slots=True)
class Alarm:
    """What makes a mail urgent whatever it is about: a hazard, a court, the press, an outage, a large loss."""

    code: str
    name: str  # Chinese, as agents see it: "安全风险"
    only: tuple[str, ...] = ()  # topics ("complaint/broken_promise") or categories it is limited to
    topic: tuple[str, str] | None = None  # what such a mail is about where no topic speaks


@dataclass(frozen=True, slots=True)
class Example:
    """A text an owner wrote to show that a topic's signs do what they are meant to."""

    where: str
    text: str
    key: str  # "complaint/quality"
    expected: bool


@dataclass(frozen=True, slots=True)
class ExampleFailure:
    file: str
    example: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rules at one moment. `version` changes whenever a character of a file does."""

    topics: Mapping[tuple[str, str], Topic]
    categories: Mapping[str, Mapping[str, str]]  # code -> name in "zh" and "en"
    usual: Mapping[str, str]  # category -> the topic when only the category is plain
    signs: SignSet
    alarms: Mapping[str, Alarm]
    levels: Mapping[str, str]  # category -> priority
    moods: Mapping[str, float]  # mood -> the score that shows it
    boilerplate: re.Pattern[str] | None  # lines no customer wrote
    prefixes: re.Pattern[str] | None  # "re:", "回复:" before a subject
    simplified: Mapping[int, int]
    examples: tuple[Example, ...]
    orders: OrderPatterns
    limits: Limits
    departments: Mapping[str, Department]  # by code, as a topic's `route` names it
    policy: Policy  # what may be offered, and how much
    checks: Checks  # the words a draft is read against
    knowledge: Knowledge  # what customers may be told; empty where nobody wrote an entry
    version: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A topic for which something speaks, and what."""

    category: str
    topic: str
    score: float
    reasons: tuple[str, ...]  # "投诉: 正文含“要投诉你们”", the strongest first


@dataclass(frozen=True, slots=True)
class Match:
    """Candidates, best first; empty when nothing speaks for any topic. `hits` also hold alarms and moods."""

    candidates: tuple[Candidate, ...]
    hits: tuple[Hit, ...]
    fallback: bool = False  # only a question cue was found


def read_book(files: Mapping[str, str]) -> RuleBook:
    """Read the texts of the rule files; UserError names the first mistake and its remedy."""
    reading = _read_reading(_file(files, "reading.toml"))
    book = _Draft(reading)
    for path in sorted(path for path in files if path.startswith("categories/") and path.endswith(".toml")):
        book.read_category(Table.parse(f"rules/{path}", files[path]))
    book.read_priority(_file(files, "priority.toml"))
    book.read_mood(_file(files, "mood.toml"))
    texts = "\0".join(f"{path}\0{files[path]}" for path in sorted(files))
    for path in ("promises.toml", "departments.toml", "policy.toml", "checks.toml"):
        if path not in files:
            raise UserError(f"rules/{path}", "", "this file is missing; copy it from the defaults")
    orders = read_patterns(files)
    return RuleBook(
        topics=book.topics,
        categories=book.categories,
        usual=book.checked_usual(),
        signs=compile_signs(tuple(book.signs)),
        alarms=book.alarms,
        levels=book.levels,
        moods=book.moods,
        boilerplate=reading.boilerplate,
        prefixes=reading.prefixes,
        simplified=reading.simplified,
        examples=tuple(book.examples),
        orders=orders,
        limits=read_limits(files["promises.toml"], "rules/promises.toml"),
        departments=read_departments(files["departments.toml"]),
        policy=read_policy(files["policy.toml"], {*CATEGORIES, *(topic.key for topic in book.topics.values())}),
        checks=read_checks(files["checks.toml"]),
        knowledge=read_knowledge(files, orders.products, reading.simplified),
        version=hashlib.sha256(texts.encode()).hexdigest()[:12],
    )


def match(subject: str, text: str, book: RuleBook) -> Match:
    """Everything that speaks for a topic, an alarm or a mood in a subject and the new words of a mail."""
    hits = find(book.signs, plain_subject(subject, book), plain_body(text, book))
    candidates = _candidates(tuple(hit for hit in hits if not hit.sign.fallback), book)
    if candidates:
        return Match(candidates, hits)
    candidates = _candidates(tuple(hit for hit in hits if hit.sign.fallback), book)
    return Match(candidates, hits, fallback=bool(candidates))


def run_examples(book: RuleBook) -> tuple[ExampleFailure, ...]:
    """The examples of the rule files that do not come out as their owner says."""
    failures = []
    for example in book.examples:
        best = match("", example.text, book).candidates
        got = f"{best[0].category}/{best[0].topic}" if best else "/".join(NOTHING)
        if (got == example.key) != example.expected:
            expected = example.key if example.expected else f"not {example.key}"
            failures.append(ExampleFailure(example.where, example.text, expected, got))
    return tuple(failures)


def lonely_rules(book: RuleBook) -> tuple[str, ...]:
    """The files of topics that lack examples of either kind; a warning, not a mistake."""
    both = {(example.key, example.expected) for example in book.examples}
    return tuple(
        topic.where
        for topic in book.topics.values()
        if not {(topic.key, True), (topic.key, False)} <= both and (topic.category, topic.code) != NOTHING
    )


def reason(label: str, hit: Hit) -> str:
    """One piece of evidence as agents see it: "投诉: 正文含“要投诉你们”"."""
    place = "主题" if hit.where == "subject" else "正文"
    return f"{label}: {place}含“{hit.words}”"


def plain_subject(subject: str, book: RuleBook) -> str:
    """A subject as signs see it: folded, without the prefixes of answers."""
    plain = fold(subject.replace("\n", " "), book.simplified)
    for _ in range(5):  # "Re: 回复: Fwd: ..."; more than five are no prefixes
        found = book.prefixes.match(plain) if book.prefixes else None
        if not found:
            break
        plain = plain[found.end() :]
    return plain


def plain_body(text: str, book: RuleBook) -> str:
    """New words as signs see them: folded, without lines that no customer wrote."""
    plain = fold(text, book.simplified)
    if book.boilerplate is None:
        return plain
    return "\n".join(book.boilerplate.sub("", line[:400]) + line[400:] for line in plain.split("\n"))


def _candidates(hits: tuple[Hit, ...], book: RuleBook) -> tuple[Candidate, ...]:
    """Score the topics. What speaks for a whole category counts for each of its topics that shows itself."""
    by_owner: dict[str, list[Hit]] = {}
    for hit in hits:
        by_owner.setdefault(hit.sign.owner, []).append(hit)
    found = []
    for topic in book.topics.values():
        own = by_owner.get(topic.key, [])
        whole = by_owner.get(f"{topic.category}/{_WHOLE}", [])
        score = _sum(own) + _sum(whole)
        stands = _sum(own) > 0 or (whole and book.usual.get(topic.category) == topic.code)
        if stands and score > 0 and score >= topic.at_least:
            found.append(_candidate(topic, score, own + whole, book))
    return tuple(sorted(found, key=lambda one: (-one.score, CATEGORIES.index(one.category), one.topic)))


def _candidate(topic: Topic, score: float, hits: list[Hit], book: RuleBook) -> Candidate:
    label = f"{book.categories[topic.category]['zh']}-{topic.name['zh']}"
    strongest = sorted((hit for hit in hits if hit.sign.weight > 0), key=lambda hit: -hit.sign.weight)
    reasons = dict.fromkeys(reason(label, hit) for hit in strongest)
    return Candidate(topic.category, topic.code, score, tuple(reasons))


def _sum(hits: list[Hit]) -> float:
    return sum(hit.sign.weight for hit in hits)


def _file(files: Mapping[str, str], path: str) -> Table:
    if path not in files:
        raise UserError(f"rules/{path}", "", "this file is missing; copy it from the defaults")
    return Table.parse(f"rules/{path}", files[path])


@dataclass(frozen=True, slots=True)
class _Reading:
    """rules/reading.toml: how a text is made plain before signs are looked for."""

    boilerplate: re.Pattern[str] | None
    prefixes: re.Pattern[str] | None
    simplified: Mapping[int, int]


def _read_reading(table: Table) -> _Reading:
    pairs = "".join(table.texts("traditional")).split()
    for pair in pairs:
        if len(pair) != 2:
            raise table.wrong("traditional", f"{pair!r} is no pair; write 們们 with blanks between the pairs")
    patterns = _patterns(table, "boilerplate")
    words = [re.escape(fold(word, {})) for word in table.texts("prefixes")]
    table.close()
    return _Reading(
        boilerplate=re.compile("|".join(f"(?:{pattern})" for pattern in patterns)) if patterns else None,
        prefixes=re.compile(rf"(?:{'|'.join(words)}) {{0,3}}: {{0,3}}") if words else None,
        simplified={ord(pair[0]): ord(pair[1]) for pair in pairs},
    )


def _patterns(table: Table, key: str) -> tuple[str, ...]:
    patterns = table.texts(key)
    for pattern in patterns:
        fault = fault_of(pattern)
        if fault:
            raise table.wrong(key, fault)
    return patterns


class _Draft:
    """A book while its files are read, one after the other."""

    def __init__(self, reading: _Reading) -> None:
        self.reading = reading
        self.topics: dict[tuple[str, str], Topic] = {}
        self.categories: dict[str, Mapping[str, str]] = {code: {"zh": code, "en": code} for code in CATEGORIES}
        self.usual: dict[str, str] = {}
        self.usual_from: dict[str, Table] = {}
        self.signs: list[Sign] = []
        self.alarms: dict[str, Alarm] = {}
        self.levels: dict[str, str] = {}
        self.moods: dict[str, float] = {}
        self.examples: list[Example] = []

    def read_category(self, table: Table) -> None:
        """One file of rules/categories/: a topic, or what holds for a whole category."""
        category = table.choice("category", CATEGORIES)
        if not table.has("topic"):
            self._read_whole(table, category)
            return
        topic = _read_topic(table, category)
        twin = self.topics.get((category, topic.code))
        if twin:
            raise table.wrong("topic", f"{topic.key} stands in {twin.where} too; keep one of them")
        self.topics[category, topic.code] = topic
        self._read_signs(table, topic.key)
        examples = table.table("examples")
        for key in ("true", "false"):
            texts = examples.texts(key)
            self.examples.extend(Example(table.where, text, topic.key, key == "true") for text in texts)
        examples.close()
        table.close()

    def _read_whole(self, table: Table, category: str) -> None:
        if category in self.usual_from:
            raise table.wrong("category", f"{self.usual_from[category].where} is for {category} already")
        self.usual_from[category] = table
        self.categories[category] = _read_name(table)
        self.usual[category] = table.take("usual_topic", str)
        self._read_signs(table, f"{category}/{_WHOLE}")
        table.close()

    def checked_usual(self) -> Mapping[str, str]:
        for category, code in self.usual.items():
            if (category, code) not in self.topics:
                raise self.usual_from[category].wrong("usual_topic", f"there is no topic {category}/{code}")
        return self.usual

    def read_priority(self, table: Table) -> None:
        """rules/priority.toml: the usual level of each category, and the alarms."""
        levels = table.table("levels")
        self.levels = {category: levels.choice(category, PRIORITIES) for category in CATEGORIES}
        levels.close()
        for one in table.tables("alarm"):
            code = _code(one, "code")
            if code in self.alarms:
                raise one.wrong("code", f"the alarm {code!r} stands twice; give each a code of its own")
            only = one.texts("only")
            known = {*CATEGORIES, *(topic.key for topic in self.topics.values())}
            for key in only:
                if key not in known:
                    raise one.wrong("only", f"{key!r} is no category and no topic")
            self.alarms[code] = Alarm(code, one.take("name", str), only, self._topic_of(one))
            self._read_signs(one, f"alarm/{code}")
            one.close()
        table.close()

    def _topic_of(self, alarm: Table) -> tuple[str, str] | None:
        category, _, code = alarm.take("topic", str, "").partition("/")
        if category and (category, code) not in self.topics:
            raise alarm.wrong("topic", f"there is no topic {category}/{code}")
        return (category, code) if category else None

    def read_mood(self, table: Table) -> None:
        """rules/mood.toml: the words of each mood, and how many it takes."""
        for mood in MOODS:
            if not table.has(mood):
                raise table.wrong(mood, f"missing; write a table [{mood}]")
            one = table.table(mood)
            self.moods[mood] = one.take("at_least", float)
            self._read_signs(one, f"mood/{mood}")
            one.close()
        table.close()

    def _read_signs(self, table: Table, owner: str) -> None:
        for one in table.tables("signs"):
            self.signs.append(_read_sign(one, owner, self.reading.simplified))


def _read_topic(table: Table, category: str) -> Topic:
    requires = table.texts("requires")
    for fact in requires:
        if fact not in FACTS:
            raise table.wrong("requires", f"there is no fact {fact!r}; known: {', '.join(FACTS)}")
    return Topic(
        category=category,
        code=_code(table, "topic"),
        name=_read_name(table),
        template=table.take("template", str),
        route=table.take("route", str),
        requires=requires,
        at_least=table.take("at_least", float, 0.0),
        priority=table.choice("priority", PRIORITIES) if table.has("priority") else None,
        where=table.where,
    )


def _read_name(table: Table) -> Mapping[str, str]:
    if not table.has("name"):
        raise table.wrong("name", 'missing; write name = { zh = "...", en = "..." }')
    name = table.table("name")
    both = {language: name.take(language, str) for language in ("zh", "en")}
    name.close()
    return both


def _code(table: Table, key: str) -> str:
    code = table.take(key, str)
    if not CODE.fullmatch(code):
        raise table.wrong(key, f"is {code!r}; write small letters, digits and _, a letter first")
    return code


def _read_sign(table: Table, owner: str, simplified: Mapping[int, int]) -> Sign:
    words = tuple(fold(word, simplified) for word in table.texts("words"))
    patterns = tuple(pattern.translate(simplified) for pattern in _patterns(table, "patterns"))
    if not words and not patterns:
        raise table.wrong("words", "a sign needs words or patterns")
    if any(len(word.rstrip("*")) < 2 for word in words):
        raise table.wrong("words", "a word of one character shows nothing; write two or more")
    weight = table.take("weight", float, 1.0)
    if not -20 <= weight <= 20 or weight == 0:
        raise table.wrong("weight", f"is {weight}; write a number from -20 to 20, not 0")
    sign = Sign(
        owner=owner,
        words=words,
        patterns=patterns,
        weight=weight,
        where=cast(Where, table.choice("where", ("any", "subject", "body"), "any")),
        unless=tuple(pattern.translate(simplified) for pattern in _patterns(table, "unless")),
        fallback=table.take("fallback", bool, False),
    )
    table.close()
    return sign
