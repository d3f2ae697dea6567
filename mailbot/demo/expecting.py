"""What a line of a story can expect, each compared with what is really there; nothing here changes anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mailbot.demo.stage import Outcome, Perform, Stage, Untold
from mailbot.demo.world import Received
from mailbot.store import lists, outbox

Words = Mapping[str, str]
Block = tuple[str, ...]

_OPTION = re.compile(
    r'\s*(?:(subject|containing|without) "([^"]*)"|(in the thread)|(?:approved by) (\S+)|(template|language) (\S+))'
)


def ticket(stage: Stage, words: Words, block: Block) -> Outcome:
    """Pairs of a name and a value: category, topic, priority, state, owner, language, mood, order ..."""
    row = stage.ticket(words["nth"])
    pairs = words["pairs"].split()
    wrong: list[str] = []
    right: list[str] = []
    for name, wanted in zip(pairs[::2], pairs[1::2], strict=False):
        if name == "order":
            actual = [value for code, value in row.facts if code == "order_number"]
            holds = wanted in actual
        elif name in row._mapping:
            actual = row._mapping[name]
            holds = wanted == ("nobody" if actual is None else str(actual))
        else:
            raise Untold(f"a ticket has no {name}")
        (right if holds else wrong).append(f"{name} {actual}")
    return Outcome(not wrong and len(pairs) % 2 == 0, ", ".join(wrong or right))


def draft(stage: Stage, words: Words, block: Block) -> Outcome:
    row = stage.draft(words["nth"])
    wrong = []
    for name, wanted in _options(words["rest"]):
        if name == "subject" and row.subject != wanted:
            wrong.append(f"subject {row.subject}")
        elif name in ("template", "language") and row._mapping[name] != wanted:
            wrong.append(f"{name} {row._mapping[name]}")
        else:
            wrong += _words_wrong(name, wanted, row.text)
    return Outcome(not wrong, "; ".join(wrong) or f"draft {row.id}, {row.template or row.author}: {row.subject}")


def no_draft(stage: Stage, words: Words, block: Block) -> Outcome:
    ticket_id = stage.ticket_id(words["nth"])
    with stage.world.app.engine.read() as tx:
        open_ = [row for row in lists.drafts_of(tx, ticket_id) if row.state == "open"]
    return Outcome(not open_, f"{len(open_)} open drafts")


def sent(stage: Stage, words: Words, block: Block) -> Outcome:
    """The newest reply (or acknowledgement) in the customer's mailbox that no line spoke of yet."""
    address = words["address"]
    automatic = words["what"].startswith("acknowledgement")
    spoken_of = stage.expected.setdefault(address, set())
    fresh = [
        each
        for each in stage.world.inbox(address)
        if each.index not in spoken_of and (each.mail.header("Auto-Submitted") is not None) == automatic
    ]
    if not fresh:
        raise Untold(f"no such mail is in the mailbox of {address}, or an earlier line spoke of it")
    letter = fresh[-1]
    spoken_of.add(letter.index)
    wrong = [fault for name, wanted in _options(words["rest"]) for fault in _fault(stage, letter, name, wanted)]
    return Outcome(not wrong, "; ".join(wrong) or letter.mail.subject)


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
    return _words_wrong(name, wanted, mail.text)


def mails(stage: Stage, words: Words, block: Block) -> Outcome:
    found = stage.world.inbox(words["address"])
    subjects = "; ".join(each.mail.subject for each in found)
    return Outcome(len(found) == _number(words["count"]), f"{len(found)}: {subjects}")


def tickets(stage: Stage, words: Words, block: Block) -> Outcome:
    with stage.world.app.engine.read() as tx:
        found = lists.tickets(tx)
    return Outcome(len(found) == _number(words["count"]), f"{len(found)} tickets")


def mail_ended(stage: Stage, words: Words, block: Block) -> Outcome:
    """Where the last mail went: joined a ticket, opened one, or was held."""
    row = stage.last_mail()
    where = stage.nth_of(row.ticket_id) if row.ticket_id else row.state
    wanted = "held" if words["where"] == "held" else f"ticket {words['nth']}"
    reason = words["why"] or ""
    return Outcome(where == wanted and reason in row.why, f"{where}: {row.why}")


def linked(stage: Stage, words: Words, block: Block) -> Outcome:
    ticket_id, other = stage.ticket_id(words["nth"]), stage.ticket(words["other"]).number
    with stage.world.app.engine.read() as tx:
        links = {row.number: row.reason for row in lists.links_of(tx, ticket_id)}
    return Outcome(other in links, "; ".join(f"{number}: {reason}" for number, reason in links.items()) or "no links")


def promise(stage: Stage, words: Words, block: Block) -> Outcome:
    """The newest promise of this kind."""
    ticket_id = stage.ticket_id(words["nth"])
    with stage.world.app.engine.read() as tx:
        rows = [row for row in lists.promises_of(tx, ticket_id) if row.kind == words["kind"]]
    if not rows:
        raise Untold(f"ticket {words['nth']} never promised {words['kind']}")
    state = "overdue" if rows[-1].state == "open" and rows[-1].broken_at else rows[-1].state
    return Outcome(state == words["state"], f"{state}: {rows[-1].because}")


def journal(stage: Stage, words: Words, block: Block) -> Outcome:
    ticket_id = stage.ticket_id(words["nth"])
    with stage.world.app.engine.read() as tx:
        lines = [f"{row.what}: {'; '.join(row.reasons)}" for row in lists.journal_of(tx, ticket_id)]
    hits = [line for line in lines if words["text"] in line]
    return Outcome(bool(hits), hits[-1] if hits else " | ".join(lines))


def every_word(stage: Stage, words: Words, block: Block) -> Outcome:
    """No line that the customer wrote into the last answer may be hidden as a quotation."""
    new = stage.words_of(stage.last_mail().id)
    lost = [line for line in stage.customer_words if line not in new]
    found = f"all {len(stage.customer_words)} lines are there" if not lost else f"missing: {'; '.join(lost)}"
    return Outcome(not lost and bool(stage.customer_words), found)


def our_words(stage: Stage, words: Words, block: Block) -> Outcome:
    """Nothing that we ourselves wrote is taken for the customer's."""
    new = stage.words_of(stage.last_mail().id)
    return Outcome(words["text"] not in new, new.replace("\n", " / ")[:200])


def send_state(stage: Stage, words: Words, block: Block) -> Outcome:
    """How the last mail that we sent for a ticket ended."""
    with stage.world.app.engine.read() as tx:
        rows = lists.sends_of(tx, stage.ticket_id(words["nth"]))
    if not rows:
        raise Untold(f"nothing was sent for ticket {words['nth']}")
    state = "bounced" if rows[-1].bounced else rows[-1].state
    return Outcome(state == words["state"], f"{state}: {rows[-1].last_result}")


def draft_ended(stage: Stage, words: Words, block: Block) -> Outcome:
    """How many drafts of a ticket ended so."""
    with stage.world.app.engine.read() as tx:
        states = [row.state for row in lists.drafts_of(tx, stage.ticket_id(words["nth"])) if row.kind == "reply"]
    return Outcome(states.count(words["state"]) == _number(words["count"]), ", ".join(states) or "no drafts")


def _options(rest: str) -> Iterable[tuple[str, str]]:
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
        else:
            yield found[5], found[6]


def _words_wrong(name: str, wanted: str, text: str) -> list[str]:
    if name == "containing":
        return [] if wanted in text else [f'"{wanted}" is not in: {text[:300]}'.replace("\n", " / ")]
    if name == "without":
        return [] if wanted not in text else [f'"{wanted}" is in it']
    return []


def _number(word: str) -> int:
    return 0 if word in ("no", "nothing") else int(word)


_N = r"(?P<nth>\d+)"
_COUNT = r"(?P<count>no|\d+)"

CHECKS: tuple[tuple[str, Perform], ...] = (
    (rf"expect ticket {_N} drafted(?P<rest>.*)", draft),
    (rf"expect ticket {_N} without draft", no_draft),
    (rf"expect ticket {_N} linked to (?P<other>\d+)", linked),
    (rf'expect ticket {_N} tells "(?P<text>.+)"', journal),
    (rf"expect ticket {_N} promise (?P<kind>\S+) (?P<state>open|kept|broken|withdrawn|overdue)", promise),
    (rf"expect ticket {_N} send (?P<state>queued|sent|failed|uncertain|bounced)", send_state),
    (rf"expect ticket {_N} {_COUNT} drafts? (?P<state>open|approved|rejected|superseded)", draft_ended),
    (rf"expect ticket {_N} (?P<pairs>.+)", ticket),
    (rf"expect {_COUNT} tickets?", tickets),
    (rf"expect {_COUNT} mails? to (?P<address>\S+)", mails),
    (r"expect (?P<what>sent|reply|acknowledgement(?: sent)?) to (?P<address>\S+)(?P<rest>.*)", sent),
    (rf'expect the mail (?P<where>held|in ticket {_N})(?: because "(?P<why>.*)")?', mail_ended),
    (r"expect every word of the customer is kept", every_word),
    (r'expect no words of ours: "(?P<text>.+)"', our_words),
)
