"""The pages behind the links in our mail: to be told of answers, or of what waits, or no longer.

Opening one changes nothing: mail scanners and link previews fetch whatever they find. What
changes something is a button there, or the mail program's own (RFC 8058), which asks nobody else.
The token is all that either needs; there is no session that a forged form could borrow.
"""

from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from moderation import outbox
from moderation.models import Moderator, Notices, Subscription

from . import links
from .service import now, reading, writing

blueprint = Blueprint("subscriptions", __name__)


@blueprint.get("/subscriptions/<token>")
def subscription(token: str) -> Response:
    """Whether answers to one reply are mailed, with the button that changes it."""
    wish = _wish_or_404(token)
    site = wish.comment.thread.site
    page = render_template(
        "subscriptions/answers.html",
        site=site,
        state=_state(wish),
        token=token,
        comment_html=Markup(wish.comment.html),  # noqa: S704 - made by markup.render
        permalink=_permalink(wish),
        changed="changed" in request.args,
    )
    return Response(page)


@blueprint.post("/subscriptions/<token>")
def change(token: str) -> Any:
    """Confirm, end or take up again; the page then says what is."""
    wanted = request.form.get("action")
    if wanted not in {"confirm", "end"}:
        abort(400)
    with writing() as session:
        wish = session.get(Subscription, _known(links.subscription_of(token)))
        if wish is None:
            abort(404)
        if wanted == "confirm":
            outbox.confirm(session, wish, now())
        else:
            wish.ended_at = wish.ended_at or now()
        session.commit()
    return redirect(url_for("subscriptions.subscription", token=token, changed=1), 303)


@blueprint.get("/subscriptions/<token>/unsubscribe")
def ask_first(token: str) -> Any:
    """What a mail program opens that knows nothing of one click: the page with the button."""
    _wish_or_404(token)
    return redirect(url_for("subscriptions.subscription", token=token))


@blueprint.post("/subscriptions/<token>/unsubscribe")
def unsubscribe(token: str) -> Response:
    """End it by one click in the mail program (RFC 8058)."""
    _refuse_other_posts()
    with writing() as session:
        wish = session.get(Subscription, _known(links.subscription_of(token)))
        if wish is None:
            abort(404)
        wish.ended_at = wish.ended_at or now()
        session.commit()
    return _ended()


@blueprint.get("/notices/<token>")
def notices(token: str) -> str:
    """Whether a moderator is mailed what waits, with the button that ends it."""
    moderator = _moderator_or_404(token)
    return render_template(
        "subscriptions/notices.html",
        is_on=moderator.notices is not Notices.OFF,
        token=token,
        changed="changed" in request.args,
    )


@blueprint.post("/notices/<token>")
def end_notices(token: str) -> Any:
    """End a moderator's digest."""
    _end_notices(token)
    return redirect(url_for("subscriptions.notices", token=token, changed=1), 303)


@blueprint.get("/notices/<token>/unsubscribe")
def ask_moderator_first(token: str) -> Any:
    """The page with the button, for mail programs that know nothing of one click."""
    _moderator_or_404(token)
    return redirect(url_for("subscriptions.notices", token=token))


@blueprint.post("/notices/<token>/unsubscribe")
def unsubscribe_moderator(token: str) -> Response:
    """End a moderator's digest by one click in the mail program (RFC 8058)."""
    _refuse_other_posts()
    _end_notices(token)
    return _ended()


def _wish_or_404(token: str) -> Subscription:
    wish = reading().get(Subscription, _known(links.subscription_of(token)))
    if wish is None:
        abort(404)
    return wish


def _moderator_or_404(token: str) -> Moderator:
    moderator = reading().get(Moderator, _known(links.moderator_of(token)))
    if moderator is None:
        abort(404)
    return moderator


def _end_notices(token: str) -> None:
    with writing() as session:
        moderator = session.get(Moderator, _known(links.moderator_of(token)))
        if moderator is None:
            abort(404)
        moderator.notices = Notices.OFF
        session.commit()


def _known(found: str | None) -> str:
    return found if found is not None else abort(404)


def _refuse_other_posts() -> None:
    if request.form.get("List-Unsubscribe") != "One-Click":
        abort(400)


def _ended() -> Response:
    return Response(_("You get no more of these mails.") + "\n", mimetype="text/plain")


def _state(wish: Subscription) -> str:
    if wish.ended_at is not None:
        return "ended"
    return "on" if wish.confirmed_at is not None else "asked"


def _permalink(wish: Subscription) -> str | None:
    if not wish.comment.is_seen:
        return None
    return url_for("reader.permalink", comment=wish.comment_id)
