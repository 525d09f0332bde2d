"""Rules about what was heard from outside, where a site's owner wants somebody asked.

No answer from outside makes a reply public that has to wait. A webhook's "publish" speaks for it as
a moderator's trust does, but for no links: those of a stranger wait for a moderator, always.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .facts import Facts
from .heard import Heard
from .reasons import Effect, Reason

AKISMET, WEBHOOK, LISTS = "akismet", "webhook", "stopforumspam"
FAILED = "outside_failed"

#: How much speaks against a reply by what Akismet said of it.
_AKISMET = {"spam": 40, "discard": 60}
#: What a webhook's verdict does; the owner wrote it, so it may also mark as spam.
_WEBHOOK = {"publish": (Effect.TRUST, 0), "hold": (Effect.HOLD, 20), "spam": (Effect.SPAM, 60)}
_LISTED = 30


def akismet(facts: Facts) -> Reason | None:
    """Akismet takes it for spam."""
    for heard in _from(facts, AKISMET):
        if heard.said in _AKISMET:
            return Reason(AKISMET, heard.effect, _AKISMET[heard.said], heard.said)
    return None


def webhook(facts: Facts) -> Reason | None:
    """The site's own webhook gave a verdict."""
    for heard in _from(facts, WEBHOOK):
        if heard.said in _WEBHOOK:
            effect, score = _WEBHOOK[heard.said]
            if effect is Effect.TRUST and (facts.links or facts.website):
                effect = Effect.SCORE
            return Reason(WEBHOOK, effect, score, f"{heard.said} {heard.detail}".rstrip())
    return None


def on_lists(facts: Facts) -> Reason | None:
    """Something of it stands on a list of StopForumSpam's that lies here."""
    for heard in _from(facts, LISTS):
        if heard.said == "listed":
            return Reason(LISTS, heard.effect, _LISTED, heard.detail)
    return None


def failed(facts: Facts) -> Reason | None:
    """Who was to be asked could not be: then a person decides."""
    missing = [one for one in facts.outside if one.said == "failed"]
    if not missing:
        return None
    return Reason(
        FAILED, Effect.HOLD, 0, "; ".join(f"{one.service} {one.detail}" for one in missing)
    )


def _from(facts: Facts, service: str) -> Iterator[Heard]:
    return (heard for heard in facts.outside if heard.service == service)


def remembered(reasons: Iterable[Mapping[str, Any]]) -> tuple[Heard, ...]:
    """What was heard of a comment's first words, read out of the reasons it is kept with."""
    return tuple(heard for stored in reasons for heard in _remembered(stored))


def _remembered(stored: Mapping[str, Any]) -> Iterator[Heard]:
    code, detail = stored["code"], stored["detail"]
    if code == AKISMET:
        yield Heard(AKISMET, detail, Effect(stored["effect"]))
    elif code == WEBHOOK:
        said, _, words = detail.partition(" ")
        yield Heard(WEBHOOK, said, detail=words)
    elif code == LISTS:
        yield Heard(LISTS, "listed", Effect(stored["effect"]), detail)
    elif code == FAILED:
        for missing in detail.split("; "):
            service, _, why = missing.partition(" ")
            yield Heard(service, "failed", detail=why)
