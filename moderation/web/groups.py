"""Deciding at once about all that stand on one card, and taking that back."""

from typing import Any

from flask import Blueprint, abort, flash, g, jsonify, redirect, request, url_for

from moderation import batches, clusters, review
from moderation.batches import Deed, Found
from moderation.models import Batch, Comment, Status
from moderation.text import plain

from . import reasons, told
from .bounds import LONGEST_NOTE
from .drawing import ngettext
from .service import now, reading, service, writing
from .sessions import inside, protected

blueprint = Blueprint("groups", __name__, url_prefix="/queue/groups")


@blueprint.post("/decisions")
@protected
def decide() -> Any:
    """Decide about all comments of a card, each on the version that was seen there: one batch,
    which is done when this answers. What changed meanwhile is left out, and listed on its page.
    """
    first = review.find(reading(), g.me, _text("comment"))
    if first is None:
        abort(404)
    deed, seen = _deed(), _seen()
    here = inside(request.form.get("next"), url_for("queue.index"))
    if _mix_sites(first.site_id, seen):
        abort(400)
    if not reasons.may_give(reading(), first.site_id, deed.reason):
        abort(400)
    with writing() as session:
        batch = batches.begun(session, g.me, deed, seen)
        batch = batch or batches.begin(session, g.me, deed, seen, at=now())
        session.commit()
    batches.go_on(service().database, batch.id)
    return _decided(_mine_or_404(batch.id), first, [one for one, _version in seen], here)


@blueprint.post("/undo")
@protected
def undo() -> Any:
    """Take back what was decided at once, but for what somebody has decided since."""
    here = inside(request.form.get("next"), url_for("queue.index"))
    known = _mine_or_404(_text("batch"))
    with writing() as session:
        try:
            batches.take_back(session, g.me, known.id, at=now())
        except batches.NotInTime:
            abort(404)
        session.commit()
    batches.go_on(service().database, known.id)
    batch = _mine_or_404(known.id)
    said = _taken_back(batch)
    if told.is_script():
        members = batches.pending(reading(), batch)
        sent = " ".join(f"{one}.{version}" for one, version in members)
        said = f"{said} {told.left()}".strip()
        return jsonify({"batch": batch.id, "said": said, "members": sent})
    flash(said, "done")
    return redirect(here, 303)


def _decided(batch: Batch, first: Comment, ids: list[str], here: str) -> Any:
    said = f"{_DONE[batch.became](batch.done)} {_left_out(batch.left_out)}".strip()
    if not told.is_script():
        if batch.left_out:
            return redirect(url_for("batches.batch", batch=batch.id), 303)
        flash({"text": said, "batch": batch.id}, "undo-batch")  # type: ignore[arg-type]  # JSON
        return redirect(here, 303)
    waiting = clusters.waiting(reading(), first.cluster_id)
    answer = {
        "comment": first.id,
        "batch": batch.id,
        "said": f"{said} {told.left()}".strip(),
        # Of those that were seen, and the one on whose card they are now.
        "waits": len({one.id for one in waiting} & set(ids)),
        "again": waiting[0].id if waiting else None,
    }
    return jsonify(answer), 200 if batch.done else 409


_DONE = {
    Status.APPROVED: lambda n: ngettext(
        "Approved %(num)s comment.", "Approved %(num)s comments.", n
    ),
    Status.REJECTED: lambda n: ngettext(
        "Rejected %(num)s comment.", "Rejected %(num)s comments.", n
    ),
    Status.SPAM: lambda n: ngettext(
        "Marked %(num)s comment as spam.", "Marked %(num)s comments as spam.", n
    ),
    Status.DELETED: lambda n: ngettext("Deleted %(num)s comment.", "Deleted %(num)s comments.", n),
    Status.PENDING: lambda n: ngettext(
        "%(num)s comment waits again.", "%(num)s comments wait again.", n
    ),
}


def _left_out(number: int) -> str:
    if not number:
        return ""
    return ngettext(
        "%(num)s was left out, since it changed meanwhile.",
        "%(num)s were left out, since they changed meanwhile.",
        number,
    )


def _taken_back(batch: Batch) -> str:
    said = ngettext(
        "Taken back: %(num)s comment is as it was.",
        "Taken back: %(num)s comments are as they were.",
        batch.undone,
    )
    if not batch.stand:
        return said
    stand = ngettext(
        "%(num)s was left, since somebody has decided it since.",
        "%(num)s were left, since somebody has decided them since.",
        batch.stand,
    )
    return f"{said} {stand}"


def _deed() -> Deed:
    status, note = _text("status"), _text("note")
    if status not in list(Status) or len(note) > LONGEST_NOTE:
        abort(400)
    return Deed(Status(status), _text("reason"), note)


def _seen() -> Found:
    """The comments of the card with their versions: "id.version", with blanks between."""
    pairs = [one.partition(".") for one in _text("members").split()]
    good = [
        (comment, int(version))
        for comment, _dot, version in pairs
        if comment.isascii() and comment.isalnum() and _is_version(version)
    ]
    if not 1 <= len(good) == len(dict(good)) == len(pairs) <= clusters.MOST:
        abort(400)
    return good


def _mix_sites(site_id: str, seen: Found) -> bool:
    """Whether some are of another site that one moderates: reasons are a site's own. What one may
    not see is left out later, like what there never was.
    """
    found = clusters.sites_of(reading(), [one for one, _version in seen])
    return any(g.me.may_see(one) for one in found - {site_id})


def _is_version(sent: str) -> bool:
    return sent.isascii() and sent.isdigit() and len(sent) < 10


def _mine_or_404(batch: str) -> Batch:
    found = batches.find(reading(), g.me, batch)
    if found is None:
        abort(404)
    return found


def _text(name: str) -> str:
    try:
        return plain.tidy(request.form.get(name, ""))
    except plain.Unreadable:
        abort(400)
