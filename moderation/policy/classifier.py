"""How much a reply is like what a site's moderators marked as spam, and how sure that is.

Naive Bayes over pieces of text, in two forms that err in different ways, and their mean: one counts
in how many replies a piece stands (Bernoulli), one how large a part of all pieces it is
(multinomial; both in McCallum and Nigam, "A Comparison of Event Models for Naive Bayes Text
Classification", 1998). The sum of a long text's evidence, whose pieces overlap, is divided by the
square root of their number: naive Bayes is far too sure otherwise.

It is made of counts alone. So learning is adding and taking back is subtracting: a decision that is
undone leaves exactly what was there before, in whatever order decisions came, and the same
decisions always make the same model.

What the evidence means on this site is read off its own record: at which evidence how many replies
turned out to be spam (Platt, "Probabilistic Outputs for Support Vector Machines", 1999, with a
prior, so that it begins calm).
"""

import math
import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .traits import BUCKETS, Said, spoken

#: What a piece is taken to have been seen before it was: little, since most pieces are rare.
SEEN_IN_A_REPLY = 0.1
SEEN_AMONG_PIECES = 0.2
#: So many decisions of each kind it takes to be listened to.
ENOUGH = 10
#: The record's steps of evidence, half a unit wide, and the bounds beyond which none is told apart.
STEPS_A_UNIT = 2
LOWEST, HIGHEST = -16, 24
STEPS = (HIGHEST - LOWEST) * STEPS_A_UNIT + 1
#: Where calibration begins, and how much of a record it takes to move it away from there: the
#: slope of a site hardly differs from another's, the share of spam does.
SLOPE, OFFSET = 0.4, -1.5
SLOPE_HOLDS, OFFSET_HOLDS = 40.0, 2.0
_ROUNDS = 30


class Evidence(NamedTuple):
    """What the pieces of a text say: above 0 like spam, below like what was approved."""

    weight: float
    #: How many of its pieces were seen before.
    known: int


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much a reply is like spam: a probability, and what it is like."""

    evidence: float
    probability: float
    #: So many replies that were marked as spam (or approved) have the most telling of `words`.
    alike: int = 0
    words: tuple[str, ...] = ()
    #: How many decisions of each kind it has learned from.
    spam: int = 0
    wanted: int = 0

    @property
    def has_learned(self) -> bool:
        """Whether it has seen enough of both kinds to be listened to."""
        return min(self.spam, self.wanted) >= ENOUGH


@dataclass(slots=True)
class Class:
    """What was counted in the replies of one kind."""

    replies: int = 0
    #: The sum of all counts, and how many buckets have any.
    pieces: int = 0
    distinct: int = 0
    counts: "array[int]" = field(default_factory=lambda: array("i", bytes(4 * BUCKETS)))

    @classmethod
    def of(cls, numbers: Sequence[int], counts: "array[int]") -> "Class":
        """The counts that `numbers` and `counts` were written from."""
        replies, pieces, distinct = numbers
        return cls(replies, pieces, distinct, counts)

    def add(self, buckets: Iterable[int], times: int) -> None:
        """Count a reply's pieces `times` more, or with a negative number as often less."""
        counts = self.counts
        for bucket in buckets:
            before = counts[bucket]
            counts[bucket] = before + times
            self.distinct += (before + times > 0) - (before > 0)
            self.pieces += times
        self.replies += times


@dataclass(slots=True)
class Model:
    """What a site's decisions taught."""

    spam: Class = field(default_factory=Class)
    wanted: Class = field(default_factory=Class)
    #: For each step of evidence: how many replies judged so were spam, how many approved.
    record: "array[int]" = field(default_factory=lambda: array("i", bytes(8 * STEPS)))
    _calibrated: tuple[float, float] | None = field(default=None, compare=False)

    @property
    def has_learned(self) -> bool:
        """Whether it has seen enough of both kinds to be listened to."""
        return min(self.spam.replies, self.wanted.replies) >= ENOUGH

    def learn(
        self, buckets: Sequence[int], *, spam: int, wanted: int, judged: float | None
    ) -> None:
        """Learn (+1), or take back (-1), that a reply was spam or wanted.

        `judged` is the evidence that there was when it came, None where there was no judgement.
        """
        for kind, times in ((self.spam, spam), (self.wanted, wanted)):
            if times:
                kind.add(buckets, times)
        if judged is not None:
            at = 2 * _step(judged)
            self.record[at] += spam
            self.record[at + 1] += wanted
            self._calibrated = None

    def evidence(self, buckets: Iterable[int]) -> Evidence:
        """What these pieces say. Changes nothing."""
        spam, wanted = self.spam, self.wanted
        in_spam, in_wanted = spam.counts, wanted.counts
        total, known, log = 0.0, 0, math.log
        for bucket in buckets:
            seen, other = in_spam[bucket], in_wanted[bucket]
            if seen > 0 or other > 0:
                known += 1
                # What is taken back may come before what it takes back: there is less than none.
                if seen < 0 or other < 0:
                    seen, other = max(0, seen), max(0, other)
                # Both forms at once: the sum of their logarithms is that of their product.
                total += log(
                    (seen + SEEN_IN_A_REPLY)
                    * (seen + SEEN_AMONG_PIECES)
                    / ((other + SEEN_IN_A_REPLY) * (other + SEEN_AMONG_PIECES))
                )
        prior = 2 * SEEN_IN_A_REPLY
        replies = (max(0, wanted.replies) + prior) / (max(0, spam.replies) + prior)
        smoothed = SEEN_AMONG_PIECES * (max(0, spam.distinct + wanted.distinct) + 1)
        pieces = (max(0, wanted.pieces) + smoothed) / (max(0, spam.pieces) + smoothed)
        total += known * log(replies * pieces)
        return Evidence(total / 2 / math.sqrt(known + 1), known)

    def probability(self, weight: float) -> float:
        """How likely a reply with this evidence is spam here, 0 to 1."""
        slope, offset = self._calibration()
        return _sigmoid(slope * weight + offset)

    def rank(self, weight: float) -> float:
        """The same evidence as a number from 0 to 1 that means the same on every site."""
        return _sigmoid(SLOPE * weight + OFFSET)

    def likeness(self, said: Said, buckets: Sequence[int]) -> Likeness:
        """How much a reply is like spam, and which of its words say so. Changes nothing."""
        weight = self.evidence(buckets).weight
        probability = self.probability(weight)
        alike, words = self._telling(said, is_spam=probability >= 0.5)
        return Likeness(weight, probability, alike, words, self.spam.replies, self.wanted.replies)

    def _telling(self, said: Said, *, is_spam: bool) -> tuple[int, tuple[str, ...]]:
        ours, theirs = (self.spam, self.wanted) if is_spam else (self.wanted, self.spam)
        found = []
        for told, bucket in spoken(said).items():
            seen, other = ours.counts[bucket], max(0, theirs.counts[bucket])
            share = (seen + 0.5) / (max(0, ours.replies) + 1)
            other_share = (other + 0.5) / (max(0, theirs.replies) + 1)
            if seen >= MOST_TELLING_SEEN and share > 2 * other_share:
                found.append((seen * math.log(share / other_share), seen, told))
        found.sort(reverse=True)
        words: list[str] = []
        for _weight, _seen, told in found:
            # "my channel" says what "channel" says.
            if not any(told in word or word in told for word in words):
                words.append(told)
        return (found[0][1] if found else 0), tuple(words[:TOLD])

    def _calibration(self) -> tuple[float, float]:
        if self._calibrated is None:
            counted = [max(0, number) for number in self.record]
            steps = zip(counted[::2], counted[1::2], strict=True)
            self._calibrated = _fit(
                [
                    (LOWEST + step / STEPS_A_UNIT, spam, wanted)
                    for step, (spam, wanted) in enumerate(steps)
                    if spam or wanted
                ]
            )
        return self._calibrated

    def stored(self) -> bytes:
        """The form in which it lies in the database."""
        numbers = array("q", (n for kind in (self.spam, self.wanted) for n in _numbers(kind)))
        parts = (numbers, self.record, self.spam.counts, self.wanted.counts)
        return zlib.compress(b"".join(part.tobytes() for part in parts), 1)

    @classmethod
    def of_stored(cls, stored: bytes) -> "Model":
        """The model that `stored` wrote."""
        packed = zlib.decompress(stored)
        numbers, record = array("q"), array("i")
        spam, wanted = array("i"), array("i")
        at = 0
        for part, length in (
            (numbers, 48),
            (record, 8 * STEPS),
            (spam, 4 * BUCKETS),
            (wanted, 4 * BUCKETS),
        ):
            part.frombytes(packed[at : at + length])
            at += length
        return cls(Class.of(numbers[:3], spam), Class.of(numbers[3:], wanted), record)


#: A word is told where it stood in so many replies of its kind; and so many words are told.
MOST_TELLING_SEEN = 2
TOLD = 4


def _numbers(kind: Class) -> tuple[int, int, int]:
    return kind.replies, kind.pieces, kind.distinct


def _step(weight: float) -> int:
    bounded = max(LOWEST, min(HIGHEST, weight))
    return round((bounded - LOWEST) * STEPS_A_UNIT)


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, value))))


def _fit(record: Sequence[tuple[float, int, int]]) -> tuple[float, float]:
    """Slope and offset of the logistic curve through the record, by Newton's method with steps
    that are halved until they help.
    """
    slope, offset = SLOPE, OFFSET
    loss = _loss(record, slope, offset)
    for _ in range(_ROUNDS):
        down_slope, down_offset = _downhill(record, slope, offset)
        length = 1.0
        while length > 1e-3:
            tried = slope - length * down_slope, offset - length * down_offset
            if (after := _loss(record, *tried)) <= loss:
                break
            length /= 2
        else:
            break
        slope, offset = tried
        if loss - after < 1e-7:
            break
        loss = after
    return slope, offset


def _loss(record: Sequence[tuple[float, int, int]], slope: float, offset: float) -> float:
    loss = SLOPE_HOLDS * (slope - SLOPE) ** 2 / 2 + OFFSET_HOLDS * (offset - OFFSET) ** 2 / 2
    for weight, spam, wanted in record:
        at = slope * weight + offset
        loss += (spam + wanted) * (math.log1p(math.exp(-abs(at))) + max(at, 0.0)) - spam * at
    return loss


def _downhill(
    record: Sequence[tuple[float, int, int]], slope: float, offset: float
) -> tuple[float, float]:
    by_slope, by_offset = SLOPE_HOLDS * (slope - SLOPE), OFFSET_HOLDS * (offset - OFFSET)
    slopes, both, offsets = SLOPE_HOLDS, 0.0, OFFSET_HOLDS
    for weight, spam, wanted in record:
        number = spam + wanted
        expected = _sigmoid(slope * weight + offset)
        over, spread = number * expected - spam, number * expected * (1 - expected)
        by_slope, by_offset = by_slope + over * weight, by_offset + over
        slopes += spread * weight * weight
        both += spread * weight
        offsets += spread
    determinant = slopes * offsets - both * both
    return (
        (offsets * by_slope - both * by_offset) / determinant,
        (slopes * by_offset - both * by_slope) / determinant,
    )
