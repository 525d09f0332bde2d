"""What readers open: the thread's page without JavaScript, permalinks, the widget's script."""

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
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, TooManyRequests

from moderation import intake, publishing
from moderation.models import Comment, OtherWay, Site
from moderation.text import addresses, markup, plain

from .errors import REFUSALS, own_words, write_down
from .forms import SUM, ReplyForm
from .leaving import Invalid, leave
from .limits import leaving
from .service import reading, service, site_or_404
from .thread_page import MOST_TYPED, drawn, kept, page_of, refused
from .ways import TooMany

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
    page = page_of(request.args.get("page", ""))
    form = ReplyForm(formdata=None, page=page, parent=request.args.get("parent", ""))
    return Response(drawn(found, page, form))


@blueprint.post("/sites/<site>/thread", endpoint="leave")
@leaving
def leave_reply(site: str) -> Response:
    """A reply: on to its status page when taken, 422 with every field kept when not."""
    found = site_or_404(site)
    _refuse_foreign_forms(found)
    request.max_content_length = request.max_form_memory_size = MOST_TYPED
    form, page = ReplyForm(request.form), page_of(request.form.get("page", ""))
    action = request.form.get("action", "")
    if action == "preview":
        return Response(drawn(found, page, form, preview=_preview(form)))
    if action == "another":
        return Response(drawn(found, page, form, asks_anew=True))
    form.way.data = str(OtherWay.MODERATOR) if action == "unsolved" else SUM
    return _left(found, page, form)


def _left(site: Site, page: str, form: ReplyForm) -> Response:
    try:
        _status, body = leave(site, form, scripted=False)
    except Invalid as error:
        return refused(site, page, form, error.errors, 422, asks_anew=error.asks_anew)
    except TooMany as error:
        answer = refused(site, page, form, {"answer": [error.sentence]}, 429)
        answer.headers["Retry-After"] = str(error.seconds)
        return answer
    except intake.Refused as error:
        told = REFUSALS[type(error)]
        if isinstance(error, intake.NoSuchParent):
            # The next try goes to the page, as the sentence says.
            form.parent.data = ""
        asks_anew = told.asks_anew or error.spends
        errors = {told.field or "body": [told.sentence]}
        return refused(site, page, form, errors, told.status, asks_anew=asks_anew)
    token = body["status_url"].rpartition("/")[2]
    # With a fragment of its own: browsers would carry the form's along.
    address = url_for("replies.status", token=token, _anchor="main")
    return redirect(address, 303)  # type: ignore[return-value]  # a werkzeug response


@blueprint.errorhandler(TooManyRequests)
def too_many(error: TooManyRequests) -> Response:
    """Give back what was typed, with the sentence that says so."""
    request.max_content_length = request.max_form_memory_size = MOST_TYPED
    sentence = own_words(error)
    try:
        site = site_or_404((request.view_args or {})["site"])
        page = page_of(request.form.get("page", ""))
        return refused(site, page, ReplyForm(request.form), {"body": [sentence]}, 429)
    except (HTTPException, OperationalError):
        # There is no such page, or it cannot be drawn: that it was too often is the answer still.
        return kept(429, sentence)


@blueprint.errorhandler(OperationalError)
def unavailable(error: OperationalError) -> Response:
    """The database cannot be asked: what was typed is all there is to show."""
    write_down(error)
    return kept(503)


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> Response:
    """More than is read at all: the browser alone still has it."""
    return kept(413)


@blueprint.get("/comments/<comment>")
def permalink(comment: str) -> Response:
    """On to the comment, on its page if that is on the site, else on ours."""
    found = reading().get(Comment, comment)
    if found is None or not found.is_seen:
        abort(404)
    thread, site = found.thread, found.thread.site
    # What redirects is of Flask's own kind; its type says Werkzeug's.
    if addresses.origin(thread.page) in site.origins:
        return redirect(f"{thread.page}#comment-{found.id}")  # type: ignore[return-value]
    return redirect(  # type: ignore[return-value]
        url_for(
            "reader.thread",
            site=site.key,
            page=thread.page,
            after=publishing.begins_before(reading(), found) or None,
            _anchor=f"comment-{found.id}",
        )
    )


def _refuse_foreign_forms(site: Site) -> None:
    origin = request.headers.get("Origin")
    if origin and origin not in {*site.origins, service().settings.public_url}:
        abort(403, _("This form was sent from a page of another site."))


def _preview(form: ReplyForm) -> Markup | None:
    form.body.errors = list(form.body.process_errors)
    if form.body.errors or plain.is_blank(form.body.data or ""):
        return None
    return Markup(markup.render(form.body.data).html)  # noqa: S704 - made by markup.render
