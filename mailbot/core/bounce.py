"""Delivery reports, in a standard form or in words: who was not reached, why, and which of our mails it was.

Reads RFC 3464 and RFC 6533 fields, X-Failed-Recipients and the plain texts that qmail, Exim, Postfix,
Exchange and the Chinese providers write. It never decides whether a report is genuine: anybody can dress a
mail as a bounce, so what stands here counts only for a send whose Message-ID came back. Links are never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from mailbot.core.mail import Mail

Action = Literal["failed", "delayed", "delivered", "relayed", "expanded"]


@dataclass(frozen=True, slots=True)
class Bounced:
    """One recipient a delivery report speaks of (RFC 3464)."""

    address: str
    action: Action
    status: str  # "5.1.1", or ""
    diagnostic: str


# Caps before any pattern runs: a report is mail, and mail is hostile.
MOST_BYTES = 65_536
MOST_LINES = 400
LONGEST_LINE = 1_000
MOST_RECIPIENTS = 100
LONGEST_DIAGNOSTIC = 300

ACTIONS: Mapping[str, Action] = {
    "failed": "failed",
    "fail": "failed",
    "failure": "failed",
    "delayed": "delayed",
    "delay": "delayed",
    "delivered": "delivered",
    "relayed": "relayed",
    "expanded": "expanded",
}
BY_STATUS_CLASS: Mapping[str, Action] = {"2": "delivered", "4": "delayed", "5": "failed"}

STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60})[ \t]*:(.*)", re.DOTALL)
UNICODE_ESCAPE = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")  # RFC 6533 section 3: utf-8-addr-xtext
MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
MESSAGE_ID_LINE = re.compile(
    r"^[ \t>]{0,8}Message-ID[ \t]{0,4}:\s{0,4}(<[^<>\s]{1,250}>)", re.IGNORECASE | re.MULTILINE
)

# Addresses in running text are ASCII: a Chinese word may follow without a blank.
_ADDRESS = r"[A-Za-z0-9._%+=~!#$&*/?^{|}-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}"
ADDRESS = re.compile(_ADDRESS)
ADDRESS_ALONE = re.compile(rf"[\s*·•-]{{0,8}}[<\"']?({_ADDRESS})[>\"']?\s{{0,8}}[:：]?\s{{0,8}}")
ADDRESS_LEADS = re.compile(rf"[ \t]{{0,8}}(?:<({_ADDRESS})>[ \t]?[:：(]|'({_ADDRESS})' on )")

# Without one of these words a text is no bounce, whatever addresses stand in it.
FAILURE = re.compile(
    r"退信|退回|无法投递|投递失败|无法送达|未能送达|送达失败|未送达|发送失败|无法传递|传递失败|传递到.{1,20}失败"
    r"|無法投遞|無法傳遞|傳遞失敗|無法送達|undeliver|(?:not|n't) (?:be )?delivered"
    r"|delivery (?:has )?failed|delivery fail|delivery (?:status )?notification|failure notice|did not reach"
    r"|returned mail|returned to sender|unable to deliver|address\(es\) failed|not yet been delivered"
    r"|delivery .{0,20}delayed|延迟|延遲"
    r"|unzustellbar|nicht zugestellt|配信できません|配送できません|配信不能",
    re.IGNORECASE,
)
DELAY = re.compile(
    r"投递延迟|发送延迟|延迟通知|投遞延遲|传递延迟|稍后(?:会|将)?(?:自动)?重试|继续尝试|仍在尝试|仍将尝试"
    r"|not yet been delivered|warning message only|will keep trying|still trying|will be retried"
    r"|delivery .{0,20}delayed"
    r"|\(delay\)|delayed mail|delivery incomplete|noch nicht zugestellt|配信遅延",
    re.IGNORECASE,
)
# A label before the address that was not reached. 发件人 (the sender) is ours and must not stand here.
LABEL = re.compile(
    r"收件人|收信人|收件者|收件地址|收件邮箱|发送到|发送至|发往|发给|投递到|投递至|送达"
    r"|recipient|deliver(?:ed)? to|message to|mail to|reach|address\(es\)|(?:宛先|Empfänger)",
    re.IGNORECASE,
)
REASON = re.compile(
    r"(?:退信原因|失败原因|错误原因|退回原因|错误信息|失败信息|原因|reason|diagnostic[- ]code)"
    r"[^:：]{0,20}[:：]\s{0,4}(.*)",
    re.IGNORECASE,
)
# From here on a report only repeats our own mail, whose addresses prove nothing.
COPY_BEGINS = re.compile(
    r"below this line is a copy|this is a copy of (?:the|your) message|original message headers"
    r"|message header follow|included below"
    r"|^[ \t>*-]{0,40}(?:original message|原始邮件|原邮件内容|原始邮件标头|原邮件头)[ \t:：*-]{0,40}$"
    r"|^(?:return-path|received): ",
    re.IGNORECASE,
)


def recipients(mail: Mail) -> tuple[Bounced, ...]:
    """Whom the report speaks of: from its fields, else from X-Failed-Recipients, else from its words."""
    if mail.report is not None and any("feedback-type" in block for block in _blocks(mail.report)):
        return ()  # somebody pressed "this is spam" (RFC 5965): the mail did arrive
    return _from_fields(mail) or _from_header(mail) or _from_text(mail)


def returned_ids(mail: Mail) -> tuple[str, ...]:
    """Message-IDs the report may be about, the surest first: the returned message before mere references."""
    found: list[str] = []
    if mail.returned is not None:
        head = re.split(r"\r?\n\r?\n", _decode(mail.returned).lstrip("\r\n"), maxsplit=1)[0]
        found += _ids(_fields(head).get("message-id", ""))
    if mail.report is not None:
        for block in _blocks(mail.report):
            found += _ids(block.get("original-message-id", "") + block.get("x-original-message-id", ""))
    found += MESSAGE_ID_LINE.findall(mail.text[:MOST_BYTES])
    found += mail.in_reply_to
    found += reversed(mail.references)
    return tuple(dict.fromkeys(found))


def _from_fields(mail: Mail) -> tuple[Bounced, ...]:
    """RFC 3464: one block of fields for each recipient."""
    if mail.report is None:
        return ()
    found: list[Bounced] = []
    for block in _blocks(mail.report):
        # The original recipient is the address we wrote to; the final one may be behind a forwarding.
        address = _typed_address(block.get("original-recipient", "")) or _typed_address(
            block.get("final-recipient", "")
        )
        if address is None:
            continue
        diagnostic = re.sub(r"^\s*[\w-]{1,30}\s*;", "", block.get("diagnostic-code", ""))
        status = _status(block.get("status", "")) or _status(diagnostic)
        found.append(Bounced(address, _action(block.get("action", ""), status), status, _short(diagnostic)))
    return _distinct(found)


def _from_header(mail: Mail) -> tuple[Bounced, ...]:
    """X-Failed-Recipients (Exim, Gmail): the addresses; their reasons stand in the text."""
    named = [address for value in mail.all_headers("X-Failed-Recipients")[:20] for address in _addresses(value)]
    if not named:
        return ()
    lines = _lines(mail.text)
    action: Action = "delayed" if _tells(DELAY, mail.subject, lines) else "failed"
    found: list[Bounced] = []
    for address in named:
        place = next((number for number, line in enumerate(lines) if address in line), len(lines))
        diagnostic = _diagnostic(lines, place, address)
        found.append(Bounced(address, action, _status(diagnostic), diagnostic))
    return _distinct(found)


def _from_text(mail: Mail) -> tuple[Bounced, ...]:
    """Bounces in words only: addresses that stand alone, lead a line, or follow a label."""
    lines = _lines(mail.text)
    if not _tells(FAILURE, mail.subject, lines):
        return ()
    action: Action = "delayed" if _tells(DELAY, mail.subject, lines) else "failed"
    found: list[Bounced] = []
    label_before = False  # a label at the end of a line speaks of the next line that is not blank
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        for address in _addressed(line, label_before):
            diagnostic = _diagnostic(lines, number, address)
            found.append(Bounced(address, action, _status(diagnostic), diagnostic))
        label_before = line.rstrip().endswith((":", "：")) and bool(LABEL.search(line) or FAILURE.search(line))
    return _distinct(found)


def _addressed(line: str, label_before: bool) -> list[str]:
    """The addresses in this line that a report says were not reached."""
    alone = ADDRESS_ALONE.fullmatch(line)
    if alone:
        return [_tidy(alone.group(1))]
    leads = ADDRESS_LEADS.match(line)
    if leads:
        return [_tidy(leads.group(1) or leads.group(2))]
    if label_before:
        return _addresses(line)[:1]
    label = LABEL.search(line)
    return _addresses(line[label.end() :])[:5] if label else []


def _diagnostic(lines: list[str], place: int, address: str) -> str:
    """The reason a text gives: after a label, else behind the address, else in the lines below it."""
    for number, line in enumerate(lines[place : place + 12], start=place):
        reason = REASON.search(line)
        if reason:
            below_label = next((later for later in lines[number + 1 :] if later.strip()), "")
            return _short(reason.group(1).strip() or below_label)
    if place >= len(lines):
        return ""
    behind = lines[place].partition(address)[2].strip(" \t>'\":：)）")
    if behind:
        return _short(behind)
    below: list[str] = []
    for line in lines[place + 1 : place + 8]:
        if ADDRESS_ALONE.fullmatch(line) or ADDRESS_LEADS.match(line) or (below and not line.strip()):
            break
        below += [line.strip()] if line.strip() else []
    return _short(" ".join(below))


def _lines(text: str) -> list[str]:
    """What the report itself says, without the copy of our mail below it."""
    lines = [line[:LONGEST_LINE] for line in text[:MOST_BYTES].split("\n")[:MOST_LINES]]
    end = next((number for number, line in enumerate(lines) if COPY_BEGINS.search(line)), len(lines))
    return lines[:end]


def _tells(pattern: re.Pattern[str], subject: str, lines: Iterable[str]) -> bool:
    return bool(pattern.search(subject[:LONGEST_LINE])) or any(pattern.search(line) for line in lines)


def _blocks(report: bytes) -> list[dict[str, str]]:
    """The groups of fields of a report part, each unfolded, names in lower case."""
    groups = re.split(r"\n[ \t]*\n", _decode(report).replace("\r\n", "\n").replace("\r", "\n"))
    return [_fields(group) for group in groups[:MOST_RECIPIENTS]]


def _fields(group: str) -> dict[str, str]:
    """Header fields of one block; the first of a name counts, what is no field is passed over."""
    fields: dict[str, str] = {}
    unfolded: list[str] = []
    for line in group.replace("\r\n", "\n").split("\n")[:MOST_LINES]:
        if line[:1] in (" ", "\t") and unfolded:
            unfolded[-1] = (unfolded[-1] + " " + line.strip())[: 4 * LONGEST_LINE]
        else:
            unfolded.append(line[: 4 * LONGEST_LINE])
    for line in unfolded:
        field = FIELD.fullmatch(line)
        if field:
            fields.setdefault(field.group(1).lower(), field.group(2).strip())
    return fields


def _typed_address(value: str) -> str | None:
    """ "rfc822; li@mail.example" -> li@mail.example; None for other types and for what is no address."""
    kind, semicolon, rest = value.partition(";")
    if semicolon and kind.strip().lower() not in ("rfc822", "utf-8", "smtp", "unknown"):
        return None
    plain = (rest if semicolon else value).strip()
    plain = UNICODE_ESCAPE.sub(_unescaped, plain) if kind.strip().lower() == "utf-8" else plain
    plain = plain.strip().strip("<>\"'").removeprefix("mailto:")
    local, at, domain = plain.rpartition("@")
    if not (local and at and domain) or len(plain) > 320 or re.search(r"[\s<>,;]", plain):
        return None
    return _tidy(plain)


def _unescaped(escape: re.Match[str]) -> str:
    number = int(escape.group(1), 16)
    usable = 0x20 < number < 0x110000 and not 0xD800 <= number < 0xE000
    return chr(number) if usable else ""


def _action(word: str, status: str) -> Action:
    """A missing or unknown action is told by the status class; in doubt the mail did not arrive."""
    first = (re.findall(r"[a-z]+", word[:80].lower()) or [""])[0]
    return ACTIONS.get(first) or BY_STATUS_CLASS.get(status[:1], "failed")


def _status(text: str) -> str:
    found = STATUS.search(text[: 4 * LONGEST_LINE])
    return found.group(1) if found else ""


def _addresses(text: str) -> list[str]:
    return [_tidy(found) for found in ADDRESS.findall(text[:LONGEST_LINE])]


def _tidy(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.lower().rstrip('.-')}"


def _short(text: str) -> str:
    return " ".join(text[: 4 * LONGEST_LINE].split())[:LONGEST_DIAGNOSTIC]


def _ids(text: str) -> list[str]:
    return MESSAGE_ID.findall(text[: 4 * LONGEST_LINE])


def _decode(raw: bytes) -> str:
    """Reports carry UTF-8 (RFC 6533) or, against the rules, GBK."""
    cut = raw[:MOST_BYTES]
    try:
        return cut.decode("utf-8")
    except UnicodeDecodeError:
        return cut.decode("gb18030", "replace")


def _distinct(found: Iterable[Bounced]) -> tuple[Bounced, ...]:
    """One entry for each address: the first, which says most."""
    by_address: dict[str, Bounced] = {}
    for bounced in found:
        by_address.setdefault(bounced.address.lower(), bounced)
    return tuple(by_address.values())[:MOST_RECIPIENTS]
