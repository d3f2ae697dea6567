"""The owner's rule files and templates as they are now: read, watched, and kept when an edit is broken."""

from __future__ import annotations

import contextlib
import stat
import threading
from dataclasses import dataclass
from pathlib import Path

import structlog

from mailbot.core.errors import UserError
from mailbot.core.rules import RuleBook, read_book
from mailbot.templates import Templates

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Volume:
    """One consistent state of both folders."""

    book: RuleBook
    templates: Templates


class Shelf:
    """Gives out the current Volume; refresh() looks for edits and never makes things worse.

    Reads at the first look: listing tickets needs no rules. What must not run with broken ones looks at the start.
    """

    def __init__(self, rules: Path, templates: Path, languages: tuple[str, ...]) -> None:
        self._rules, self._templates, self._languages = rules, templates, languages
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[int, int]] = {}
        self._volume: Volume | None = None
        self.problem: UserError | None = None  # the broken edit we do not follow

    @property
    def volume(self) -> Volume:
        """The rules and templates in force; the first look raises UserError when they are broken."""
        with self._lock:
            if self._volume is None:
                self._seen, self._volume = self._marks(), self._read()
            return self._volume

    def refresh(self) -> bool:
        """Read again what changed on disk; True when there is a new volume."""
        with self._lock:
            marks = self._marks()
            if self._volume is None or marks == self._seen:
                return False
            self._seen = marks
            try:
                self._volume = self._read()
            except UserError as error:
                self.problem = error
                log.error("edit not taken over, the old rules and templates stay in force", error=str(error))
                return False
            self.problem = None
            log.info("rules and templates read again", version=self._volume.book.version)
            return True

    def _read(self) -> Volume:
        return Volume(read_book(rule_files(self._rules)), Templates.load(self._templates, self._languages))

    def _marks(self) -> dict[str, tuple[int, int]]:
        marks = {}
        for folder in (self._rules, self._templates):
            for path in folder.rglob("*"):
                with contextlib.suppress(FileNotFoundError):  # an editor swaps files while we look
                    found = path.stat()
                    if stat.S_ISREG(found.st_mode):
                        marks[str(path)] = (found.st_mtime_ns, found.st_size)
        return marks


def rule_files(folder: Path) -> dict[str, str]:
    """The texts of a rules folder by path relative to it."""
    if not folder.is_dir():
        raise UserError(str(folder), "paths.rules", "no such folder; name the folder that holds categories/")
    texts = {}
    entries = (folder / "knowledge").rglob("*.md")
    for path in sorted((*folder.rglob("*.toml"), *entries)):
        if path.name.startswith("."):  # what editors leave beside a file they have open
            continue
        try:
            texts[path.relative_to(folder).as_posix()] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(str(path), "", f"cannot be read: {error}; save it as UTF-8") from None
    return texts
