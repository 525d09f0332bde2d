"""Facts in, verdict out: what waits for a moderator, and why.

Pure: a verdict depends on the facts alone, judging changes nothing, and every reason is in the
verdict, so that a moderator sees what the service saw.
"""

from .classifier import Likeness
from .facts import Facts
from .heard import Heard
from .outside import remembered
from .reasons import Effect, Outcome, Reason, Verdict
from .rules import HASTE_SECONDS, RULES, Rule, judge
from .terms import OFF, TERMS, Terms, Wishes
from .traits import Said

__all__ = [
    "HASTE_SECONDS",
    "OFF",
    "RULES",
    "TERMS",
    "Effect",
    "Facts",
    "Heard",
    "Likeness",
    "Outcome",
    "Reason",
    "Rule",
    "Said",
    "Terms",
    "Verdict",
    "Wishes",
    "judge",
    "remembered",
]
