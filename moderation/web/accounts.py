"""Signing in and out; one's own page: browsers, API tokens, the password."""

from functools import partial
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from sqlalchemy import delete, select

from moderation import factors
from moderation.accounts import HASHER
from moderation.models import Moderator, Notices, SignIn, Token

from . import guesses, sessions
from .forms import NoticesForm, PasswordForm, SignInForm
from .limits import signing_in
from .service import now, reading, service, writing
from .sessions import inside, protected, sent_id

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/login")
def login() -> str:
    """The page to sign in. No sum is asked here, ever."""
    return _login(SignInForm(formdata=None))


@blueprint.post("/login")
@signing_in
def sign_in() -> Any:
    """Sign in: the same answer, after the same work, whether the account or the password is
    wrong.
    """
    form = SignInForm()
    if not form.validate_on_submit():
        return Response(_login(form), 422)
    try:
        moderator_id = guesses.proven(form.email.data, form.password.data)
    except guesses.TooOften as error:
        return error.answer(_login(form, str(guesses.WAIT)))
    if moderator_id is None:
        return Response(_login(form, _("The address or the password is wrong.")), 422)
    if factors.ways(reading(), moderator_id).any:
        sessions.begin_half(moderator_id)
        return redirect(url_for("second.ask", next=request.args.get("next")), 303)
    sessions.begin(moderator_id)
    return redirect(inside(request.args.get("next"), url_for("queue.index")), 303)


def _login(form: SignInForm, sentence: str | None = None) -> str:
    return render_template("accounts/login.html", form=form, error=sentence)


@blueprint.post("/logout")
@protected
def logout() -> Any:
    """Sign this browser out: its row goes, so a copy of its cookie is worth nothing."""
    sessions.end(SignIn.id == g.sign_in.id)
    session.clear()
    return redirect(url_for("accounts.login"), 303)


@blueprint.get("/queue/account")
@protected
def account() -> str:
    """One's own page. Where one is signed in is shown to who gave the password a moment ago."""
    return _account(PasswordForm(formdata=None))


@blueprint.post("/queue/account/revoke")
@protected
def revoke() -> Any:
    """Sign one of one's browsers out."""
    sessions.end(SignIn.id == sent_id("session"), SignIn.moderator_id == g.me.id)
    flash(_("That browser is signed out."), "done")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/queue/account/revoke-others")
@protected
def revoke_others() -> Any:
    """Sign all of one's other browsers out."""
    with writing() as rows:
        factors.end_others(rows, g.me.id, but=g.sign_in.id)
        rows.commit()
    flash(_("You are signed in here alone."), "done")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/queue/account/revoke-token")
@protected
def revoke_token() -> Any:
    """End one of one's API tokens."""
    chosen = sent_id("token")
    with writing() as rows:
        rows.execute(delete(Token).where(Token.id == chosen, Token.moderator_id == g.me.id))
        rows.commit()
    flash(_("That token is no longer taken."), "done")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/queue/account/notices")
@protected
def notices() -> Any:
    """Choose how often one is mailed what waits, and one's language."""
    form = NoticesForm()
    if not form.validate_on_submit():
        return Response(_account(PasswordForm(formdata=None), form), 422)
    with writing() as rows:
        me = rows.get_one(Moderator, g.me.id)
        me.notices, me.locale = Notices(form.notices.data), form.locale.data
        rows.commit()
    flash(_("Saved."), "done")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/queue/account/password")
@protected
def password() -> Any:
    """Change the password. Every other browser is signed out: one of them may be the reason.

    This one goes on under a new token, since a copy of its cookie may be the reason as well.
    """
    form = PasswordForm()
    is_own = partial(guesses.is_password, g.me.password_hash, form.current.data)
    try:
        if form.validate_on_submit() and not guesses.attempt(g.me.email_digest, is_own):
            form.current.errors = [_("That is not your current password.")]
    except guesses.TooOften as error:
        form.current.errors = [guesses.WAIT]
        return error.answer(_account(form))
    if form.errors:
        return Response(_account(form), 422)
    fresh, me = HASHER.hash(form.new.data), g.me.id
    with writing() as rows:
        rows.get_one(Moderator, me).password_hash = fresh
        factors.end_others(rows, me)
        rows.commit()
    sessions.begin(me)
    flash(_("Your password is changed, and your other browsers are signed out."), "done")
    return redirect(url_for("accounts.account"), 303)


def _account(form: PasswordForm, notices_form: NoticesForm | None = None) -> str:
    me, is_confirmed = g.me.id, g.sign_in.is_confirmed(now())
    return render_template(
        "accounts/account.html",
        ways=factors.ways(reading(), me),
        is_confirmed=is_confirmed,
        sessions=_browsers(me) if is_confirmed else [],
        tokens=_tokens(me) if is_confirmed else [],
        password_form=form,
        notices_form=notices_form or NoticesForm(formdata=None, obj=g.me),
        mail_is_sent=service().settings.mail is not None,
    )


def _browsers(me: str) -> list[dict[str, Any]]:
    mine = select(SignIn).where(SignIn.moderator_id == me).order_by(SignIn.last_seen_at.desc())
    return [
        {
            "id": one.id,
            "label": one.browser or _("A browser"),
            "created_at": one.created_at,
            "last_seen_at": one.last_seen_at,
            "current": one.id == g.sign_in.id,
        }
        for one in reading().scalars(mine)
        if not one.is_over(now())
    ]


def _tokens(me: str) -> list[Token]:
    mine = select(Token).where(Token.moderator_id == me).order_by(Token.created_at, Token.id)
    return list(reading().scalars(mine))
