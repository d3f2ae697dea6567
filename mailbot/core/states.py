"""The five states of a ticket and the one table of transitions."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """处理进度 of 002-44: exactly these five."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    CLOSED = "closed"


STATE_NAMES = {
    State.PENDING: "待处理",
    State.IN_PROGRESS: "处理中",
    State.ESCALATED: "需升级",
    State.RESOLVED: "已解决",
    State.CLOSED: "已关闭",
}

# ---- the table: (state, what happens) -> state. What is not in it is refused and changes nothing. ----

P, I, E, R, C = State.PENDING, State.IN_PROGRESS, State.ESCALATED, State.RESOLVED, State.CLOSED  # noqa: E741

TRANSITIONS: dict[tuple[State, str], State] = {
    (P, "mail"): P,
    (I, "mail"): I,
    (E, "mail"): E,
    (R, "mail"): I,  # the customer writes again: it was not solved (001-55)
    (C, "mail"): I,
    (R, "thanks"): R,  # a thank-you does not reopen
    (C, "thanks"): C,
    (P, "take"): I,
    (I, "take"): I,
    (E, "take"): E,  # stays visible as escalated until it is answered
    (P, "assign"): P,  # until the new owner confirms
    (I, "assign"): I,
    (E, "assign"): E,
    (P, "work"): I,  # planned, transferred, asked
    (I, "work"): I,
    (E, "work"): E,
    (P, "escalate"): E,
    (I, "escalate"): E,
    (E, "escalate"): E,
    (P, "sent"): I,
    (I, "sent"): I,
    (E, "sent"): I,
    (R, "sent"): R,
    (C, "sent"): C,
    (P, "overdue"): E,
    (I, "overdue"): E,
    (E, "overdue"): E,
    (R, "overdue"): R,
    (C, "overdue"): C,
    (P, "resolve"): R,
    (I, "resolve"): R,
    (E, "resolve"): R,
    (R, "reopen"): I,
    (C, "reopen"): I,
    (R, "close"): C,  # through the gate of 001-54
    (P, "dismiss"): C,  # no customer's case at all
    (I, "dismiss"): C,
    (E, "dismiss"): C,
    (P, "merge"): C,
    (I, "merge"): C,
    (E, "merge"): C,
    (R, "merge"): C,
    (C, "unmerge"): I,
}


def after(state: State, happening: str) -> State | None:
    """The state after this happening, or None when it is not allowed in this state."""
    return TRANSITIONS.get((state, happening))
