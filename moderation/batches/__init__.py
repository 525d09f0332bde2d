"""Deciding about many comments at once: a preview, then bit by bit, and one undo for all of it.

The preview writes down which comments there are, each with its version, by one statement. So the
number that is confirmed is exact, and what somebody changed meanwhile is left out, as stale as any
other decision would be. The work is done in short transactions, whose commit moves the batch's
cursor: whoever is killed leaves nothing half done, and the next goes on from there.
"""

from .at_once import begin, begun, pending
from .choosing import MOST, Chosen, Deed, Found, choose, find, is_over, latest, preview, samples
from .telling import Left, left, tidy_up
from .working import HELD_BACK, LEASE, NotInTime, confirm, go_on, lease, take_back, work

__all__ = [
    "HELD_BACK",
    "LEASE",
    "MOST",
    "Chosen",
    "Deed",
    "Found",
    "Left",
    "NotInTime",
    "begin",
    "begun",
    "choose",
    "confirm",
    "find",
    "go_on",
    "is_over",
    "latest",
    "lease",
    "left",
    "pending",
    "preview",
    "samples",
    "take_back",
    "tidy_up",
    "work",
]
