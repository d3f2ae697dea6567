"""The small model that learns from agents' verdicts, one at a time. Needs numpy; imported only once there are verdicts.

Multinomial logistic regression with AdaGrad over hashed character 1-3-grams and the rules' scores. The weights of the
scores begin as the identity, so that without a verdict it answers what the rules answer. Each verdict is foreseen
before it is learned (the record of that decides who is believed), then learned together with 8 old ones. Everything
is a cache of the verdict rows: the same rows in the same order always make the same model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mailbot.core.learning import (
    BUCKETS,
    RIPE,
    Evidence,
    Lesson,
    Opinion,
    Sample,
    Trial,
    bucket,
    calibrated,
    calibration,
    level_trusted,
    trusted,
)
from mailbot.core.rules import PRIORITIES

Floats = NDArray[np.float32]
Buckets = NDArray[np.uint16]

REPLAYED = 8  # old verdicts learned again beside each new one
CALIBRATING = 1_000  # the newest verdicts tell how sure is sure
POLISHES = 2  # passes over all verdicts at the end of a whole training
_RATE = 0.1
_RULE_RATE = 0.1
_SCORE = 0.5  # what one point of a rule's score weighs at first
_CHOSEN = 4.0  # what the rules' own choice weighs at first, beyond the scores
_GRAMS = 2.0  # length of the gram part of a sample; the rule part has about the same
_TINY = 1e-6
_LIGHTEST, _HEAVIEST = 0.4, 2.5  # of class weights


@dataclass(frozen=True, slots=True)
class _Input:
    """A sample as arrays: the buckets of its grams, and the dense part (scores, then the rules' choice, then 1)."""

    grams: Buckets
    rules: Floats

    @property
    def each(self) -> np.float32:
        """The value of every gram: together they have the same length in a short mail and a long one."""
        return np.float32(_GRAMS / max(1.0, float(len(self.grams))) ** 0.5)


class Head:
    """One question (which topic, which priority) and its answers."""

    def __init__(self, labels: Sequence[str], scores: Sequence[str]) -> None:
        """`labels`: the answers. `scores`: names of what the rules score; a label among them begins as the identity."""
        self.labels = tuple(labels)
        self.place = {label: at for at, label in enumerate(self.labels)}
        self.scores = {name: at for at, name in enumerate(scores)}
        wide, deep = len(self.labels), 2 * len(self.scores) + 1
        self.counts: Counter[str] = Counter()
        self._grams = np.zeros((BUCKETS, wide), np.float32)
        self._gram_sums = np.full((BUCKETS, wide), _TINY, np.float32)
        self._rules = np.zeros((deep, wide), np.float32)
        self._rule_sums = np.full((deep, wide), _TINY, np.float32)
        for name, at in self.scores.items():
            if name in self.place:
                self._rules[at, self.place[name]] = _SCORE
                self._rules[len(self.scores) + at, self.place[name]] = _CHOSEN

    def input(self, grams: Sequence[int], scores: Sequence[tuple[str, float]], chosen: str) -> _Input:
        rules = np.zeros(2 * len(self.scores) + 1, np.float32)
        rules[-1] = 1.0
        for name, score in scores:
            if name in self.scores:
                rules[self.scores[name]] = score
        if chosen in self.scores:
            rules[len(self.scores) + self.scores[chosen]] = 1.0
        return _Input(np.asarray(grams, np.uint16), rules)

    def shares(self, one: _Input) -> Floats:
        """The probability of every label."""
        heights = one.rules @ self._rules + one.each * self._grams[one.grams].sum(axis=0)
        risen = np.exp(heights - heights.max())
        shares: Floats = risen / risen.sum()
        return shares

    def learn(self, one: _Input, label: str) -> None:
        """One step towards the label."""
        at = self.place[label]
        slope = self.shares(one)
        slope[at] -= 1.0
        slope *= self._weight(label)
        by_gram = slope * one.each
        self._gram_sums[one.grams] += by_gram**2
        self._grams[one.grams] -= _RATE * by_gram / np.sqrt(self._gram_sums[one.grams])
        rows = np.flatnonzero(one.rules)
        by_rule = np.outer(one.rules[rows], slope)
        self._rule_sums[rows] += by_rule**2
        self._rules[rows] -= _RULE_RATE * by_rule / np.sqrt(self._rule_sums[rows])

    def _weight(self, label: str) -> float:
        """Rare labels weigh more, by the square root."""
        seen = [count for count in self.counts.values() if count]
        if not seen or not self.counts[label]:
            return 1.0
        even = sum(seen) / len(seen)
        return float(min(_HEAVIEST, max(_LIGHTEST, (even / self.counts[label]) ** 0.5)))

    def pulls(self, one: _Input, label: str, against: str) -> dict[int, float]:
        """How far each gram's bucket pulls to one label and away from another."""
        found = self._grams[one.grams, self.place[label]] - self._grams[one.grams, self.place[against]]
        return {int(name): float(one.each * pull) for name, pull in zip(one.grams, found, strict=True)}

    def score_pull(self, one: _Input, label: str, against: str) -> float:
        """How far everything the rules said pulls."""
        return float(one.rules @ (self._rules[:, self.place[label]] - self._rules[:, self.place[against]]))


class Learner:
    """All that was learned from the verdicts taken in so far, in their order."""

    def __init__(self, keys: Sequence[str], scores: Sequence[str] = ()) -> None:
        """`keys`: every "category/topic" of the rule book, in its order; verdicts about others are passed over.

        `scores`: what the rules score, where that is something else than the keys.
        """
        self._topics = Head(keys, scores or keys)
        self._levels = Head(PRIORITIES, PRIORITIES)
        self._steps: tuple[tuple[float, float], ...] | None = None  # of the calibration; None: to be found anew
        self._known: list[tuple[_Input, _Input, Lesson]] = []
        self.record: list[Trial] = []

    @property
    def seen(self) -> Counter[str]:
        """How many verdicts there are for each "category/topic"."""
        return self._topics.counts

    def learn(self, lesson: Lesson, sample: Sample) -> None:
        """Foresee one verdict, then learn it with 8 old ones."""
        if lesson.key not in self._topics.place or lesson.priority not in PRIORITIES:
            return
        inputs = self._inputs(sample)
        self.record.append(self._trial(lesson, sample, inputs))
        self._topics.counts[lesson.key] += 1
        self._levels.counts[lesson.priority] += 1
        old = np.random.default_rng(lesson.id).integers(0, len(self._known), REPLAYED) if self._known else ()
        self._known.append((*inputs, lesson))
        for at in (len(self._known) - 1, *old):
            self._step(int(at))
        self._steps = None

    def polish(self) -> None:
        """The end of a whole training: every verdict again, in a shuffled order that is always the same."""
        dice = np.random.default_rng(len(self._known))
        for _ in range(POLISHES):
            for at in dice.permutation(len(self._known)):
                self._step(int(at))

    def opinion(self, sample: Sample) -> Opinion:
        """What it makes of a mail, and whether it may be believed."""
        topic, level = self._inputs(sample)
        shares = self._topics.shares(topic)
        order = np.argsort(-shares, kind="stable")[:2]
        if self._steps is None:
            self._steps = calibration(self.record[-CALIBRATING:])
        key, *others = (self._topics.labels[at] for at in order)
        rising = self._levels.labels[int(np.argmax(self._levels.shares(level)))]
        return Opinion(
            key=key,
            runner_up=others[0] if others else None,
            sure=calibrated(float(shares[order[0]]), self._steps),
            ripe=sum(self.seen.values()) >= RIPE,
            trusted=trusted(self.record, key, self.seen),
            level=rising,
            level_trusted=level_trusted(self.record, rising),
            seen=self.seen[key],
        )

    def evidence(self, sample: Sample, text: str, label: str, against: str) -> tuple[Evidence, ...]:
        """The words of a masked text that pull most to one label and away from another, strongest first.

        Weights are in points of the rules, so that both kinds of evidence can stand in one list.
        """
        topic, _ = self._inputs(sample)
        if not {label, against} <= set(self._topics.place):
            return ()
        pulls = self._topics.pulls(topic, label, against)
        return _stretches(text, lambda gram: pulls.get(bucket(gram), 0.0) / _SCORE)

    def _inputs(self, sample: Sample) -> tuple[_Input, _Input]:
        topic = self._topics.input(sample.grams, sample.scores, sample.rules)
        return topic, self._levels.input(sample.grams, (), sample.priority)

    def _trial(self, lesson: Lesson, sample: Sample, inputs: tuple[_Input, _Input]) -> Trial:
        shares, levels = self._topics.shares(inputs[0]), self._levels.shares(inputs[1])
        best = int(np.argmax(shares))
        return Trial(
            truth=lesson.key,
            rules=sample.rules,
            learner=self._topics.labels[best],
            sure=float(shares[best]),
            level=lesson.priority,
            rules_level=sample.priority,
            learner_level=self._levels.labels[int(np.argmax(levels))],
        )

    def _step(self, at: int) -> None:
        topic, level, lesson = self._known[at]
        self._topics.learn(topic, lesson.key)
        self._levels.learn(level, lesson.priority)


_LONGEST_STRETCH = 12  # characters of one piece of evidence
_FAINT = 0.02  # a pull that is not worth a line


def _stretches(text: str, pull: Callable[[str], float], most: int = 3) -> tuple[Evidence, ...]:
    """Runs of characters that pull the same way, the strongest first; a gram's pull is shared by its characters."""
    pulls = [0.0] * len(text)
    for size in (1, 2, 3):
        for at in range(len(text) - size + 1):
            share = pull(text[at : at + size]) / size
            for beside in range(at, at + size):
                pulls[beside] += share
    found: list[Evidence] = []
    start = 0
    for at in range(1, len(text) + 1):
        ended = at == len(text) or text[at].isspace() or (pulls[at] > 0) != (pulls[start] > 0)
        if ended or at - start >= _LONGEST_STRETCH:
            found.append(Evidence(text[start:at].strip(), round(sum(pulls[start:at]), 2), learned=True))
            start = at
    worth = {one.words: one for one in found if len(one.words) > 1 and abs(one.weight) >= _FAINT}
    return tuple(sorted(worth.values(), key=lambda one: -abs(one.weight))[:most])


def taught(keys: Sequence[str], lessons: Sequence[tuple[Lesson, Sample]]) -> Learner:
    """A learner from nothing: the verdicts in their order, then polished."""
    found = Learner(keys)
    for lesson, one in lessons:
        found.learn(lesson, one)
    found.polish()
    return found
