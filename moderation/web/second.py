"""The second factor, asked for after the password: until it is given, nobody is signed in."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from moderation import factors
from moderation.models import HalfSignIn

from . import guesses, sessions
from .factor_forms import CodeForm
from .limits import signing_in
from .relying import here, sent_answer
from .service import now, reading, service, writing

blueprint = Blueprint("second", __name__, url_prefix="/login/second")


@blueprint.get("")
def ask() -> Any:
    """The page that asks for it."""
    half = sessions.half_signed_in()
    return _page(half, CodeForm(formdata=None)) if half else _elsewhere()


@blueprint.post("")
@signing_in
def code() -> Any:
    """Take a code of the app, or a recovery code."""
    sessions.check_own_form()
    half, form = sessions.half_signed_in(), CodeForm()
    if half is None:
        return _elsewhere()
    if not form.validate_on_submit():
        return Response(_page(half, form), 422)
    wrong = _("That code is wrong, too old, or was used before.")
    return _signed_in_by(
        half,
        form,
        wrong,
        lambda rows: factors.accept_code(
            rows, service().keyring, half.moderator_id, form.code.data, now()
        ),
    )


@blueprint.post("/challenge")
@signing_in
def challenge() -> Response:
    """What a passkey is to sign, for the page's script."""
    sessions.check_own_form()
    half, party = sessions.half_signed_in(), here()
    if half is None or party is None:
        abort(409)
    with writing() as rows:
        asked = factors.passkeys.ask_to_sign(rows, party, half, now())
        rows.commit()
    return Response(asked, mimetype="application/json")


@blueprint.post("/passkey")
@signing_in
def passkey() -> Any:
    """Take what a passkey signed."""
    sessions.check_own_form()
    half, party, answer = sessions.half_signed_in(), here(), sent_answer()
    if half is None:
        return _elsewhere()
    wrong = _("That passkey was not accepted. Try again, or use a code.")
    return _signed_in_by(
        half,
        CodeForm(formdata=None),
        wrong,
        lambda rows: (
            party is not None and factors.passkeys.accept(rows, party, half, answer, now())
        ),
    )


def _signed_in_by(
    half: HalfSignIn, form: CodeForm, wrong: str, proves: Callable[[Session], bool]
) -> Any:
    """Go on, if it proves who they are; wrong ones count like wrong passwords."""

    def right() -> bool:
        with writing() as rows:
            found = proves(rows)
            # Also where it proves nothing: what was to be signed is spent.
            rows.commit()
        return found

    try:
        is_right = guesses.is_code(half.moderator.email_digest, right)
    except guesses.TooOften as error:
        return error.answer(_page(half, form, str(guesses.WAIT)))
    if not is_right:
        return Response(_page(half, form, wrong), 422)
    if not sessions.complete(half):
        return _elsewhere()
    _tell_what_is_left(half, form)
    return redirect(_goal(), 303)


def _tell_what_is_left(half: HalfSignIn, form: CodeForm) -> None:
    if len(form.code.data or "") != factors.recovery.DIGITS:
        return
    left = factors.recovery.left(reading(), half.moderator_id)
    told = ngettext(
        "%(num)d recovery code is left. You can make new ones on your account's page.",
        "%(num)d recovery codes are left. You can make new ones on your account's page.",
        left,
    )
    flash(told, "done")


def _goal() -> str:
    return sessions.inside(request.args.get("next"), url_for("queue.index"))


def _elsewhere() -> Response:
    """On, for whoever is signed in already; back to the start for everybody else."""
    if sessions.signed_in():
        return redirect(_goal(), 303)
    flash(_("That took too long, so please sign in again."), "wrong")
    return redirect(url_for("accounts.login", next=request.args.get("next")), 303)


def _page(half: HalfSignIn, form: CodeForm, sentence: str | None = None) -> str:
    ways = factors.ways(reading(), half.moderator_id)
    return render_template(
        "accounts/second.html",
        form=form,
        error=sentence,
        ways=ways,
        has_passkeys=ways.passkeys > 0 and here() is not None,
        next=request.args.get("next"),
    )
