"""Drafts that the drafting help may be asked about, each once."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbot.core.decision import MACHINE
from mailbot.store.tables import draft

ASKED, USED = "asked", "used"
MOST_WORDS = 200  # of a reason


def next_draft(tx: Connection, since: datetime) -> tuple[int, int] | None:
    """(draft id, ticket id) of the machine's oldest open reply since then that nobody was asked about."""
    query = sa.select(draft.c.id, draft.c.ticket_id).where(
        draft.c.state == "open",
        draft.c.kind == "reply",
        draft.c.author == MACHINE,
        draft.c.template.is_not(None),
        draft.c.helped == "",
        draft.c.created_at >= since,
    )
    found = tx.execute(query.order_by(draft.c.id).limit(1)).first()
    return (found.id, found.ticket_id) if found is not None else None


def claim(tx: Connection, draft_id: int) -> bool:
    """From now on this draft counts as asked about, whatever happens; False: another process was first."""
    statement = sa.update(draft).where(draft.c.id == draft_id, draft.c.helped == "").values(helped=ASKED)
    return tx.execute(statement).rowcount == 1


def ended(tx: Connection, draft_id: int, how: str) -> None:
    """It was used, or why it was no help."""
    tx.execute(sa.update(draft).where(draft.c.id == draft_id).values(helped=how[:MOST_WORDS]))
