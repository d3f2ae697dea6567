"""help: asks the owner's language model about fresh drafts, one at a time, and never in anybody's way.

The question leaves outside any transaction. A draft is asked about once; whatever goes wrong, the template's draft
stands as it is. After a few failures in a row the endpoint is left alone for a while.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog

from mailbot.clock import Clock
from mailbot.core.helping import Message, Refused, judge, prompt
from mailbot.core.ticket import DraftSuggested
from mailbot.desk import ConflictError, Desk
from mailbot.help_client import HelpFailed
from mailbot.store import helped
from mailbot.store.engine import Engine
from mailbot.suggesting import Asking

log = structlog.get_logger()

IDLE_SECONDS = 2.0
YOUNG = timedelta(days=1)  # an older draft is somebody's work by now
FAILURES = 3  # in a row, before the endpoint is left alone
PAUSE_SECONDS = 300.0
LOOK_SECONDS = 5.0  # between looks at the clock during a pause

Ask = Callable[[Sequence[Message]], str]


class Help:
    """The loop; one a process."""

    def __init__(
        self, engine: Engine, desk: Desk, clock: Clock, ask: Ask, tick: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine, self._desk, self._clock, self._ask, self._tick = engine, desk, clock, ask, tick
        self._failures = 0
        self._paused_until = 0.0

    def step(self) -> float:
        """One draft, or a rest."""
        rest = self._paused_until - self._tick()
        if rest > 0:
            return min(rest, LOOK_SECONDS)
        return 0.0 if self.one() else IDLE_SECONDS

    def one(self) -> int:
        """Ask about the next draft; how many were asked about. Nothing is asked during a pause."""
        if self._tick() < self._paused_until:
            return 0
        now = self._clock.now()
        with self._engine.read() as tx:
            found = helped.next_draft(tx, now - YOUNG)
        if found is None:
            return 0
        draft_id, ticket_id = found
        with self._engine.write() as tx:
            if not helped.claim(tx, draft_id):
                return 1
        with self._engine.read() as tx:
            asking = self._desk.asking(tx, draft_id, now)
        if isinstance(asking, str):
            self._ended(draft_id, asking)
        else:
            self._suggest(ticket_id, asking)
        return 1

    def _suggest(self, ticket_id: int, asking: Asking) -> None:
        try:
            answer = self._ask(prompt(asking.question))
        except HelpFailed as failed:
            self._failed(asking.draft_id, str(failed))
            return
        self._failures = 0
        found = judge(answer, asking.allowed)
        if isinstance(found, Refused):
            log.info("suggestion refused", draft=asking.draft_id, why=found.reason)
            self._ended(asking.draft_id, found.reason)
            return
        event = DraftSuggested(asking.draft_id, asking.version, asking.template, asking.language, found.text)
        try:
            decision = self._desk.handle(ticket_id, event, self._clock.now())
        except ConflictError:
            self._ended(asking.draft_id, "工单正在被修改")
            return
        if decision.refused is not None:
            self._ended(asking.draft_id, decision.refused)
        log.info("suggestion taken" if decision.edited else "suggestion left out", draft=asking.draft_id)

    def _failed(self, draft_id: int, why: str) -> None:
        self._ended(draft_id, f"没有得到建议：{why}")
        self._failures += 1
        pause = self._failures >= FAILURES
        if pause:
            self._failures, self._paused_until = 0, self._tick() + PAUSE_SECONDS
        log.warning("the drafting help gave no answer", why=why, left_alone_seconds=PAUSE_SECONDS * pause)

    def _ended(self, draft_id: int, how: str) -> None:
        with self._engine.write() as tx:
            helped.ended(tx, draft_id, how)
