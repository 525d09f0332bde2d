"""What a service outside of this machine, or a list from one, said of a reply."""

from dataclasses import dataclass

from .reasons import Effect


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer, or that there was none: gathered before a reply is judged.

    `said` is "spam", "discard" (spam beyond doubt), "publish", "hold", "listed", "none" or
    "failed". `effect` is what the site's owner wants of it, `detail` what its sentence names.
    """

    service: str
    said: str
    effect: Effect = Effect.HOLD
    detail: str = ""
