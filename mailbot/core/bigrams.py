"""The words of a text as both searches count them: pairs of neighbouring Chinese characters, whole words elsewhere.

Chinese writes no blanks, so two characters side by side are the smallest thing worth looking for; no dictionary
is needed and nothing new has to be learned. Index and question must be cut by the same function and the same
mapping of traditional characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

LONGEST = 64  # characters of a word that count; longer ones are encoded data, not words

_CJK = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"(?P<cjk>[{_CJK}]+)|[^\W_{_CJK}]+")
_NONE: Mapping[int, int] = {}


def bigrams(text: str, limit: int = 20000, simplified: Mapping[int, int] = _NONE) -> tuple[str, ...]:
    """The tokens of a text in order, with duplicates; at most `limit` characters of it are read.

    A run of Chinese gives each pair of neighbours ("保修期" -> 保修, 修期), a character alone gives itself; any
    other word gives itself in lower case. `simplified` (RuleBook.simplified) makes traditional characters plain.
    """
    plain = unicodedata.normalize("NFKC", text[:limit])[:limit].lower().translate(simplified)
    found: list[str] = []
    for run in _RUN.finditer(plain):
        word = run[0]
        if run["cjk"] is None or len(word) == 1:
            found.append(word[:LONGEST])
        else:
            found.extend(word[at : at + 2] for at in range(len(word) - 1))
    return tuple(found)


def query_tokens(words: str, simplified: Mapping[int, int] = _NONE) -> tuple[str, ...]:
    """What to look for when somebody types these words: each token once, in order; () where there is nothing.

    All of them must be there for a mail to be meant. A single Chinese character is a token only of texts where it
    stands alone: whoever wants it inside words has to look for tokens that begin or end with it.
    """
    return tuple(dict.fromkeys(bigrams(words, 200, simplified)))
