"""bytes -> Mail | Unreadable, field by field; never raises, never guesses silently (see Mail.problems)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from mailbot.core.body import Reading, read_body
from mailbot.core.header import addresses, date_of, file_name, message_ids, text_of
from mailbot.core.mime import MAX_HEADER_BYTES, Fields, Part, parts_of, payload, read_fields, size_of, tree

_CHARSET = re.compile(rb"(?i)charset\s*=\s*[\"']?([\w.:-]{1,40})|=\?([\w.:-]{1,40})\?[bq]\?")


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of RFC 5322 3.4. `address` has a lower-case domain and is never empty; `name` may be."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is kept but is not the body. `index` finds its bytes: attachment_bytes(raw, index)."""

    index: int
    filename: str
    content_type: str
    size: int  # bytes, after transfer decoding
    inline: bool
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as understood. Absent things are None or empty, never invented."""

    message_id: str | None  # with angle brackets, as written
    from_: Address | None  # None: group, empty or unusable (RFC 6854): nobody to answer
    sender: Address | None
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str  # decoded, one line
    date: datetime | None  # aware
    text: str  # the whole body as text, "\n" line ends
    html: str | None  # the HTML body as received, decoded, not sanitised
    attachments: tuple[Attachment, ...]
    in_reply_to: tuple[str, ...]  # with angle brackets
    references: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]  # name as written, value decoded, in order, top first
    report: bytes | None  # a delivery-status or feedback-report part's raw bytes (RFC 3464, 5965)
    returned: bytes | None  # the returned message or its headers inside a report
    content_type: str  # of the whole message, lower case, e.g. "multipart/report; report-type=delivery-status"
    problems: tuple[str, ...]  # "declared gb2312, read as gb18030"

    def header(self, name: str) -> str | None:
        """The first header of this name, decoded, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def all_headers(self, name: str) -> tuple[str, ...]:
        """Every header of this name, top first."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Bytes we cannot make a mail of; kept, set aside and shown."""

    reason: str  # Chinese, as agents see it
    subject: str = ""
    from_: Address | None = None
    message_id: str | None = None


def parse(raw: bytes) -> Mail | Unreadable:
    """Read one message. Unreadable only when there is nothing: no bytes, no usable field and no text."""
    if not raw.strip(b"\x00 \t\r\n"):
        return Unreadable("邮件是空的")
    raw = _with_newlines(raw)
    hint = None if raw[:MAX_HEADER_BYTES].isascii() else _hint(raw)
    if _header_too_long(raw):
        fields = read_fields(raw, 0, MAX_HEADER_BYTES)[0]
        return _unreadable(f"邮件头超过 {MAX_HEADER_BYTES} 字节", _decoded(fields, hint), fields, hint)
    root, problems = tree(raw, hint)
    reading = Reading(raw, problems=problems)
    text = read_body(reading, root)
    if not root.fields and not text.strip():
        return Unreadable("既没有邮件头,也没有正文")
    return _mail(root, reading, text, hint)


def attachment_bytes(raw: bytes, index: int) -> bytes | None:
    """The decoded bytes of Attachment.index, or None if there is no such part."""
    raw = _with_newlines(raw)
    root, _ = tree(raw)
    part = next((part for part in parts_of(root) if part.index == index and not part.children), None)
    return None if part is None else payload(raw, part)[0]


def _mail(root: Part, reading: Reading, text: str, hint: str | None) -> Mail:
    headers = _decoded(root.fields, hint)
    first: dict[str, str] = {}
    for name, value in headers:
        first.setdefault(name.lower(), value)
    date = date_of(first.get("date", ""))
    if date is None:
        reading.note("the Date cannot be read" if first.get("date") else "no Date")
    from_ = _from(root.fields, hint)
    if from_ is None:
        reading.note("no usable From")
    ids = message_ids(first.get("message-id", ""))
    kind = root.content_type
    if "report-type" in root.parameters:
        kind += f"; report-type={root.parameters['report-type'].lower()}"
    return Mail(
        message_id=ids[0] if ids else None,
        from_=from_,
        sender=next(iter(_addresses(root.fields, "sender", hint)), None),
        reply_to=_addresses(root.fields, "reply-to", hint),
        to=_addresses(root.fields, "to", hint),
        cc=_addresses(root.fields, "cc", hint),
        subject=first.get("subject", ""),
        date=date,
        text=text,
        html="\n".join(reading.html) or None,
        attachments=tuple(_attachment(reading.raw, part, hint) for part in reading.attached),
        in_reply_to=message_ids(first.get("in-reply-to", "")),
        references=message_ids(first.get("references", "")),
        headers=headers,
        report=reading.report,
        returned=reading.returned,
        content_type=kind,
        problems=tuple(reading.problems),
    )


def _decoded(fields: Fields, hint: str | None) -> tuple[tuple[str, str], ...]:
    return tuple((name, text_of(value, hint)) for name, value in fields)


def _addresses(fields: Fields, name: str, hint: str | None) -> tuple[Address, ...]:
    found: list[Address] = []
    for key, value in fields:
        if key.lower() == name and value:
            found += [Address(*entry) for entry in addresses(value, hint)[0]]
    return tuple(dict.fromkeys(found))


def _from(fields: Fields, hint: str | None) -> Address | None:
    """The first usable address; a group (RFC 6854) is nobody to answer."""
    for key, value in fields:
        if key.lower() == "from":
            entries, grouped = addresses(value, hint)
            if entries and not grouped:
                return Address(*entries[0])
    return None


def _attachment(raw: bytes, part: Part, hint: str | None) -> Attachment:
    name = part.disposition_parameters.get("filename") or part.parameters.get("name") or ""
    if not name and part.content_type == "message/rfc822":
        inner = read_fields(raw, part.start, min(part.end, part.start + MAX_HEADER_BYTES))[0]
        subject = next((text_of(value, hint) for key, value in inner if key.lower() == "subject"), "")
        name = f"{subject}.eml" if subject else ""
    content_id = (part.field("content-id") or b"").decode("latin_1").strip("<> ")
    return Attachment(
        index=part.index,
        filename=file_name(name),
        content_type=part.content_type,
        size=size_of(raw, part),
        inline=part.disposition != "attachment" and (part.disposition == "inline" or bool(content_id)),
        content_id=content_id or None,
    )


def _with_newlines(raw: bytes) -> bytes:
    """Old Mac line ends: no LF in the whole message."""
    return raw.replace(b"\r", b"\n") if b"\n" not in raw else raw


def _hint(raw: bytes) -> str | None:
    """The charset the mail speaks of, for headers that have raw 8-bit text and no label."""
    for match in _CHARSET.finditer(raw, 0, MAX_HEADER_BYTES):
        label = (match[1] or match[2]).decode("latin_1")
        if label.lower() not in ("us-ascii", "utf-8", "iso-8859-1"):
            return label
    return None


def _header_too_long(raw: bytes) -> bool:
    if len(raw) <= MAX_HEADER_BYTES:
        return False
    _, start, closed = read_fields(raw, 0, MAX_HEADER_BYTES + 1)
    return closed and start > MAX_HEADER_BYTES


def _unreadable(reason: str, headers: tuple[tuple[str, str], ...], fields: Fields, hint: str | None) -> Unreadable:
    first = {name.lower(): value for name, value in reversed(headers)}
    ids = message_ids(first.get("message-id", ""))
    return Unreadable(reason, first.get("subject", ""), _from(fields, hint), ids[0] if ids else None)
