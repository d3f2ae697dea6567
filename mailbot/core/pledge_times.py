"""Where a sentence of ours names a time, in Chinese and English, and what its parts are. Judges nothing.

A time is either an amount ("24小时内", "within 2 working days") or a point ("周五18:00前", "tomorrow morning")
whose parts stand side by side: a day, a part of the day, a clock, a word for "by". pledge_days.py makes moments
of them. The text has been folded (pledges.py): half-width, one character for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import time
from typing import Literal

LONGEST = 366 * 24 * 60  # minutes: what takes longer is a warranty, not a promise

Unit = Literal["clock", "working", "working_days"]
Kind = Literal["rel", "week", "date", "dom", "stretch", "part", "clock", "bound", "gone"]


@dataclass(frozen=True, slots=True)
class Amount:
    """So long from now. `number`: minutes, or working days. `words`: "24小时"."""

    start: int
    end: int
    number: float
    unit: Unit
    after: bool = False  # "两天后", not "两天内"


@dataclass(frozen=True, slots=True)
class Point:
    """A day or an hour, by its parts; -1 and None where nothing is said."""

    start: int
    end: int
    rel: int | None = None  # days from today
    week: int | None = None  # weeks from this one; None beside a weekday: the next such day
    weekday: int = -1  # 0 Monday
    year: int = 0
    month: int = 0
    day: int = 0
    stretch: str = ""  # "week", "month", "year", "workday", "weekend": its end; `rel` says which
    part: str = ""  # "morning", "noon", "afternoon", "evening"
    clock: time | None = None
    midnight: bool = False  # 24:00
    close: bool = False  # close of business
    twelve: bool = False  # "6点" may be 18:00
    bound: bool = False  # 前, by
    gone: bool = False  # 昨天, every Friday: no time to come

    @property
    def dated(self) -> bool:
        return self.rel is not None or self.weekday >= 0 or self.day > 0 or bool(self.stretch)


When = Amount | Point

# -- Numbers --

_VALUES = {"零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_CN_NUMBER = "[零一二两三四五六七八九十百]{1,5}"
_EN_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "a couple of": 2,
    "twenty-four": 24, "twenty four": 24, "forty-eight": 48, "forty eight": 48, "forty-five": 45,
    "seventy-two": 72, "half": 0.5, "half a": 0.5, "half an": 0.5, "one and a half": 1.5, "ninety": 90, "sixty": 60,
}  # fmt: skip


def number(text: str) -> float:
    """24, 二十四, 两三 (the greater), 半; nan-free: what is no number is 0."""
    if re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]{1,5})?", text):
        return float(text)
    if text in _EN_NUMBERS:
        return _EN_NUMBERS[text]
    if text == "半":
        return 0.5
    if len(text) > 1 and not set(text) & set("十百"):
        return _VALUES.get(text[-1], 0)  # 两三天: three at the latest
    total = pending = 0
    for character in text:
        if character in "十百":
            total += max(pending, 1) * (10 if character == "十" else 100)
            pending = 0
        else:
            pending = _VALUES.get(character, 0)
    return total + pending


# -- Amounts --

_N = rf"(?:[0-9]{{1,6}}(?:\.[0-9]{{1,5}})?|{_CN_NUMBER}|半)"
_ZH_AMOUNT = re.compile(
    r"(?P<lead>(?:预计|大约|大概|约)(?:还)?(?:需要?|要)|预计|不超过|最多|最长|至多|顶多)?\s{0,2}"
    r"(?<![0-9.零一二两三四五六七八九十百第几数半×*xX/])"
    rf"(?:{_N}\s?(?:个工作日|个|天|日|小时)?\s?[-~～至到–—]\s?)?(?P<n>{_N})\s{{0,2}}个?(?P<half>半)?\s{{0,2}}"
    r"(?P<work>工作)?\s{0,2}(?P<unit>分钟|小时|钟头|[hH](?![a-z])|天|日|周|星期|礼拜|(?<=个)月|(?<=个 )月)\s{0,2}"
    r"(?P<end>之内|以内|内(?![部容存置胆机页网])|(?:之|以)?后)?"
)
_EN_WORD = "|".join(sorted((re.escape(each) for each in _EN_NUMBERS), key=len, reverse=True))
_EN_N = rf"(?:[0-9]{{1,6}}(?:\.[0-9]{{1,5}})?|(?:{_EN_WORD})\b)"
_EN_AMOUNT = re.compile(
    r"\b(?:within|inside|in (?:less|no more|not more) than|in (?:under|at most)|in|over|during|under|at most|"
    r"(?:no|not) later than)\s{1,3}(?:the\s)?"
    r"(?:(?:next|coming|following|maximum of|about|approximately|around|roughly|another|at most)\s){0,2}"
    rf"(?:[0-9]{{1,6}}\s?[-–]\s?|{_EN_N}\s(?:to|or)\s)?(?P<n>{_EN_N})[\s-]?(?P<work>working|business|office)?[\s-]?"
    r"(?P<unit>minutes?|mins?|hours?|hrs?|h|workdays?|days?|weeks?|months?)\b(?:\s(?:at the latest|from now))?",
    re.IGNORECASE,
)
_MINUTES = {
    "分钟": 1, "小时": 60, "钟头": 60, "h": 60, "天": 1440, "日": 1440, "周": 10080, "星期": 10080, "礼拜": 10080,
    "月": 43200, "min": 1, "hou": 60, "hr": 60, "hrs": 60, "day": 1440, "wee": 10080, "mon": 43200,
}  # fmt: skip


def _amounts(text: str) -> Iterator[Amount]:
    for found in _ZH_AMOUNT.finditer(text):
        end = found["end"] or ""
        after = end.endswith("后")
        if not end and not found["lead"]:
            continue
        each = number(found["n"]) + (0.5 if found["half"] else 0)
        unit = found["unit"].lower()
        yield from _amount(found.span(), each, _MINUTES[unit], bool(found["work"]), after)
    for found in _EN_AMOUNT.finditer(text):
        unit = found["unit"].lower()
        work = bool(found["work"]) or unit.startswith("workday")
        minutes = 1440 if unit.startswith("workday") else _MINUTES[unit[:3]]
        yield from _amount(found.span(), number(found["n"].lower()), minutes, work, False)


def _amount(span: tuple[int, int], each: float, minutes: int, work: bool, after: bool) -> Iterator[Amount]:
    if not 0 < each * minutes <= LONGEST:
        return
    if work and minutes >= 1440:
        days = int(-(-each // 1)) * (5 if minutes >= 10080 else 1)
        yield Amount(*span, days, "working_days", after)
    else:
        yield Amount(*span, each * minutes, "working" if work else "clock", after)


# -- Points: their parts --

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    "oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_WEEK = "一二三四五六日"
_DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CN_DAY = rf"(?:[0-9]{{1,2}}|{_CN_NUMBER})"
_HOUR = r"(?:[01]?[0-9]|2[0-4])"
_CLOCK_ZH = (
    rf"(?:{_HOUR}\s?:\s?[0-5][0-9](?::[0-5][0-9])?(?![0-9])|"
    rf"(?:{_HOUR}|十[一二]?|二十[一二三四]?|十[三四五六七八九]|[零一二两三四五六七八九])\s?[点时](?![间候段代效差儿])"
    r"(?:半|整|钟|[一三]刻|[0-5]?[0-9]分|[一二三四五]?十[一二三四五六七八九]?分)?)"
)
_CLOCK_EN = (
    rf"(?:{_HOUR}(?:[:.][0-5][0-9])?\s?(?:[ap]\.m\.|[ap]m\b|o'clock)|{_HOUR}:[0-5][0-9](?![0-9])|"
    r"\b(?:noon|midday|midnight)\b)"
)
_PARTS: tuple[tuple[str, Kind, str], ...] = (
    # The first that claims a place keeps it.
    ("past", "gone", r"大前天|前[天日](?!后)|昨[天日晚]|次日|第二天|翌日|上个?月|去年"),
    ("every", "gone", r"每个?(?:天|日|月|年|周[一二三四五六日天]?|星期[一二三四五六日天]?|工作日|"
     r"逢周?[一二三四五六日]?)"),
    ("pasten", "gone", r"\byesterday\b|\b(?:last|every|each|past)\s[a-z]{3,9}\b|\b(?:mon|tues|wednes|thurs|"
     r"fri)days\b"),
    ("spanweek", "gone", r"(?:周|星期)[一二三四五六日]\s?[-~至到—]\s?(?:周|星期)?[一二三四五六日天]"),
    ("spanen", "gone", r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\s(?:to|through)\s[a-z]{3,9}\b"),
    ("rel", "rel", r"大后天|明后天|后[天日]|今[天日晚早]|明[天日早晚]|当[天日晚]"),
    ("week", "week",
     r"(?:(?P<which>上上|上|这个|本|这|下下|下个|下)\s?)?(?:周|星期|礼拜)(?P<wd>[一二三四五六日天])(?![年月周个])"),
    ("iso", "date", r"(?<![0-9])(?P<iy>20[0-9]{2})[-/.](?P<im>[01]?[0-9])[-/.](?P<id>[0-3]?[0-9])(?![0-9])"),
    ("endmonth", "stretch", rf"(?P<em>[0-9]{{1,2}}|{_CN_NUMBER})\s?月(?:份)?[底末]"),
    ("date", "date",
     rf"(?:(?P<y>20[0-9]{{2}}|今|明)\s?年\s?)?(?P<m>[0-9]{{1,2}}|{_CN_NUMBER})\s?月\s?(?P<d>{_CN_DAY})\s?[日号]"),
    ("dom", "dom", rf"(?<![0-9月第.\-/])(?P<dom>[0-9]{{1,2}}|{_CN_NUMBER})\s?[日号](?![内楼线店柜门院机码])"),
    ("stretch", "stretch",
     r"(?P<sw>本周末|这周末|下周末|周末|下个?周|本周|这个?周|本星期|下个?星期|本月底|下个?月底|月底|月末|"
     r"本月|这个月|下个?月|"
     r"年底|年末|下一?个?工作日|次工作日)"),
    ("part", "part", r"(?P<part>早上|早晨|清晨|上午|中午|午间|下午|傍晚|晚上|晚间|夜里|凌晨)"),
    ("closing", "clock", r"下班"),
    ("clock", "clock", rf"(?<![0-9:.])(?:{_CLOCK_ZH}\s?[-~至到–—]\s?)?(?P<zc>{_CLOCK_ZH})"),
    ("clocken", "clock",
     rf"(?<![0-9:.])(?:(?:between\s|from\s)?{_HOUR}(?::[0-5][0-9])?\s?(?:[ap]m)?\s?(?:-|–|and|"
     rf"to)\s?)?(?P<ec>{_CLOCK_EN})"),
    ("closingen", "clock", r"\b(?:(?:the\s)?close of (?:business|play)|cob|eod|(?:the\s)?end of "
     r"(?:(?:the|our)\s)?(?:(?:business|working)\s)?day)\b"),
    ("bound", "bound", r"之前|以前|前(?![往台来后面端置期去者])|之内|以内|内(?![部容存置胆机页网])|为止"),
    ("bounden", "bound",
     r"\b(?:by|before|prior to|(?:no|not) later than|at the latest (?:by|on)|latest by)\b(?:\sthe\slatest\b)?"),
    ("relen", "rel", r"\b(?:the day after tomorrow|tomorrow|later today|today|tonight|"
     r"this (?=morning|afternoon|evening))\b"),
    ("stretchen", "stretch",
     r"\b(?:(?:the\s)?end of (?:the|this|next)\s(?:working\s|business\s)?(?:week|month|year)|(?:this|"
     r"next)\s(?:week|month)|"
     rf"(?:the\s)?end of {_MONTH}|(?:the|this)\sweekend|(?:the\s)?(?:next|following)\s(?:working|business)\sday)\b"),
    ("weeken", "week",
     r"\b(?:(?P<ewhich>this coming|this|next|coming)\s)?"
     r"(?P<ewd>(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?-i:Mon|Tues?|Wed|Thu(?:rs)?|Fri|Sat|Sun))\b"),
    ("dateen", "date",
     rf"(?<![0-9:])\b(?P<d2>[0-3]?[0-9])(?:st|nd|rd|th)?\s(?:of\s)?(?P<m2>{_MONTH})\b(?:,?\s(?P<y2>20[0-9]{{2}}))?"),
    ("dateus", "date",
     rf"\b(?P<m3>{_MONTH})\.?\s(?P<d3>[0-3]?[0-9])(?:st|nd|rd|th)?\b(?![:.][0-9])(?:,?\s(?P<y3>20[0-9]{{2}}))?"),
    ("parten", "part", r"\b(?:in the\s)?(?P<epart>morning|afternoon|evening)\b"),
)  # fmt: skip
_PART = re.compile("|".join(f"(?P<k_{name}>{pattern})" for name, _, pattern in _PARTS), re.IGNORECASE)
_KINDS: dict[str, Kind] = {name: kind for name, kind, _ in _PARTS}
_HALVES = {
    "早上": "morning", "早晨": "morning", "清晨": "morning", "上午": "morning", "中午": "noon", "午间": "noon",
    "下午": "afternoon", "傍晚": "evening", "晚上": "evening", "晚间": "evening", "夜里": "evening", "凌晨": "night",
}  # fmt: skip
_RELATIVE = {
    "大后天": 3, "后天": 2, "后日": 2, "明后天": 2, "明": 1, "今": 0, "当": 0,
    "the day after tomorrow": 2, "tomorrow": 1, "later today": 0, "today": 0, "tonight": 0, "this": 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: Kind
    point: Point


def _pieces(text: str) -> Iterator[_Piece]:
    for found in _PART.finditer(text):
        name = (found.lastgroup or "")[2:]
        # lastgroup is the outermost group that closed last: always the k_ group of the alternative.
        yield _Piece(_KINDS[name], _read(name, found))


def _read(name: str, found: re.Match[str]) -> Point:
    point = Point(*found.span())
    words = " ".join(found[0].lower().split())
    match _KINDS[name]:
        case "gone":
            return replace(point, gone=True)
        case "bound":
            return replace(point, bound=True)
        case "rel":
            days = _RELATIVE.get(words, _RELATIVE.get(words[:1], 0))
            part = (
                "morning"
                if words in ("明早", "今早")
                else "evening"
                if words in ("今晚", "明晚", "当晚", "tonight")
                else ""
            )
            return replace(point, rel=days, part=part)
        case "week":
            return _read_week(point, found)
        case "date" | "dom":
            return _read_date(point, found)
        case "stretch":
            return _read_stretch(point, words, found["em"] or "")
        case "part":
            return replace(point, part=_HALVES[found["part"]] if found["part"] else str(found["epart"]).lower())
        case "clock":
            if name.startswith("closing"):
                return replace(point, close=True)
            return _read_clock(point, (found["zc"] or found["ec"]).lower())


def _read_week(point: Point, found: re.Match[str]) -> Point:
    if found["wd"]:
        which = {"上上": -2, "上": -1, "本": 0, "这": 0, "这个": 0, "下": 1, "下个": 1, "下下": 2}.get(
            found["which"] or ""
        )
        weekday = 6 if found["wd"] == "天" else _WEEK.index(found["wd"])
        return replace(point, weekday=weekday, week=which, gone=which is not None and which < 0)
    weekday = _DAY_NAMES.index(found["ewd"][:3].lower())
    return replace(point, weekday=weekday, week=1 if (found["ewhich"] or "").lower() == "next" else None)


def _read_date(point: Point, found: re.Match[str]) -> Point:
    if found["dom"]:
        return replace(point, day=int(number(found["dom"])))
    year = found["iy"] or found["y2"] or found["y3"] or (found["y"] if (found["y"] or "").isdigit() else "0")
    month = found["im"] or found["m"]
    name = found["m2"] or found["m3"]
    months = _MONTHS.index(name[:3].lower()) + 1 if name else int(number(month))
    day = int(number(found["id"] or found["d"] or found["d2"] or found["d3"]))
    return replace(point, year=int(year), month=months, day=day)


def _read_stretch(point: Point, words: str, month: str) -> Point:
    if month:
        return replace(point, stretch="month", month=int(number(month)))
    named = re.search(rf"end of ({_MONTH})$", words)
    if named and named[1] != "month":
        return replace(point, stretch="month", month=_MONTHS.index(named[1][:3]) + 1)
    if "工作日" in words or words.endswith("day"):
        return replace(point, stretch="workday", rel=1)
    later = 1 if words.startswith("下") or re.search(r"\bnext\b", words) else 0
    if "周末" in words or "weekend" in words:
        return replace(point, stretch="weekend", rel=later)
    stretch = "week" if re.search("周|星期|week", words) else "year" if re.search("年|year", words) else "month"
    return replace(point, stretch=stretch, rel=later)


def _read_clock(point: Point, words: str) -> Point:
    if words in ("noon", "midday"):
        return replace(point, clock=time(12))
    if words == "midnight":
        return replace(point, clock=time(0), midnight=True)
    digits = re.match(
        rf"(?P<h>[0-9]{{1,2}}|{_CN_NUMBER})\s?(?:[:.点时]\s?(?P<m>[0-9]{{1,2}}|"
        rf"{_CN_NUMBER}分)?)?",
        words,
    )
    if digits is None:
        return point
    hour, minute = int(number(digits["h"])), int(number((digits["m"] or "0").rstrip("分")))
    if "刻" in words:
        minute = 45 if "三刻" in words else 15
    elif words.endswith("半"):
        minute = 30
    if re.search(r"p\.?m", words) and hour < 12:
        hour += 12
    if re.search(r"a\.?m", words) and hour == 12:
        hour = 0
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        return point
    twelve = bool(re.search("[点时]", words)) and hour <= 11
    return replace(point, clock=time(hour % 24, minute), midnight=hour == 24, twelve=twelve)


# -- Points: joined --

_GAP_ZH = re.compile(r"\s?[()]?\s?(?:的|在|于)?\s?|\s?,\s?[()]?")
_GAP_EN = re.compile(r"[\s(),]{0,3}(?:(?:on|at|around|about|the|of)\s){0,2}", re.IGNORECASE)


def _points(text: str) -> Iterator[Point]:
    group: list[_Piece] = []
    for piece in _pieces(text):
        if group and _joins(group, piece, text[group[-1].point.end : piece.point.start]):
            group.append(piece)
            continue
        yield from _whole(group, text)
        group = [piece]
    yield from _whole(group, text)


def _whole(group: list[_Piece], text: str) -> Iterator[Point]:
    """The point of these pieces, if they name one: "之前" alone does not, nor does a lone "下午" or hour."""
    if not group:
        return
    point = _merged(group, text)
    if point.gone or point.dated or point.part or ((point.clock or point.close) and point.bound):
        yield point


def _joins(group: list[_Piece], piece: _Piece, gap: str) -> bool:
    if len(gap) > 12 or not (_GAP_ZH.fullmatch(gap) or _GAP_EN.fullmatch(gap)):
        return False
    kinds = {each.kind for each in group}
    days = kinds & {"rel", "week", "date", "dom", "stretch"}
    if piece.kind == "bound":
        return "bound" not in kinds and (bool(kinds - {"bound"}))
    if piece.kind == "gone":
        return False
    if "bound" in kinds and group[0].kind != "bound" and group[-1].kind == "bound" and "," in gap:
        return False  # 周五前,明天...
    if group[-1].kind == "bound" and len(group) > 1 and not gap.isspace():
        return False  # 周五前周六: a bound in Chinese ends the time
    if piece.kind in days or (piece.kind in ("part", "clock") and piece.kind in kinds):
        return False
    if piece.kind in ("date", "week", "rel", "dom", "stretch") and days:
        return (
            len(days) == 1 and (piece.kind in ("date", "dom") or bool(days & {"date", "dom"})) and "gone" not in kinds
        )
    return "," not in gap or (piece.kind == "clock" and gap.strip() == "," and gap.endswith(" ")) or ")" in gap


def _merged(group: list[_Piece], text: str) -> Point:
    first, last = group[0].point, group[-1].point
    point = replace(first, end=last.end)
    for piece in group[1:]:
        other = piece.point
        point = replace(
            point,
            rel=point.rel if point.rel is not None else other.rel,
            week=point.week if point.week is not None else other.week,
            weekday=point.weekday if point.weekday >= 0 else other.weekday,
            year=point.year or other.year,
            month=point.month or other.month,
            day=point.day or other.day,
            stretch=point.stretch or other.stretch,
            part=other.part or point.part,
            clock=point.clock or other.clock,
            midnight=point.midnight or other.midnight,
            close=point.close or other.close,
            twelve=point.twelve or other.twelve,
            bound=point.bound or other.bound,
            gone=point.gone or other.gone,
        )
    tail = text[point.end : point.end + 1]
    return replace(point, end=point.end + 1) if tail == ")" and "(" in text[point.start : point.end] else point


def times(text: str) -> list[When]:
    """All times of one sentence in their order; where two overlap, the one that begins first, the longer."""
    found: list[When] = [*_amounts(text), *_points(text)]
    found.sort(key=lambda each: (each.start, -each.end))
    kept: list[When] = []
    for each in found:
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return kept
