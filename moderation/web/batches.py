"""Deciding about many comments at once: the preview, how far it is, what was left out, the undo."""

import time
from collections.abc import Mapping
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)

from moderation import batches, review
from moderation.models import Actor, Batch, Stage, Status
from moderation.text import markup

from . import cards, reasons, selections, words
from .service import now, reading, service, writing
from .sessions import protected

blueprint = Blueprint("batches", __name__, url_prefix="/queue/batches")

#: Seconds that the request itself works on a batch: a small one is done when its page opens.
AT_ONCE = 0.4
LONGEST_EXCERPT = 160


@blueprint.get("")
@protected
def index() -> str:
    """The batches that one confirmed, the latest first: each can be undone from its page."""
    several = batches.latest(reading(), g.me)
    return render_template("queue/batches.html", batches=[_told(one) for one in several])


@blueprint.get("/new")
@protected
def new() -> str:
    """What is to be done with a filter, or with the look-alikes of a comment (`query=like=…`)."""
    return _form(request.args, None)


@blueprint.post("/preview")
@protected
def preview() -> Any:
    """Write down which comments it is about; nothing is decided before that is confirmed."""
    try:
        wanted = selections.sent()
    except selections.Wrong as error:
        return Response(_form(request.form, error.sentence), 422)
    found = batches.choose(reading(), g.me, wanted.chosen, wanted.deed)
    with writing() as session:
        batch = batches.preview(session, g.me, wanted.chosen, wanted.deed, found, at=now())
        session.commit()
    return redirect(url_for("batches.batch", batch=batch.id), 303)


@blueprint.post("")
@protected
def confirm() -> Any:
    """Begin with a batch as its preview showed it."""
    try:
        with writing() as session:
            batch = batches.confirm(session, g.me, _id(request.form.get("batch", "")), at=now())
            session.commit()
    except batches.NotInTime:
        return Response(render_template("queue/batch_over.html"), 409)
    return _work_on(batch)


@blueprint.get("/<batch>")
@protected
def batch(batch: str) -> str:
    """The preview of a batch; once it is confirmed, how far it is and what was left out."""
    found = _mine_or_404(batch)
    if found.stage is Stage.PREVIEW:
        samples = cards.several(batches.samples(reading(), found))
        page = {"samples": samples, "most": batches.MOST, "over": batches.is_over(found, now())}
        return render_template("queue/batch_preview.html", batch=_told(found), **page)
    left, after = batches.left(reading(), found, after=_id(request.args.get("after", "")))
    return render_template(
        "queue/batch.html",
        batch=_told(found),
        left=[_left(one) for one in left],
        next_url=url_for("batches.batch", batch=found.id, after=after) if after else None,
    )


@blueprint.get("/<batch>/progress")
@protected
def progress(batch: str) -> Any:
    """How far a batch is, for the page that shows it."""
    told = _told(_mine_or_404(batch))
    return jsonify({name: told[name] for name in ("working", "number", "of", "sentence")})


@blueprint.post("/<batch>/undo")
@protected
def undo(batch: str) -> Any:
    """Take a whole batch back, but for what somebody has decided since."""
    try:
        with writing() as session:
            found = batches.take_back(session, g.me, _id(batch), at=now())
            session.commit()
    except batches.NotInTime:
        abort(404)
    return _work_on(found)


def _work_on(batch: Batch) -> Any:
    """Do what can be done at once; whoever goes on with batches beside the server does the rest."""
    deadline = time.monotonic() + AT_ONCE
    batches.go_on(service().database, batch.id, is_over=lambda: time.monotonic() > deadline)
    return redirect(url_for("batches.batch", batch=batch.id), 303)


def _mine_or_404(batch: str) -> Batch:
    found = batches.find(reading(), g.me, _id(batch))
    if found is None:
        abort(404)
    return found


def _id(sent: str) -> str:
    return sent if sent.isascii() and sent.isalnum() else ""


def _form(asked: Mapping[str, str], wrong: str | None) -> str:
    fields = {name: asked.get(name, "") for name in ("status", "reason", "note", "query")}
    chosen = request.form.getlist("comment")
    offered = [(choice.code, choice.sentence) for choice in selections.reasons_offered()]
    page = {"fields": fields, "chosen": chosen, "reason_choices": offered, "wrong": wrong}
    return render_template("queue/batch_new.html", **page)


def _told(batch: Batch) -> dict[str, Any]:
    is_undo = batch.stage in {Stage.UNDOING, Stage.UNDONE}
    number = batch.undone + batch.stand if is_undo else batch.done + batch.left_out
    told = {
        "id": batch.id,
        "became": str(batch.became),
        "reason": reasons.said(batch.reason, _own_sentences()),
        "note": batch.note,
        "query": batch.query,
        "stage": str(batch.stage),
        "created_at": batch.created_at,
        "working": batch.is_working,
        "number": number,
        "of": batch.done if is_undo else batch.total,
        **{name: getattr(batch, name) for name in ("total", "done", "left_out", "undone", "stand")},
    }
    return {**told, "sentence": words.progress(told["number"], told["of"])}


def _own_sentences() -> dict[str, str]:
    return reasons.sentences(reading(), (site.id for site in review.sites(reading(), g.me)))


def _left(one: batches.Left) -> dict[str, Any]:
    comment, decision = one.comment, one.decision
    if comment is None or decision is None:
        return {"comment": None, "outcome": str(one.outcome)}
    edited = decision.actor is Actor.AUTHOR and decision.became is not Status.DELETED
    return {
        "comment": comment.id,
        "name": comment.name,
        "excerpt": markup.excerpt(comment.html, LONGEST_EXCERPT),
        "status": str(comment.status),
        "outcome": str(one.outcome),
        "edited": edited,
        # Who decided, and what: why stands on the comment's own page.
        "decided": cards.decided(decision, comment.version, {}),
    }
