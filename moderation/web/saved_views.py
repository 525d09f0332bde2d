"""Saved views: filters of the queue under a moderator's own names."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Flask, abort, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from moderation import saved_views
from moderation.models import SavedView
from moderation.text import plain

from .service import now, reading, writing
from .sessions import inside, protected

blueprint = Blueprint("saved_views", __name__, url_prefix="/queue/views")

LONGEST_NAME = 60
LONGEST_QUERY = 2_000
#: What an address of the queue has beside its filters: where one page begins is no part of a view.
_BESIDE = frozenset({"after", "lang"})


def init_app(app: Flask) -> None:
    """Let the queue's page list them."""
    app.add_template_global(of_mine, "saved_views")


def of_mine() -> list[SavedView]:
    """The views of whoever is signed in."""
    return saved_views.of(reading(), g.me)


def start_url() -> str | None:
    """Where the queue opens for whoever is signed in, if they chose a view for that."""
    start = next((one for one in of_mine() if one.is_start), None)
    return f"{url_for('queue.index')}?{start.query}" if start else None


class NotSaved(Exception):
    """What was typed cannot be a view's name, or no more are kept; the sentence says which."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@blueprint.post("")
@protected
def save() -> Any:
    """Keep the filter of an address of the queue under a name."""
    query = _query()
    with writing() as session:
        try:
            saved_views.save(session, g.me, _name(), query, at=now())
            session.commit()
            flash(_("The view is saved."), "done")
        except (NotSaved, saved_views.NameTaken, saved_views.TooMany) as error:
            flash(_why(error), "wrong")
    return redirect(f"{url_for('queue.index')}?{query}", 303)


@blueprint.post("/<view>/rename")
@protected
def rename(view: str) -> Any:
    """Give a view another name."""

    def act(session: Session, mine: SavedView) -> None:
        saved_views.rename(session, g.me, mine, _name())

    try:
        return _change(view, act, _("The view has its new name."))
    except (NotSaved, saved_views.NameTaken) as error:
        flash(_why(error), "wrong")
        return _back()


def _why(error: Exception) -> str:
    if isinstance(error, NotSaved):
        return error.sentence
    if isinstance(error, saved_views.NameTaken):
        return _("You have a view of this name already. Choose another one.")
    return _("You have %(most)d views, and more are not kept.", most=saved_views.MOST)


@blueprint.post("/<view>/delete")
@protected
def delete(view: str) -> Any:
    """Forget a view; no comment is changed by that."""
    return _change(view, lambda session, mine: session.delete(mine), _("The view is gone."))


@blueprint.post("/<view>/start")
@protected
def start(view: str) -> Any:
    """Let the queue open with a view, or, where it does already, with everything again."""
    said = _("The queue opens with this view."), _("The queue opens with all that waits.")
    wish = request.form.get("on", "1") == "1"

    def act(session: Session, mine: SavedView) -> None:
        saved_views.start_with(session, mine, is_start=wish)

    return _change(view, act, said[0] if wish else said[1])


def _change(view: str, act: Callable[[Session, SavedView], None], said: str) -> Any:
    with writing() as session:
        mine = saved_views.find(session, g.me, view)
        if mine is None:
            abort(404)
        act(session, mine)
        session.commit()
    flash(said, "done")
    return _back()


def _back() -> Any:
    return redirect(inside(request.form.get("next"), url_for("queue.index")), 303)


def _name() -> str:
    try:
        name = plain.one_line(request.form.get("name", ""))
    except plain.Unreadable:
        abort(400)
    if not 1 <= len(name) <= LONGEST_NAME:
        raise NotSaved(_("Give the view a name of 1 to %(most)d characters.", most=LONGEST_NAME))
    return name


def _query() -> str:
    """The filters of an address, in a form that is safe to put behind a question mark."""
    try:
        asked = parse_qsl(request.form.get("query", "").removeprefix("?"), max_num_fields=50)
    except ValueError:
        abort(400)
    query = urlencode([(name, value) for name, value in asked if name not in _BESIDE])
    if "%00" in query or len(query) > LONGEST_QUERY:
        abort(400)
    return query or "status=pending"
