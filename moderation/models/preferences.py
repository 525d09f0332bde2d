"""How a moderator wants their queue: each a choice of their own, none forced."""

from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

#: What can be done by a single key, and by which one unless a moderator chose another. Digits are
#: not given away: they choose a reason.
KEYS: dict[str, str] = {
    "next": "j",
    "previous": "k",
    "approve": "a",
    "reject": "r",
    "spam": "s",
    "undo": "z",
    "select": "x",
    "conversation": "c",
    "history": "h",
    "lookalikes": "l",
    "open": "o",
    "note": "n",
    "block": "b",
    "trust": "t",
    "search": "/",
    "help": "?",
}


class Masking(StrEnum):
    """Which words are covered until somebody asks for them."""

    NONE = "none"
    SLURS = "slurs"
    #: Also what the site's owner blocked.
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Preferences:
    """A moderator's preferences, with what holds where they chose nothing."""

    #: Whether single keys do anything at all.
    keys_on: bool = True
    #: Only those that differ from KEYS.
    keys: dict[str, str] = field(default_factory=dict)
    #: A covered word is one press away, so this harms nobody who did not ask for it.
    masking: Masking = Masking.SLURS
    #: Whether one's own numbers of this session stand above the cards.
    tally: bool = False
    #: A nudge to pause after so many minutes, or decisions; 0 for never.
    pause_minutes: int = 0
    pause_decisions: int = 0

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "Preferences":
        """The preferences, defaults filled in; what an older or newer version stored is left."""
        known = {one.name for one in fields(cls)}
        values = {name: value for name, value in stored.items() if name in known}
        if "masking" in values:
            values["masking"] = Masking(values["masking"])
        return cls(**values)

    @property
    def all_keys(self) -> dict[str, str]:
        """The key of everything that has one."""
        return KEYS | {name: key for name, key in self.keys.items() if name in KEYS}

    def stored(self) -> dict[str, Any]:
        """The form in which a moderator's row keeps them."""
        return asdict(self)
