"""What each rule does unless a site says otherwise, and what a site may say.

A site keeps its exceptions alone, by rule and by name: `{"haste": {"does": "hold", "seconds": 6}}`.
What is stored is never trusted to be sound: another version of this service may have written it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from .reasons import MOST, Effect

#: What a rule does that is not asked.
OFF = "off"
ORDER, SCORE, HOLD, SPAM, TRUST = map(
    str, (Effect.ORDER, Effect.SCORE, Effect.HOLD, Effect.SPAM, Effect.TRUST)
)

#: Nobody reads a page, writes a reply and adds two numbers in less.
HASTE_SECONDS = 4
#: From this score on a reply waits, whatever the site allows otherwise.
HOLD_AT = 20


class Number(NamedTuple):
    """A number that a rule goes by. `option` is the setting that it is, where that is older."""

    usual: int
    least: int = 0
    most: int = 1_000
    option: str = ""


class Switch(NamedTuple):
    """Something that a rule asks for as well, or does not."""

    usual: bool = False


class Words(NamedTuple):
    """Words that a rule looks for."""

    option: str = ""


Parameter = Number | Switch | Words


@dataclass(frozen=True, slots=True)
class Terms:
    """What a rule does, how much it adds to the score, and what it goes by.

    `may` is what it may be told to do; nothing where that is not chosen at all. `of_strangers`
    marks what does not count against an author who is trusted.
    """

    does: str = SCORE
    score: int = 0
    may: tuple[str, ...] = (OFF, SCORE, HOLD, SPAM)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    of_strangers: bool = False
    #: The setting that says what it does, where that is an older one.
    option: str = ""

    @property
    def has_score(self) -> bool:
        """Whether it adds to the score."""
        return bool({SCORE, SPAM} & {*self.may})


_ALWAYS = (HOLD, SPAM)
_PERCENT = 100


def _speed(replies: int) -> Mapping[str, Parameter]:
    """So many replies within so many minutes, in which a speed is told."""
    return {"replies": Number(replies, 1), "minutes": Number(10, 1, 1_440)}


#: In the order of the rules; then what is no rule, but is set in the same place.
TERMS: Mapping[str, Terms] = MappingProxyType(
    {
        "markup": Terms(HOLD, 30, _ALWAYS),
        "honeypot": Terms(SCORE, 40),
        "haste": Terms(SCORE, 30, parameters={"seconds": Number(HASTE_SECONDS, 1, 600)}),
        "foreign_page": Terms(HOLD, 20, _ALWAYS),
        "blocked_address": Terms(HOLD, 60),
        "blocked_name": Terms(HOLD, 40),
        "blocked_domain": Terms(HOLD, 60),
        "blocked_words": Terms(HOLD, 30, parameters={"words": Words("blocked_words")}),
        "watched_address": Terms(SCORE, 15),
        "watched_name": Terms(SCORE, 15),
        "watched_domain": Terms(SCORE, 15),
        "watched_words": Terms(SCORE, 10, parameters={"words": Words()}),
        "known_spammer": Terms(HOLD, 40),
        "same_text": Terms(SCORE, 25, parameters={"times": Number(1, 1, 100)}),
        "network_speed": Terms(HOLD, 10, parameters=_speed(10)),
        "page_speed": Terms(SCORE, 10, parameters=_speed(30)),
        "site_speed": Terms(SCORE, 10, parameters=_speed(100)),
        "links": Terms(HOLD, 15, parameters={"allowed": Number(1, 0, 100, option="links_allowed")}),
        "link_share": Terms(SCORE, 15, parameters={"percent": Number(50, 1, _PERCENT)}),
        "new_domain": Terms(SCORE, 10, of_strangers=True),
        "shortener": Terms(HOLD, 20),
        "lookalike": Terms(HOLD, 40),
        "learned": Terms(
            ORDER, 60, (OFF, ORDER, SCORE, HOLD, SPAM), {"percent": Number(80, 60, _PERCENT)}
        ),
        "learned_wanted": Terms(ORDER, 10, (OFF, ORDER)),
        "shouting": Terms(
            SCORE, 10, parameters={"percent": Number(70, 1, _PERCENT), "marks": Number(6, 1, 100)}
        ),
        "script": Terms(SCORE, 15, parameters={"percent": Number(50, 1, _PERCENT)}),
        "old_page": Terms(
            SCORE, 10, of_strangers=True, parameters={"days": Number(365, 1, 36_500)}
        ),
        "attack": Terms(HOLD, may=()),
        "unsolved": Terms(HOLD, may=()),
        # Whatever the settings say: no link of a stranger is published before a moderator decided.
        "stranger_links": Terms(HOLD, 10, _ALWAYS),
        "first_time": Terms(HOLD, 5, (OFF, SCORE, HOLD), of_strangers=True),
        "newcomer": Terms(HOLD, 0, (OFF, SCORE, HOLD), of_strangers=True),
        "trusted": Terms(
            TRUST,
            may=(OFF, TRUST),
            parameters={
                # One is not trust: a good reply is soon copied.
                "approvals": Number(3, 2, 100),
                "days": Number(7, 0, 3_650),
                "confirmed": Switch(),
            },
        ),
        "hold_everything": Terms(HOLD, may=(OFF, HOLD), option="hold_everything"),
        "reported": Terms(
            HOLD, may=(), parameters={"reports": Number(3, 0, option="reports_to_hold")}
        ),
        "score": Terms(
            may=(),
            parameters={"hold_at": Number(HOLD_AT, 1, MOST), "spam_at": Number(0, 0, MOST)},
        ),
    }
)

Said = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a site wants of the rules: what it says, else what they come with."""

    said: Said = field(default_factory=dict)

    def does(self, code: str) -> str:
        """What a rule does: OFF, or an effect. What it may not do, it was not told."""
        terms = TERMS[code]
        told = self._told(code, "does")
        return told if told in terms.may else terms.does

    def effect(self, code: str) -> Effect:
        """The effect of a rule that found something."""
        does = self.does(code)
        return Effect.SCORE if does == OFF else Effect(does)

    def is_off(self, code: str) -> bool:
        """Whether a rule is not asked; one that has no terms always is."""
        terms = TERMS.get(code)
        if terms is None or code not in self.said:
            return terms is not None and terms.does == OFF
        return self.does(code) == OFF

    def score(self, code: str) -> int:
        """How much it adds to the score."""
        terms = TERMS[code]
        told = self._told(code, "score")
        return int(told) if terms.has_score and _is_within(told, 0, MOST) else terms.score

    def number(self, code: str, name: str) -> int:
        """A number that a rule goes by."""
        told, parameter = self.own_number(code, name), TERMS[code].parameters[name]
        if told is None and isinstance(parameter, Number):
            return parameter.usual
        return told or 0

    def own_number(self, code: str, name: str) -> int | None:
        """The same where the site says one."""
        parameter = TERMS[code].parameters[name]
        told = self._told(code, name)
        sound = isinstance(parameter, Number) and _is_within(told, parameter.least, parameter.most)
        return told if sound else None

    def switch(self, code: str, name: str) -> bool:
        """Whether a rule asks for something as well."""
        told, parameter = self._told(code, name), TERMS[code].parameters[name]
        if isinstance(told, bool):
            return told
        return isinstance(parameter, Switch) and parameter.usual

    def words(self, code: str, name: str = "words") -> tuple[str, ...]:
        """The words that a rule looks for."""
        told = self._told(code, name)
        return tuple(one for one in told if isinstance(one, str)) if _is_list(told) else ()

    def _told(self, code: str, name: str) -> Any:
        own = self.said.get(code)
        return own.get(name) if isinstance(own, dict) else None


def _is_within(told: Any, least: int, most: int) -> bool:
    return type(told) is int and least <= told <= most


def _is_list(told: Any) -> bool:
    return isinstance(told, list | tuple)
