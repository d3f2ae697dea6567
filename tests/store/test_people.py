"""Who may take a ticket and who can be reminded, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from mailbot.core.departments import Staff
from mailbot.core.ticket import State
from mailbot.store import people
from mailbot.store.engine import Engine
from tests.store.rows import NOW, new_ticket


def add(engine: Engine, name: str, **over: Any) -> int:
    given = {"display_name": name, "staff_number": "", "role": "agent", "password": "-", "created_at": NOW}
    with engine.write() as tx:
        return people.add(tx, {"name": name, "address": "", "department": "", **given, **over})


def staff(engine: Engine) -> list[Staff]:
    with engine.read() as tx:
        return people.staff(tx)


def test_an_agents_desk_holds_the_open_tickets_and_no_others(engine: Engine) -> None:
    add(engine, "zhao", department="technical")
    add(engine, "amy")
    with engine.write() as tx:
        for state in State:
            new_ticket(tx, owner="zhao", state=state)
        new_ticket(tx, owner=None, state=State.PENDING)
        new_ticket(tx, owner="gone", state=State.PENDING)

    assert [Staff("amy", "", 0), Staff("zhao", "technical", 3)] == staff(engine)


def test_an_agent_who_was_disabled_takes_nothing_and_is_reminded_of_nothing(engine: Engine) -> None:
    left = add(engine, "zhao", address="zhao@shop.example")
    add(engine, "sue", role="supervisor", address="sue@shop.example", department="logistics")

    with engine.write() as tx:
        people.disable(tx, left, NOW)

    with engine.read() as tx:
        (reached,) = people.recipients(tx)
    assert ["sue"] == [one.name for one in staff(engine)]
    assert ("sue", "sue", "supervisor", "sue@shop.example", "logistics") == tuple(reached)


@pytest.mark.parametrize(
    "values", [{"address": "zhao@shop.example"}, {"department": "technical", "role": "supervisor"}]
)
def test_a_change_touches_one_agent_and_what_it_names(engine: Engine, values: dict[str, Any]) -> None:
    changed = add(engine, "zhao")
    add(engine, "amy")
    with engine.read() as tx:
        other, before = people.everyone(tx)

    with engine.write() as tx:
        people.change(tx, changed, values)

    with engine.read() as tx:
        assert [other._asdict(), {**before._asdict(), **values}] == [row._asdict() for row in people.everyone(tx)]
