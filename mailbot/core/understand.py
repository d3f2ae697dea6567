"""The whole understanding of one mail, from its raw bytes: parse, take apart, judge, find facts, triage."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mailbot.core import automail, facts, language, quoting, triage, trust
from mailbot.core.mail import Mail, Unreadable, parse
from mailbot.core.reply import bare_subject
from mailbot.core.rules import RuleBook


@dataclass(frozen=True, slots=True)
class Understood:
    """What mailbot makes of one mail."""

    mail: Mail
    body: quoting.Body
    language: str
    automail: automail.Automail
    trust: trust.Trust
    facts: facts.Facts
    triage: triage.Triage

    @property
    def sender(self) -> str:
        """The From address, lower case; "" when there is nobody to answer."""
        return self.mail.from_.address.lower() if self.mail.from_ else ""


@dataclass(frozen=True, slots=True)
class Border:
    """What belongs to the mailbox a mail came in by: who we are there, and whose verdicts count."""

    own: automail.Own
    authserv: str | None = None


def understand(raw: bytes, book: RuleBook, border: Border) -> Understood | Unreadable:
    """Never raises for any bytes; pure, so that the same mail is always understood the same way."""
    mail = parse(raw)
    if isinstance(mail, Unreadable):
        return mail
    body = quoting.split(mail.text)
    found = facts.extract(mail, body, book.orders)
    return Understood(
        mail=mail,
        body=body,
        language=language.detect(f"{mail.subject}\n{body.new}"),
        automail=automail.judge(mail, border.own),
        trust=trust.verdict(mail, border.authserv),
        facts=found,
        triage=triage.triage(mail, body, found, book),
    )


def as_follow_up(understood: Understood, originals: tuple[str, ...], book: RuleBook) -> Understood:
    """The same mail as one of a ticket's: what we did not write is new, and an answer's subject is an old word.

    The subject was weighed when the ticket was opened; "Re: 我要投诉" over a mere thanks says nothing any more.
    """
    mail = understood.mail
    body = quoting.split(mail.text, originals)
    stale = bool(body.new) and bare_subject(mail.subject) != mail.subject.strip()
    if body.new == understood.body.new and not stale:
        return replace(understood, body=body)
    weighed = replace(mail, subject="") if stale else mail
    found = facts.extract(weighed, body, book.orders)
    return replace(understood, body=body, facts=found, triage=triage.triage(weighed, body, found, book))


MOST_TOGETHER = 20_000  # characters of several mails that are answered by one


def together(understood: Understood, earlier: tuple[str, ...]) -> Understood:
    """The same mail with the words of those before it that nobody has answered: one draft answers all (002-12)."""
    words = "\n".join(each for each in (*earlier, understood.body.new) if each.strip())
    return replace(understood, body=replace(understood.body, new=words[-MOST_TOGETHER:]))


def as_human(understood: Understood) -> Understood:
    """A person says that a person wrote this; a machine's acknowledgement is still not risked."""
    judged = replace(
        understood.automail,
        kind="human",
        may_acknowledge=False,
        may_answer="warn",
        reason="由客服认定为人工来信",
    )
    return replace(understood, automail=judged)
