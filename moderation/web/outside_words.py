"""Sentences for what was heard from outside, and for why nothing was."""

from typing import Any

from flask_babel import lazy_gettext as _
from flask_babel import ngettext

from moderation.policy.outside import AKISMET, FAILED, LISTS, WEBHOOK

from .drawing import gettext

#: As their owner reads them; the first is a name.
NAMES: dict[str, Any] = {
    AKISMET: "Akismet",
    WEBHOOK: _("The webhook"),
    LISTS: "StopForumSpam",
}
_AKISMET: dict[str, Any] = {
    "spam": _("Akismet takes it for spam."),
    "discard": _("Akismet takes it for spam, without any doubt."),
}
#: Without a reason, and with the webhook's own.
_VERDICTS: dict[str, tuple[Any, Any]] = {
    "publish": (
        _("The site's webhook speaks for it."),
        _("The site's webhook speaks for it: “%(reason)s”"),
    ),
    "hold": (
        _("The site's webhook wants a moderator to read it."),
        _("The site's webhook wants a moderator to read it: “%(reason)s”"),
    ),
    "spam": (
        _("The site's webhook takes it for spam."),
        _("The site's webhook takes it for spam: “%(reason)s”"),
    ),
}
_ON_LISTS: dict[str, Any] = {
    "ip": _("The network address it came from is on a list of StopForumSpam's."),
    "email": _("Its author's email address is on a list of StopForumSpam's."),
    "domain": _("A domain in it is on a list of StopForumSpam's."),
    "name": _("The name under which it was left is on a list of StopForumSpam's."),
}
_FAILURES: dict[str, Any] = {
    "unreachable": _("%(service)s could not be asked: it could not be reached."),
    "untrusted": _(
        "%(service)s could not be asked: its certificate is not trusted, or is for another name."
    ),
    "private": _("%(service)s could not be asked: its address is not one of the public internet."),
    "status": _("%(service)s could not be asked: it answered with the status %(detail)s."),
    "large": _("%(service)s could not be asked: its answer was too large."),
    "answer": _("%(service)s could not be asked: its answer was no verdict."),
    "said": _("%(service)s could not be asked: it said “%(detail)s”."),
    "secret": _("%(service)s could not be asked: its secret cannot be read."),
    "nowhere": _("%(service)s could not be asked: the reply came from no network address."),
    "resting": _(
        "%(service)s could not be asked: it failed several times and is left alone for a minute."
    ),
    "mistake": _("%(service)s could not be asked: the service made a mistake of its own."),
}


def is_ours(code: str) -> bool:
    """Whether a reason comes from outside."""
    return code in {AKISMET, WEBHOOK, LISTS, FAILED}


def reason(code: str, detail: str) -> str:
    """What a card says of it; several sentences where it is about several things."""
    if code == AKISMET:
        return str(_AKISMET.get(detail, _AKISMET["spam"]))
    if code == WEBHOOK:
        return _verdict(detail)
    if code == LISTS:
        return " ".join(str(_ON_LISTS[kind]) for kind in detail.split() if kind in _ON_LISTS)
    return " ".join(failure(*one.split(" ", 1)) for one in detail.split("; "))


def _verdict(detail: str) -> str:
    said, _space, words = detail.partition(" ")
    plain, with_reason = _VERDICTS.get(said, _VERDICTS["hold"])
    return str(with_reason) % {"reason": words} if words else str(plain)


def failure(service: str, why: str = "") -> str:
    """Why a service could not be asked."""
    word, _space, detail = why.partition(" ")
    name = NAMES.get(service) or gettext("A service outside")
    if word == "late":
        return _late(str(name), detail)
    sentence = _FAILURES.get(word, _FAILURES["unreachable"])
    return str(sentence) % {"service": name, "detail": detail}


def _late(name: str, seconds: str) -> str:
    return ngettext(
        "%(service)s could not be asked: it did not answer within %(num)d second.",
        "%(service)s could not be asked: it did not answer within %(num)d seconds.",
        int(seconds) if seconds.isdecimal() else 1,
        service=name,
    )
