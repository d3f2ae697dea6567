"""A letter's plain text -> the HTML page that says the same, for every reader that shows HTML.

Pure. No word is added and none is left out but addresses that a button stands for. Nothing is fetched: no pictures,
no scripts, no outside styles. What it must survive:
- Outlook draws with Word: no max-width, no padding on <div> or <a>, fonts by its own style. Hence the table around
  all, tables for buttons and frames, and `mso-` rules.
- Gmail, QQ and 163 may drop <style>: everything needed stands inline. No colour of ink without need and no
  background without its own ink, so that a dark reader may turn the page around.
- The mail comes back quoted: every line must be found again in the text (core/quoting.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from itertools import groupby

from mailbot.core.letter_parts import (
    Block,
    Choices,
    Fields,
    Listing,
    Paragraph,
    Part,
    Tasks,
    blocks,
    own_addresses,
    parted,
)

QUOTE_DEPTH = 3  # bars side by side; deeper quotes keep their marks

_FONTS = {
    "zh": "'PingFang SC','Microsoft YaHei','Noto Sans SC','Noto Sans CJK SC','Source Han Sans SC',Arial,sans-serif",
    "en": "'Segoe UI',-apple-system,Roboto,'Helvetica Neue',Arial,'PingFang SC','Microsoft YaHei',sans-serif",
}
_WORD_FONTS = {"zh": "'Microsoft YaHei',Arial,sans-serif", "en": "'Segoe UI',Arial,sans-serif"}
_STYLE = (
    "<style>:root{color-scheme:light dark}"
    "@media (prefers-color-scheme:dark){.dim{color:#a9b4c2!important}.line{border-color:#4a5463!important}"
    ".press{background:#22324d!important;border-color:#4d6797!important}.press a{color:#d6e4ff!important}"
    ".grade{color:#ff9a91!important}}"
    "@media (max-width:480px){.letter{font-size:16px!important}.wide{max-width:none!important}}</style>"
)
# Word's own margins end at a table.
_WORD_GAP = '<!--[if mso]><p style="margin:0;font-size:6px;line-height:10px">&nbsp;</p><![endif]-->'
_TABLE = '<table role="presentation" cellpadding="0" cellspacing="0"'
_LINE = "#d0d7e0"
_DIM = "#70777f"  # told from white and from black alike, where <style> is dropped
_MARKS = re.compile(r">(?: ?>){0,20}(?= |$)")
_GRAVE = re.compile(r"(?i)紧急|urgent")
_DIAL = re.compile(r"\+?\d[\d ()-]{1,24}")


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes: what the letter's signature, its links and its telephone number are told by. "": not known."""

    company: str = ""
    hotline: str = ""
    public_url: str = ""  # only addresses below it can be pressed


@dataclass(frozen=True, slots=True)
class Written:
    """A letter's words, line ends "\\n", control characters out. `quoted` bears no marks of ours."""

    text: str
    language: str = "zh"
    signature: str = ""  # as it stands at the end of the text; "" looks for one
    attribution: str = ""
    quoted: str = ""


def to_html(written: Written, head: Letterhead) -> str:
    """The whole page. Never raises; every word of a mail is escaped."""
    language = "zh" if written.language == "zh" else "en"
    tag = escape({"zh": "zh-CN"}.get(written.language, written.language[:20]))
    words, signature = parted(written.text, head.company, written.signature)
    parts = [_block(each, head) for each in blocks(words, head.public_url)]
    if signature:
        parts.append(_signature(signature, head))
    if written.attribution:
        parts.append(_quote(written.attribution, written.quoted))
    font = f"font-family:{_FONTS[language]};font-size:15px;line-height:1.7"
    return (
        f'<!DOCTYPE html>\n<html lang="{tag}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">\n'
        f"{_STYLE}\n<!--[if mso]><style>body,table,td,div,p,li,a{{font-family:{_WORD_FONTS[language]}!important}}"
        '</style><![endif]--></head>\n<body style="margin:0;padding:0">\n'
        '<!--[if mso]><table role="presentation" width="640" cellpadding="0" cellspacing="0"><tr><td><![endif]-->\n'
        f'<div class="letter" lang="{tag}" style="{font};max-width:640px;padding:8px;'
        'word-break:break-word;overflow-wrap:anywhere">\n' + "\n".join(parts) + "\n</div>\n"
        "<!--[if mso]></td></tr></table><![endif]-->\n</body></html>\n"
    )


def _block(block: Block, head: Letterhead) -> str:
    """Parts of one block stand close together; the last keeps the distance to the next block."""
    return "\n".join(_part(part, head, 14 if n == len(block) - 1 else 6) for n, part in enumerate(block))


def _part(part: Part, head: Letterhead, below: int) -> str:
    match part:
        case Paragraph(lines):
            return f'<p style="margin:0 0 {below}px">{_lines(lines, head)}</p>'
        case Listing(start, items):
            return _listing(start, items, head, below)
        case Fields(pairs, titled):
            return _fields(pairs, head, below, titled=titled)
        case Choices(links):
            return _choices(links, below)
        case Tasks(links):
            return _tasks(links, head, below)


def _listing(start: int, items: tuple[tuple[str, ...], ...], head: Letterhead, below: int) -> str:
    name = "ol" if start else "ul"
    begin = f' start="{start}"' if start > 1 else ""
    entries = "\n".join(f'<li style="margin:0 0 4px">{_lines(item, head)}</li>' for item in items)
    return f'<{name}{begin} style="margin:0 0 {below}px;padding:0 0 0 26px">\n{entries}\n</{name}>'


def _fields(pairs: tuple[tuple[str, str], ...], head: Letterhead, below: int, *, titled: bool) -> str:
    """In a frame; of a plan the first line is its heading."""
    lines = []
    for n, (key, value) in enumerate(pairs):
        blank = "" if key[-1] == "：" else " "
        if titled and n == 0:
            lines.append(f"<strong>{_spaced(key)}{blank}{_inline(value, head)}</strong>")
        else:
            lines.append(f'<span class="dim" style="color:{_DIM}">{_spaced(key)}</span>{blank}{_inline(value, head)}')
    cell = f"padding:10px 14px;border:1px solid {_LINE};border-radius:8px;font-size:15px;line-height:1.7"
    return (
        f'{_TABLE} width="100%" style="margin:0 0 {below}px;border-collapse:separate"><tr>'
        f'<td class="line" style="{cell}">{_joined(lines)}</td></tr></table>{_WORD_GAP}'
    )


def _choices(links: tuple[tuple[str, str], ...], below: int) -> str:
    """Each a row as wide as a thumb likes it. Word takes the padding of the cell, everybody else that of the link."""
    cell = "padding:0;mso-padding-alt:11px 16px;border:1px solid #b3c3da;border-radius:8px;background:#eef4fd"
    link = "display:block;padding:11px 16px;color:#164a8f;text-decoration:none;font-size:16px;line-height:22px"
    gap = '\n<tr><td height="8" style="height:8px;font-size:0;line-height:8px">&nbsp;</td></tr>\n'
    rows = gap.join(
        f'<tr><td class="press" bgcolor="#eef4fd" style="{cell}">'
        f'<a href="{escape(address)}" style="{link}">{_spaced(words)}</a></td></tr>'
        for words, address in links
    )
    return (
        f'{_TABLE} class="wide" width="360" style="width:100%;max-width:360px;margin:4px 0 {below}px;'
        f'border-collapse:separate">\n{rows}\n</table>{_WORD_GAP}'
    )


def _tasks(links: tuple[tuple[str, str], ...], head: Letterhead, below: int) -> str:
    """A row each: its grade, what it is about, where to go."""
    cell = f"padding:8px 0;border-bottom:1px solid {_LINE};font-size:15px;line-height:1.6"
    rows = []
    for words, address in links:
        end = min(at for at in (words.find("】"), words.find("]")) if at > 0) + 1
        grade = words[:end]
        red = ' class="grade" style="color:#d93025"' if _GRAVE.search(grade) else ""
        rows.append(
            f'<tr><td class="line" style="{cell}"><strong{red}>{_spaced(grade)}</strong>'
            f"{_inline(words[end:], head)}<br>\n"
            f'<a href="{escape(address)}" style="font-size:13px">{escape(address)}</a></td></tr>'
        )
    return f'{_TABLE} width="100%" style="margin:0 0 {below}px">\n' + "\n".join(rows) + f"\n</table>{_WORD_GAP}"


def _signature(signature: str, head: Letterhead) -> str:
    lines = [
        f"<strong>{_inline(line, head)}</strong>" if n == 0 else _inline(line, head)
        for n, line in enumerate(signature.split("\n"))
    ]
    return (
        f'<div class="line dim" style="margin:18px 0 0;padding:10px 0 0;border-top:1px solid {_LINE};color:{_DIM};'
        f'font-size:13px;line-height:1.7">{_joined(lines)}</div>'
    )


def _quote(attribution: str, quoted: str) -> str:
    """The customer's words behind a bar, and what they quoted behind one more. Nothing in them can be pressed."""
    bar = f"margin:0 0 0 2px;padding:0 0 0 12px;border-left:3px solid {_LINE};color:{_DIM}"
    opening = f'<blockquote type="cite" class="line dim" style="{bar}">'
    pieces: list[str] = []
    depth = 0
    for deep, lines in groupby(map(_unmarked, quoted.split("\n")), key=lambda pair: pair[0]):
        pieces.append(opening * (deep - depth) or "</blockquote>" * (depth - deep))
        pieces.append(_joined([_spaced(line) for _, line in lines]))
        depth = deep
    look = f"margin:22px 0 0;color:{_DIM};font-size:14px;line-height:1.6"
    bars = "".join(pieces) + "</blockquote>" * depth
    return f'<div class="dim" style="{look}">{_spaced(attribution)}<br>\n{bars}</div>'


def _unmarked(line: str) -> tuple[int, str]:
    """How many bars stand before a quoted line, ours being the first; and the line without the marks they show."""
    found = _MARKS.match(line)
    marks = min(found[0].count(">"), QUOTE_DEPTH - 1) if found else 0
    for _ in range(marks):
        line = line.lstrip(" ").removeprefix(">")
    return marks + 1, line.removeprefix(" ") if marks else line


def _lines(lines: tuple[str, ...], head: Letterhead) -> str:
    return _joined([_inline(line, head) for line in lines])


def _joined(lines: list[str]) -> str:
    return "<br>\n".join(lines)


def _inline(line: str, head: Letterhead) -> str:
    """Our own addresses and our hotline can be pressed; all else is words."""
    pieces, at = [], 0
    for start, address in own_addresses(line, head.public_url):
        pieces += [_with_hotline(line[at:start], head.hotline), f'<a href="{escape(address)}">{escape(address)}</a>']
        at = start + len(address)
    return "".join((*pieces, _with_hotline(line[at:], head.hotline)))


def _with_hotline(words: str, hotline: str) -> str:
    dial = _DIAL.match(hotline)
    if dial is None or hotline not in words:
        return _spaced(words)
    number = re.sub(r"[^\d+]", "", dial[0])
    link = f'<a href="tel:{number}" style="white-space:nowrap">{escape(hotline)}</a>'
    return link.join(_spaced(piece) for piece in words.split(hotline))


def _spaced(words: str) -> str:
    """Escaped; blanks in a row, which HTML would make one, stay as they are."""
    return escape(words.replace("\t", "    ").replace("  ", " \xa0")).replace("\xa0", "&nbsp;")
