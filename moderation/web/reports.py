"""Reporting a reply: the page, and the API's door to the same."""

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_limiter import RateLimitExceeded
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.datastructures import MultiDict
from wtforms import Field, RadioField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from moderation import reporting
from moderation.models import Comment, Site, Thread
from moderation.reporting import Complaint, Grounds
from moderation.text import markup, plain

from . import limits, words
from .api import blueprint as api
from .bodies import json_object
from .bounds import LONGEST_REPORT
from .errors import problem
from .forms import NotText
from .public import is_on, page_asked_for
from .service import now, reading, service, site_or_404, writing

blueprint = Blueprint("reports", __name__)


def _tidy(value: str | None) -> str:
    try:
        return plain.tidy(value or "")
    except plain.Unreadable as error:
        raise ValueError(_("This text has a character that cannot be stored.")) from error


class ReportForm(FlaskForm):
    """A reader's complaint. Without a CSRF token, as `ReplyForm`: there is no session to borrow."""

    class Meta:
        """What Flask-WTF is told about this form."""

        csrf = False

    reason = RadioField(
        lazy_gettext("What is wrong with it?"),
        choices=[SelectChoice(*one) for one in words.GROUNDS.items()],
        validate_choice=False,
    )
    note = TextAreaField(
        lazy_gettext("Anything the moderators should know?"),
        filters=[_tidy],
        validators=[
            Length(
                max=LONGEST_REPORT,
                message=lazy_gettext("Your note is too long: shorten it to %(max)d characters."),
            )
        ],
    )
    subject = StringField(lazy_gettext("Leave this field empty"))

    def validate_reason(self, field: Field) -> None:
        """Refuse what is none of the choices."""
        if field.data not in list(Grounds):
            raise ValidationError(_("Choose what is wrong with the reply."))


@blueprint.get("/comments/<comment>/report")
def form(comment: str) -> str:
    """The form, with the reply it is about."""
    return _drawn(_seen_or_404(comment), ReportForm(formdata=None))


@blueprint.post("/comments/<comment>/report")
def send(comment: str) -> Any:
    """A report: on to the thanks when taken, 422 or 429 with all that was typed when not."""
    found = _seen_or_404(comment)
    _refuse_foreign_forms(found.thread.site)
    sent = ReportForm(request.form)
    if not sent.validate():
        return Response(_drawn(found, sent), 422)
    try:
        _take(found, sent)
    except RateLimitExceeded:
        sentence = _("Too many reports came from your network. Wait a little, then send it again.")
        return Response(_drawn(found, sent, refused=sentence), 429)
    thread = found.thread
    return redirect(url_for("reports.received", site=thread.site.key, page=thread.page), 303)


@blueprint.get("/sites/<site>/reported")
def received(site: str) -> str:
    """What happens next. It names no reply: the one that was reported may be hidden by now."""
    found = site_or_404(site)
    return render_template(
        "reports/received.html",
        site=found,
        hides=found.settings.reports_to_hold > 0,
        back=_back(found, page_asked_for()),
    )


@api.post("/v1/sites/<site>/comments/<comment>/reports", endpoint="report")
def report(site: str, comment: str) -> Response:
    """A report by a program (the widget): 202, whether or not its network had sent one before."""
    found = site_or_404(site)
    try:
        sent = _from_json(json_object())
    except NotText as error:
        return problem(422, errors=error.errors)
    target = _seen_or_404(comment, found)
    if not sent.validate():
        return problem(422, errors=sent.errors)
    _take(target, sent)
    answer = jsonify({"status": "received"})
    answer.status_code = 202
    return answer


def _from_json(payload: dict[str, Any]) -> ReportForm:
    names = ("reason", "note", "subject")
    wrong = [name for name in names if not isinstance(payload.get(name, ""), str | None)]
    if wrong:
        raise NotText(wrong)
    return ReportForm(formdata=MultiDict({name: payload.get(name) or "" for name in names}))


@limits.reporting
def _take(comment: Comment, sent: ReportForm) -> None:
    """Store a valid report; what fills the hidden field is thanked, and not stored."""
    if sent.subject.data:
        return
    complaint = Complaint(Grounds(sent.reason.data), sent.note.data, request.remote_addr or "")
    with writing() as session:
        try:
            reporting.receive(session, service().keyring, comment.id, complaint, now=now())
        except reporting.NotThere:
            _gone()
        session.commit()


_SEEN = select(Comment).options(
    joinedload(Comment.thread, innerjoin=True).joinedload(Thread.site, innerjoin=True)
)


def _seen_or_404(comment_id: str, site: Site | None = None) -> Comment:
    """A comment that readers see, on this site if one is named."""
    found = reading().scalar(_SEEN.where(Comment.id == comment_id))
    if found is None or not found.is_seen or (site and found.site_id != site.id):
        _gone()
    # The page is in the site's language where its reader wishes for none that there is.
    g.site = found.thread.site
    return found


def _gone() -> Any:
    abort(404, _("There is no such reply, or readers do not see it any more."))


def _refuse_foreign_forms(site: Site) -> None:
    origin = request.headers.get("Origin")
    if origin and origin not in {*site.origins, service().settings.public_url}:
        abort(403, _("This form was sent from a page of another site."))


def _drawn(comment: Comment, sent: ReportForm, *, refused: str = "") -> str:
    site = comment.thread.site
    return render_template(
        "reports/report.html",
        site=site,
        comment=comment,
        excerpt=markup.excerpt(comment.html, 280),
        form=sent,
        refused=refused,
        longest=LONGEST_REPORT,
        back=_back(site, comment.thread.page),
    )


def _back(site: Site, page: str) -> str:
    """Where the reader came from: the article, or our own page where that is not the site's."""
    return page if is_on(site, page) else url_for("reader.thread", site=site.key, page=page)
