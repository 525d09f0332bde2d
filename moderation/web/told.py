"""What the queue's script is told in JSON, where a page without it would lead on to the next."""

from flask import Response, g, get_template_attribute, jsonify, request

from moderation import review
from moderation.models import Comment, Decision, Status

from . import cards
from .drawing import gettext as _
from .drawing import ngettext, relative_time


def is_script() -> bool:
    """Whether a script asks that carries on by itself."""
    return request.accept_mimetypes.best == "application/json"


def done(comment: Comment, said: str, decision: str | None = None) -> Response:
    """A decision, made or taken back: how the comment stands now, and the words for it."""
    return jsonify(
        {
            "comment": comment.id,
            "status": str(comment.status),
            "version": comment.version,
            "decision": decision,
            "said": f"{said} {left()}".strip(),
        }
    )


def overtaken(comment: Comment, latest: Decision, wish: review.Wish, said: str) -> Response:
    """That somebody was faster, and who. What was sent twice, since the first answer got lost on
    the way, is answered as the first time (`said`): the script sends again what it does not know
    to be done.
    """
    if _is_the_same(latest, wish):
        return done(comment, said, latest.id)
    current = cards.overtaking(latest, comment)
    if current:
        sentence = get_template_attribute("_macros.html", "deed_sentence")
        what = sentence(current["who"], current["became"]).unescape()
        said = _("%(deed)s (%(when)s).", deed=what, when=relative_time(current["at"]))
    else:
        said = _("Its author changed the text after you opened it.")
    kept = _("Your decision was not made, and the comment is back in its place.")
    answer = jsonify({"comment": comment.id, "version": comment.version, "said": f"{said} {kept}"})
    answer.status_code = 409
    return answer


def _is_the_same(latest: Decision, wish: review.Wish) -> bool:
    mine = latest.by_id == g.me.id and latest.became == wish.status
    return mine and latest.version == wish.version + 1


def left() -> str:
    """What is left of the list that the script shows. It counts: it knows what it has shown, and
    what is on its way.
    """
    given = request.form.get("left", "")
    if len(given) > 9 or not (given.isascii() and given.isdigit()):
        return ""
    left = int(given)
    if request.form.get("list") == Status.PENDING:
        return str(ngettext("%(num)d waits.", "%(num)d wait.", left))
    return str(ngettext("%(num)d is left here.", "%(num)d are left here.", left))
