"""The password once more, before what guards the account is shown or changed."""

from functools import partial, wraps
from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import update

from moderation.models import SignIn

from . import guesses
from .factor_forms import ConfirmForm
from .service import now, writing
from .sessions import inside, protected

blueprint = Blueprint("confirming", __name__, url_prefix="/queue/account/confirm")


def confirmed(view: Any) -> Any:
    """Ask for a signed-in moderator who gave their password a moment ago: a browser left alone
    for a minute is not enough to lock its owner out.
    """

    @protected
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if g.sign_in.is_confirmed(now()):
            return view(*args, **kwargs)
        reads = request.method in {"GET", "HEAD"}
        # What a form sent is not kept: it is a code that is too old by then, or a button.
        back = request.full_path.rstrip("?") if reads else url_for("factors.index")
        return redirect(url_for("confirming.ask", next=back), 303)

    return guarded


@blueprint.get("")
@protected
def ask() -> str:
    """The page that asks for the password."""
    return _page(ConfirmForm(formdata=None))


@blueprint.post("")
@protected
def confirm() -> Any:
    """Take the password, and go on to what it was asked for."""
    form = ConfirmForm()
    if not form.validate_on_submit():
        return Response(_page(form), 422)
    is_own = partial(guesses.is_password, g.me.password_hash, form.password.data)
    try:
        right = guesses.attempt(g.me.email_digest, is_own)
    except guesses.TooOften as error:
        form.password.errors = [guesses.WAIT]
        return error.answer(_page(form))
    if not right:
        form.password.errors = [_("That is not your password.")]
        return Response(_page(form), 422)
    with writing() as rows:
        rows.execute(update(SignIn).where(SignIn.id == g.sign_in.id).values(confirmed_at=now()))
        rows.commit()
    return redirect(inside(request.args.get("next"), url_for("accounts.account")), 303)


def _page(form: ConfirmForm) -> str:
    return render_template("accounts/confirm.html", form=form)
