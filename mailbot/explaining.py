"""What mailbot would make of a mail, as one document: the contract of `mailbot explain --json`.

Needs no database and no mailbox: the mail is taken for the first of a new ticket.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from mailbot.config import Config
from mailbot.core import arrival
from mailbot.core.automail import Own, judge
from mailbot.core.decide import decide
from mailbot.core.errors import UserError
from mailbot.core.facts import Fact, Facts
from mailbot.core.mail import Address, Mail, Unreadable
from mailbot.core.office import Office
from mailbot.core.promises import Promise
from mailbot.core.quoting import split
from mailbot.core.threads import Placement
from mailbot.core.ticket import MailArrived
from mailbot.core.triage import Triage
from mailbot.core.trust import Trust
from mailbot.core.understand import Border, Understood, understand
from mailbot.drafting import Desktop, draft_from_template
from mailbot.shelf import Shelf

NUMBER = "00000000-0000"  # of the ticket that is not made


def without_database(config: Config) -> tuple[Desktop, Border]:
    """What explaining needs of a configuration."""
    volume = Shelf(config.paths.rules, config.paths.templates, config.company.languages).volume
    hours = config.hours_of(next((box.name for box in config.mailboxes), None))
    own = frozenset(address.lower() for box in config.mailboxes for address in (box.address, *box.aliases))
    desktop = Desktop(config.company, volume.templates, Office(volume.book, hours))
    # Without the installation's key no Message-ID can be known as ours.
    return desktop, Border(Own(own, _is_nobodys), next((box.trusted_authserv for box in config.mailboxes), None))


def _is_nobodys(_message_id: str) -> bool:
    return False


def mails(files: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of these files; - is standard input, a folder every file in it."""
    for file in files:
        if str(file) == "-":
            yield "-", sys.stdin.buffer.read()
            continue
        inside = sorted(each for each in file.iterdir() if each.is_file()) if file.is_dir() else [file]
        for each in inside:
            try:
                yield str(each), each.read_bytes()
            except OSError as error:
                raise UserError(str(each), "", f"cannot be read: {error.strerror}") from None


def explain(raw: bytes, name: str, desktop: Desktop, border: Border, now: datetime) -> dict[str, Any]:
    """Explain one mail; never raises because of it. It is taken to arrive at its Date, at the latest `now`."""
    read = understand(raw, desktop.office.book, border)
    if isinstance(read, Unreadable):
        read = _nothing(read, border.own)
    promises: tuple[Promise, ...] = ()
    draft: dict[str, Any] | None = None
    if read.automail.kind == "human" and read.sender:
        now = min(read.mail.date, now) if read.mail.date else now
        event = MailArrived(0, "", read, Placement(None, "新工单"), now, True)
        ticket = arrival.open_ticket(event, NUMBER, "", now)
        decision = decide(ticket, event, desktop.office, now)
        promises = decision.promised
        promised = replace(decision.ticket, promises=promises)
        for wanted in decision.drafts:
            if wanted.kind == "reply":
                fresh = draft_from_template(desktop, promised, read, wanted, now)
                draft = {
                    "template": fresh.template,
                    "language": fresh.language,
                    "subject": fresh.subject,
                    "text": fresh.text,
                    "findings": list(fresh.findings),
                }
    return {
        "file": name,
        "mail": _mail(read),
        "automail": _automail(read),
        "triage": _triage(read),
        "promises": [
            {
                "kind": each.kind,
                "due_at": each.due_at.astimezone(desktop.office.hours.zone).isoformat(),
                "because": each.because,
            }
            for each in promises
        ],
        "draft": draft,
    }


def _mail(read: Understood) -> dict[str, Any]:
    mail = read.mail
    return {
        "message_id": mail.message_id,
        "from": _address(mail.from_),
        "reply_to": [_address(each) for each in mail.reply_to],
        "to": [_address(each) for each in mail.to],
        "cc": [_address(each) for each in mail.cc],
        "subject": mail.subject,
        "date": mail.date.isoformat() if mail.date else None,
        "language": read.language or None,
        "text": mail.text,
        "new_text": read.body.new,
        "quoted_text": read.body.quoted,
        "signature": read.body.signature,
        "attachments": _attachments(mail),
        "in_reply_to": list(mail.in_reply_to),
        "references": list(mail.references),
        "problems": list(mail.problems),
    }


def _attachments(mail: Mail) -> list[dict[str, Any]]:
    return [
        {
            "filename": each.filename,
            "content_type": each.content_type,
            "size": each.size,
            "inline": each.inline,
        }
        for each in mail.attachments
    ]


def _automail(read: Understood) -> dict[str, Any]:
    judged = read.automail
    return {
        "kind": judged.kind,
        "may_acknowledge": judged.may_acknowledge and read.trust.level != "fail",
        "reason": judged.reason,
        "bounced": [each.address for each in judged.bounced if each.action == "failed"],
    }


def _triage(read: Understood) -> dict[str, Any]:
    found, facts = read.triage, read.facts
    return {
        "category": found.category,
        "topic": found.topic,
        "priority": found.priority,
        "confidence": round(found.confidence, 3),
        "reasons": list(found.reasons),
        "facts": {
            "order_numbers": _values(facts.order_numbers),
            "tracking_numbers": _values(facts.tracking_numbers),
            "phones": _values(facts.phones),
            "product": _value(facts.product),
            "model": _value(facts.model),
            "serial": _value(facts.serial),
            "happened_at": _value(facts.happened_at),
            "symptom": _value(facts.symptom),
            "demand": _value(facts.demand),
            "people": _values(facts.people),
            "customer_name": _value(facts.customer_name),
        },
        "missing": list(found.missing),
        "mood": found.mood,
    }


def _nothing(read: Unreadable, own: Own) -> Understood:
    """An unreadable mail in the shape of the others: absent things are empty, nothing is invented."""
    mail = Mail(
        message_id=read.message_id,
        from_=read.from_,
        sender=None,
        reply_to=(),
        to=(),
        cc=(),
        subject=read.subject,
        date=None,
        text="",
        html=None,
        attachments=(),
        in_reply_to=(),
        references=(),
        headers=(),
        report=None,
        returned=None,
        content_type="",
        problems=(read.reason,),
    )
    return Understood(
        mail=mail,
        body=split(""),
        language="",
        automail=judge(read, own),
        trust=Trust("unknown", read.reason),
        facts=Facts(),
        triage=Triage("other", "none", "normal", 0.0, "calm", ()),
    )


def _address(address: Address | None) -> dict[str, str] | None:
    return {"name": address.name, "address": address.address} if address else None


def _values(facts: tuple[Fact, ...]) -> list[str]:
    return [fact.value for fact in facts]


def _value(fact: Fact | None) -> str | None:
    return fact.value if fact else None


def words(document: dict[str, Any]) -> Iterator[str]:
    """The document as lines for people."""
    mail, judged, found, draft = (document[key] for key in ("mail", "automail", "triage", "draft"))
    sender = mail["from"]["address"] if mail["from"] else "-"
    yield f"{document['file']}: {sender}  {mail['subject']}"
    yield f"  来信类型: {judged['kind']} ({judged['reason']})"
    if judged["kind"] == "human":
        yield f"  判断: {found['category']}/{found['topic']}  {found['priority']}  {found['mood']}"
        for reason in found["reasons"]:
            yield f"    {reason}"
        facts = {code: value for code, value in found["facts"].items() if value}
        for code, value in facts.items():
            yield f"  {code}: {', '.join(value) if isinstance(value, list) else value}"
        if found["missing"]:
            yield f"  缺少: {', '.join(found['missing'])}"
    for promise in document["promises"]:
        yield f"  时限 {promise['kind']}: {promise['because']}"
    for problem in mail["problems"]:
        yield f"  注意: {problem}"
    if draft is not None:
        yield f"  草稿 ({draft['template']}, {draft['language']}): {draft['subject']}"
        for line in draft["text"].splitlines():
            yield f"    | {line}"
        for finding in draft["findings"]:
            yield f"    [{finding['level']}] {finding['message']}"
    yield ""
