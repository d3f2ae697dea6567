"""What an agent can do to a ticket from the command line: a table of actions, each with its words and options.

A missing word or a wrong option is a UserError that shows how the action is written; what the ticket's state does
not allow is refused by the core, in words for agents.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, cast

from sqlalchemy.engine import Row

from mailbot.app import App
from mailbot.core.decision import Decision
from mailbot.core.endings import CAUSED
from mailbot.core.errors import UserError
from mailbot.core.promises import PRIORITY_NAMES
from mailbot.core.ticket import (
    SIDE_NAMES,
    Adopted,
    Assigned,
    Closed,
    Corrected,
    Declined,
    Delayed,
    DraftWritten,
    Escalated,
    Event,
    MaterialWanted,
    Noted,
    Objected,
    Planned,
    PromiseEnded,
    Reopened,
    Resolved,
    Side,
    SolutionOffered,
    Taken,
    TaskDone,
    Transferred,
    Waiting,
    WaitingOn,
)
from mailbot.core.triage import Category, Priority
from mailbot.store import lists
from mailbot.terminal import accepted, act, deadline, require_agent

_COMMAS = re.compile(r"[,\uff0c\u3001]")  # also the Chinese ones
_TURNS = ("us", "customer", "department")


@dataclass(frozen=True, slots=True)
class Options:
    """The options of all actions; each belongs to some. Names are those of the command line."""

    to: str = ""
    for_customer: bool = False
    by: str = ""
    department: str = ""
    person: str = ""
    quiet: bool = False
    drop: bool = False
    plan: str = ""
    side: str = ""
    proof: str = ""
    launch: str = ""
    topic: str = ""
    priority: str = ""
    plans: str = ""
    because: str = ""
    instead: str = ""

    def given(self) -> list[str]:
        return [each.name for each in fields(self) if getattr(self, each.name)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What an agent asked for."""

    app: App
    row: Row[Any]  # the ticket
    action: str
    agent: str
    words: tuple[str, ...]
    options: Options

    def text(self) -> str:
        """All words; "-" is standard input."""
        return sys.stdin.read() if self.words == ("-",) else " ".join(self.words)

    def now(self) -> datetime:
        return self.app.clock.now()

    def by(self) -> datetime | None:
        if not self.options.by:
            return None
        return deadline("--by", self.options.by, self.app.config.company.zone, self.now())

    def tell(self, event: Event) -> Decision:
        return act(self.app, self.row.id, event)

    def wrong(self, remedy: str) -> UserError:
        return UserError(self.action, " ".join(self.words)[:60], remedy)


@dataclass(frozen=True, slots=True)
class Act:
    """`words`: how many positional words it takes at least and at most; None: any number, a text."""

    usage: str
    help: str
    do: Callable[[Asked], Decision]
    words: tuple[int, int | None] = (0, 0)
    options: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()  # options without which it means nothing


def perform(asked: Asked) -> Decision:
    """Look whether it is written as it should be, then do it."""
    wanted = ACTS.get(asked.action)
    if wanted is None:
        raise UserError("ticket", asked.action, f"known: show, {', '.join(ACTS)}")
    usage = f"write: mailbot ticket NUMBER {asked.action} {wanted.usage}".rstrip()
    given = asked.options.given()
    if foreign := [name for name in given if name not in wanted.options]:
        raise UserError(asked.action, _option(foreign[0]), f"is no option of this action; {usage}")
    if lacking := [name for name in wanted.needs if name not in given]:
        raise UserError(asked.action, _option(lacking[0]), f"is missing; {usage}")
    least, most = wanted.words
    if len(asked.words) < least:
        raise UserError(asked.action, "", f"something is missing; {usage}")
    if most is not None and len(asked.words) > most:
        raise asked.wrong(f"too many words; {usage}")
    require_agent(asked.app, asked.agent)
    return wanted.do(asked)


def help_lines() -> str:
    """The actions for --help: each with its words and options, and in one line what it does."""
    lines = [f"  {'show':<{_COLUMN}}  everything about it; also without an action"]
    for name, each in ACTS.items():
        usage = f"{name} {each.usage}".rstrip()
        if len(usage) > _COLUMN:  # its help stands below it
            lines.append(f"  {usage}")
            usage = ""
        lines.append(f"  {usage:<{_COLUMN}}  {each.help}")
    return "\n".join(lines)


_COLUMN = 34


# ---- people and departments ----


def _take(asked: Asked) -> Decision:
    return asked.tell(Taken(asked.agent))


def _assign(asked: Asked) -> Decision:
    to = asked.options.to
    require_agent(asked.app, to, option="--to")
    return asked.tell(Assigned(asked.agent, to))


def _transfer(asked: Asked) -> Decision:
    chosen = asked.options
    known = asked.app.shelf.volume.book.departments
    if chosen.department not in known:
        raise UserError("--department", chosen.department, f"no such department; known: {', '.join(known)}")
    event = Transferred(asked.agent, chosen.department, asked.text(), chosen.person, asked.by(), tell=not chosen.quiet)
    return asked.tell(event)


def _done(asked: Asked) -> Decision:
    promise_id, result = _promise(asked)
    return asked.tell(TaskDone(asked.agent, promise_id, result))


def _end(asked: Asked) -> Decision:
    promise_id, reason = _promise(asked)
    return asked.tell(PromiseEnded(asked.agent, promise_id, not asked.options.drop, reason))


def _promise(asked: Asked) -> tuple[int, str]:
    """The first word names an open promise of this ticket; the others are the text."""
    number = _id(asked, "ID of a promise")
    with asked.app.engine.read() as tx:
        is_open = any(row.id == number and row.state == "open" for row in lists.promises_of(tx, asked.row.id))
    if not is_open:
        raise UserError(
            asked.action, str(number), f"no such open promise; see their IDs with: mailbot ticket {asked.row.number}"
        )
    return number, " ".join(asked.words[1:])


def _id(asked: Asked, what: str) -> int:
    first = asked.words[0]
    if not (first.isascii() and first.isdigit() and len(first) < 18):
        raise UserError(asked.action, first, f"name the {what}, a number; see: mailbot ticket {asked.row.number}")
    return int(first)


# ---- the work itself ----


def _note(asked: Asked) -> Decision:
    return asked.tell(Noted(asked.agent, asked.text(), asked.options.for_customer))


def _plan(asked: Asked) -> Decision:
    return asked.tell(Planned(asked.agent, asked.text(), asked.by()))


def _delay(asked: Asked) -> Decision:
    by = asked.by()
    assert by is not None  # --by is needed
    return asked.tell(Delayed(asked.agent, asked.text(), by))


def _material(asked: Asked) -> Decision:
    items = tuple(each.strip() for each in _COMMAS.split(asked.text()) if each.strip())
    return asked.tell(MaterialWanted(asked.agent, items))


def _wait(asked: Asked) -> Decision:
    turn = asked.words[0]
    if turn not in _TURNS:
        raise UserError("wait", turn, f"known: {', '.join(_TURNS)}")
    return asked.tell(Waiting(asked.agent, cast(WaitingOn, turn)))


def _escalate(asked: Asked) -> Decision:
    return asked.tell(Escalated(asked.agent, asked.text()))


def _object(asked: Asked) -> Decision:
    return asked.tell(Objected(asked.agent, asked.text(), asked.options.plan))


def _offer(asked: Asked) -> Decision:
    """Plans by their codes, a sum behind "=": repair,coupon=50."""
    policy = asked.app.shelf.volume.book.policy
    codes: list[str] = []
    sums: list[tuple[str, int]] = []
    for each in _COMMAS.split(asked.options.plans):
        code, sign, amount = (part.strip() for part in each.partition("="))
        if code not in policy.plans or (sign and not (amount.isascii() and amount.isdigit() and len(amount) < 9)):
            suiting = ", ".join(plan.code for plan in policy.suiting(asked.row.category, asked.row.topic))
            raise UserError("--plans", each.strip(), f"write codes such as repair,coupon=50; for this case: {suiting}")
        codes.append(code)
        sums += [(code, int(amount))] if sign else []
    side = _side(asked.options.side)
    return asked.tell(SolutionOffered(asked.agent, asked.text(), tuple(codes), tuple(sums), side))


def _decline(asked: Asked) -> Decision:
    chosen = asked.options
    return asked.tell(Declined(asked.agent, asked.text(), chosen.because, chosen.instead))


def _reply(asked: Asked) -> Decision:
    return asked.tell(DraftWritten(asked.agent, "", asked.text()))


def _correct(asked: Asked) -> Decision:
    chosen, row = asked.options, asked.row
    if not chosen.topic and not chosen.priority:
        raise UserError("correct", "", "say what to correct: --topic CATEGORY/TOPIC, --priority PRIORITY")
    if chosen.priority and chosen.priority not in PRIORITY_NAMES:
        raise UserError("--priority", chosen.priority, f"known: {', '.join(PRIORITY_NAMES)}")
    category, _, topic = (chosen.topic or f"{row.category}/{row.topic}").partition("/")
    book = asked.app.shelf.volume.book
    if (category, topic) not in book.topics:
        of_category = [f"{one}/{other}" for one, other in book.topics if one == category]
        known = ", ".join(of_category or book.categories)
        raise UserError("--topic", chosen.topic, f"write CATEGORY/TOPIC; known: {known}")
    priority = cast(Priority, chosen.priority or row.priority)
    return asked.tell(Corrected(asked.agent, cast(Category, category), topic, priority))


# ---- its end ----


def _resolve(asked: Asked) -> Decision:
    code, proof = _side(asked.options.side), asked.options.proof
    try:
        return asked.tell(Resolved(asked.agent, asked.text(), code, proof))
    except UserError as refused:
        if (code and proof) or asked.row.category not in CAUSED:
            raise
        hint = f"{refused.remedy} (--side {'|'.join(SIDE_NAMES)} --proof PROOF)"
        raise UserError(refused.where, "", hint) from None


def _side(side: str) -> Side:
    """By its code or its Chinese name; empty: not said."""
    code = next((code for code, name in SIDE_NAMES.items() if side in (code, name)), "")
    if side and not code:
        known = ", ".join(f"{code} {name}" for code, name in SIDE_NAMES.items())
        raise UserError("--side", side, f"known: {known}")
    return cast(Side, code)


def _close(asked: Asked) -> Decision:
    return asked.tell(Closed(asked.agent, asked.text()))


def _reopen(asked: Asked) -> Decision:
    return asked.tell(Reopened(asked.agent, asked.text()))


def _adopt(asked: Asked) -> Decision:
    return asked.tell(Adopted(asked.agent, asked.text(), asked.options.launch))


# ---- mails between tickets ----


def _join(asked: Asked) -> Decision:
    mail = _id(asked, "ID of the mail to join to this ticket")
    return accepted(asked.app.desk.move_mail(mail, asked.row.number, asked.agent, asked.now()))


def _split(asked: Asked) -> Decision:
    mail = _id(asked, "ID of the mail that becomes a ticket of its own")
    with asked.app.engine.read() as tx:
        mails = [row.id for row in lists.mails_of(tx, asked.row.id)]
    if mail not in mails:
        raise UserError("split", str(mail), f"no such mail in this ticket; see: mailbot ticket {asked.row.number}")
    if len(mails) == 1:
        raise UserError("split", str(mail), "it is the only mail of this ticket; nothing is left to split")
    return accepted(asked.app.desk.move_mail(mail, None, asked.agent, asked.now()))


def _merge(asked: Asked) -> Decision:
    return accepted(asked.app.desk.merge(asked.row.number, asked.words[0], asked.agent, asked.now()))


def _unmerge(asked: Asked) -> Decision:
    return accepted(asked.app.desk.unmerge(asked.row.number, asked.agent, asked.now()))


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


_TEXT = (1, None)

# In the order of a ticket's life; --help shows them so.
ACTS: dict[str, Act] = {
    "take": Act("", "it is yours, and its plan is owed", _take),
    "assign": Act("--to AGENT", "somebody else's, who confirms by take", _assign, (0, 0), ("to",), ("to",)),
    "correct": Act(
        "[--topic CATEGORY/TOPIC] [--priority P]",
        "set category or priority right; limits count anew",
        _correct,
        (0, 0),
        ("topic", "priority"),
    ),
    "note": Act("TEXT [--for-customer]", "internal; or told in today's progress mail", _note, _TEXT, ("for_customer",)),
    "plan": Act("TEXT [--by TIME]", "the plan, and when it is to be done", _plan, _TEXT, ("by",)),
    "transfer": Act(
        "TASK --department CODE [--person NAME] [--by TIME] [--quiet]",
        "a department has to help; the customer is told",
        _transfer,
        _TEXT,
        ("department", "person", "by", "quiet"),
        ("department",),
    ),
    "done": Act("PROMISE_ID RESULT", "the department's answer is here", _done, (2, None)),
    "end": Act("PROMISE_ID [REASON] [--drop]", "a promise is done; --drop: not owed any more", _end, _TEXT, ("drop",)),
    "offer": Act(
        "CAUSE --plans CODE[=SUM][,CODE] [--side SIDE]",
        "what we can do about it; the customer chooses",
        _offer,
        _TEXT,
        ("plans", "side"),
        ("plans",),
    ),
    "decline": Act(
        "WISH --because REASON [--instead ALTERNATIVE]",
        "a wish that cannot be met, patiently explained",
        _decline,
        _TEXT,
        ("because", "instead"),
        ("because",),
    ),
    "delay": Act(
        "REASON --by TIME", "it takes longer: supervisors and customer hear it", _delay, _TEXT, ("by",), ("by",)
    ),
    "material": Act("ITEM[,ITEM]", "ask the customer for exactly this", _material, _TEXT),
    "wait": Act("us|customer|department", "whose turn it is", _wait, (1, 1)),
    "escalate": Act("REASON", "the supervisors hear it before a limit breaks", _escalate, _TEXT),
    "object": Act("DEMAND [--plan PLAN]", "the customer does not accept the plan", _object, _TEXT, ("plan",)),
    "reply": Act("TEXT", "a draft in your own words; - reads them", _reply, _TEXT),
    "resolve": Act(
        "RESULT [--side SIDE --proof PROOF]",
        "solved: by what, who was responsible, how we know",
        _resolve,
        _TEXT,
        ("side", "proof"),
    ),
    "close": Act("[REASON]", "the gate's four parts there; or no case of ours", _close, (0, None)),
    "reopen": Act("REASON", "it is not solved", _reopen, _TEXT),
    "adopt": Act("SUGGESTION [--launch WORDS]", "taken up; a mail tells the customer", _adopt, _TEXT, ("launch",)),
    "join": Act("MAIL_ID", "this mail belongs here", _join, (1, 1)),
    "split": Act("MAIL_ID", "this mail becomes a ticket of its own", _split, (1, 1)),
    "merge": Act("OTHER_NUMBER", "all its mails go into the other ticket", _merge, (1, 1)),
    "unmerge": Act("", "the merge undone", _unmerge),
}
