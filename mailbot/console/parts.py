"""What the console is made of, given once at the start."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailbot.clock import Clock
from mailbot.config import Config
from mailbot.desk import Desk
from mailbot.store.engine import Engine


@dataclass(frozen=True, slots=True)
class Parts:
    """`clock` is the one the tickets live by; it can be moved in the demo. Sessions go by `wall`."""

    engine: Engine
    desk: Desk
    config: Config
    clock: Clock
    wall: Clock = field(default_factory=Clock)
