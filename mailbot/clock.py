"""The clock that the loops and the console see; it can be moved, for the demo and for `once --now`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """now() is real time plus an offset; leases and time-outs never go by it."""

    def __init__(self, start: datetime | None = None) -> None:
        self._offset = start - datetime.now(UTC) if start else timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def move_to(self, moment: datetime) -> None:
        """Jump to this moment; time runs on from there."""
        self._offset = moment - datetime.now(UTC)
