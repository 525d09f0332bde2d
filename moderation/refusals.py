"""Why a reply is not taken."""


class Refused(Exception):
    """A reply that is not taken. `spends` tells the door to commit: the sum is spent anyway."""

    spends = False


class WrongAnswer(Refused):
    """The sum is wrong. It is spent, or a program could try every number."""

    spends = True


class AlreadySpent(Refused):
    """The sum was answered before, rightly or wrongly."""


class Duplicate(Refused):
    """Somebody of the same name left the same text in the same place before."""

    spends = True


class Closed(Refused):
    """The thread takes no more replies."""


class NoSuchParent(Refused):
    """What it answers is not (or no longer) there for readers to answer."""


class OtherRequest(Refused):
    """The Idempotency-Key was used before, for something else."""
