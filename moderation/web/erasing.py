"""Erasing: one's own reply by its private address, everything by a link that is mailed."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from moderation import authorship
from moderation.models import Author, Kind
from moderation.notices import Asked

from .limits import mailing
from .links import author_of
from .replies import back, owe_link, private, reply_or_404, too_many
from .service import now, reading, service, writing

blueprint = Blueprint("erasing", __name__)
blueprint.after_request(private)
blueprint.register_error_handler(429, too_many)


@blueprint.get("/replies/<token>/erase")
def erase(token: str) -> Response | str:
    """Say what goes and what stays before a reply is erased."""
    found = reply_or_404(token)
    if found.author_id is None:
        return back(token)
    return render_template(
        "reader/erase.html",
        token=token,
        site=found.thread.site,
        mail=service().settings.mail is not None,
    )


@blueprint.post("/replies/<token>/erase", endpoint="erasure")
def erasure(token: str) -> Response:
    """Erase this reply: its name, its words, and what hangs from it alone."""
    found = reply_or_404(token)
    with writing() as session:
        (comment,) = authorship.hold(session, [found.id])
        authorship.erase(session, comment, at=now())
        session.commit()
    return back(token)


@blueprint.post("/replies/<token>/erase-everything")
@mailing
def ask_for_everything(token: str) -> Response:
    """Mail a link that erases all that the address left: knowing this page does not prove it."""
    asked = owe_link(Kind.ERASE, reply_or_404(token))
    # The same words whether it is owed since now or since this morning.
    told = {Asked.NEW: "erasing", Asked.BEFORE: "erasing", Asked.ENOUGH: "erasing-enough"}
    return back(token, told.get(asked, "no-mail"))


@blueprint.get("/erasures/<token>")
def everything(token: str) -> Response | str:
    """What an address left, page by page, before all of it goes; or that it is gone."""
    author_id = author_of(token)
    if author_id is None:
        return _no_longer_good()
    found = authorship.left_by(reading(), author_id)
    pages: list[dict[str, Any]] = [
        {"page": page, "title": title or page, "number": number} for page, title, number in found
    ]
    known = reading().get(Author, author_id) is not None
    return render_template("reader/erasure.html", token=token, pages=pages, known=known)


@blueprint.post("/erasures/<token>", endpoint="erase_everything")
def erase_everything(token: str) -> Response:
    """Erase all of it."""
    author_id = author_of(token)
    if author_id is None:
        return _no_longer_good()
    with writing() as session:
        authorship.erase_author(session, author_id, at=now())
        session.commit()
    address = url_for("erasing.everything", token=token, lang=request.args.get("lang"))
    return redirect(address, 303)  # type: ignore[return-value]  # a werkzeug response


def _no_longer_good() -> Response:
    sentence = _(
        "A link that erases everything is good for a day. Ask for a new one on the page of one of "
        "your replies."
    )
    title = _("This link is no longer good")
    page = render_template("reader/kept.html", title=title, sentence=sentence)
    return Response(page, 404)
