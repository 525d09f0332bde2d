"""The thread's page without JavaScript, drawn: what readers see, and their form."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response, abort, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from moderation import publishing
from moderation.models import Comment, OtherWay, Site
from moderation.publishing import Sort, Wanted
from moderation.text import addresses, plain

from . import ways, words
from .errors import SENTENCES
from .forms import ReplyForm
from .leaving import ask, ask_again
from .service import reading, service

#: So much is read of what somebody typed: much more than is taken, to be given back to them.
MOST_TYPED = 1024 * 1024


def page_of(url: str) -> str:
    """A page's address in normal form, or an answer of 400."""
    try:
        return addresses.page(plain.one_line(url))
    except (addresses.BadAddress, plain.Unreadable):
        abort(400, _("Give the full address of the page, with https://."))


def refused(
    site: Site,
    page: str,
    form: ReplyForm,
    errors: Mapping[str, Any],
    status: int,
    *,
    asks_anew: bool = False,
) -> Response:
    """The page again, with what went wrong beside each field and all that was typed in it."""
    for name, sentences in errors.items():
        if name in form:
            form[name].errors = [str(sentence) for sentence in sentences]
    return Response(drawn(site, page, form, asks_anew=asks_anew), status)


def kept(status: int, sentence: str = "") -> Response:
    """A page that needs no database, with the text that was typed, for its owner to copy.

    It answers errors, so it must not make one: a form that cannot be read is none.
    """
    title, known = SENTENCES[status]
    try:
        text = request.form.get("body", "")
    except HTTPException:
        text = ""
    page = render_template("reader/kept.html", title=title, sentence=sentence or known, text=text)
    return Response(page, status)


def drawn(
    site: Site,
    page: str,
    form: ReplyForm,
    *,
    asks_anew: bool = False,
    preview: Markup | None = None,
) -> str:
    """The page; `asks_anew` for another sum, else the form's own stays while it is good."""
    wanted = Wanted(site.key, page, _sort(), request.args.get("after", ""))
    shown = json.loads(publishing.document(service().database, site, wanted).plain)
    form.title.data = form.title.data or shown["thread"]["title"]
    form.page.data = form.page.data or page
    return render_template(
        "reader/thread.html",
        site=site,
        page=page,
        title=shown["thread"]["title"],
        thread=shown["thread"],
        comments=_with_depth(shown["comments"]),
        is_first=not wanted.after,
        first_url=_same_page(site, page, sort=request.args.get("sort")),
        next_url=_next(site, page, shown["next"]),
        other_sort_url=_same_page(site, page, sort=_other(wanted.sort)),
        sort=str(wanted.sort),
        after=wanted.after,
        form=form,
        challenge=_asked_in(site, page, form, asks_anew=asks_anew),
        replying_to=_parent(site, page, form),
        preview_html=preview,
        mail=service().settings.mail is not None,
        unsolved=ways.without_script(site) is OtherWay.MODERATOR,
        ours=addresses.origin(page) in site.origins,
    )


def _asked_in(site: Site, page: str, form: ReplyForm, *, asks_anew: bool) -> dict[str, Any]:
    """The sum on the page: the same as before while it is unanswered, else a new one."""
    again = None if asks_anew else ask_again(site, page, form.challenge.data or "")
    if again is None:
        form.answer.data = ""
    challenge = again or ask(site, page)
    form.challenge.data = challenge.token
    return challenge.as_json()


def _parent(site: Site, page: str, form: ReplyForm) -> dict[str, Any] | None:
    """What is answered, on whichever page of the thread it stands."""
    known = str(form.parent.data or "")
    found = reading().get(Comment, known) if known.isascii() and known.isalnum() else None
    if found is None or not found.is_seen:
        return None
    if found.site_id != site.id or found.thread.page != page:
        return None
    html = Markup(found.html)  # noqa: S704 - made by markup.render
    return {"id": found.id, "name": found.name, "html": html}


def _next(site: Site, page: str, after: str | None) -> str | None:
    sort = request.args.get("sort")
    return _same_page(site, page, after=after, sort=sort) if after else None


def _same_page(site: Site, page: str, **more: Any) -> str:
    return url_for("reader.thread", site=site.key, page=page, **more)


def _sort() -> Sort:
    return Sort.NEWEST if request.args.get("sort") == "newest" else Sort.OLDEST


def _other(sort: Sort) -> str | None:
    return "newest" if sort is Sort.OLDEST else None


def _with_depth(comments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Comments as the template draws them: how deep each lies, whom it answers beyond that."""
    depth: dict[str, int] = {}
    names: dict[str, str] = {}
    for one in comments:
        above = one["parent"] or ""
        depth[one["id"]] = depth.get(above, -1) + 1
        names[one["id"]] = one["author"]["name"]
        deep = depth[one["id"]] > words.DEEPEST_DRAWN
        one["depth"] = depth[one["id"]]
        one["parent_name"] = names.get(above) if deep or (above and above not in depth) else None
        one["html"] = Markup(one["html"])  # noqa: S704 - made by markup.render
        for name in ("created_at", "edited_at"):
            one[name] = datetime.fromisoformat(one[name]) if one[name] else None
    return comments
