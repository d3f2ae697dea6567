"""runner: a bug in one loop is only late, the others go on, and a stop is a stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from mailbot.app import App, make_loops
from mailbot.clock import Clock
from mailbot.demo.servers import MailWorld
from mailbot.loops.runner import Loop, Runner
from mailbot.store import lists
from mailbot.store.engine import Engine
from tests.conftest import MONDAY
from tests.loops.line import SUPPORT, letter, mailbox, on_sqlite


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def runner(engine: Engine, stop: threading.Event) -> Runner:
    return Runner(engine, Clock(MONDAY), stop)


def health(engine: Engine) -> dict[str, str]:
    with engine.read() as tx:
        return {row.name: row.error for row in lists.health_rows(tx)}


def end(runner: Runner, stop: threading.Event, *loops: Loop) -> list[str]:
    stop.set()
    for loop in loops:
        loop.wake.set()
    return runner.join(3)


@on_sqlite
def test_a_step_that_raises_is_tried_again_and_told(
    runner: Runner, engine: Engine, stop: threading.Event, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    called: list[float] = []

    def step() -> float:
        called.append(time.monotonic())
        if len(called) == 1:
            raise ZeroDivisionError("a bug of ours")
        return 0.05

    loop = Loop("faulty", step)
    runner.start(loop)
    eventually(lambda: len(called) >= 3)

    assert [] == end(runner, stop, loop)
    assert called[1] - called[0] >= 1.0  # it backs off
    assert "ZeroDivisionError: a bug of ours" in health(engine)["loop:faulty"]


@on_sqlite
def test_a_faulty_loop_holds_up_no_other(
    runner: Runner, stop: threading.Event, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    calls: list[int] = []

    def broken() -> float:
        raise RuntimeError

    def sound() -> float:
        calls.append(1)
        return 0.01

    loops = (Loop("broken", broken), Loop("sound", sound))
    for loop in loops:
        runner.start(loop)
    eventually(lambda: len(calls) > 20)

    assert [] == end(runner, stop, *loops)


def test_a_loop_tells_that_it_lives(
    runner: Runner, engine: Engine, stop: threading.Event, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    loop = Loop("quiet", lambda: 0.05)
    runner.start(loop)
    eventually(lambda: "loop:quiet" in health(engine))

    end(runner, stop, loop)
    assert "" == health(engine)["loop:quiet"]


@on_sqlite
def test_a_wake_ends_the_wait(
    runner: Runner, stop: threading.Event, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    calls: list[int] = []

    def step() -> float:
        calls.append(1)
        return 60.0

    loop = Loop("sleeper", step)
    runner.start(loop)
    eventually(lambda: len(calls) == 1)
    loop.wake.set()
    eventually(lambda: len(calls) == 2)

    assert [] == end(runner, stop, loop)


@on_sqlite
def test_a_loop_that_does_not_end_is_named(runner: Runner, stop: threading.Event) -> None:
    free = threading.Event()

    def stuck() -> float:
        free.wait(20)
        return 0.0

    runner.start(Loop("stuck", stuck))
    stop.set()

    assert ["stuck"] == runner.join(0.2)
    free.set()
    assert [] == runner.join(3)


def test_every_loop_runs_and_stops_in_time(
    make_app: Callable[..., App], world: MailWorld, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    app = make_app(mailbox=[mailbox(world)])
    loops = make_loops(app, ("fetch", "work", "post", "clock"))
    runner = Runner(app.engine, app.clock, app.stop)
    for loop in loops:
        runner.start(loop)
    world.deliver(SUPPORT, letter(1))

    def drafted() -> bool:
        with app.engine.read() as tx:
            return len(lists.open_drafts(tx)) == 1

    eventually(drafted)
    began = time.monotonic()
    app.stop.set()
    for loop in loops:
        loop.wake.set()

    assert [] == runner.join(8)
    assert time.monotonic() - began < 4
    names = set(health(app.engine))
    assert {"loop:work", "loop:post", "loop:clock", "mailbox:support"} <= names
