"""What a rule says of a reply, and what all of them together decide."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MOST = 100


class Effect(StrEnum):
    """What a reason does, beside adding to the score."""

    SCORE = "score"
    #: Only for the order of the queue: what waits and what does not is not its business.
    ORDER = "order"
    #: Keep the reply for a moderator.
    HOLD = "hold"
    #: Put it with the spam at once, where a moderator can still find it.
    SPAM = "spam"
    #: Speak for it: what only a stranger has to wait for does not count.
    TRUST = "trust"


class Outcome(StrEnum):
    """What becomes of a reply that was judged."""

    PUBLISH = "publish"
    HOLD = "hold"
    SPAM = "spam"


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks for or against publishing at once.

    `score` is its share of the verdict's score (0 to 100), `detail` what its sentence names: a
    word, a number. The sentence itself is the door's, in the moderator's language.
    """

    code: str
    effect: Effect = Effect.SCORE
    score: int = 0
    detail: str = ""

    def stored(self) -> dict[str, Any]:
        """The form in which a comment keeps its reasons."""
        return {
            "code": self.code,
            "effect": str(self.effect),
            "score": self.score,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of the reply, how much speaks against it, and all of the reasons."""

    outcome: Outcome
    score: int
    reasons: tuple[Reason, ...]

    @property
    def spam_by(self) -> str:
        """The code of the rule that put it with the spam, or "score" where all together did."""
        if self.outcome is not Outcome.SPAM:
            return ""
        return next((one.code for one in self.reasons if one.effect is Effect.SPAM), "score")
