"""What may be told of a reply to those outside; each service is told less than all of it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Said:
    """A reply on its way in. `address` is the reader's network address, `email` theirs as well."""

    site: str
    #: The site's own origin, which Akismet knows it by.
    home: str
    language: str
    page: str
    title: str
    parent: str
    name: str
    website: str
    #: As it was typed, and as readers would see it.
    text: str
    html: str
    links: tuple[str, ...]
    email: str
    address: str
    at: datetime
