"""Comments that belong together: found as they arrive, shown on one card, decided once.

A comment belongs with another that says the same with changes, that links to the same domain, or
that came from the same network in the same hour. Each is looked for by keys (`models.Band`), of
which a comment has two dozen at most, and a key leads to one comment: so a reply costs the same
whatever waits. What is found by its text is compared with it before it counts.

Every cluster begins with one comment, and all others are like that one: no chain of small
likenesses leads from one text to quite another.
"""

from .finding import MOST, WINDOW, Traits, find, keep, leave, tidy_up, traits
from .showing import Campaign, Member, campaign, campaigns, sites_of, waiting

__all__ = [
    "MOST",
    "WINDOW",
    "Campaign",
    "Member",
    "Traits",
    "campaign",
    "campaigns",
    "find",
    "keep",
    "leave",
    "sites_of",
    "tidy_up",
    "traits",
    "waiting",
]
