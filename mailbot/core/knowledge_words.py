"""rules/knowledge/words.toml: words that mean the same, words that mean nothing, words that tell what is asked for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from mailbot.core.bigrams import bigrams
from mailbot.core.rulefile import Table

WHERE = "rules/knowledge/words.toml"
_ENDINGS = re.compile(r"(?<=[a-z]{3})(?:ing|ed|es|s|e)$")


class Named(Protocol):
    """What is read of a catalogue's Product."""

    @property
    def name(self) -> str: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...
    @property
    def models(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How the questions of one language are made comparable."""

    simplified: Mapping[int, int] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)
    same_pattern: re.Pattern[str] | None = None
    skip: re.Pattern[str] | None = None
    asks: Mapping[str, re.Pattern[str]] = field(default_factory=dict)  # kind of question -> its words
    asking: frozenset[str] = frozenset()  # the tokens of all these words: "how much" alone is no subject
    goods: Mapping[str, str] = field(default_factory=dict)  # alias -> the catalogue's name
    goods_pattern: re.Pattern[str] | None = None

    def plain(self, text: str) -> str:
        """Lower case, simplified, one word for each meaning; blanks where words say nothing."""
        plain = self._one_word(self._folded(text))
        if self.skip is not None:  # what stood apart meets then: 连接家里的wifi -> 连接wifi
            plain = self.skip.sub(lambda found: " " if found[1] else "", plain)
        return self._one_word(plain)

    def _one_word(self, plain: str) -> str:
        if self.same_pattern is None:
            return plain
        return self.same_pattern.sub(lambda found: self.same[found[1] or found[2]], plain)

    def tokens(self, text: str) -> frozenset[str]:
        """What is compared; names of products are not, they have to agree as a whole."""
        plain = self._folded(text)
        if self.goods_pattern is not None:
            plain = self.goods_pattern.sub(" ", plain)
        return frozenset(_stem(token) for token in bigrams(self.plain(plain)))

    def kinds(self, text: str) -> frozenset[str]:
        """What sort of answer is wanted: a sum, a time, a place; empty where the words do not tell."""
        plain = self._folded(text)
        return frozenset(kind for kind, pattern in self.asks.items() if pattern.search(plain))

    def products(self, text: str) -> frozenset[str]:
        """The catalogue's names of the products that a text names."""
        if self.goods_pattern is None:
            return frozenset()
        found = self.goods_pattern.finditer(self._folded(text))
        return frozenset(self.goods[each[1] or each[2]] for each in found)

    def _folded(self, text: str) -> str:
        return unicodedata.normalize("NFKC", text[:5000])[:5000].lower().translate(self.simplified)


NO_WORDS = Vocabulary()


def read_vocabulary(text: str, language: str, products: Sequence[Named], simplified: Mapping[int, int]) -> Vocabulary:
    """The part of the file for this language; a file that is missing gives no words at all."""
    table = Table.parse(WHERE, text)
    own = table.table(language)
    same: dict[str, str] = {}
    for line in own.texts("same"):
        first, *others = (word.strip().lower() for word in line.split("=") if word.strip())
        if not others:
            raise own.wrong("same", f"{line!r}: write words that mean the same with = between them")
        same |= dict.fromkeys((first, *others), first)  # itself too: what stands for all is not taken apart
    skip = own.texts("skip")
    asks = own.table("asks")
    ways = {kind: asks.texts(kind) for kind in tuple(asks.keys())}
    own.close()
    goods = {
        alias.lower(): product.name
        for product in products
        for alias in (product.name, *product.aliases, *product.models)
    }
    words = Vocabulary(
        simplified=simplified,
        same=same,
        same_pattern=_either(same) if same else None,
        skip=_either(skip) if skip else None,
        asks={kind: _either(ways[kind]) for kind in ways},
        goods=goods,
        goods_pattern=_either(goods) if goods else None,
    )
    asking = frozenset(token for group in ways.values() for word in group for token in words.tokens(word))
    return replace(words, asking=asking)


def _either(words: Iterable[str]) -> re.Pattern[str]:
    """Any of the words, the longest first: Latin ones whole, with a plural (group 1), others anywhere (group 2)."""
    ordered = sorted({word.lower() for word in words}, key=len, reverse=True)
    latin = "|".join(re.escape(word) for word in ordered if word.isascii()) or "(?!)"
    other = "|".join(re.escape(word) for word in ordered if not word.isascii()) or "(?!)"
    return re.compile(rf"(?<![a-z0-9])({latin})(?:e?s)?(?![a-z0-9])|({other})")


def _stem(token: str) -> str:
    """cleans, cleaned, cleaning -> clean; what is cut wrongly is cut alike on both sides."""
    return _ENDINGS.sub("", token) if token.isascii() else token
