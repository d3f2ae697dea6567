"""One header field: bytes -> decoded text, addresses, dates, Message-IDs, parameters. Never raises.

It works on the raw bytes: policy.default's accessors raise on 6 % of odd mail. No value it returns contains
CR, LF or NUL.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from urllib.parse import unquote_to_bytes

from mailbot.core.charset import decode, decode_raw

_WORD = re.compile(rb"=\?([^?\s]{0,60})\?([bBqQ])\?([^?]*)\?=")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_PARAMETER = re.compile(r";\s*([^\s=;\"]{1,60})\s*=\s*(\"(?:[^\"\\]|\\.)*\"?|[^;]*)", re.DOTALL)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|\([^()]*\)?|<[^<>]*>?|[,;:，；]|[^",;:<(，；]+', re.DOTALL)
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"@'，；]{1,200}@[^\s<>()\[\],;:\"@'，；]{1,253}")
_ID = re.compile(r"<[^<>]{1,998}>")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
MAX_IDS = 200


def text_of(value: bytes, hint: str | None = None) -> str:
    """The value as people read it: RFC 2047 words and raw 8-bit text decoded, on one line."""
    if b"=?" not in value:
        return one_line(decode_raw(value, hint))
    return one_line(_decode_words(value, hint))


def one_line(text: str) -> str:
    """Nothing that could start a new header line, or fool a screen, survives."""
    return _CONTROLS.sub(" ", text).strip() if not text.isprintable() else text.strip()


def _decode_words(value: bytes, hint: str | None) -> str:
    """Adjacent words of one charset are joined as bytes first: senders cut inside a character."""
    out: list[str] = []
    charset, pending, end = "", b"", 0
    for match in _WORD.finditer(value):
        between = value[end : match.start()]
        name = match[1].decode("latin_1").split("*")[0].lower()
        if pending and (between.strip() or name != charset):
            out.append(decode(pending, charset)[0])
            pending = b""
        if between.strip() or end == 0:
            out.append(decode_raw(between, hint))
        charset, end = name, match.end()
        pending += _word_bytes(match[2], match[3])
    if pending:
        out.append(decode(pending, charset)[0])
    out.append(decode_raw(value[end:], hint))
    return "".join(out)


def _word_bytes(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"qQ":
        return binascii.a2b_qp(text.replace(b" ", b"_"), header=True)
    return lenient_base64(text)


def lenient_base64(text: bytes) -> bytes:
    """What can be had of base64 with missing padding, blanks or a cut end."""
    letters = _NOT_BASE64.sub(b"", text)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def parameters(value: bytes, hint: str | None = None) -> tuple[str, Mapping[str, str]]:
    """The first word in lower case and the parameters, RFC 2231 put together, broken forms read as meant."""
    line = decode_raw(value, hint)
    head, _, rest = line.partition(";")
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for match in _PARAMETER.finditer(";" + rest):
        name, text = match[1].lower(), match[2].strip()
        if text.startswith('"'):
            text = re.sub(r"\\([\"\\])", r"\1", text[1:-1] if text.endswith('"') and len(text) > 1 else text[1:])
        base, star, section = name.partition("*")
        if not star:
            plain.setdefault(base, _parameter_text(text))
            continue
        number = section.rstrip("*")
        encoded = name.endswith("*")
        pieces.setdefault(base, []).append((int(number) if number.isdecimal() else 0, encoded, text))
    for base, sections in pieces.items():
        plain[base] = _extended(sections)
    return one_line(head).lower().replace(" ", ""), plain


def _extended(sections: list[tuple[int, bool, str]]) -> str:
    """RFC 2231: charset'language'percent-coded, in numbered sections."""
    sections.sort(key=lambda section: section[0])
    charset = ""
    octets = b""
    for position, (_, encoded, text) in enumerate(sections):
        if encoded and position == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        octets += unquote_to_bytes(text) if encoded else text.encode("utf_8", "replace")
    if b"=?" in octets:  # encoded words inside RFC 2231: against both RFCs, and sent
        return text_of(octets)
    return one_line(decode(octets, charset)[0])


def _parameter_text(text: str) -> str:
    if "=?" in text:
        return text_of(text.encode("utf_8", "replace"))
    if len(_PERCENT.findall(text)) >= 2:
        octets = unquote_to_bytes(text)
        try:
            return one_line(octets.decode("utf_8"))
        except UnicodeDecodeError:
            return one_line(text)
    return one_line(text)


def file_name(text: str) -> str:
    """The last part of a path, without anything a file system or a screen could stumble over."""
    name = one_line(text).replace("\\", "/").rsplit("/", 1)[-1]
    return name.strip(" .\"'")[:200] if name.strip(" .") else ""


def addresses(value: bytes, hint: str | None = None) -> tuple[tuple[tuple[str, str], ...], bool]:
    """((name, address), ...) and whether group syntax (RFC 6854) was used. Unusable entries are left out."""
    line = _CONTROLS.sub(" ", decode_raw(value, hint))
    grouped = False
    found: list[tuple[str, str]] = []
    chunk: list[str] = []
    ends_group = ";" in line
    for piece in _TOKEN.findall(line):
        if piece == ":" and ends_group:
            grouped, chunk = True, []
        elif piece in (",", ";", "，", "；"):
            chunk = _close(chunk, found, piece)
        else:
            chunk.append(piece)
    _close(chunk, found, ";")
    if not found:
        found = [("", usable) for raw in _ADDRESS.findall(line)[:1] if (usable := usable_address(raw))]
    return tuple(found), grouped


def _close(chunk: list[str], found: list[tuple[str, str]], mark: str) -> list[str]:
    """Take one entry; one without an address is the first half of a name with a comma ("Li, Ming <..>")."""
    if not chunk:
        return []
    entry = _entry(chunk)
    if entry is None:
        names = mark in (",", "，") and len(chunk) < 8  # a name has few commas; a long list of rubbish is no name
        return [*chunk, mark] if names and any(part.strip() for part in chunk) else []
    found.append(entry)
    return []


def _entry(chunk: list[str]) -> tuple[str, str] | None:
    """Name <a@b> | a@b (Name) | Name (a@b) | Name a@b | <a@b | "a@b"."""
    words, comments, address = [], [], None
    for token in chunk:
        if token[0] == "<":
            address = address or usable_address(token.strip("<> "))
        elif token[0] == "(":
            comments.append(token.strip("() "))
        elif token[0] == '"':
            words.append(re.sub(r"\\(.)", r"\1", token[1:].removesuffix('"')))
        else:
            words.append(token)
    name = " ".join(" ".join(words).split()).replace(" ,", ",")
    for source in () if address else (name, *comments):
        match = _ADDRESS.search(source)
        address = usable_address(match[0]) if match else None
        if match and address:
            if source == name:
                name = (name[: match.start()] + name[match.end() :]).strip(" <>'\"")
            else:
                comments.remove(source)
            break
    if address is None:
        return None
    name = _name(name) or _name(" ".join(comments))
    return ("" if name.lower() == address.lower() else name, address)


def _name(text: str) -> str:
    decoded = text_of(text.encode("utf_8", "replace")) if "=?" in text else one_line(text)
    return " ".join(decoded.strip(" '\"").split())[:200]


def usable_address(text: str) -> str | None:
    """local@domain with a lower-case A-label domain, or None."""
    local, at, domain = text.strip().strip("<>'\"").removeprefix("mailto:").rpartition("@")
    domain = domain.strip().rstrip(".").lower()
    if not (at and local and domain) or len(text) > 320 or re.search(r"[\s<>,;()]", local + domain):
        return None
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    return f"{local}@{domain}"


def date_of(text: str) -> datetime | None:
    """An aware time, or None when the words are no date."""
    try:
        if re.match(r"\d{4}-\d\d-\d\d", text):
            when = datetime.fromisoformat(text.strip()[:35])
            return when if when.tzinfo else when.replace(tzinfo=UTC)
        fields = parsedate_tz(text[:200])
        if fields is None or not 1970 <= fields[0] <= 9000:
            return None
        zone = timezone(timedelta(seconds=fields[9] or 0))
        return datetime(*fields[:6], tzinfo=zone)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None


def message_ids(text: str) -> tuple[str, ...]:
    """Every <id>, blanks from folding taken out, in order, once. Bare ids get their brackets."""
    found = ["".join(raw.split()) for raw in _ID.findall(text)]
    if not found:
        found = [f"<{word.strip('<>')}>" for word in text.split() if "@" in word and len(word) < 998]
    return tuple(dict.fromkeys(one for one in found if len(one) > 2))[:MAX_IDS]
