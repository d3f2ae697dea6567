"""Signs: words and patterns that speak for a topic, an alarm or a mood; all of them found in one pass over a text.

A text is looked at once: its characters and pairs of characters say which few of the many signs can be in it, and
only those are searched for. Work grows with the length of the text, never with its content. Nothing here knows what
a sign means.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Where = Literal["any", "subject", "body"]

CAP = 20_000  # characters of a text that are read; a support mail has 200
CLAUSE = 60  # characters on each side of a hit that `unless` may look at
TRIES = 20  # places at which one word is looked at before we give it up
_ENDS = "。!?;,\n…"
_WRAPPED = 30  # a line of this many characters that ends in a word was broken by the mail program
# What would make a pattern's time grow faster than the text: open repeats, repeated groups, back references.
_BARRED = re.compile(r"(?<!\\)[*+]|\{\d*,\}|\)\{|\\[1-9]")
_BOUNDED = re.compile(r"\{(\d*),?(\d*)\}")


# A book of rules has more patterns than the cache of `re` holds; each is compiled once per process, when needed.
_compiled = lru_cache(maxsize=None)(re.compile)


@dataclass(frozen=True, slots=True)
class Sign:
    """One [[signs]] table. `owner` says what it speaks for: "complaint/quality", "alarm/hazard", "mood/angry"."""

    owner: str
    words: tuple[str, ...]  # folded; "refund*" takes any ending
    patterns: tuple[str, ...]
    weight: float
    where: Where = "any"
    unless: tuple[str, ...] = ()  # patterns; one in the same clause takes the hit back
    fallback: bool = False  # counts only where no other sign did


@dataclass(frozen=True, slots=True)
class Hit:
    """One sign found: the words that showed it, and where they stood."""

    sign: Sign
    words: str
    where: Literal["subject", "body"]


@dataclass(frozen=True, slots=True)
class _Probe:
    """One word or pattern of a sign, ready to be searched for."""

    sign: int
    word: str  # "" for a pattern
    open_end: bool
    pattern: str = ""  # "" for a word
    unless: str = ""
    needs: tuple[frozenset[str], ...] = ()  # of each set at least one key must be in the text


@dataclass(frozen=True, slots=True)
class SignSet:
    """Many signs, compiled. `index` leads from a character or a pair of characters to the probes that need it."""

    signs: tuple[Sign, ...]
    probes: tuple[_Probe, ...]
    index: Mapping[str, tuple[int, ...]]
    always: tuple[int, ...]


def fold(text: str, simplified: Mapping[int, int]) -> str:
    """NFKC, lower case, simplified characters; lines that a mail program wrapped are joined again."""
    plain = unicodedata.normalize("NFKC", text[:CAP])[:CAP].lower().replace("’", "'").translate(simplified)
    lines = [" ".join(line.split()) for line in plain.split("\n")]
    pieces: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        pieces.append(line)
        pieces.append(_seam(line, following))
    return "".join(pieces).strip()


def _seam(line: str, following: str) -> str:
    """What stands between two lines: nothing or a blank where the line was only wrapped."""
    if len(line) < _WRAPPED or not following or not line[-1].isalnum() or not following[0].isalnum():
        return "\n"
    return " " if line[-1].isascii() or following[0].isascii() else ""


def compile_signs(signs: tuple[Sign, ...]) -> SignSet:
    """Make signs searchable. Patterns must have passed `fault_of` before."""
    probes: list[_Probe] = []
    index: dict[str, list[int]] = {}
    always: list[int] = []
    for number, sign in enumerate(signs):
        for probe, keys in _probes_of(number, sign):
            if not keys:
                always.append(len(probes))
            for key in keys:
                index.setdefault(key[:2], []).append(len(probes))
            probes.append(probe)
    return SignSet(signs, tuple(probes), {key: tuple(found) for key, found in index.items()}, tuple(always))


def _probes_of(number: int, sign: Sign) -> Iterator[tuple[_Probe, tuple[str, ...]]]:
    unless = "|".join(f"(?:{part})" for part in sign.unless)
    for word in sign.words:
        bare = word.rstrip("*")
        yield _Probe(number, bare, bare != word, unless=unless), (bare,)
    for pattern in sign.patterns:
        needs = tuple(frozenset(word[:2] for word in words) for words in stretches(pattern))
        yield _Probe(number, "", False, pattern, unless, needs), guards(pattern)


def find(signs: SignSet, subject: str, body: str) -> tuple[Hit, ...]:
    """Every sign that shows in these two folded texts, once each, in the order of the book."""
    found: dict[int, Hit] = {}
    for where, text in (("subject", subject), ("body", body)):
        keys = set(text) | {text[at : at + 2] for at in range(len(text) - 1)}
        wanted = set(signs.always)
        for key in keys & signs.index.keys():
            wanted.update(signs.index[key])
        for number in sorted(wanted):
            probe = signs.probes[number]
            sign = signs.signs[probe.sign]
            if probe.sign in found or sign.where not in ("any", where):
                continue
            if any(need.isdisjoint(keys) for need in probe.needs):
                continue
            words = _search(probe, text)
            if words is not None:
                found[probe.sign] = Hit(sign, words, "subject" if where == "subject" else "body")
    return tuple(found[number] for number in sorted(found))


def _search(probe: _Probe, text: str) -> str | None:
    """The words that show this probe, or None; a hit whose clause also shows `unless` does not count."""
    for tried, (start, end) in enumerate(_places(probe, text)):
        if tried == TRIES:
            return None
        if not probe.unless or not _compiled(probe.unless).search(clause(text, start, end)):
            return text[start:end]
    return None


def _places(probe: _Probe, text: str) -> Iterator[tuple[int, int]]:
    if probe.pattern:
        found = _compiled(probe.pattern).finditer(text)
        yield from (match.span() for match in found if match.end() > match.start())
        return
    start = text.find(probe.word)
    while start >= 0:
        end = start + len(probe.word)
        if _stands_alone(probe, text, start, end):
            yield start, end
        start = text.find(probe.word, end)


def _stands_alone(probe: _Probe, text: str, start: int, end: int) -> bool:
    """Latin words count as whole words only; Chinese has no gaps between words."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if _is_latin(probe.word[0]) and _is_latin(before):
        return False
    return probe.open_end or not (_is_latin(probe.word[-1]) and _is_latin(after))


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def clause(text: str, start: int, end: int) -> str:
    """The clause around text[start:end] with its closing mark, at most CLAUSE characters to each side."""
    low = max(0, start - CLAUSE)
    first = max(text.rfind(mark, low, start) for mark in _ENDS) + 1
    high = min(len(text), end + CLAUSE)
    ends = [at for at in (text.find(mark, end, high) for mark in _ENDS) if at >= 0]
    return text[max(first, low) : min(ends, default=high) + 1]


def fault_of(pattern: str) -> str | None:
    """Why this pattern cannot be used, as a remedy, or None."""
    if _BARRED.search(pattern):
        return f"the pattern {pattern!r} could run for ever: write {{0,20}} for * and +, and repeat no group"
    if any(int(bound or 0) > 60 for pair in _BOUNDED.findall(pattern) for bound in pair):
        return f"the pattern {pattern!r} looks too far: at most 60 characters between two words"
    try:
        compiled = _compiled(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"the pattern {pattern!r} is broken: {error}"
    return f"the pattern {pattern!r} matches nothing at all" if compiled.match("") else None


@lru_cache(maxsize=8192)  # a book is read anew after every edit; nearly all of its patterns stay
def stretches(pattern: str) -> tuple[tuple[str, ...], ...]:
    """Sets of words; every match of `pattern` holds at least one word of each set."""
    branches = _branches(pattern)
    if len(branches) == 1:
        return tuple(_certain(branches[0]))
    words = guards(pattern)
    return (words,) if words else ()


@lru_cache(maxsize=8192)
def guards(pattern: str) -> tuple[str, ...]:
    """The most telling of those sets, () if there is none: it stands in the index."""
    found: list[str] = []
    for branch in _branches(pattern):
        best = max(_certain(branch), key=lambda words: min(map(len, words)), default=())
        if not best:
            return ()
        found.extend(best)
    return tuple(found)


def _branches(pattern: str) -> list[str]:
    """The alternatives at the top level."""
    branches = [""]
    for atom in _atoms(pattern):
        if atom == "|":
            branches.append("")
        else:
            branches[-1] += atom
    return branches


def _certain(branch: str) -> list[tuple[str, ...]]:
    """For each stretch that every match of a branch must hold: the words of which one is there."""
    found: list[tuple[str, ...]] = []
    run = ""
    atoms = list(_atoms(branch))
    for atom, following in zip(atoms, [*atoms[1:], ""], strict=True):
        optional = following == "?" or following.startswith("{")
        if _is_literal(atom) and not optional:
            run += atom[-1]
            continue
        if run:
            found.append((run,))
            run = ""
        if atom.startswith("(") and not optional:
            inner = atom[3:-1] if atom.startswith("(?:") else atom[1:-1]
            words = () if inner.startswith("?") else guards(inner)
            found.extend([words] if words else [])
    return [*found, (run,)] if run else found


def _is_literal(atom: str) -> bool:
    if len(atom) == 2 and atom[0] == "\\":
        return not atom[1].isalnum()
    return len(atom) == 1 and atom not in ".^$?|"


_ATOM = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{[^}]*\}|.", re.DOTALL)


def _atoms(pattern: str) -> Iterator[str]:
    """A pattern's pieces at the top level: a character, a class, a group with all that is in it, a repeat."""
    depth, group = 0, ""
    for piece in _ATOM.findall(pattern):
        depth += (piece == "(") - (piece == ")")
        if depth or piece == ")":
            group += piece
        if not depth:
            yield group or piece
            group = ""
