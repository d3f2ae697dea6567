"""One file of rules/knowledge/ -> an Entry: front lines, then numbered articles or questions with their answers.

The owner's mistakes are UserErrors that name the file, the line's key and the remedy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from mailbot.core.errors import UserError

KINDS = ("policy", "process", "faq", "product", "logistics", "complaint", "compensation")
AUDIENCES = ("customers", "agents")
MOST_TEXT = 200_000  # characters of a file

# What stands before the colon of a line, in either language.
_FRONT = {
    "title": "title", "标题": "title",
    "kind": "kind", "类型": "kind",
    "topics": "topics", "主题": "topics",
    "products": "products", "产品": "products",
    "review": "review", "复核": "review",
    "for": "for", "对象": "for",
}  # fmt: skip
_KIND_WORDS = {"政策": "policy", "流程": "process", "常见问题": "faq", "产品": "product", "物流": "logistics",
               "投诉": "complaint", "补偿": "compensation"}  # fmt: skip
_AUDIENCE_WORDS = {"客户": "customers", "客服": "agents"}
_LINES = {
    "问": "asked",
    "asked": "asked",
    "不答": "never",
    "not": "never",
    "另外": "more",
    "提示": "more",
    "tip": "more",
}
_LABEL = re.compile(r"^([A-Za-z一-鿿]{1,12}) ?[:：] ?(.*)$")
_HEADING = re.compile(r"^##{1,3} +(.+)$")
_ARTICLE = re.compile(
    r"^(?:第 ?([0-9一二三四五六七八九十百]{1,4}) ?条|Article ([0-9]{1,3}))(?:[ 、.:：]+(.*))?$", re.IGNORECASE
)
_ITEM = re.compile(r"^(?:[-*]|\d{1,2}[.、)]) +")
_ENDS = re.compile(r"(?<=[。！？])|(?<=[.!?])\s+(?=[A-Z0-9“\"(])")
_MARKS = re.compile(r"\*\*|`|^> ?")
_DONE = "。！？!?.；:："


@dataclass(frozen=True, slots=True)
class Section:
    """An article or a question, and what answers it."""

    number: str  # "3" of 第3条, "" where the entry has no articles
    heading: str
    asked: tuple[str, ...]  # questions that it answers, as customers put them
    never: tuple[str, ...]  # words in a question that it does not answer
    sentences: tuple[str, ...]
    more: tuple[str, ...]  # tips


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: a policy, a list of questions, notes on a product."""

    path: str  # below rules/: "knowledge/zh/after-sales.md"
    language: str
    title: str
    kind: str
    topics: tuple[str, ...]  # categories and "category/topic" it answers
    products: tuple[str, ...]  # names of the catalogue; empty: every product
    review: date | None  # to be read again by this day
    for_customers: bool  # False: agents read it, no mail quotes it
    sections: tuple[Section, ...]

    @property
    def name(self) -> str:
        """The file without folder and ending; entries of both languages share it."""
        return self.path.rpartition("/")[2].removesuffix(".md")

    def source(self, section: Section) -> str:
        """As a reply names it: 《售后服务政策》第3条; article 3 of our After-sales policy."""
        if self.language == "zh":
            return f"《{self.title}》" + (f"第{section.number}条" if section.number else "")
        return f"article {section.number} of our {self.title}" if section.number else f"our {self.title}"


def read_entry(path: str, text: str) -> Entry:
    """The entry in a file of rules/knowledge/LANGUAGE/; UserError for the first mistake."""
    where = f"rules/{path}"
    if len(text) > MOST_TEXT:
        raise UserError(where, "", "this file is very long; split it into several entries")
    language = path.split("/")[1] if path.count("/") >= 2 else ""
    if not re.fullmatch(r"[a-z]{2}", language):
        raise UserError(where, "", "move this file into the folder of its language: rules/knowledge/zh/ or en/")
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").split("\n")
    front, rest = _front(where, lines)
    sections = _sections(where, rest)
    if not sections:
        raise UserError(where, "", "no article and no question; write headings: ## 第1条 ... or ## Question?")
    return Entry(
        path=path,
        language=language,
        title=front["title"],
        kind=_choice(where, "Kind", _KIND_WORDS.get(front["kind"], front["kind"]), KINDS),
        topics=_list(front.get("topics", "")),
        products=_list(front.get("products", "")),
        review=_day(where, front.get("review", "")),
        for_customers=_audience(where, front.get("for", "")),
        sections=sections,
    )


def _front(where: str, lines: list[str]) -> tuple[dict[str, str], list[str]]:
    """The lines before the first blank one."""
    found: dict[str, str] = {}
    start = next((number for number, line in enumerate(lines) if line.strip()), 0)
    end = start
    for line in lines[start:]:
        if not line.strip() or line.startswith("#"):
            break
        end += 1
        label = _LABEL.match(line.strip())
        key = _FRONT.get(label[1].lower()) if label else None
        if label is None or key is None:
            raise UserError(where, line.strip()[:40], "write Title, Kind, Topics, Products, Review or For and a colon")
        if key in found:
            raise UserError(where, label[1], "stands twice; keep one of them")
        found[key] = label[2].strip()
    for key in ("title", "kind"):
        if not found.get(key):
            raise UserError(where, key.capitalize(), f"missing; write a line such as {_SAMPLES[key]}")
    return found, lines[end:]


_SAMPLES = {"title": "Title: 售后服务政策", "kind": "Kind: policy"}


def _sections(where: str, lines: list[str]) -> tuple[Section, ...]:
    """Split at headings, and at lines that begin an article without one."""
    parts: list[tuple[str, list[str]]] = []
    for raw in lines:
        line = raw.strip()
        if heading := _HEADING.match(line):
            parts.append((heading[1].strip(), []))
        elif article := _ARTICLE.match(line):
            number = article[1] or article[2]
            parts.append((f"第{number}条" if article[1] else f"Article {number}", [article[3] or ""]))
        elif parts:
            parts[-1][1].append(line)
        elif line and not line.startswith(("#", "<!--", ">")):
            raise UserError(where, line[:40], "stands before the first heading; begin it with ## and a question")
    found = tuple(_section(where, heading, body) for heading, body in parts)
    numbers = [section.number for section in found if section.number]
    twice = next((number for number in numbers if numbers.count(number) > 1), "")
    if twice:
        raise UserError(where, f"第{twice}条", "this number stands twice; give each article its own")
    return found


def _section(where: str, heading: str, body: list[str]) -> Section:
    lists: dict[str, list[str]] = {"asked": [], "never": [], "more": []}
    sentences: list[str] = []
    for line in body:
        label = _LABEL.match(line)
        key = _LINES.get(label[1].lower()) if label else None
        if label is not None and key is not None:
            lists[key] += _split(label[2]) if key == "more" else [each for each in _list(label[2], "|") if each]
        elif line and not line.startswith("<!--"):
            sentences += _split(line)
    if not sentences:
        raise UserError(where, heading[:40], "has no answer; write it below the heading")
    article = _ARTICLE.match(heading)
    number = (article[1] or article[2]) if article else ""
    title = (article[3] or "") if article else heading
    asked = ([title] if title.endswith(("?", "？")) else []) + lists["asked"]
    return Section(number, title, tuple(asked), tuple(lists["never"]), tuple(sentences), tuple(lists["more"]))


def _split(line: str) -> list[str]:
    """The sentences of a line; a point of a list is one sentence, with a full stop."""
    plain = _MARKS.sub("", line).strip()
    if _ITEM.match(plain):
        point = _ITEM.sub("", plain)
        stop = "" if point.endswith(tuple(_DONE)) else "。" if re.search(r"[一-鿿]", point) else "."
        return [point + stop]
    return [piece.strip() for piece in _ENDS.split(plain) if piece.strip()]


def _list(text: str, separators: str = ",，、") -> tuple[str, ...]:
    return tuple(piece.strip() for piece in re.split(f"[{re.escape(separators)}]", text) if piece.strip())


def _choice(where: str, key: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise UserError(where, key, f"is {value!r}; one of: {', '.join(choices)}")
    return value


def _audience(where: str, value: str) -> bool:
    return _choice(where, "For", _AUDIENCE_WORDS.get(value, value) or "customers", AUDIENCES) == "customers"


def _day(where: str, value: str) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise UserError(where, "Review", f"is {value!r}; write the day as 2027-06-30") from None
