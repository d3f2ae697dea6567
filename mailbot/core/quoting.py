"""New words | quoted history | signature. When unsure, words are new: no customer word may ever be hidden.

Line based. What is taken for history, and why it is safe:
- lines that start with ">": the client wrote the mark. Unmarked lines between them are an answer: new.
- an unmarked history (Outlook, QQ, Foxmail, Aliyun: a header block or a divider, then the old mail) is quoted
  only when new words stand ABOVE it. With nothing above, the customer answered below or in between, or
  forwarded a mail without a word: everything but the header block stays new.
- the customer may still have answered inside such a history in a colour that text does not have. If the words
  above say so ("见下方红字", "answers in-line"), all of it stays new; paragraphs with an answer mark (【答】,
  [我: ...], ==>) are new in any case; and where the texts we sent are given (`originals`), so is a line of
  the history that is not theirs. Without these three nobody can tell, and it stays in Body.quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from mailbot.core.signature import mark_signature

Kind = Literal["new", "quoted", "signature"]
LINE_LOOKED_AT = 400  # characters of a line that patterns see
LINES_LOOKED_AT = 5000  # lines below keep the kind of what they belong to

_LABELS = (
    ("from", r"发件人|寄件者|寄件人|发送人|From|差出人|De|Von"),
    ("date", r"发送时间|发送日期|日期|时间|寄件日期|傳送時間|日時|Date|Sent|送信日時"),
    ("to", r"收件人|收件者|To|宛先"),
    ("cc", r"抄\s?送|抄送人|副本|密送|Cc|Bcc|CC"),
    ("subject", r"主\s?[题題]|主旨|Subject|件名|标题"),
)
_LABEL = re.compile(
    r"[>\s|*]{0,8}(?:" + "|".join(f"(?P<{key}>{words})" for key, words in _LABELS)
    + r")(?:\s{0,3}\*{0,2}\s{0,2}[:：|]|\s{2})"
)  # fmt: skip
_DIVIDER = re.compile(
    r"\s*(?:[-_=*—]{2,60}\s*(?:原始邮件|原始郵件|原邮件|邮件原件|回复的原邮件|原始信件|转发的邮件|转发邮件信息|转发邮件|"
    r"轉寄的郵件|Original|Original Message|Original message|Forwarded message|Forwarded Message|转发的原邮件)"
    r"\s*[-_=*—]{2,60}\s*|Begin forwarded message:|开始转发的邮件[:：]|下面是被转发的邮件[:：])\s*$"
)
_WROTE = re.compile(r"(?:写道|寫道|书写|编写|wrote|writes|schrieb|のメール|さんは書きました)\s*[:：]?\s*[*_]*\s*$")
_WHEN = re.compile(
    r"\d{4}\s?[-/.年]\s?\d{1,2}|\d{1,2}[:：]\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}|"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?\s\d|\d\s(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
)
_OPENS = re.compile(r"\s*(?:在|于|於|On|At|Am|Le)?\s?.{0,300}(?:\d{4}|@|周|週|星期)")
_MAIL_ADDRESS = re.compile(r"[\w.+=-]{1,64}@[\w-]{1,63}\.[\w.-]{2,60}")
_TARGET = re.compile(r"[<(\[]{0,2}(https?://[^\s<>()\[\]\"]{1,300})[>)\]]{0,2}")
_ADDED = str.maketrans("", "", "*[]")  # around what was bold, or a link
_LIST_MARK = re.compile(r"\s{0,9}(?:[-–•·●▪○]|\d{1,2}[.．、)）])\s{0,9}")
_INLINE_HINT = re.compile(
    r"(?i)(?:见|看|在|如|已|以)\s?(?:下面|下方|下文|下述|原文|原邮件|邮件内|邮件中|文中|正文).{0,12}"
    r"(?:红|蓝|绿|彩|标|答|回复|批注|字|内|中)|(?:红|蓝|绿)(?:色)?(?:字|的字|部分|字体)|逐条|逐一(?:回复|答复)|"
    r"in-?\s?line|(?:answers?|comments?|repl(?:y|ies)|responses?|see|notes?)\s.{0,20}below|"
    r"in (?:red|blue|green)\b"
)
_ANSWER_MARK = re.compile(
    r"\s*(?:【\s?(?:答|回复|答复|我|本人|客户|回答|补充)|\[\s?(?:我|答|回复|本人|客户|me|ans)|(?:答|我的?回复|我的?答复)\s?[:：]|"
    r"[=-]{1,4}>|→|>>>|※|★|(?:我|本人)\s?[:：])"
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of whole lines, in the order of the mail; joined by "\n" the segments give the text again."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Body:
    """A mail's text taken apart. new/quoted/signature are the joined segments of that kind, stripped."""

    new: str
    quoted: str
    signature: str
    segments: tuple[Segment, ...]


def split(text: str, originals: tuple[str, ...] = ()) -> Body:
    """Take a mail's text apart. `originals`: what we sent in this thread; history that is not ours is new."""
    lines = text.split("\n")
    kinds: list[Kind] = ["new"] * len(lines)
    _mark_prefixed(lines, kinds)
    _mark_attributions(lines, kinds)
    _mark_history(lines, kinds)
    if originals and "quoted" in kinds:
        _rescue(lines, kinds, originals)
        _recognise(lines, kinds, originals)
    mark_signature(lines[:LINES_LOOKED_AT], kinds)
    _settle_blanks(lines, kinds)
    return _body(lines, kinds)


def _body(lines: list[str], kinds: list[Kind]) -> Body:
    segments = tuple(
        Segment(kind, "\n".join(line for _, line in run))
        for kind, run in groupby(zip(kinds, lines, strict=True), key=lambda pair: pair[0])
    )

    def joined(kind: Kind) -> str:
        return "\n".join(one.text for one in segments if one.kind == kind).strip()

    return Body(joined("new"), joined("quoted"), joined("signature"), segments)


def _mark_prefixed(lines: list[str], kinds: list[Kind]) -> None:
    """Lines with ">". One that breaks the client's own style may be a face (">_<") or a comparison: new."""
    marked = [i for i, line in enumerate(lines) if line[:4].lstrip(" ").startswith(">")]
    odd = [i for i in marked if lines[i].lstrip(" ")[1:2] not in ("", " ", ">", "\xa0")]
    by_hand = len(odd) == 1 and len(marked) != 2
    for i in marked:
        if not (by_hand and i == odd[0] and not _within(marked, i)):
            kinds[i] = "quoted"


def _within(marked: list[int], i: int) -> bool:
    """Are the lines above and below marked too?"""
    return i - 1 in marked and i + 1 in marked


def _mark_attributions(lines: list[str], kinds: list[Kind]) -> None:
    """ "在 ... 写道:" right above a quote, on up to three lines (Gmail wraps it)."""
    for i, kind in enumerate(kinds):
        if kind != "quoted" or (i and kinds[i - 1] == "quoted"):
            continue
        above = i - 1
        while above >= 0 and i - above <= 3 and not lines[above].strip():
            above -= 1
        first = _attribution(lines, above)
        if first is not None:
            for j in range(first, i):
                kinds[j] = "quoted"


def _attribution(lines: list[str], last: int) -> int | None:
    """The first line of the attribution that ends at `last`, or None if the line is none."""
    if last < 0 or len(lines[last]) > LINE_LOOKED_AT or not _WROTE.search(lines[last].strip()):
        return None
    for first in (last, last - 1, last - 2):
        if first < 0 or not lines[first].strip() or len(lines[first]) > LINE_LOOKED_AT:
            return None
        whole = " ".join(line.strip() for line in lines[first : last + 1])
        dated = _WHEN.search(whole)
        if dated and (_MAIL_ADDRESS.search(whole) or re.match(r"(?:在|于|於|On|At|Am|Le|\d)\s?", whole)):
            return first
        if first < last and not _OPENS.match(lines[first]):
            return None
    return None


def _mark_history(lines: list[str], kinds: list[Kind]) -> None:
    """The first place where an unmarked history starts decides about all below it."""
    above = False  # have there been new words yet?
    announced = False  # did they say that answers stand inside the history?
    for i, line in enumerate(lines[:LINES_LOOKED_AT]):
        if kinds[i] == "quoted" or not line.strip():
            continue
        end = _history_start(lines, kinds, i)
        if end is None:
            above = True
            announced = announced or bool(_INLINE_HINT.search(line[:LINE_LOOKED_AT]))
            continue
        for j in range(i, end):
            kinds[j] = "quoted"
        follows = _next_words(lines, end)
        # With marks right below the block, the marks say what is old, not the block.
        if above and not announced and not (follows < len(lines) and kinds[follows] == "quoted"):
            _quote_rest(lines, kinds, end)
            return


def _history_start(lines: list[str], kinds: list[Kind], i: int) -> int | None:
    """If an unprefixed history starts in line i: the line after its divider, header block or attribution."""
    line = lines[i][:LINE_LOOKED_AT]
    if _DIVIDER.match(line):
        start = _next_words(lines, i + 1)
        return _block_end(lines, start) or i + 1
    if set(line.strip()) <= set("-_=—") and len(line.strip()) >= 10:
        return _block_end(lines, _next_words(lines, i + 1))
    end = _block_end(lines, i)
    if end is not None:
        return end
    for last in (i, i + 1, i + 2):
        if last < len(lines) and _attribution(lines, last) == i:
            whole = " ".join(lines[i : last + 1])
            follows = _next_words(lines, last + 1)
            # A full sender is needed: "客服在 11 月 8 日写道:" may be the customer telling the story.
            unmarked = follows < len(lines) and kinds[follows] == "new" and "quoted" not in kinds[follows:]
            return last + 1 if unmarked and _MAIL_ADDRESS.search(whole) else None
    return None


def _block_end(lines: list[str], start: int) -> int | None:
    """A header block (发件人/发送时间/收件人/主题) from `start` on: the line after it.

    A disclaimer or a waybill has 发件人 too: a block needs a subject and one more, or date, recipient and an
    address.
    """
    found: set[str] = set()
    end = start
    for i in range(start, min(start + 14, len(lines))):
        match = _LABEL.match(lines[i][:LINE_LOOKED_AT])
        if match is None:
            if i == start or (not lines[i].strip() and "subject" in found):
                break
            continue  # a folded recipient list, a blank between the lines
        key = match.lastgroup or ""
        if not found and key not in ("from", "date", "subject"):
            break
        if key in found and key != "cc":
            break
        found.add(key)
        end = i + 1
    if not {"from"} <= found:
        return None
    addressed = any(_MAIL_ADDRESS.search(line[:LINE_LOOKED_AT]) for line in lines[start:end])
    if ("subject" in found and len(found) >= 3) or ({"date", "to"} <= found and addressed):
        return end
    return None


def _next_words(lines: list[str], i: int) -> int:
    while i < len(lines) and not lines[i].strip():
        i += 1
    return i


def _quote_rest(lines: list[str], kinds: list[Kind], start: int) -> None:
    """All below is history, but for paragraphs with an answer mark and answers between marked lines."""
    marked = [i for i in range(start, len(lines)) if kinds[i] == "quoted"]
    between = range(marked[0], marked[-1]) if marked else range(0)
    answering = False
    for i in range(start, len(lines)):
        if i < LINES_LOOKED_AT:
            if not lines[i].strip():
                answering = False
            elif _ANSWER_MARK.match(lines[i][:40]):
                answering = True
        if not answering and i not in between:
            kinds[i] = "quoted"


def _squeeze(text: str) -> str:
    return "".join(text.replace(">", "").split())


def _bare(text: str, ours: str) -> str:
    """A line without what clients make of it: marks, list marks, stars for bold, targets of links that are ours."""
    line = _TARGET.sub(lambda found: "" if found[1] in ours else found[0], text[:LINE_LOOKED_AT])
    return _squeeze(_LIST_MARK.sub("", line.lstrip("> "), count=1).translate(_ADDED))


def _rescue(lines: list[str], kinds: list[Kind], originals: Iterable[str]) -> None:
    """Lines of the history that none of our texts contains are the customer's: new.

    Only where the history is ours at all (one line of it is found), else every foreign quote became new.
    Quotes in quotes stay: they are older than our text.
    """
    ours = _squeeze("\n".join(originals))
    bare = {_bare(line, ours) for text in originals for line in text.split("\n")} - {""}
    quoted = [i for i, kind in enumerate(kinds[:LINES_LOOKED_AT]) if kind == "quoted" and lines[i].strip(" >")]
    known = {i for i in quoted if _squeeze(lines[i]) in ours or _bare(lines[i], ours) in bare}
    if not any(len(_squeeze(lines[i])) >= 4 for i in known):
        return
    first, last = min(known), max(known)
    for i in quoted:
        deep = lines[i].replace(" ", "").startswith(">>")
        if i in known or deep or i < first or _is_frame(lines, i):
            continue
        if i < last or not _older_history(lines, first, i):
            kinds[i] = "new"


def _recognise(lines: list[str], kinds: list[Kind], originals: Iterable[str]) -> None:
    """Whole lines of ours below the start of a history are history, though answers stand between them.

    Clients without marks leave only the words to tell by; shorter lines may be an answer as well as ours.
    """
    ours = {_squeeze(line) for text in originals for line in text.split("\n")}
    start = kinds.index("quoted")
    for i in range(start, min(len(lines), LINES_LOOKED_AT)):
        squeezed = _squeeze(lines[i])
        if kinds[i] == "new" and len(squeezed) >= 6 and squeezed in ours:
            kinds[i] = "quoted"


def _older_history(lines: list[str], first: int, i: int) -> bool:
    """Below our text comes the mail that we answered; it starts with its own divider or attribution."""
    return any(_is_frame(lines, j) for j in range(first, i))


def _is_frame(lines: list[str], i: int) -> bool:
    line = lines[i][:LINE_LOOKED_AT].lstrip("> ")
    if set(line.strip()) <= set("-_=—"):
        return True
    wrote = any(_WROTE.search(one[:LINE_LOOKED_AT].strip()) for one in lines[i : i + 3])
    return bool(
        _LABEL.match(line) or _DIVIDER.match(line) or (wrote and (_WHEN.search(line) or _MAIL_ADDRESS.search(line)))
    )


def _settle_blanks(lines: list[str], kinds: list[Kind]) -> None:
    """Blank lines belong to what stands above them."""
    kind: Kind | None = None
    for i, line in enumerate(lines):
        if line.strip():
            kind = kinds[i]
        elif kind is not None:
            kinds[i] = kind
