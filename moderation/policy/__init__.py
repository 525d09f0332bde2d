"""Facts in, verdict out: what waits for a moderator, and why.

Pure: a verdict depends on the facts alone, judging changes nothing, and every reason is in the
verdict, so that a moderator sees what the service saw.
"""

from .facts import Facts
from .heard import Heard
from .outside import remembered
from .reasons import Effect, Outcome, Reason, Verdict
from .rules import RULES, Rule, judge

__all__ = [
    "RULES",
    "Effect",
    "Facts",
    "Heard",
    "Outcome",
    "Reason",
    "Rule",
    "Verdict",
    "judge",
    "remembered",
]
