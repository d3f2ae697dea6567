"""What was learned from agents so far: follows the verdict rows, gives second opinions, tells why. Loads the model
(and numpy, an extra: `pip install mailbot[learn]`) only once there are verdicts; without either the rules decide alone.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog

from mailbot.core.learning import (
    RIPE,
    RIPE_CLASS,
    Evidence,
    Lesson,
    Opinion,
    keys_of,
    masked,
    sample,
    second_opinion,
    signs_for,
    trusted,
)
from mailbot.core.rules import RuleBook, match
from mailbot.core.understand import Understood
from mailbot.shelf import Shelf
from mailbot.store import verdicts
from mailbot.store.engine import Engine
from mailbot.store.verdicts import Mark

if TYPE_CHECKING:
    from mailbot.learner import Learner

log = structlog.get_logger()

NIGHT = timedelta(hours=3)  # a day of the learner ends at three in the morning: then it is trained as a whole
MOST_EVIDENCE = 3
EXTRA = "numpy"  # what the model needs


@dataclass(frozen=True, slots=True)
class Why:
    """Why a mail is taken for what it is, for the people who correct it. Keys are "category/topic"."""

    rules: str
    evidence: tuple[Evidence, ...]  # the strongest first, with signed weight
    runner_up: str | None
    learner: str | None = None  # None: it has seen too little to be heard

    @property
    def agree(self) -> bool | None:
        """Do rules and learner say the same? None: the learner is not heard yet."""
        return None if self.learner is None else self.learner == self.rules


@dataclass(frozen=True, slots=True)
class Standing:
    """How one class fares: verdicts seen, how often rules and learner foresaw them, who has the last word."""

    key: str
    seen: int
    rules_right: int
    learner_right: int
    trusted: bool


class Learned:
    """Shared by all threads of a process; every process keeps its own, from the same rows."""

    def __init__(self, engine: Engine, shelf: Shelf, zone: ZoneInfo) -> None:
        self._engine, self._shelf, self._zone = engine, shelf, zone
        self._lock = threading.Lock()  # of the model, which one thread teaches and others ask
        self._learner: Learner | None = None
        self._mark = Mark(0, 0, 0)
        self._lessons: tuple[int, ...] = ()  # verdict ids in the model, in order
        self._version = ""
        self._trained_on: date | None = None
        self._online = 0  # learned since the last whole training
        self._told = False

    def refresh(self, now: datetime) -> bool:
        """Learn what agents said since the last look; True when anything changed.

        New verdicts are learned at once, one by one. After an undone verdict, an edit of the rules, and every night
        after new ones, the whole is trained again from the rows.
        """
        with self._engine.read() as tx:
            mark = verdicts.mark(tx)
            if mark.rows == mark.undone:
                return self._forget(mark)
            if not self._installed():
                return False
            book, day = self._shelf.volume.book, (now - NIGHT).astimezone(self._zone).date()
            stale = self._version != book.version or (self._online > 0 and self._trained_on != day)
            if mark == self._mark and not stale:
                return False
            lessons = verdicts.lessons(tx)
        self._mark = mark
        news = None if stale else self._news(lessons)
        if news is None:
            self._train(lessons, book)
            self._trained_on = day
        else:
            self._learn(news, book)
        return True

    def opinion(self, understood: Understood) -> Understood:
        """A mail that opens a ticket, with the agents' verdicts heard. For a person's mail only."""
        if self._learner is None or understood.automail.kind != "human":
            return understood
        book, mail = self._shelf.volume.book, understood.mail
        found = self._opinion(mail.subject, understood.body.new, book, understood)
        if found is None:
            return understood
        return replace(understood, triage=second_opinion(understood.triage, found, mail, understood.facts, book))

    def why(self, subject: str, words: str, key: str) -> Why:
        """What speaks for and against `key` ("category/topic") in a mail."""
        book = self._shelf.volume.book
        found = match(subject, words, book)
        one = sample(subject, words, book)
        rivals = [f"{each.category}/{each.topic}" for each in found.candidates]
        runner_up = next((each for each in rivals if each != key), None)
        evidence = signs_for(found, key)
        with self._lock:
            learner = self._learner
            if learner is None:
                return Why(one.rules, evidence[:MOST_EVIDENCE], runner_up)
            said = learner.opinion(one)
            against = next((each for each in (said.key, said.runner_up) if each and each != key), runner_up or key)
            if said.ripe:
                runner_up = against
                evidence += learner.evidence(one, masked(subject, words, book), key, against)
        strongest = sorted(evidence, key=lambda each: -abs(each.weight))[:MOST_EVIDENCE]
        return Why(one.rules, tuple(strongest), runner_up, said.key if said.ripe else None)

    def standings(self) -> tuple[Standing, ...]:
        """Every class with a verdict, the most frequent first; empty without a model."""
        with self._lock:
            if self._learner is None:
                return ()
            record, seen = tuple(self._learner.record), dict(self._learner.seen)
        return tuple(
            Standing(
                key,
                count,
                sum(one.rules == key for one in record if one.truth == key),
                sum(one.learner == key for one in record if one.truth == key),
                trusted(record, key, seen),
            )
            for key, count in sorted(seen.items(), key=lambda pair: (-pair[1], pair[0]))
        )

    def _opinion(self, subject: str, words: str, book: RuleBook, understood: Understood) -> Opinion | None:
        one = sample(subject, words, book, understood.triage)
        with self._lock:
            return self._learner.opinion(one) if self._learner is not None else None

    def _forget(self, mark: Mark) -> bool:
        had = self._learner is not None
        with self._lock:
            self._learner = None
        self._mark, self._lessons, self._version = mark, (), ""
        return had

    def _installed(self) -> bool:
        found = importlib.util.find_spec(EXTRA) is not None
        if not found and not self._told:
            self._told = True
            log.warning("verdicts are kept but not learned from; install the extra: pip install mailbot[learn]")
        return found

    def _news(self, lessons: Sequence[Lesson]) -> Sequence[Lesson] | None:
        """The lessons that only come on top of those learned; None: something else changed, too."""
        last = self._lessons[-1] if self._lessons else 0
        old = tuple(each.id for each in lessons if each.id <= last)
        full = len(lessons) == verdicts.MOST_LESSONS  # then the oldest fall out; the night takes them out of the model
        kept = self._lessons[len(self._lessons) - len(old) :] if full else self._lessons
        if self._learner is None or old != kept:
            return None
        return lessons[len(old) :]

    def _train(self, lessons: Sequence[Lesson], book: RuleBook) -> None:
        # Imported here: with no verdict neither the model nor numpy is loaded.
        from mailbot.learner import taught

        learner = taught(keys_of(book), [(each, sample(each.subject, each.words, book)) for each in lessons])
        with self._lock:
            self._learner = learner
        self._version, self._online = book.version, 0
        self._lessons = tuple(each.id for each in lessons)
        log.info("learned from all verdicts", verdicts=len(lessons))

    def _learn(self, news: Sequence[Lesson], book: RuleBook) -> None:
        for each in news:
            one = sample(each.subject, each.words, book)
            with self._lock:
                assert self._learner is not None
                self._learner.learn(each, one)
        self._lessons = (*self._lessons, *(each.id for each in news))
        self._online += len(news)
        log.info("learned from verdicts", verdicts=len(news))


def thresholds() -> Mapping[str, int]:
    """When the learner begins to be heard, for those who look at it."""
    return {"all": RIPE, "class": RIPE_CLASS}
