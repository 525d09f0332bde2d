"""Signing in and out, the browsers one is signed in with, the password."""

from datetime import timedelta
from functools import wraps
from typing import Any

from argon2.exceptions import InvalidHashError, VerificationError
from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import refresh
from flask_wtf.csrf import CSRFError, validate_csrf
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session
from wtforms import ValidationError

from moderation.accounts import HASHER, account_digest
from moderation.keeping import network_digest
from moderation.models import Moderator, Notices, Secret, SignIn, SignInFailure
from moderation.privacy import new_id, new_token, token_digest

from .forms import NoticesForm, PasswordForm, SignInForm
from .limits import signing_in
from .service import now, reading, service, writing

blueprint = Blueprint("accounts", __name__)

#: Verified where there is no such account, so that the answer takes as long as for a wrong
#: password. Nobody knows what it hashes.
_NOBODYS_HASH = HASHER.hash(new_token())

#: Failures within the window, from one network for one account, after which it has to wait;
#: and for one account from anywhere, which slows a guesser with many addresses.
WINDOW = timedelta(minutes=15)
MOST_HERE = 5
MOST_ANYWHERE = 50
_SEEN_EVERY = timedelta(minutes=5)
_ONLY_READS = frozenset({"GET", "HEAD"})


class TooOften(Exception):
    """Too many sign-ins failed; `seconds` until the next try."""

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many sign-ins failed.")
        self.seconds = seconds


def protected(view: Any) -> Any:
    """Ask for a signed-in moderator, and for the token of our own form where something changes."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        signed_in = _signed_in()
        if signed_in is None:
            if request.method in _ONLY_READS:
                return redirect(url_for("accounts.login", next=request.full_path.rstrip("?")))
            abort(401)
        if request.method not in _ONLY_READS:
            check_own_form()
        g.sign_in, g.me = signed_in, signed_in.moderator
        refresh()  # Now it is known whose language the page is in.
        return view(*args, **kwargs)

    return guarded


def check_own_form() -> None:
    """Raise CSRFError where a changing request does not carry the token of our own form."""
    try:
        validate_csrf(request.form.get("csrf_token", ""))
    except ValidationError as error:
        raise CSRFError(str(error)) from error


def inside(target: str | None, otherwise: str) -> str:
    """An address of ours to go on to; anything that could lead elsewhere is left."""
    target = target or ""
    return target if target.startswith("/") and _harmless(target) else otherwise


def _harmless(target: str) -> bool:
    # Browsers read "\\" as "/", and drop tabs and line ends: "/\\evil" leads elsewhere.
    strange = "\\" in target or target.startswith("//") or not target.isprintable()
    return not strange and len(target) < 4_000


@blueprint.get("/login")
def login() -> str:
    """The page to sign in. No sum is asked here, ever."""
    return render_template("accounts/login.html", form=SignInForm(formdata=None), error=None)


@blueprint.post("/login")
@signing_in
def sign_in() -> Any:
    """Sign in: the same answer, after the same work, whether the account or the password is
    wrong.
    """
    form = SignInForm()
    if not form.validate_on_submit():
        return _not_signed_in(form, None, 422)
    try:
        moderator_id = _proven(form.email.data, form.password.data)
    except TooOften as error:
        sentence = _("Too many sign-ins failed. Wait a quarter of an hour, then try again.")
        answer = _not_signed_in(form, sentence, 429)
        answer.headers["Retry-After"] = str(error.seconds)
        return answer
    if moderator_id is None:
        return _not_signed_in(form, _("The address or the password is wrong."), 422)
    begin(moderator_id)
    return redirect(inside(request.args.get("next"), url_for("queue.index")), 303)


def _not_signed_in(form: SignInForm, sentence: str | None, status: int) -> Response:
    return Response(render_template("accounts/login.html", form=form, error=sentence), status)


@blueprint.post("/logout")
@protected
def logout() -> Any:
    """Sign this browser out: its row goes, so a copy of its cookie is worth nothing."""
    _end(SignIn.id == g.sign_in.id)
    session.clear()
    return redirect(url_for("accounts.login"), 303)


@blueprint.get("/queue/account")
@protected
def account() -> str:
    """The browsers one is signed in with, and the password."""
    return _account(PasswordForm(formdata=None))


@blueprint.post("/queue/account/revoke")
@protected
def revoke() -> Any:
    """Sign one of one's browsers out."""
    chosen = request.form.get("session", "")
    if "\0" in chosen:
        abort(400)
    _end(SignIn.id == chosen, SignIn.moderator_id == g.me.id)
    flash(_("That browser is signed out."), "done")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/queue/account/revoke-others")
@protected
def revoke_others() -> Any:
    """Sign all of one's other browsers out."""
    _end(SignIn.id != g.sign_in.id, SignIn.moderator_id == g.me.id)
    flash(_("You are signed in here alone."), "done")
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
    if form.validate_on_submit() and not _is_password(g.me.password_hash, form.current.data):
        form.current.errors = [_("That is not your current password.")]
    if form.errors:
        return Response(_account(form), 422)
    fresh, me = HASHER.hash(form.new.data), g.me.id
    with writing() as rows:
        rows.get_one(Moderator, me).password_hash = fresh
        rows.execute(delete(SignIn).where(SignIn.moderator_id == me))
        rows.commit()
    begin(me)
    flash(_("Your password is changed, and your other browsers are signed out."), "done")
    return redirect(url_for("accounts.account"), 303)


def _account(form: PasswordForm, notices_form: NoticesForm | None = None) -> str:
    mine = select(SignIn).where(SignIn.moderator_id == g.me.id).order_by(SignIn.last_seen_at.desc())
    sessions = [
        {
            "id": one.id,
            "label": one.browser,
            "created_at": one.created_at,
            "last_seen_at": one.last_seen_at,
            "current": one.id == g.sign_in.id,
        }
        for one in reading().scalars(mine)
    ]
    return render_template(
        "accounts/account.html",
        sessions=sessions,
        password_form=form,
        notices_form=notices_form or NoticesForm(formdata=None, obj=g.me),
        mail_is_sent=service().settings.mail is not None,
    )


def _proven(email: str, given: str) -> str | None:
    """The id of the moderator whose password it is. Raises TooOften before looking at it.

    The failure is written before the password is tried, and taken back when it was right: a
    hundred tries at once count as a hundred.
    """
    keyring = service().keyring
    with writing() as rows:
        # Guesses are counted one after the other; on SQLite the write lock sees to that.
        rows.execute(select(Secret.id).where(Secret.purpose == "accounts").with_for_update())
        account = account_digest(rows, keyring, email)
        network = network_digest(rows, keyring, request.remote_addr or "", now()) or ""
        _refuse_guessers(rows, account, network)
        failure = SignInFailure(
            id=new_id(), account_digest=account, network_digest=network, at=now()
        )
        rows.add(failure)
        rows.execute(delete(SignInFailure).where(SignInFailure.at < now() - WINDOW))
        rows.commit()
    moderator = reading().scalar(select(Moderator).where(Moderator.email_digest == account))
    stored = moderator.password_hash if moderator else None
    if not _is_password(stored, given) or moderator is None:
        return None
    with writing() as rows:
        rows.execute(delete(SignInFailure).where(SignInFailure.id == failure.id))
        rows.commit()
    return moderator.id


def _refuse_guessers(rows: Session, account: str, network: str) -> None:
    recent = SignInFailure.at > now() - WINDOW
    anywhere = SignInFailure.account_digest == account
    here = anywhere & (SignInFailure.network_digest == network)
    for guesses, most in ((here, MOST_HERE), (anywhere, MOST_ANYWHERE)):
        number, first = rows.execute(
            select(func.count(), func.min(SignInFailure.at)).where(recent, guesses)
        ).one()
        if number >= most:
            wait = first + WINDOW - now() if first else WINDOW
            raise TooOften(max(1, int(wait.total_seconds()) + 1))


def _is_password(stored: str | None, given: str) -> bool:
    try:
        return HASHER.verify(stored or _NOBODYS_HASH, given) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def begin(moderator_id: str) -> None:
    """Sign a browser in, under a token it did not have before."""
    token = new_token()
    session.clear()
    session.permanent = True
    session["token"] = token
    with writing() as rows:
        rows.add(
            SignIn(
                id=new_id(),
                token_digest=token_digest(token),
                moderator_id=moderator_id,
                browser=_browser(),
                created_at=now(),
                last_seen_at=now(),
            )
        )
        rows.execute(
            delete(SignIn).where(
                or_(
                    SignIn.last_seen_at < now() - SignIn.IDLE,
                    SignIn.created_at < now() - SignIn.LONGEST,
                )
            )
        )
        rows.commit()


def _end(*which: Any) -> None:
    with writing() as rows:
        rows.execute(delete(SignIn).where(*which))
        rows.commit()


def _signed_in() -> SignIn | None:
    token = session.get("token")
    if not isinstance(token, str):
        return None
    found = reading().scalar(select(SignIn).where(SignIn.token_digest == token_digest(token)))
    # One who was removed may have proven their password a moment before.
    if found is None or found.is_over(now()) or found.moderator.removed_at:
        return None
    if now() - found.last_seen_at > _SEEN_EVERY:
        with service().database.writing() as rows:
            # An update, not a load: it may have been signed out a moment ago.
            rows.execute(update(SignIn).where(SignIn.id == found.id).values(last_seen_at=now()))
            rows.commit()
    return found


def _browser() -> str:
    """A short name for a browser, good enough to recognise one's own."""
    agent = request.user_agent.string
    kinds = ("Firefox", "Edg", "OPR", "Chrome", "Safari")
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")
    kind = next((kind for kind in kinds if kind in agent), _("A browser"))
    system = next((system for system in systems if system in agent), "")
    return f"{ {'Edg': 'Edge', 'OPR': 'Opera'}.get(kind, kind) } {system}".strip()
