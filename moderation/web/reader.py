"""What readers open: the thread's page without JavaScript, permalinks, their reply's status."""

import json
from datetime import datetime
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from markupsafe import Markup

from moderation import intake, publishing
from moderation.models import Comment, Site, Status
from moderation.publishing import Sort, Wanted
from moderation.text import addresses, markup, plain

from . import words
from .errors import REFUSALS
from .forms import ReplyForm
from .leaving import Invalid, ask, ask_again, comment_of, leave
from .limits import leaving
from .service import reading, service, site_or_404

blueprint = Blueprint("reader", __name__)

#: How the page of a demonstration is found: its thread's page is the address of the article.
DEMO_TITLE = "The town that turned its streetlights off"


@blueprint.get("/")
def home() -> str:
    """What this service is; in the demonstration, the article with its thread."""
    if not service().settings.demo:
        return render_template("home.html")
    page = service().settings.public_url + "/"
    thread_url = url_for("reader.thread", site="demo", page=page)
    return render_template("demo/article.html", page=page, title=DEMO_TITLE, thread_url=thread_url)


@blueprint.get("/sites/<site>/thread")
def thread(site: str) -> Response:
    """The thread and the reply form, for everybody without JavaScript. Never kept by a cache:
    there is a sum on it.
    """
    found = site_or_404(site)
    page = _page_of(request.args.get("page", ""))
    form = ReplyForm(formdata=None, page=page, parent=request.args.get("parent", ""))
    return Response(_drawn(found, page, form))


@blueprint.post("/sites/<site>/thread", endpoint="leave")
@leaving
def leave_reply(site: str) -> Response:
    """A reply: on to its status page when taken, 422 with every field kept when not."""
    found = site_or_404(site)
    _refuse_foreign_forms(found)
    form = ReplyForm(request.form)
    page = _page_of(request.form.get("page", ""))
    if request.form.get("action") == "preview":
        return Response(_drawn(found, page, form, preview=_preview(form)))
    try:
        _status, body = leave(found, form)
    except Invalid as error:
        _tell(form, error.errors)
        return Response(_drawn(found, page, form, asks_anew=error.asks_anew), 422)
    except intake.Refused as error:
        told = REFUSALS[type(error)]
        _tell(form, {told.field or "body": [str(told.sentence)]})
        asks_anew = told.asks_anew or error.spends
        return Response(_drawn(found, page, form, asks_anew=asks_anew), told.status)
    return redirect(body["status_url"], 303)  # type: ignore[return-value]  # a werkzeug response


@blueprint.get("/comments/<comment>")
def permalink(comment: str) -> Response:
    """On to the comment, on its page if that is on the site, else on ours."""
    found = reading().get(Comment, comment)
    if found is None or not found.is_seen:
        abort(404)
    thread, site = found.thread, found.thread.site
    if addresses.origin(thread.page) in site.origins:
        return redirect(f"{thread.page}#comment-{found.id}")  # type: ignore[return-value]
    return redirect(  # type: ignore[return-value]
        url_for("reader.thread", site=site.key, page=thread.page, _anchor=f"comment-{found.id}")
    )


@blueprint.get("/replies/<token>")
def status(token: str) -> str:
    """The private page of one's own reply: what became of it."""
    known = comment_of(token)
    found = reading().get(Comment, known) if known else None
    if found is None:
        abort(404)
    deciding = found.decisions[-1]
    return render_template(
        "reader/status.html",
        site=found.thread.site,
        status=str(found.status),
        comment_html=Markup(found.html),  # noqa: S704 - made by markup.render
        page=found.thread.page,
        page_title=found.thread.title or found.title,
        permalink=url_for("reader.permalink", comment=found.id) if found.is_seen else None,
        created_at=found.created_at,
        reason=words.choice(deciding.reason) if found.status == Status.REJECTED else None,
    )


def _page_of(url: str) -> str:
    try:
        return addresses.page(plain.one_line(url))
    except (addresses.BadAddress, plain.Unreadable):
        abort(400, _("Give the full address of the page, with https://."))


def _refuse_foreign_forms(site: Site) -> None:
    origin = request.headers.get("Origin")
    if origin and origin not in {*site.origins, service().settings.public_url}:
        abort(403, _("This form was sent from a page of another site."))


def _preview(form: ReplyForm) -> Markup | None:
    form.body.errors = list(form.body.process_errors)
    if form.body.errors or plain.is_blank(form.body.data or ""):
        return None
    return Markup(markup.render(form.body.data).html)  # noqa: S704 - made by markup.render


def _tell(form: ReplyForm, errors: dict[str, Any]) -> None:
    for name, sentences in errors.items():
        if name in form:
            form[name].errors = [str(sentence) for sentence in sentences]


def _drawn(
    site: Site,
    page: str,
    form: ReplyForm,
    *,
    asks_anew: bool = False,
    preview: Markup | None = None,
) -> str:
    wanted = Wanted(site.key, page, _sort(), request.args.get("after", ""))
    shown = json.loads(publishing.document(service().database, site, wanted).plain)
    form.title.data = form.title.data or shown["thread"]["title"]
    comments = _with_depth(shown["comments"])
    known = {one["id"]: one for one in comments}
    if not form.page.data:
        form.page.data = page
    return render_template(
        "reader/thread.html",
        site=site,
        page=page,
        title=shown["thread"]["title"],
        thread=shown["thread"],
        comments=comments,
        next_url=_same_page(site, page, after=shown["next"]) if shown["next"] else None,
        other_sort_url=_same_page(site, page, sort=_other(wanted.sort)),
        sort=str(wanted.sort),
        form=form,
        challenge=_asked_in(site, page, form, asks_anew=asks_anew),
        replying_to=known.get(form.parent.data or ""),
        preview_html=preview,
    )


def _asked_in(site: Site, page: str, form: ReplyForm, *, asks_anew: bool) -> dict[str, Any]:
    """The sum on the page: the same as before while it is unanswered, else a new one."""
    again = None if asks_anew else ask_again(site, page, form.challenge.data or "")
    if again is None:
        form.answer.data = ""
    challenge = again or ask(site, page)
    form.challenge.data = challenge.token
    return challenge.as_json()


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
