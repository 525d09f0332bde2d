"""Asked outside, and only where a site's owner wants it: Akismet, a webhook, StopForumSpam's lists.

Whatever is sent is sent before the transaction that takes a reply, or long after one that decides:
nobody outside can keep the database waiting. What was heard goes to the policy as facts.
"""

from .asking import ask_all
from .reports import deliver, owe
from .services import ANY_ON, is_settled, note, on, questions
from .stopforumspam import look

__all__ = [
    "ANY_ON",
    "ask_all",
    "deliver",
    "is_settled",
    "look",
    "note",
    "on",
    "owe",
    "questions",
]
