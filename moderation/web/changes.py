"""The latest changes, as an owner reads them: a sentence each, and from what to what."""

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import select

from moderation.models import Change, What

from .drawing import exact_time, gettext, isolated
from .outside_words import NAMES
from .policy_words import DOES, label
from .service import reading

SHOWN = 20

SENTENCES: dict[str, Any] = {
    What.SITE_ADDED: _("%(who)s added the site."),
    What.NAME: _("%(who)s changed the name."),
    What.ORIGINS: _("%(who)s changed the origins."),
    What.SETTING: _("%(who)s changed “%(subject)s”."),
    What.DEFAULT: _("%(who)s changed “%(subject)s” for all sites."),
    What.INVITED: _("%(who)s invited %(subject)s."),
    What.UNINVITED: _("%(who)s took the invitation of %(subject)s back."),
    What.JOINED: _("%(who)s took an invitation up."),
    What.ROLE: _("%(who)s changed what %(subject)s may do."),
    What.SITE_GIVEN: _("%(who)s gave %(subject)s this site."),
    What.SITE_TAKEN: _("%(who)s took this site from %(subject)s."),
    What.REMOVED: _("%(who)s removed %(subject)s."),
    What.BLOCKED: _("%(who)s blocked %(subject)s."),
    What.WATCHED: _("%(who)s put %(subject)s on the watch list."),
    What.TRUSTED: _("%(who)s trusted %(subject)s."),
    What.UNLISTED: _("%(who)s took %(subject)s off the list."),
    What.REASON_ADDED: _("%(who)s added the reason “%(subject)s”."),
    What.REASON_LABEL: _("%(who)s renamed the reason “%(subject)s”."),
    What.REASON_SENTENCE: _("%(who)s reworded the reason “%(subject)s”."),
    What.REASON_MOVED: _("%(who)s moved the reason “%(subject)s”."),
    What.REASON_RETIRED: _("%(who)s retired the reason “%(subject)s”."),
    What.THREAD_CLOSED: _("%(who)s closed the thread of %(subject)s."),
    What.THREAD_OPENED: _("%(who)s opened the thread of %(subject)s again."),
    What.THREAD_MOVED: _("%(who)s moved a thread to another page."),
    What.ATTACK_NOTICED: _(
        "The attack switch went on by itself: in ten minutes this many replies came: %(subject)s."
    ),
    What.ATTACK_ON: _("%(who)s switched the attack switch on until %(subject)s."),
    What.ATTACK_PROLONGED: _("%(who)s left the attack switch on until %(subject)s."),
    What.ATTACK_OFF: _("%(who)s switched the attack switch off."),
    What.ATTACK_OVER: _("The attack switch went off by itself."),
}
#: Values that are words of ours, where they are what a change is from or to.
VALUES: dict[str, Any] = {
    "on": _("On"),
    "off": _("Off"),
    "default": _("the default"),
    "owner": _("Owner"),
    "moderator": _("Moderator"),
    "everything": _("Owner of every site"),
    "blocked": _("Blocked"),
    "watched": _("Watched"),
    "trusted": _("Trusted"),
}
_IN_WORDS_OF_OURS = frozenset(
    {What.SETTING, What.DEFAULT, What.INVITED, What.JOINED, What.ROLE, What.REMOVED, What.UNLISTED}
)


def latest(site_id: str | None) -> list[dict[str, Any]]:
    """The latest changes of a site, or of what concerns all of them."""
    of_it = Change.site_id.is_(None) if site_id is None else Change.site_id == site_id
    query = select(Change).where(of_it).order_by(Change.at.desc(), Change.id.desc())
    return [_drawn(one) for one in reading().scalars(query.limit(SHOWN))]


#: Changes of a site's lists.
ON_LISTS = frozenset({What.BLOCKED, What.WATCHED, What.TRUSTED, What.UNLISTED})


def _drawn(change: Change) -> dict[str, Any]:
    who = change.by.name if change.by else gettext("The command line")
    about = {"who": isolated(who), "subject": isolated(_subject(change))}
    sentence = SENTENCES.get(change.what)
    return {
        # One that a newer version wrote is named by its code.
        "sentence": str(sentence) % about if sentence else change.what,
        "was": _value(change, change.was),
        # Of an entry of a list it is what the entry is found by, and nothing to be read.
        "became": "" if change.what in ON_LISTS else _value(change, change.became),
        "at": change.at,
    }


#: Their subject is the moment until which it is on.
_UNTIL = frozenset({What.ATTACK_ON, What.ATTACK_PROLONGED})


def _subject(change: Change) -> str:
    if change.what in _UNTIL:
        return exact_time(datetime.fromisoformat(change.subject))
    if change.what in {What.SETTING, What.DEFAULT}:
        return str(NAMES.get(change.subject) or label(change.subject))
    return change.subject or gettext("somebody who was erased")


def _value(change: Change, value: str) -> str:
    ours = change.what in _IN_WORDS_OF_OURS
    return str(VALUES.get(value) or DOES.get(value, value)) if ours else value
