"""Times that our own text promises to the customer, in Chinese and English, and what is wrong with them.

Pure. A pledge is a time with something that we do by it. No pledge: what the customer is asked to do, what the
customer wrote (in quotation marks), what is past, denied, or a rule for everybody, and an amount of time that
counts from something yet to happen ("收到退货后3个工作日内"): its end is not known. Reads, never raises.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from mailbot.core.hours import Hours
from mailbot.core.pledge_days import moment
from mailbot.core.pledge_times import Amount, When, times
from mailbot.core.pledge_words import CUTS, FILLING, No, What, action, no_of_clause, no_of_sentence, ours
from mailbot.core.promises import clock_words
from mailbot.core.review import MAX_TEXT, Finding

MAX_TIMES = 80  # times of one text that are looked at; a letter has three
MAX_WORDS = 60
REACH = 160  # characters of a sentence on either side of a time that may bear on it
NEAR = timedelta(minutes=15)
DISTANT = timedelta(days=92)

__all__ = ["Pledge", "What", "findings", "pledges"]


@dataclass(frozen=True, slots=True)
class Pledge:
    """A time promised. `words`: the clause as written, one line; `due_at`: UTC; `because`: Chinese."""

    words: str
    due_at: datetime
    what: What
    because: str


def pledges(text: str, now: datetime, hours: Hours) -> tuple[Pledge, ...]:
    """Every time promised in `text`, which goes out at `now` (aware), in its order; the same time once."""
    written = text[:MAX_TEXT]
    folded = _unquoted("".join(map(_fold, written)))
    found: dict[tuple[datetime, What], Pledge] = {}
    seen = 0
    for start, end in _sentences(folded):
        whens = times(folded[start:end])[: MAX_TIMES - seen]
        seen += len(whens)
        for each in _of_sentence(_Sentence(folded[start:end], tuple(whens)), now, hours):
            words = _clipped(written[start:end], each)
            because = f"回信承诺：“{words}” → {clock_words(each.due, hours)}"
            found.setdefault((each.due, each.what), Pledge(words, each.due, each.what, because))
        if seen >= MAX_TIMES:
            break
    return tuple(found.values())


def findings(found: tuple[Pledge, ...], now: datetime, hours: Hours, solve_due: datetime | None) -> tuple[Finding, ...]:
    """What an agent should change before the text goes out at `now`; `solve_due`: the limit of our own rules."""
    return tuple(each for pledge in found for each in _of_pledge(pledge, now, hours, solve_due))


def _of_pledge(pledge: Pledge, now: datetime, hours: Hours, solve_due: datetime | None) -> Iterator[Finding]:
    due, words = clock_words(pledge.due_at, hours), pledge.words
    if pledge.due_at <= now:
        yield Finding("pledge_past", "block", f"承诺的时间已经过去（{due}），请改成做得到的时间", words)
        return
    if pledge.due_at - now < NEAR:
        yield Finding("pledge_near", "warn", f"离承诺的时间不到 15 分钟（{due}），恐怕来不及", words)
    if not _attended(pledge.due_at, hours):
        yield Finding(
            "pledge_closed", "warn", f"承诺的时间不在营业时间内（{due}），到时没有人上班，请确认有人处理", words
        )
    if solve_due is not None and pledge.due_at > solve_due:
        message = f"晚于解决时限 {clock_words(solve_due, hours)}（承诺的是 {due}），请改早或先申请延期"
        yield Finding("pledge_late", "warn", message, words)
    elif pledge.due_at - now > DISTANT:
        yield Finding(
            "pledge_late", "warn", f"承诺的时间在三个月以后（{pledge.due_at:%Y} 年 {due}），请核对日期", words
        )


def _attended(at: datetime, hours: Hours) -> bool:
    """Is somebody at work at that moment, or was until then? A span's very end counts: by 18:00, by 12:00."""
    return hours.is_open(at) or hours.is_open(at - timedelta(minutes=1))


# -- The text --


@lru_cache(maxsize=8192)
def _fold(character: str) -> str:
    """The plain form of one character, always one: places in the folded text are places in the written one."""
    if character == "\n":
        return character
    if character.isspace() or unicodedata.category(character)[0] == "C":
        return " "
    if character in "〇○":
        return "零"
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character


_QUOTED = re.compile(
    r"“[^“”]{0,300}”|「[^「」]{0,300}」|『[^『』]{0,300}』|\"[^\"\n]{0,300}\"|《[^《》]{0,100}》|‘[^‘\n]{0,300}?’(?![a-z])|"
    r"(?<![^\s(])'[^'\n]{1,300}'(?![A-Za-z])|(?<![^\n])[ ]{0,4}>[^\n]{0,2000}"
)


def _unquoted(folded: str) -> str:
    """Somebody else's words as dots, one for one."""
    return _QUOTED.sub(lambda found: "…" * len(found[0]), folded)


_STOP = re.compile(r"[。!?;…]{1,9}(?<!…)|\.(?=\s|$)|\n")
_ABBREVIATION = re.compile(
    r"(?:\b[ap]\.m|\b(?:no|mr|ms|mrs|dr|approx|i\.e|e\.g|jan|feb|mar|apr|aug|sept?|oct|nov|dec))$", re.IGNORECASE
)
_GOES_ON = re.compile(r"\n[ ]{0,4}(?:[a-z]|[0-9](?![0-9]?[.)、]))")
_GOES_ON_ZH = re.compile(r"\n[ ]{0,4}[\u4e00-\u9fff0-9](?![.)、])")


def _sentences(folded: str) -> Iterator[tuple[int, int]]:
    start = 0
    for stop in _STOP.finditer(folded):
        before = folded[max(start, stop.start() - 40) : stop.start()]
        if (
            stop[0] == "."
            and _ABBREVIATION.search(before)
            and not re.match(r"\s+[A-Z]", folded[stop.end() : stop.end() + 4])
        ):
            continue
        if stop[0] == "\n" and _wrapped(folded, before.rstrip(" "), stop.start()):
            continue
        if stop.start() > start:
            yield start, stop.end()
        start = stop.end()
    if start < len(folded):
        yield start, len(folded)


def _wrapped(folded: str, before: str, at: int) -> bool:
    """Did only the line end here, not the sentence? Long lines alone are wrapped."""
    if len(before) < 28 or "\n" in before:
        return False
    following = folded[at : at + 8]
    if re.search(r"[A-Za-z0-9,]$", before):
        return bool(_GOES_ON.match(following))
    return bool(re.search(r"[\u4e00-\u9fff,]$", before)) and bool(_GOES_ON_ZH.match(following))


# -- A sentence --


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    whens: tuple[When, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A time accepted. `deed`: where its verb stands; times of one deed are one pledge."""

    start: int
    end: int
    clause: tuple[int, int]
    deed: int
    what: What
    due: datetime
    exact: bool
    latest: bool


def _of_sentence(sentence: _Sentence, now: datetime, hours: Hours) -> list[_Found]:
    if not sentence.whens:
        return []
    cuts = _cuts(sentence)
    best: dict[int, _Found] = {}
    for place in range(len(sentence.whens)):
        found = _judged(sentence, place, cuts, now, hours)
        if found is None:
            continue
        held = best.get(found.deed)
        # Said twice: the date is what the customer will remember, and of two dates the one called the latest.
        if held is None or (found.exact, found.latest) > (held.exact, held.latest):
            best[found.deed] = found
    return sorted(best.values(), key=lambda each: each.start)


def _cuts(sentence: _Sentence) -> list[int]:
    """Where clauses end, never inside a time."""
    spans = iter(sentence.whens)
    span = next(spans, None)
    places = [0]
    for cut in CUTS.finditer(sentence.text):
        while span is not None and span.end <= cut.start():
            span = next(spans, None)
        if span is None or cut.start() < span.start:
            places.append(cut.end())
    places.append(len(sentence.text))
    return places


def _judged(sentence: _Sentence, place: int, cuts: list[int], now: datetime, hours: Hours) -> _Found | None:
    when, text = sentence.whens[place], sentence.text
    index = _index(cuts, when.start)
    low, high = max(cuts[index], when.start - REACH), min(cuts[index + 1], when.end + REACH)
    clause = No(text[low : when.start], text[when.start : when.end], text[when.end : high])
    if no_of_clause(clause):
        return None
    first = max(0, when.start - REACH)
    if no_of_sentence(text[first:low], clause, isinstance(when, Amount)):
        return None
    bare = not FILLING.sub("", clause.before + clause.after).strip()
    deed = _deed(sentence, place, (low, high), bare)
    if deed is None or (not bare and not _sure(when, clause)):
        return None
    due = moment(when, now, hours)
    if due is None:
        return None
    exact = not isinstance(when, Amount)
    latest = bool(re.search(r"(?:最迟|最晚|at the latest|no later than)[^,]{0,6}$", clause.before, re.IGNORECASE))
    of_deed = _index(cuts, deed[0])
    spread = (min(low, cuts[of_deed]), max(high, cuts[of_deed + 1]))
    return _Found(when.start, when.end, spread, *deed, due, exact, latest)


def _index(cuts: list[int], at: int) -> int:
    low, high = 0, len(cuts) - 2
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if cuts[middle] <= at else (low, middle - 1)
    return low


def _sure(when: When, clause: No) -> bool:
    """A bare day ("今天"), and "两天后", promise something only with a word for the future or for us."""
    if isinstance(when, Amount):
        return not when.after or ours(clause.whole)
    fixed = when.bound or (when.dated and (when.clock is not None or when.part)) or when.close
    return bool(fixed) or ours(clause.whole)


def _deed(sentence: _Sentence, place: int, clause: tuple[int, int], bare: bool) -> tuple[int, What] | None:
    """Where the verb stands that this time belongs to, and what it is."""
    text, when, whens = sentence.text, sentence.whens[place], sentence.whens
    low, high = clause
    until = whens[place + 1].start if place + 1 < len(whens) else high
    since = whens[place - 1].end if place else low
    # Nearest first: between this time and its neighbours, then anywhere in the clause.
    tries = [
        (when.end, min(high, until), True),
        (max(low, since), when.start, False),
        (when.end, high, True),
        (low, when.start, False),
    ]
    if bare:
        # "24小时内,我们会联系您" has its verb after; "我们会联系您,最迟明天" before.
        tries += [(max(0, low - REACH), low, False), (high, min(len(text), high + REACH), True)]
    return next((deed for start, end, after in tries if (deed := action(text, start, end, after=after))), None)


def _clipped(written: str, found: _Found) -> str:
    """One line of at most MAX_WORDS characters with the time in it."""
    start, end = found.clause
    head, tail = _line(written[start : found.start]), _line(written[found.start : end])
    head = head.lstrip(_MARKS)
    if len(head) + found.end - found.start > MAX_WORDS - 2:
        keep = max(0, MAX_WORDS - 2 - (found.end - found.start))
        head = "…" + re.sub(r"^[A-Za-z0-9]{1,20}\s", "", head[len(head) - keep :])
    line = f"{head}{tail}".strip(_MARKS)
    if line[:1] in ("(", "（") or (")" in line and "(" not in line) or ("）" in line and "（" not in line):
        line = line.strip("()（）")
    return line if len(line) <= MAX_WORDS else line[: MAX_WORDS - 1] + "…"


_MARKS = " ,，、:：。.;；!！?？*#-"


def _line(text: str) -> str:
    flat = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return f"{flat} " if text[-1:].isspace() and flat else flat
