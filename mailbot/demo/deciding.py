"""What agents do in a line of a story. "cannot" where the story says that the door must refuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from sqlalchemy.engine import Row

from mailbot.core.decision import Decision
from mailbot.core.errors import UserError
from mailbot.core.pledges import Pledge
from mailbot.core.ticket import (
    Adopted,
    Assigned,
    Closed,
    Corrected,
    Delayed,
    DraftApproved,
    DraftRejected,
    DraftWritten,
    Escalated,
    Event,
    MaterialWanted,
    Noted,
    Objected,
    Planned,
    PledgesSet,
    PromiseEnded,
    Reopened,
    Resolved,
    Side,
    Taken,
    TaskDone,
    Transferred,
    Waiting,
    WaitingOn,
)
from mailbot.demo.stage import Block, Outcome, Perform, Stage, Untold, Words
from mailbot.store import lists, outbox

# ---- drafts ----


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


def set_pledge(stage: Stage, words: Words, block: Block) -> Outcome:
    """Which time the draft promises, instead of what was found in its text; or none."""
    draft = stage.draft(words["nth"])
    found: tuple[Pledge, ...] = ()
    if words["what"]:
        found = (Pledge(words["what"], stage.moment(words["when"]), "other", "客服设定"),)
    return _acted(stage, words, PledgesSet(words["agent"], draft.id, found, draft.version))


def _edited(agent: str, draft: Row[Any], text: str) -> DraftWritten:
    return DraftWritten(agent, draft.subject, text, draft.mail_id, draft.id, draft.version)


# ---- the ticket ----


def _event(make: Callable[[Stage, Words], Event]) -> Perform:
    """What an agent does that needs nothing but the words of the line."""
    return lambda stage, words, block: _acted(stage, words, make(stage, words))


def _text(words: Words) -> str:
    return words.get("text") or ""


def _transferred(stage: Stage, words: Words) -> Event:
    return Transferred(
        words["agent"],
        words["department"],
        _text(words),
        person=words["person"] or "",
        due_by=stage.moment(words["when"]) if words["when"] else None,
        tell=not words["silently"],
    )


def _planned(stage: Stage, words: Words) -> Event:
    return Planned(words["agent"], _text(words), stage.moment(words["when"]) if words["when"] else None)


def _corrected(stage: Stage, words: Words) -> Event:
    category, priority = cast(Any, words["category"]), cast(Any, words["priority"])
    return Corrected(words["agent"], category, words["topic"], priority)


def _task_done(stage: Stage, words: Words) -> Event:
    return TaskDone(words["agent"], _owed(stage, words, "department", words["department"]), _text(words))


def _promise_ended(stage: Stage, words: Words) -> Event:
    return PromiseEnded(words["agent"], _owed(stage, words, words["kind"]), words["how"] == "done", words["text"] or "")


def _owed(stage: Stage, words: Words, kind: str, party: str = "") -> int:
    """The open promise of this kind that falls due first."""
    with stage.world.app.engine.read() as tx:
        rows = lists.promises_of(tx, stage.ticket_id(words["nth"]))
    mine = [row for row in rows if row.kind == kind and row.state == "open" and party in ("", row.party)]
    if not mine:
        raise Untold(f"no open promise {kind} {party}".rstrip())
    return int(min(mine, key=lambda row: row.due_at).id)


def _acted(stage: Stage, words: Words, event: Event) -> Outcome:
    return _settled(stage, words, stage.act(words["nth"], event))


def _settled(stage: Stage, words: Words, refused: str | None) -> Outcome:
    """`can`: "cannot" where the story says that the door must refuse; `why`: with these words."""
    wanted = words.get("can") != "cannot "
    row = stage.ticket(words["nth"])
    if refused is None:
        with stage.world.app.engine.read() as tx:
            last = lists.journal_of(tx, row.id)[-1]
        return Outcome(wanted, f"{last.what}; ticket {words['nth']} is {row.state}")
    return Outcome(not wanted and (words.get("refusal") or "") in refused, f"refused: {refused}")


# ---- several tickets ----


def move_out(stage: Stage, words: Words, block: Block) -> Outcome:
    row = stage.last_mail(words["nth"])
    return _moved(stage, stage.world.app.desk.move_mail(row.id, None, words["agent"], stage.world.clock.now()))


def move_to(stage: Stage, words: Words, block: Block) -> Outcome:
    row = stage.last_mail(words["nth"])
    number = stage.ticket(words["other"]).number
    return _moved(stage, stage.world.app.desk.move_mail(row.id, number, words["agent"], stage.world.clock.now()))


def _moved(stage: Stage, decision: Decision) -> Outcome:
    stage.run()
    return Outcome(decision.refused is None, decision.refused or f"now {stage.nth_of(decision.ticket.id)}")


def merge(stage: Stage, words: Words, block: Block) -> Outcome:
    numbers = stage.ticket(words["nth"]).number, stage.ticket(words["other"]).number
    desk, now = stage.world.app.desk, stage.world.clock.now()
    return _on_desk(stage, words, lambda: desk.merge(*numbers, words["agent"], now))


def unmerge(stage: Stage, words: Words, block: Block) -> Outcome:
    number = stage.ticket(words["nth"]).number
    desk, now = stage.world.app.desk, stage.world.clock.now()
    return _on_desk(stage, words, lambda: desk.unmerge(number, words["agent"], now))


def _on_desk(stage: Stage, words: Words, act: Callable[[], Decision]) -> Outcome:
    try:
        refused = act().refused
    except UserError as error:
        refused = error.remedy
    stage.run()
    return _settled(stage, words, refused)


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


_A = r"agent (?P<agent>\S+) (?P<can>cannot )?"
_N = r"(?P<nth>\d+)"
_BY = r"(?: by (?P<when>(?:\d\d-\d\d )?\d\d:\d\d))?"
_QUOTED = r'"(?P<text>[^"]*)"'
_WHY = r'(?: because "(?P<refusal>[^"]*)")?'  # after "cannot": why the door refuses

_EVENTS: Mapping[str, Callable[[Stage, Words], Event]] = {
    rf"takes? {_N}": lambda stage, words: Taken(words["agent"]),
    rf"assigns? {_N} to (?P<to>\w+)": lambda stage, words: Assigned(words["agent"], words["to"]),
    rf"notes? on {_N} {_QUOTED}": lambda stage, words: Noted(words["agent"], _text(words)),
    rf"notes? on {_N} for the customer {_QUOTED}": lambda stage, words: Noted(words["agent"], _text(words), True),
    rf"plans? {_N} {_QUOTED}{_BY}": _planned,
    rf"corrects? {_N} to (?P<category>\w+)/(?P<topic>\w+) (?P<priority>\w+)": _corrected,
    rf'transfers? {_N} to (?P<department>\w+) {_QUOTED}(?: naming "(?P<person>[^"]*)")?{_BY}'
    r"(?P<silently> without telling)?": _transferred,
    rf"records? the answer of (?P<department>\w+) on {_N} {_QUOTED}": _task_done,
    rf"delays? {_N} {_QUOTED} until (?P<when>(?:\d\d-\d\d )?\d\d:\d\d)": lambda stage, words: Delayed(
        words["agent"], _text(words), stage.moment(words["when"])
    ),
    rf"asks? the customer of {_N} for (?P<items>.+?)": lambda stage, words: MaterialWanted(
        words["agent"], tuple(each.strip() for each in words["items"].split(";"))
    ),
    rf"sets? {_N} waiting on (?P<on>us|customer|department)": lambda stage, words: Waiting(
        words["agent"], cast(WaitingOn, words["on"])
    ),
    rf"escalates? {_N} {_QUOTED}": lambda stage, words: Escalated(words["agent"], _text(words)),
    rf'records? on {_N} that the customer insists on {_QUOTED}(?:, new plan "(?P<plan>[^"]*)")?': (
        lambda stage, words: Objected(words["agent"], _text(words), words["plan"] or "")
    ),
    rf'resolves? {_N}(?: {_QUOTED})?(?:, side (?P<side>\w+))?(?:, proof "(?P<proof>[^"]*)")?': (
        lambda stage, words: Resolved(
            words["agent"], _text(words), cast(Side, words["side"] or ""), words["proof"] or ""
        )
    ),
    rf"reopens? {_N} {_QUOTED}": lambda stage, words: Reopened(words["agent"], _text(words)),
    rf"closes? {_N}(?: {_QUOTED})?": lambda stage, words: Closed(words["agent"], _text(words)),
    rf'adopts? the suggestion of {_N} {_QUOTED}(?:, launch "(?P<launch>[^"]*)")?': lambda stage, words: Adopted(
        words["agent"], _text(words), words["launch"] or ""
    ),
    rf"ends? the promise (?P<kind>\w+) of {_N} as (?P<how>done|not owed)(?: {_QUOTED})?": _promise_ended,
}

DECISIONS: tuple[tuple[str, Perform], ...] = (
    (_A + rf"approves? {_N}{_WHY}", approve),
    (_A + rf"adds to the draft of {_N}", add),
    (_A + rf"rewrites the draft of {_N}", rewrite),
    (_A + rf'rejects the draft of {_N} because "(?P<why>.*)"', reject),
    (_A + rf"writes a reply for {_N}", write),
    (
        _A + rf'lets the draft of {_N} promise (?:"(?P<what>[^"]*)" by (?P<when>(?:\d\d-\d\d )?\d\d:\d\d)|nothing)',
        set_pledge,
    ),
    (_A + rf"moves the last mail of {_N} to a ticket of its own", move_out),
    (_A + rf"moves the last mail of {_N} to (?P<other>\d+)", move_to),
    (_A + rf"merges? {_N} into (?P<other>\d+){_WHY}", merge),
    (_A + rf"takes? {_N} out of its merge{_WHY}", unmerge),
    (_A + rf"says the uncertain mail of {_N} (?P<how>arrived|is to be sent again)", settle),
    *((_A + pattern + _WHY, _event(make)) for pattern, make in _EVENTS.items()),
)
