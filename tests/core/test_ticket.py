"""The table of states drawn out: what may happen in which state, and where it leads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailbot.core.decide import decide
from mailbot.core.office import Office
from mailbot.core.ticket import STATE_NAMES, TRANSITIONS, State, after
from tests.core.events import EVENTS, NOW, ticket

# Columns: pending, in_progress, escalated, resolved, closed. A letter is the state after; "." is refused.
TABLE = """
mail        P I E I I
thanks      P I E R C
robot       P I E R C
bounce      P I E I I
report      P I E R C
take        I I E . .
note        P I E R C
correct     P I E R C
write       P I E R C
edit        P I E R C
approve     P I E R C
reject      P I E R C
sent        I I I R C
ack_sent    P I E R C
failed      P I E R C
ack_failed  P I E R C
uncertain   P I E R C
settled     P I E R C
overdue     E E E R C
resolve     R R R . .
reopen      . . . I I
assign      P I E . .
news        P I E R C
plan        I I E . .
transfer    I I E . .
task_done   . . . . .
delay       E E E . .
material    I I E . .
wait        P I E . .
escalate    E E E . .
object      E E E . .
object_plan I I E . .
offer       I I E . .
decline     I I E . .
end_promise . . . . .
suggest     P I E R C
pledges     P I E R C
close       . . . . .
rate_well   . . . C C
rate_badly  . . . I I
opt_out     P I E C C
adopt       P I E R C
merge       C C C C .
unmerge     . . . . .
mail_in     P I E I I
mail_out    P I E R C
"""
STATES = dict(zip("PIERC", State, strict=True))
ROWS = [line.split() for line in TABLE.strip().splitlines()]
PAIRS = [(name, before, cell) for name, *cells in ROWS for before, cell in zip(State, cells, strict=True)]


@pytest.mark.rule("002-44")
def test_there_are_exactly_five_states_with_the_names_of_the_seed() -> None:
    assert ["待处理", "处理中", "需升级", "已解决", "已关闭"] == [STATE_NAMES[state] for state in State]


def test_the_drawn_table_has_a_row_for_every_event() -> None:
    assert set(EVENTS) == {name for name, *_ in ROWS}


@pytest.mark.parametrize(("name", "before", "cell"), PAIRS)
def test_every_event_in_every_state_leads_where_the_table_says(
    name: str, before: State, cell: str, office: Office
) -> None:
    late = replace(ticket(before).promises[0], due_at=NOW, began_at=None) if ticket(before).promises else None
    given = ticket(before, drafts=ticket().drafts)
    if name == "overdue" and late is not None:
        given = replace(given, promises=(late, *given.promises[1:]))

    decision = decide(given, EVENTS[name], office, NOW)

    if cell == "." or (name == "overdue" and late is None):
        assert decision.refused
        assert replace(decision, refused=None) == type(decision)(given)
    else:
        assert decision.refused is None
        assert STATES[cell] == decision.ticket.state
        assert decision.journal


@pytest.mark.parametrize(("before", "happening"), sorted(TRANSITIONS))
def test_the_table_of_transitions_knows_only_the_five_states(before: State, happening: str) -> None:
    assert isinstance(after(before, happening), State)


def test_what_is_not_in_the_table_is_not_allowed() -> None:
    assert after(State.CLOSED, "take") is None
    assert after(State.PENDING, "fly") is None
