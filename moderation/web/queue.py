"""The queue, in plain forms: what waits, deciding it, taking a decision back."""

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    g,
    redirect,
    render_template,
    request,
    url_for,
)

from moderation import review
from moderation.languages import LANGUAGES
from moderation.models import (
    AddressView,
    Comment,
    Decision,
    NotAllowed,
    Stale,
    Status,
)
from moderation.privacy import new_id
from moderation.text import plain

from . import around, campaigns, cards, cursors, filters, leases, reasons, saved_views, told, words
from .drawing import gettext as _
from .forms import AnswerForm
from .service import now, reading, service, writing
from .sessions import inside, protected

blueprint = Blueprint("queue", __name__, url_prefix="/queue")

LONGEST_NOTE = 2_000

DONE = {
    Status.APPROVED: lambda name: _("Approved what %(name)s wrote.", name=name),
    Status.REJECTED: lambda name: _("Rejected what %(name)s wrote.", name=name),
    Status.SPAM: lambda name: _("Marked what %(name)s wrote as spam.", name=name),
    Status.DELETED: lambda name: _("Deleted what %(name)s wrote.", name=name),
    Status.PENDING: lambda name: _("What %(name)s wrote waits again.", name=name),
}


@blueprint.get("")
@protected
def index() -> Any:
    """What waits, oldest or most urgent first; or what has another status."""
    if not request.query_string and (start := saved_views.start_url()):
        return redirect(start)
    sites = review.sites(reading(), g.me)
    asked, after = filters.asked(sites, request.args), cursors.given()
    found, onward = review.folded(
        reading(), g.me, asked.wanted, after=after, order=asked.order, at=now()
    )
    drawn = campaigns if review.is_foldable(asked.wanted) else cards
    following = cursors.told(onward)
    return render_template(
        "queue/list.html",
        cards=drawn.several(leases.passed_over(found)),
        counts=review.counts(reading(), g.me, asked.wanted.site_id),
        filters=asked.text,
        filtered=asked.narrows,
        named=asked.named,
        query=asked.query,
        sites=sites,
        guarded=[site for site in sites if asked.wanted.site_id in {None, site.id}],
        languages_known=LANGUAGES,
        reasons=list(words.REASON_LABELS.items()),
        wishes=g.me.wishes,
        key_words=words.KEYS,
        here=request.full_path.rstrip("?"),
        next_url=url_for("queue.index", **asked.named, after=following) if following else None,
        total=review.counted(reading(), g.me, asked.wanted),
        sums=filters.sums(found, asked.order, after, now()),
    )


@blueprint.get("/comments/<comment>")
@protected
def card(comment: str) -> str:
    """One comment with the conversation around it and every decision so far."""
    return _card_page(_mine_or_404(comment), address=None)


@blueprint.post("/comments/<comment>/address")
@protected
def show_address(comment: str) -> str:
    """The author's whole address. That it was looked at is written down first."""
    found = _mine_or_404(comment)
    if found.author is None:
        abort(404)
    address = found.author.email(service().keyring)
    with writing() as session:
        session.add(AddressView(id=new_id(), comment_id=found.id, moderator_id=g.me.id, at=now()))
        session.commit()
    return _card_page(_mine_or_404(comment), address=address)


@blueprint.post("/decisions")
@protected
def decide() -> Any:
    """Make one decision; a stale one is shown with what happened meanwhile, and asked again."""
    wish = _wish()
    here = inside(request.form.get("next"), url_for("queue.index"))
    with writing() as session:
        comment = review.hold(session, g.me, [wish.comment]).get(wish.comment)
        if comment is None:
            abort(404)
        if not reasons.may_give(session, comment.site_id, wish.reason):
            abort(400)
        try:
            decision = review.decide(comment, wish, by=g.me, at=now())
            session.commit()
        except (Stale, NotAllowed):
            session.rollback()
            return _conflict(wish, here)
    if told.is_script():
        return told.done(comment, DONE[comment.status](comment.name), decision)
    _flash_done(comment, decision)
    return redirect(here, 303)


@blueprint.post("/undo")
@protected
def undo() -> Any:
    """Take a decision back, unless another came after it."""
    here = inside(request.form.get("next"), url_for("queue.index"))
    with writing() as session:
        decision = session.get(Decision, _text("decision"))
        held = review.hold(session, g.me, [decision.comment_id]) if decision else {}
        if decision is None or decision.comment_id not in held:
            abort(404)
        comment = held[decision.comment_id]
        try:
            review.undo(comment, decision, by=g.me, at=now())
            session.commit()
        except (Stale, review.NotUndoable):
            session.rollback()
            wanted = decision.was or Status.PENDING
            return _conflict(review.Wish(comment.id, wanted, decision.version), here)
    said = _("Taken back: what %(name)s wrote is as it was.", name=comment.name)
    if told.is_script():
        return told.done(comment, said)
    flash(said, "done")
    return redirect(here, 303)


@blueprint.app_context_processor
def _me() -> dict[str, Any]:
    return {"me": cards.me_for_templates()} if "me" in g else {}


def _text(name: str) -> str:
    try:
        return plain.tidy(request.form.get(name, ""))
    except plain.Unreadable:
        abort(400)


def _wish() -> review.Wish:
    status, version, note = _text("status"), _text("version"), _text("note")
    readable = version.isascii() and version.isdigit() and len(version) < 10
    if status not in list(Status) or not readable or len(note) > LONGEST_NOTE:
        abort(400)
    return review.Wish(_text("comment"), Status(status), int(version), _text("reason"), note)


def _mine_or_404(comment_id: str) -> Comment:
    found = review.find(reading(), g.me, comment_id)
    if found is None:
        abort(404)
    return found


def _card_page(comment: Comment, *, address: str | None) -> str:
    return render_template(
        "queue/card.html",
        card=cards.one(comment),
        **around.everything(comment),
        address=address,
        form=AnswerForm(formdata=None),
        here=url_for("queue.card", comment=comment.id),
    )


def _conflict(wish: review.Wish, here: str) -> Response:
    comment = _mine_or_404(wish.comment)
    latest = review.decisions(reading(), comment)[0]
    if told.is_script():
        return told.overtaken(comment, latest, wish, DONE[wish.status](comment.name))
    page = render_template(
        "queue/conflict.html",
        card=cards.one(comment),
        current=cards.overtaking(latest, comment),
        wanted=str(wish.status),
        here=here,
    )
    return Response(page, 409)


def _flash_done(comment: Comment, decision: str) -> None:
    said = DONE[comment.status](comment.name)
    flash({"text": said, "decision": decision}, "undo")  # type: ignore[arg-type]  # JSON
