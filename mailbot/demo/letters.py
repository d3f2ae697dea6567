"""How customers' mails look: new ones, answers as Gmail, QQ邮箱 and Outlook write them, and what machines send.

Makes bytes only; nothing here is sent or read.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, formataddr

from mailbot.core.mail import Mail
from mailbot.core.reply import bare_subject

WEEKDAYS = "一二三四五六日"
MAILERS: Mapping[str, str] = {
    "gmail": "",
    "qq": "QQMail 2.x",
    "outlook": "Microsoft Outlook 16.0",
}
STYLES = tuple(MAILERS)


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail of a customer or of a machine. `sender` is (name, address)."""

    sender: tuple[str, str]
    to: str
    subject: str
    text: str
    date: datetime  # aware, in the sender's zone
    style: str = "gmail"
    charset: str = "utf-8"
    html: str = ""  # an HTML twin of the text
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str, bytes], ...] = ()  # name, content type, bytes


def write(letter: Letter) -> bytes:
    """The bytes of the mail, with a Message-ID of its own."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = formataddr(letter.sender)
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.date)
    message["Message-ID"] = f"<{secrets.token_hex(12)}@{letter.sender[1].rpartition('@')[2]}>"
    if letter.in_reply_to:
        message["In-Reply-To"] = letter.in_reply_to
        message["References"] = " ".join((*letter.references, letter.in_reply_to))
    if MAILERS.get(letter.style):
        message["X-Mailer"] = MAILERS[letter.style]
    for name, value in letter.headers:
        message[name] = value
    message.set_content(letter.text, charset=letter.charset, cte="base64")
    if letter.html:
        message.add_alternative(letter.html, subtype="html", charset="utf-8", cte="base64")
    for name, kind, content in letter.files:
        main, _, sub = kind.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message.as_bytes()


def answer_subject(original: Mail, style: str) -> str:
    """The subject of an answer, as this client begins it."""
    prefix = {"qq": "回复：", "outlook": "答复: "}.get(style, "Re: ")
    return prefix + bare_subject(original.subject)


def quoted(original: Mail, style: str, moment: datetime) -> str:
    """The mail answered, as this client repeats it below the answer. `moment`: when it came, in local time."""
    author = original.from_
    name, address = (author.name, author.address) if author else ("", "")
    text = original.text.strip("\n")
    day = f"{moment.year}年{moment.month}月{moment.day}日"
    if style == "gmail":
        head = f"{name} <{address}> 于{day}周{WEEKDAYS[moment.weekday()]} {moment:%H:%M}写道："
        return "\n".join((head, "", *(f"> {line}".rstrip() for line in text.split("\n"))))
    to = ", ".join(each.address for each in original.to)
    if style == "qq":
        half = "上午" if moment.hour < 12 else "下午"
        clock = f"{(moment.hour - 1) % 12 + 1}:{moment:%M}"
        head = (
            "------------------ 原始邮件 ------------------\n"
            f'发件人: "{name}" <{address}>;\n'
            f"发送时间: {day}(星期{WEEKDAYS[moment.weekday()]}) {half}{clock}\n"
            f'收件人: "{to}"<{to}>;\n'
            f"主题: {original.subject}"
        )
    else:
        head = (
            "________________________________\n"
            f"发件人: {name} <{address}>\n"
            f"发送时间: {day} {moment:%H:%M}\n"
            f"收件人: {to} <{to}>\n"
            f"主题: {original.subject}"
        )
    return f"{head}\n\n{text}"


def in_line(quote: str, answers: Mapping[str, str]) -> str:
    """The quoted mail with answers written below the lines that hold the given fragments.

    KeyError names a fragment that is not there.
    """
    lines = quote.split("\n")
    for fragment, words in answers.items():
        at = next((n for n, line in enumerate(lines) if fragment in line), None)
        if at is None:
            raise KeyError(fragment)
        lines[at + 1 : at + 1] = words.split("\n")
    return "\n".join(lines)


def auto_reply(original: Mail, sender: tuple[str, str], date: datetime) -> Letter:
    """What a mailbox on holiday says by itself, with the marks that QQ邮箱 gives it."""
    return Letter(
        sender=sender,
        to=original.from_.address if original.from_ else "",
        subject=f"自动回复: {original.subject}",
        text="这是来自邮箱的自动回复邮件。\n\n您好，我正在休假，回来后会尽快给您回信。",
        date=date,
        in_reply_to=original.message_id or "",
        references=original.references,
        headers=(("X-QQ-AUTO-REPLY", "true"), ("Auto-Submitted", "auto-replied")),
    )


def bounce(original: Mail, raw: bytes, to: str, date: datetime) -> bytes:
    """The report of a server that could not deliver our mail (RFC 3464), with our header in it."""
    failed = original.to[0].address if original.to else "unknown@mail.example"
    boundary = f"=_{secrets.token_hex(12)}"
    header = raw.partition(b"\r\n\r\n")[0].decode("ascii", "replace")
    lines = (
        "From: Mail Delivery System <MAILER-DAEMON@mx.mail.example>",
        f"To: {to}",
        "Subject: Undelivered Mail Returned to Sender",
        f"Date: {format_datetime(date)}",
        f"Message-ID: <{secrets.token_hex(12)}@mx.mail.example>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"',
        "",
        f"--{boundary}",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        "This is the mail system at host mx.mail.example.",
        "",
        "I'm sorry to have to inform you that your message could not be delivered.",
        "",
        f"<{failed}>: host mx.mail.example said: 550 5.1.1 User unknown",
        "",
        f"--{boundary}",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.mail.example",
        "",
        f"Final-Recipient: rfc822; {failed}",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown",
        "",
        f"--{boundary}",
        "Content-Type: text/rfc822-headers",
        "",
        header,
        "",
        f"--{boundary}--",
        "",
    )
    return "\r\n".join(lines).encode("ascii", "replace")
