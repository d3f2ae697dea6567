"""For tests of crashes: MAILBOT_FAILPOINT="work.before_commit" kills the process there, as kill -9 would.

"post.before_data:3" means the third time. Without the variable, reach() costs one look at a global.
"""

from __future__ import annotations

import os
import signal

# Every step between two of which a crash must lose nothing; tests walk this list.
NAMES = (
    "fetch.before_store",
    "fetch.after_store",
    "work.after_claim",
    "work.before_commit",
    "work.after_commit",
    "post.after_claim",
    "post.before_data",
    "post.after_data",
    "post.after_result",
    "post.before_told",
    "post.after_told",
    "clock.before_step",
    "clock.after_step",
    "clock.before_gathered",
)

_name, _, _count = os.environ.get("MAILBOT_FAILPOINT", "").partition(":")
_left = int(_count) if _count.isdigit() else 1


def reach(name: str) -> None:
    """Die here, if this is the place."""
    global _left
    if name != _name:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
