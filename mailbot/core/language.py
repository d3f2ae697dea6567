"""In which language does the customer write? By script, on the customer's own words only.

Numbers, addresses and links are nobody's language. A Chinese name does not make an English mail Chinese, nor
an English product name a Chinese mail English: one Han character is weighed against one Latin word.
"""

from __future__ import annotations

import re

MAX_LENGTH = 20_000
_NO_WORDS = re.compile(r"https?://\S+|www\.\S+|\S{1,200}@\S{1,200}")
_CODES = re.compile(r"(?<![A-Za-z0-9_/.+-])[A-Za-z_/.+-]*+\d[A-Za-z0-9_/.+-]*+")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’][A-Za-zÀ-ɏ]+)?")
_SCRIPTS = {
    "han": re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"),
    "ja": re.compile(r"[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9d]"),
    "ko": re.compile(r"[\uac00-\ud7af\u1100-\u11ff]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
    "ar": re.compile(r"[\u0600-\u06ff]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
    "el": re.compile(r"[\u0370-\u03ff]"),
    "he": re.compile(r"[\u0590-\u05ff]"),
}
# The small words that only one of the languages has.
_SMALL_WORDS = {
    "en": "the and is my was have with not this for please you it of are but order hello",
    "de": "der und ist nicht ich ein mit für bitte das die mein habe wurde auf bestellung hallo",
    "fr": "le les et est je une pas pour vous dans mon avec merci bonjour commande été des",
    "es": "el los y es que una mi por pedido hola gracias no con para ha está las",
    "it": "il che non di una per mi sono con grazie ordine buongiorno della ho è gli",
    "pt": "o os não uma com para meu pedido obrigado olá é minha está foi do da",
}
_WORD_SETS = {language: frozenset(words.split()) for language, words in _SMALL_WORDS.items()}


def detect(text: str, default: str = "zh") -> str:
    """ISO 639-1 code; `default` where there are no words to tell by."""
    words = _CODES.sub(" ", _NO_WORDS.sub(" ", text[:MAX_LENGTH]))
    counts = {script: len(pattern.findall(words)) for script, pattern in _SCRIPTS.items()}
    han, kana = counts.pop("han"), counts.pop("ja")
    latin = _LATIN.findall(words)
    other = max(counts, key=lambda script: counts[script])
    if kana >= 3 and kana * 8 >= han and han + kana >= 2 * len(latin):
        return "ja"
    if counts[other] >= 3 and counts[other] > han and counts[other] > 2 * len(latin):
        return other
    if han and han >= len(latin):
        return "zh"
    if latin and (len(latin) > 1 or len(latin[0]) > 2 or not default):
        return _western(latin)
    return "zh" if han else default


def _western(words: list[str]) -> str:
    """English unless two or more small words of another language outweigh its own."""
    lowered = [word.lower() for word in words[:400]]
    hits = {language: sum(word in known for word in lowered) for language, known in _WORD_SETS.items()}
    best = max(hits, key=lambda language: hits[language])
    return best if hits[best] >= 2 and hits[best] > hits["en"] else "en"


def answer_in(detected: str, spoken: tuple[str, ...]) -> str:
    """The language to answer in: the customer's if we speak it, else English, else our first."""
    if detected in spoken:
        return detected
    return "en" if "en" in spoken else spoken[0]
