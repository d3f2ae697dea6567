"""Letter -> the exact bytes of a message: threading, encoding, plain text with an HTML twin.

Makes bytes only: never sends, never decides who gets them. Header lines are written here and not by
the stdlib's EmailMessage, because that re-reads values: a subject of
"=?utf-8?q?..?=" would be decoded and folded anew.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime

from mailbot.core.letter_html import Letterhead, Written, to_html
from mailbot.core.mail import Address

MAX_REFERENCES = 1500  # octets; some relays refuse headers of more than 4,096
MAX_MESSAGE_ID = 900  # octets; a longer one cannot stand on a line of 998
MAX_QUOTE = 20_000  # octets of the customer's mail below our answer
MAX_TEXT = 200_000  # octets of our own words

_MESSAGE_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,998}>")
# All that any reader might take for the end of a header line, not only CR, LF and NUL.
_LINE_BREAK = re.compile("[\x00\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_REPLY_PREFIX = re.compile(r"(?i:(?:re|aw|sv|antw|回复|回覆|答复|答覆)(?:\[\d{1,3}\])?\s{0,3}[:：]\s{0,9})")
_LOCAL_PART = re.compile(r"""[^\s()<>\[\]:;@\\,"]+|"(?:[^"\\\r\n]|\\.)*\"""")
_DOMAIN = re.compile(r"(?!-)[a-z0-9_.-]{1,253}|\[[0-9a-f.:ipv]{2,60}\]", re.IGNORECASE)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 ]*")
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9.+_-]+@[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Quote:
    """The customer's mail, repeated below the answer as a mail client does it."""

    author: str
    date: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class Letter:
    """All that goes into one message. `text` is final: greeting, answer, signature."""

    from_: Address
    to: tuple[Address, ...]
    subject: str
    text: str
    message_id: str
    date: datetime  # aware; its zone is also the zone of the quotation's date
    cc: tuple[Address, ...] = ()
    reply_to: Address | None = None
    parent_id: str | None = None  # the Message-ID answered
    references: tuple[str, ...] = ()  # the parent's own References
    automatic: bool = False  # nobody approved this one letter; RFC 3834 marks go on
    language: str = "zh"
    quote: Quote | None = None
    head: Letterhead = field(
        default_factory=Letterhead
    )  # for the HTML twin: whose links and which hotline can be pressed
    signature: str = ""  # for the HTML twin: as it stands at the end of `text`; "" looks for one


@dataclass(frozen=True, slots=True)
class Composed:
    raw: bytes
    recipients: tuple[str, ...]  # for the envelope: To and Cc, domains as A-labels, each once
    subject: str  # as sent
    text: str  # the plain part as sent, "\n" line ends
    references: tuple[str, ...]
    smtputf8: bool  # RFC 6531: a local part needs it; the server must offer it


@dataclass(frozen=True, slots=True)
class Refused:
    header: str
    reason: str  # Chinese, as agents see it


class UnsafeHeaderError(ValueError):
    """A value that must not stand in a header."""

    def __init__(self, header: str, reason: str) -> None:
        super().__init__(f"{header}: {reason}")
        self.header = header
        self.reason = reason


def compose(letter: Letter) -> Composed | Refused:
    """Write the message. The same letter gives the same bytes."""
    try:
        return _composed(letter)
    except UnsafeHeaderError as unsafe:
        return Refused(unsafe.header, unsafe.reason)


def reply_subject(subject: str) -> str:
    """`Re: ` exactly once, whatever "Re: 回复：答复: Re[2]:" was piled up before."""
    return f"Re: {bare_subject(subject)}".strip()


def bare_subject(subject: str) -> str:
    """The subject without its reply prefixes; forwards and brackets stay."""
    rest = subject.strip()
    while (prefix := _REPLY_PREFIX.match(rest)) is not None:
        rest = rest[prefix.end() :]
    return rest.strip()


def thread_references(parent_id: str | None, references: tuple[str, ...]) -> tuple[str, ...]:
    """RFC 5322 3.6.4: the parent's References and the parent; trimmed, the first and the last stay."""
    chain = [each for each in (*references, parent_id) if each and _usable_id(each)]
    unique = list(dict.fromkeys(reversed(chain)))  # newest first; a repeated one counts at its last place
    if not unique:
        return ()
    newest, *rest = unique
    oldest = rest[-1:]
    room = MAX_REFERENCES - len(newest) - sum(len(each) + 3 for each in oldest)
    if room < 0:
        return (newest,)
    middle: list[str] = []
    for each in rest[:-1]:
        room -= len(each) + 3  # CRLF and a blank between two
        if room < 0:
            break
        middle.append(each)
    return (*oldest, *reversed(middle), newest)


# RFC 3834 section 5, and what old systems look for. A reply that an agent approved bears none of them.
_AUTOMATIC = (
    "Auto-Submitted: auto-replied\r\n",
    "X-Auto-Response-Suppress: All\r\n",
    "Precedence: auto_reply\r\n",
)


def _composed(letter: Letter) -> Composed:
    if not letter.to:
        raise UnsafeHeaderError("To", "没有收件人")
    if not _usable_id(letter.message_id):
        raise UnsafeHeaderError("Message-ID", "邮件编号格式不对")
    if len(letter.text.encode("utf-8", "replace")) > MAX_TEXT:
        raise UnsafeHeaderError("", "正文太长，请缩短或改用附件")
    subject = _one_line("Subject", letter.subject)
    if _REPLY_PREFIX.match(subject):
        subject = reply_subject(subject)
    references = thread_references(letter.parent_id, letter.references)
    head = "".join(_head(letter, subject, references))
    written = _written(letter)
    text = f"{written.text}\n{_quotation(written)}"
    recipients = dict.fromkeys(_ascii_domain("To", each) for each in (*letter.to, *letter.cc))
    raw = head.encode() + _body(text, to_html(written, letter.head), letter.message_id)
    return Composed(raw, tuple(recipients), subject, text, references, smtputf8=not head.isascii())


def _head(letter: Letter, subject: str, references: tuple[str, ...]) -> list[str]:
    lines = [
        _field("From", _mailbox("From", letter.from_)),
        _field("To", ",\r\n ".join(_mailbox("To", each) for each in letter.to)),
    ]
    if letter.cc:
        lines.append(_field("Cc", ",\r\n ".join(_mailbox("Cc", each) for each in letter.cc)))
    if letter.reply_to:
        lines.append(_field("Reply-To", _mailbox("Reply-To", letter.reply_to)))
    lines.append(_field("Subject", _encoded(subject, len("Subject: "))))
    lines.append(_field("Date", format_datetime(letter.date)))
    lines.append(_field("Message-ID", letter.message_id))
    if letter.parent_id and _usable_id(letter.parent_id):
        lines.append(_field("In-Reply-To", letter.parent_id))
    if references:
        lines.append(_field("References", "\r\n ".join(references)))
    if letter.automatic:
        lines.extend(_AUTOMATIC)
    return lines


def _field(name: str, value: str) -> str:
    return f"{name}: {value}\r\n"


def _usable_id(message_id: str) -> bool:
    return len(message_id) <= MAX_MESSAGE_ID and _MESSAGE_ID.fullmatch(message_id) is not None


def _one_line(header: str, value: str) -> str:
    """The value without stray control characters; one that would end the line is refused, never mended."""
    if _LINE_BREAK.search(value):
        raise UnsafeHeaderError(header, "含有换行或空字符，可能是在伪造邮件头")
    text = value.encode("utf-8", "replace").decode()  # lone surrogates
    return " ".join(_CONTROL.sub("", text.replace("\t", " ")).split(" ")).strip()


def _encoded(value: str, used: int) -> str:
    """As it is where it is short and plain; else encoded words (RFC 2047), folded."""
    if value.isascii() and used + len(value) <= 76 and "=?" not in value:
        return value
    return Header(value, "utf-8", header_name=" " * max(used - 2, 0)).encode(linesep="\r\n")


def _mailbox(header: str, address: Address) -> str:
    name, wire = _one_line(header, address.name), _ascii_domain(header, address)
    if not name or name == address.address:
        return wire if _PLAIN_ADDRESS.fullmatch(wire) else f"<{wire}>"
    if _PLAIN_NAME.fullmatch(name) and len(name) <= 50:
        return f"{name} <{wire}>"
    if name.isascii() and len(name) <= 50 and "=?" not in name:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{wire}>'
    encoded = Header(name, "utf-8", header_name=header).encode(linesep="\r\n")
    return f"{encoded}\r\n <{wire}>"


def _ascii_domain(header: str, address: Address) -> str:
    """local@domain with the domain as A-labels (RFC 5890); the local part is nobody's to change."""
    value = _one_line(header, address.address)
    local, _, domain = value.rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError:
            raise UnsafeHeaderError(header, f"域名无法转换：{domain[:80]}") from None
    if len(value) > 320 or not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise UnsafeHeaderError(header, f"邮箱地址格式不对：{value[:80]}")
    return f"{local}@{domain}"


def _clean(text: str) -> str:
    """Plain text with "\n" line ends and nothing that a reader or a relay stumbles over."""
    text = re.sub("\r\n|[\r\x85\u2028\u2029]", "\n", text)
    return _CONTROL.sub("", text).encode("utf-8", "replace").decode()


def _written(letter: Letter) -> Written:
    """The words of the letter, cleaned; its quotation cut to size, without marks."""
    words, signature = _clean(letter.text).strip("\n"), _clean(letter.signature).strip("\n")
    if letter.quote is None or not letter.quote.text.strip():
        return Written(words, letter.language, signature)
    text = _clean(letter.quote.text).strip("\n")
    octets = text.encode()
    if len(octets) > MAX_QUOTE:
        text = octets[:MAX_QUOTE].decode(errors="ignore")
        text = text.rpartition("\n")[0] or text
        text += "\n……" if letter.language == "zh" else "\n[...]"
    return Written(words, letter.language, signature, _attribution(letter, letter.quote), text)


def _quotation(written: Written) -> str:
    """The quotation as plain text below the words."""
    if not written.attribution:
        return ""
    lines = (f"> {line}".rstrip() for line in written.quoted.split("\n"))
    return "\n".join(("", written.attribution, *lines, ""))


def _attribution(letter: Letter, quote: Quote) -> str:
    author = " ".join(_clean(quote.author).split())[:100]
    zone = letter.date.tzinfo
    when = quote.date.astimezone(zone) if quote.date else None
    if letter.language == "zh":
        return f"在 {when:%Y年%m月%d日 %H:%M}，{author} 写道：" if when else f"{author} 写道："
    return f"On {when:%Y-%m-%d %H:%M}, {author} wrote:" if when else f"{author} wrote:"


def _body(text: str, page: str, message_id: str) -> bytes:
    # Never 8bit: not every relay offers 8BITMIME, and a line of text may be longer than 998 octets.
    transfer = "quoted-printable" if text.isascii() else "base64"
    message = EmailMessage(policy=policy.SMTP)
    message.set_content(text, cte=transfer)
    message.add_alternative(page, subtype="html", cte=transfer)
    # "=_" can stand in neither encoding; from the Message-ID, so that a retry sends the same bytes.
    message.set_boundary(f"=_{hashlib.sha256(message_id.encode()).hexdigest()[:32]}")
    return message.as_bytes()
