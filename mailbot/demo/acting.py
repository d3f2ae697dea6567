"""What a line of a story can do: customers and machines write, agents decide, time passes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from email.utils import parseaddr
from typing import Any

from sqlalchemy.engine import Row

from mailbot.core.mail import Mail, parse
from mailbot.core.ticket import DraftApproved, DraftRejected, DraftWritten, Event, Noted, Reopened, Resolved, Taken
from mailbot.demo import letters
from mailbot.demo.letters import Letter
from mailbot.demo.stage import Outcome, Perform, Stage, Untold
from mailbot.demo.world import MACHINE, SUPPORT
from mailbot.store import lists, outbox

Words = Mapping[str, str]
Block = tuple[str, ...]

_SPANS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_UNDER = re.compile(r'under "([^"]+)": (.+)')
_HEADER = re.compile(r"@ ([A-Za-z-]+): (.*)")


def _now(stage: Stage) -> datetime:
    return stage.world.clock.now().astimezone(stage.world.app.config.company.zone)


def _send(stage: Stage, letter: Letter) -> Outcome:
    """By SMTP to us, then let the loops work; says where the mail ended."""
    raw = letters.write(letter)
    address = letter.sender[1]
    stage.world.post(raw, address)
    sent = parse(raw)
    assert isinstance(sent, Mail)
    stage.last_id[address] = sent.message_id or ""
    return _where(stage)


def _where(stage: Stage) -> Outcome:
    stage.run()
    row = stage.last_mail()
    if row.state == "done":
        return Outcome(True, f"{stage.nth_of(row.ticket_id)}: {row.why}")
    return Outcome(True, f"{row.state}: {row.why}")


def mail(stage: Stage, words: Words, block: Block) -> Outcome:
    """A customer's new mail; lines "@ Name: value" at its top are headers."""
    headers = tuple((found[1], found[2]) for line in block if (found := _HEADER.fullmatch(line)))
    text = "\n".join(line for line in block if not _HEADER.fullmatch(line)).strip("\n")
    sender = parseaddr(words["who"])
    return _send(stage, Letter(sender, SUPPORT, words["subject"], text, _now(stage), headers=headers))


def answer(stage: Stage, words: Words, block: Block) -> Outcome:
    """An answer to what we sent last: on top of the quoted mail, or between its lines."""
    address, style = words["address"], words["style"] or "gmail"
    original = stage.received(address).mail
    inside = {found[1]: found[2] for line in block if (found := _UNDER.fullmatch(line))}
    top = "\n".join(line for line in block if not _UNDER.fullmatch(line)).strip("\n")
    quote = letters.quoted(original, style, original.date or _now(stage))
    try:
        quote = letters.in_line(quote, inside)
    except KeyError as missing:
        raise Untold(f"our mail does not say {missing}") from None
    stage.customer_words = tuple(line for line in (*top.split("\n"), *inside.values()) if line.strip())
    letter = Letter(
        sender=(original.to[0].name if original.to else "", address),
        to=SUPPORT,
        subject=letters.answer_subject(original, style),
        text=f"{top}\n\n{quote}".lstrip("\n"),
        date=_now(stage),
        style=style,
        in_reply_to=original.message_id or "",
        references=original.references,
    )
    return _send(stage, letter)


def auto_reply(stage: Stage, words: Words, block: Block) -> Outcome:
    address = words["address"]
    original = stage.received(address).mail
    return _send(stage, letters.auto_reply(original, ("", address), _now(stage)))


def bounce(stage: Stage, words: Words, block: Block) -> Outcome:
    original = stage.received(words["address"])
    raw = letters.bounce(original.mail, original.raw, SUPPORT, _now(stage))
    stage.world.post(raw, MACHINE, envelope="")
    return _where(stage)


def approve(stage: Stage, words: Words, block: Block) -> Outcome:
    """ "cannot approve": whatever draft there was last, the door must refuse it."""
    draft = stage.last_draft(words["nth"]) if words["can"] else stage.draft(words["nth"])
    return _acted(stage, words, DraftApproved(words["agent"], draft.id, draft.version))


def add(stage: Stage, words: Words, block: Block) -> Outcome:
    """The agent's own words below the machine's."""
    draft = stage.draft(words["nth"])
    text = draft.text.rstrip() + "\n\n" + "\n".join(block)
    return _acted(stage, words, _edited(words["agent"], draft, text))


def rewrite(stage: Stage, words: Words, block: Block) -> Outcome:
    draft = stage.draft(words["nth"])
    return _acted(stage, words, _edited(words["agent"], draft, "\n".join(block)))


def reject(stage: Stage, words: Words, block: Block) -> Outcome:
    draft = stage.draft(words["nth"])
    return _acted(stage, words, DraftRejected(words["agent"], draft.id, words["why"]))


def write(stage: Stage, words: Words, block: Block) -> Outcome:
    """A reply of the agent's own, to the last mail of the ticket."""
    nth = words["nth"]
    return _acted(stage, words, DraftWritten(words["agent"], "", "\n".join(block), stage.last_mail(nth).id))


def simple(stage: Stage, words: Words, block: Block) -> Outcome:
    agent, text = words["agent"], words.get("text") or ""
    events: Mapping[str, Event] = {
        "takes": Taken(agent),
        "resolves": Resolved(agent, text),
        "reopens": Reopened(agent, text),
        "notes on": Noted(agent, text),
    }
    return _acted(stage, words, events[words["verb"]])


def move_out(stage: Stage, words: Words, block: Block) -> Outcome:
    row = stage.last_mail(words["nth"])
    decision = stage.world.app.desk.move_mail(row.id, None, words["agent"], stage.world.clock.now())
    stage.run()
    return Outcome(decision.refused is None, decision.refused or f"now {stage.nth_of(decision.ticket.id)}")


def move_to(stage: Stage, words: Words, block: Block) -> Outcome:
    row = stage.last_mail(words["nth"])
    number = stage.ticket(words["other"]).number
    decision = stage.world.app.desk.move_mail(row.id, number, words["agent"], stage.world.clock.now())
    stage.run()
    return Outcome(decision.refused is None, decision.refused or f"now {stage.nth_of(decision.ticket.id)}")


def settle(stage: Stage, words: Words, block: Block) -> Outcome:
    """A person says how an uncertain send ended."""
    with stage.world.app.engine.read() as tx:
        rows = outbox.uncertain_rows(tx)
    mine = [row for row in rows if row.ticket_id == stage.ticket_id(words["nth"])]
    if not mine:
        raise Untold("no send of this ticket is uncertain")
    arrived = words["how"] == "arrived"
    done = stage.world.app.desk.settle(mine[0].id, arrived, words["agent"], stage.world.clock.now())
    stage.run()
    return Outcome(done, "settled" if done else "it is not uncertain any more")


def cut(stage: Stage, words: Words, block: Block) -> Outcome:
    stage.world.servers.hang_up_after_data += 1
    return Outcome(True, "the next mail is taken, but no answer comes back")


def wait(stage: Stage, words: Words, block: Block) -> Outcome:
    moment = stage.world.clock.now() + int(words["count"]) * _SPANS[words["unit"]]
    return _move(stage, moment)


def wait_until(stage: Stage, words: Words, block: Block) -> Outcome:
    """The next moment that the company's clock shows this time."""
    local = _now(stage)
    moment = datetime.combine(local.date(), time.fromisoformat(words["clock"]), local.tzinfo)
    return _move(stage, moment if moment > local else moment + timedelta(days=1))


def _move(stage: Stage, moment: datetime) -> Outcome:
    stage.world.clock.move_to(moment)
    stage.run()
    return Outcome(True, f"it is {_now(stage):%Y-%m-%d %H:%M}")


def _edited(agent: str, draft: Row[Any], text: str) -> DraftWritten:
    return DraftWritten(agent, draft.subject, text, draft.mail_id, draft.id, draft.version)


def _acted(stage: Stage, words: Words, event: Event) -> Outcome:
    """`can`: "cannot" where the story says that the door must refuse."""
    refused = stage.act(words["nth"], event)
    wanted = words.get("can") != "cannot "
    row = stage.ticket(words["nth"])
    if refused is None:
        with stage.world.app.engine.read() as tx:
            last = lists.journal_of(tx, row.id)[-1]
        return Outcome(wanted, f"{last.what}; ticket {words['nth']} is {row.state}")
    return Outcome(not wanted, f"refused: {refused}")


_A = r"agent (?P<agent>\S+) "
_CAN = r"(?P<can>cannot )?"
_N = r"(?P<nth>\d+)"

ACTS: tuple[tuple[str, Perform], ...] = (
    (r'mail from (?P<who>.+?) subject "(?P<subject>.*)"', mail),
    (r"(?P<address>\S+@\S+) answers(?: in line)?(?:,? as (?P<style>gmail|qq|outlook))?", answer),
    (r"auto-reply from (?P<address>\S+) to our last mail", auto_reply),
    (r"bounce of our last mail to (?P<address>\S+)", bounce),
    (_A + _CAN + rf"approves? {_N}", approve),
    (_A + rf"adds to the draft of {_N}", add),
    (_A + rf"rewrites the draft of {_N}", rewrite),
    (_A + rf'rejects the draft of {_N} because "(?P<why>.*)"', reject),
    (_A + rf"writes a reply for {_N}", write),
    (_A + rf'(?P<verb>takes|resolves|reopens|notes on) {_N}(?: "(?P<text>.*)")?', simple),
    (_A + rf"moves the last mail of {_N} to a ticket of its own", move_out),
    (_A + rf"moves the last mail of {_N} to (?P<other>\d+)", move_to),
    (_A + rf"says the uncertain mail of {_N} (?P<how>arrived|is to be sent again)", settle),
    (r"the line breaks after the next mail is handed over", cut),
    (r"wait (?P<count>\d+) (?P<unit>minute|hour|day)s?", wait),
    (r"wait until (?P<clock>\d\d:\d\d)", wait_until),
)
