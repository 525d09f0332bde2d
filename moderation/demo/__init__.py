"""The demonstration: an article, people who disagree about it, and a queue worth looking at."""

from .neighbour import CannotServe, neighbour
from .seed import SignInKept, crowd, prepare, welcome

__all__ = ["CannotServe", "SignInKept", "crowd", "neighbour", "prepare", "welcome"]
