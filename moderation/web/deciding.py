"""Deciding from a link in mail, without signing in: the comment, and buttons.

The link is one moderator's, about one version of one comment, for a week. Opening it changes
nothing, whatever fetches it. What they may see is looked at when it is used, so a link is worth
nothing once its moderator has gone, or the site is not theirs any more. There is no session that
a forged form could borrow: the token is all that counts.
"""

from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import force_locale
from sqlalchemy.orm import Session

from moderation import review
from moderation.models import Actor, Comment, Moderator, NotAllowed, Stale, Status

from . import cards, language, links, reasons
from .service import now, reading, writing

blueprint = Blueprint("deciding", __name__, url_prefix="/decide")

#: What can be done from mail; for all else there is the queue.
DEEDS = (Status.APPROVED, Status.REJECTED, Status.SPAM)


@blueprint.get("/<token>")
def page(token: str) -> Response:
    """The comment and the buttons, or what became of it meanwhile."""
    mandate = _mandate_or_404(token)
    _moderator_or_404(reading(), mandate)
    return _page(mandate, token, 410 if mandate.is_over else 200)


@blueprint.post("/<token>")
def decide(token: str) -> Any:
    """Make the decision, once; whoever comes too late is told who decided what."""
    mandate = _mandate_or_404(token)
    status = request.form.get("status", "")
    if status not in DEEDS:
        abort(400)
    if mandate.is_over:
        _moderator_or_404(reading(), mandate)
        return _page(mandate, token, 410)
    wish = review.Wish(mandate.comment_id, Status(status), mandate.version)
    with writing() as session:
        moderator = _moderator_or_404(session, mandate)
        comment = review.hold(session, moderator, [wish.comment]).get(wish.comment)
        if comment is None:
            abort(404)
        try:
            review.decide(comment, wish, by=moderator, at=now())
            session.commit()
        except (Stale, NotAllowed):
            session.rollback()
            return _page(mandate, token, 409, wanted=status)
    return redirect(url_for("deciding.page", token=token), 303)


def _mandate_or_404(token: str) -> links.Mandate:
    mandate = links.mandate_of(token)
    if mandate is None:
        abort(404)
    return mandate


def _moderator_or_404(session: Session, mandate: links.Mandate) -> Moderator:
    """Whose link it is, if they are a moderator still, and may still see the comment."""
    moderator = session.get(Moderator, mandate.moderator_id)
    if moderator is None or links.password_mark(moderator) != mandate.password_mark:
        abort(404)
    if review.find(session, moderator, mandate.comment_id) is None:
        abort(404)
    return moderator


def _page(mandate: links.Mandate, token: str, status: int, *, wanted: str = "") -> Response:
    moderator = _moderator_or_404(reading(), mandate)
    comment = review.find(reading(), moderator, mandate.comment_id)
    if comment is None:
        abort(404)
    with force_locale(language.asked() or moderator.locale or language.chosen()):
        drawn = render_template(
            "queue/decide.html",
            card=cards.one(comment),
            token=token,
            deeds=[str(one) for one in DEEDS if one is not comment.status],
            wanted=wanted,
            over=mandate.is_over,
            **_meanwhile(comment, moderator, mandate),
        )
    return Response(drawn, status)


def _meanwhile(comment: Comment, me: Moderator, mandate: links.Mandate) -> dict[str, Any]:
    """What happened since the link was made: None where nothing did."""
    if comment.version == mandate.version:
        return {"current": None, "mine": False, "edited": False}
    latest = review.decisions(reading(), comment)[0]
    return {
        "current": cards.decided(
            latest, comment.version, reasons.sentences(reading(), [comment.site_id])
        ),
        "mine": latest.by_id == me.id,
        "edited": latest.actor is Actor.AUTHOR and latest.became is not Status.DELETED,
    }
