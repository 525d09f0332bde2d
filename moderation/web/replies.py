"""The private page of one's own reply: what became of it, changing it, withdrawing it."""

from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, TooManyRequests

from moderation import authorship, judging, notices
from moderation.models import Comment, Kind, Stale, Status
from moderation.notices import Asked
from moderation.text import markup, plain

from . import reasons
from .errors import own_words, write_down
from .forms import EditForm
from .leaving import comment_of
from .limits import changing, mailing
from .service import now, reading, service, writing
from .thread_page import MOST_TYPED, kept

blueprint = Blueprint("replies", __name__)

#: Answers that are listed on a reply's page; the thread has them all.
MOST_ANSWERS = 20
#: Why a change was not taken.
REFUSED: dict[type[Exception], Any] = {
    Stale: lazy_gettext(
        "Your reply has changed since you opened this page, or a moderator has decided on it. Your "
        "text is kept: read what it says now, and save again if you still want yours."
    ),
    authorship.TooLate: lazy_gettext(
        "Your reply can no longer be changed. Your text is kept: copy it if you want to say it "
        "elsewhere."
    ),
    authorship.SameReply: lazy_gettext(
        "You have left these very words here already, so the change was not saved. Your text is "
        "kept: say something else, or leave it."
    ),
    IntegrityError: lazy_gettext(
        "You have left these very words here already, so the change was not saved. Your text is "
        "kept: say something else, or leave it."
    ),
}


def private(response: Response) -> Response:
    """Tell nobody the address of the page, keep it nowhere: whoever knows it may do all of this."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


blueprint.after_request(private)


def reply_or_404(token: str) -> Comment:
    """The reply that a private address is about."""
    known = comment_of(token)
    found = reading().get(Comment, known) if known else None
    if found is None:
        abort(404)
    return found


def back(token: str, done: str = "") -> Response:
    """On to the reply's page, which says what was done."""
    address = url_for("replies.status", token=token, done=done or None)
    return redirect(address, 303)  # type: ignore[return-value]  # a werkzeug response


@blueprint.get("/replies/<token>")
def status(token: str) -> str:
    """What became of the reply, what it says and where, who answered, and what can be done."""
    found = reply_or_404(token)
    return render_template(
        "reader/status.html",
        **_about(token, found),
        reason=_reason(found),
        answers=_answers(found),
        done=request.args.get("done", ""),
        mail=service().settings.mail is not None,
    )


def _about(token: str, comment: Comment) -> dict[str, Any]:
    thread, site = comment.thread, comment.thread.site
    may_edit = authorship.may_edit(comment, site, now())
    return {
        "token": token,
        "site": site,
        "state": _state(comment),
        "comment_html": Markup(comment.html),  # noqa: S704 - made by markup.render
        "page": thread.page,
        "page_title": thread.title or comment.title or thread.page,
        "permalink": url_for("reader.permalink", comment=comment.id) if comment.is_seen else None,
        "created_at": comment.created_at,
        "edited_at": comment.edited_at,
        "version": comment.version,
        "edit_until": authorship.editable_until(comment, site) if may_edit else None,
    }


def _state(comment: Comment) -> str:
    if comment.status == Status.DELETED:
        return {"own_wish": "withdrawn", "erased": "erased"}.get(comment.taken_back, "deleted")
    if comment.status == Status.APPROVED:
        return "published" if comment.is_seen else "hidden"
    return "rejected" if _is_refused(comment) else "waiting"


def _is_refused(comment: Comment) -> bool:
    """Whether a moderator refused it. What the policy alone took for spam waits, for all that its
    sender is told: nothing here helps them to find out what would have passed.
    """
    if comment.status == Status.SPAM:
        return comment.decisions[-1].by_id is not None
    return comment.status == Status.REJECTED


def _reason(comment: Comment) -> str | None:
    """The moderator's reason. Spam is told as rejected: whoever sends it learns nothing more."""
    if comment.status not in {Status.REJECTED, Status.DELETED}:
        return None
    deciding = comment.decisions[-1]
    own = reasons.sentences(reading(), [comment.site_id])
    return reasons.said(deciding.reason, own) if deciding.by_id else None


def _answers(comment: Comment) -> list[dict[str, Any]]:
    query = (
        select(Comment)
        .where(Comment.parent_id == comment.id, Comment.published)
        .where(Comment.status == Status.APPROVED)
        .order_by(Comment.position)
        .limit(MOST_ANSWERS)
    )
    return [
        {
            "name": one.name,
            "html": Markup(one.html),  # noqa: S704 - made by markup.render
            "created_at": one.created_at,
            "permalink": url_for("reader.permalink", comment=one.id),
        }
        for one in reading().scalars(query)
    ]


@blueprint.get("/replies/<token>/edit")
def edit(token: str) -> Response | str:
    """The reply's text, to be changed; what that means for a published one is said first."""
    found = reply_or_404(token)
    if not authorship.may_edit(found, found.thread.site, now()):
        return back(token, "too-late")
    return _edit_page(token, found, EditForm(formdata=None, body=found.source))


@blueprint.post("/replies/<token>/edit", endpoint="change")
@changing
def change(token: str) -> Response | str:
    """Other words for the reply: on to its page when taken, which says that it waits."""
    found = reply_or_404(token)
    request.max_content_length = request.max_form_memory_size = MOST_TYPED
    form = EditForm(request.form)
    if request.form.get("action") == "preview":
        return _edit_page(token, found, form, preview=_preview(form))
    if not form.validate():
        return Response(_edit_page(token, found, form), 422)
    try:
        changed = _changed(found, form)
    except tuple(REFUSED) as error:
        form.body.errors = [str(REFUSED[type(error)])]
        stale = isinstance(error, Stale)
        page = _edit_page(token, reply_or_404(token), form, meanwhile=stale)
        return Response(page, 409)
    return back(token, "changed" if changed else "unchanged")


def _changed(found: Comment, form: EditForm) -> bool:
    site_key = service().site_key(found.thread.site)
    said = authorship.reworded(found, site_key, form.body.data)
    judging.look_ahead(found.thread.site, said.rendered, found.name, found.website)
    likeness = service().learner.likeness(found.site_id, authorship.would_say(found, said))
    with writing() as session:
        (comment,) = authorship.hold(session, [found.id])
        changed = authorship.edit(
            session, comment, said, version=_version(), at=now(), likeness=likeness
        )
        session.commit()
    return changed


def _version() -> int:
    sent = request.form.get("version", "")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else 0


def _preview(form: EditForm) -> Markup | None:
    form.body.errors = list(form.body.process_errors)
    if form.body.errors or plain.is_blank(form.body.data or ""):
        return None
    return Markup(markup.render(form.body.data).html)  # noqa: S704 - made by markup.render


def _edit_page(
    token: str,
    comment: Comment,
    form: EditForm,
    *,
    preview: Markup | None = None,
    meanwhile: bool = False,
) -> str:
    """The form; where the reply changed `meanwhile`, what it says now stands above it."""
    about = _about(token, comment)
    if preview is not None:
        # A preview is no look at what the reply says by now: the version stays the one seen.
        about["version"] = _version()
    return render_template(
        "reader/edit.html", **about, form=form, preview_html=preview, meanwhile=meanwhile
    )


@blueprint.errorhandler(TooManyRequests)
def too_many(error: TooManyRequests) -> Response:
    """Give back what was typed, with the sentence that says so."""
    if request.endpoint != "replies.change":
        return kept(429, _("Enough was asked for from your network. Wait an hour, then try again."))
    token, sentence = (request.view_args or {})["token"], own_words(error)
    try:
        form = EditForm(request.form)
        form.body.errors = [sentence]
        return Response(_edit_page(token, reply_or_404(token), form), 429)
    except (HTTPException, OperationalError):
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


@blueprint.get("/replies/<token>/withdraw")
def withdraw(token: str) -> Response | str:
    """Ask once more before a reply is taken off the page."""
    found = reply_or_404(token)
    if found.status == Status.DELETED:
        return back(token)
    return render_template("reader/withdraw.html", **_about(token, found))


@blueprint.post("/replies/<token>/withdraw", endpoint="withdrawal")
def withdrawal(token: str) -> Response:
    """Take the reply off the page, for good."""
    found = reply_or_404(token)
    with writing() as session:
        (comment,) = authorship.hold(session, [found.id])
        authorship.withdraw(session, comment, at=now())
        session.commit()
    return back(token)


@blueprint.post("/replies/<token>/mail")
@mailing
def mail(token: str) -> Response:
    """Mail this page's address to the author, once for each reply and three times a day at most."""
    asked = owe_link(Kind.STATUS, reply_or_404(token))
    told = {Asked.NEW: "mailed", Asked.BEFORE: "mailed-before", Asked.ENOUGH: "mailed-enough"}
    return back(token, told.get(asked, "no-mail"))


def owe_link(kind: Kind, found: Comment) -> Asked:
    """Owe its author a link, where mail is sent at all."""
    if service().settings.mail is None or found.author_id is None:
        return Asked.NOBODY
    site_key = service().site_key(found.thread.site)
    with writing() as session:
        asked = notices.owe_link(session, kind, found, site_key, at=now())
        if asked is not Asked.ENOUGH:
            session.commit()
    return asked
