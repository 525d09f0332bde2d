"""A site's blocked and trusted, for its owners; blocking and trusting an author, from a comment."""

from typing import Any

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import lazy_gettext

from moderation import lists, review
from moderation.models import Comment, ListKind, Site, Standing

from .drawing import gettext as _
from .owner_forms import EntryForm, refuse
from .owning import asked, for_owners, held, my_site, of_site, typed
from .service import now, reading, service, writing
from .sessions import inside, protected

blueprint = Blueprint("lists", __name__, url_prefix="/queue")

WRONG: dict[str, Any] = {
    "address": lazy_gettext("Enter an email address such as name@example.org."),
    "name": lazy_gettext("Write a name of at most 100 characters."),
    "domain": lazy_gettext("Write a domain such as spam.example."),
    "trusted name": lazy_gettext(
        "Anybody can write under any name, so a name cannot be trusted. Trust an address."
    ),
}
DONE = {
    Standing.BLOCKED: lambda name: _(
        "Blocked: what %(name)s writes here waits, with a high score.", name=name
    ),
    Standing.TRUSTED: lambda name: _(
        "Trusted: what %(name)s writes here is not held as a stranger's.", name=name
    ),
}


@blueprint.get("/sites/<site>/lists")
@for_owners
def index(site: str) -> str:
    """What is blocked and trusted, the newest first."""
    return _page(my_site(site), EntryForm(formdata=None))


@blueprint.post("/sites/<site>/lists")
@for_owners
def add(site: str) -> Any:
    """Put something on the list."""
    found, form = my_site(site), EntryForm()
    if not form.validate_on_submit():
        return Response(_page(found, form), 422)
    try:
        with writing() as session:
            _enter(session, held(session, site), form)
            session.commit()
    except lists.BadEntry as error:
        refuse(form.text, WRONG[error.wanted])
        return Response(_page(my_site(site), form), 422)
    flash(_("It is on the list."), "done")
    return redirect(of_site("lists.index", found), 303)


def _enter(session: Any, site: Site, form: EntryForm) -> None:
    life = lists.LASTING[form.lasting.data]
    lists.enter(
        session,
        service().keyring,
        site,
        ListKind(form.kind.data),
        Standing(form.standing.data),
        form.text.data,
        by=g.me,
        at=now(),
        expires_at=now() + life if life else None,
        note=form.note.data,
    )


@blueprint.post("/sites/<site>/lists/remove")
@for_owners
def remove(site: str) -> Any:
    """Take something off the list."""
    with writing() as session:
        mine = held(session, site)
        entry = lists.find(session, mine.id, typed("entry"))
        if entry is not None:
            lists.remove(session, service().keyring, entry, by=g.me, at=now())
            session.commit()
    flash(_("It is off the list."), "done")
    return redirect(of_site("lists.index", mine), 303)


def _page(found: Site, form: EntryForm) -> str:
    show = asked("show") if asked("show") in list(Standing) else ""
    standing = Standing(show) if show else None
    entries, after = lists.page(reading(), found.id, standing, now(), asked("after"))
    address = of_site("lists.index", found, show=show or None, after=after)
    return render_template(
        "owners/lists.html",
        site=found,
        entries=[_row(one) for one in entries],
        next_url=address if after else None,
        show=show,
        form=form,
    )


def _row(entry: Any) -> dict[str, Any]:
    return {
        "id": entry.id,
        "kind": str(entry.kind),
        "standing": str(entry.standing),
        "label": entry.label(service().keyring),
        "note": entry.note,
        "by": entry.by.name,
        "at": entry.created_at,
        "expires_at": entry.expires_at,
    }


@blueprint.post("/comments/<comment>/block")
@protected
def block(comment: str) -> Any:
    """Block the comment's author on its site, for good."""
    return _list_author(comment, lists.block)


@blueprint.post("/comments/<comment>/trust")
@protected
def trust(comment: str) -> Any:
    """Trust the comment's author on its site, for good."""
    return _list_author(comment, lists.trust)


def _list_author(comment_id: str, act: Any) -> Any:
    with writing() as session:
        comment = _mine_or_404(session, comment_id)
        try:
            entry = act(session, service().keyring, comment, by=g.me, at=now())
        except lists.NobodyToList:
            abort(404)
        session.commit()
    if entry is None:
        flash(_("That is so already."), "done")
    else:
        text = DONE[entry.standing](comment.name)
        told = {"text": text, "comment": comment.id, "entry": entry.id}
        flash(told, "undo-list")  # type: ignore[arg-type]  # JSON
    return _back(comment)


@blueprint.post("/comments/<comment>/unlist")
@protected
def take_back(comment: str) -> Any:
    """Undo the one or the other: what was said of the author before counts again."""
    with writing() as session:
        found = _mine_or_404(session, comment)
        entry = lists.find(session, found.site_id, typed("entry"))
        if entry is None or not lists.is_about(entry, found.author):
            abort(404)
        done = lists.take_back(session, service().keyring, entry, by=g.me, at=now())
        session.commit()
    if done:
        flash(_("Taken back: %(name)s is treated as before.", name=found.name), "done")
    else:
        flash(_("Somebody has changed the list since, so nothing was taken back."), "done")
    return _back(found)


def _mine_or_404(session: Any, comment_id: str) -> Comment:
    found = review.find(session, g.me, comment_id)
    if found is None:
        abort(404)
    return found


def _back(comment: Comment) -> Any:
    card = url_for("queue.card", comment=comment.id)
    return redirect(inside(request.form.get("next"), card), 303)
