"""The HTML of a mail -> the text a reader sees, with quotes marked "> ". Never raises, linear in its input.

Our own scanner and not inscriptis: libxml2 stops at a depth of 256 and drops the words below, inscriptis
recurses, and neither marks a quote, which quoting.split needs. It never makes HTML safe (nh3 does).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

MAX_HTML = 2_000_000
MAX_QUOTE_DEPTH = 10  # what a screen can show; deeper quotes are shown at this depth
LOOK_BACK = 60  # elements that an inline end tag may close across
RULE_LINE = "_" * 32  # <hr>: what Outlook writes for it in plain text

_NAME = re.compile(r"/?[a-zA-Z][\w:-]{0,40}")
_ATTRIBUTE = re.compile(r"""([a-zA-Z_:-]{1,40})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_BLANKS = re.compile(r"[ \t\n\r\f\u200b\ufeff\u200c\u034f\u00ad]+")
_HIDDEN = re.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidden|max-height\s*:\s*0(?:px)?\s*(?:;|$)")
_NO_MARGIN = re.compile(r"(?i)margin(?:-top|-bottom)?\s*:\s*0")
_INDENT = re.compile(r"(?i)border(?:-left)?\s*:\s*(?:none|0)")
_SKIPPED = frozenset({"style", "script", "head", "title", "template", "svg"})
_BARRIERS = frozenset({"blockquote", "td", "th", "table"})  # a stray </p> or </span> closes none of these
_RAW = frozenset({"style", "script", "title", "textarea"})
_VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "wbr", "embed", "source"})
_BLOCKS = frozenset(
    {"div", "table", "tbody", "thead", "tfoot", "tr", "ul", "ol", "li", "dl", "dt", "dd",
     "blockquote", "center", "form", "address", "article", "section", "header", "footer", "nav", "main",
     "aside", "fieldset", "figure", "pre", "caption", "includetail", "body", "html"}
)  # fmt: skip
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"})
_CELLS = frozenset({"td", "th"})


@dataclass(slots=True)
class _Open:
    """An element that is open."""

    name: str
    hidden: bool = False
    quote: bool = False
    link: str = ""
    at: int = 0  # for a link: where its words began
    number: int = 0  # for a numbered list: of the next item


@dataclass(slots=True)
class _Page:
    """The lines written so far."""

    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)  # how many of each name are open: keeps closing linear
    hidden: int = 0
    depth: int = 0
    preformatted: int = 0
    row_start: int = -1  # number of lines when the row began; -1 before its first cell
    blank_wanted: bool = False
    cell_break: bool = False
    words: list[str] = field(default_factory=list)  # of the link being read

    def break_line(self) -> None:
        """End the line if it has words."""
        if self.line:
            text = "".join(self.line)
            self.write(text if self.preformatted else text.strip(" "))
            self.line = []

    def write(self, text: str) -> None:
        """One finished line, with its quote marks."""
        mark = "> " * min(self.depth, MAX_QUOTE_DEPTH)
        if self.blank_wanted and self.lines and self.lines[-1].strip("> "):
            self.lines.append(mark.rstrip())
        self.blank_wanted = False
        self.lines.append((mark + text).rstrip())

    def say(self, text: str) -> None:
        """Words inside the current line."""
        if not text:
            return
        if self.preformatted:
            head, *rest = text.replace("\r\n", "\n").split("\n")
            self.line.append(head)
            for more in rest:
                self.write("".join(self.line))
                self.line = [more]
            return
        text = _BLANKS.sub(" ", text)
        if text[0] == " " and (not self.line or self.line[-1].endswith(" ")):
            text = text[1:]
        if not text:
            return
        if self.cell_break:
            self._new_cell()
        self.line.append(text)

    def _new_cell(self) -> None:
        """Cells of one row stand on one line, as long as none of them has two lines."""
        self.cell_break = False
        if self.line:
            self.line.append("  ")
        elif 0 <= self.row_start < len(self.lines) and len(self.lines) - self.row_start == 1:
            mark = len("> " * min(self.depth, MAX_QUOTE_DEPTH))
            self.line = [self.lines.pop()[mark:], "  "]
            self.blank_wanted = False


def to_text(html: str) -> str:
    """The words in reading order: hidden things out, links as words (and the address where it says more)."""
    page = _Page()
    for kind, text in _scan(html[:MAX_HTML]):
        if kind == "text":
            if not page.hidden:
                page.say(unescape(text) if "&" in text else text)
        elif kind == "end":
            _end(page, text)
        else:
            _start(page, kind, text)
    page.break_line()
    return "\n".join(_calm(page.lines)).replace("\xa0", " ").replace("\x00", "").strip("\n")


def _calm(lines: list[str]) -> Iterator[str]:
    """At most one blank line in a row."""
    blank = True
    for line in lines:
        now_blank = not line.strip("> \xa0")
        if not (blank and now_blank):
            yield line
        blank = now_blank


def _scan(html: str) -> Iterator[tuple[str, str]]:
    """("text", words), ("end", name) or (name, attributes). A "<" that starts no tag is text."""
    at = 0
    size = len(html)
    endless: set[str] = set()  # what is opened and never closed again: looked for once, not each time
    while at < size:
        open_at = html.find("<", at)
        if open_at < 0:
            yield "text", html[at:]
            return
        if open_at > at:
            yield "text", html[at:open_at]
        if html.startswith("<!--", open_at):
            close = -1 if "!" in endless else html.find("-->", open_at + 4)
            if close < 0:
                endless.add("!")
            # A comment that never ends hides nothing: the customer's words may follow.
            at = close + 3 if close >= 0 else open_at + 4
            continue
        name = _NAME.match(html, open_at + 1)
        if name is None and html[open_at + 1 : open_at + 2] not in ("!", "?"):
            yield "text", "<"
            at = open_at + 1
            continue
        close = _tag_end(html, open_at)
        if close < 0:
            yield "text", html[open_at:]
            return
        at = close + 1
        if name is None:
            continue
        tag = name[0].lower()
        if tag[0] == "/":
            yield "end", tag[1:]
            continue
        yield tag, html[name.end() : close]
        if tag in _RAW and tag not in endless:
            close_tag = re.compile(f"(?i)</{tag}").search(html, at)
            if close_tag is not None:  # until the closing tag nothing is markup
                yield "text", html[at : close_tag.start()]
                at = close_tag.start()
                continue
        if tag in _RAW:  # without one it must not hide what follows
            endless.add(tag)
            yield "end", tag


def _tag_end(html: str, open_at: int) -> int:
    """The ">" that ends the tag; one inside a quoted value does not (looked for nearby, to stay linear)."""
    close = html.find(">", open_at)
    if close < 0 or close - open_at > 5000:
        return close
    for _ in range(5):
        inside = html[open_at:close]
        if inside.count('"') % 2 == 0:
            return close
        further = html.find(">", close + 1, open_at + 5000)
        if further < 0:
            break
        close = further
    return html.find(">", open_at)


def _attributes(text: str) -> dict[str, str]:
    if "=" not in text:
        return {}
    return {m[1].lower(): m[2] or m[3] or m[4] or "" for m in _ATTRIBUTE.finditer(text[:4000])}


def _start(page: _Page, name: str, text: str) -> None:
    given = _attributes(text)
    if name in _VOID:
        if not page.hidden:
            _void(page, name, given)
        return
    if name in ("p", "li", "tr", "td", "th", "dt", "dd"):
        _close_sibling(page, name)
    elif name == "body" or (name in _BLOCKS and page.names.get("head")):
        _end(page, "head")  # a <head> that nobody closed must not hide the mail
    style = given.get("style", "")
    hidden = name in _SKIPPED or bool(style and _HIDDEN.search(style))
    quote = name == "blockquote" and not _INDENT.search(style)
    if not page.hidden and not hidden:
        _layout(page, name, opening=True)
        if name == "p":
            tight = _NO_MARGIN.search(style) or "msonormal" in given.get("class", "").lower()
            page.blank_wanted = page.blank_wanted and not tight
    if text.rstrip().endswith("/") and ":" in name:
        return  # <o:p/>
    link = given.get("href", "") if name == "a" else ""
    if link:
        page.words = []
    page.stack.append(_Open(name, hidden, quote, link, len(page.line), _first_number(given) if name == "ol" else 0))
    page.names[name] = page.names.get(name, 0) + 1
    page.hidden += hidden
    page.depth += quote
    page.preformatted += name == "pre"


def _void(page: _Page, name: str, given: dict[str, str]) -> None:
    if name == "br":
        if page.line:
            page.break_line()
        else:
            page.write("")
    elif name == "hr":
        page.break_line()
        page.write(RULE_LINE)
    elif name == "img" and given.get("alt", "").strip() and len(given["alt"]) < 20:
        page.say(unescape(given["alt"]))


def _close_sibling(page: _Page, name: str) -> None:
    """<p> ends an open <p>, <tr> an open <tr>: nobody writes all the end tags."""
    family = ("td", "th") if name in ("td", "th") else ("dt", "dd") if name in ("dt", "dd") else (name,)
    if page.stack and page.stack[-1].name in family:
        _end(page, page.stack[-1].name)


def _layout(page: _Page, name: str, *, opening: bool) -> None:
    if name in _CELLS:
        if opening:
            if page.row_start < 0:
                page.break_line()
                page.row_start = len(page.lines)
            else:
                page.cell_break = True
        return
    if name in _PARAGRAPHS:
        page.break_line()
        page.blank_wanted = page.blank_wanted or ((not opening or bool(page.lines)) and not page.names.get("td"))
    elif name in _BLOCKS:
        page.break_line()
    if name in ("tr", "table"):
        page.row_start = -1
        page.cell_break = False
    elif name == "li" and opening:
        page.say(_mark(page))


def _first_number(given: dict[str, str]) -> int:
    start = given.get("start", "")
    return int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 1


def _mark(page: _Page) -> str:
    """What stands before an item of the list that was opened last."""
    for element in page.stack[: -LOOK_BACK - 1 : -1]:
        if element.name == "ol":
            element.number += 1
            return f"{element.number - 1}. "
        if element.name == "ul":
            break
    return "- "


def _end(page: _Page, name: str) -> None:
    if name in ("p", "br") and not page.names.get(name):
        if not page.hidden:
            page.break_line()
        return
    if not page.names.get(name) or _is_stray(page, name):
        return
    while page.stack:
        top = page.stack.pop()
        page.names[top.name] -= 1
        if not page.hidden:
            _finish_link(page, top)
            if top.name not in _CELLS:
                _layout(page, top.name, opening=False)
        page.hidden -= top.hidden
        page.depth -= top.quote
        page.preformatted -= top.name == "pre"
        if top.name == name:
            return


def _is_stray(page: _Page, name: str) -> bool:
    if name in _BLOCKS or name in _CELLS:
        return False
    for element in page.stack[: -LOOK_BACK - 1 : -1]:
        if element.name == name:
            return False
        if element.name in _BARRIERS:
            return True
    return True


def _finish_link(page: _Page, link: _Open) -> None:
    """The address follows the words only where it tells something new: not for mailto, tel, or itself."""
    target = unescape(link.link).strip()
    if not target.lower().startswith(("http://", "https://")) or len(target) > 300:
        return
    words = "".join(page.line[link.at :]).strip()
    bare = target.split("://", 1)[1].rstrip("/")
    if words and bare not in words and words.rstrip("/") not in target:
        page.say(f" ({target})")
