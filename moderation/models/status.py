"""The words for what was decided about a comment."""

from enum import StrEnum

from sqlalchemy import Enum


class Status(StrEnum):
    """What was decided about a comment so far."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SPAM = "spam"
    DELETED = "deleted"


def stored_as(words: type[StrEnum], name: str) -> Enum:
    """A column of these words: text, with a check in the database that it is one of them."""
    return Enum(
        words,
        name=name,
        native_enum=False,
        length=12,
        create_constraint=True,
        values_callable=lambda kinds: [str(kind) for kind in kinds],
    )
