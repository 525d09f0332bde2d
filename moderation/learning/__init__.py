"""What a site's decisions teach its classifier, and what the classifier says of a reply.

`Comment.decide` writes a lesson with each decision that teaches something. Lessons only add and
subtract, so it does not matter who takes them in, nor in which order: every process adds those
it has not seen yet to a model in its memory, and now and then they are folded into the stored one.
"""

from .anew import begin, examples, rebuild
from .folding import FOLD_AT, catch_up, fold
from .memory import Learner
from .record import STEP, Record, Tally, record

__all__ = [
    "FOLD_AT",
    "STEP",
    "Learner",
    "Record",
    "Tally",
    "begin",
    "catch_up",
    "examples",
    "fold",
    "rebuild",
    "record",
]
