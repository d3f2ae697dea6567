"""Attempt number + error -> the next time, or give up. Times are parameters; chance comes in as a number."""

from __future__ import annotations

from datetime import datetime, timedelta

# Waits of the outbox after the n-th definite temporary refusal; together about three days (RFC 5321 4.5.4.1
# asks for at least 30 minutes between tries later on and four to five days at most).
SEND_WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 30, 60, 120, 240, 480, 720, 1440, 1440))

FIRST_WAIT = 1.0
LONGEST_WAIT = 300.0


def next_try(attempts: int, now: datetime) -> datetime | None:
    """When to send again after `attempts` tries that all failed for now; None: give up."""
    if attempts < 1 or attempts > len(SEND_WAITS):
        return None
    return now + SEND_WAITS[attempts - 1]


def reconnect_wait(failures: int, chance: float, stated: float | None = None) -> float:
    """Seconds to wait after so many failures in a row: full jitter up to 300 s, not less than stated.

    `chance`: a random number in [0, 1); `stated`: seconds the server asked us to stay away.
    """
    span = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures, 20))
    wait = max(FIRST_WAIT, span * chance)
    return max(wait, stated or 0.0)
