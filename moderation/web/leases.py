"""Who is here: the cards that moderators look at just now, told to one another by name."""

from collections.abc import Sequence
from typing import Any

from babel.lists import format_list
from flask import Blueprint, Flask, g, jsonify, request
from flask_babel import get_locale
from flask_babel import gettext as _

from moderation import leases
from moderation.models import Comment

from .drawing import isolated
from .service import now, reading, writing
from .sessions import protected

blueprint = Blueprint("leases", __name__, url_prefix="/queue/leases")

#: Nobody looks at more cards at a time; a page of the queue has fewer.
MOST = 50


def init_app(app: Flask) -> None:
    """Let a card say who else is at it."""
    app.add_template_global(sentence_for, "who_is_here")


@blueprint.post("")
@protected
def look() -> Any:
    """Say which cards one looks at (`comment`); the answer says who looks at which, one's own
    aside. Nobody is kept from anything by it.
    """
    ids = [one for one in request.form.getlist("comment") if one.isascii() and one.isalnum()]
    with writing() as session:
        leases.look(session, g.me, ids[:MOST], now=now())
        session.commit()
    here = leases.others(reading(), g.me, now=now())
    return jsonify({"here": {one: _sentence(names) for one, names in here.items()}})


def others() -> dict[str, list[str]]:
    """Who looks at which comment just now, asked once a request, however many cards it draws."""
    if "others_here" not in g:
        g.others_here = leases.others(reading(), g.me, now=now())
    found: dict[str, list[str]] = g.others_here
    return found


def passed_over(comments: Sequence[Comment]) -> list[Comment]:
    """A page of the queue with those at its end that others look at just now."""
    return sorted(comments, key=lambda comment: comment.id in others())


def sentence_for(comment: str) -> str:
    """Who else looks at a comment, as a sentence; empty where nobody does."""
    names = others().get(comment)
    return _sentence(names) if names else ""


def _sentence(names: list[str]) -> str:
    if len(names) == 1:
        return _("%(name)s is here", name=isolated(names[0]))
    several = format_list([isolated(name) for name in names], locale=get_locale() or "en")
    return _("%(names)s are here", names=several)
