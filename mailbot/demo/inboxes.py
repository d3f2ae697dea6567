"""What a line of a story can expect of mailboxes: customers', agents' and departments'."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailbot.demo.stage import Block, Outcome, Perform, Stage, Untold, Words
from mailbot.demo.world import Received
from mailbot.store import outbox

KINDS = "reply|acknowledgement|holding|progress|revisit|reminder"
_OPTION = re.compile(
    r'\s*(?:(subject|containing|without) "([^"]*)"|(in the thread)|(?:approved by) (\S+)|(template|language) (\S+)|'
    r"at ((?:\d\d-\d\d )?\d\d:\d\d))"
)


def sent(stage: Stage, words: Words, block: Block) -> Outcome:
    """The newest mail of this kind (of this time) in the mailbox that no line spoke of yet. "sent": a reply."""
    address = words["address"]
    wanted = dict.fromkeys(options(words["rest"]))
    kind = "reply" if words["kind"] == "sent" else words["kind"]
    spoken_of = stage.expected.setdefault(address, set())
    fresh = [each for each in _of_kind(stage, address, kind) if each.index not in spoken_of]
    times = [moment for name, moment in wanted if name == "at"]
    matching = [each for each in fresh if all(_came_at(stage, each, moment) for moment in times)]
    if not matching:
        found = "; ".join(f"{_when(stage, each)} {each.mail.subject}" for each in fresh)
        raise Untold(
            f"no such mail is in the mailbox of {address} or an earlier line spoke of it: {found or 'nothing'}"
        )
    letter = matching[-1]
    spoken_of.add(letter.index)
    wrong = [fault for name, value in wanted for fault in _fault(stage, letter, name, value)]
    return Outcome(not wrong, "; ".join(wrong) or f"{_when(stage, letter)} {letter.mail.subject}")


def mails(stage: Stage, words: Words, block: Block) -> Outcome:
    """How many mails (of a kind) a mailbox holds."""
    address, kind = words["address"], words["kind"]
    found = _of_kind(stage, address, kind) if kind else stage.world.inbox(address)
    subjects = "; ".join(f"{_when(stage, each)} {each.mail.subject}" for each in found)
    return Outcome(len(found) == number(words["count"]), f"{len(found)}: {subjects}")


def _of_kind(stage: Stage, address: str, kind: str) -> list[Received]:
    found = []
    with stage.world.app.engine.read() as tx:
        for each in stage.world.inbox(address):
            row = outbox.by_message_id(tx, each.mail.message_id or "")
            if row is not None and row.kind == kind:
                found.append(each)
    return found


def _when(stage: Stage, letter: Received) -> str:
    return stage.shown(letter.mail.date) if letter.mail.date else "?"


def _came_at(stage: Stage, letter: Received, words: str) -> bool:
    return letter.mail.date is not None and stage.is_at(letter.mail.date, words)


def _fault(stage: Stage, letter: Received, name: str, wanted: str) -> list[str]:
    mail = letter.mail
    if name == "subject":
        return [] if mail.subject == wanted else [f"subject {mail.subject}"]
    if name == "thread":
        asked = stage.last_id.get(mail.to[0].address, "")
        threaded = mail.in_reply_to == (asked,) and asked in mail.references
        return [] if threaded else [f"In-Reply-To {mail.in_reply_to}, the customer's mail is {asked}"]
    if name == "approver":
        with stage.world.app.engine.read() as tx:
            row = outbox.by_message_id(tx, mail.message_id or "")
        approver = row.approver if row is not None else "nobody"
        return [] if approver == wanted else [f"approved by {approver}"]
    return words_wrong(name, wanted, mail.text)


def options(rest: str) -> Iterator[tuple[str, str]]:
    """The options of an expectation; whatever is not understood fails the line."""
    at = 0
    while at < len(rest.rstrip()):
        found = _OPTION.match(rest, at)
        if found is None:
            raise Untold(f"nobody understands: {rest[at:].strip()}")
        at = found.end()
        if found[1]:
            yield found[1], found[2]
        elif found[3]:
            yield "thread", ""
        elif found[4]:
            yield "approver", found[4]
        elif found[5]:
            yield found[5], found[6]
        else:
            yield "at", found[7]


def words_wrong(name: str, wanted: str, text: str) -> list[str]:
    """What is wrong with a text that has to contain, or do without, some words."""
    if name == "containing":
        return [] if wanted in text else [f'"{wanted}" is not in: {text[:600]}'.replace("\n", " / ")]
    if name == "without":
        return [] if wanted not in text else [f'"{wanted}" is in it']
    return []


def number(word: str) -> int:
    return 0 if word in ("no", "nothing") else int(word)


_COUNT = r"(?P<count>no|\d+)"

INBOXES: tuple[tuple[str, Perform], ...] = (
    (rf"expect {_COUNT} (?:(?P<kind>{KINDS}) )?mails? to (?P<address>\S+)", mails),
    (rf"expect (?P<kind>sent|{KINDS})(?: mail| sent)? to (?P<address>\S+)(?P<rest>.*)", sent),
)
