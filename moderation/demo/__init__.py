"""The demonstration: an article, people who disagree about it, and a queue worth looking at."""

from .crowd import crowd
from .neighbour import CannotServe, neighbour
from .seed import SITE, SignInKept, prepare, welcome

__all__ = ["SITE", "CannotServe", "SignInKept", "crowd", "neighbour", "prepare", "welcome"]
