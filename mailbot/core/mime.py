"""The tree of parts of one message, as slices of the raw bytes. Never raises, never copies a big payload.

Our own walk and not email.parser: that one recurses without a limit, re-assembles returned messages instead
of keeping their bytes, and reads a big attachment line by line where finding the boundaries is enough.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mailbot.core.header import lenient_base64, parameters

MAX_PARTS = 100
MAX_DEPTH = 20
MAX_HEADER_BYTES = 100_000

_FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")
_KNOWN = re.compile(
    rb"(?i)(?:from|to|cc|subject|date|message-id|content-[a-z-]+|mime-version|received|reply-to|sender|x-[a-z-]+|"
    rb"references|in-reply-to|return-path|dkim-signature|authentication-results):"
)
_SPACE = re.compile(rb"[ \t\r\n\x00]+")
_BEGIN_UU = re.compile(rb"(?m)^begin(?:-base64)? [0-7]{3,4} ")
_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
Fields = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part. `start` and `end` say where its body lies in the raw bytes."""

    index: int
    depth: int
    fields: Fields
    content_type: str
    parameters: Mapping[str, str]
    disposition: str
    disposition_parameters: Mapping[str, str]
    encoding: str
    start: int
    end: int
    children: tuple[Part, ...] = ()

    def field(self, name: str) -> bytes | None:
        """The first field of this (lower-case) name, raw and unfolded."""
        return next((value for key, value in self.fields if key.lower() == name), None)


@dataclass(slots=True)
class Walk:
    """Counts what one walk has seen; lives only while the tree is built."""

    raw: bytes
    hint: str | None
    parts: int = 0
    problems: list[str] = field(default_factory=list)

    def note(self, problem: str) -> None:
        """Say a problem once."""
        if problem not in self.problems:
            self.problems.append(problem)


def tree(raw: bytes, hint: str | None = None) -> tuple[Part, list[str]]:
    """The whole message and what was wrong with its structure."""
    walk = Walk(raw, hint)
    start = len(raw) - len(raw.lstrip(b"\r\n \t\x00")) if raw[:1] in b"\r\n \t\x00" else 0
    return _part(walk, start, len(raw), 0, "text/plain"), walk.problems


def parts_of(part: Part) -> Iterator[Part]:
    """The part and all below it, in the order of the mail."""
    yield part
    for child in part.children:
        yield from parts_of(child)


def read_fields(raw: bytes, start: int, end: int) -> tuple[Fields, int, bool]:
    """Header fields, where the body starts, and whether the blank line between them was there.

    A line that is no field ends the header block (it was cut short), unless a well-known field follows within
    three lines: then a client wrapped a long value without indenting it.
    """
    names: list[str] = []
    values: list[list[bytes]] = []
    at = start
    while at < end:
        stop = raw.find(b"\n", at, end)
        after = end if stop < 0 else stop + 1
        line = raw[at : end if stop < 0 else stop].rstrip(b"\r")
        if not line:
            return _joined(names, values), after, True
        match = None if names and line[0] in b" \t" else _FIELD.match(line.lstrip() if not names else line)
        if match is not None:
            line = line.lstrip() if not names else line
            names.append(match[1].decode("latin_1"))
            values.append([line[match.end() :].strip()])
        elif names and (line[0] in b" \t" or _field_follows(raw, after, end)):
            values[-1].append(line.strip())
        elif names or not line.startswith((b"From ", b">From ")):
            return _joined(names, values), at, False
        at = after
    return _joined(names, values), end, True


def _joined(names: list[str], values: list[list[bytes]]) -> Fields:
    return tuple((name, b" ".join(lines).strip()) for name, lines in zip(names, values, strict=True))


def _field_follows(raw: bytes, at: int, end: int) -> bool:
    for _ in range(3):
        stop = raw.find(b"\n", at, min(end, at + 2000))
        if stop < 0 or not raw[at:stop].strip():
            return False
        if _KNOWN.match(raw, at):
            return True
        at = stop + 1
    return False


def _part(walk: Walk, start: int, end: int, depth: int, default: str) -> Part:
    fields, body, closed = read_fields(walk.raw, start, min(end, start + MAX_HEADER_BYTES))
    if depth == 0 and not any(_KNOWN.match(name.encode("latin_1") + b":") for name, _ in fields):
        fields, body, closed = (), start, False  # "Hello: my order ..." is text, not a field
    if not closed and depth == 0:
        walk.note("the header block is not closed" if fields else "no header block")
    index = walk.parts
    walk.parts += 1
    named: dict[str, bytes] = {}
    for name, value in fields:
        if name[:1] in "cC":
            named.setdefault(name.lower(), value)
    kind, given = parameters(named.get("content-type", b""), walk.hint)
    if kind in ("", "text"):
        kind = default if not kind else "text/plain"
    disposition, about = parameters(named.get("content-disposition", b""), walk.hint)
    encoding = parameters(named.get("content-transfer-encoding", b""))[0].strip("\"'")
    children: tuple[Part, ...] = ()
    if kind.startswith("multipart/"):
        children = _children(walk, (body, end), depth, (kind, given.get("boundary", "")))
        if not children:
            kind = "text/plain"  # a multipart without parts: its text is all there is
    return Part(index, depth, fields, kind, given, disposition, about, encoding, body, end, children)


def _children(walk: Walk, span: tuple[int, int], depth: int, kind: tuple[str, str]) -> tuple[Part, ...]:
    if depth >= MAX_DEPTH:
        walk.note(f"parts nested deeper than {MAX_DEPTH}, not taken apart")
        return ()
    spans, closed = _between(walk.raw, span, kind[1])
    if not closed:
        walk.note("the last boundary is missing" if spans else "multipart without a boundary")
    default = "message/rfc822" if kind[0] == "multipart/digest" else "text/plain"
    children = []
    for start, end in spans:
        if walk.parts >= MAX_PARTS:
            walk.note(f"more than {MAX_PARTS} parts, the rest not read")
            break
        children.append(_part(walk, start, end, depth + 1, default))
    return tuple(children)


def _between(raw: bytes, span: tuple[int, int], boundary: str) -> tuple[list[tuple[int, int]], bool]:
    """The spans between the boundary lines (RFC 2046 5.1.1) and whether the closing one was found."""
    start, end = span
    mark = b"--" + boundary.encode("utf_8", "replace")
    if not boundary:
        # Some senders lose the parameter; the first line that starts with -- is the boundary then.
        match = re.compile(rb"(?m)^--[!-~]{6,70}[ \t]*\r?$").search(raw, start, min(end, start + 5000))
        if match is None:
            return [], False
        mark = match[0].rstrip()
    spans: list[tuple[int, int]] = []
    opened = -1
    at = start
    while len(spans) <= MAX_PARTS:
        at = raw.find(mark, at, end)
        if at < 0:
            break
        after = at + len(mark)
        stop = raw.find(b"\n", after, end)
        tail = raw[after : min(end if stop < 0 else stop, after + 200)].strip()
        if (at != start and raw[at - 1] not in b"\n\r") or tail not in (b"", b"--"):
            at = after
            continue
        if opened >= 0:
            spans.append((opened, max(opened, _before_newline(raw, at))))
        if tail == b"--":
            return spans, True
        opened = at = end if stop < 0 else stop + 1
    if opened >= 0 and opened < end:
        spans.append((opened, end))
    return spans, False


def _before_newline(raw: bytes, at: int) -> int:
    """The line end before a boundary belongs to the boundary."""
    if raw[at - 1 : at] == b"\n":
        at -= 1
    return at - 1 if raw[at - 1 : at] == b"\r" else at


def payload(raw: bytes, part: Part, limit: int | None = None) -> tuple[bytes, str | None]:
    """The part's bytes after transfer decoding, and a problem where they were broken.

    `limit` cuts what is read of the encoded bytes: a body has a limit, an attachment has none.
    """
    end = part.end if limit is None else min(part.end, part.start + 2 * limit)
    body = raw[part.start : end]
    match part.encoding:
        case "base64":
            return _base64(body)
        case "quoted-printable":
            return binascii.a2b_qp(body), None
        case "x-uuencode" | "uuencode" | "x-uue" | "uue":
            return _uudecode(body)
        case "" | "7bit" | "8bit" | "binary":
            return body, None
    return body, f"unknown transfer encoding {part.encoding[:40]}"


def size_of(raw: bytes, part: Part) -> int:
    """The payload's size without decoding what is big."""
    if part.encoding != "base64":
        return (
            len(payload(raw, part)[0]) if part.encoding not in ("", "7bit", "8bit", "binary") else part.end - part.start
        )
    blanks = raw.count(b"\n", part.start, part.end) + raw.count(b"\r", part.start, part.end)
    padding = raw.count(b"=", part.start, part.end)
    return max(0, (part.end - part.start - blanks - padding) * 3 // 4)


def _base64(body: bytes) -> tuple[bytes, str | None]:
    """Strict first, because that is the usual case and fast; then whatever can be had."""
    joined = _SPACE.sub(b"", body)
    try:
        return binascii.a2b_base64(joined, strict_mode=True), None
    except binascii.Error:
        pass
    letters = b"".join(_BASE64_RUN.findall(joined))
    if len(letters) < 0.9 * len(joined):
        return body, "labelled base64, is not"
    head, tail = _footer(body)
    octets = b"".join(lenient_base64(run) for run in _BASE64_RUN.findall(_SPACE.sub(b"", head)))
    return octets + tail, "broken base64"


def _footer(body: bytes) -> tuple[bytes, bytes]:
    """Lists and virus scanners append plain lines to an encoded body: words, so they are kept."""
    at = body.find(b"=\n")
    at = body.find(b"=\r\n") if at < 0 else at
    if at < 0:
        return body, b""
    tail = body[at + 1 :].strip(b"=\r\n")
    if tail and b" " in tail:
        return body[: at + 1], b"\n" + tail
    return body, b""


def _uudecode(body: bytes) -> tuple[bytes, str | None]:
    begin = _BEGIN_UU.search(body)
    if begin is None:
        return body, "labelled uuencode, is not"
    out: list[bytes] = []
    problem = None
    for line in body[begin.end() :].splitlines()[1:]:
        if line.rstrip() == b"end":
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Trailing blanks lost or added on the way: believe the length in the first character.
            length = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0
            try:
                out.append(binascii.a2b_uu(line[:length]))
            except binascii.Error:
                problem = "broken uuencode"
    return b"".join(out), problem
