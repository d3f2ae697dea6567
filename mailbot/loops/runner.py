"""Step, wait, back off, heartbeat. The only place that catches every exception: a bug is only late."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import SQLAlchemyError

from mailbot.clock import Clock
from mailbot.core.retry import reconnect_wait
from mailbot.store import keep
from mailbot.store.engine import Engine

log = structlog.get_logger()

BEAT_SECONDS = 15.0


@dataclass(slots=True)
class Loop:
    """One loop: `step` does what there is to do and returns the seconds until it wants to be called again."""

    name: str
    step: Callable[[], float]
    close: Callable[[], None] = lambda: None
    wake: threading.Event = field(default_factory=threading.Event)  # a hint that rows are waiting
    first: bool = False  # needs neither rules nor templates, so it starts before they are read


class Runner:
    """Runs loops in threads until stop is set."""

    def __init__(self, engine: Engine, clock: Clock, stop: threading.Event) -> None:
        self._engine, self._clock, self._stop = engine, clock, stop
        self._threads: list[threading.Thread] = []

    def start(self, loop: Loop) -> None:
        thread = threading.Thread(target=self._run, args=(loop,), name=loop.name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def join(self, seconds: float) -> list[str]:
        """Wait for the loops to end, all of them together; the names of those that did not."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return [thread.name for thread in self._threads if thread.is_alive()]

    def _run(self, loop: Loop) -> None:
        failures = 0
        beaten = 0.0
        waited = BEAT_SECONDS
        while not self._stop.is_set():
            try:
                wait = loop.step()
                failures = 0
            except Exception as error:
                failures += 1
                wait = reconnect_wait(failures, random.random())  # noqa: S311 jitter, not a secret
                log.exception("loop step failed", loop=loop.name, failures=failures, wait=round(wait, 1))
                self._beat(loop.name, f"{type(error).__name__}: {error}"[:500])
                waited = 0.0
            beaten += waited
            if failures == 0 and beaten >= BEAT_SECONDS:
                self._beat(loop.name)
                beaten = 0.0
            waited = wait
            if loop.wake.wait(wait) if wait > 0 else False:
                loop.wake.clear()
        loop.close()

    def _beat(self, name: str, error: str = "") -> None:
        try:
            with self._engine.write() as tx:
                keep.beat(tx, f"loop:{name}", self._clock.now(), error)
        except SQLAlchemyError as trouble:
            log.error("heartbeat not written", loop=name, error=type(trouble).__name__)
