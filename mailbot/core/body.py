"""Which parts are the body, which are attachments, and the body as text. Never raises, loses no text part.

Parts of a multipart are joined in order; a choice is made only inside multipart/alternative (a list footer
beside the HTML is no reason to drop the HTML), and a blank plain part never hides the HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from mailbot.core.charset import decode
from mailbot.core.html import to_text
from mailbot.core.mime import Part, payload

MAX_BODY = 2_000_000  # characters of text, and bytes of one part that are looked at
_META_CHARSET = re.compile(rb"(?i)<meta[^<>]{0,200}charset\s*=\s*[\"']?([\w.:-]{1,40})")
_STUB = re.compile(r"(?i)超文本|html")  # "your program cannot show HTML": a stub, not the customer's words
_LOOKS_HTML = re.compile(r"(?is)\s*(?:<!doctype html|<html|<(?:div|p|table|body|meta)\b[^<>]{0,300}>)")
REPORT_TYPES = frozenset(
    {"message/delivery-status", "message/global-delivery-status", "message/feedback-report",
     "message/disposition-notification"}
)  # fmt: skip
RETURNED_TYPES = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers",
     "message/global-headers"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """One text part that belongs to the body."""

    kind: Literal["plain", "html"]
    text: str  # of an HTML part: the HTML


@dataclass(slots=True)
class Reading:
    """What reading the parts brings to light; lives only while one mail is read."""

    raw: bytes
    attached: list[Part] = field(default_factory=list)
    report: bytes | None = None
    returned: bytes | None = None
    html: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    has_words: bool = False

    def note(self, problem: str | None) -> None:
        """Say a problem once."""
        if problem and problem not in self.problems:
            self.problems.append(problem)


def read_body(reading: Reading, root: Part) -> str:
    """The whole body as text, "\\n" line ends; the rest is left in `reading`."""
    texts: list[str] = []
    for piece in _pieces(reading, root, in_report=False):
        text = to_text(piece.text) if piece.kind == "html" else piece.text
        if text.strip() and not _repeats(texts, text):
            texts.append(text.strip("\n"))
    whole = "\n".join(texts)
    if len(whole) > MAX_BODY:
        reading.note(f"body longer than {MAX_BODY} characters, the rest not read")
        whole = whole[:MAX_BODY]
    return whole


def _repeats(texts: list[str], text: str) -> bool:
    """The HTML beside its own plain version inside multipart/mixed: said once is enough."""
    squeezed = "".join(text.split())
    return any(squeezed == "".join(earlier.split()) for earlier in texts)


def _pieces(reading: Reading, part: Part, *, in_report: bool) -> Iterator[Piece]:
    if not part.children:
        piece = _leaf(reading, part, in_report=in_report)
        if piece is not None:
            yield piece
        return
    if part.content_type == "multipart/alternative":
        yield from _alternative(reading, part, in_report=in_report)
        return
    for child in part.children:
        yield from _pieces(reading, child, in_report=in_report or part.content_type == "multipart/report")


def _alternative(reading: Reading, part: Part, *, in_report: bool) -> Iterator[Piece]:
    """The plain version where it says something, else the HTML one."""
    options = [list(_pieces(reading, child, in_report=in_report)) for child in part.children]
    plain = [option for option in options if option and all(piece.kind == "plain" for piece in option)]
    rich = [option for option in options if any(piece.kind == "html" for piece in option)]
    for option in plain:
        words = "".join(piece.text for piece in option).strip()
        if words and not (rich and len(words) < 200 and _STUB.search(words)):
            yield from option
            return
    yield from next(iter(rich or plain), [])


def _leaf(reading: Reading, part: Part, *, in_report: bool) -> Piece | None:
    if in_report and part.content_type in REPORT_TYPES:
        reading.report = reading.report or payload(reading.raw, part)[0]
    elif in_report and part.content_type in RETURNED_TYPES:
        reading.returned = reading.returned or payload(reading.raw, part)[0]
    if not _is_body(reading, part):
        reading.attached.append(part)
        return None
    text = _text(reading, part)
    if part.content_type == "text/html":
        reading.html.append(text)
        reading.has_words = True
        return Piece("html", text)
    if _LOOKS_HTML.match(text) and "</" in text:
        return Piece("html", text)  # HTML labelled text/plain
    reading.has_words = reading.has_words or bool(text.strip())
    if part.parameters.get("format", "").lower() == "flowed":
        text = unflow(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
    return Piece("plain", text)


def _is_body(reading: Reading, part: Part) -> bool:
    if part.content_type not in ("text/plain", "text/html", "text/enriched", "text/richtext"):
        return False
    if part.disposition == "attachment":
        return False
    named = "filename" in part.disposition_parameters or "name" in part.parameters
    return not (named and reading.has_words)  # Apple Mail shows text files inline; they are files all the same


def _text(reading: Reading, part: Part) -> str:
    octets, problem = payload(reading.raw, part, MAX_BODY)
    reading.note(problem)
    if part.end - part.start > 2 * MAX_BODY:
        reading.note(f"body longer than {MAX_BODY} characters, the rest not read")
    label = part.parameters.get("charset")
    if not label and part.content_type == "text/html":
        meta = _META_CHARSET.search(octets[:2048])
        label = meta[1].decode("ascii", "replace") if meta else None
    text, problem = decode(octets, label)
    if label or not octets.isascii():
        reading.note(problem)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\x00", "").removeprefix("\ufeff")


def unflow(text: str, *, delete_space: bool) -> str:
    """RFC 3676: lines that end in a blank go on in the next one, if it is quoted as deep."""
    out: list[list[str]] = []
    open_depth = -1
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        words = line[depth:].removeprefix(" ")
        flowing = words.endswith(" ") and words != "-- "
        piece = words[:-1] if flowing and delete_space else words
        if depth == open_depth and words != "-- ":
            out[-1].append(piece)
        else:
            out.append([">" * depth + (" " if depth else "") + piece])
        open_depth = depth if flowing else -1
    return "\n".join("".join(pieces) for pieces in out)
