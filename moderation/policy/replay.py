"""The past judged once more: each comment first judged, then its label learned.

So every judgement is one that could have been made on the day, by what was known then.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .classifier import Model
from .traits import Said, buckets

#: In hundredths of probability: from here on the verdict is "spam", down from there "publish".
SPAM_FROM, PUBLISH_TO = 80, 5
#: The first comments of a replay are left out of its measures: whoever has seen nothing knows
#: nothing. Ranking is measured after the first number, verdicts after the second.
RANKED_AFTER, TRUSTED_AFTER = 50, 100


@dataclass(frozen=True, slots=True)
class Judged:
    """One comment's judgement, and what it was.

    `score` (0 to 1) ranks comments by the evidence alone; `verdict` is "spam", "hold" or "publish",
    and follows from what that evidence has meant on this site so far.
    """

    score: float
    verdict: str
    spam: bool


@dataclass(frozen=True, slots=True)
class Measures:
    """How good judgements were; each None where there was nothing to measure it by."""

    #: Area under the ROC curve: how often a spam comment ranks above another one.
    area: float | None
    #: Of those with the verdict "spam", the share that was; of all spam, the share among them.
    precision: float | None
    recall: float | None
    f1: float | None
    #: Of those with the verdict "publish", the share that was no spam.
    published_rightly: float | None
    #: The share that nobody had to read: with the verdict "spam" or "publish".
    saved: float | None


def replay(
    examples: Iterable[tuple[Said, bool]], *, spam_from: int = SPAM_FROM
) -> Iterator[Judged]:
    """Judge comments in the order of posting, and learn after each whether it was spam.

    `spam_from` is the limit, in hundredths, from which the verdict is "spam".
    """
    model = Model()
    for said, spam in examples:
        pieces = buckets(said)
        weight = model.evidence(pieces).weight
        sure = 100 * model.probability(weight)
        verdict = "spam" if sure >= spam_from else "publish" if sure <= PUBLISH_TO else "hold"
        yield Judged(model.rank(weight), verdict, spam)
        model.learn(pieces, spam=int(spam), wanted=int(not spam), judged=weight)


def measures(judged: Sequence[Judged]) -> Measures:
    """What a replay shows."""
    counted = judged[TRUSTED_AFTER:]
    marked = [one for one in counted if one.verdict == "spam"]
    published = [one for one in counted if one.verdict == "publish"]
    found = sum(one.spam for one in marked)
    precision = _share(found, len(marked))
    recall = _share(found, sum(one.spam for one in counted))
    both = (precision or 0) + (recall or 0)
    return Measures(
        area=area([(one.score, one.spam) for one in judged[RANKED_AFTER:]]),
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / both if precision and recall else None,
        published_rightly=_share(sum(not one.spam for one in published), len(published)),
        saved=_share(len(marked) + len(published), len(counted)),
    )


def area(ranked: Sequence[tuple[float, bool]]) -> float | None:
    """The area under the ROC curve, by ranks; equal scores count half (Hanley and McNeil, 1982)."""
    spam = sum(is_spam for _score, is_spam in ranked)
    if spam in {0, len(ranked)}:
        return None
    ordered = sorted(ranked)
    ranks, at = 0.0, 0
    while at < len(ordered):
        end = at
        while end < len(ordered) and ordered[end][0] == ordered[at][0]:
            end += 1
        ranks += (at + end + 1) / 2 * sum(is_spam for _score, is_spam in ordered[at:end])
        at = end
    return (ranks - spam * (spam + 1) / 2) / (spam * (len(ranked) - spam))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
