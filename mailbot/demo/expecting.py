"""What a line of a story can expect, each compared with what is really there; nothing here changes anything."""

from __future__ import annotations

from mailbot.core.decision import SUPERVISORS
from mailbot.demo.inboxes import INBOXES, number, options, words_wrong
from mailbot.demo.stage import Block, Outcome, Perform, Stage, Untold, Words
from mailbot.store import lists, reminders


def ticket(stage: Stage, words: Words, block: Block) -> Outcome:
    """Pairs of a name and a value: category, topic, priority, state, owner, waiting_on, score, order, missing ..."""
    row = stage.ticket(words["nth"])
    pairs = words["pairs"].split()
    wrong: list[str] = []
    right: list[str] = []
    for name, wanted in zip(pairs[::2], pairs[1::2], strict=False):
        if name == "order":
            actual = [value for code, value in row.facts if code == "order_number"]
            holds = wanted in actual
        elif name == "missing":
            actual = row.missing or ["nothing"]
            holds = wanted in actual
        elif name in row._mapping:
            actual = row._mapping[name]
            holds = wanted == ("nobody" if actual is None else str(actual))
        else:
            raise Untold(f"a ticket has no {name}")
        (right if holds else wrong).append(f"{name} {actual}")
    return Outcome(not wrong and len(pairs) % 2 == 0, ", ".join(wrong or right))


def tickets(stage: Stage, words: Words, block: Block) -> Outcome:
    with stage.world.app.engine.read() as tx:
        found = lists.tickets(tx)
    return Outcome(len(found) == number(words["count"]), f"{len(found)} tickets")


def linked(stage: Stage, words: Words, block: Block) -> Outcome:
    ticket_id, other = stage.ticket_id(words["nth"]), stage.ticket(words["other"]).number
    with stage.world.app.engine.read() as tx:
        links = {row.number: row.reason for row in lists.links_of(tx, ticket_id)}
    return Outcome(other in links, "; ".join(f"{number}: {reason}" for number, reason in links.items()) or "no links")


def merged(stage: Stage, words: Words, block: Block) -> Outcome:
    into = stage.ticket(words["nth"]).merged_into
    return Outcome(into == stage.ticket(words["other"]).number, f"merged into {into}")


def journal(stage: Stage, words: Words, block: Block) -> Outcome:
    """A line of the journal with these words (written at this time)."""
    with stage.world.app.engine.read() as tx:
        rows = lists.journal_of(tx, stage.ticket_id(words["nth"]))
    lines = [(row.at, f"{row.what}: {'; '.join(row.reasons)}") for row in rows]
    hits = [
        (at, line)
        for at, line in lines
        if words["text"] in line and (not words["when"] or stage.is_at(at, words["when"]))
    ]
    told = " | ".join(f"{stage.shown(at)} {line}" for at, line in hits[-1:] or lines)
    return Outcome(bool(hits) != bool(words["not"]), told)


# ---- promises and reminders ----


def promise(stage: Stage, words: Words, block: Block) -> Outcome:
    """A promise of this kind in this state, with this due time, for this reason, about this: the newest that fits."""
    with stage.world.app.engine.read() as tx:
        rows = [row for row in lists.promises_of(tx, stage.ticket_id(words["nth"])) if row.kind == words["kind"]]
    if words["not"]:
        open_ = [row for row in rows if row.state == "open"]
        return Outcome(not open_, f"{len(open_)} open")
    if not rows:
        raise Untold(f"ticket {words['nth']} never promised {words['kind']}")
    chosen = [row for row in rows if stage.is_at(row.due_at, words["due"])] if words["due"] else rows
    if not chosen:
        due = "; ".join(f"{stage.shown(row.due_at)} {row.because}" for row in rows)
        return Outcome(False, f"due {due}")
    row = chosen[-1]
    state = "overdue" if row.state == "open" and row.broken_at else row.state
    told = f"{state}, due {stage.shown(row.due_at)}: {row.because} {row.about} {row.settled_because}".rstrip()
    reasons = f"{row.because} {row.settled_because}"
    holds = (words["because"] or "") in reasons and (words["about"] or "") in row.about
    return Outcome(state == words["state"] and holds, told)


def reminded(stage: Stage, words: Words, block: Block) -> Outcome:
    """How often somebody was to be told of a ticket: the rows behind the mails."""
    audience = f"{words['who']}:{words['name']}" if words["who"] else SUPERVISORS
    with stage.world.app.engine.read() as tx:
        rows = [row for row in reminders.of_ticket(tx, stage.ticket_id(words["nth"])) if row.audience == audience]
    if words["level"]:
        rows = [row for row in rows if row.level == words["level"]]
    if words["when"]:
        rows = [row for row in rows if stage.is_at(row.at, words["when"])]
    if words["text"]:
        rows = [row for row in rows if words["text"] in row.text]
    told = "; ".join(f"{stage.shown(row.at)} {row.level} {row.text}" for row in rows)
    count = words["count"]
    return Outcome(len(rows) == number(count) if count else bool(rows), told or "nothing")


# ---- drafts ----


def draft(stage: Stage, words: Words, block: Block) -> Outcome:
    row = stage.draft(words["nth"])
    wrong = []
    for name, wanted in options(words["rest"]):
        if name == "subject" and row.subject != wanted:
            wrong.append(f"subject {row.subject}")
        elif name in ("template", "language") and row._mapping[name] != wanted:
            wrong.append(f"{name} {row._mapping[name]}")
        else:
            wrong += words_wrong(name, wanted, row.text)
    return Outcome(not wrong, "; ".join(wrong) or f"draft {row.id}, {row.template or row.author}: {row.subject}")


def no_draft(stage: Stage, words: Words, block: Block) -> Outcome:
    ticket_id = stage.ticket_id(words["nth"])
    with stage.world.app.engine.read() as tx:
        open_ = [row for row in lists.drafts_of(tx, ticket_id) if row.state == "open"]
    return Outcome(not open_, f"{len(open_)} open drafts: {', '.join(row.template or row.author for row in open_)}")


def draft_ended(stage: Stage, words: Words, block: Block) -> Outcome:
    """How many drafts of a ticket ended so."""
    with stage.world.app.engine.read() as tx:
        states = [row.state for row in lists.drafts_of(tx, stage.ticket_id(words["nth"])) if row.kind == "reply"]
    return Outcome(states.count(words["state"]) == number(words["count"]), ", ".join(states) or "no drafts")


def finding(stage: Stage, words: Words, block: Block) -> Outcome:
    """What the review of the open draft says to the agent."""
    row = stage.draft(words["nth"])
    messages = [f"{each['level']} {each['message']}" for each in row.findings]
    return Outcome(any(words["text"] in each for each in messages), "; ".join(messages) or "no findings")


def draft_promises(stage: Stage, words: Words, block: Block) -> Outcome:
    """The times that the open draft promises, as the agent sees them before approving."""
    row = stage.draft(words["nth"])
    found = [f"{each['words']} → {each['due_at']}" for each in row.pledges]
    return Outcome(any(words["text"] in each for each in found), "; ".join(found) or "it promises nothing")


# ---- mails ----


def mail_ended(stage: Stage, words: Words, block: Block) -> Outcome:
    """Where the last mail went: joined a ticket, opened one, or was held."""
    row = stage.last_mail()
    where = stage.nth_of(row.ticket_id) if row.ticket_id else row.state
    wanted = "held" if words["where"] == "held" else f"ticket {words['nth']}"
    reason = words["why"] or ""
    return Outcome(where == wanted and reason in row.why, f"{where}: {row.why}")


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


_N = r"(?P<nth>\d+)"
_COUNT = r"(?P<count>no|\d+)"
_WHEN = r"(?:\d\d-\d\d )?\d\d:\d\d"
_AT = rf"(?: at (?P<when>{_WHEN}))?"

CHECKS: tuple[tuple[str, Perform], ...] = (
    (rf"expect ticket {_N} drafted(?P<rest>.*)", draft),
    (rf"expect ticket {_N} without draft", no_draft),
    (rf"expect ticket {_N} linked to (?P<other>\d+)", linked),
    (rf"expect ticket {_N} merged into (?P<other>\d+)", merged),
    (rf'expect ticket {_N} (?P<not>does not )?tells? "(?P<text>.+)"{_AT}', journal),
    (rf"expect ticket {_N} (?P<not>has no) open promise (?P<kind>\w+)", promise),
    (
        rf"expect ticket {_N} (?P<not>)promise (?P<kind>\w+) (?P<state>open|kept|broken|withdrawn|overdue)"
        rf'(?: due (?P<due>{_WHEN}))?(?: because "(?P<because>[^"]*)")?(?: about "(?P<about>[^"]*)")?',
        promise,
    ),
    (
        rf"expect ticket {_N} to remind(?: (?P<count>no|\d+) times?)? (?:(?P<who>agent|department) (?P<name>\w+)|"
        r"supervisors)(?: (?P<level>soon|last|overdue|assigned|escalated|unhappy|answered))?"
        rf'{_AT}(?: of "(?P<text>.+)")?',
        reminded,
    ),
    (rf"expect ticket {_N} send (?P<state>queued|sent|failed|uncertain|bounced)", send_state),
    (rf"expect ticket {_N} {_COUNT} drafts? (?P<state>open|approved|rejected|superseded)", draft_ended),
    (rf'expect the draft of {_N} with the finding "(?P<text>.+)"', finding),
    (rf'expect the draft of {_N} to promise "(?P<text>.+)"', draft_promises),
    (rf"expect ticket {_N} (?P<pairs>.+)", ticket),
    (rf"expect {_COUNT} tickets?", tickets),
    *INBOXES,
    (rf'expect the mail (?P<where>held|in ticket {_N})(?: because "(?P<why>.*)")?', mail_ended),
    (r"expect every word of the customer is kept", every_word),
    (r'expect no words of ours: "(?P<text>.+)"', our_words),
)
