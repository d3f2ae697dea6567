"""What the company knows, out of rules/knowledge/: which article answers a question, and how well (000-46, 000-47).

A wrong citation is worse than none. So a question is compared with the questions that an owner wrote below each
heading, by pairs of characters and words weighed by how rare they are; the kind of question (how long, how much,
where), the topic and the product have to agree, and what the section says nothing about counts against it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from mailbot.core.bigrams import bigrams, query_tokens
from mailbot.core.errors import UserError
from mailbot.core.knowledge_file import Entry, Section, read_entry
from mailbot.core.knowledge_words import NO_WORDS, Vocabulary, read_vocabulary

FOLDER = "knowledge/"
MOST_QUESTION = 4_000  # characters of a mail that are read as a question
MOST_UNITS = 60
ENOUGH = 0.62  # score where the topic agrees
ENOUGH_ELSEWHERE = 0.78  # where the entry is meant for another topic of the same category
LEAST_RECALL = 0.5  # of an owner's question, by weight: less is another question
LEAST_SHARED = 2  # tokens: one word alone is no question
CLOSE = 0.03  # two sections nearer than this cannot be told apart
_STRANGE = 0.55  # of the weight of the rarest word: what a word counts that no entry has
_VAGUE = 0.85  # the owner's question asks for a time, a sum, a place, and the mail does not say so
_OWN = 1.1  # a section on the very product asked for
_BODY = 0.5  # a word that only the answer has explains half of itself
GAP_TOPICS = frozenset({"product_use", "policy", "process", "price", "invoice"})

MOST_GAP = 300  # characters of a question that are kept
_SENTENCES = re.compile(r"[^。！？!?\n]{1,300}[。！？!?]?")
_PRIVATE = re.compile(r"[0-9A-Za-z._%+-]{1,64}@[0-9A-Za-z.-]{1,255}|[0-9][0-9 -]{5,30}[0-9]")
_CLAUSES = re.compile(r"[。！？!?;；\n，,：:]+")


class Sorted(Protocol):
    """What is_gap reads of a Triage."""

    @property
    def category(self) -> str: ...
    @property
    def topic(self) -> str: ...


class Named(Protocol):
    """What is read of a catalogue's Product."""

    @property
    def name(self) -> str: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...
    @property
    def models(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Cited:
    """An answer and where it stands."""

    sentences: tuple[str, ...]
    source: str  # "《售后服务政策》第3条"
    more: tuple[str, ...]  # tips that belong to it
    score: float  # 0..1
    reason: str  # Chinese, for agents
    path: str  # of the entry, below rules/
    heading: str
    review: date | None

    def stale(self, today: date) -> bool:
        """Should somebody read the entry before it is quoted again?"""
        return self.review is not None and self.review < today


@dataclass(frozen=True, slots=True)
class Found:
    """One section that a search shows."""

    entry: Entry
    section: Section
    score: float  # 0..1: the share of the words, by weight
    excerpt: str  # the sentence with most of them


@dataclass(frozen=True, slots=True)
class _Ask:
    """A question of an owner, ready to be compared."""

    words: str
    tokens: frozenset[str]
    weight: float
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Page:
    """A section as the search sees it."""

    entry: Entry
    section: Section
    asks: tuple[_Ask, ...]
    kinds: frozenset[str]
    told: frozenset[str]  # tokens of heading and questions
    body: frozenset[str]
    never: tuple[str, ...]
    beside: frozenset[str]  # other products that its questions name: is the basket dishwasher safe?


@dataclass(frozen=True, slots=True)
class _Unit:
    """A clause of a mail, or two neighbours, ready to be compared."""

    words: str
    tokens: frozenset[str]
    around: str  # it and its neighbours, for words that forbid an answer
    kinds: frozenset[str]
    named: frozenset[str]  # products
    given: frozenset[str]  # products of the whole mail


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The sections of one language."""

    words: Vocabulary
    pages: tuple[_Page, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    strange: float = 1.0

    def sum(self, tokens: frozenset[str]) -> float:
        return sum(self.weights.get(token, self.strange) for token in tokens)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All entries. Empty where a company has written none."""

    entries: tuple[Entry, ...] = ()
    _shelves: Mapping[str, _Shelf] = field(default_factory=dict)

    def answer(self, question: str, category: str, topic: str, product: str, language: str) -> Cited | None:
        """The section that answers best, or None where none surely does."""
        found = self.answers(question, category, topic, product, language)
        return found[0] if found else None

    def answers(self, question: str, category: str, topic: str, product: str, language: str) -> tuple[Cited, ...]:
        """One section for each part of a mail that asks something answered here; the surest first, at most 3."""
        shelf = self._shelves.get(language)
        if shelf is None:
            return ()
        best: dict[str, Cited] = {}
        for unit in _units(question, product, shelf.words):
            cited = _best(shelf, unit, category, topic)
            if cited is not None and cited.score > best.get(_place(cited), cited).score - 1e-9:
                best[_place(cited)] = cited
        return tuple(sorted(best.values(), key=lambda each: -each.score)[:3])

    def search(self, words: str, language: str = "") -> tuple[Found, ...]:
        """Sections that hold these words, best first; of both languages where none is named. For people."""
        found: list[Found] = []
        for code, shelf in self._shelves.items():
            if not language or language == code:
                found += _search(shelf, words)
        return tuple(sorted(found, key=lambda each: -each.score)[:50])

    def stale(self, today: date) -> tuple[Entry, ...]:
        """Entries whose day to be read again is past (003-04)."""
        return tuple(entry for entry in self.entries if entry.review is not None and entry.review < today)

    def lost_questions(self) -> tuple[tuple[Entry, str], ...]:
        """Questions of the owner that do not lead to the section they stand in: two sections are too much alike."""
        found = []
        for entry in self.entries:
            category, _, topic = entry.topics[0].partition("/") if entry.topics else ("", "", "")
            product = entry.products[0] if entry.products else ""
            for section in entry.sections if entry.for_customers and entry.topics else ():
                for ask in section.asked:
                    cited = self.answer(ask, category, topic, product, entry.language)
                    if cited is None or (cited.path, cited.heading) != (entry.path, section.heading):
                        found.append((entry, ask))
        return tuple(found)

    def entry(self, path: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.path == path), None)


def is_gap(triage: Sorted, answer: Cited | None) -> bool:
    """Did a customer ask what the knowledge base ought to answer, and does not (003-04)?"""
    return answer is None and triage.category == "enquiry" and triage.topic in GAP_TOPICS


def question_of(subject: str, text: str) -> str:
    """What is kept of a question that nothing answers: its sentences, else the subject; no numbers, no addresses."""
    sentences = [each.strip() for each in _SENTENCES.findall(text[:MOST_QUESTION])]
    asked = " ".join(each for each in sentences if each.endswith(("?", "？")))
    plain = " ".join((asked or subject or text)[:MOST_GAP].split())
    return _PRIVATE.sub("…", plain)


def read_knowledge(
    texts: Mapping[str, str], products: Sequence[Named] = (), simplified: Mapping[int, int] | None = None
) -> Knowledge:
    """The entries among the texts of rule files, by path ("knowledge/zh/faq.md"); else UserError."""
    entries = tuple(read_entry(path, texts[path]) for path in sorted(texts) if _is_entry(path))
    for entry in entries:
        _known_products(entry, products)
    languages = {entry.language for entry in entries}
    shelves = {}
    for language in sorted(languages):
        own = tuple(entry for entry in entries if entry.language == language)
        words = texts.get(f"{FOLDER}words.toml", "")
        shelves[language] = _shelf(own, read_vocabulary(words, language, products, simplified or {}))
    return Knowledge(entries, shelves)


def _is_entry(path: str) -> bool:
    return path.startswith(FOLDER) and path.endswith(".md") and path.rpartition("/")[2].lower() != "readme.md"


def _known_products(entry: Entry, products: Sequence[Named]) -> None:
    names = {product.name for product in products}
    for name in entry.products:
        if products and name not in names:
            raise UserError(
                f"rules/{entry.path}", "Products", f"{name!r} is not in rules/products.toml; write its name there"
            )


def _shelf(entries: tuple[Entry, ...], words: Vocabulary) -> _Shelf:
    raw = [(entry, section) for entry in entries for section in entry.sections]
    told = [words.tokens(" \n ".join((section.heading, *section.asked))) for _, section in raw]
    counted = Counter(token for tokens in told for token in tokens)
    weights = {token: math.log(1 + len(raw) / count) for token, count in counted.items()}
    strange = _STRANGE * math.log(1 + max(1, len(raw)))
    empty = _Shelf(words, (), weights, strange)
    return _Shelf(
        words, tuple(_page(empty, *each, tokens) for each, tokens in zip(raw, told, strict=True)), weights, strange
    )


def _page(shelf: _Shelf, entry: Entry, section: Section, told: frozenset[str]) -> _Page:
    words = shelf.words
    asks = [(ask, words.tokens(ask)) for ask in section.asked]
    return _Page(
        entry=entry,
        section=section,
        asks=tuple(_Ask(ask, tokens, shelf.sum(tokens), words.kinds(ask)) for ask, tokens in asks if tokens),
        kinds=frozenset(kind for ask in section.asked for kind in words.kinds(ask)),
        told=told,
        body=words.tokens(" \n ".join((*section.sentences, *section.more))),
        never=tuple(words.plain(word) for word in section.never),
        beside=words.products(" ".join(section.asked)) - frozenset(entry.products),
    )


def _units(question: str, product: str, words: Vocabulary) -> list[_Unit]:
    """The clauses of a question, and each with its neighbour: 空调是去年买的，保修几年."""
    clauses = [clause.strip() for clause in _CLAUSES.split(question[:MOST_QUESTION]) if clause.strip()][:MOST_UNITS]
    plain = [words.plain(clause) for clause in clauses]
    given = words.products(product)
    found = []
    for start, end in [(at, at + wide) for wide in (1, 2) for at in range(len(clauses) - wide + 1)]:
        text = "，".join(clauses[start:end])
        tokens = words.tokens(text)
        if tokens:
            around = "，".join(plain[max(0, start - 1) : end + 1])
            found.append(_Unit(text, tokens, around, words.kinds(text), words.products(text), given))
    return found


def _best(shelf: _Shelf, unit: _Unit, category: str, topic: str) -> Cited | None:
    """The section that a clause asks for, if one stands out."""
    ranked = sorted(
        ((score, ask, page) for page in shelf.pages for score, ask in (_score(shelf, unit, page),) if score > 0),
        key=lambda each: -each[0],
    )
    fitting = [each for each in ranked if _enough(each[2].entry, each[0], category, topic)]
    if not fitting:
        return None
    near = [each for each in ranked if each[0] > fitting[0][0] - CLOSE]
    fitness = [_fitness(each[2], category, topic) for each in near]
    if fitness.count(max(fitness)) > 1:
        return None
    score, ask, page = near[fitness.index(max(fitness))]
    source = page.entry.source(page.section)
    reason = f"知识库: 来信“{unit.words[:40]}”与{source}中的问题“{ask}”相符"
    return Cited(
        page.section.sentences, source, page.section.more, round(score, 2), reason,
        page.entry.path, page.section.heading, page.entry.review,
    )  # fmt: skip


def _score(shelf: _Shelf, unit: _Unit, page: _Page) -> tuple[float, str]:
    """How well a section answers a clause, 0..1, and the owner's question that is nearest."""
    entry = page.entry
    if not entry.for_customers or not _of_product(unit, page):
        return 0.0, ""
    if any(word in unit.around for word in page.never) or (unit.kinds and not unit.kinds & page.kinds):
        return 0.0, ""
    whole = shelf.sum(unit.tokens)
    explained = shelf.sum(unit.tokens & page.told) + _BODY * shelf.sum((unit.tokens & page.body) - page.told)
    precision = explained / whole
    best, words = 0.0, ""
    for ask in page.asks:
        shared = unit.tokens & ask.tokens
        recall = shelf.sum(shared) / ask.weight
        thin = len(shared) < LEAST_SHARED or shared <= shelf.words.asking  # "how much" alone is no subject
        if recall < LEAST_RECALL or (thin and unit.tokens != ask.tokens):
            continue
        score = 2 * recall * precision / (recall + precision)
        if ask.kinds and not unit.kinds:  # "开票" alone asks for no time
            score *= _VAGUE
        if score > best:
            best, words = score, ask.words
    return min(1.0, best * _OWN) if entry.products else best, words


def _of_product(unit: _Unit, page: _Page) -> bool:
    """What is for some products answers nothing about another, nor about none."""
    own = frozenset(page.entry.products)
    return not own or bool(((unit.named - page.beside) or unit.given) & own)


def _enough(entry: Entry, score: float, category: str, topic: str) -> bool:
    if category in entry.topics or f"{category}/{topic}" in entry.topics:
        return score >= ENOUGH
    # Among enquiries the topic may be taken wrongly; a request for something else is no question at all.
    same = category == "enquiry" and any(each.partition("/")[0] == category for each in entry.topics)
    return same and score >= ENOUGH_ELSEWHERE


def _fitness(page: _Page, category: str, topic: str) -> tuple[bool, bool]:
    """Of sections that score alike the one for this product counts more, then the one for this topic."""
    return bool(page.entry.products), f"{category}/{topic}" in page.entry.topics


def _place(cited: Cited) -> str:
    return f"{cited.path}#{cited.heading}#{cited.source}"


def _search(shelf: _Shelf, words: str) -> list[Found]:
    simplified = shelf.words.simplified
    wanted = frozenset(query_tokens(words, simplified))
    if not wanted:
        return []
    found = []
    for page in shelf.pages:
        section = page.section
        lines = (section.heading, *section.sentences, *section.more)
        tokens = [frozenset(bigrams(line, simplified=simplified)) for line in lines]
        title = frozenset(bigrams(page.entry.title, simplified=simplified))
        here = frozenset[str]().union(title, *tokens, *(bigrams(ask, simplified=simplified) for ask in section.asked))
        share = shelf.sum(wanted & here) / shelf.sum(wanted)
        if share >= 0.5:
            best = max(range(1, len(lines)), key=lambda at: (len(wanted & tokens[at]), -at))
            bonus = 0.2 * shelf.sum(wanted & tokens[0]) / shelf.sum(wanted)
            found.append(Found(page.entry, section, round((share + bonus) / 1.2, 3), lines[best]))
    return found


__all__ = ["NO_WORDS", "Cited", "Entry", "Found", "Knowledge", "Section", "is_gap", "question_of", "read_knowledge"]
