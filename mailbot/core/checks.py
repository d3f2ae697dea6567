"""Text of rules/checks.toml -> Checks: the owner's lists that a draft is read against. Never reads a file.

Words are looked for after NFKC and in small letters, Latin ones as whole words; a word is a word, no pattern.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, cast

from mailbot.core.rulefile import Table

WHERE = "rules/checks.toml"
LONGEST = 60  # characters of a word
NEAR = 20  # characters on each side where the word that makes a typo one must stand


@dataclass(frozen=True, slots=True)
class WordList:
    """Words as one pattern, the longest first; None where there are none."""

    pattern: re.Pattern[str] | None = None

    def find(self, folded: str) -> Iterator[re.Match[str]]:
        return self.pattern.finditer(folded) if self.pattern else iter(())

    def shows(self, folded: str) -> bool:
        return bool(self.pattern and self.pattern.search(folded))


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Words that must not be said to a customer, and why."""

    words: WordList
    level: Literal["block", "warn"]
    message: str  # Chinese, as agents see it


@dataclass(frozen=True, slots=True)
class Typo:
    """One wrong writing and the right one; `near`: only beside one of these words; `unless`: never inside these."""

    wrong: str
    right: str
    near: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checks:
    """All lists. Those of words in review_*.py and tone.py stay; these are the owner's, beside them."""

    forbidden: tuple[Forbidden, ...] = ()
    shirking: WordList = WordList()
    perfunctory: WordList = WordList()
    weakening: WordList = WordList()
    vague: WordList = WordList()
    attachments: WordList = WordList()
    jargon: tuple[tuple[str, str], ...] = ()  # (word, plain words)
    jargon_words: WordList = WordList()
    typos: tuple[Typo, ...] = ()
    typo_words: WordList = WordList()


def fold(text: str) -> str:
    """The form in which words are compared. It may be of another length than the text."""
    return unicodedata.normalize("NFKC", text).lower()


def word_list(words: Iterable[str]) -> WordList:
    folded = sorted({fold(word.strip()) for word in words}, key=lambda word: (-len(word), word))
    if not folded:
        return WordList()
    return WordList(re.compile("|".join(_whole(word) for word in folded)))


def read_checks(text: str) -> Checks:
    """rules/checks.toml; raises UserError that names the key and the remedy."""
    table = Table.parse(WHERE, text)
    jargon, plain_typos = _pairs(table, "jargon"), _pairs(table, "typos")
    typos = (*(Typo(wrong, right) for wrong, right in plain_typos), *(_typo(one) for one in table.tables("typo")))
    checks = Checks(
        forbidden=tuple(_forbidden(one) for one in table.tables("forbidden")),
        shirking=_words(table, "shirking"),
        perfunctory=_words(table, "perfunctory"),
        weakening=_words(table, "weakening"),
        vague=_words(table, "vague"),
        attachments=_words(table, "attachments"),
        jargon=jargon,
        jargon_words=word_list(word for word, _ in jargon),
        typos=typos,
        typo_words=word_list(each.wrong for each in typos),
    )
    table.close()
    return checks


def _forbidden(table: Table) -> Forbidden:
    level = table.choice("level", ("block", "warn"), "block")
    found = Forbidden(_words(table, "words"), cast(Literal["block", "warn"], level), table.line("message"))
    if found.words.pattern is None:
        raise table.wrong("words", "is empty; name the words that must not be said")
    table.close()
    return found


def _typo(table: Table) -> Typo:
    near = tuple(fold(word) for word in table.texts("near"))
    unless = tuple(fold(word) for word in table.texts("unless"))
    found = Typo(fold(table.line("wrong")), table.line("right"), near, unless)
    if found.wrong == fold(found.right):
        raise table.wrong("right", "is the same as wrong; write the right form")
    if any(found.wrong not in word for word in unless):
        raise table.wrong("unless", f"each must contain {found.wrong!r}")
    table.close()
    return found


def _pairs(table: Table, key: str) -> tuple[tuple[str, str], ...]:
    """A table of word = word."""
    inner = table.table(key)
    words = inner.keys()
    pairs = tuple((fold(word), inner.line(word)) for word in words)
    for word, other in pairs:
        if not 2 <= len(word) <= LONGEST:
            raise inner.wrong(word, f"write a word of 2 to {LONGEST} characters")
        if word == fold(other):
            raise inner.wrong(word, "both sides are the same")
    return pairs


def _words(table: Table, key: str) -> WordList:
    words = table.texts(key)
    for word in words:
        if not 2 <= len(word.strip()) <= LONGEST:
            raise table.wrong(key, f"{word!r}: write words of 2 to {LONGEST} characters")
    return word_list(words)


def _whole(word: str) -> str:
    """Latin words count as whole words only; Chinese has no gaps between words."""
    before = r"(?<![a-z0-9])" if word[0].isascii() and word[0].isalnum() else ""
    after = r"(?![a-z0-9])" if word[-1].isascii() and word[-1].isalnum() else ""
    return f"{before}{re.escape(word)}{after}"
