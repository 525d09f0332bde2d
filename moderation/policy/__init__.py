"""Facts in, verdict out: what waits for a moderator, and why.

Pure: a verdict depends on the facts alone, judging changes nothing, and every reason is in the
verdict, so that a moderator sees what the service saw.
"""

from .facts import Facts
from .reasons import Effect, Outcome, Reason, Verdict
from .rules import RULES, Rule, judge
from .terms import OFF, TERMS, Terms, Wishes

__all__ = [
    "OFF",
    "RULES",
    "TERMS",
    "Effect",
    "Facts",
    "Outcome",
    "Reason",
    "Rule",
    "Terms",
    "Verdict",
    "Wishes",
    "judge",
]
