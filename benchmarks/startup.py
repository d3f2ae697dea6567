"""Start to first poll, and idle memory, of `mailbot run` with all its parts as a process of its own."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks._mails import SUPPORT, mixed
from mailbot.demo.servers import MailWorld
from mailbot.loops.work import REST_SECONDS
from mailbot.store.engine import Engine
from mailbot.store.lists import open_drafts
from tests.loops.line import mailbox, write_config
from tests.servers.fixtures import LOOPBACK, free_port
from tests.servers.scripted import ScriptedImap

IDLE_AFTER = REST_SECONDS + 5.0  # the reader has given its memory back by then


@dataclass(frozen=True)
class Result:
    """`rss` counts pages shared by parent and child twice, `pss` once."""

    first_start: float
    later_start: float
    rss_mb: float
    pss_mb: float
    processes: int


def measure(runs: int) -> Result:
    first, later = [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="mailbot-bench-") as folder:
            first.append(_to_first_poll(Path(folder)))
            later.append(_to_first_poll(Path(folder)))
    rss, pss, processes = _idle_memory()
    return Result(statistics.median(first), statistics.median(later), rss, pss, processes)


@contextmanager
def _running(folder: Path, box: dict[str, Any]) -> Iterator[subprocess.Popen[bytes]]:
    console = {"listen": f"{LOOPBACK}:{free_port()}"}
    config = write_config(folder, [box], f"sqlite:///{folder}/mailbot.db", console=console)
    with (folder / "mailbot.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "mailbot", "run", "--config", str(config)], stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(15)


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.002)


def _to_first_poll(folder: Path) -> float:
    """Until the server hears SELECT: logged in, about to look for mail."""
    with ScriptedImap({}) as server:
        end = {"host": LOOPBACK, "port": server.port, "security": "none"}
        box = {"name": "support", "address": SUPPORT, "provider": "generic", "username": SUPPORT, "password": "p"}
        began = time.perf_counter()
        with _running(folder, {**box, "imap": end, "smtp": end}):
            _until(lambda: any("SELECT" in line for line in server.heard))
            return time.perf_counter() - began


def _idle_memory() -> tuple[float, float, int]:
    """All processes, after a few mails were understood and the loops came to rest."""
    with tempfile.TemporaryDirectory(prefix="mailbot-bench-") as name, MailWorld([SUPPORT]) as world:
        folder = Path(name)
        for raw in mixed(10):
            world.deliver(SUPPORT, raw)
        with _running(folder, mailbox(world)) as process:
            _until(lambda: _drafts(folder) >= 10)
            time.sleep(IDLE_AFTER)
            tree = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
            memory = [each.memory_full_info() for each in tree]
    rss, pss = (sum(getattr(each, kind) for each in memory) / 1e6 for kind in ("rss", "pss"))
    return rss, pss, len(tree)


def _drafts(folder: Path) -> int:
    if not (folder / "mailbot.log").exists() or "mailbot runs" not in (folder / "mailbot.log").read_text():
        return 0
    engine = Engine(f"sqlite:///{folder}/mailbot.db")
    try:
        with engine.read() as tx:
            return len(open_drafts(tx))
    finally:
        engine.dispose()


if __name__ == "__main__":
    from benchmarks.__main__ import main

    main(["startup", *sys.argv[1:]])
