"""How satisfied is the customer? Reads the new words of an answer to our revisit mail (001-31, 002-33, 002-46).

A number that is meant as a rating comes first, then words of satisfaction, then whether the problem is gone. Who
only thanks has not rated. The reason is quoted from the mail, never made up.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from mailbot.core.rating_signs import ASKS, ASKS_NOTHING, EMPTY, FACES, LEADS, OPT_OUT, PLAIN_FACES, SIGNS, SIMPLIFIED
from mailbot.core.rating_signs import Kind as SignKind

LOOKED_AT = 2_000  # characters; an answer to a question of one word has twenty
LONGEST_REASON = 200
AROUND = 80  # characters on each side of a word that may take it back

Three = Literal["satisfied", "neutral", "dissatisfied"]

# 003-26: the two ends are told apart from what lies between.
SCORE_NAMES = {
    5: {"zh": "非常满意", "en": "Very satisfied"},
    4: {"zh": "满意", "en": "Satisfied"},
    3: {"zh": "一般", "en": "Neutral"},
    2: {"zh": "不满意", "en": "Dissatisfied"},
    1: {"zh": "非常不满意", "en": "Very dissatisfied"},
}
THREE_NAMES: dict[Three, str] = {"satisfied": "满意", "neutral": "一般", "dissatisfied": "不满意"}  # 002-46


@dataclass(frozen=True, slots=True)
class Rating:
    """`evidence`: the words that decided; `reason`: what was said beyond them, "" if nothing; both the customer's."""

    score: int  # 1..5
    reason: str
    more: bool  # the mail also asks or demands something
    evidence: str


@dataclass(frozen=True, slots=True)
class _Hit:
    kind: SignKind | Literal["number", "face"]
    score: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Clause:
    start: int
    end: int  # with its closing mark


def three(score: int) -> Three:
    """The three of 002-46 above our five points."""
    return "satisfied" if score >= 4 else "neutral" if score == 3 else "dissatisfied"


def read_rating(text: str) -> Rating | None:
    """The rating in the new words of an answer to our revisit mail; None when there is none. Never raises."""
    plain = _fold(text)
    clauses = _clauses(plain)
    numbers = _numbers(_without_other_numbers(plain), clauses)
    words = _words(plain, clauses)
    decided = _decide(numbers, words) or _face(plain)
    if decided is None:
        return None
    score, hit = decided
    asking = [clause for clause in clauses if _asks(plain, clause)]
    unsolved = score >= 3 and any(each.kind == "persists" for each in words)
    bare = [*numbers, *(each for each in words if each.kind in ("overall", "solved"))]
    telling = clauses if score < 3 else [clause for clause in clauses if clause not in asking]
    end = hit.end
    while end < len(plain) and plain[end - 1].isascii() and plain[end].isascii() and plain[end].isalpha():
        end += 1  # a pattern may end within a word
    return Rating(
        score=score,
        reason=_reason(text, plain, telling, bare),
        more=bool(asking) or unsolved,
        evidence=" ".join(text[hit.start : end].split()),
    )


def opts_out(text: str) -> bool:
    """Does the customer want no more revisit mails?"""
    return OPT_OUT.search(_fold(text)) is not None


# ---- making plain ----


def _fold(text: str) -> str:
    """NFKC, lower case, simplified; each character stays at its place, so that what is found can be quoted."""
    return "".join(map(_fold_one, text[:LOOKED_AT])).translate(SIMPLIFIED)


def _fold_one(character: str) -> str:
    if character in "\ufe0f\u20e3\r\t\u200b\u2060\u00a0":
        return " "
    if character in "’‘":
        return "'"
    folded = unicodedata.normalize("NFKC", character).lower()
    return folded if len(folded) == 1 else character


_BREAK = re.compile(
    r"[。!?;,、\n…~()\[\]]{1,20}|\.{1,9}(?=\s|$|\D)|\s[-–—]{1,4}\s|[—–]{1,4}|(?=但是|但|不过|就是|只是|可是|然而)|"
    r"(?=\b(?:but|however)\b)"
)


def _clauses(plain: str) -> list[_Clause]:
    found: list[_Clause] = []
    start = 0
    for mark in _BREAK.finditer(plain):
        if mark.end() > start and mark.start() > start:
            found.append(_Clause(start, mark.end()))
            start = mark.end()
    return [*found, _Clause(start, len(plain))] if start < len(plain) else found


# ---- numbers ----

_OTHER_NUMBERS = re.compile(
    r"https?://\S{1,300}|[\w.+-]{1,64}@[\w.-]{1,100}|[0-9a-z-]{0,20}\d{6,40}|"
    r"20\d\d\s?[-/.年]\s?\d{1,2}(?:\s?[-/.月]\s?\d{1,2}[日号]?)?|"
    r"\d{1,2}\s?月\s?\d{1,2}\s?[日号]?|\d{1,2}[:]\d\d|(?<!\d)\d{1,2}\s?点(?:半|钟|\d{1,2}分?)?|"
    r"第\s?[\d一二三四五]{1,3}|"
    r"[1一]\s?(?:-|~|到|至|–|—)\s?(?:5|10|五|十)\s?(?:分|星)?|[¥$]\s?\d{1,6}|\d{1,2}\s?分钟|\d[\d.]{0,4}\s?(?:元|块)"
)
_LIST = re.compile(r"(?:^|[\n\s。;,])1\s?[.、)][^\n]{0,200}[\n\s。;,]{0,3}[^\n]{0,200}(?:^|[\n\s。;,])2\s?[.、)]")
_OUT_OF = re.compile(r"[(]?满分\s?(?:是|为)?\s?(5|10|100|五|十|一百)\s?分?[)]?")
_HAN_DIGITS = {
    "零": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "十": 10,
}
_EN_DIGITS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10, "zero": 0}
_N = r"(?P<n>\d{1,3}(?:\.\d)?|[零一二两三四五六七八九])"
_EXPLICIT = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<![\d./])(?P<n>\d{1,3}(?:\.\d)?)\s?/\s?(?P<of>5|10|100)(?![\d/月.])(?!\s?(?:[月日号]|上午|下午))",
        r"(?<![\d.])\b(?P<n>\d{1,3}|one|two|three|four|five|ten)\s?(?:stars? )?out of\s?(?:a )?(?P<of>5|10|100|"
        r"five|ten)\b",
        rf"(?<![\d.第]){_N}\s?(?:颗|个)?星(?!期)",
        r"(?<![\d.])(?P<n>[0-5](?:\.5)?|\bzero|\bone|\btwo|\bthree|\bfour|\bfive)[ -]?stars?\b",
        rf"(?<![\d.第百]){_N}\s?分(?!钟|之|钱|店|公司|部|开|别|辨|析|享|期|拣|批|行|秒|为|\d)",
        r"(?:打|给|评|打了|给了)(?:个|了|你们|您)?(?P<n>十)分|(?P<n2>一百|百)分",
        r"(?:评分|打分|评价|满意度|我选|选择|选|分数|回复|评|打|\bscore|\brating|\brate|\bgrade)\s?(?:是|为|了|个|"
        r"it|this|is|of|you|as|an?|:|=|\s){0,4}"
        r"(?P<n>[0-5])(?![\d.]*\d)(?!\s?(?:[台个件次天年月日号点项]|/|out|days?|times?))",
    )
)
_BARE = re.compile(r"[\s\"'“”#]{0,5}(?P<n>[0-5]|10|100)[\s\"'“”.。!,;:、~)\]\-–—]{0,10}")
_LEADING = re.compile(
    r"[\s\"'“#]{0,5}(?P<n>[1-5])(?:\s{0,3}[-–—:]\s{0,3}(?=\D)|\s{0,3}(?=[还又不没太很但因就仍依态服慢差好满非基比一])|"
    r"\s{1,3}(?=(?:took|still|too|not|very|because|but|it|was|slow|bad|good|great|for|since|thanks?|satisfied|happy|"
    r"dissatisfied|fine|i)\b))"
)


def _without_other_numbers(plain: str) -> str:
    return _OTHER_NUMBERS.sub(lambda found: " " * len(found[0]), plain)


def _numbers(plain: str, clauses: list[_Clause]) -> list[_Hit]:
    """Every number that is meant as a rating."""
    scale = _OUT_OF.search(plain)
    whole = _value(scale[1]) if scale else None
    if scale:
        plain = plain[: scale.start()] + " " * len(scale[0]) + plain[scale.end() :]
    found: list[_Hit] = []
    for pattern in _EXPLICIT:
        for match in pattern.finditer(plain):
            groups = match.groupdict()
            value = _value(groups.get("n") or groups.get("n2") or "")
            of = _value(groups["of"]) if groups.get("of") else whole
            overlaps = any(match.start() < one.end and one.start < match.end() for one in found)
            if value is not None and not overlaps and (score := _on_five(value, of)) is not None:
                found.append(_Hit("number", score, match.start(), match.end()))
    stars = re.search(r"[⭐★🌟]\s?(?:[⭐★🌟]\s?){0,4}", plain)
    if stars:
        found.append(_Hit("number", sum(one in "⭐★🌟" for one in stars[0]), stars.start(), stars.end()))
    return found or _bare(plain, clauses)


def _bare(plain: str, clauses: list[_Clause]) -> list[_Hit]:
    """A digit that stands alone: in a clause of its own, or before the words that explain it."""
    if _LIST.search(plain):
        return []
    found: list[_Hit] = []
    for clause in clauses:
        match = _BARE.fullmatch(plain, clause.start, clause.end) or _LEADING.match(plain, clause.start, clause.end)
        if match is not None:
            score = _on_five(float(match["n"]), None)
            if score is not None:
                found.append(_Hit("number", score, match.start("n"), match.end("n")))
    return found if len({hit.score for hit in found}) == 1 else []


def _value(written: str) -> float | None:
    if written in ("一百", "百"):
        return 100
    known = _HAN_DIGITS.get(written, _EN_DIGITS.get(written))
    return known if known is not None else float(written) if written[:1].isdigit() else None


def _on_five(value: float, of: float | None) -> int | None:
    """A number on our scale; who names more than five points thinks of ten or a hundred."""
    of = of or (5 if value <= 5 else 10 if value <= 10 else 100)
    if value > of:
        return None
    if of == 100:
        return 5 if value >= 90 else 4 if value >= 75 else 3 if value >= 60 else 2 if value >= 40 else 1
    return max(1, int(value * 5 / of + 0.5))


# ---- words ----

_SIGNS = tuple((kind, score, re.compile(pattern)) for kind, score, pattern in SIGNS)
_SUPPOSED = re.compile(
    r"如果|假如|要是|万一|会不会|怕|担心|保证|除非|否则|\bif\b|\bin case\b|\bunless\b|\bin the future\b|"
    r"\bwould\b(?! recommend)"
)
_ASKED = re.compile(
    r"[?]|吗|么\s{0,2}$|什么时候|何时|怎样才|怎么才|才能|是否|有没有|能不能|^\s{0,3}等|\bwhen (?:will|can|is|"
    r"do)\b|\buntil\b"
)
_BEFORE = re.compile(
    r"^\s{0,3}(?:一开始|刚开始|起初|开始时?|之前|以前|原来|原本|本来|上次|当初|初期)|"
    r"^\s{0,3}(?:at first|initially|before|previously)\b|\bused to\b"
)


def _words(plain: str, clauses: list[_Clause]) -> list[_Hit]:
    """Every word of satisfaction, in the order of the mail; an upper line of the table takes words from lower ones."""
    taken = bytearray(len(plain))
    found: list[_Hit] = []
    for kind, score, pattern in _SIGNS:
        for match in pattern.finditer(plain):
            start, end = match.span()
            if start == end or any(taken[start:end]):
                continue
            taken[start:end] = b"\1" * (end - start)
            if score:
                found.append(_Hit(kind, score, start, end))
    found.sort(key=lambda hit: hit.start)
    return [hit for hit in found if _meant(plain, _clause_of(clauses, hit), hit)]


def _clause_of(clauses: list[_Clause], hit: _Hit) -> _Clause:
    return next((one for one in clauses if one.start <= hit.start < one.end), _Clause(hit.start, hit.end))


def _meant(plain: str, clause: _Clause, hit: _Hit) -> bool:
    """Not supposed, not asked for, not about earlier."""
    words = plain[max(clause.start, hit.start - AROUND) : min(clause.end, hit.end + AROUND)]
    if _SUPPOSED.search(words):
        return False
    if (hit.score >= 4 or hit.kind == "solved") and _ASKED.search(words):
        return False
    return not _BEFORE.search(words)


def _decide(numbers: list[_Hit], words: list[_Hit]) -> tuple[int, _Hit] | None:
    overall = _said(words)
    if numbers:
        number = numbers[0]
        mean = sum(hit.score for hit in numbers) // len(numbers)
        # Who turns the scale round ("1, very satisfied") is believed by the word.
        if overall is not None and overall[1].kind == "overall" and {three(mean), three(overall[0])} == {
            "satisfied", "dissatisfied"
        }:  # fmt: skip
            return overall
        return mean, number
    return overall


def _said(words: list[_Hit]) -> tuple[int, _Hit] | None:
    """What the words come to. A problem that is still there outweighs every kind word."""
    overall = [hit for hit in words if hit.kind == "overall"]
    persists = [hit for hit in words if hit.kind == "persists"]
    solved = [hit for hit in words if hit.kind == "solved"]
    aspects = [hit for hit in words if hit.kind == "aspect"]
    if persists:
        worst = min([*overall, *persists], key=lambda hit: hit.score)
        return worst.score, worst
    if overall:
        sides = {three(hit.score) for hit in overall}
        if len(sides) == 1:
            hit = max(overall, key=lambda hit: abs(hit.score - 3))
        else:
            hit = overall[-1] if "dissatisfied" in sides else min(overall, key=lambda hit: hit.score)
        return hit.score, hit
    good = [*solved, *(hit for hit in aspects if hit.score >= 4)]
    bad = [hit for hit in aspects if hit.score < 4]
    if good and bad:
        mild = solved and all(hit.score == 3 for hit in bad)
        return (4, solved[0]) if mild else (3, bad[0])
    if bad or good:
        hit = min(bad or good, key=lambda hit: hit.score)
        return hit.score, hit
    return None


def _face(plain: str) -> tuple[int, _Hit] | None:
    alone = not any(one.isalnum() for one in plain)
    faces = [n for n, one in enumerate(plain) if one in FACES and (alone or one in PLAIN_FACES)]
    if not faces:
        return None
    first = faces[0]
    score = FACES[plain[first]]
    if len(faces) >= 3:
        score = {4: 5, 2: 1}.get(score, score)
    return score, _Hit("face", score, first, first + 1)


# ---- what goes on beyond the rating ----


def _asks(plain: str, clause: _Clause) -> bool:
    words = plain[clause.start : clause.end]
    return ASKS.search(words) is not None and ASKS_NOTHING.search(words) is None


def _reason(text: str, plain: str, clauses: list[_Clause], bare: list[_Hit]) -> str:
    """The clauses that say more than the rating, in one line."""
    blank = list(plain)
    for hit in bare:
        blank[hit.start : hit.end] = " " * (hit.end - hit.start)
    rest = "".join(blank)
    kept: list[str] = []
    for clause in clauses:
        left = EMPTY.sub("", rest[clause.start : clause.end])
        if not left:
            continue
        start = clause.start
        while number := next((hit for hit in bare if hit.kind == "number" and hit.start <= start < hit.end), None):
            start = number.end
        words = text[start : clause.end].strip(" \t\r\n,，。.!！;；、~～-–—:：()（）[]…")
        lead = LEADS.match(_fold(words))
        if lead is not None and lead.end() < len(words):
            words = words[lead.end() :]
        kept.append(" ".join(words.split()))
    joint = "，" if any("\u4e00" <= one <= "\u9fff" for one in "".join(kept)) else ", "
    line = joint.join(one for one in kept if one)
    return line if len(line) <= LONGEST_REASON else f"{line[: LONGEST_REASON - 1]}…"
