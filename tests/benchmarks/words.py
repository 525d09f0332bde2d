"""What everybody in the benchmark says: the same for each service."""

import itertools
import random

ORIGIN = "https://blog.example"
THREADS = 1_000
_WORDS = ["lamp", "street", "dark", "night", "road", "town", "council", "moth", "star", "sleep"]
_number = itertools.count(1)


def text() -> str:
    """A comment of two sentences, with a little Markdown, like no other."""
    said = " ".join(random.choice(_WORDS) for _ in range(24))
    return f"{said.capitalize()}. And *{random.choice(_WORDS)}* too, number {next(_number)}."


def email() -> str:
    """One of two hundred people, who come again: few enough for Isso to keep all their digests."""
    return f"person{random.randrange(200)}@example.org"


def page() -> str:
    """The path of one of a thousand pages."""
    return f"/many-{random.randrange(THREADS)}"
