"""What a card has beside its decision: parts shown in its place, notes, a moderator's answer."""

from typing import Any

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for

from moderation import answering, notebook, review
from moderation.drafts import Words, words
from moderation.models import Comment, NotAllowed, Note, Stale, Status
from moderation.refusals import Duplicate
from moderation.text import plain

from . import around, campaigns, cards
from .drawing import gettext as _
from .forms import AnswerForm
from .service import now, reading, service, writing
from .sessions import inside, protected

blueprint = Blueprint("parts", __name__, url_prefix="/queue/comments/<comment>")


@blueprint.get("/parts/<part>")
@protected
def part(comment: str, part: str) -> str:
    """A piece of a card, to be shown in its place; a page without a script has all of them."""
    found = _mine_or_404(comment)
    if part not in around.PARTS:
        abort(404)
    drawn = around.PARTS[part](found)
    here = url_for("queue.card", comment=found.id)
    form = AnswerForm(formdata=None)
    return render_template(
        f"queue/parts/{part}.html", card=cards.one(found), here=here, form=form, **drawn
    )


@blueprint.get("/card")
@protected
def card(comment: str) -> str:
    """The card as it stands on the list; where somebody was faster, with what they did."""
    found = _mine_or_404(comment)
    wanted = request.args.get("wanted", "")
    latest = review.decisions(reading(), found)[0]
    return render_template(
        "queue/parts/card.html",
        card=campaigns.one(found),
        current=cards.overtaking(latest, found),
        wanted=wanted if wanted in list(Status) else "",
        here=inside(request.args.get("next"), url_for("queue.index")),
    )


@blueprint.post("/notes")
@protected
def write_note(comment: str) -> Any:
    """Keep a note for other moderators."""
    found = _mine_or_404(comment)
    text = _typed("text")
    if plain.is_blank(text) or len(text) > Note.LONGEST:
        return Response(_page(found, note=text), 422)
    with writing() as session:
        notebook.write(session, found.id, text, by=g.me, at=now())
        session.commit()
    flash(_("Your note is kept."), "done")
    return redirect(url_for("queue.card", comment=found.id, _anchor="notes"), 303)


@blueprint.post("/answer")
@protected
def answer(comment: str) -> Any:
    """Publish an answer as a moderator; with it, where they say so, what it answers."""
    found, form = _mine_or_404(comment), AnswerForm()
    if not form.validate_on_submit():
        return Response(_page(found, form=form), 422)
    site = found.thread.site
    site_key = service().site_key(site)
    said = words(form.body.data, site_key, parent=found.id, name=g.me.name)
    try:
        _publish(found, said, approve=form.approve.data)
    except (Stale, NotAllowed):
        return _refused(found, form, 409, _("The comment has changed: read it again first."))
    except answering.Unseen:
        sentence = _("Nobody would see your answer while this comment is not published.")
        return _refused(found, form, 422, sentence)
    except Duplicate:
        return _refused(found, form, 422, _("You have said the same here already."))
    flash(_("Your answer is published."), "done")
    return redirect(url_for("queue.card", comment=found.id), 303)


def _publish(found: Comment, said: Words, *, approve: bool) -> None:
    with writing() as session:
        held = review.hold(session, g.me, [found.id]).get(found.id)
        if held is None:
            abort(404)
        if approve and held.status is not Status.APPROVED:
            wish = review.Wish(found.id, Status.APPROVED, _version())
            review.decide(held, wish, by=g.me, at=now())
        answering.answer(session, held, said, by=g.me, at=now())
        session.commit()


def _version() -> int:
    version = request.form.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        abort(400)
    return int(version)


def _typed(name: str) -> str:
    try:
        return plain.tidy(request.form.get(name, ""))
    except plain.Unreadable:
        abort(400)


def _mine_or_404(comment_id: str) -> Comment:
    found = review.find(reading(), g.me, comment_id)
    if found is None:
        abort(404)
    return found


def _refused(found: Comment, form: AnswerForm, status: int, sentence: str) -> Response:
    form.body.errors = [sentence]
    return Response(_page(_mine_or_404(found.id), form=form), status)


def _page(found: Comment, *, form: AnswerForm | None = None, note: str = "") -> str:
    """The comment's own page, with what was typed."""
    return render_template(
        "queue/card.html",
        card=cards.one(found),
        **around.everything(found),
        address=None,
        form=form or AnswerForm(formdata=None),
        note=note,
        here=url_for("queue.card", comment=found.id),
    )
