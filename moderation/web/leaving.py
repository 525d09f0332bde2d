"""Leaving a reply: what the JSON door and the page without JavaScript have in common."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import request
from flask_babel import get_locale
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from moderation import captcha, intake, judging, keeping
from moderation.models import Comment, OtherWay, Site, Status
from moderation.numerals import figures
from moderation.privacy import digest
from moderation.publishing import comment_json, rfc3339

from . import hearing, watching, ways
from .forms import ReplyForm
from .service import now, reading, service, writing


@dataclass(frozen=True, slots=True)
class Challenge:
    """A sum as a door asks it."""

    token: str
    question: str
    label: str
    expires_at: str
    #: What stands beside it; see `ways.offered`.
    beside: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The form in which the API gives it."""
        return {
            "challenge": self.token,
            "question": self.question,
            "label": self.label,
            "expires_at": self.expires_at,
            "mail": service().settings.mail is not None,
            **self.beside,
        }


class Invalid(Exception):
    """Fields are wrong; `asks_anew` tells that the sum cannot be answered (again)."""

    def __init__(self, errors: dict[str, list[str]], *, asks_anew: bool = False) -> None:
        super().__init__("Some fields need another look.")
        self.errors = errors
        self.asks_anew = asks_anew


def ask(site: Site, page: str) -> Challenge:
    """A fresh sum for this page, a harder one while the site is under attack."""
    harder = site.is_under_attack(now())
    asked = captcha.ask(_challenge_key(), site=site.key, page=page, now=now(), harder=harder)
    return _told(site, asked)


def ask_again(site: Site, page: str, token: str) -> Challenge | None:
    """The same sum once more, while it is good: a slip in another field is no reason for a new
    one.
    """
    try:
        asked = captcha.read(_challenge_key(), token, site=site.key, page=page, now=now())
    except captcha.ChallengeError:
        return None
    return _told(site, asked)


def _told(site: Site, asked: captcha.Challenge) -> Challenge:
    language = str(get_locale())
    left, right = (figures(term, language) for term in (asked.left, asked.right))
    less = figures(asked.less, language) if asked.is_harder else ""
    question, beside = captcha.written(left, right, less), ways.offered(site, asked)
    label = _label(left, right, less)
    return Challenge(asked.token, question, label, rfc3339(asked.expires_at), beside)


def _label(left: str, right: str, less: str) -> str:
    """The sum in words too, since a screen reader says "13 + 19 =" badly."""
    if not less:
        return _("What is %(left)s plus %(right)s?", left=left, right=right)
    return _("What is %(left)s plus %(right)s, minus %(less)s?", left=left, right=right, less=less)


def leave(
    site: Site, form: ReplyForm, key: str = "", *, scripted: bool = True
) -> tuple[int, dict[str, Any]]:
    """Take a valid form's reply: the status and body of the answer, also for a repeated `key`.

    `scripted` is False at the door of readers without JavaScript, who cannot let a browser work.
    Raises Invalid, what `intake` refuses, or ways.TooMany.
    """
    if not form.validate():
        raise Invalid(form.errors)
    challenge = _read(site, form)
    try:
        answer = ways.check(site, form, challenge, scripted=scripted)
    except ways.NotThisWay as error:
        raise Invalid({"answer": [error.sentence]}, asks_anew=error.asks_anew) from error
    left = intake.draft(form.reply(request.remote_addr or ""), service().site_key(site))
    arrived = _arrived(site, left, challenge, answer, solved=form.way.data != OtherWay.MODERATOR)
    try:
        told = _taken(site, arrived, key, challenge, answer)
    except IntegrityError:
        # Two at once: the other one's comment is there now, and is found, or its author was
        # erased at this moment, and begins anew.
        told = _taken(site, arrived, key, challenge, answer)
    watching.arrived(site)
    return told


def _arrived(
    site: Site,
    left: intake.Draft,
    challenge: captcha.Challenge,
    answer: str | None,
    *,
    solved: bool,
) -> intake.Arrived:
    """All that is found out of a reply without the database, or before a transaction begins."""
    seconds = (now() - challenge.asked_at).total_seconds()
    sent = judging.Sent(
        bool(left.reply.honeypot), seconds, solved, under_attack=site.is_under_attack(now())
    )
    said = left.said(judging.came(sent, site.settings.rules))
    likeness = service().learner.likeness(site.id, said)
    # Nobody outside may keep the database waiting.
    return intake.Arrived(left, sent, likeness, hearing.heard(site, left, challenge, answer))


def _taken(
    site: Site,
    arrived: intake.Arrived,
    key: str,
    challenge: captcha.Challenge,
    answer: str | None,
) -> tuple[int, dict[str, Any]]:
    weighed = _weighed(site, arrived)
    with writing() as session:

        def act() -> tuple[int, dict[str, Any]]:
            comment = intake.receive(
                session,
                service().keyring,
                site,
                weighed,
                challenge=challenge,
                answer=answer,
                now=now(),
            )
            return _answer(comment, arrived.left.avatar)

        try:
            told = _at_most_once(session, site, key, arrived.left.reply, act)
        except intake.Refused as refused:
            if refused.spends:
                session.commit()
            raise
        session.commit()
    return told


def _weighed(site: Site, arrived: intake.Arrived) -> intake.Weighed:
    keyring = service().keyring
    try:
        return intake.weigh(reading(), keyring, site, arrived, now())
    except keeping.KeyDue:
        # Once in fifteen days.
        with writing() as session:
            weighed = intake.weigh(session, keyring, site, arrived, now(), may_write=True)
            session.commit()
        return weighed


def status_token(comment: Comment) -> str:
    """The secret part of the address of a reply's status page."""
    return str(_signer().dumps(comment.id))


def status_url(comment: Comment) -> str:
    """The private address of a reply, as it is shown, mailed and kept.

    It is made of PUBLIC_URL, not of the request's Host: a proxy may say localhost there.
    """
    return f"{service().settings.public_url}/replies/{status_token(comment)}"


def comment_of(token: str) -> str | None:
    """The comment a status page is about, or None for a token that we did not make."""
    try:
        found = _signer().loads(token)
    except BadSignature:
        return None
    return found if isinstance(found, str) else None


def _at_most_once(
    session: Session, site: Site, key: str, reply: intake.Reply, act: Any
) -> tuple[int, dict[str, Any]]:
    if not key:
        answer: tuple[int, dict[str, Any]] = act()
        return answer
    said = [reply.page, reply.parent, reply.name, reply.email, reply.website, reply.body]
    # Keyed, or a copy of the database could be searched for the address of a known comment.
    request_digest = digest(service().site_key(site), "request", json.dumps(said))
    return intake.once(session, site, key, request_digest, now(), act)


def _answer(comment: Comment, avatar: str) -> tuple[int, dict[str, Any]]:
    published = comment.status == Status.APPROVED
    body = {
        "id": comment.id,
        # What the policy put with the spam waits, as far as its sender knows.
        "status": str(Status.APPROVED if published else Status.PENDING),
        "status_url": status_url(comment),
        # While a reply waits, its avatar would tell whoever guesses an address whose it is: they
        # could compare it with those readers see, and nobody would have looked at what they sent.
        "comment": comment_json(comment, avatar if published else "000000"),
    }
    return (201 if published else 202), body


def _read(site: Site, form: ReplyForm) -> captcha.Challenge:
    try:
        return captcha.read(
            _challenge_key(),
            form.challenge.data or "",
            site=site.key,
            page=form.page.data,
            now=now(),
        )
    except captcha.Expired as error:
        sentence = _(
            "That sum was asked more than an hour ago. Your text is kept: solve this new one."
        )
        raise Invalid({"answer": [sentence]}, asks_anew=True) from error
    except captcha.Forged as error:
        sentence = _(
            "That sum does not belong to this page. Your text is kept: solve this new one."
        )
        raise Invalid({"answer": [sentence]}, asks_anew=True) from error


def _challenge_key() -> bytes:
    return service().keyring.derive("challenge")


def _signer() -> URLSafeSerializer:
    return _signer_with(service().keyring.derive("status"))


@lru_cache(maxsize=4)
def _signer_with(key: bytes) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt="status")
