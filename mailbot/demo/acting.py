"""What happens around the desk in a line of a story: customers and machines write, links are opened, time passes."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email.utils import parseaddr

from mailbot.core.mail import Mail, parse
from mailbot.demo import letters
from mailbot.demo.deciding import DECISIONS
from mailbot.demo.letters import Letter
from mailbot.demo.mails import PHOTO
from mailbot.demo.stage import Block, Outcome, Perform, Stage, Untold, Words
from mailbot.demo.visiting import Visitor
from mailbot.demo.world import MACHINE, SUPPORT

_SPANS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_UNDER = re.compile(r'under "([^"]+)": (.+)')
_HEADER = re.compile(r"@ ([A-Za-z-]+): (.*)")
_PHOTO = re.compile(r"\+ (\S+\.png)")


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


def _files(block: Block) -> tuple[tuple[str, str, bytes], ...]:
    """Lines "+ name.png" are photos that go with the mail."""
    return tuple((found[1], "image/png", PHOTO) for line in block if (found := _PHOTO.fullmatch(line)))


def mail(stage: Stage, words: Words, block: Block) -> Outcome:
    """A customer's new mail; lines "@ Name: value" at its top are headers."""
    headers = tuple((found[1], found[2]) for line in block if (found := _HEADER.fullmatch(line)))
    lines = [line for line in block if not _HEADER.fullmatch(line) and not _PHOTO.fullmatch(line)]
    sender, text = parseaddr(words["who"]), "\n".join(lines).strip("\n")
    letter = Letter(sender, SUPPORT, words["subject"], text, stage.now, headers=headers, files=_files(block))
    return _send(stage, letter)


def answer(stage: Stage, words: Words, block: Block) -> Outcome:
    """An answer to what we sent last: on top of the quoted mail, or between its lines."""
    address, style = words["address"], words["style"] or "gmail"
    original = stage.received(address).mail
    inside = {found[1]: found[2] for line in block if (found := _UNDER.fullmatch(line))}
    top = "\n".join(line for line in block if not _UNDER.fullmatch(line) and not _PHOTO.fullmatch(line)).strip("\n")
    quote = letters.quoted(original, style, original.date or stage.now)
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
        date=stage.now,
        style=style,
        in_reply_to=original.message_id or "",
        references=original.references,
        files=_files(block),
    )
    return _send(stage, letter)


def auto_reply(stage: Stage, words: Words, block: Block) -> Outcome:
    address = words["address"]
    original = stage.received(address).mail
    return _send(stage, letters.auto_reply(original, ("", address), stage.now))


def bounce(stage: Stage, words: Words, block: Block) -> Outcome:
    original = stage.received(words["address"])
    raw = letters.bounce(original.mail, original.raw, SUPPORT, stage.now)
    stage.world.post(raw, MACHINE, envelope="")
    return _where(stage)


def cut(stage: Stage, words: Words, block: Block) -> Outcome:
    stage.world.servers.hang_up_after_data += 1
    return Outcome(True, "the next mail is taken, but no answer comes back")


# ---- the links of a revisit mail ----


def rate(stage: Stage, words: Words, block: Block) -> Outcome:
    """Open the link that carries the score, and press the button."""
    with Visitor(stage.world) as visitor:
        page = visitor.rate(_link(stage, words, rf"\S+\?score={words['score']}"), words["score"], words["text"] or "")
    return _seen(stage, page)


def opt_out(stage: Stage, words: Words, block: Block) -> Outcome:
    with Visitor(stage.world) as visitor:
        page = visitor.press(_link(stage, words, r"\S+/stop"))
    return _seen(stage, page)


def scan(stage: Stage, words: Words, block: Block) -> Outcome:
    """A program that looks for evil mail opens every link; it presses no buttons."""
    links = re.findall(r"http://\S+", stage.received(words["address"]).mail.text)
    with Visitor(stage.world) as visitor:
        for link in links:
            visitor.look(link)
    stage.run()
    return Outcome(bool(links), f"{len(links)} links opened")


def _link(stage: Stage, words: Words, ending: str) -> str:
    """In the newest mail of this address that has one."""
    for each in reversed(stage.world.inbox(words["address"])):
        if found := re.search(rf"http://{ending}(?=\s|$)", each.mail.text):
            return found[0]
    raise Untold(f"no mail in the mailbox of {words['address']} has such a link")


def _seen(stage: Stage, page: str) -> Outcome:
    stage.run()
    return Outcome(True, page)


# ---- time ----


def begin(stage: Stage, words: Words, block: Block) -> Outcome:
    """The only line that may set the clock back: nothing has happened yet."""
    zone = stage.now.tzinfo
    if stage.world.servers.accepted:
        raise Untold("a story can say when it begins only before its first mail")
    stage.world.clock.move_to(datetime.fromisoformat(words["moment"]).replace(tzinfo=zone))
    return _told_time(stage)


def wait(stage: Stage, words: Words, block: Block) -> Outcome:
    stage.travel_to(stage.world.clock.now() + int(words["count"]) * _SPANS[words["unit"]])
    return _told_time(stage)


def wait_until(stage: Stage, words: Words, block: Block) -> Outcome:
    """The next moment that the company's clock shows this time."""
    stage.travel_to(stage.moment(words["when"]))
    return _told_time(stage)


def _told_time(stage: Stage) -> Outcome:
    return Outcome(True, f"it is {stage.now:%Y-%m-%d %H:%M %A}")


_ADDRESS = r"(?P<address>\S+@\S+)"

ACTS: tuple[tuple[str, Perform], ...] = (
    (r"the story begins at (?P<moment>\d{4}-\d\d-\d\d \d\d:\d\d)", begin),
    (r'mail from (?P<who>.+?) subject "(?P<subject>.*)"', mail),
    (rf"{_ADDRESS} answers(?: in line)?(?:,? as (?P<style>gmail|qq|outlook))?", answer),
    (rf"auto-reply from {_ADDRESS} to our last mail", auto_reply),
    (rf"bounce of our last mail to {_ADDRESS}", bounce),
    (r"the line breaks after the next mail is handed over", cut),
    (rf'{_ADDRESS} rates (?P<score>[1-5]) by link(?: "(?P<text>[^"]*)")?', rate),
    (rf"{_ADDRESS} opts out by link", opt_out),
    (rf"a scanner opens every link of our last mail to {_ADDRESS}", scan),
    (r"wait (?P<count>\d+) (?P<unit>minute|hour|day)s?", wait),
    (r"wait until (?P<when>(?:\d\d-\d\d )?\d\d:\d\d)", wait_until),
    *DECISIONS,
)
