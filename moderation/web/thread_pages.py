"""A site's threads, for its owners: search them, close one, open it again, move it."""

from typing import Any

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from moderation import threads
from moderation.models import Site, Thread

from .owning import asked, for_owners, held, my_site, of_site, typed
from .service import now, reading, writing

blueprint = Blueprint("threads", __name__, url_prefix="/queue/sites/<site>/threads")

REFUSALS: dict[str, Any] = {
    "bad": lazy_gettext("Give the full address of the page, with https://."),
    "foreign": lazy_gettext("This page is not on one of the site's origins."),
    "same": lazy_gettext("The thread is at this page already."),
    "taken": lazy_gettext(
        "There are comments under that page already, and two threads are not made one. Choose "
        "another page."
    ),
}


@blueprint.get("")
@for_owners
def index(site: str) -> str:
    """The threads, by the address of their page."""
    return _page(my_site(site))


@blueprint.post("/open")
@for_owners
def set_open(site: str) -> Any:
    """Close a thread, or open it again."""
    is_open = request.form.get("open", "") == "yes"
    with writing() as session:
        mine = held(session, site)
        thread = _held_or_404(session, mine)
        threads.set_open(session, thread, is_open, by=g.me, at=now())
        session.commit()
    flash(_("It takes replies again.") if is_open else _("It takes no more replies."), "done")
    return redirect(_here(mine), 303)


@blueprint.post("/move")
@for_owners
def move(site: str) -> Any:
    """Move a thread with all its comments to another page."""
    url = typed("url")
    try:
        with writing() as session:
            mine = held(session, site)
            thread = _held_or_404(session, mine)
            threads.move(session, mine, thread, url, by=g.me, at=now())
            session.commit()
    except threads.NotMovable as error:
        status = 409 if error.why == "taken" else 422
        return Response(_page(my_site(site), refused=error.why, url=url), status)
    flash(_("The thread is moved. Addresses of its comments lead to the new page."), "done")
    return redirect(_here(mine), 303)


def _held_or_404(session: Any, site: Site) -> Thread:
    found = threads.hold(session, site.id, typed("thread"))
    if found is None:
        abort(404)
    return found


def _here(site: Site) -> str:
    words = typed("q") or None
    return of_site("threads.index", site, q=words)


def _page(found: Site, *, refused: str = "", url: str = "") -> str:
    words = typed("q") if request.method == "POST" else asked("q")
    several, after = threads.page(reading(), found.id, words, asked("after"))
    moved = typed("thread") if refused else ""
    if moved and all(one.id != moved for one in several):
        # It stood on another page of the list: what was typed must not be lost.
        several = [reading().get_one(Thread, moved), *several]
    waiting = threads.waiting(reading(), several)
    address = of_site("threads.index", found, q=words or None, after=after)
    return render_template(
        "owners/threads.html",
        site=found,
        threads=[{"thread": one, "waiting": waiting.get(one.id, 0)} for one in several],
        q=words,
        next_url=address if after else None,
        refused=REFUSALS[refused] if refused else "",
        moved=moved,
        url=url,
    )
